import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { jobsUrl } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { runJobs } from '#platform/jobs.ts';
import { adoptPolicy, editDraft } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { Part } from '#testing/web.ts';
import { NOW_IN_FORCE, playing, rehearsalStage, SITES, type Stage } from './fixture.ts';
import { rehearsalJobs } from './rehearsal.jobs.ts';
import { cancelRehearsal, choices, forgetRehearsals, startRehearsal } from './rehearsal.service.ts';
import { type Result, runRehearsal } from './run.service.ts';

let t: TestDatabase;
let stage: Stage;
before(async () => {
  t = await testDatabase();
  stage = await rehearsalStage(t);
});
after(() => t.drop());

const resultOf = async (draft: string): Promise<Result> => {
  const last = await stage.last(draft);
  assert.equal(last?.state, 'done', last?.error ?? 'it should have ended');
  return last.result as Result;
};

test('GOV-33 a rehearsal of thousands of recorded requests finds what would have changed, for how many', async () => {
  const who: readonly (Part | null)[] = ['year7', 'year8', 'year12', 'teacher', null];
  const sites: readonly string[] = Object.values(SITES);
  const requests = Array.from({ length: 4000 }, (_, i) => ({
    who: who[i % who.length] ?? null,
    site: sites[Math.floor(i / 5) % sites.length] ?? '',
    hours: (1 + ((i * 37) % (6 * 24 * 60))) / 60,
    count: 1 + (i % 3),
  }));
  await stage.browsed(requests);
  const draft = await stage.draft();
  await stage.work(await stage.begin(draft, 7));
  const { differences } = await resultOf(draft);

  // Staff may do both before and after; where nobody is signed in, what is closed to anybody is closed.
  const counted = (site: string) => {
    const there = requests.filter((r) => r.site === site && r.who !== 'teacher');
    const sum = (rows: typeof requests) => rows.reduce((n, r) => n + r.count, 0);
    return { requests: sum(there), people: 3, unsigned: sum(there.filter((r) => r.who === null)) };
  };
  assert.deepEqual(differences.opens, counted(SITES.games));
  assert.deepEqual(differences.stops, counted(SITES.shopping));
  assert.equal(
    differences.all.requests,
    requests.reduce((n, r) => n + r.count, 0),
  );
  assert.equal(differences.all.people, 4);
  assert.deepEqual(differences.sites.map((s) => [s.turn, s.host]).sort(), [
    ['opens', SITES.games],
    ['stops', SITES.shopping],
  ]);
  const last = await stage.last(draft);
  assert.equal(last?.done, last?.total);
  assert.equal(Number(last?.total), differences.all.requests);
});

test('GOV-33 a rehearsal looks only at the days that were chosen', async () => {
  const day = 24;
  await stage.browsed([
    { who: 'year7', site: 'near.example', hours: 2 },
    { who: 'year7', site: 'far.example', hours: 5 * day },
  ]);
  const draft = await stage.draft();
  const requests: number[] = [];
  for (const days of [1, 7]) {
    await stage.work(await stage.begin(draft, days));
    requests.push((await resultOf(draft)).differences.all.requests);
  }
  const [one = 0, seven = 0] = requests;
  assert.ok(one > 0 && one < seven, `${one} of ${seven}`);
  assert.deepEqual(choices(null, 0), [1]);
  assert.deepEqual(choices(100 * DAY - 3 * DAY, 100 * DAY), [1, 7]);
  assert.deepEqual(choices(0, 100 * DAY), [1, 7, 14, 30]);
});

test('GOV-33 a rehearsal asks open questions about sites again and counts those that the draft answers', async () => {
  const { school } = stage;
  const ask = (host: string, answered: boolean) =>
    t.asOwner(
      `insert into site_question (school_id, asked_by, asked_at, host, reason, because, answered_at) values ($1, $2, $3, $4, 'For homework', '{}', $5)`,
      [school.id, school.people.year7.id, new Date(school.clock.now()), host, answered ? new Date() : null],
    );
  await ask(SITES.games, false);
  await ask(SITES.gambling, true);
  const draft = await stage.draft();
  await stage.work(await stage.begin(draft));
  const { questions } = await resultOf(draft);
  assert.deepEqual(questions.counts, { opens: 1, open: 0, closes: 0, closed: 0 });
  assert.deepEqual(questions.sites, [{ host: SITES.games, fate: 'opens', questions: 1 }]);
});

