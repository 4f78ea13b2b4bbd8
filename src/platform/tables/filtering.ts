import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { DefaultedInstant, Fixed, FixedInstant, Instant, Json, NullableInstant } from './columns.ts';

export interface FilteringTables {
  list_source: ListSourceTable;
  list_source_version: ListSourceVersionTable;
  list_slot: ListSlotTable;
  list_change: ListChangeTable;
  list_change_step: ListChangeStepTable;
  list_version: ListVersionTable;
  list_build: ListBuildTable;
  gateway: GatewayTable;
  site_question: SiteQuestionTable;
  filter_change: FilterChangeTable;
  filter_change_site: FilterChangeSiteTable;
  filter_change_step: FilterChangeStepTable;
  filter_change_decision: FilterChangeDecisionTable;
  filter_site_check: FilterSiteCheckTable;
  filter_change_report: FilterChangeReportTable;
  site_report: SiteReportTable;
}

interface ListSourceTable {
  id: Generated<string>;
  school_id: string;
  name: string;
  location: string;
  kind: 'folder' | 'archive' | 'file' | 'url';
  category: string | null;
  origin: ColumnType<'starter' | 'environment' | 'people', 'starter' | 'environment' | 'people' | undefined, never>;
  enabled: Generated<boolean>;
  added_by: string | null;
  added_at: DefaultedInstant;
  checked_at: NullableInstant;
  last_error: string | null;
  mirrors: Generated<string[]>;
  every_hours: Generated<number>;
  max_age_hours: Generated<number>;
  checksum: string | null;
  public_key: string | null;
  next_check_at: NullableInstant;
  stale_since: NullableInstant;
  retired: Generated<boolean>;
  words: ColumnType<Record<string, string | null>, string | undefined, string>;
  trust: Generated<number>;
  most_bytes: Limit;
  most_names: Limit;
  least_kept: Generated<number>;
  most_growth: Generated<number>;
}
/** A bigint travels as text. */
type Limit = ColumnType<string | null, number | string | null | undefined, number | string | null>;
interface ListSourceVersionTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  source_id: Fixed<string>;
  digest: Fixed<string>;
  bytes: ColumnType<string, number, never>;
  entries: ColumnType<Record<string, number>, string, never>;
  from_url: string;
  etag: string | null;
  last_modified: string | null;
  fetched_at: Instant;
  state: 'held' | 'in-use' | 'superseded' | 'refused';
  reason: string | null;
  decided_by: string | null;
  decided_at: NullableInstant;
  marks: ColumnType<ListMarks, string | undefined, string>;
}
/** Names in a version that no honest list holds, by what they are; `known`: sites that our own lists know as good. */
export interface ListMarks {
  readonly names?: readonly {
    readonly name: string;
    readonly word: string;
    readonly kind: 'own' | 'over-own' | 'suffix';
  }[];
  readonly known?: number;
}
export type ListChangeKind = 'add' | 'on' | 'off' | 'remove' | 'settings' | 'words' | 'version';
export type ListChangeState = 'proposed' | 'applied' | 'refused' | 'withdrawn' | 'to-review' | 'reviewed' | 'undone';
interface ListChangeTable {
  id: Generated<string>;
  number: ColumnType<string, never, never>;
  school_id: Fixed<string>;
  source_id: Fixed<string>;
  kind: Fixed<ListChangeKind>;
  before: JSONColumnType<Record<string, unknown>, string, never>;
  after: JSONColumnType<Record<string, unknown>, string, never>;
  opens: Fixed<string | null>;
  requested_by: Fixed<string>;
  created_at: FixedInstant;
}
interface ListChangeStepTable {
  change_id: Fixed<string>;
  number: Fixed<number>;
  school_id: Fixed<string>;
  action: Fixed<string>;
  to_state: Fixed<ListChangeState>;
  by_person: Fixed<string>;
  at: FixedInstant;
  reason: Fixed<string | null>;
}
interface ListSlotTable {
  school_id: Fixed<string>;
  slot: Fixed<'iwf' | 'ctiru'>;
  entries: ColumnType<string, number | undefined, number>;
  etag: string | null;
  last_modified: string | null;
  loaded_at: NullableInstant;
  checked_at: NullableInstant;
  next_check_at: NullableInstant;
  shrunk_since: NullableInstant;
  last_error: string | null;
  stale_since: NullableInstant;
}
interface ListVersionTable {
  id: Generated<string>;
  school_id: string;
  sha256: string;
  built_at: Instant;
  domains: ColumnType<string, string | number, never>;
  urls: ColumnType<string, string | number, never>;
  report: Json<object>;
}
interface ListBuildTable {
  school_id: Fixed<string>;
  state: 'waiting' | 'running' | 'done' | 'failed';
  since: Instant;
  list: string | null;
  names: ColumnType<string, string | number | undefined, string | number>;
  error: string | null;
}
interface GatewayTable {
  id: Generated<string>;
  school_id: string;
  name: string;
  token_digest: Buffer;
  enrolled_at: DefaultedInstant;
  seen_at: NullableInstant;
  status: ColumnType<Record<string, unknown>, string | undefined, string>;
}
interface SiteQuestionTable {
  id: Generated<string>;
  school_id: string;
  asked_by: string | null;
  asked_at: DefaultedInstant;
  host: string;
  reason: string;
  because: Json<object>;
  answered_by: string | null;
  answered_at: NullableInstant;
  answer: string | null;
  kind: ColumnType<'site' | 'program', 'site' | 'program' | undefined, never>;
  program: ColumnType<string | null, string | null | undefined, never>;
  device: ColumnType<string | null, string | null | undefined, never>;
  outcome: ColumnType<ProgramOutcome | null, ProgramOutcome | null | undefined, ProgramOutcome | null>;
}
/** What became of a request for a program (SEC-10). */
export type ProgramOutcome = 'installed' | 'another-way' | 'refused';
export type ChangeKind = 'open' | 'block' | 'emergency-block' | 'only-these' | 'bypass-monitoring';
export type ChangeState =
  | 'draft'
  | 'asked'
  | 'approved'
  | 'refused'
  | 'to-review'
  | 'lifting'
  | 'withdrawn'
  | 'expired';
