import { inspect } from 'node:util';
import { Refusal } from '#core/errors.ts';
import { faultFacts, type Log } from '#platform/log.ts';

/** What a child process says to the one that started it. */
export interface Ready {
  readonly ready: true;
  readonly facts?: Record<string, unknown>;
}

/**
 * The life of one process: start, say so, and stop cleanly on SIGTERM, SIGINT or when the parent is gone (a killed
 * parent must not leave children that hold ports). A refusal at start is one sentence and exit code 1.
 */
export async function runProcess(
  log: () => Log,
  start: () => Promise<{ facts?: Record<string, unknown>; stop: () => Promise<void> }>,
): Promise<void> {
  let stop: (() => Promise<void>) | null = null;
  let ending = false;
  const finish = async () => {
    await stop?.();
    process.exit(0);
  };
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), 20_000).unref();
    // Asked to stop while still starting: what is half up could not be taken down, so that waits until it is up.
    if (stop) void finish();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('disconnect', end);
  process.on('unhandledRejection', (e) => log().error('unhandled', faultFacts(e)));
  try {
    const running = await start();
    stop = running.stop;
    if (ending) return await finish();
    process.send?.({ ready: true, facts: running.facts } satisfies Ready);
  } catch (e) {
    fail(e);
  }
}

/** One clear sentence for what people can mend; the whole fault for what only we can. */
export const inWords = (e: unknown): string =>
  e instanceof Refusal
    ? `Gatehouse: ${e.message}${e.remedy ? `${e.message.includes('\n') ? '\n' : ' '}${e.remedy}` : ''}`
    : `Gatehouse could not go on: ${inspect(e)}`;

export function fail(e: unknown): never {
  console.error(inWords(e));
  process.exit(1);
}
