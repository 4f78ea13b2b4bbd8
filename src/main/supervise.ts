import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '#core/errors.ts';
import type { Config } from '#platform/config.ts';
import { openStore, type Store } from './installation.ts';
import { inWords, type Ready } from './process.ts';

export interface Kept {
  stop(): Promise<void>;
}

const PAUSE_MAX = 10_000;
const STEADY = 30_000;

/**
 * Run `<name>.ts` beside this file as a process of its own and start it again whenever it ends, with growing pauses.
 * Resolves when it is ready for the first time; if it ends before that, its own words have said why.
 */
export async function keepRunning(name: 'control' | 'worker' | 'gateway', env: NodeJS.ProcessEnv): Promise<Kept> {
  let stopping = false;
  let pause = 200;
  let child: ChildProcess;
  let timer: NodeJS.Timeout | undefined;

  const start = () =>
    new Promise<void>((ready, failed) => {
      const startedAt = Date.now();
      child = fork(join(import.meta.dirname, `${name}.ts`), { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.once('message', (m: Ready) => m.ready && ready());
      child.once('exit', (code, signal) => {
        failed(new Refusal('unavailable', 'process.start', `The ${name} process could not start.`));
        if (stopping) return;
        pause = Date.now() - startedAt > STEADY ? 200 : Math.min(pause * 2, PAUSE_MAX);
        // Said only when it is done: a signal to the whole group ends the child a moment before this process hears of it.
        timer = setTimeout(() => {
          console.error(`Gatehouse: ${name} ended (${signal ?? code}); starting it again.`);
          void start().catch(() => undefined);
        }, pause);
      });
    });
  try {
    await start();
  } catch (e) {
    stopping = true;
    clearTimeout(timer);
    throw e;
  }
  return {
    stop: () =>
      new Promise((resolve) => {
        stopping = true;
        clearTimeout(timer);
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
        child.once('exit', () => {
          clearTimeout(patience);
          resolve();
        });
        child.kill('SIGTERM');
      }),
  };
}

/** Start our own PostgreSQL again on its port whenever it ends, until that succeeds; everybody else waits and tries on. */
export function keepPostgres(config: Config, first: Store): Kept {
  let store = first;
  let opening = Promise.resolve();
  const stopping = new AbortController();

  const watch = () =>
    void store.postgres?.ended.then(() => {
      if (!stopping.signal.aborted) opening = open();
    });
  const open = async () => {
    for (let pause = 200; !stopping.signal.aborted; pause = Math.min(pause * 2, PAUSE_MAX)) {
      console.error('Gatehouse: PostgreSQL ended; starting it again.');
      try {
        store = await openStore(config, first.postgres?.port);
        return watch();
      } catch (e) {
        console.error(inWords(e));
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  watch();
  return {
    async stop() {
      stopping.abort();
      await opening;
      await store.stop();
    },
  };
}
