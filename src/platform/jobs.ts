import { Logger, parseCronItems, type Runner, run, type TaskList } from 'graphile-worker';
import { sql } from 'kysely';
import type { Tx } from './db.ts';
import { faultFacts, type Log } from './log.ts';

/** A task's name, and what it does with its payload. Tasks run at least once, so each must bear being run twice. */
export type Tasks = Readonly<Record<string, (payload: unknown) => Promise<void>>>;

/** A task that runs by the clock: `cron` in five fields, UTC. */
export interface Recurring {
  readonly task: string;
  readonly cron: string;
  /** Also once when the worker starts: what must not wait for its hour. */
  readonly atStart?: boolean;
}

/** Queue a job in the command's own transaction: no job without its act, no act without its job. */
export async function enqueue(
  tx: Tx,
  task: string,
  payload: object,
  options: {
    readonly runAt?: Date /** A later job with the same key replaces the earlier one. */;
    readonly key?: string;
  } = {},
): Promise<void> {
  await sql`select gh_enqueue(${task}, ${JSON.stringify(payload)}::json, ${options.runAt ?? null}, ${options.key ?? null})`.execute(
    tx,
  );
}

/** Work through the queue until stopped. `url` is the queue's own role. */
export async function runJobs(
  url: string,
  tasks: Tasks,
  recurring: readonly Recurring[],
  log: Log,
  options: { poll?: number } = {},
): Promise<Runner> {
  const taskList: TaskList = Object.fromEntries(
    Object.entries(tasks).map(([name, work]) => [
      name,
      async (payload: unknown) => {
        try {
          await work(payload);
        } catch (e) {
          log.error('job.failed', { task: name, ...faultFacts(e) });
          throw e;
        }
      },
    ]),
  );
  const runner = await run({
    connectionString: url,
    concurrency: 4,
    pollInterval: options.poll ?? 1000,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(recurring.map(({ task, cron }) => ({ task, match: cron, identifier: task }))),
    logger: quiet(log),
  });
  for (const { task } of recurring.filter((r) => r.atStart))
    await runner.addJob(task, {}, { jobKey: `${task} at start` });
  return runner;
}

/** The queue's own chatter stays out of the log but for its errors. */
const quiet = (log: Log) =>
  new Logger(() => (level) => {
    if (level === 'error') log.warn('queue.error');
  });
