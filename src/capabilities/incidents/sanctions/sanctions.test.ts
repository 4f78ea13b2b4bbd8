import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { PolicyDocument } from '#policy/index.ts';
import { monitoringRoom } from '#rooms/monitoring/index.ts';
import { recordSupply } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { pagesFor } from '#testing/web.ts';
import { incidentsRoom } from '../index.ts';
import { refused, type SanctionSchool, sanctionSchool } from './fixture.ts';
import { sanctionsJobs } from './sanctions.jobs.ts';
import { provenBefore, sanctionsOf } from './sanctions.store.ts';
import { acknowledge, warningsOf } from './warnings.service.ts';

let t: TestDatabase;
/** The secondary school, without a table of its own, and the tuition centre, with two. */
let b: SanctionSchool;
let g: SanctionSchool;
const confirmed = (doc: PolicyDocument): PolicyDocument => {
  const { table } = doc.sanctions.staff;
  return table
    ? {
        ...doc,
        sanctions: { ...doc.sanctions, staff: { ...doc.sanctions.staff, table: { ...table, unconfirmed: false } } },
      }
    : doc;
};
before(async () => {
  t = await testDatabase();
  b = await sanctionSchool(t, 'secondary-school');
  g = await sanctionSchool(t, 'tuition-centre', confirmed);
});
after(() => t.drop());

const inCase = <T>(of: SanctionSchool, reference: string, work: (tx: Tx, id: string) => Promise<T>): Promise<T> =>
  t.db.in(of.s.people.dsl.context, async (tx) => {
    const query = tx.selectFrom('case_file').select('id').where('reference', '=', reference);
    return work(tx, (await query.executeTakeFirstOrThrow()).id);
  });
const pupil = (of: SanctionSchool) => of.s.people.year8.id;
const warning = { actions: ['warning'], 'warning--text': 'Please keep games for your free time.' };

test('INC-29 INC-30 SAN-02 a decision without circumstances, nature, seriousness, their own account or reason is refused', async () => {
  const c = await b.judged();
  for (const missing of ['circumstances', 'nature', 'seriousness', 'account'])
    await refused(
      b.decide('dsl', c, { person: pupil(b), type: 'misuse', ...warning, [missing]: ' ' }),
      'case.sanction.factors',
    );
  await refused(
    b.decide('dsl', c, { person: pupil(b), type: 'misuse', ...warning, text: 'no' }),
    'case.sanction.reasoned',
  );
  await refused(
    b.decide('dsl', c, { person: b.s.people.year7.id, type: 'misuse', ...warning }),
    'case.sanction.aboutSubject',
  );
  await b.decide('dsl', c, { person: pupil(b), type: 'misuse', ...warning });
});

test('INC-29 SAN-02 nothing follows where nothing was proven', async () => {
  const c = await b.judged(['year8'], { verdict: 'no-substance' });
  await refused(b.decide('dsl', c, { person: pupil(b), type: 'misuse', ...warning }), /case\.sanction\./);
});

test('SAN-05 SAN-34 what the policy does not list for this type is refused by the service, in both schools', async () => {
  const [cb, cg] = [await b.judged(), await g.judged()];
  await refused(
    b.decide('dsl', cb, { person: pupil(b), type: 'misuse', actions: ['refer-police'] }),
    'case.sanction.not-listed',
  );
  await refused(b.decide('dsl', cb, { person: pupil(b), type: 'SAN-06', ...warning }), 'case.sanction.type');
  await refused(g.decide('coordinator', cg, { person: pupil(g), type: 'misuse', ...warning }), 'case.sanction.type');
  await refused(
    g.decide('coordinator', cg, { person: pupil(g), type: 'SAN-06', actions: ['suspension'] }),
    'case.sanction.not-listed',
  );
  await refused(g.decide('coordinator', cg, { person: pupil(g), type: 'SAN-06', actions: [] }), 'case.sanction.none');
  assert.deepEqual(await b.tasks(cb), []);
  await g.decide('coordinator', cg, { person: pupil(g), type: 'SAN-06', ...warning });
});

