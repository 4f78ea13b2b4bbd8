import type { Generated } from 'kysely';
import type { Fixed, FixedInstant, NullableInstant } from './columns.ts';

export interface TellingTables {
  report: ReportTable;
  report_teller: ReportTellerTable;
  report_line: ReportLineTable;
  report_notice: ReportNoticeTable;
}

interface ReportTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  kind: Fixed<'concern' | 'misuse' | 'hurtful-message' | 'technical-fault' | 'filter-failure' | 'security-incident'>;
  part: Fixed<'happened' | 'saw' | 'accident' | 'heard' | null>;
  safe: Fixed<'yes' | 'no' | 'unsure' | null>;
  words: Fixed<string>;
  imagery: Fixed<boolean>;
  category: Fixed<string | null>;
  site: Fixed<string | null>;
  to_roles: Fixed<string[]>;
  told: string[];
  leads: Fixed<string[]>;
  kept_from: Fixed<string[]>;
  told_at: FixedInstant;
  state: 'received' | 'acknowledged' | 'answered' | 'fixed' | 'closed';
  step: Generated<number>;
  due_at: NullableInstant;
  within: Fixed<number | null>;
  alert_id: string | null;
  case_id: string | null;
  children: Generated<boolean>;
  acknowledged_by: string | null;
  acknowledged_at: NullableInstant;
  ended_by: string | null;
  ended_at: NullableInstant;
  code_digest: Fixed<Buffer>;
}
interface ReportTellerTable {
  report_id: Fixed<string>;
  school_id: Fixed<string>;
  person: Fixed<string | null>;
  name: Fixed<string | null>;
  shielded: Fixed<boolean>;
}
interface ReportLineTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  report_id: Fixed<string>;
  at: FixedInstant;
  side: Fixed<'teller' | 'school' | 'note'>;
  by_person: Fixed<string | null>;
  text: Fixed<string>;
}
interface ReportNoticeTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  report_id: Fixed<string>;
  at: FixedInstant;
  step: Fixed<number>;
  recipient: Fixed<string | null>;
  mail_id: Fixed<string | null>;
  skipped: Fixed<string | null>;
}
