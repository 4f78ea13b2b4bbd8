import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { verifyLedger } from '#platform/ledger.ts';
import { monitoringJobs } from '#rooms/monitoring/index.ts';
import { recordSupply } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { authorise } from './authorised.service.ts';
import { another, code, fine, type SearchSchool, searchSchool } from './fixture.ts';
import { remindAll } from './search.clock.ts';
import { staleEdition } from './search.effects.ts';
import type { SearchAction } from './search.facts.ts';
import { formOf } from './search.forms.ts';
import { startSearch, takeStep } from './search.service.ts';
import { standingOf } from './search.standing.ts';
import { searchWorkflow } from './search.workflow.ts';

let t: TestDatabase;
let b: SearchSchool;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  s = b.s;
});
after(() => t.drop());

test('SRC-02 SRC-05 SRC-07 SRC-08 SRC-22 the way of a search is kept entry by entry, with times, answers, and the policies it keeps to', async () => {
  await recordSupply(
    s.deps,
    s.people.head.viewer,
    { kind: 'document', id: 'behaviour' },
    {
      edition: '4',
      location: 'Staff handbook, chapter 3',
      reviewedOn: '2026-09-01',
      nextReview: '',
      note: '',
    },
  );
  const reference = await b.start('teacher', { pupil: await b.pupil() });
  s.clock.advance(MINUTE);
  await assert.rejects(b.take('teacher', reference, 'explain'), code('device-search.explain.hasGround'));
  for (const step of ['ground', 'explain', 'cooperate', 'search', 'confiscate'] as const) {
    s.clock.advance(MINUTE);
    await b.take('teacher', reference, step);
  }
  const search = await b.read(reference);
  assert.deepEqual(
    search.entries.map((e) => [e.number, e.action, e.from, e.to, e.by === s.people.teacher.id]),
    [
      [1, 'start', null, 'grounds', true],
      [2, 'ground', 'grounds', 'grounds', true],
      [3, 'explain', 'grounds', 'grounds', true],
      [4, 'cooperate', 'grounds', 'ready', true],
      [5, 'search', 'ready', 'searched', true],
      [6, 'confiscate', 'searched', 'confiscated', true],
    ],
  );
  assert.equal(search.entries[2]?.at.getTime(), s.clock.now() - 3 * MINUTE);
  assert.equal(search.entries[2]?.detail.questions, 'Whether it comes back today.');
  assert.deepEqual(
    search.documents.map((d) => [d.id, d.edition, d.location]),
    [
      ['child-protection', null, null],
      ['behaviour', '4', 'Staff handbook, chapter 3'],
    ],
  );
  assert.equal(search.policyNumber, 1);
});

test('SRC-06 without advice what can wait stops; with it, it goes on, and whoever was named learns of it', async () => {
  const reference = await b.start('teacher', { pupil: await b.pupil(), urgent: 'no' });
  await b.take('teacher', reference, 'ground');
  await assert.rejects(b.take('teacher', reference, 'explain'), code('device-search.explain.urgentOrAdvised'));
  await assert.rejects(
    b.take('teacher', reference, 'advise', { adviser: s.people.ictManager.id }),
    code('device-search.advise.adviser'),
  );
  const before = (await b.mailTo(s.people.dsl.id)).length;
  await b.take('teacher', reference, 'advise');
  const letters = await b.mailTo(s.people.dsl.id);
  assert.equal(letters.length, before + 1);
  assert.match(letters.at(-1)?.body ?? '', /as having advised on it/);
  assert.doesNotMatch(JSON.stringify(letters), /Pupil Number/, 'letters name no pupil');
  await b.take('teacher', reference, 'explain');
  assert.equal(await b.take('teacher', reference, 'cooperate'), 'ready');
});

