import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR, SECOND } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { gatewayWith } from '#testing/gateway.ts';
import type { Part, TestSchool } from '#testing/web.ts';
import { buildSnapshot } from '../snapshot.service.ts';
import { currentIndex, judgeFor } from '../verdict.service.ts';
import { actOnChange, checkSites, decideChange, submitChange } from './changes.service.ts';
import { stateOf } from './changes.step.ts';
import { changesOf } from './changes.store.ts';
import { lesson, lessonSchool } from './testing.ts';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await lessonSchool(t);
});
after(() => t.drop());

const who = (part: Part) => school.people[part].viewer;
const ask = (input = lesson(), part: Part = 'teacher') => submitChange(school.deps, who(part), input, 'ask');
const HOSTS = ['archive.example', 'speeches.example', 'marches.example'];
const decide = (
  reference: string,
  part: Part = 'filterApprover',
  approved = HOSTS,
  refused: Record<string, string> = {},
) => decideChange(school.deps, who(part), reference, { approved, refused, reason: '' });
const act = (reference: string, action: 'withdraw' | 'ask-to-lift' | 'keep' | 'lift', part: Part) =>
  actOnChange(school.deps, who(part), reference, action, 'It was agreed in the department.');
const code = (expected: string) => (e: unknown) => {
  assert.equal((e as { code?: string }).code, expected, String(e));
  return true;
};
async function stateNow(reference: string) {
  const [change] = await t.db.in(systemContext(school.id), (tx) => changesOf(tx, { reference }));
  assert.ok(change);
  return stateOf(change, school.clock.now());
}

/** What the school's gateways would answer at this moment, from the snapshot as it is now. */
async function gateway(at = school.clock.now()) {
  const { snapshot, index } = await t.db.in(systemContext(school.id), async (tx) => ({
    snapshot: await buildSnapshot(tx, school.deps),
    index: await currentIndex(school.deps, tx),
  }));
  assert.ok(snapshot && index);
  const clock = { now: () => at };
  const judge = gatewayWith(snapshot, index, clock);
  return {
    at: (moment: number) => {
      clock.now = () => moment;
    },
    ask: (part: Part, host: string) => judge.judge(judge.identify('127.0.0.1', school.people[part].id), host),
  };
}

const BEGIN = Date.parse('2026-11-05T11:05:00Z');
const END = Date.parse('2026-11-05T12:05:00Z');

test('FCR-01 FCR-03 FCR-04 FCR-08 two sites of three are opened for one class, for the lesson, and for nobody else', async () => {
  const reference = await ask();
  assert.equal(await stateNow(reference), 'asked');
  await decide(reference, 'filterApprover', ['archive.example', 'speeches.example'], {
    'marches.example': 'It is a game and shows nothing of the time.',
  });
  assert.equal(await stateNow(reference), 'approved');
  // Control is not asked again: this is the gateway's own clock with what it holds.
  const g = await gateway();
  const seen = (part: Part, host = 'speeches.example') => g.ask(part, host).outcome;
  assert.equal(seen('year8'), 'block', 'before the lesson');
  g.at(BEGIN);
  assert.equal(seen('year8'), 'allow');
  assert.equal(g.ask('year8', 'speeches.example').because.rule, `change.${reference}`);
  assert.match(
    g.ask('year8', 'speeches.example').because.text,
    /^Opened for 8B until Thursday 5 November, 12:05 \(request [A-Z2-9]{6}\)\.$/,
  );
  assert.equal(seen('year8', 'marches.example'), 'block', 'the site that was refused');
  assert.equal(seen('year7'), 'block', 'another class');
  assert.equal(seen('teacher'), 'block', 'the teacher who asked');
  g.at(END - 1);
  assert.equal(seen('year8'), 'allow');
  g.at(END);
  assert.equal(seen('year8'), 'block', 'the lesson is over, and nobody had to do anything');
});

test('FCR-01 a pupil cannot ask, and neither can a parent, a visitor or a governor', async () => {
  for (const part of ['year8', 'year12', 'parent', 'visitor', 'governor', 'leadGovernor'] as const) {
    await assert.rejects(ask(lesson(), part), code('change.duty'), part);
  }
});

test('FCR-04 FIL-04 only the role that the policy names decides, and never on its own request, technical staff included', async () => {
  const reference = await ask();
  for (const part of ['teacher', 'staff', 'ictManager', 'administrator', 'dsl', 'head', 'leadGovernor'] as const) {
    await assert.rejects(decide(reference, part), code('change.duty'), part);
  }
  const own = await ask(lesson(), 'filterApprover');
  await assert.rejects(decide(own), code('change.second-person'));
  await decide(reference);
  await assert.rejects(decide(reference), code('change.state'), 'decided once');
});