test('SAN-04 CYB-09 every sanction names the procedure, its version, and the version of the policy', async () => {
  const supply = { edition: '2026-09', location: 'Office', reviewedOn: '2026-09-01', nextReview: '', note: '' };
  await recordSupply(b.s.deps, b.s.people.dsl.viewer, { kind: 'document', id: 'behaviour' }, supply);
  const c = await b.judged();
  await b.decide('dsl', c, { person: pupil(b), type: 'cyber-bullying', ...warning });
  const [sanction] = await inCase(b, c, sanctionsOf);
  assert.deepEqual(sanction?.procedure, { id: 'behaviour', title: 'Behaviour policy', version: '2026-09' });
  assert.equal(sanction?.policy_number, 1);
  assert.equal(sanction?.type_name, 'Bullying online');
});

test('SAN-02 everything at once waits for a second senior who decides the same; one who decides otherwise moves nothing', async () => {
  const c = await g.judged();
  const { people } = g.s;
  const all = {
    person: pupil(g),
    type: 'SAN-05',
    actions: [
      'refer-tutor',
      'refer-head-of-department',
      'refer-head',
      'refer-police',
      'refer-technical',
      'inform-parents',
      'remove-access',
      'warning',
      'further-sanction',
    ],
    'refer-tutor--person': people.teacher.id,
    'refer-head-of-department--person': people.staff.id,
    'refer-technical--text': 'Close the way round the filter.',
    'remove-access--level': 'internet',
    'remove-access--until': '2026-12-01',
    'warning--text': 'Please keep to what you were shown.',
    'further-sanction--what': 'detention',
    'further-sanction--from': '2026-11-20',
    'further-sanction--authoriser': people.head.id,
  };
  await g.decide('coordinator', c, all);
  assert.deepEqual(await g.tasks(c), []);
  await refused(g.decide('coordinator', c, all), 'case.sanction.second');
  await g.decide('dsl', c, { ...all, 'warning--text': 'Another warning.' });
  assert.deepEqual(await g.tasks(c), [], 'another decision waits for itself');
  await g.decide('dsl', c, all);
  const tasks = await g.tasks(c);
  assert.deepEqual(tasks.map((x) => x.kind).sort(), [...all.actions].sort());
  const first = (await inCase(g, c, sanctionsOf)).find((x) => x.decided_at);
  assert.deepEqual(
    [first?.second_because, first?.proposed_by, first?.agreed_by],
    ['everything', people.coordinator.id, people.dsl.id],
  );
});

test('SAN-02 the police for something small waits for a second senior, and for what may be illegal it does not', async () => {
  const small = await g.judged();
  const police = { person: pupil(g), actions: ['refer-police'] };
  await g.decide('coordinator', small, { ...police, type: 'SAN-06' });
  assert.equal((await g.tasks(small)).length, 0);
  await g.decide('dsl', small, { ...police, type: 'SAN-06' });
  assert.equal((await g.tasks(small)).length, 1);
  const grave = await g.judged();
  await g.decide('coordinator', grave, { ...police, type: 'SAN-05' });
  assert.equal((await g.tasks(grave)).length, 1);
});

test('SAN-15 SAN-35 what was proven before is counted, and no longer once it is overturned', async () => {
  const person = b.s.people.year12.id;
  const again = { person, type: 'repeated', ...warning };
  const first = await b.judged(['year12']);
  await refused(b.decide('dsl', first, again), 'case.sanction.type');
  await b.decide('dsl', first, { person, type: 'misuse', ...warning });
  await b.judged(['year12'], { verdict: 'no-substance' });
  const second = await b.judged(['year12']);
  assert.equal(await inCase(b, second, (tx, id) => provenBefore(tx, person, id)), 1);
  await b.decide('dsl', second, again);
  const [sanction] = await inCase(b, first, sanctionsOf);
  await b.step('dsl', first, 'appeal-made', { detail: { sanction: sanction?.id ?? '', by: 'parent', kind: 'appeal' } });
  await b.step('dsl', first, 'appeal', { detail: { decision: 'upheld' } });
  const third = await b.judged(['year12']);
  assert.equal(await inCase(b, third, (tx, id) => provenBefore(tx, person, id)), 1, 'the second alone');
});

test('SAN-15 SAN-24 whoever may not decide about somebody learns no count of them', async () => {
  const c = await b.judged(['year12']);
  const id = await inCase(b, c, async (_, id) => id);
  for (const part of ['teacher', 'ictManager', 'year12', 'parent'] as const)
    assert.equal(await t.db.in(b.s.people[part].context, (tx) => provenBefore(tx, b.s.people.year12.id, id)), 0, part);
});