test('SRC-04 SRC-16 a ground of evidence closes deletion for good, and evidence yes or unsure starts the clock of the police', async () => {
  const reference = await b.fresh('examined', {
    ground: { ground: 'offence' },
    examine: { reason: 'offence', evidence: 'unsure' },
  });
  assert.equal(b.linked.opened.at(-1)?.kind, 'device-search', 'a case is opened');
  assert.equal((await b.read(reference)).cases.length, 1);
  await b.take('teacher', reference, 'finding');
  await b.take('teacher', reference, 'consider');
  await b.take('teacher', reference, 'respond');
  await assert.rejects(b.take('teacher', reference, 'delete'), code(/delete\.(noOffenceGround|notEvidence)/));
  await assert.rejects(b.take('teacher', reference, 'evidence'), code('device-search.evidence.loweredBySenior'));
  await b.take('dslDeputy', reference, 'evidence');
  await assert.rejects(b.take('teacher', reference, 'delete'), code('device-search.delete.noOffenceGround'));
  const [row] = await t.asOwner<{ id: string; n: number }>(
    `select s.id, (select max(number) + 1 from device_search_entry e where e.search_id = s.id) as n from device_search s where reference = $1`,
    [reference],
  );
  const forced = s.deps.db.in(s.people.teacher.context, (tx) =>
    tx
      .insertInto('device_search_entry')
      .values({
        search_id: row?.id ?? '',
        number: Number(row?.n),
        school_id: s.id,
        action: 'delete',
        from_state: 'examined',
        to_state: 'deleted',
        by_person: s.people.teacher.id,
        at: new Date(s.clock.now()),
        detail: '{}',
      })
      .execute(),
  );
  await assert.rejects(forced, /what may be evidence is not deleted/, 'whatever program writes it');
});

test('SRC-16 the DSL, and then those above, are told when the police have not got the device in time, and no more once they have', async () => {
  const reference = await b.fresh('confiscated');
  await b.take('teacher', reference, 'evidence', { evidence: 'unsure' });
  const subject = `The police have not got a device yet: ${reference}`;
  const told = async (part: keyof TestSchool['people']) =>
    (await b.mailTo(s.people[part].id)).filter((m) => m.subject === subject).length;
  const counts = async () => [await told('dsl'), await told('dslDeputy'), await told('head'), await told('teacher')];
  s.clock.advance(239 * MINUTE);
  await remindAll(s.deps);
  assert.deepEqual(await counts(), [0, 0, 0, 0]);
  s.clock.advance(MINUTE);
  await remindAll(s.deps);
  await remindAll(s.deps);
  assert.deepEqual(await counts(), [1, 0, 0, 0], 'once, however often the clock looks');
  s.clock.advance(240 * MINUTE);
  await remindAll(s.deps);
  assert.deepEqual(await counts(), [2, 1, 1, 0]);
  await b.take('dslDeputy', reference, 'hand-over');
  s.clock.advance(DAY);
  await remindAll(s.deps);
  assert.deepEqual(await counts(), [2, 1, 1, 0]);
  const search = await b.read(reference);
  assert.deepEqual(
    search.entries.filter((e) => e.action === 'remind').map((e) => e.by),
    [null, null],
  );
  const last = standingOf(search.entries).custody.at(-1);
  assert.deepEqual([last?.holder, last?.place], ['PC 4711', 'Exampleshire Police, reference EX/2026/17'], 'EVI-05');
});

test('SRC-09 SRC-10 SRC-14 SRC-15 SRC-17 SRC-18 from a good reason to a deletion, each step refused until the one before it is on record', async () => {
  const reference = await b.fresh('confiscated');
  await assert.rejects(b.take('teacher', reference, 'finding'), code('device-search.finding.not-listed'));
  await b.take('teacher', reference, 'examine');
  await b.take('teacher', reference, 'finding');
  await assert.rejects(b.take('teacher', reference, 'respond'), code('device-search.respond.safeguardingFirst'));
  await b.take('teacher', reference, 'consider');
  await assert.rejects(
    b.take('teacher', reference, 'respond', { second: s.people.staff.id }),
    code('device-search.respond.second'),
  );
  await assert.rejects(b.take('teacher', reference, 'delete'), code('device-search.delete.notEvidence'));
  await b.take('teacher', reference, 'evidence');
  await assert.rejects(b.take('teacher', reference, 'delete'), code('device-search.delete.responded'));
  await b.take('teacher', reference, 'respond');
  await assert.rejects(
    b.take('teacher', reference, 'delete', { basis: 'refused' }),
    code('device-search.delete.refusalRecorded'),
  );
  await b.take('teacher', reference, 'refusal');
  await assert.rejects(
    b.take('teacher', reference, 'delete', { witness: s.people.teacher.id }),
    code('device-search.delete.witness'),
  );
  await assert.rejects(b.take('teacher', reference, 'delete', { noCopy: '' }), code('device-search.delete.noCopy'));
  assert.equal(await b.take('teacher', reference, 'delete', { basis: 'refused' }), 'deleted');
  const entry = (await b.read(reference)).entries.at(-1);
  assert.deepEqual(
    { ...entry?.detail },
    {
      basis: 'refused',
      exceptional: 'It would be sent on tonight.',
      what: 'One film.',
      witness: s.people.staff.id,
      noCopy: 'yes',
    },
  );
  assert.match((await b.mailTo(s.people.staff.id)).at(-1)?.body ?? '', /as the witness of a deletion/);
  assert.equal(await b.take('teacher', reference, 'return'), 'returned');
});