test('FCR-04 of two who decide at once one comes second', async () => {
  const reference = await ask();
  const both = await Promise.allSettled([
    decide(reference),
    decide(reference, 'filterApprover', [], Object.fromEntries(HOSTS.map((h) => [h, 'Not for this class.']))),
  ]);
  assert.equal(both.filter((r) => r.status === 'fulfilled').length, 1);
});

test('FCR-07 FIL-02 illegal and dangerous sites are refused to whoever asks, with the same words and nothing said of why', async () => {
  for (const host of ['never.example', 'recruits.example', 'phish.example', 'sub.never.example']) {
    for (const part of ['teacher', 'ictManager', 'filterApprover', 'administrator'] as const) {
      await assert.rejects(ask(lesson({ sites: host }), part), (e) => {
        assert.equal((e as Error).message, `${host} stays closed to everybody. Nobody can open it.`);
        return code('change.never')(e);
      });
    }
  }
  const tried = await t.asOwner(`select 1 from ledger_entry where school_id = $1 and action = 'filter-change.never'`, [
    school.id,
  ]);
  assert.equal(tried.length, 16, 'each try is kept');
});

test('FCR-07 a site that became illegal while the request waited is not approved', async () => {
  const reference = await ask(lesson({ sites: 'archive.example' }));
  await t.asOwner(`alter table filter_change_site disable trigger fixed`);
  await t.asOwner(
    `update filter_change_site set host = 'never.example' where change_id = (select id from filter_change where reference = $1)`,
    [reference],
  );
  await t.asOwner(`alter table filter_change_site enable trigger fixed`);
  await assert.rejects(decide(reference, 'filterApprover', ['never.example']), code('change.never'));
});

test('FCR-07 FIL-20 a row forged past every page opens nothing that is illegal: the gateway keeps to it', async () => {
  const { teacher, filterApprover } = school.people;
  const at = new Date(school.clock.now());
  const [forged] = await t.asOwner<{ id: string }>(
    `insert into filter_change (school_id, reference, kind, requested_by, created_at, topic, purpose, scope_kind, from_at, until_at)
     values ($1, 'FRGED2', 'open', $2, $3, 'x', 'x', 'everyone', $3, $4) returning id`,
    [school.id, teacher.id, at, new Date(school.clock.now() + HOUR)],
  );
  for (const [i, host] of ['never.example', 'recruits.example', 'phish.example', 'marches.example'].entries()) {
    await t.asOwner(`insert into filter_change_site values ($1, $2, $3, $4, '{}')`, [forged?.id, host, school.id, i]);
    await t.asOwner(`insert into filter_change_decision values ($1, $2, $3, true, null, $4, $5)`, [
      forged?.id,
      host,
      school.id,
      filterApprover.id,
      at,
    ]);
  }
  await t.asOwner(`insert into filter_change_step values ($1, 1, $2, 'approve', 'approved', $3, $4)`, [
    forged?.id,
    school.id,
    filterApprover.id,
    at,
  ]);
  const g = await gateway();
  for (const part of ['year8', 'teacher', 'administrator'] as const) {
    for (const host of ['never.example', 'recruits.example', 'phish.example']) {
      assert.equal(g.ask(part, host).outcome, 'block', `${host} for ${part}`);
    }
  }
  assert.equal(g.ask('year8', 'marches.example').outcome, 'allow', 'the row itself was obeyed');
  await t.asOwner(`insert into filter_change_step values ($1, 2, $2, 'withdraw', 'withdrawn', $3, $4)`, [
    forged?.id,
    school.id,
    teacher.id,
    at,
  ]);
});

