import type { ColumnType, Generated } from 'kysely';
import type { DefaultedInstant, Fixed, FixedInstant, Instant, NullableInstant } from './columns.ts';

export interface IdentityTables {
  person: PersonTable;
  credential: CredentialTable;
  role_holding: RoleHoldingTable;
  web_session: WebSessionTable;
  sign_in_attempt: SignInAttemptTable;
  import_preview: ImportPreviewTable;
  registered_address: RegisteredAddressTable;
  role_acceptance: RoleAcceptanceTable;
  role_vacancy: RoleVacancyTable;
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
  outcome: Fixed<
    'ok' | 'wrong-password' | 'must-change' | 'locked' | 'left' | 'no-notice' | 'unknown' | 'too-many' | 'not-here'
  >;
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
