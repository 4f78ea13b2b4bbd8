export { POLICY_EDITORS, whoDecides } from './drafts.facts.ts';
export { type Base, createDraft, editDraft } from './drafts.service.ts';
export { type Draft, readDraft } from './drafts.store.ts';
export { policiesJobs } from './life.jobs.ts';
export { LIFE_NAV, lifeRoutes } from './life.routes.ts';
export { POLICY_READERS } from './life.words.ts';
export { lifeWorkflow } from './life.workflow.ts';
export { type ReviewDue, reviewDue } from './review.service.ts';
export { listVersions, type Version, versionDocument } from './versions.store.ts';
