import { type ControlClient, ControlRefusal } from '../feed/control-client.ts';
import type { Batch, Spool } from './spool.ts';

export interface Delivery {
  /** Something new waits. */
  wake(): void;
  /** Deliver what can be delivered within `ms`, then stop. */
  stop(ms: number): Promise<void>;
}

const RETRY_MIN = 200;
const RETRY_MAX = 2_000;
/** What control says of a batch that it will say again each time: malformed, its number used for other lines, too large. */
const NEVER: ReadonlySet<number> = new Set([400, 409, 413, 415]);

/** Bring batches to control one after another, oldest first; a batch is forgotten only when control said that it has it. */
export function deliver(spool: Spool, control: () => ControlClient | null, failed: (reason: string) => void): Delivery {
  let stopping = false;
  let pause = RETRY_MIN;
  const idle = pausing();
  // Apart from `idle`: what comes in meanwhile must not cut short the pause after a failure.
  const rest = pausing();

  const bring = async (client: ControlClient, batch: Batch) => {
    try {
      await client.activity(batch.number, batch.body);
      spool.taken(batch.number);
    } catch (e) {
      if (!(e instanceof ControlRefusal && NEVER.has(e.status))) throw e;
      spool.setAside(batch.number);
      failed(`batch ${batch.number} was refused (${e.status}) and set aside`);
    }
  };

  const loop = (async () => {
    while (true) {
      try {
        const client = control();
        const batch = client ? spool.next() : null;
        if (client && batch) {
          await bring(client, batch);
          pause = RETRY_MIN;
          continue;
        }
        if (stopping) return;
        await idle.wait(client ? undefined : RETRY_MIN);
      } catch (e) {
        failed(e instanceof Error ? e.message : 'unknown');
        if (stopping) return;
        await rest.wait(pause);
        pause = Math.min(pause * 2, RETRY_MAX);
      }
    }
  })();

  return {
    wake: idle.end,
    async stop(ms) {
      stopping = true;
      idle.end();
      rest.end();
      await Promise.race([loop, new Promise((r) => setTimeout(r, ms).unref())]);
      spool.close();
    },
  };
}

/** A wait that can be ended early; without `ms` it lasts until then. */
function pausing(): { wait(ms?: number): Promise<void>; end(): void } {
  let end = () => {};
  return {
    wait: (ms) =>
      new Promise<void>((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
        end = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    end: () => end(),
  };
}
