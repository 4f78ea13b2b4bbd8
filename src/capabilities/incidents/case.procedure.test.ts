import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RoleId } from '#policy/types.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import type { Step } from './case.judge.ts';
import { logCase, takeStep } from './cases.service.ts';
import { findCase } from './cases.store.ts';
import { searchLinks } from './index.ts';

/** The whole way of a case under both shipped policies, through the service as everybody uses it. */

let t: TestDatabase;
let school: TestSchool;
let centre: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  centre = await testSchool(t, { policy: 'tuition-centre' });
  await hold(centre, 'teacher', 'centre-lead');
});
after(() => t.drop());

const hold = (s: TestSchool, part: Part, role: RoleId) =>
  t.asOwner(`insert into role_holding (school_id, person_id, role, rank) values ($1, $2, $3, 'holder')`, [
    s.id,
    s.people[part].id,
    role,
  ]);

const viewerOf = (s: TestSchool, part: Part) => {
  const { viewer } = s.people[part];
  return s === centre && part === 'teacher' ? { ...viewer, duties: [...viewer.duties, 'centre-lead'] } : viewer;
};
const log = async (s: TestSchool, about: Part = 'year8') =>
  (
    await logCase(s.deps, viewerOf(s, 'staff'), {
      title: 'Something that happened',
      category: null,
      urgency: 'soon',
      happenedOn: '2026-11-02',
      people: [s.people[about].id],
      text: 'Told to me at the end of the lesson.',
    })
  ).reference;
const step = (
  s: TestSchool,
  by: Part,
  which: string,
  action: Step['action'],
  more: Omit<Partial<Step>, 'action'> = {},
) => takeStep(s.deps, viewerOf(s, by), which, { action, text: 'In words that somebody else understands.', ...more });
const refused = async (attempt: Promise<unknown>, code: string) =>
  assert.rejects(attempt, (e: unknown) => {
    assert.equal((e as { code?: string }).code, code);
    return true;
  });
const misuse = {
  types: ['misuse'],
  culpability: 'deliberate',
  content: 'inappropriate',
  row: 'none',
  severity: 'routine',
  allegation: 'no',
};
const as = <T>(s: TestSchool, part: Part, work: Parameters<typeof s.deps.db.in<T>>[1]) =>
  t.db.in(s.people[part].context, work);

test('INC-03 a worry about somebody goes the short way: help, who is told, the record system, the end', async () => {
  const c = await log(school);
  await step(school, 'dsl', c, 'assign', { person: school.people.dsl.id });
  assert.equal((await step(school, 'dsl', c, 'support')).state, 'actions');
  await refused(step(school, 'dsl', c, 'resolve', { outcome: 'supported' }), 'case.resolve.informed');
  await step(school, 'dsl', c, 'inform', { detail: { decision: 'told' } });
  await refused(step(school, 'dsl', c, 'resolve', { outcome: 'supported' }), 'case.resolve.recorded');
  await step(school, 'dsl', c, 'record', { detail: { reference: 'R-1' } });
  assert.equal((await step(school, 'dsl', c, 'resolve', { outcome: 'supported' })).state, 'resolved');
  assert.equal((await step(school, 'dsl', c, 'close')).state, 'closed');
  assert.equal((await as(school, 'dsl', (tx) => findCase(tx, c)))?.outcome, 'supported');
});

test('INC-04 INC-09 at the tuition centre one senior alone examines and judges nothing; two who say the same do', async () => {
  const c = await log(centre);
  const lead = centre.people.teacher.id;
  await step(centre, 'teacher', c, 'assign', { person: lead });
  await refused(step(centre, 'teacher', c, 'contain'), 'case.contain.classified');
  await step(centre, 'teacher', c, 'classify', { detail: misuse });
  await refused(step(centre, 'teacher', c, 'support'), 'case.support.wellbeingOnly');
  assert.equal((await step(centre, 'teacher', c, 'contain')).state, 'contain');
  await refused(step(centre, 'teacher', c, 'form-team'), 'case.form-team.isolated');
  for (const by of ['teacher', 'dsl'] as const) {
    await step(centre, by, c, 'not-needed', { detail: { step: 'isolation' } });
    await step(centre, by, c, 'not-needed', { detail: { step: 'containment' } });
  }
  assert.equal((await step(centre, 'teacher', c, 'form-team')).state, 'team');
  await step(centre, 'teacher', c, 'attend');
  await refused(step(centre, 'teacher', c, 'examine'), 'case.examine.enoughSeniors');
  await step(centre, 'teacher', c, 'join', { person: centre.people.dsl.id });
  await step(centre, 'dsl', c, 'attend');
  await refused(step(centre, 'teacher', c, 'examine'), 'case.examine.computerNamed');
  await refused(step(centre, 'teacher', c, 'skip-examination'), 'case.skip-examination.examinationNotNeeded');
  for (const by of ['teacher', 'dsl'] as const)
    await step(centre, by, c, 'not-needed', { detail: { step: 'examination' } });
  assert.equal((await step(centre, 'teacher', c, 'skip-examination')).state, 'judge');
  const one = await step(centre, 'teacher', c, 'judge', { detail: { verdict: 'substance' } });
  assert.deepEqual([one.state, one.waits], ['judge', 'One senior has yet to say the same.']);
  const two = await step(centre, 'dsl', c, 'judge', { detail: { verdict: 'no-substance' } });
  assert.equal(two.state, 'judge');
  const three = await step(centre, 'dsl', c, 'judge', { detail: { verdict: 'substance' } });
  assert.equal(three.state, 'actions');
});

