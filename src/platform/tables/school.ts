import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { Day, DefaultedInstant, Fixed, FixedInstant, Json, NullableInstant } from './columns.ts';

export interface SchoolTables {
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
}

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
  /** False: whoever tells the school something says their name. */
  tellNameless?: boolean;
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
