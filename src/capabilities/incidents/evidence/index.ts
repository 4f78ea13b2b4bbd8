import type { Deps } from '#platform/deps.ts';
import type { WebApp } from '#web/index.ts';
import { evidenceRoutes } from './evidence.routes.ts';
import type { CaseSide } from './gate.ts';

export { evidenceJobs } from './evidence.jobs.ts';
/** What the form of a closed case and its keeping ask of the vault (INC-20, EVI-10). */
export { eventsOf, holdsOf, itemsOf, stateOf } from './evidence.store.ts';
export { KIND_WORDS } from './evidence.words.ts';
export { type NewFile, takeFile } from './files.service.ts';
export type { CaseEntryText, CaseGate, CaseRef, CaseSide, ExportTable, GateAct, GateAnswer } from './gate.ts';
export { handOver } from './hand-over.service.ts';
export { type ItemAction, type ItemState, itemWorkflow } from './item.workflow.ts';
export { keptUntil } from './orders.service.ts';
export { type Rotation, rotate } from './rotate.service.ts';
export { releaseSeal, sealEvidence } from './seal.service.ts';
export { type NewThing, takeThing } from './things.service.ts';

/** The evidence vault's pages, on the case that `side` speaks for. */
export const evidencePages =
  (deps: Deps, side: CaseSide) =>
  (app: WebApp): void =>
    evidenceRoutes(app, deps, side);
