export { closeChanges, sendMonth } from './changes.closing.ts';
export { changesHeld } from './changes.history.ts';
export { changesWaiting } from './changes.pages.ts';
export { changeRoutes } from './changes.routes.ts';
export { changesOf, type FilterChange, heldSites } from './changes.store.ts';
export { changeWorkflow } from './changes.workflow.ts';
