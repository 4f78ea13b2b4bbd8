import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/**
 * The tables as TypeScript sees them; `migrations/` is the truth. Columns that the application may not change after
 * the row was written (the database refuses it too) have `never` as their update type.
 */
export interface Database {
  installation: InstallationTable;
  school: SchoolTable;
  site: { id: Generated<string>; school_id: string; name: string };
  term: TermTable;
  timetable_slot: TimetableSlotTable;
  zone: ZoneTable;
  use_grant: UseGrantTable;
  ledger_entry: LedgerEntryTable;
  ledger_seal: LedgerSealTable;
  mail: MailTable;
  person: PersonTable;
  credential: CredentialTable;
  role_holding: RoleHoldingTable;
  web_session: WebSessionTable;
  sign_in_attempt: SignInAttemptTable;
  import_preview: ImportPreviewTable;
  registered_address: RegisteredAddressTable;
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
  list_source: ListSourceTable;
  list_source_version: ListSourceVersionTable;
  list_slot: ListSlotTable;
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
  activity: ActivityTable;
  activity_held: ActivityTable;
  activity_batch: ActivityBatchTable;
  activity_hourly: ActivityHourlyTable;
  activity_hold: ActivityHoldTable;
  look_up: LookUpTable;
  alert: AlertTable;
  alert_notice: AlertNoticeTable;
  case_file: CaseFileTable;
  case_entry: CaseEntryTable;
  role_acceptance: RoleAcceptanceTable;
  role_vacancy: RoleVacancyTable;
  register_entry: RegisterEntryTable;
  link_check_run: LinkCheckRunTable;
  link_check: LinkCheckTable;
  rehearsal: RehearsalTable;
}

type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Fixed<T> = ColumnType<T, T, never>;
type FixedInstant = ColumnType<Date, Date | string, never>;
type DefaultedInstant = ColumnType<Date, Date | string | undefined, Date | string>;
/** A DATE travels as text `YYYY-MM-DD` (db.ts sets the parser): a date has no time zone to lose. */
type Day = ColumnType<string, string, string>;
type Json<T extends object> = JSONColumnType<T, string, string>;

