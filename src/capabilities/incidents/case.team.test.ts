import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Part } from '#testing/web.ts';
import { findCase } from './cases.store.ts';
import { caseStage } from './fixture.ts';
import { refused } from './sanctions/fixture.ts';

/** The DSL works with others on a case: who takes part as what, and who does what by when. */

const { t, s, pages, as, log, step, close } = await caseStage();
after(close);

const browser = (part: Part) => pages.as(s.people[part]);
/** A case in its short way, with the DSL. */
async function withDsl(): Promise<{ id: string; reference: string }> {
  const made = await log();
  await step('dsl', made.reference, 'assign', { person: s.people.dsl.id });
  return made;
}
const task = (person: { id: string }, due = '2026-11-09') => ({
  person: person.id,
  detail: { due },
  text: 'Keep last week’s records of the gateway.',
});
const tasksOf = (id: string) =>
  t.asOwner<{ id: string; to_person: string; due: Date; text: string; state: string }>(
    'select id, to_person, due, text, state from case_task where case_id = $1 order by given_at, id',
    [id],
  );

test('INC-26 the principal, the ICT manager and others join the DSL on a case, and each stands in it with their role', async () => {
  const { reference } = await withDsl();
  await step('dsl', reference, 'support');
  const sees = (part: Part) => as(part, (tx) => findCase(tx, reference));
  assert.equal(await sees('ictManager'), undefined);
  for (const part of ['head', 'ictManager', 'teacher', 'staff'] as const)
    await step('dsl', reference, 'join', { person: s.people[part].id });
  assert.ok((await sees('ictManager')) && (await sees('staff')));
  for (const path of ['', '/print']) {
    const { body } = await browser('dsl').get(`/cases/${reference}${path}`);
    const shown = (what: string) => new RegExp(`<dt>${what}</dt><dd>([\\s\\S]*?)</dd>`).exec(body)?.[1]?.split('<br>');
    assert.deepEqual(shown('With'), ['Dina Sharp, Designated safeguarding lead']);
    assert.deepEqual(shown('Team')?.sort(), [
      'Hetty Vale, Principal',
      'Ivo Nash, ICT manager',
      'Sid Marsh',
      'Theo Wren, Teacher',
    ]);
  }
});

test('INC-26 a task of a case has one who does it and a day, told without a word of the case, and stands on its page', async () => {
  const { id, reference } = await withDsl();
  const url = `/cases/${reference}/task`;
  const { ictManager, year8 } = s.people;
  for (const [field, typed] of [
    ['person', { person: '', due: '2026-11-09', text: 'Keep the records.' }],
    ['due', { person: ictManager.id, due: '', text: 'Keep the records.' }],
    ['due', { person: ictManager.id, due: '2026-11-02', text: 'Keep the records.' }],
    ['text', { person: ictManager.id, due: '2026-11-09', text: 'Keep it. '.repeat(400) }],
  ] as const) {
    const answer = await browser('dsl').post(url, typed);
    assert.equal(answer.statusCode, 400, field);
    assert.match(answer.body, new RegExp(`href="#task-${field}"`));
  }
  await refused(step('dsl', reference, 'task', task(year8)), 'case.task.doer');
  assert.deepEqual(await tasksOf(id), []);

  await step('dsl', reference, 'task', task(ictManager));
  const [given] = await tasksOf(id);
  assert.deepEqual([given?.to_person, given?.due.toISOString()], [ictManager.id, '2026-11-09T23:59:00.000Z']);
  const page = (await browser('dsl').get(`/cases/${reference}`)).body;
  assert.match(
    page,
    /<h2 class="govuk-heading-m">Tasks<\/h2>[\s\S]*Keep last week’s records[\s\S]*Ivo Nash, by 9 Nov 2026/,
  );
  assert.match(page, /A task for Ivo Nash, by 2026-11-09/);
  const [letter] = await t.asOwner(
    `select subject, body from mail where recipient = $1 and subject = 'A task was given to you'`,
    [ictManager.id],
  );
  assert.ok(letter);
  assert.doesNotMatch(`${letter.subject} ${letter.body}`, /gateway|Zed|happened/);
  assert.equal(await as('ictManager', (tx) => findCase(tx, reference)), undefined, 'a task opens no case');
  await refused(step('ictManager', reference, 'task', task(ictManager)), 'not-found');
});

test('INC-26 whoever has a task finishes it, and no case ends, whichever way, before its tasks are done', async () => {
  const { id, reference } = await withDsl();
  await step('dsl', reference, 'task', task(s.people.teacher));
  const out = { detail: { decision: 'technical' } };
  await step('head', reference, 'refer-out', out);
  const second = await step('dsl', reference, 'refer-out', out);
  assert.deepEqual([second.state, /task is neither/.test(second.waits ?? '')], ['triage', true]);
  await step('dsl', reference, 'support');
  await step('dsl', reference, 'inform', { detail: { decision: 'told' } });
  await step('dsl', reference, 'record', { detail: { reference: 'R-1' } });
  const resolve = () => step('dsl', reference, 'resolve', { outcome: 'supported' });
  await refused(resolve(), 'case.resolve.tasksDone');
  const [given] = await tasksOf(id);
  const mine = browser('teacher');
  assert.match((await mine.get('/tasks')).body, /Keep last week’s records/);
  await mine.post(`/tasks/${given?.id}/accept`);
  await mine.post(`/tasks/${given?.id}/finish`, { text: 'Kept, on the school’s own disk.' });
  assert.equal((await tasksOf(id))[0]?.state, 'finished');
  await resolve();
  await step('dsl', reference, 'task', task(s.people.teacher));
  await refused(step('dsl', reference, 'close'), 'case.close.tasksDone');
});
