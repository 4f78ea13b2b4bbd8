import type { ColumnType, Generated } from 'kysely';
import type { RoleId } from '#policy/types.ts';
import type { DefaultedInstant, Fixed, FixedInstant, Instant, NullableInstant } from './columns.ts';

export interface MonitoringTables {
  activity: ActivityTable;
  activity_held: ActivityTable;
  activity_batch: ActivityBatchTable;
  activity_hourly: ActivityHourlyTable;
  activity_hold: ActivityHoldTable;
  look_up: LookUpTable;
  alert: AlertTable;
  alert_notice: AlertNoticeTable;
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
  told?: {
    by: string | null;
    name: string | null;
    about: 'me' | 'someone-else' | null;
    safe: 'yes' | 'no' | 'unsure';
    /** The report it comes from, whether who told is kept from all but whoever leads, and EVI-03. */
    report?: string;
    shielded?: boolean;
    imagery?: boolean;
  };
}
/** Whom an alert goes to before the policy's escalation, as the policy has its kind of report go. */
export interface RouteStep {
  roles: readonly RoleId[];
  rank: 'holder' | 'deputy';
  acknowledgeMinutes: number;
}
interface AlertTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  subject: Fixed<string | null>;
  kept_from: ColumnType<string[], string[] | undefined, never>;
  told: ColumnType<string[], string[] | undefined, string[]>;
  detector: Fixed<'grave' | 'repeated' | 'bypass' | 'told' | 'health'>;
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
  route: ColumnType<RouteStep[] | null, string | null | undefined, never>;
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