test('SAN-24 under a confirmed table staff doing it again is offered once something of theirs was proven', async () => {
  const person = g.s.people.staff.id;
  const action = { person, actions: ['warning'], 'warning--text': 'Please keep to the licence.' };
  const first = await g.judged(['staff']);
  await refused(g.decide('coordinator', first, { ...action, type: 'SAN-24' }), 'case.sanction.type');
  await g.decide('coordinator', first, { ...action, type: 'SAN-23' });
  const second = await g.judged(['staff']);
  await g.decide('coordinator', second, { ...action, type: 'SAN-24' });
});

test('SAN-18 whoever told of it promptly cannot be answered for not saying so, and whoever did not can', async () => {
  const { people } = g.s;
  const pages = await pagesFor(g.s.deps, monitoringRoom(g.s.deps), incidentsRoom(g.s.deps));
  const told = { kind: 'misuse', words: 'It came up by itself.', safe: 'yes', part: 'accident' };
  const answer = await pages.as(people.year7).post(`/tell/${g.s.slug}`, told);
  await pages.close();
  assert.equal(answer.statusCode, 303, answer.body);
  const choice = { type: 'SAN-18', ...warning };
  const today = { category: 'pornography', happenedOn: '2026-11-03' };
  const c = await g.judged(['year7'], today);
  await refused(g.decide('coordinator', c, { ...choice, person: people.year7.id }), 'case.sanction.type');
  await g.decide('coordinator', await g.judged(['year8'], today), { ...choice, person: people.year8.id });
});

test('SAN-10 SAN-11 SAN-12 SAN-13 a type brings its own task: a new password, an account made safe, the question of a breach, data restored', async () => {
  const { people } = g.s;
  const EXPECTED = [
    ['SAN-10', 'reset-password', people.administrator.id, /new first password/],
    ['SAN-11', 'secure-account', people.administrator.id, /Secure the account that Zed Pupil used \(Yara Pupil\)/],
    ['SAN-12', 'data-breach', people.head.id, /within 72 hours/],
    ['SAN-13', 'restore', people.filterApprover.id, /Restore the data/],
  ] as const;
  for (const [type, kind, to, text] of EXPECTED) {
    const c = await g.judged();
    await g.step('coordinator', c, 'touch', { person: people.year7.id, detail: { role: 'affected' } });
    await g.decide('coordinator', c, { person: pupil(g), type, ...warning });
    const task = await g.task(c, kind);
    assert.equal(task.to_person, to, type);
    assert.match(task.text, text);
  }
});

test('SAN-31 SAN-33 SAN-32 what an action needs is asked for: an end, a head, the words of a warning', async () => {
  const c = await b.judged();
  const { people } = b.s;
  const about = { person: pupil(b), type: 'misuse' };
  const removal = { ...about, actions: ['remove-access'], 'remove-access--level': 'internet' };
  await refused(b.decide('dsl', c, removal), 'case.sanction.given');
  await refused(b.decide('dsl', c, { ...removal, 'remove-access--until': '2026-11-03' }), 'case.sanction.given');
  await refused(
    b.decide('dsl', c, { ...removal, 'remove-access--level': 'all', 'remove-access--until': '2026-12-01' }),
    'case.sanction.given',
  );
  await refused(b.decide('dsl', c, { ...about, actions: ['warning'] }), 'case.sanction.given');
  const further = {
    ...about,
    actions: ['further-sanction'],
    'further-sanction--what': 'detention',
    'further-sanction--from': '2026-11-09',
  };
  await refused(b.decide('dsl', c, further), 'case.sanction.given');
  await refused(
    b.decide('dsl', c, { ...further, 'further-sanction--authoriser': people.teacher.id }),
    'case.sanction.doer',
  );
  await b.decide('dsl', c, { ...further, 'further-sanction--authoriser': people.head.id });
  const task = await b.task(c, 'further-sanction');
  assert.equal(task.text, 'Give Zed Pupil this sanction: Detention, from Monday 9 November 2026.');
  assert.deepEqual([task.to_person, task.detail], [people.head.id, { what: 'detention', from: '2026-11-09' }]);
  await refused(b.move('dsl', task.id, 'accept'), 'task.accept.not-yours');
  assert.equal((await b.move('head', task.id, 'accept')).state, 'accepted');
});

