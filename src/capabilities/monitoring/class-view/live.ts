import { PassThrough } from 'node:stream';
import { sql } from 'kysely';
import { SECOND } from '#core/clock.ts';
import type { Db, Tx } from '#platform/db.ts';

/** Channel on which open looks hear that their class has done something; the payload is the look. */
const CHANNEL = 'gatehouse_class';
/** A class of thirty asks for something every moment; a reader follows once a second. */
const PACE = SECOND;
/** So that "a minute ago" stays true, and the look is known to be looked at. */
const BEAT = 30 * SECOND;
/** After this a browser connects anew, and so is asked again who it is. */
const LONGEST = 300 * SECOND;

/** Within the transaction that stores activity: tell those looks, and only those, whose pupils it is about. */
export async function tellClasses(tx: Tx, people: readonly (string | null)[]): Promise<void> {
  const ids = [...new Set(people.filter((p) => p !== null))];
  if (ids.length === 0) return;
  await sql`select pg_notify(${CHANNEL}, id::text) from class_view
            where closed_at is null and pupils && ${ids}::uuid[]`.execute(tx);
}

export interface LiveClasses {
  /** Server-Sent Events (HTML Standard §9.2) for one look: each says that its list has changed. */
  open(look: string): Promise<PassThrough>;
  close(): Promise<void>;
}

export function liveClasses(db: Db): LiveClasses {
  const streams = new Map<PassThrough, { readonly look: string; wait: NodeJS.Timeout | null; missed: boolean }>();
  let listening: Promise<() => Promise<void>> | undefined;

  const say = (stream: PassThrough) => stream.writable && stream.write('event: class\ndata:\n\n');
  const heard = (look: string) => {
    for (const [stream, s] of streams) {
      if (s.look !== look) continue;
      if (s.wait) {
        s.missed = true;
        continue;
      }
      say(stream);
      s.wait = setTimeout(() => {
        s.wait = null;
        if (s.missed) heard(look);
        s.missed = false;
      }, PACE);
    }
  };
  const endAll = () => {
    for (const stream of streams.keys()) stream.end();
  };

  return {
    async open(look) {
      // After an outage nobody knows what was missed: the browsers connect anew and read the list.
      listening ??= db.listen(CHANNEL, heard, endAll).catch((e) => {
        listening = undefined;
        throw e;
      });
      await listening;
      const stream = new PassThrough();
      const state = { look, wait: null as NodeJS.Timeout | null, missed: false };
      streams.set(stream, state);
      const beat = setInterval(() => say(stream), BEAT);
      const end = setTimeout(() => stream.end(), LONGEST);
      stream.on('close', () => {
        clearInterval(beat);
        clearTimeout(end);
        if (state.wait) clearTimeout(state.wait);
        streams.delete(stream);
      });
      stream.write('retry: 1000\n\n');
      return stream;
    },
    async close() {
      endAll();
      await (await listening)?.();
    },
  };
}
