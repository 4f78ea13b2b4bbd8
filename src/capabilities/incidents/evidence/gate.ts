import type { FastifyRequest } from 'fastify';
import type { Tx } from '#platform/db.ts';
import type { Viewer } from '#web/index.ts';

/** What somebody may want with the evidence of a case. `custody`: record who holds what; text only. */
export type GateAct = 'attach' | 'open' | 'list' | 'custody' | 'export' | 'dispose';
export type GateAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** The case's own word on every act: the vault knows nothing of teams, states and computers. */
export interface CaseGate {
  /** `device`: the computer it is asked from, as `CaseSide.device` knows it (EVI-01). */
  may(tx: Tx, viewer: Viewer, caseId: string, act: GateAct, device: string | null): Promise<GateAnswer>;
  /** Imagery of child abuse is suspected: no route may take or show anything (EVI-03). */
  sealed(tx: Tx, caseId: string): Promise<boolean>;
  /** Write the case's log and the ledger. `viewer` is null for what the system found. */
  entry(tx: Tx, viewer: Viewer | null, caseId: string, entry: CaseEntryText): Promise<void>;
}
export interface CaseEntryText {
  readonly action: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface CaseRef {
  readonly id: string;
  readonly reference: string;
  /** Retention runs from here; null while the case is open. */
  readonly closedAt: Date | null;
}

/** A line of the case's log or a recorded visit, as an export prints it. */
export interface ExportTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** All that the vault asks of the case it belongs to. */
export interface CaseSide {
  readonly gate: CaseGate;
  /** By reference or id; null also where it is not this person's to see. */
  find(tx: Tx, which: string): Promise<CaseRef | null>;
  /** Imagery is suspected: halt the case. Calls `sealEvidence` in the same transaction. */
  suspect(tx: Tx, viewer: Viewer, caseId: string): Promise<void>;
  /** The computer a request comes from, where it has proved which it is; null otherwise. */
  device(request: FastifyRequest): Promise<string | null>;
  /** The case's log, for an export. */
  log(tx: Tx, caseId: string): Promise<ExportTable>;
  /** INC-21: each visit with investigator, second senior and time. */
  visits(tx: Tx, caseId: string): Promise<ExportTable>;
}
