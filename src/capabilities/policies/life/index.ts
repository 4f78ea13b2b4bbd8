export { createDraft, editDraft } from './drafts.service.ts';
export { type Draft, readDraft } from './drafts.store.ts';
