import type { ColumnType } from 'kysely';
import type { Day, Fixed, FixedInstant, NullableInstant } from './columns.ts';

export interface ClosingTables {
  case_form: CaseFormTable;
  case_form_file: CaseFormFileTable;
  case_disposal: CaseDisposalTable;
  case_disposal_answer: CaseDisposalAnswerTable;
  case_follow_up: CaseFollowUpTable;
  case_notice: CaseNoticeTable;
  case_summary: CaseSummaryTable;
  bullying_lesson: BullyingLessonTable;
}

export type FollowUpKind = 'filter' | 'curriculum' | 'risk' | 'training';
export type BullyingTopic = 'what' | 'why' | 'forms' | 'consequences';
export type BullyingSetting = 'year' | 'tutor' | 'lesson';
/** What is published of a term; null: fewer than five, or so few that others could be worked out from it. */
export interface SummaryFigures {
  readonly all: number | null;
  readonly types: readonly { readonly name: string; readonly cases: number | null }[];
  readonly bullying: number | null;
  /** Medians: minutes to the first action, days to the outcome. */
  readonly firstActionMinutes: number | null;
  readonly outcomeDays: number | null;
}

type FixedOptional<T> = ColumnType<T | null, T | null | undefined, never>;

interface CaseFormTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  number: Fixed<number>;
  at: FixedInstant;
  by_person: FixedOptional<string>;
  policy_number: FixedOptional<number>;
  keep_until: ColumnType<Date | null, Date | null, never>;
  html_sha256: Fixed<Buffer>;
  pdf_sha256: Fixed<Buffer>;
}
interface CaseFormFileTable {
  form_id: Fixed<string>;
  format: Fixed<'html' | 'pdf'>;
  school_id: Fixed<string>;
  bytes: Fixed<Buffer>;
}
interface CaseDisposalTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  reason: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface CaseDisposalAnswerTable {
  disposal_id: Fixed<string>;
  school_id: Fixed<string>;
  agreed: Fixed<boolean>;
  reason: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface CaseFollowUpTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  kind: Fixed<FollowUpKind>;
  text: Fixed<string>;
  owner: Fixed<string>;
  due: Day;
  given_by: Fixed<string>;
  given_at: FixedInstant;
  done_at: NullableInstant;
  done_by: string | null;
  done_text: string | null;
}
interface CaseNoticeTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  to_person: Fixed<string>;
  as_part: Fixed<'reporter' | 'parent'>;
  text: Fixed<string>;
  at: FixedInstant;
  read_at: NullableInstant;
}
interface CaseSummaryTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  term: Fixed<string>;
  from_on: Fixed<string>;
  to_on: Fixed<string>;
  figures: ColumnType<SummaryFigures, string, never>;
  published_by: Fixed<string>;
  published_at: FixedInstant;
}
interface BullyingLessonTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  topics: Fixed<BullyingTopic[]>;
  setting: Fixed<BullyingSetting>;
  year_group: Fixed<number | null>;
  group_name: Fixed<string | null>;
  subject: Fixed<string | null>;
  on_day: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
  ended_by: string | null;
  ended_at: NullableInstant;
}
