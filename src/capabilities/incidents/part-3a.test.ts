import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR, MINUTE } from '#core/clock.ts';
import { readConfig } from '#platform/config.ts';
import type { RoleId } from '#policy/types.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { browser, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { SESSION_COOKIE } from '#web/index.ts';
import { type Examining, examining } from './access/fixture.ts';
import type { Step } from './case.judge.ts';
import { logCase, takeStep } from './cases.service.ts';
import { findCase } from './cases.store.ts';
import { clockJobs } from './clocks/index.ts';
import { answerOf, newTestComputer } from './computers/fixture.ts';
import { ESCROW } from './evidence/fixture.ts';
import { incidentsRoom } from './index.ts';

/** "Tests that must exist" (docs/requirements.md, Part 3a), one by one and by their names, under both shipped policies. */

let t: TestDatabase;
let secondary: TestSchool;
let centre: TestSchool;
let examination: Examining;
let pages: Readonly<Record<'secondary' | 'centre', Pages>>;
before(async () => {
  t = await testDatabase();
  const base = readConfig({}, '/', temporaryFolder('part-3a'));
  const config = { ...base, evidence: { ...base.evidence, escrow: ESCROW } };
  secondary = await testSchool(t, { policy: 'secondary-school', config });
  centre = await testSchool(t, { policy: 'tuition-centre', config });
  pages = {
    secondary: await pagesFor(secondary.deps, incidentsRoom(secondary.deps)),
    centre: await pagesFor(centre.deps, incidentsRoom(centre.deps)),
  };
  examination = await examining(t, centre, pages.centre);
  for (const [s, part, role] of [
    [centre, 'governor', 'chair'],
    [centre, 'coordinator', 'coordinator'],
  ] as const)
    await t.asOwner(
      `insert into role_holding (school_id, person_id, role, rank) values ($1, $2, $3, 'holder') on conflict do nothing`,
      [s.id, s.people[part].id, role satisfies RoleId],
    );
});
after(async () => {
  await pages.secondary.close();
  await pages.centre.close();
  await t.drop();
});

/** Who plays what: under B the DSL leads with the head beside, at the centre its lead with the DSL. */
const CAST = {
  lead: { secondary: 'dsl', centre: 'teacher' },
  other: { secondary: 'head', centre: 'dsl' },
} as const satisfies Record<string, Record<'secondary' | 'centre', Part>>;
type Actor = keyof typeof CAST;
const partOf = (s: TestSchool, actor: Actor): Part => CAST[actor][s === centre ? 'centre' : 'secondary'];
const viewerOf = (s: TestSchool, part: Part) => {
  const { viewer } = s.people[part];
  return s === centre && part === 'teacher' ? { ...viewer, duties: [...viewer.duties, 'centre-lead'] } : viewer;
};
const WORDS = 'In words that somebody else understands.';
const log = (s: TestSchool, about: Part = 'year8', urgency: 'soon' | 'urgent' = 'soon') =>
  logCase(s.deps, s.people.staff.viewer, {
    title: 'Something that happened',
    category: null,
    urgency,
    happenedOn: '2026-11-02',
    people: [s.people[about].id],
    text: 'Told to me at the end of the lesson.',
  });