test('SAN-31 access is taken away at once, stands as running, is lifted with a reason, and ends by the clock', async () => {
  const c = await b.judged();
  const removal = {
    person: pupil(b),
    type: 'bypass',
    actions: ['remove-access'],
    'remove-access--level': 'network',
    'remove-access--until': '2026-11-05',
  };
  const orders = () =>
    t.asOwner<{ kind: string; people: string[]; until_at: Date; ended: Date | null }>(
      `select o.kind, o.people, o.until_at, e.at as ended from access_order o join case_access a on a.order_id = o.id
       left join access_order_end e on e.order_id = o.id join case_file c on c.id = a.case_id where c.reference = $1 order by o.placed_at`,
      [c],
    );
  await b.decide('dsl', c, removal);
  const task = await b.task(c, 'remove-access');
  assert.equal(task.state, 'running');
  const [order] = await orders();
  assert.deepEqual(
    [order?.kind, order?.people, order?.until_at.toISOString(), order?.ended],
    ['removal', [pupil(b)], '2026-11-05T00:00:00.000Z', null],
  );
  await refused(b.move('dsl', task.id, 'cancel', { text: 'x' }), 'task.cancel.reasoned');
  await b.move('dsl', task.id, 'cancel', { text: 'She needs it for her coursework after all.' });
  assert.ok((await orders())[0]?.ended);

  await b.decide('dsl', c, { ...removal, 'remove-access--until': '2026-11-06' });
  b.s.clock.advance(4 * DAY);
  await sanctionsJobs(b.s.deps).tasks['sanctions.sweep']?.({});
  b.s.clock.advance(-4 * DAY);
  assert.deepEqual((await b.tasks(c)).map((x) => x.state).sort(), ['cancelled', 'finished']);
});

test('SAN-35 an appeal pauses what the policy lists, gives access back meanwhile, and once dismissed all goes on', async () => {
  const c = await b.judged();
  const { people } = b.s;
  await b.decide('dsl', c, {
    person: pupil(b),
    type: 'misuse',
    actions: ['remove-access', 'further-sanction', 'refer-head'],
    'remove-access--level': 'internet',
    'remove-access--until': '2026-12-01',
    'further-sanction--what': 'detention',
    'further-sanction--from': '2026-11-20',
    'further-sanction--authoriser': people.head.id,
  });
  const [sanction] = await inCase(b, c, sanctionsOf);
  const states = async () => Object.fromEntries((await b.tasks(c)).map((x) => [x.kind, x.state]));
  const open = async () =>
    (
      await t.asOwner(
        `select 1 from access_order o join case_access a on a.order_id = o.id join case_file c on c.id = a.case_id
         where c.reference = $1 and not exists (select 1 from access_order_end e where e.order_id = o.id)`,
        [c],
      )
    ).length;
  await refused(b.step('dsl', c, 'appeal', { detail: { decision: 'upheld' } }), 'case.appeal.appealAnswered');
  await refused(
    b.step('dsl', c, 'appeal-made', { detail: { sanction: 'x', by: 'person', kind: 'appeal' } }),
    'case.appeal-made.standing',
  );
  const made = { detail: { sanction: sanction?.id ?? '', by: 'person', kind: 'appeal' } };
  assert.equal(await open(), 1);
  await b.step('dsl', c, 'appeal-made', made);
  assert.deepEqual(await states(), { 'remove-access': 'paused', 'further-sanction': 'paused', 'refer-head': 'given' });
  assert.equal(await open(), 0);
  await refused(b.step('dsl', c, 'appeal', { detail: { decision: 'waived' } }), 'case.appeal.appealAnswered');
  await b.step('dsl', c, 'appeal', { detail: { decision: 'dismissed' } });
  assert.deepEqual(await states(), { 'remove-access': 'running', 'further-sanction': 'given', 'refer-head': 'given' });
  assert.equal(await open(), 1);
  await b.step('dsl', c, 'appeal-made', { detail: { ...made.detail, kind: 'complaint' } });
  assert.equal((await states())['remove-access'], 'running', 'a complaint pauses nothing');
  await b.step('dsl', c, 'appeal', { detail: { decision: 'upheld' } });
  assert.deepEqual(await states(), {
    'remove-access': 'cancelled',
    'further-sanction': 'cancelled',
    'refer-head': 'cancelled',
  });
  assert.equal(await open(), 0);
  assert.ok((await inCase(b, c, sanctionsOf))[0]?.overturned_at);
});

