import type { Deps } from '#platform/deps.ts';
import type { Viewer } from '#web/index.ts';
import { evidenceSide } from './case.evidence.ts';
import { type NewFile, type NewThing, takeFile, takeThing } from './evidence/index.ts';

const side = (deps: Deps) =>
  evidenceSide(
    deps,
    async () => null,
    async () => ({ head: [], rows: [] }),
  );

/** Keep a file in a case’s evidence, from no designated computer. */
export const keepFile = (deps: Deps, viewer: Viewer, which: string, file: NewFile): Promise<{ number: number }> =>
  takeFile(deps, side(deps), { viewer, device: null }, which, file);

/** Record a device, a paper or a thing in a case’s evidence. */
export const keepThing = (deps: Deps, viewer: Viewer, which: string, thing: NewThing): Promise<{ number: number }> =>
  takeThing(deps, side(deps), { viewer, device: null }, which, thing);
