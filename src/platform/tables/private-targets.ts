import type { Fixed, FixedInstant } from './columns.ts';

export interface PrivateTargetTables {
  private_target_proposal: PrivateTargetProposalTable;
  private_target_decision: PrivateTargetDecisionTable;
}

export type PrivateTargetOutcome = 'agreed' | 'refused' | 'withdrawn';

interface PrivateTargetProposalTable {
  id: Fixed<string>;
  school_id: Fixed<string>;
  /** CIDR as PostgreSQL writes it. */
  ranges: Fixed<string[]>;
  reason: Fixed<string>;
  requested_by: Fixed<string>;
  at: FixedInstant;
}
interface PrivateTargetDecisionTable {
  proposal_id: Fixed<string>;
  school_id: Fixed<string>;
  outcome: Fixed<PrivateTargetOutcome>;
  by_person: Fixed<string>;
  at: FixedInstant;
  reason: Fixed<string | null>;
}