test('SAN-25 SAN-26 SAN-27 SAN-29 each action goes to the right person: own tutor, head of their year, head, those who keep the filter', async () => {
  const { people } = b.s;
  const c = await b.judged();
  const about = { person: pupil(b), type: 'misuse' };
  const choice = {
    ...about,
    actions: ['refer-tutor', 'refer-head-of-department', 'refer-head', 'refer-technical'],
    'refer-technical--text': 'Close games in lessons.',
  };
  await refused(b.decide('dsl', c, choice), 'case.sanction.doer');
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [pupil(b)]);
  for (const who of [people.staff.id, people.teacher.id])
    await t.asOwner(
      `insert into class_teacher (school_id, group_name, person_id, from_at) values ($1, '8B', $2, now())`,
      [b.s.id, who],
    );
  await t.asOwner(`insert into role_holding (school_id, person_id, role, rank) values ($1, $2, 'tutor', 'holder')`, [
    b.s.id,
    people.teacher.id,
  ]);
  await t.asOwner(
    `insert into year_head (id, school_id, year_group, person_id, named_by, from_at) values (gen_random_uuid(), $1, 8, $2, $3, now())`,
    [b.s.id, people.coordinator.id, people.head.id],
  );
  await b.decide('dsl', c, choice);
  const to = Object.fromEntries((await b.tasks(c)).map((x) => [x.kind, x.to_person]));
  assert.deepEqual(to, {
    'refer-tutor': people.teacher.id,
    'refer-head-of-department': people.coordinator.id,
    'refer-head': people.head.id,
    'refer-technical': people.filterApprover.id,
  });
  assert.equal((await b.task(c, 'refer-technical')).href, '/filtering/changes');
  const told = await t.asOwner<{ recipient: string; subject: string }>(
    `select recipient, subject from mail where subject = 'A task was given to you' and school_id = $1`,
    [b.s.id],
  );
  for (const id of Object.values(to)) assert.ok(told.some((m) => m.recipient === id));
  await refused(
    b.move('dsl', (await b.task(c, 'refer-head')).id, 'hand-on', {
      person: people.staff.id,
      text: 'The head is away this week.',
    }),
    'task.hand-on.keptByHead',
  );
});

test('SAN-25 a tutor accepts and finishes their task, sees nothing else of the case, and the case does not end before', async () => {
  const c = await b.judged();
  await b.decide('dsl', c, {
    person: pupil(b),
    type: 'misuse',
    actions: ['refer-tutor'],
    'refer-tutor--person': b.s.people.staff.id,
  });
  const task = await b.task(c, 'refer-tutor');
  const as = <T>(part: keyof typeof b.s.people, work: Parameters<typeof t.db.in<T>>[1]) =>
    t.db.in(b.s.people[part].context, work);
  assert.equal(
    (await as('staff', (tx) => tx.selectFrom('case_task').select('text').where('id', '=', task.id).execute())).length,
    1,
  );
  assert.deepEqual(
    await as('staff', (tx) => tx.selectFrom('case_file').select('id').where('reference', '=', c).execute()),
    [],
  );
  assert.deepEqual(await as('staff', (tx) => tx.selectFrom('sanction').select('id').execute()), []);
  for (const part of ['teacher', 'year8', 'ictManager', 'parent'] as const) {
    assert.deepEqual(
      await as(part, (tx) => tx.selectFrom('case_task').select('id').where('id', '=', task.id).execute()),
      [],
      part,
    );
    await refused(b.move(part, task.id, 'accept'), 'not-found');
  }
  await b.step('dsl', c, 'inform', { detail: { decision: 'told' } });
  await b.step('dsl', c, 'record', { detail: { reference: 'R-1' } });
  await refused(b.step('dsl', c, 'resolve', { outcome: 'behaviour' }), 'case.resolve.tasksDone');
  await refused(b.move('staff', task.id, 'finish'), 'task.finish.not-listed');
  await b.move('staff', task.id, 'accept');
  const done = await b.move('staff', task.id, 'finish');
  assert.equal(done.state, 'finished');
  await b.step('dsl', c, 'resolve', { outcome: 'behaviour' });
});