test('SRC-20 an alert that nobody acknowledges goes to the deputy and then to the head by the policy’s clock; the DSL’s decision answers it', async () => {
  const { tasks } = monitoringJobs(s.deps);
  const sweep = tasks['alerts.sweep'];
  assert.ok(sweep);
  const reference = await b.fresh('grounds');
  await b.take('teacher', reference, 'suspect');
  const alertId = (await b.read(reference)).entries.at(-1)?.detail.alert;
  const told = async () => {
    const [alert] = await t.asOwner<{ told: string[]; state: string }>('select told, state from alert where id = $1', [
      alertId,
    ]);
    return [alert?.told.length, alert?.told.at(-1), alert?.state];
  };
  assert.deepEqual(await told(), [1, s.people.dsl.id, 'raised']);
  assert.match((await b.mailTo(s.people.dsl.id)).at(-1)?.subject ?? '', /urgent alert/);
  s.clock.advance(5 * MINUTE);
  await sweep({});
  assert.deepEqual(await told(), [2, s.people.dslDeputy.id, 'raised']);
  s.clock.advance(5 * MINUTE);
  await sweep({});
  assert.deepEqual(await told(), [3, s.people.head.id, 'raised']);
  for (const part of ['teacher', 'head'] as const)
    await assert.rejects(b.take(part, reference, 'decide'), code('device-search.decide.not-yours'), part);
  await b.take('dslDeputy', reference, 'decide');
  assert.deepEqual(await told(), [3, s.people.head.id, 'in-case']);
});

test('SRC-20 SRC-21 the decision keeps the editions that were consulted, with a warning on an old one; only the DSL hands over or gives back', async () => {
  const reference = await b.fresh('grounds');
  await b.take('teacher', reference, 'suspect');
  await b.take('teacher', reference, 'confiscate');
  await b.take('dsl', reference, 'decide', { 'edition-searching-screening': '2018', decision: 'not-imagery' });
  const detail = (await b.read(reference)).entries.at(-1)?.detail;
  const editions = detail?.editions as { id: string; edition: string; stale: string | null }[];
  assert.deepEqual(
    editions.map((e) => [e.id, e.edition]),
    [
      ['searching-screening', '2018'],
      ['ukcis-nudes', '2024'],
    ],
  );
  assert.match(editions[0]?.stale ?? '', /edition to use is of 2022/);
  assert.match(editions[1]?.stale ?? '', /Nobody has recorded which edition/);
  for (const part of ['teacher', 'head'] as const)
    for (const action of ['return', 'hand-over'] as const)
      await assert.rejects(b.take(part, reference, action), code(/not-yours$/));
  assert.equal(await b.take('dsl', reference, 'return'), 'returned');
  assert.equal(
    staleEdition('x', '2024', { state: 'current', text: '', held: { edition: '2024' } }, '2026-11-03'),
    null,
  );
  assert.match(
    staleEdition('x', '2023', { state: 'current', text: '', held: { edition: '2024' } }, '2026-11-03') ?? '',
    /“2024”/,
  );
  assert.equal(
    staleEdition(
      'x',
      '2024',
      { state: 'overdue', text: 'Its review was due.', held: { edition: '2024' } },
      '2026-11-03',
    ),
    'Its review was due.',
  );
});

test('SRC-09 a colleague on the list can be brought in and go on; one who is not on it cannot', async () => {
  const reference = await b.fresh('confiscated');
  await assert.rejects(b.take('teacher', reference, 'bring-in'), code('device-search.bring-in.broughtIn'));
  const id = await another(t, s, 'Bea Quill');
  await authorise(s.deps, s.people.head.viewer, {
    person: id,
    from: '2026-11-05',
    until: '',
    because: 'Trained.',
  }).catch(() =>
    authorise(s.deps, s.people.head.viewer, {
      person: id,
      from: new Date(s.clock.now()).toISOString().slice(0, 10),
      until: '',
      because: 'Trained.',
    }),
  );
  await t.asOwner('update search_authorisation set from_at = $2 where person_id = $1', [
    id,
    new Date(s.clock.now() - MINUTE),
  ]);
  await b.take('teacher', reference, 'bring-in', { person: id });
  const viewer = { ...s.people.staff.viewer, person: { ...s.people.staff.viewer.person, id } };
  assert.equal(await takeStep(s.deps, b.linked.links, viewer, reference, 'examine', fine(s, 'examine')), 'examined');
});

