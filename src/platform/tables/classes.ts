import type { Generated } from 'kysely';
import type { Fixed, FixedInstant, Instant, NullableInstant } from './columns.ts';

export interface ClassesTables {
  class_teacher: ClassTeacherTable;
  class_view: ClassViewTable;
  quota_used: QuotaUsedTable;
}

interface ClassTeacherTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  group_name: Fixed<string>;
  person_id: Fixed<string>;
  from_at: FixedInstant;
  given_by: Fixed<string | null>;
  ended_at: NullableInstant;
  ended_by: string | null;
}
interface ClassViewTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  group_name: Fixed<string>;
  by_person: Fixed<string>;
  as_role: Fixed<string>;
  reason: Fixed<string | null>;
  pupils: Fixed<string[]>;
  opened_at: FixedInstant;
  ends_at: FixedInstant;
  seen_at: Instant;
  closed_at: NullableInstant;
}
interface QuotaUsedTable {
  school_id: Fixed<string>;
  person_id: Fixed<string>;
  rule: Fixed<string>;
  from_at: FixedInstant;
  until_at: FixedInstant;
}