test('INC-05 a task never reaches whom its case is about, and is not there for them once it turns out to be about them', async () => {
  const c = await b.judged();
  const { people } = b.s;
  await refused(
    b.decide('dsl', c, { person: pupil(b), type: 'misuse', actions: ['refer-tutor'], 'refer-tutor--person': pupil(b) }),
    'case.sanction.doer',
  );
  await b.decide('dsl', c, {
    person: pupil(b),
    type: 'misuse',
    actions: ['refer-tutor'],
    'refer-tutor--person': people.staff.id,
  });
  const task = await b.task(c, 'refer-tutor');
  await b.step('dsl', c, 'involve', { person: people.staff.id });
  await refused(b.move('staff', task.id, 'accept'), 'not-found');
  await refused(
    b.move('dsl', task.id, 'hand-on', { person: people.staff.id, text: 'Somebody has to do it.' }),
    'task.hand-on.fitNext',
  );
  await b.move('dsl', task.id, 'hand-on', { person: people.coordinator.id, text: 'The case is about who had it.' });
  assert.equal((await b.move('coordinator', task.id, 'accept')).state, 'accepted');
});

test('SAN-28 telling the police is finished only with the decision of two on record, and freezes the rest while they have it', async () => {
  const c = await b.judged();
  await b.decide('dsl', c, {
    person: pupil(b),
    type: 'harassment',
    actions: ['refer-police', 'refer-tutor'],
    'refer-tutor--person': b.s.people.staff.id,
  });
  const police = await b.task(c, 'refer-police');
  assert.equal(police.to_person, b.s.people.dsl.id);
  await b.move('dsl', police.id, 'accept');
  await refused(b.move('dsl', police.id, 'finish'), 'task.finish.settled');
  for (const by of ['dsl', 'dslDeputy'] as const)
    await b.step(by, c, 'police-decision', {
      detail: { decision: 'reported', force: 'Example Constabulary', reference: 'P-7' },
    });
  await b.move('dsl', police.id, 'finish');
  await b.step('dsl', c, 'to-police');
  await refused(b.move('staff', (await b.task(c, 'refer-tutor')).id, 'accept'), 'task.accept.notFrozen');
});

test('SAN-32 a warning is read by whom it warns on their own page, acknowledged once, and its task ends by that', async () => {
  const c = await b.judged(['year7']);
  await b.decide('dsl', c, { person: b.s.people.year7.id, type: 'misuse', ...warning });
  const own = () => t.db.in(b.s.people.year7.context, (tx) => warningsOf(tx, b.s.people.year7.id));
  const [one] = await own();
  assert.equal(one?.text, warning['warning--text']);
  await refused(acknowledge(b.s.deps, b.s.people.year8.viewer, one?.id ?? ''), 'not-found');
  await refused(acknowledge(b.s.deps, b.s.people.dsl.viewer, one?.id ?? ''), 'not-found');
  await acknowledge(b.s.deps, b.s.people.year7.viewer, one?.id ?? '');
  await refused(acknowledge(b.s.deps, b.s.people.year7.viewer, one?.id ?? ''), 'warning.read');
  assert.ok((await own())[0]?.acknowledgedAt);
  assert.equal((await b.task(c, 'warning')).state, 'finished');
  assert.deepEqual(
    await t.db.in(b.s.people.year7.context, (tx) => tx.selectFrom('case_task').select('id').execute()),
    [],
  );
});

test('SAN-02 what was decided and what was done stay as they were, also for the program itself', async () => {
  const c = await b.judged();
  await b.decide('dsl', c, { person: pupil(b), type: 'misuse', ...warning });
  const refusedByDatabase = (statement: string) =>
    assert.rejects(
      t.db.in(b.s.people.dsl.context, (tx) => sql.raw(statement).execute(tx)),
      /permission denied|stays|acknowledged once/,
      statement,
    );
  for (const statement of [
    `update sanction set actions = '{}'`,
    `update sanction set decided_at = now()`,
    `delete from sanction`,
    `update case_task set text = 'x'`,
    `delete from case_task`,
    `update case_task_event set text = 'x'`,
    `delete from case_task_event`,
    `update sanction_warning set acknowledged_at = now()`,
    `update sanction_warning set text = 'x'`,
    `update parent_letter set body = 'x'`,
    `delete from parent_letter`,
  ])
    await refusedByDatabase(statement);
});
