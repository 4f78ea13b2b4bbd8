import type { ColumnType, Generated } from 'kysely';
import type { Fixed, FixedInstant, Instant, NullableInstant } from './columns.ts';

export interface SanctionsTables {
  sanction: SanctionTable;
  case_task: CaseTaskTable;
  case_task_event: CaseTaskEventTable;
  sanction_warning: SanctionWarningTable;
  parent_letter: ParentLetterTable;
  parent_letter_reply: ParentLetterReplyTable;
  year_head: YearHeadTable;
}

export type TaskState = 'given' | 'accepted' | 'returned' | 'paused' | 'running' | 'finished' | 'cancelled';
/** The document that a sanction was given under, as it stood then. */
export interface ProcedureApplied {
  readonly id: string;
  readonly title: string;
  /** Null where the school has not recorded which version it has. */
  readonly version: string | null;
}
type FixedOptional<T> = ColumnType<T | null, T | null | undefined, never>;

interface SanctionTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  person_id: Fixed<string>;
  who: Fixed<'pupil' | 'staff'>;
  type: Fixed<string>;
  type_name: Fixed<string>;
  actions: Fixed<string[]>;
  decision: Fixed<string>;
  policy_number: Fixed<number>;
  procedure: ColumnType<ProcedureApplied, string, never>;
  second_because: FixedOptional<'everything' | 'police'>;
  proposed_by: Fixed<string>;
  proposed_at: FixedInstant;
  agreed_by: string | null;
  decided_at: NullableInstant;
  overturned_by: string | null;
  overturned_at: NullableInstant;
}
interface CaseTaskTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  sanction_id: FixedOptional<string>;
  kind: Fixed<string>;
  text: Fixed<string>;
  href: FixedOptional<string>;
  detail: ColumnType<Readonly<Record<string, string>>, string | undefined, string>;
  to_person: string;
  given_by: Fixed<string | null>;
  given_at: FixedInstant;
  due: Instant;
  state: TaskState;
  accepted_at: NullableInstant;
  ended_at: NullableInstant;
  ended_by: string | null;
}
interface CaseTaskEventTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  task_id: Fixed<string>;
  at: FixedInstant;
  by_person: Fixed<string | null>;
  action: Fixed<string>;
  from_state: FixedOptional<string>;
  to_state: Fixed<string>;
  text: ColumnType<string, string | undefined, never>;
  to_person: FixedOptional<string>;
}
interface SanctionWarningTable {
  sanction_id: Fixed<string>;
  school_id: Fixed<string>;
  person_id: Fixed<string>;
  text: Fixed<string>;
  given_at: FixedInstant;
  acknowledged_at: NullableInstant;
  withdrawn_at: NullableInstant;
}
interface ParentLetterTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  child_id: Fixed<string>;
  parent_id: FixedOptional<string>;
  template: Fixed<string>;
  title: Fixed<string>;
  body: Fixed<string>;
  sha256: Fixed<Buffer>;
  way: Fixed<'page' | 'paper'>;
  sent_by: Fixed<string>;
  sent_at: FixedInstant;
  read_at: NullableInstant;
}
interface ParentLetterReplyTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  letter_id: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
  text: Fixed<string>;
}
interface YearHeadTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  year_group: Fixed<number>;
  person_id: Fixed<string>;
  named_by: Fixed<string>;
  from_at: FixedInstant;
  ended_at: NullableInstant;
}