test('FCR-02 FIL-04 the application’s own database role can neither change what was asked nor approve its own', async () => {
  const reference = await ask();
  const { teacher, filterApprover } = school.people;
  const [change] = await t.db.in(teacher.context, (tx) => changesOf(tx, { reference }));
  assert.ok(change);
  const { id } = change;
  const run = (part: Part, text: (tx: Parameters<Parameters<typeof t.db.in>[1]>[0]) => Promise<unknown>) =>
    t.db.in(school.people[part].context, text);
  await assert.rejects(
    run('teacher', (tx) =>
      tx
        .updateTable('filter_change')
        .set({ until_at: new Date(END + 90 * HOUR) })
        .where('id', '=', id)
        .execute(),
    ),
    /what was asked for is fixed/,
  );
  await assert.rejects(
    run('teacher', (tx) => tx.deleteFrom('filter_change_site').where('change_id', '=', id).execute()),
    /what was asked for is fixed/,
  );
  await assert.rejects(
    run('teacher', (tx) => tx.deleteFrom('filter_change').where('id', '=', id).execute()),
    /permission denied/,
  );
  const step = {
    change_id: id,
    number: 2,
    school_id: school.id,
    action: 'approve',
    to_state: 'approved',
    at: new Date(),
    reason: null,
  } as const;
  await assert.rejects(
    run('teacher', (tx) =>
      tx
        .insertInto('filter_change_step')
        .values({ ...step, by_person: teacher.id })
        .execute(),
    ),
    /nobody approves what they asked for/,
  );
  await assert.rejects(
    run('teacher', (tx) =>
      tx
        .insertInto('filter_change_step')
        .values({ ...step, by_person: filterApprover.id })
        .execute(),
    ),
    /row-level security/,
  );
  await assert.rejects(
    run('teacher', (tx) =>
      tx
        .insertInto('filter_change_step')
        .values({ ...step, by_person: null })
        .execute(),
    ),
    /nobody approves|row-level security/,
  );
  const decision = {
    change_id: id,
    host: 'speeches.example',
    school_id: school.id,
    approved: true,
    reason: null,
    at: new Date(),
  };
  await assert.rejects(
    run('teacher', (tx) =>
      tx
        .insertInto('filter_change_decision')
        .values({ ...decision, by_person: teacher.id })
        .execute(),
    ),
    /nobody decides what they asked for/,
  );
  await decide(reference);
  await assert.rejects(
    run('filterApprover', async (tx) => {
      const { sql } = await import('kysely');
      await sql`update filter_change_decision set approved = true`.execute(tx);
    }),
    /permission denied/,
  );
  const none = await run('year8', (tx) => changesOf(tx));
  assert.deepEqual(none, [], 'a pupil’s transaction sees no request at all');
});

test('FCR-02 who, what, when, why and the decision stand in the story and in the ledger', async () => {
  const reference = await ask();
  await decide(reference, 'filterApprover', ['archive.example'], {
    'speeches.example': 'Too raw for Year 8.',
    'marches.example': 'It is a game, no source.',
  });
  await act(reference, 'withdraw', 'ictManager');
  const [change] = await t.db.in(school.people.teacher.context, (tx) => changesOf(tx, { reference }));
  assert.deepEqual(
    change?.steps.map((s) => [s.action, s.to, s.by]),
    [
      ['ask', 'asked', school.people.teacher.id],
      ['approve', 'approved', school.people.filterApprover.id],
      ['withdraw', 'withdrawn', school.people.ictManager.id],
    ],
  );
  assert.deepEqual(
    change?.sites.map((s) => s.decision?.reason ?? null),
    [null, 'Too raw for Year 8.', 'It is a game, no source.'],
  );
  const entries = await t.asOwner<{ action: string; detail: Record<string, unknown> }>(
    `select action, detail from ledger_entry where object_kind = 'filter_change' and object_id = $1 order by id`,
    [change?.id],
  );
  assert.deepEqual(
    entries.map((e) => e.action),
    ['filter-change.ask', 'filter-change.approve', 'filter-change.withdraw'],
  );
  assert.ok(!JSON.stringify(entries).includes('example'), 'no site stands in the ledger in plain words');
});

test('FIL-04 one person closes at once for everybody, a second reviews, and lifting it later takes two again', async () => {
  const { deps } = school;
  const input = lesson({
    sites: 'archive.example',
    scope: 'everyone',
    topic: '',
    until: '',
    purpose: 'It shows a real attack on its front page.',
  });
  await assert.rejects(submitChange(deps, who('teacher'), input, 'close-now'), code('change.duty'));
  const reference = await submitChange(deps, who('ictManager'), input, 'close-now');
  assert.equal((await gateway()).ask('teacher', 'archive.example').outcome, 'block');
  await assert.rejects(act(reference, 'keep', 'ictManager'), code('change.second-person'));
  await assert.rejects(act(reference, 'lift', 'ictManager'), code('change.second-person'));
  await assert.rejects(act(reference, 'withdraw', 'ictManager'), code('change.state'));
  await act(reference, 'keep', 'filterApprover');
  await assert.rejects(act(reference, 'withdraw', 'filterApprover'), code('change.endsAlone'));
  await act(reference, 'ask-to-lift', 'ictManager');
  assert.equal((await gateway()).ask('year8', 'archive.example').outcome, 'block', 'until a second person agrees');
  await assert.rejects(act(reference, 'lift', 'ictManager'), code('change.duty'));
  await act(reference, 'lift', 'filterApprover');
  assert.equal((await gateway()).ask('teacher', 'archive.example').outcome, 'allow');
});

test('FIL-04 FCR-03 technical staff end an opening at any time, and what was planned never begins', async () => {
  const later = lesson({ from: '2026-11-06T09:00', until: '2026-11-06T10:00' });
  const during = Date.parse('2026-11-06T09:30:00Z');
  const reference = await ask(later);
  await decide(reference);
  assert.equal((await gateway(during)).ask('year8', 'speeches.example').outcome, 'allow');
  await act(reference, 'withdraw', 'ictManager');
  assert.equal((await gateway(during)).ask('year8', 'speeches.example').outcome, 'block');
});

