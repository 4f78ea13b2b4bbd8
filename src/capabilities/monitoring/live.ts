import { PassThrough } from 'node:stream';
import { SECOND } from '#core/clock.ts';
import type { Db } from '#platform/db.ts';
import type { Viewer } from '#web/index.ts';
import { contextOf } from '#web/index.ts';
import { ALERT_CHANNEL, findAlert } from './alerts.store.ts';

/** Comments keep the line open through proxies. */
const BEAT = 25 * SECOND;
/** After this a browser connects anew, and so is asked again who it is. */
const LONGEST = 300 * SECOND;

export interface LiveAlerts {
  /** Server-Sent Events (HTML Standard §9.2) for one viewer. */
  open(viewer: Viewer): Promise<PassThrough>;
  close(): Promise<void>;
}

/**
 * Tells live pages that an alert has changed. One LISTEN serves all of them. Each viewer hears only of alerts that the
 * database shows to them, so an alert about somebody is silent on their own screen (ALR-10).
 */
export function liveAlerts(db: Db): LiveAlerts {
  const streams = new Map<PassThrough, Viewer>();
  let listening: Promise<() => Promise<void>> | undefined;

  const heard = (payload: string) => {
    const [school, alert = ''] = payload.split(' ');
    for (const [stream, viewer] of streams) {
      if (viewer.school.id === school) void tell(stream, viewer, alert);
    }
  };
  const tell = async (stream: PassThrough, viewer: Viewer, alert: string) => {
    try {
      const seen = await db.in(contextOf(viewer), (tx) => findAlert(tx, alert));
      if (seen && stream.writable) stream.write(`event: alert\ndata: ${alert}\n\n`);
    } catch {
      // Unknown is not "nothing": the browser connects anew and reads the list.
      stream.end();
    }
  };

  const endAll = () => {
    for (const stream of streams.keys()) stream.end();
  };

  return {
    async open(viewer) {
      // After an outage nobody knows what was missed: the browsers connect anew and read the list.
      listening ??= db.listen(ALERT_CHANNEL, heard, endAll).catch((e) => {
        listening = undefined;
        throw e;
      });
      await listening;
      const stream = new PassThrough();
      streams.set(stream, viewer);
      const beat = setInterval(() => stream.write(': still here\n\n'), BEAT);
      const end = setTimeout(() => stream.end(), LONGEST);
      stream.on('close', () => {
        clearInterval(beat);
        clearTimeout(end);
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
