export { endOrder, type NewOrder, placeOrder } from './access/orders.ts';
export { aiToolsStanding, aiToolsWaiting, aiToolWorkflow } from './ai-tools/index.ts';
export {
  changesHeld,
  changesOf,
  changesWaiting,
  changeWorkflow,
  type FilterChange,
  heldSites,
} from './changes/index.ts';
export { OVERSEERS } from './filtering.duties.ts';
export { filteringJobs, tendLists } from './filtering.jobs.ts';
export { filteringRoom } from './filtering.routes.ts';
export { enrolGateway, type GatewayTrouble, gatewayOf, type OnGatewayTrouble } from './gateways.service.ts';
export { filteringAtAGlance } from './glance.service.ts';
export { programsWaiting } from './installs.service.ts';
export { listChangesWaiting } from './list-changes.pages.ts';
export { approverRole } from './list-changes.service.ts';
export { listChangeWorkflow } from './list-changes.workflow.ts';
export { COMPILE, compileLists, requestCompile } from './lists.service.ts';
export type { ListTrouble, OnListTrouble } from './lists.trouble.ts';
export { type GatewayProof, type OnProofTrouble, type ProofTrouble, proofStanding } from './proof/index.ts';
export { questionsFor, questionsOf } from './questions.service.ts';
export { type SlotState, slotStates } from './slots.service.ts';
export { buildSnapshot } from './snapshot.service.ts';
export { addSource, ensureSources, switchSource } from './sources.service.ts';
export { currentIndex, judgeFor, type Verdict } from './verdict.service.ts';
