import type { ColumnType } from 'kysely';
import type { OrderKind } from '#policy/changes.ts';
import type { Fixed, FixedInstant } from './columns.ts';

export interface CaseAccessTables {
  computer_proof: ComputerProofTable;
  sign_in_refusal: SignInRefusalTable;
  access_order: AccessOrderTable;
  access_order_end: AccessOrderEndTable;
  case_access: CaseAccessTable;
  case_visit: CaseVisitTable;
}

type Later<T> = ColumnType<T | null, undefined, T>;

interface ComputerProofTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  person_id: Fixed<string>;
  session: Fixed<Buffer>;
  challenge: Fixed<Buffer>;
  address: Fixed<string>;
  asked_at: FixedInstant;
  computer_id: Later<string>;
  token: Later<Buffer>;
  until_at: ColumnType<Date | null, undefined, Date>;
}
interface SignInRefusalTable {
  of: Fixed<string>;
  school_id: Fixed<string>;
  kind: Fixed<'pupil'>;
  address: string;
  browser: Buffer;
}
interface AccessOrderTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  kind: Fixed<OrderKind>;
  people: Fixed<string[]>;
  addresses: Fixed<string[]>;
  keeps: Fixed<string[]>;
  from_at: FixedInstant;
  until_at: ColumnType<Date | null, Date | null, never>;
  placed_by: Fixed<string | null>;
  placed_at: FixedInstant;
}
interface AccessOrderEndTable {
  order_id: Fixed<string>;
  school_id: Fixed<string>;
  by_person: Fixed<string | null>;
  at: FixedInstant;
}
interface CaseAccessTable {
  order_id: Fixed<string>;
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  computer_id: ColumnType<string | null, string | null | undefined, never>;
  device: ColumnType<string | null, string | null | undefined, never>;
  level: ColumnType<'internet' | 'network' | null, 'internet' | 'network' | null | undefined, never>;
}
interface CaseVisitTable {
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  order_id: Fixed<string>;
  gateway_id: Fixed<string>;
  batch: ColumnType<string, number, never>;
  line: Fixed<number>;
  at: FixedInstant;
  person_id: Fixed<string>;
  second_id: Fixed<string | null>;
  host: Fixed<string>;
  via: Fixed<'dns' | 'proxy'>;
  outcome: Fixed<'allow' | 'warn' | 'block'>;
  times: Fixed<number>;
}