type More = Omit<Partial<Step>, 'action'>;
/** Where a step leads, or which guard refuses it. */
const outcome = async (s: TestSchool, by: Part, which: string, action: Step['action'], more: More = {}) => {
  try {
    return (await takeStep(s.deps, viewerOf(s, by), which, { action, text: WORDS, ...more })).state as string;
  } catch (e) {
    const { code } = e as { code?: string };
    if (!code?.startsWith(`case.${action}.`)) throw e;
    return `no: ${code.replace(`case.${action}.`, '')}`;
  }
};
const type = (types: readonly string[], more = {}) => ({
  detail: {
    types,
    culpability: 'deliberate',
    content: 'inappropriate',
    row: 'none',
    severity: 'routine',
    allegation: 'no',
    ...more,
  },
});
const both = () => [secondary, centre] as const;
/** Steps by lead and other in turn, each of which must be taken. */
async function go(s: TestSchool, which: string, steps: readonly (readonly [Actor, Step['action'], More?])[]) {
  let state = '';
  for (const [actor, action, more] of steps) {
    state = await outcome(s, partOf(s, actor), which, action, more);
    assert.doesNotMatch(state, /^no/, action);
  }
  return state;
}
const not = (step: string) => ({ detail: { step } });
const person = (s: TestSchool, actor: Actor) => ({ person: s.people[partOf(s, actor)].id });
const toTeam = (s: TestSchool, which: string, types: readonly string[] = ['misuse']) =>
  go(s, which, [
    ['lead', 'assign', person(s, 'lead')],
    ['lead', 'classify', type(types)],
    ['lead', 'contain'],
    ['lead', 'not-needed', not('isolation')],
    ['other', 'not-needed', not('isolation')],
    ['lead', 'not-needed', not('containment')],
    ['other', 'not-needed', not('containment')],
    ['lead', 'form-team'],
    ['lead', 'attend'],
  ]);

test('Part 3a, INC-04 INC-09: one senior alone cannot reach JUDGE at the tuition centre, by whatever step', async () => {
  const { reference } = await log(centre);
  await toTeam(centre, reference);
  const alone = (action: Step['action'], more?: More) => outcome(centre, 'teacher', reference, action, more);
  await alone('designate', { detail: { computer: examination.computer.id } });
  assert.equal(await alone('examine', { fromComputer: examination.computer.id }), 'no: enoughSeniors');
  for (let i = 0; i < 3; i++) await alone('not-needed', not('examination'));
  assert.equal(await alone('skip-examination'), 'no: examinationNotNeeded');
  assert.equal(await alone('judge', { detail: { verdict: 'substance' } }), 'no: not-listed');
  assert.equal(await alone('finish'), 'no: not-listed');
});

test('Part 3a, INC-06 EVI-01: a second computer is refused, be it registered and proved; only the one named examines', async () => {
  const c = await examination.readyCase();
  const second = await newTestComputer();
  const ict = pages.centre.as(centre.people.ictManager);
  const made = await ict.post('/cases/computers', {
    name: 'Second laptop',
    place: 'Library',
    key: second.key,
    ...(await answerOf(ict, second)),
  });
  assert.equal(made.statusCode, 303, made.body);
  const [row] = await t.asOwner<{ id: string }>(`select id from designated_computer where name = 'Second laptop'`);
  const here = pages.centre.as({ id: centre.people.teacher.id, viewer: viewerOf(centre, 'teacher') });
  const proof = await here.post('/cases/computers/prove', {
    computer: row?.id ?? '',
    ...(await answerOf(here, second)),
  });
  assert.equal(proof.statusCode, 200, proof.body);
  const cookies = Object.fromEntries(proof.cookies.map((k) => [k.name, k.value]));
  const atSecond = browser(
    pages.centre.app,
    { [SESSION_COOKIE]: centre.people.teacher.id, ...cookies },
    centre.people.teacher.viewer.csrf,
  );
  const tried = await atSecond.post(`/cases/${c.reference}/examine`);
  assert.equal(tried.statusCode, 400);
  assert.match(tried.body, /not the designated computer of this case/);
  for (const fromComputer of [row?.id ?? '', null])
    assert.equal(await outcome(centre, 'teacher', c.reference, 'examine', { fromComputer }), 'no: onTheComputer');
  const name = await outcome(centre, 'teacher', c.reference, 'designate', { detail: { computer: row?.id ?? '' } });
  assert.equal(name, 'no: computerChosen');
  const begun = await (await examination.at(centre.people.teacher)).post(`/cases/${c.reference}/examine`);
  assert.equal(begun.statusCode, 303, begun.body);
  const file = { field: 'file', name: 'screen.png', content: 'what was on the screen' };
  const fields = { mayShowChild: 'no', description: 'Screenshot' };
  assert.equal((await atSecond.upload(`/cases/${c.reference}/evidence/files`, fields, file)).statusCode, 403);
});

