import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { MINUTE } from '#core/clock.ts';
import type { Part } from '#testing/web.ts';
import type { LoggedConcern } from '../cases.service.ts';
import { alertAbout, caseStage } from '../fixture.ts';

const { t, s, pages, log: logged, step, close } = await caseStage();
after(close);

const log = (title: string, people: readonly Part[], more: Partial<LoggedConcern> = {}) =>
  logged({
    title,
    category: 'bullying',
    people: people.map((p) => s.people[p].id),
    text: 'Two pupils told me.',
    ...more,
  });
const ask = (part: Part, fields: Record<string, string>) => pages.as(s.people[part]).post('/cases/chronology', fields);
const opened = async (part: Part, child: Part) => {
  const answer = await ask(part, { person: s.people[child].id, reason: 'A meeting with the family on Thursday.' });
  assert.equal(answer.statusCode, 303, answer.body);
  return pages.as(s.people[part]).follow(answer);
};

test('MON-11 a chronology opens with a reason, for half an hour, and the look and every refused one stand in the ledger', async () => {
  const address = `/cases/chronology/${s.people.year7.id}`;
  const dsl = pages.as(s.people.dsl);
  assert.equal((await dsl.get(address)).statusCode, 303);
  assert.equal((await dsl.get(`${address}/print`)).statusCode, 303);
  assert.equal((await ask('dsl', { person: s.people.year7.id, reason: 'why' })).statusCode, 400);
  assert.equal((await ask('dsl', { reason: 'A meeting with the family.' })).statusCode, 400);
  assert.equal((await opened('dsl', 'year7')).statusCode, 200);
  assert.equal((await dsl.get(`${address}/print`)).statusCode, 200);
  const ledger = await t.asOwner<{ action: string }>(
    `select action from ledger_entry where object_kind = 'person' and object_id = $1 order by id`,
    [s.people.year7.id],
  );
  assert.deepEqual(
    ledger.map((l) => l.action),
    [
      'activity.look-up-refused',
      'activity.look-up-refused',
      'activity.look-up-refused',
      'activity.look-up',
      'chronology.open',
      'chronology.print',
    ],
  );
  s.clock.advance(31 * MINUTE);
  assert.equal((await dsl.get(address)).statusCode, 303);
});

test('INC-22 a chronology holds every case of the child in any part, alerts and look-ups, newest first, and no restricted case of another team', async () => {
  const about = await log('About the child', ['year8']);
  s.clock.advance(MINUTE);
  const touched = await log('Touches the child', ['year12']);
  const seen = await log('Seen by the child', ['year12']);
  const touch = (id: string, role: string) => step('dsl', id, 'touch', { person: s.people.year8.id, detail: { role } });
  await touch(touched.id, 'affected');
  await touch(seen.id, 'witness');
  s.clock.advance(MINUTE);
  const { reference } = await alertAbout(s, s.people.year8.id);
  s.clock.advance(MINUTE);
  const shut = await log('About a teacher', ['teacher']);
  await touch(shut.id, 'affected');
  await step('dsl', shut.id, 'assign', { person: s.people.dsl.id });
  await step('dsl', shut.id, 'classify', {
    text: 'Said by two pupils who were there.',
    detail: {
      types: ['misuse'],
      culpability: 'deliberate',
      content: 'harmful',
      row: 'none',
      severity: 'serious',
      allegation: 'serious',
    },
  });
  const page = (await opened('dsl', 'year8')).body;
  const place = (text: string) => {
    const at = page.indexOf(text);
    assert.ok(at > 0, text);
    return at;
  };
  assert.ok(place('Looked up by Dina Sharp') < place(reference));
  assert.ok(place(reference) < place(touched.reference));
  assert.ok(place(touched.reference) < place(about.reference));
  for (const part of ['It is about them', 'It touches them', 'They saw it (shielded)']) place(part);
  assert.ok(!page.includes(shut.reference) && !page.includes('About a teacher'));
  assert.ok((await opened('head', 'year8')).body.includes(shut.reference), 'its own lead reads it');
  const only = await pages.as(s.people.dsl).get(`/cases/chronology/${s.people.year8.id}?kind=alerts`);
  assert.ok(only.body.includes(reference) && !only.body.includes(about.reference));
});

test('CYB-04 a chronology does not name those who saw it', async () => {
  const about = await log('What somebody saw', ['year8']);
  await step('dsl', about.id, 'touch', {
    person: s.people.year7.id,
    detail: { role: 'witness' },
  });
  const { body } = await opened('dsl', 'year8');
  assert.ok(body.includes(about.reference));
  assert.ok(!body.includes('Yara Pupil'));
});

test('INC-05 a chronology leaves out what is kept from its reader, and is of pupils alone', async () => {
  const { reference } = await log('About the DSL and a pupil', ['dsl', 'year7']);
  assert.ok(!(await opened('dsl', 'year7')).body.includes(reference));
  assert.ok((await opened('dslDeputy', 'year7')).body.includes(reference));
  const teacher = await ask('dsl', { person: s.people.teacher.id, reason: 'A meeting on Thursday about it.' });
  assert.equal(teacher.statusCode, 404);
  for (const part of ['teacher', 'ictManager', 'coordinator', 'governor', 'parent', 'year12'] as const)
    assert.equal((await pages.as(s.people[part]).get(`/cases/chronology/${s.people.year7.id}`)).statusCode, 403, part);
});

test('a long chronology is read page by page', async () => {
  const { id } = await log('A long story', ['year12']);
  await t.asOwner(
    `insert into case_entry (school_id, case_id, at, action, to_state, text)
     select $1, $2, $3::timestamptz + n * interval '1 second', 'help', 'reported', '' from generate_series(1, 150) n`,
    [s.id, id, new Date(s.clock.now())],
  );
  s.clock.advance(5 * MINUTE);
  const first = (await opened('dsl', 'year12')).body;
  const earlier = /href="(\/cases\/chronology\/[^"]*before=\d+)"/.exec(first)?.[1];
  assert.ok(earlier);
  const second = (await pages.as(s.people.dsl).get(earlier.replaceAll('&amp;', '&'))).body;
  assert.match(second, /Logged/);
  assert.match(second, /Back to the newest/);
});
