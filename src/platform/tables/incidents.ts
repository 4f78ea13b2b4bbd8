import type { ColumnType, Generated } from 'kysely';
import type { Fixed, FixedInstant, NullableInstant } from './columns.ts';

export interface IncidentsTables {
  case_file: CaseFileTable;
  case_entry: CaseEntryTable;
  designated_computer: DesignatedComputerTable;
  case_reading: CaseReadingTable;
}

interface CaseFileTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  title: Fixed<string>;
  category: string | null;
  source: Fixed<'alert' | 'told' | 'logged' | 'search'>;
  urgency: 'urgent' | 'soon';
  state: string;
  opened_by: Fixed<string | null>;
  opened_at: FixedInstant;
  happened_on: ColumnType<string, string | undefined, never>;
  subjects: Generated<string[]>;
  team: Generated<string[]>;
  manager: string | null;
  types: Generated<string[]>;
  severity: ColumnType<
    'urgent' | 'serious' | 'routine',
    'urgent' | 'serious' | 'routine' | undefined,
    'urgent' | 'serious' | 'routine'
  >;
  affected: Generated<string[]>;
  witnesses: Generated<string[]>;
  conflicted: Generated<string[]>;
  restricted: Generated<boolean>;
  computer: string | null;
  imagery: Generated<boolean>;
  first_action_at: NullableInstant;
  first_action_due: NullableInstant;
  outcome_due: NullableInstant;
  escalated: Generated<number>;
  outcome: string | null;
  closed_by: string | null;
  closed_at: NullableInstant;
  /** Two people disposed of it; only its number and days are left (EVI-10). */
  disposed_at: ColumnType<Date | null, never, never>;
  pressing: ColumnType<number, never, never>;
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
interface DesignatedComputerTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  name: Fixed<string>;
  place: Fixed<string>;
  public_key: Fixed<Buffer>;
  registered_by: Fixed<string>;
  registered_at: FixedInstant;
  retired_by: string | null;
  retired_at: NullableInstant;
}
interface CaseReadingTable {
  school_id: Fixed<string>;
  case_id: Fixed<string>;
  person_id: Fixed<string>;
  how: Fixed<'opened' | 'printed' | 'exported'>;
  hour: FixedInstant;
}
