import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { DefaultedInstant, Fixed, FixedInstant, Instant, Json } from './columns.ts';

export interface PoliciesTables {
  policy_version: PolicyVersionTable;
  policy_version_withdrawal: PolicyVersionWithdrawalTable;
  policy_told: { school_id: string; version_id: string; at: Instant };
  policy_draft: PolicyDraftTable;
  policy_draft_entry: PolicyDraftEntryTable;
  policy_review_signature: PolicyReviewSignatureTable;
  risk_assessment: RiskAssessmentTable;
  duty_occurrence: DutyOccurrenceTable;
  duty_evidence: DutyEvidenceTable;
  duty_notice: DutyNoticeTable;
  register_entry: RegisterEntryTable;
  link_check_run: LinkCheckRunTable;
  link_check: LinkCheckTable;
  rehearsal: RehearsalTable;
}

interface PolicyVersionTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  number: Fixed<number>;
  document: JSONColumnType<object, string, never>;
  digest: Fixed<Buffer>;
  author: Fixed<string | null>;
  approver: Fixed<string | null>;
  in_force_from: FixedInstant;
  created_at: DefaultedInstant;
  draft_id: ColumnType<string | null, string | undefined, never>;
  label: ColumnType<string, string | undefined, never>;
  minute: ColumnType<string | null, string | undefined, never>;
  risk_assessment_id: ColumnType<string | null, string | null | undefined, never>;
}
interface PolicyVersionWithdrawalTable {
  version_id: Fixed<string>;
  school_id: Fixed<string>;
  at: FixedInstant;
  by_person: Fixed<string>;
  reason: Fixed<string>;
}
/** Before approval; `approved` and `withdrawn` are the ends of a draft. */
export type DraftState = 'draft' | 'consulting' | 'consulted' | 'approved' | 'withdrawn';
interface PolicyDraftTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  title: string;
  base_version: Fixed<number | null>;
  base_shipped: Fixed<string | null>;
  document: Json<object>;
  state: DraftState;
  edit: number;
  answers: ColumnType<Record<string, unknown>, string | undefined, string>;
  author: Fixed<string>;
  created_at: FixedInstant;
  updated_at: Instant;
}
interface PolicyDraftEntryTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  draft_id: Fixed<string>;
  at: FixedInstant;
  by_person: Fixed<string>;
  action: Fixed<string>;
  edit: Fixed<number>;
  what: Fixed<string>;
  detail: ColumnType<Record<string, unknown>, string | undefined, never>;
}
interface PolicyReviewSignatureTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  draft_id: Fixed<string>;
  role: Fixed<string>;
  person_id: Fixed<string>;
  edit: Fixed<number>;
  at: FixedInstant;
}
interface RiskAssessmentTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  kind: Fixed<string>;
  title: Fixed<string>;
  approved_on: Fixed<string>;
  approved_by: Fixed<string>;
  next_review: Fixed<string>;
  text: Fixed<string>;
  added_by: Fixed<string>;
  added_at: FixedInstant;
  supersedes: Fixed<string | null>;
}
interface DutyOccurrenceTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  duty: Fixed<string>;
  key: Fixed<string>;
  opens_at: FixedInstant;
  due_at: ColumnType<Date | null, Date | null, never>;
  assumed: ColumnType<boolean, boolean | undefined, never>;
  policy_number: Fixed<number>;
  /** The duty as that version of the policy has it. */
  terms: JSONColumnType<object, string, never>;
  about: Fixed<string | null>;
  opened_by: Fixed<string | null>;
}
interface DutyEvidenceTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  occurrence_id: Fixed<string>;
  at: FixedInstant;
  by_person: Fixed<string | null>;
  nil: Fixed<boolean>;
  text: Fixed<string>;
  reference: Fixed<string | null>;
  object_kind: Fixed<string | null>;
  object_id: Fixed<string | null>;
}
interface DutyNoticeTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  occurrence_id: Fixed<string>;
  kind: Fixed<'opened' | 'soon' | 'due' | 'late'>;
  recipient: Fixed<string | null>;
  at: FixedInstant;
  mail_id: Fixed<string | null>;
  skipped: Fixed<string | null>;
}
interface RegisterEntryTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  kind: Fixed<'document' | 'reference'>;
  item: Fixed<string>;
  edition: Fixed<string>;
  location: Fixed<string | null>;
  reviewed_on: Fixed<string>;
  next_review: Fixed<string>;
  note: Fixed<string | null>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface LinkCheckRunTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  started_at: FixedInstant;
  asked_by: Fixed<string | null>;
  links: Fixed<number>;
  looked_at: ColumnType<number, undefined, number>;
  broken: ColumnType<number, undefined, number>;
  finished_at: ColumnType<Date | null, undefined, Date>;
}
interface LinkCheckTable {
  run_id: Fixed<string>;
  entry_id: Fixed<string>;
  school_id: Fixed<string>;
  at: FixedInstant;
  outcome: Fixed<'ok' | 'sign-in' | 'broken'>;
  status: Fixed<number | null>;
  text: Fixed<string>;
}
interface RehearsalTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  draft_id: Fixed<string>;
  edit: number;
  against: number;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  from_at: FixedInstant;
  until_at: FixedInstant;
  done: ColumnType<string, string | number | undefined, string | number>;
  total: ColumnType<string, string | number | undefined, string | number>;
  attempt: Generated<number>;
  result: ColumnType<object | null, undefined, string>;
  error: ColumnType<string | null, undefined, string | null>;
  by_person: Fixed<string>;
  at: FixedInstant;
  ended_at: ColumnType<Date | null, undefined, Date>;
}
