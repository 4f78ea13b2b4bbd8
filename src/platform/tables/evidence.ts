import type { ColumnType, Generated } from 'kysely';
import type { Fixed, FixedInstant } from './columns.ts';

export interface EvidenceTables {
  evidence_item: EvidenceItemTable;
  evidence_key: EvidenceKeyTable;
  evidence_event: EvidenceEventTable;
  custody_event: CustodyEventTable;
  evidence_hold: EvidenceHoldTable;
  evidence_hold_end: EvidenceHoldEndTable;
  evidence_order: EvidenceOrderTable;
  evidence_order_answer: EvidenceOrderAnswerTable;
  evidence_seal: EvidenceSealTable;
}

export type EvidenceKind = 'file' | 'device' | 'paper' | 'other';
export type EvidenceAct =
  | 'take'
  | 'scan'
  | 'open'
  | 'verified'
  | 'broken'
  | 'export'
  | 'signed'
  | 'seal'
  | 'hand-over'
  | 'dispose'
  | 'destroy';
export type CustodyAct = 'taken' | 'placed' | 'sealed' | 'opened' | 'handed-over' | 'returned' | 'to-police';
export type HoldKind = 'police' | 'appeal' | 'other';
export type OrderKind = 'dispose' | 'destroy' | 'hand-over';
type FixedOptional<T> = ColumnType<T | null, T | null | undefined, never>;

interface EvidenceItemTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  number: Fixed<number>;
  kind: Fixed<EvidenceKind>;
  description: Fixed<string>;
  serial: FixedOptional<string>;
  taken_by: Fixed<string>;
  taken_at: FixedInstant;
  device: FixedOptional<string>;
  /** A BIGINT comes as text. */
  size: ColumnType<string | null, number | null | undefined, never>;
  sha256: FixedOptional<Buffer>;
  name: FixedOptional<Buffer>;
}
interface EvidenceKeyTable {
  item_id: Fixed<string>;
  holder: Fixed<'school' | 'outside'>;
  school_id: Fixed<string>;
  key_id: string;
  wrapped: Buffer;
}
interface EvidenceEventTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  item_id: Fixed<string>;
  at: FixedInstant;
  by_person: Fixed<string | null>;
  action: Fixed<EvidenceAct>;
  text: ColumnType<string, string | undefined, never>;
  detail: ColumnType<Record<string, unknown>, string | undefined, never>;
}
interface CustodyEventTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  item_id: Fixed<string>;
  at: FixedInstant;
  recorded_at: FixedInstant;
  by_person: Fixed<string>;
  act: Fixed<CustodyAct>;
  from_holder: FixedOptional<string>;
  to_holder: FixedOptional<string>;
  place: FixedOptional<string>;
  seal: FixedOptional<string>;
  force_reference: FixedOptional<string>;
  note: FixedOptional<string>;
}
interface EvidenceHoldTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  item_id: Fixed<string | null>;
  kind: Fixed<HoldKind>;
  reason: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface EvidenceHoldEndTable {
  hold_id: Fixed<string>;
  school_id: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
  reason: Fixed<string>;
}
interface EvidenceOrderTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  kind: Fixed<OrderKind>;
  items: Fixed<string[]>;
  reason: Fixed<string>;
  force: FixedOptional<string>;
  force_reference: FixedOptional<string>;
  officer: FixedOptional<string>;
  instructed_on: FixedOptional<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface EvidenceOrderAnswerTable {
  order_id: Fixed<string>;
  school_id: Fixed<string>;
  agreed: Fixed<boolean>;
  reason: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface EvidenceSealTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  act: Fixed<'sealed' | 'released'>;
  at: FixedInstant;
  by_person: Fixed<string | null>;
  authority: FixedOptional<'police' | 'dsl'>;
  decision: FixedOptional<string>;
}