interface InstallationTable {
  singleton: Generated<boolean>;
  id: Generated<string>;
  created_at: DefaultedInstant;
  setup_digest: Buffer | null;
  signing_private: Fixed<string>;
  signing_public: Fixed<string>;
  ledger_key: Fixed<Buffer>;
  era: ColumnType<number, never, never>;
}
interface SchoolTable {
  id: Generated<string>;
  slug: string;
  name: string;
  time_zone: Generated<string>;
  settings: Json<SchoolSettings>;
  snapshot_number: ColumnType<string, string | number | undefined, string | number>;
  presence_number: ColumnType<string, string | number | undefined, string | number>;
  created_at: DefaultedInstant;
}
/** Settings a school may change in the pages; missing ones have the defaults of `rooms/governance`. */
export interface SchoolSettings {
  dnsBlock?: 'page' | 'nxdomain';
  allowedPrivate?: string[];
  proxySignIn?: 'ask' | 'accept';
  mail?: { url: string; from: string };
}
interface TermTable {
  id: Generated<string>;
  school_id: string;
  name: string;
  starts: Day;
  ends: Day;
  half_term_starts: ColumnType<string | null, string | null, string | null>;
  half_term_ends: ColumnType<string | null, string | null, string | null>;
}
interface TimetableSlotTable {
  id: Generated<string>;
  school_id: string;
  name: string;
  kind: 'lesson' | 'tutor-time' | 'break' | 'lunch' | 'club';
  days: number[];
  from_time: string;
  to_time: string;
}
interface ZoneTable {
  id: Generated<string>;
  school_id: string;
  site_id: string;
  name: string;
  kind: 'main-building' | 'outside' | 'off-site';
}
interface UseGrantTable {
  id: Generated<string>;
  school_id: string;
  rule: string;
  person_id: string;
  granted_by: string;
  purpose: string;
  from_at: FixedInstant;
  until_at: ColumnType<Date | null, Date | string | null, never>;
  ended_by: string | null;
  ended_at: ColumnType<Date | null, Date | string | null, Date | string>;
  created_at: Generated<Date>;
}
interface LedgerEntryTable {
  id: Generated<string>;
  school_id: Fixed<string | null>;
  at: FixedInstant;
  actor: Fixed<string | null>;
  action: Fixed<string>;
  object_kind: Fixed<string>;
  object_id: Fixed<string>;
  detail: JSONColumnType<Record<string, unknown>, string, never>;
  digest: Fixed<Buffer>;
  era: ColumnType<number, never, never>;
  xid: ColumnType<string, never, never>;
}
interface LedgerSealTable {
  number: Fixed<string>;
  at: FixedInstant;
  entries: Fixed<string[]>;
  last_era: Fixed<number>;
  last_xid: Fixed<string>;
  last_id: Fixed<string>;
  root: Fixed<Buffer>;
  previous: Fixed<Buffer>;
  seal: Fixed<Buffer>;
}
interface MailTable {
  id: Generated<string>;
  school_id: string;
  recipient: string | null;
  address: string;
  subject: string;
  body: string;
  about_kind: string;
  about_id: string;
  created_at: DefaultedInstant;
  attempts: Generated<number>;
  sent_at: NullableInstant;
  response: string | null;
  last_error: string | null;
}
interface PersonTable {
  id: Generated<string>;
  school_id: string;
  username: string;
  display_name: string;
  kind: 'pupil' | 'staff' | 'governor' | 'parent' | 'volunteer' | 'visitor';
  year_group: number | null;
  group_name: string | null;
  email: string | null;
  joined_on: ColumnType<string, string | undefined, string>;
  left_on: ColumnType<string | null, string | null | undefined, string | null>;
  created_at: DefaultedInstant;
}
interface CredentialTable {
  person_id: string;
  school_id: string;
  password_hash: string;
  must_change: Generated<boolean>;
  changed_at: DefaultedInstant;
  first_used_at: NullableInstant;
  previous_hashes: Generated<string[]>;
  failed_count: Generated<number>;
  locked_until: NullableInstant;
  notice_version: ColumnType<number | null, number | undefined, number>;
}
interface RoleHoldingTable {
  id: Generated<string>;
  school_id: string;
  person_id: string;
  role: string;
  rank: 'holder' | 'deputy';
  from_at: DefaultedInstant;
  until_at: NullableInstant;
  assigned_by: string | null;
  ended_by: string | null;
  given_because: ColumnType<string | null, string | null | undefined, never>;
  ended_because: ColumnType<string | null, string | null | undefined, string | null>;
}
interface WebSessionTable {
  digest: Buffer;
  school_id: string;
  person_id: string;
  csrf: string;
  address: string;
  user_agent: Generated<string>;
  created_at: Instant;
  seen_at: Instant;
  ends_at: Instant;
  ended_at: NullableInstant;
  binds_address: Generated<boolean>;
  must_change: ColumnType<boolean, boolean | undefined, never>;
}
interface SignInAttemptTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  person_id: Fixed<string | null>;
  at: FixedInstant;
  address: Fixed<string>;
  via: Fixed<'page' | 'proxy'>;
  outcome: Fixed<'ok' | 'wrong-password' | 'must-change' | 'locked' | 'left' | 'no-notice' | 'unknown' | 'too-many'>;
}
interface ImportPreviewTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  by_person: Fixed<string>;
  created_at: FixedInstant;
  file_digest: Fixed<Buffer>;
  rows: ColumnType<object[], string, never>;
}
interface RegisteredAddressTable {
  id: Generated<string>;
  school_id: string;
  cidr: string;
  label: string;
  person_id: string | null;
  profile: string | null;
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
}
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
}
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
interface ActivityTable {
  school_id: string;
  at: FixedInstant;
  gateway_id: string;
  batch: ColumnType<string, string | number, never>;
  line: number;
  via: string;
  person_id: string | null;
  device_id: string | null;
  address: string;
  profile: string;
  host: string;
  category: string | null;
  outcome: 'allow' | 'warn' | 'block';
  rule: string;
  clause: string | null;
  snapshot: ColumnType<string, string | number, never>;
  list: string | null;
  count: number;
}
interface ActivityBatchTable {
  gateway_id: string;
  number: ColumnType<string, string | number, never>;
  school_id: string;
  received_at: DefaultedInstant;
  lines: number;
  first_at: NullableInstant;
  last_at: NullableInstant;
  digest: Buffer;
}
interface ActivityHourlyTable {
  school_id: string;
  hour: Instant;
  profile: string;
  category: string;
  outcome: string;
  requests: ColumnType<string, string | number, string | number>;
}
interface ActivityHoldTable {
  id: Generated<string>;
  school_id: string;
  person_id: string;
  from_at: Instant;
  until_at: Instant;
  reason: string;
  placed_by: string | null;
  released_at: NullableInstant;
}
interface LookUpTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  by_person: Fixed<string>;
  about_person: Fixed<string>;
  reason: Fixed<string>;
  alert_id: Fixed<string | null>;
  at: DefaultedInstant;
  ends_at: FixedInstant;
}
/** A line of activity that raised an alert. */
export interface EvidenceLine {
  at: string;
  host: string;
  category: string | null;
  outcome: string;
  via: string;
  /** Where it came from when nobody was signed in there. */
  address?: string;
  /** Words that somebody wrote, where the alert came from a person or tells of a gateway. */
  text?: string;
  /** What somebody who told us said besides (ALR-09); `by` is set when they were signed in. */
  told?: { by: string | null; name: string | null; about: 'me' | 'someone-else' | null; safe: 'yes' | 'no' | 'unsure' };
}
interface AlertTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  subject: Fixed<string | null>;
  kept_from: ColumnType<string[], string[] | undefined, never>;
  told: ColumnType<string[], string[] | undefined, string[]>;
  detector: Fixed<'grave' | 'repeated' | 'told' | 'health'>;
  category: Fixed<string | null>;
  urgency: 'urgent' | 'soon';
  raised_at: FixedInstant;
  evidence: ColumnType<EvidenceLine[], string, string>;
  clause: Fixed<string | null>;
  state: Generated<'raised' | 'acknowledged' | 'in-case' | 'closed'>;
  step: Generated<number>;
  due_at: NullableInstant;
  acknowledged_by: string | null;
  acknowledged_at: NullableInstant;
  closed_by: string | null;
  closed_at: NullableInstant;
  closing_reason: string | null;
  case_id: string | null;
  open_key: Fixed<string | null>;
  hits: Generated<number>;
  last_hit_at: Instant;
}
interface AlertNoticeTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  alert_id: Fixed<string>;
  recipient: Fixed<string | null>;
  step: Fixed<number>;
  at: DefaultedInstant;
  mail_id: Fixed<string | null>;
  skipped: Fixed<string | null>;
}
interface CaseFileTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  title: Fixed<string>;
  category: string | null;
  source: Fixed<'alert' | 'told' | 'logged'>;
  urgency: 'urgent' | 'soon';
  state: string;
  opened_by: Fixed<string | null>;
  opened_at: FixedInstant;
  happened_on: ColumnType<string, string | undefined, never>;
  subjects: Generated<string[]>;
  team: Generated<string[]>;
  assignee: string | null;
  outcome: string | null;
  closed_by: string | null;
  closed_at: NullableInstant;
}
interface CaseEntryTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  at: FixedInstant;
  by_person: Fixed<string | null>;
  action: Fixed<string>;
  from_state: Fixed<string | null>;
  to_state: Fixed<string>;
  text: ColumnType<string, string | undefined, never>;
  detail: ColumnType<Record<string, unknown>, string | undefined, never>;
}

// Roles and registers (migrations/0010).
interface RoleAcceptanceTable {
  holding_id: Fixed<string>;
  school_id: Fixed<string>;
  person_id: Fixed<string>;
  at: FixedInstant;
}
interface RoleVacancyTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  role: Fixed<string>;
  rank: Fixed<'holder' | 'deputy'>;
  noticed_at: FixedInstant;
  told_at: Instant;
  filled_at: NullableInstant;
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

// Rehearsals of drafts (migrations/0011).
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
