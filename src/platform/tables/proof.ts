import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { ProofMiss, ProofPoint, ProofReason, ProofSet } from '#policy/proof.ts';
import type { Fixed, FixedInstant, NullableInstant } from './columns.ts';

export interface ProofTables {
  proof_request: ProofRequestTable;
  proof_run: ProofRunTable;
  proof_result: ProofResultTable;
  proof_state: ProofStateTable;
}

interface ProofRequestTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  asked_by: Fixed<string>;
  at: FixedInstant;
}
/** `proved`: all as it must be; `urgent`: something grave was open or help was closed. */
export type ProofVerdict = 'proved' | 'failed' | 'urgent';
interface ProofRunTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  gateway_id: Fixed<string>;
  why: Fixed<ProofReason>;
  request_id: Fixed<string | null>;
  begun_at: FixedInstant;
  ended_at: FixedInstant;
  received_at: FixedInstant;
  snapshot: ColumnType<string, string | number, never>;
  list: Fixed<string>;
  policy_version: Fixed<string>;
  policy_number: Fixed<number | null>;
  asked: Fixed<number>;
  wrong: Fixed<number>;
  decided: Fixed<number>;
  unanswered: Fixed<number>;
  standing: Fixed<ProofVerdict>;
  findings: JSONColumnType<string[], string, never>;
}
interface ProofResultTable {
  run_id: Fixed<string>;
  school_id: Fixed<string>;
  point: Fixed<ProofPoint>;
  profile: Fixed<string>;
  proof_set: Fixed<ProofSet>;
  asked: Fixed<number>;
  expected: Fixed<number>;
  wrong: Fixed<number>;
  decided: Fixed<number>;
  unanswered: Fixed<number>;
  misses: JSONColumnType<ProofMiss[], string, never>;
}
interface ProofStateTable {
  gateway_id: Fixed<string>;
  school_id: Fixed<string>;
  run: string | null;
  done: ColumnType<number, number | undefined, number>;
  total: ColumnType<number, number | undefined, number>;
  said_at: NullableInstant;
  overdue_since: NullableInstant;
}