test('GOV-33 FCR-08 traffic under a change that two people agreed on is not shown as newly open or stopped', async () => {
  const { school } = stage;
  const { teacher, filterApprover } = school.people;
  const site = 'education.gatehouse-test.example';
  const begin = new Date(school.clock.now() - 5 * HOUR);
  const [change] = await t.asOwner<{ id: string }>(
    `insert into filter_change (school_id, reference, kind, requested_by, created_at, topic, purpose, scope_kind, scope_value, from_at, until_at)
     values ($1, 'PLAYED', 'open', $2, $3, 'Rules of games', 'Pupils compare the rules of two games.', 'year', '7', $3, $4) returning id`,
    [school.id, teacher.id, begin, new Date(school.clock.now() + HOUR)],
  );
  assert.ok(change);
  await t.asOwner(
    `insert into filter_change_site (change_id, host, school_id, position, seen) values ($1, $2, $3, 0, '{}')`,
    [change.id, SITES.games, school.id],
  );
  const steps = [
    ['ask', 'asked', teacher.id, begin],
    ['approve', 'approved', filterApprover.id, begin],
    ['withdraw', 'withdrawn', teacher.id, new Date(school.clock.now() - 2 * HOUR)],
  ];
  for (const [number, [action, to, by, at]] of steps.entries()) {
    await t.asOwner(
      `insert into filter_change_step (change_id, number, school_id, action, to_state, by_person, at) values ($1, $2, $3, $4, $5, $6, $7)`,
      [change.id, number + 1, school.id, action, to, by, at],
    );
  }
  await t.asOwner(
    `insert into filter_change_decision (change_id, host, school_id, approved, by_person, at) values ($1, $2, $3, true, $4, $5)`,
    [change.id, SITES.games, school.id, filterApprover.id, begin],
  );
  const draft = await stage.draft();
  const opensFor = async (year: number): Promise<number> => {
    await stage.work(await stage.begin(draft, 1));
    const { differences } = await resultOf(draft);
    return differences.groups.find((g) => 'kind' in g.group && g.group.year === year)?.opens.requests ?? 0;
  };
  const [seven, eight] = [await opensFor(7), await opensFor(8)];
  await stage.browsed([
    { who: 'year7', site: SITES.games, hours: 4, count: 50 },
    { who: 'year8', site: SITES.games, hours: 4, count: 50 },
    { who: 'year7', site: `www.${SITES.games}`, hours: 1, count: 7 },
    { who: 'year7', site, hours: 4, count: 9 },
  ]);
  assert.equal((await opensFor(7)) - seven, 7, 'only what came after it was withdrawn');
  assert.equal((await opensFor(8)) - eight, 50, 'another year had no opening');
});

test('GOV-33 a permission that is over by now still counts for the time in which it held', async () => {
  const { school } = stage;
  const { dsl, year8 } = school.people;
  const now = school.clock.now();
  await stage.browsed([
    { who: 'year8', site: SITES.gambling, hours: 3 },
    { who: 'year8', site: SITES.gambling, hours: 1 },
  ]);
  await t.asOwner(
    `insert into use_grant (school_id, rule, person_id, granted_by, purpose, from_at, until_at) values ($1, 'UAR-20', $2, $3, 'Statistics', $4, $5)`,
    [school.id, year8.id, dsl.id, new Date(now - 4 * HOUR), new Date(now - 2 * HOUR)],
  );
  const [first] = NOW_IN_FORCE.rules;
  assert.ok(first);
  const gambling = { ...first, id: 'UAR-20', name: 'About gambling', action: 'gamble', categories: ['gambling'] };
  const closed = { value: 'not-allowed' } as const;
  const document = {
    ...NOW_IN_FORCE,
    rules: [
      ...NOW_IN_FORCE.rules,
      { ...gambling, cells: { pupil: { value: 'permission' }, staff: closed, guest: closed } } as const,
    ],
  };
  const draft = await stage.draft(document);
  await stage.work(await stage.begin(draft, 1));
  const { differences } = await resultOf(draft);
  const group = differences.groups.find((g) => 'kind' in g.group && g.group.year === 8);
  const gambled = await t.asOwner<{ n: number }>(
    `select sum(count)::int as n from activity where person_id = $1 and host = $2 and at >= $3`,
    [year8.id, SITES.gambling, (await stage.last(draft))?.from_at],
  );
  const held = await t.asOwner<{ n: number }>(
    `select sum(count)::int as n from activity where person_id = $1 and host = $2 and at >= $3 and at < $4`,
    [year8.id, SITES.gambling, new Date(now - 4 * HOUR), new Date(now - 2 * HOUR)],
  );
  assert.ok((held[0]?.n ?? 0) > 0);
  assert.equal(group?.stops.requests, (gambled[0]?.n ?? 0) - (held[0]?.n ?? 0));
});

test('GOV-33 a result belongs to the edit that was rehearsed, as it stood when it ran', async () => {
  const { school } = stage;
  const draft = await stage.draft();
  const rehearsal = await stage.begin(draft);
  await editDraft(school.deps, school.people.dsl.viewer, draft, { what: 'Back.', edit: 2 }, () => ({
    ...NOW_IN_FORCE,
    title: 'Another title',
  }));
  await stage.work(rehearsal);
  assert.equal((await stage.last(draft))?.edit, 3);
  const { opens, stops } = (await resultOf(draft)).differences;
  assert.equal(opens.requests + stops.requests, 0);
});

