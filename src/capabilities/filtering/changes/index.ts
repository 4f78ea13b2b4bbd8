export { liveChanges } from './changes.snapshot.ts';
