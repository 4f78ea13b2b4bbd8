import { EventEmitter } from 'node:events';
import { Logger, parseCronItems, run, type TaskList, type WorkerEvents } from 'graphile-worker';
import { sql } from 'kysely';
import { SECOND } from '#core/clock.ts';
import { clientOf, poolOf, type Tx } from './db.ts';
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

export interface JobRunner {
  stop(): Promise<void>;
  /** Resolves when it lost the database and gave up; whoever started it starts it again, best in a new process. */
  readonly lost: Promise<void>;
}

/**
 * Work through the queue until stopped. `url` is the queue's own role.
 *
 * The queue keeps a job that was taken from everybody else for hours, in case whoever took it still runs. So nobody may
 * go on after losing track of a job: when the database does not answer, this gives up, and a new run begins by setting
 * free what others hold. Should one of them be alive, the job runs twice, which every task bears.
 */
export async function runJobs(
  url: string,
  tasks: Tasks,
  recurring: readonly Recurring[],
  log: Log,
  options: { poll?: number } = {},
): Promise<JobRunner> {
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
  await freeJobs(url);
  const events: WorkerEvents = new EventEmitter();
  // Not the queue's own pool: that one drops its error handlers when it stops, while its connections are still closing.
  const pgPool = poolOf(url, CONNECTIONS);
  const runner = await run({
    pgPool,
    concurrency: JOBS_AT_ONCE,
    pollInterval: options.poll ?? 1000,
    noHandleSignals: true,
    taskList,
    parsedCronItems: parseCronItems(recurring.map(({ task, cron }) => ({ task, match: cron, identifier: task }))),
    logger: quiet(log),
    events,
    // In batches, since only then a job's end that could not be written down ends the run instead of being forgotten.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  });
  for (const { task } of recurring.filter((r) => r.atStart))
    await runner.addJob(task, {}, { jobKey: `${task} at start` });

  // It may have stopped by itself already, which it calls a fault.
  const stop = async () => {
    await runner.stop().catch(() => undefined);
    if (!pgPool.ending) await pgPool.end();
  };
  const { promise: lost, resolve: giveUp } = Promise.withResolvers<void>();
  const lose = () => {
    log.warn('queue.lost');
    void stop().then(giveUp);
    // A job that still talks to a mail server must not keep all others waiting.
    setTimeout(giveUp, LAST_JOBS).unref();
  };
  for (const sign of ['worker:getJob:error', 'pool:fatalError'] as const) events.once(sign, lose);
  return { stop, lost };
}

const LAST_JOBS = 5 * SECOND;
const JOBS_AT_ONCE = 4;
/** One for each job, one that listens, and some for what the queue writes down. */
const CONNECTIONS = 10;

async function freeJobs(url: string): Promise<void> {
  const client = clientOf(url);
  await client.connect();
  try {
    await client.query(
      'select graphile_worker.force_unlock_workers(array(select distinct locked_by from graphile_worker.jobs where locked_by is not null))',
    );
  } finally {
    await client.end();
  }
}

/** The queue's own chatter stays out of the log but for its errors. */
const quiet = (log: Log) =>
  new Logger(() => (level) => {
    if (level === 'error') log.warn('queue.error');
  });