test('INC-25 under a policy that asks for one senior the lead has every case', async () => {
  const c = await log(school);
  await step(school, 'dsl', c, 'assign', { person: school.people.teacher.id });
  await step(school, 'dsl', c, 'classify', { detail: misuse });
  await refused(step(school, 'dsl', c, 'contain'), 'case.contain.ledByRight');
  await step(school, 'dsl', c, 'assign', { person: school.people.dslDeputy.id });
  assert.equal((await step(school, 'dsl', c, 'contain')).state, 'contain');
});

test('INC-05 whoever declares an interest is out of the case at once, and another has it', async () => {
  const c = await log(school);
  await step(school, 'dsl', c, 'assign', { person: school.people.dsl.id });
  await step(school, 'dsl', c, 'conflict');
  assert.equal(await as(school, 'dsl', (tx) => findCase(tx, c)), undefined);
  const file = await as(school, 'dslDeputy', (tx) => findCase(tx, c));
  assert.deepEqual([file?.manager, file?.conflicted], [null, [school.people.dsl.id]]);
  await refused(step(school, 'dslDeputy', c, 'assign', { person: school.people.dsl.id }), 'case.assign.fitToHandle');
});

test('INC-22 a serious allegation against staff is seen by those whom the policy names, and by nobody else', async () => {
  const c = await log(school, 'teacher');
  await step(school, 'dsl', c, 'assign', { person: school.people.dsl.id });
  await step(school, 'dsl', c, 'classify', { detail: { ...misuse, allegation: 'serious' } });
  for (const part of ['dsl', 'dslDeputy', 'ictManager', 'teacher', 'administrator'] as const)
    assert.equal(await as(school, part, (tx) => findCase(tx, c)), undefined, part);
  assert.equal((await as(school, 'head', (tx) => findCase(tx, c)))?.restricted, true);
});

test('EVI-04 a case stops from where it is; under each policy only the right people let it go on', async () => {
  for (const [s, lead, other] of [
    [school, 'dsl', 'head'],
    [centre, 'teacher', 'head'],
  ] as const) {
    const c = await log(s);
    await step(s, lead, c, 'assign', { person: s.people[lead].id });
    assert.equal((await step(s, lead, c, 'suspect', { text: '' })).state, 'halted');
    assert.equal((await as(s, lead, (tx) => findCase(tx, c)))?.imagery, true);
    const release = { detail: { decision: 'lead', reference: 'Guidance 2024' } };
    if (s === centre) await refused(step(s, lead, c, 'not-imagery', release), 'case.not-imagery.releasedByRight');
    else await refused(step(s, other, c, 'not-imagery', release), 'case.not-imagery.releasedByRight');
    const reference = { detail: { force: 'Example Constabulary', reference: 'P-77' } };
    if (s === school)
      await refused(step(s, other, c, 'police-reference', reference), 'case.police-reference.policeByRight');
    assert.equal((await step(s, lead, c, 'police-reference', reference)).state, 'police-hold');
    assert.equal(
      (await step(s, lead, c, 'police-release', { detail: { reference: 'L-1' } })).state,
      'team',
      'not judged before',
    );
  }
});

test('SRC-20 EVI-03 a search of a device that suspects an image opens a case that is locked from its first moment', async () => {
  const links = searchLinks(school.deps);
  const searcher = viewerOf(school, 'teacher');
  const subject = school.people.year8.id;
  const id = await t.db.in(school.people.teacher.context, (tx) =>
    links.openCase(tx, searcher, { kind: 'imagery', subject, text: 'Seen on a phone; not looked at.', urgent: true }),
  );
  const file = await as(school, 'dsl', (tx) => findCase(tx, id));
  assert.deepEqual([file?.state, file?.imagery, file?.source], ['halted', true, 'search']);
  assert.equal(await as(school, 'teacher', (tx) => findCase(tx, id)), undefined, 'the searcher reads nothing of it');
  const told = await t.asOwner('select subject from mail where about_id = $1 and recipient = $2', [
    id,
    school.people.dsl.id,
  ]);
  assert.ok(told.some((m) => /a case was stopped/.test(m.subject)));
  const open = await log(school);
  const known = await as(school, 'dsl', (tx) => findCase(tx, open));
  await t.db.in(school.people.teacher.context, (tx) => links.suspectImagery(tx, searcher, known?.id ?? ''));
  assert.equal((await as(school, 'dsl', (tx) => findCase(tx, open)))?.state, 'halted');
});
