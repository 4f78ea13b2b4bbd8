import type { AiToolTables } from './tables/ai-tools.ts';
import type { CaseAccessTables } from './tables/case-access.ts';
import type { ClassesTables } from './tables/classes.ts';
import type { ClosingTables } from './tables/closing.ts';
import type { DeviceSearchTables } from './tables/device-search.ts';
import type { EvidenceTables } from './tables/evidence.ts';
import type { FilteringTables } from './tables/filtering.ts';
import type { IdentityTables } from './tables/identity.ts';
import type { IncidentsTables } from './tables/incidents.ts';
import type { MonitoringTables } from './tables/monitoring.ts';
import type { PoliciesTables } from './tables/policies.ts';
import type { PrivateTargetTables } from './tables/private-targets.ts';
import type { ProofTables } from './tables/proof.ts';
import type { ReviewsTables } from './tables/reviews.ts';
import type { SanctionsTables } from './tables/sanctions.ts';
import type { SchoolTables } from './tables/school.ts';
import type { TellingTables } from './tables/telling.ts';

export type { AiToolState, AiToolStatus } from './tables/ai-tools.ts';
export type { ChangeKind, ChangeScopeKind, ChangeState } from './tables/filtering.ts';
export type { EvidenceLine, RouteStep } from './tables/monitoring.ts';
export type { DraftState } from './tables/policies.ts';
export type { PrivateTargetOutcome } from './tables/private-targets.ts';
export type { ProofVerdict } from './tables/proof.ts';
export type { ProcedureApplied, TaskState } from './tables/sanctions.ts';
export type { SchoolSettings } from './tables/school.ts';

/**
 * The tables as TypeScript sees them, a file for each area in `tables/`; `migrations/` is the truth. Columns that the
 * application may not change after the row was written (the database refuses it too) have `never` as their update type.
 */
export interface Database
  extends SchoolTables,
    IdentityTables,
    ClassesTables,
    PoliciesTables,
    FilteringTables,
    AiToolTables,
    ProofTables,
    MonitoringTables,
    IncidentsTables,
    CaseAccessTables,
    ClosingTables,
    EvidenceTables,
    SanctionsTables,
    TellingTables,
    ReviewsTables,
    DeviceSearchTables,
    PrivateTargetTables {}
