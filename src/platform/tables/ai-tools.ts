import type { ColumnType } from 'kysely';
import type { Fixed, FixedInstant } from './columns.ts';

/** The register of AI tools. Rows are only added (migration 0019). */
export interface AiToolTables {
  ai_tool: AiToolTable;
  ai_tool_assessment: AiToolAssessmentTable;
  ai_tool_step: AiToolStepTable;
  ai_tool_opening: AiToolOpeningTable;
  ai_host_seen: AiHostSeenTable;
}

export type AiToolState = 'proposed' | 'assessed' | 'approved' | 'review-due' | 'refused' | 'closed' | 'withdrawn';
export type AiToolStatus = 'trial' | 'approved';

interface AiToolTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  name: Fixed<string>;
  provider: Fixed<string>;
  hosts: Fixed<string[]>;
  purpose: Fixed<string>;
  wanted_for: Fixed<string[]>;
  proposed_by: Fixed<string>;
  created_at: FixedInstant;
}
interface AiToolAssessmentTable {
  id: Fixed<string>;
  tool_id: Fixed<string>;
  school_id: Fixed<string>;
  author: Fixed<string>;
  at: FixedInstant;
  hosts: Fixed<string[]>;
  personal_data: Fixed<string>;
  age_limit: Fixed<number | null>;
  hazards: Fixed<string>;
  measures: Fixed<string>;
  review_on: Fixed<string>;
}
interface AiToolStepTable {
  tool_id: Fixed<string>;
  number: Fixed<number>;
  school_id: Fixed<string>;
  action: Fixed<string>;
  to_state: Fixed<AiToolState>;
  by_person: Fixed<string | null>;
  at: FixedInstant;
  reason: Fixed<string | null>;
  assessment_id: Fixed<string | null>;
}
interface AiToolOpeningTable {
  tool_id: Fixed<string>;
  number: Fixed<number>;
  school_id: Fixed<string>;
  profile: Fixed<string>;
  status: Fixed<AiToolStatus>;
  until_at: FixedInstant;
}
interface AiHostSeenTable {
  school_id: Fixed<string>;
  day: Fixed<string>;
  host: Fixed<string>;
  requests: ColumnType<string, number | string, number | string>;
  stopped: ColumnType<string, number | string, number | string>;
}
