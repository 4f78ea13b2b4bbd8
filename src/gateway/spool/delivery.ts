import { type ControlClient, ControlRefusal } from '../feed/control-client.ts';
import type { Spool } from './spool.ts';

export interface Delivery {
  /** Something new waits. */
  wake(): void;
  /** Deliver what can be delivered within `ms`, then stop. */
  stop(ms: number): Promise<void>;
}

const RETRY_MIN = 200;
const RETRY_MAX = 5_000;
/** What control says of a batch that it will say again each time: malformed, its number used for other lines, too large. */
const NEVER: ReadonlySet<number> = new Set([400, 409, 413, 415]);

/** Bring batches to control one after another, oldest first; a batch is forgotten only when control said that it has it. */
export function deliver(spool: Spool, control: () => ControlClient | null, failed: (reason: string) => void): Delivery {
  let stopping = false;
  let wakeUp = () => {};
  let pause = RETRY_MIN;
  const sleep = (ms?: number) =>
    new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const loop = (async () => {
    while (true) {
      const client = control();
      const batch = client ? spool.next() : null;
      if (!client || !batch) {
        if (stopping) return;
        await sleep(client ? undefined : RETRY_MIN);
        continue;
      }
      try {
        await client.activity(batch.number, batch.body);
        spool.taken(batch.number);
        pause = RETRY_MIN;
      } catch (e) {
        if (e instanceof ControlRefusal && NEVER.has(e.status)) {
          spool.setAside(batch.number);
          failed(`batch ${batch.number} was refused (${e.status}) and set aside`);
          continue;
        }
        failed(e instanceof Error ? e.message : 'unknown');
        if (stopping) return;
        await sleep(pause);
        pause = Math.min(pause * 2, RETRY_MAX);
      }
    }
  })();

  return {
    wake: () => wakeUp(),
    async stop(ms) {
      stopping = true;
      wakeUp();
      await Promise.race([loop, new Promise((r) => setTimeout(r, ms).unref())]);
      spool.close();
    },
  };
}