test('EVI-08 the chain of custody flags what does not fit what was recorded before', async () => {
  const reference = await b.fresh('confiscated');
  s.clock.advance(HOUR);
  await b.take('teacher', reference, 'move');
  await b.take('dsl', reference, 'move', { from: s.people.staff.id, holder: s.people.head.id });
  await b.take('head', reference, 'move', {
    from: s.people.head.id,
    holder: s.people.dsl.id,
    when: new Date(s.clock.now() - 3 * HOUR).toISOString().slice(0, 16),
  });
  const { custody } = standingOf((await b.read(reference)).entries);
  assert.deepEqual(
    custody.map((c) => [c.holder, c.place, c.gap === null]),
    [
      [s.people.teacher.id, 'Safe in the main office', true],
      [s.people.dsl.id, 'DSL’s cupboard', true],
      [s.people.head.id, 'DSL’s cupboard', false],
      [s.people.dsl.id, 'DSL’s cupboard', false],
    ],
  );
});

test('two who write at once both stand in the story, in one order, and the ledger holds no words', async () => {
  const reference = await b.fresh('grounds');
  await Promise.all(
    Array.from({ length: 24 }, (_, i) =>
      b.take(i % 2 ? 'teacher' : 'dsl', reference, 'note', { text: `Note number ${i}.` }),
    ),
  );
  const { entries } = await b.read(reference);
  assert.deepEqual(
    entries.map((e) => e.number),
    entries.map((_, i) => i + 1),
  );
  assert.equal(entries.filter((e) => e.action === 'note').length, 24);
  const ledger = await t.asOwner<{ detail: object }>(
    `select detail from ledger_entry where action like 'device-search.%'`,
  );
  assert.ok(ledger.length > 100);
  assert.doesNotMatch(JSON.stringify(ledger), /Note number|Black phone|filmed|Pupil Number/);
  assert.deepEqual((await verifyLedger(s.deps.db, [])).faults, []);
});

test('a step with a field that its form does not have is refused, so nothing is dropped unseen', async () => {
  const reference = await b.fresh('grounds');
  await assert.rejects(
    b.take('teacher', reference, 'note', { picture: 'data:image/png;base64,AAAA' }),
    code('device-search.field'),
  );
  for (const action of searchWorkflow.actions as SearchAction[]) {
    for (const field of formOf(action)?.fields ?? []) assert.doesNotMatch(field.kind, /file|image|upload/);
  }
});

test('a search that was begun is finished by the rules it began under where a newer policy has none', async () => {
  const bb = await searchSchool(t);
  const reference = await bb.at('confiscated');
  const [row] = await t.asOwner<{ document: { modules: object } }>(
    'select document from policy_version where school_id = $1',
    [bb.s.id],
  );
  const document = { ...row?.document, deviceSearch: null, modules: { ...row?.document.modules, deviceSearch: false } };
  bb.s.clock.advance(MINUTE);
  await t.asOwner(
    `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 2, $2, 'x', $3)`,
    [bb.s.id, JSON.stringify(document), new Date(bb.s.clock.now())],
  );
  await assert.rejects(bb.start('head'), code('device-search.off'));
  await bb.take('dsl', reference, 'evidence', { evidence: 'yes' });
  assert.equal(await bb.take('dsl', reference, 'hand-over'), 'police');
});

test('SRC-22 DEV-12 a search can begin from a case that its reader may see, and is found from it', async () => {
  const reference = await b.fresh('examined');
  await b.take('teacher', reference, 'finding');
  const [first] = (await b.read(reference)).cases;
  const made = await startSearch(s.deps, s.people.head.viewer, {
    ...fine(s, 'start'),
    pupil: await b.pupil(),
    case: first?.reference ?? '',
  });
  assert.equal((await b.read(made)).cases[0]?.id, first?.id);
  const other = await startSearch(s.deps, s.people.teacher.viewer, {
    ...fine(s, 'start'),
    pupil: await b.pupil(),
    case: first?.reference ?? '',
  });
  assert.deepEqual((await b.read(other)).cases, [], 'not from a case that is not theirs to read');
  assert.equal((await b.read(made)).state, 'grounds');
});
