import type { ColumnType, Generated } from 'kysely';
import type { Fixed, FixedInstant, NullableInstant } from './columns.ts';

export interface IncidentsTables {
  case_file: CaseFileTable;
  case_entry: CaseEntryTable;
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