export type ChangeScopeKind = 'class' | 'year' | 'profile' | 'people' | 'everyone';
/** May be changed until it is asked; a trigger refuses it afterwards. */
interface FilterChangeTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  kind: ChangeKind;
  requested_by: Fixed<string>;
  created_at: FixedInstant;
  topic: string;
  purpose: string;
  scope_kind: ChangeScopeKind;
  scope_value: string | null;
  scope_people: string[];
  from_at: NullableInstant;
  until_at: NullableInstant;
  question_id: Fixed<string | null>;
}
interface FilterChangeSiteTable {
  change_id: Fixed<string>;
  host: Fixed<string>;
  school_id: Fixed<string>;
  position: Fixed<number>;
  seen: JSONColumnType<{ outcome: string; text: string; rule: string; categories: string[] }, string, never>;
}
interface FilterChangeStepTable {
  change_id: Fixed<string>;
  number: Fixed<number>;
  school_id: Fixed<string>;
  action: Fixed<string>;
  to_state: Fixed<ChangeState>;
  by_person: Fixed<string | null>;
  at: FixedInstant;
  reason: Fixed<string | null>;
}
interface FilterChangeDecisionTable {
  change_id: Fixed<string>;
  host: Fixed<string>;
  school_id: Fixed<string>;
  approved: Fixed<boolean>;
  reason: Fixed<string | null>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface FilterSiteCheckTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  change_id: Fixed<string>;
  host: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
}
interface FilterChangeReportTable {
  change_id: Fixed<string>;
  school_id: Fixed<string>;
  made_at: FixedInstant;
  visits: JSONColumnType<{ host: string; visits: number; people: number }[], string, never>;
}
interface SiteReportTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reported_by: Fixed<string>;
  at: FixedInstant;
  host: Fixed<string>;
  address: Fixed<string>;
  group_name: Fixed<string | null>;
  note: Fixed<string | null>;
  decision: 'block' | 'leave' | null;
  answer: string | null;
  decided_by: string | null;
  decided_at: NullableInstant;
  change_id: string | null;
}
