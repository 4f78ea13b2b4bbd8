import { PassThrough } from 'node:stream';
import { SECOND } from '#core/clock.ts';
import type { Deps } from '#platform/deps.ts';
import type { Viewer } from '#web/index.ts';
import { rehearsalProgress } from './rehearsal.pages.ts';
import { REHEARSAL_CHANNEL } from './rehearsal.store.ts';

/** Comments keep the line open through proxies. */
const BEAT = 25 * SECOND;
/** After this a browser connects anew, and so is asked again who it is. */
const LONGEST = 300 * SECOND;

export interface LiveRehearsals {
  /** Server-Sent Events (HTML Standard §9.2) about one draft's rehearsal. */
  open(viewer: Viewer, draft: string): Promise<PassThrough>;
  close(): Promise<void>;
}

/** Tells pages how far a rehearsal is; one LISTEN serves all of them. */
export function liveRehearsals(deps: Deps): LiveRehearsals {
  const streams = new Map<PassThrough, { viewer: Viewer; draft: string }>();
  let listening: Promise<() => Promise<void>> | undefined;

  const tell = async (stream: PassThrough, { viewer, draft }: { viewer: Viewer; draft: string }) => {
    try {
      const progress = await rehearsalProgress(deps, viewer, draft);
      if (stream.writable) stream.write(`event: progress\ndata: ${JSON.stringify(progress)}\n\n`);
    } catch {
      // The browser connects anew, and is told then.
      stream.end();
    }
  };
  const heard = (draft: string) => {
    for (const [stream, watching] of streams) if (watching.draft === draft) void tell(stream, watching);
  };
  const endAll = () => {
    for (const stream of streams.keys()) stream.end();
  };

  return {
    async open(viewer, draft) {
      // Whoever may not read it is refused here.
      await rehearsalProgress(deps, viewer, draft);
      listening ??= deps.db.listen(REHEARSAL_CHANNEL, heard, endAll).catch((e) => {
        listening = undefined;
        throw e;
      });
      await listening;
      const stream = new PassThrough();
      const watching = { viewer, draft };
      streams.set(stream, watching);
      const beat = setInterval(() => stream.write(': still here\n\n'), BEAT);
      const end = setTimeout(() => stream.end(), LONGEST);
      stream.on('close', () => {
        clearInterval(beat);
        clearTimeout(end);
        streams.delete(stream);
      });
      stream.write('retry: 1000\n\n');
      // It may have moved between the page and this.
      await tell(stream, watching);
      return stream;
    },
    async close() {
      endAll();
      await (await listening)?.();
    },
  };
}