test('Part 3a, EVI-03: an upload in HALTED is refused on every route under both policies (imagery.attack.test.ts has every person)', async () => {
  for (const s of both()) {
    const { reference } = await log(s);
    await go(s, reference, [['lead', 'suspect', { text: '' }]]);
    const { app, as } = s === centre ? pages.centre : pages.secondary;
    const part = partOf(s, 'lead');
    const at = as({ id: s.people[part].id, viewer: viewerOf(s, part) });
    const routes = app.routeTable.filter((r) => r.method === 'POST' && r.url.startsWith('/cases/'));
    assert.ok(routes.length > 40);
    for (const { url } of routes) {
      const path = url
        .replace(':id', reference)
        .replace(':item', 'E1')
        .replace(/:[a-z]+/gi, 'x');
      const file = { field: 'file', name: 'late.png', content: 'late' };
      const answer = await at.upload(path, { mayShowChild: 'no', description: 'Late', text: WORDS }, file);
      assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${url}: ${answer.statusCode}`);
    }
  }
  assert.equal((await t.asOwner(`select 1 from evidence_item where description = 'Late'`)).length, 0);
});

test('Part 3a, INC-05 INC-22 ALR-10: a case about the Principal goes elsewhere, and past them wholly', async () => {
  for (const [s, leads] of [
    [secondary, 'leadGovernor'],
    [centre, 'governor'],
  ] as const) {
    const { id, reference } = await log(s, 'head');
    const seen = (part: Part) =>
      t.db.in({ ...s.people[part].context, duties: viewerOf(s, part).duties }, (tx) => findCase(tx, id));
    const lead = partOf(s, 'lead');
    assert.ok(await seen(lead));
    assert.equal(await seen('head'), undefined);
    const letters = await t.asOwner<{ recipient: string }>('select recipient from mail where about_id = $1', [id]);
    assert.ok(letters.length > 0 && letters.every((l) => l.recipient !== s.people.head.id));
    assert.equal(await outcome(s, lead, reference, 'assign', { person: s.people.head.id }), 'no: fitToHandle');
    await outcome(s, lead, reference, 'assign', { person: s.people[lead].id });
    await outcome(s, lead, reference, 'classify', type(['misuse'], { allegation: 'serious' }));
    assert.equal(await seen(lead), undefined, 'a serious one is for those alone whom the policy names');
    const viewer = {
      ...s.people[leads].viewer,
      duties: [...s.people[leads].viewer.duties, s === centre ? 'chair' : 'lead-governor'],
    };
    const taken = await takeStep(s.deps, viewer, reference, { action: 'note', text: 'I have it now.' });
    assert.equal(taken.state, 'triage');
    assert.equal(await seen('head'), undefined);
  }
});

test('Part 3a, INC-08: skipping the address is refused, and so is an examination that found nothing at all', async () => {
  const { reference } = await log(secondary);
  await toTeam(secondary, reference);
  await go(secondary, reference, [['lead', 'examine']]);
  const mine = (action: Step['action'], more?: More) => outcome(secondary, 'dsl', reference, action, more);
  assert.equal(await mine('finish'), 'no: found');
  assert.equal(await mine('finding', { detail: {} }), 'no: address');
  assert.equal(await mine('finding', { detail: { noUrl: 'none' } }), 'no: address');
  assert.equal(await mine('finish'), 'no: found');
  assert.equal(await mine('finding', { detail: { noUrl: 'It was shown to her on a phone.' } }), 'examine');
  assert.equal(await mine('finish'), 'judge');

  const c = await examination.examinedCase();
  const here = await examination.at(centre.people.teacher);
  const skipped = await here.post(`/cases/${c.reference}/finding`, { text: WORDS });
  assert.equal(skipped.statusCode, 400);
  assert.match(skipped.body, /Give the address, or say why there is none/);
  assert.equal((await here.post(`/cases/${c.reference}/finish`)).statusCode, 400);
  const url = 'https://forum.lapwing.example/thread';
  assert.equal((await here.post(`/cases/${c.reference}/finding`, { url, text: WORDS })).statusCode, 303);
  assert.equal((await here.post(`/cases/${c.reference}/finish`)).statusCode, 303);
});

test('Part 3a, INC-13 INC-31: a missing decision about the police blocks RESOLVED; two people have to take the same', async () => {
  for (const s of both()) {
    const { reference } = await log(s);
    await toTeam(s, reference, ['grooming']);
    if (s === centre)
      await go(s, reference, [
        ['lead', 'join', person(s, 'other')],
        ['other', 'attend'],
      ]);
    await go(s, reference, [
      ['lead', 'not-needed', not('examination')],
      ['other', 'not-needed', not('examination')],
      ['lead', 'skip-examination'],
      ['lead', 'judge', { detail: { verdict: 'substance' } }],
      ...(s === centre ? ([['other', 'judge', { detail: { verdict: 'substance' } }]] as const) : []),
      ['lead', 'act'],
      ['lead', 'help'],
      ['lead', 'inform', { detail: { decision: 'told' } }],
      ['lead', 'record', { detail: { reference: 'R-1' } }],
    ]);
    const resolve = () => outcome(s, partOf(s, 'lead'), reference, 'resolve', { outcome: 'behaviour' });
    const police = { decision: 'reported', force: 'Example Constabulary', reference: 'P-77' };
    assert.equal(await resolve(), 'no: policeSettled');
    await go(s, reference, [['lead', 'police-decision', { detail: police }]]);
    assert.equal(await resolve(), 'no: policeSettled', 'one alone does not decide it');
    await go(s, reference, [['other', 'police-decision', { detail: { decision: 'not-reported' } }]]);
    assert.equal(await resolve(), 'no: policeSettled', 'nor do two who differ');
    await go(s, reference, [['other', 'police-decision', { detail: police }]]);
    assert.equal(await resolve(), 'resolved');
  }
});

test('Part 3a, INC-27 SAN-01: the clock escalates a late case to whom each policy names', async () => {
  for (const [s, told] of [
    [secondary, 'head'],
    [centre, 'governor'],
  ] as const) {
    const { id } = await log(s, 'year8', 'urgent');
    s.clock.advance(HOUR + MINUTE);
    await clockJobs(s.deps).tasks['cases.clocks']?.({});
    const stages = await t.asOwner<{ detail: { stage: string } }>(
      `select detail from case_entry where case_id = $1 and action = 'escalate'`,
      [id],
    );
    assert.ok(stages.some((e) => e.detail.stage === 'first-action'));
    const letters = await t.asOwner<{ recipient: string }>(
      `select recipient from mail where about_id = $1 and subject ~ 'first action'`,
      [id],
    );
    assert.ok(letters.some((l) => l.recipient === s.people[told].id));
  }
});

/** The same of everybody, in the same order; where each policy lets it lead. */
const SAME: readonly (readonly [Actor, Step['action'], (s: TestSchool) => More, secondary: string, centre: string])[] =
  [
    ['lead', 'assign', (s) => person(s, 'lead'), 'triage', 'triage'],
    ['lead', 'contain', () => ({}), 'no: classified', 'no: classified'],
    ['lead', 'classify', () => type(['misuse']), 'triage', 'triage'],
    ['lead', 'contain', () => ({}), 'contain', 'contain'],
    ['lead', 'form-team', () => ({}), 'no: isolated', 'no: isolated'],
    ['lead', 'isolate', () => ({ detail: { device: 'Phone', place: 'Safe' } }), 'contain', 'contain'],
    ['lead', 'contain-item', () => ({ detail: { kind: 'device' } }), 'contain', 'contain'],
    ['lead', 'form-team', () => ({}), 'team', 'team'],
    ['lead', 'attend', () => ({}), 'team', 'team'],
    // D20, D21: how many seniors, and whether on one computer.
    ['lead', 'examine', () => ({}), 'examine', 'no: enoughSeniors'],
    ['lead', 'finding', () => ({ detail: { url: 'x.example' } }), 'examine', 'no: not-listed'],
    ['lead', 'finish', () => ({}), 'judge', 'no: not-listed'],
    ['lead', 'join', (s) => person(s, 'other'), 'judge', 'team'],
    ['other', 'attend', () => ({}), 'judge', 'team'],
    ['lead', 'examine', () => ({}), 'no: not-listed', 'no: computerNamed'],
    ['lead', 'not-needed', () => not('examination'), 'no: not-listed', 'team'],
    ['other', 'not-needed', () => not('examination'), 'no: not-listed', 'team'],
    ['lead', 'skip-examination', () => ({}), 'no: not-listed', 'judge'],
    ['lead', 'judge', () => ({ detail: { verdict: 'substance' } }), 'judge', 'judge'],
    ['other', 'judge', () => ({ detail: { verdict: 'substance' } }), 'actions', 'actions'],
    // D22: who says that it is no such image, and who goes to the police.
    ['lead', 'suspect', () => ({}), 'halted', 'halted'],
    [
      'lead',
      'not-imagery',
      () => ({ detail: { decision: 'lead', reference: 'Guidance' } }),
      'team',
      'no: releasedByRight',
    ],
    ['lead', 'suspect', () => ({}), 'halted', 'no: not-listed'],
    [
      'other',
      'police-reference',
      () => ({ detail: { force: 'Example', reference: 'P-1' } }),
      'no: policeByRight',
      'police-hold',
    ],
    [
      'lead',
      'police-reference',
      () => ({ detail: { force: 'Example', reference: 'P-1' } }),
      'police-hold',
      'no: not-listed',
    ],
    ['lead', 'police-release', () => ({ detail: { reference: 'L-1' } }), 'actions', 'actions'],
    ['lead', 'contain-done', () => ({}), 'no: openItem', 'no: openItem'],
  ];

test('Part 3a, D20 D21 D22: the same input goes the different ways that the two policies state', async () => {
  for (const s of both()) {
    const { reference } = await log(s);
    for (const [i, [actor, action, more, wantSecondary, wantCentre]] of SAME.entries()) {
      const came = await outcome(s, partOf(s, actor), reference, action, more(s));
      assert.equal(
        came,
        s === centre ? wantCentre : wantSecondary,
        `${s === centre ? 'centre' : 'secondary'}, input ${i}: ${action}`,
      );
    }
  }
});

test('Part 3a, D25 INC-20 INC-24: the ends differ too: who signs, and whether another record comes first', async () => {
  const ends: Record<string, string[]> = {};
  for (const s of both()) {
    const { reference } = await log(s);
    const came: string[] = [];
    const take = async (actor: Actor, action: Step['action'], more?: More) =>
      came.push(await outcome(s, partOf(s, actor), reference, action, more));
    await take('lead', 'assign', person(s, 'lead'));
    await take('lead', 'support');
    await take('lead', 'inform', { detail: { decision: 'told' } });
    await take('lead', 'resolve', { outcome: 'supported' });
    await take('lead', 'record', { detail: { reference: 'R-1' } });
    await take('lead', 'resolve', { outcome: 'supported' });
    await take('lead', 'close');
    await take('other', 'close');
    ends[s === centre ? 'centre' : 'secondary'] = came.slice(3);
  }
  assert.deepEqual(ends, {
    secondary: ['no: recorded', 'actions', 'resolved', 'closed', 'no: not-listed'],
    centre: ['resolved', 'resolved', 'no: not-listed', 'resolved', 'closed'],
  });
});