test('GOV-33 one rehearsal at a time for a school, and each that begins, is cancelled or ends stands in the ledger', async () => {
  const { school } = stage;
  const [one, two] = [await stage.draft(), await stage.draft()];
  const viewer = school.people.head.viewer;
  const both = await Promise.allSettled([one, two].map((d) => startRehearsal(school.deps, viewer, d, 1)));
  const refused = both.filter((b) => b.status === 'rejected');
  assert.deepEqual(
    refused.map((r) => r.reason.code),
    ['rehearsal.busy'],
  );
  const running = both[0]?.status === 'fulfilled' ? one : two;
  await cancelRehearsal(school.deps, viewer, running);
  assert.equal((await stage.last(running))?.state, 'cancelled');
  await assert.rejects(cancelRehearsal(school.deps, viewer, running), { code: 'rehearsal.ended' });
  await stage.work(await stage.begin(one));
  const actions = await t.asOwner<{ action: string }>(
    `select distinct action from ledger_entry where school_id = $1 and object_kind = 'rehearsal' order by 1`,
    [school.id],
  );
  assert.deepEqual(
    actions.map((a) => a.action),
    ['policy.draft.rehearse', 'policy.draft.rehearse-cancelled', 'policy.draft.rehearsed'],
  );
});

/** The same database, where something else happens before the n-th transaction. */
const disturbed = (n: number, disturb: () => Promise<unknown>): Deps => {
  const { deps } = stage.school;
  let calls = 0;
  return {
    ...deps,
    db: {
      ...deps.db,
      in: async (context, work) => {
        if (++calls === n) await disturb();
        return deps.db.in(context, work);
      },
    },
  };
};

test('a rehearsal that is cancelled while it runs stops and leaves no result', async () => {
  const { school } = stage;
  const draft = await stage.draft();
  const rehearsal = await stage.begin(draft);
  const deps = disturbed(6, () => cancelRehearsal(school.deps, school.people.dsl.viewer, draft));
  await runRehearsal(deps, school.id, rehearsal);
  const last = await stage.last(draft);
  assert.equal(last?.state, 'cancelled');
  assert.equal(last?.result, null);
});

test('a rehearsal whose worker was killed is begun anew by the next one, and the dead one writes nothing more', async () => {
  const { school } = stage;
  const draft = await stage.draft();
  const rehearsal = await stage.begin(draft);
  const { promise: asleep, resolve: wake } = Promise.withResolvers<void>();
  const first = runRehearsal(
    disturbed(6, () => asleep),
    school.id,
    rehearsal,
  );
  for (const end = Date.now() + 5000; (await stage.last(draft))?.state !== 'running'; ) assert.ok(Date.now() < end);
  // What a killed worker leaves behind in the queue: a job that nobody else may take.
  await t.asOwner(`update graphile_worker._private_jobs set locked_by = 'killed', locked_at = now()`);
  const { tasks, recurring } = rehearsalJobs(school.deps);
  const runner = await runJobs(jobsUrl(t.ownerUrl), tasks, recurring, school.deps.log, { poll: 50 });
  try {
    for (const end = Date.now() + 8000; (await stage.last(draft))?.state !== 'done'; ) assert.ok(Date.now() < end);
  } finally {
    await runner.stop();
  }
  const done = await stage.last(draft);
  assert.equal(done?.attempt, 2);
  wake();
  await first;
  assert.deepEqual(await stage.last(draft), done);
});

test('what cannot be rehearsed fails with a sentence, and what is our fault is said to be so', async () => {
  const { school } = stage;
  const draft = await stage.draft();
  await assert.rejects(stage.begin(draft, 2), { code: 'rehearsal.days' });
  await assert.rejects(startRehearsal(school.deps, school.people.teacher.viewer, draft, 1), {
    code: 'rehearsal.not-yours',
  });
  const rehearsal = await stage.begin(draft);
  const broken = disturbed(5, () => Promise.reject(new Error('out of order')));
  await assert.rejects(runRehearsal(broken, school.id, rehearsal), { message: 'out of order' });
  const last = await stage.last(draft);
  assert.deepEqual([last?.state, last?.error], ['failed', 'Something went wrong on our side. Try it again.']);
  // The queue tries again by itself; somebody may have begun another one meanwhile.
  await stage.work(rehearsal);
  assert.equal((await stage.last(draft))?.state, 'failed');
});

test('MON-12 a result goes when the activity that it was made from goes', async () => {
  const { school } = stage;
  const draft = await stage.draft();
  await stage.work(await stage.begin(draft));
  await forgetRehearsals(school.deps, school.id);
  assert.ok(await stage.last(draft));
  school.clock.advance(NOW_IN_FORCE.retention.activityDays * DAY + MINUTE);
  await forgetRehearsals(school.deps, school.id);
  assert.equal(await stage.last(draft), undefined);
});

test('GOV-33 a draft is compared with the version in force at the moment', async () => {
  const { school } = stage;
  const by = school.people.administrator.context;
  const open = { value: 'allowed' } as const;
  await t.db.in(by, (tx) => adoptPolicy(tx, school.deps, by, playing(open, open), { approver: null }));
  await stage.browsed([{ who: 'year7', site: SITES.games, hours: 1 }]);
  const draft = await stage.draft();
  await stage.work(await stage.begin(draft));
  assert.equal((await stage.last(draft))?.against, 2);
  assert.equal((await resultOf(draft)).differences.opens.requests, 0);
});
