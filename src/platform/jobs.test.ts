import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { jobsUrl } from './db.ts';
import { enqueue, runJobs } from './jobs.ts';
import { createLog } from './log.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((r) => setTimeout(r, 25));
  assert.ok(holds());
}

test('a job is queued only together with the command that asks for it', async () => {
  await assert.rejects(
    t.db.outside(async (tx) => {
      await enqueue(tx, 'test.act', { n: 1 });
      throw new Error('the command fails');
    }),
  );
  assert.equal((await t.asOwner('select 1 from graphile_worker._private_jobs')).length, 0);
});

test('jobs run, what fails is tried again and said without its words, and what must not wait runs at the start', async () => {
  const seen: unknown[] = [];
  const lines: string[] = [];
  let atStart = 0;
  let tries = 0;
  await t.db.outside((tx) => enqueue(tx, 'test.act', { n: 2 }));
  await t.db.outside((tx) => enqueue(tx, 'test.fails', {}));
  const runner = await runJobs(
    jobsUrl(t.ownerUrl),
    {
      'test.act': async (payload) => void seen.push(payload),
      'test.fails': async () => {
        tries++;
        throw new Error('the name of a child');
      },
      'test.hourly': async () => void atStart++,
    },
    [{ task: 'test.hourly', cron: '0 * * * *', atStart: true }],
    createLog('test', (l) => lines.push(l)),
    { poll: 50 },
  );
  await until(() => seen.length === 1 && tries === 1 && atStart === 1);
  await runner.stop();
  assert.deepEqual(seen, [{ n: 2 }]);
  const [left] = await t.asOwner<{ attempts: number }>(
    `select attempts from graphile_worker._private_jobs where attempts > 0`,
  );
  assert.equal(left?.attempts, 1, 'the failed job waits for its next try');
  assert.ok(lines.some((l) => l.includes('job.failed') && l.includes('test.fails')));
  assert.ok(!lines.join().includes('child'));
});

test('a later job with the same key takes the place of the earlier one', async () => {
  await t.asOwner('delete from graphile_worker._private_jobs');
  const later = new Date(Date.now() + 3_600_000);
  for (const n of [1, 2]) await t.db.outside((tx) => enqueue(tx, 'test.act', { n }, { runAt: later, key: 'one' }));
  const rows = await t.asOwner<{ payload: { n: number } }>('select payload from graphile_worker._private_jobs');
  assert.deepEqual(
    rows.map((r) => r.payload.n),
    [2],
  );
});
