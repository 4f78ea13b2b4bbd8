import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, MINUTE } from '#core/clock.ts';
import { jobsUrl } from '#platform/db.ts';
import { runJobs } from '#platform/jobs.ts';
import { alertsOf, GRAVE, monitored } from './fixture.ts';
import { monitoringJobs } from './monitoring.jobs.ts';

test('ALR-10 the queue itself escalates an alert when its time is over, and makes room for the days ahead', async () => {
  const b = await monitored();
  try {
    await b.deliver([b.event(GRAVE)]);
    b.school.clock.advance(5 * MINUTE);
    const { tasks, recurring } = monitoringJobs(b.school.deps);
    const runner = await runJobs(jobsUrl(b.t.ownerUrl), tasks, recurring, b.school.deps.log, { poll: 100 });
    try {
      const tomorrow = new Date(b.school.clock.now() + DAY).toISOString().slice(0, 10).replaceAll('-', '');
      const done = async () =>
        (await alertsOf(b))[0]?.step === 1 &&
        (await b.t.asOwner(`select to_regclass('activity_${tomorrow}') as name`))[0]?.name !== null;
      for (const end = Date.now() + 8000; !(await done()); ) {
        assert.ok(Date.now() < end, 'neither within eight seconds');
        await new Promise((r) => setTimeout(r, 50));
      }
    } finally {
      await runner.stop();
    }
    assert.deepEqual((await alertsOf(b))[0]?.told, [b.school.people.dsl.id, b.school.people.dslDeputy.id]);
  } finally {
    await b.t.drop();
  }
});