test('FCR-08 the page that tests an address says what the gateway would, opening and all', async () => {
  const reference = await ask(lesson({ sites: 'speeches.example', from: '', until: '2026-11-03T13:00' }));
  await decide(reference, 'filterApprover', ['speeches.example']);
  const rule = (part: Part) =>
    t.db.in(school.people.ictManager.context, async (tx) => {
      const person = school.people[part].id;
      return (await judgeFor(tx, school.deps, { person, host: 'speeches.example' })).decision.because.rule;
    });
  assert.equal(await rule('year8'), `change.${reference}`);
  assert.equal(await rule('year7'), 'FIL-05');
  await act(reference, 'withdraw', 'teacher');
  assert.equal(await rule('year8'), 'FIL-05');
});

test('FIL-17 a lesson’s list leaves the class its sites and help alone, and says who looked at each and when', async () => {
  const { deps, clock } = school;
  const input = lesson({
    kind: 'only-these',
    sites: 'archive.example marches.example',
    from: '',
    until: '2026-11-03T11:00',
    purpose: 'Only these, so that nobody wanders off.',
  });
  await assert.rejects(submitChange(deps, who('teacher'), input, 'restrict'), code('change.checked'));
  const reference = await submitChange(deps, who('teacher'), { ...input, checked: true }, 'restrict');
  const g = await gateway();
  assert.equal(g.ask('year8', 'archive.example').outcome, 'allow');
  assert.equal(g.ask('year8', 'other.example').because.rule, `change.${reference}`);
  assert.equal(g.ask('year7', 'other.example').outcome, 'allow', 'another class');
  assert.equal(g.ask('year8', 'marches.example').outcome, 'block', 'the list opens nothing');
  clock.advance(SECOND);
  await checkSites(deps, who('staff'), reference);
  const [change] = await t.db.in(school.people.staff.context, (tx) => changesOf(tx, { reference }));
  assert.deepEqual(
    change?.sites.map((s) => [s.check?.by, s.check?.at.getTime()]),
    Array(2).fill([school.people.staff.id, clock.now()]),
  );
});

test('FCR-03 an hour is an hour of the school’s clock when summer time ends and begins', async () => {
  school.clock.advance(Date.parse('2027-03-26T09:00:00Z') - school.clock.now());
  const reference = await ask(lesson({ from: '2027-03-29T09:00', until: '2027-03-29T10:00' }));
  const [change] = await t.db.in(school.people.teacher.context, (tx) => changesOf(tx, { reference }));
  assert.deepEqual(
    [change?.from?.toISOString(), change?.until?.toISOString()],
    ['2027-03-29T08:00:00.000Z', '2027-03-29T09:00:00.000Z'],
  );
  const over = await ask(lesson({ from: '2027-03-27T09:00', until: '2027-03-29T09:00' }));
  const [across] = await t.db.in(school.people.teacher.context, (tx) => changesOf(tx, { reference: over }));
  assert.equal((across?.until?.getTime() ?? 0) - (across?.from?.getTime() ?? 0), 47 * HOUR);
});

test('UAR-25 where the policy closes video sites to everybody, one opens through a request and to nobody else', async () => {
  const centre = await lessonSchool(t, 'tuition-centre');
  const { people, deps } = centre;
  const verdict = (part: Part) =>
    t.db.in(people.ictManager.context, async (tx) => {
      const { decision } = await judgeFor(tx, deps, { person: people[part].id, host: 'www.films.example' });
      return [decision.outcome, decision.because.rule];
    });
  for (const part of ['teacher', 'year8', 'visitor'] as const)
    assert.deepEqual(await verdict(part), ['block', 'UAR-25'], part);
  const input = lesson({ sites: 'films.example', from: '', until: '2026-11-03T13:00' });
  const reference = await submitChange(deps, people.teacher.viewer, input, 'ask');
  assert.deepEqual(await verdict('year8'), ['block', 'UAR-25'], 'asking opens nothing');
  await decideChange(deps, people.filterApprover.viewer, reference, {
    approved: ['films.example'],
    refused: {},
    reason: '',
  });
  assert.deepEqual(await verdict('year8'), ['allow', `change.${reference}`]);
  for (const part of ['teacher', 'year7', 'visitor'] as const)
    assert.deepEqual(await verdict(part), ['block', 'UAR-25'], part);
});

test('FCR-08 another school neither sees nor decides a change of this one', async () => {
  const reference = await ask(lesson({ from: '2027-04-01T11:05', until: '2027-04-01T12:05' }));
  const other = await lessonSchool(t);
  await assert.rejects(
    decideChange(other.deps, other.people.filterApprover.viewer, reference, {
      approved: HOSTS,
      refused: {},
      reason: '',
    }),
    code('not-found'),
  );
});
