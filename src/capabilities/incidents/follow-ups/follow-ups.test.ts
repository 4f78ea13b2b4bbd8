import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import type { Part } from '#testing/web.ts';
import { caseStage, endCase } from '../fixture.ts';
import { closedWithoutLessons, myFollowUps } from './follow-ups.store.ts';

const { t, s, pages, as, log, step, close } = await caseStage();
after(close);

const field = (wanted: string) => (e: unknown) => {
  assert.ok((e as { fields?: Record<string, string> }).fields?.[wanted], wanted);
  return true;
};

async function closed(about: Part = 'year8'): Promise<string> {
  const { reference } = await log({ title: 'A private title', people: [s.people[about].id] });
  await step('dsl', reference, 'assign', { person: s.people.dsl.id });
  await endCase((action, more) => step('dsl', reference, action, more), 'supported');
  return reference;
}
const lesson = (which: string, more: { lesson?: string; due?: string; owner?: Part; text?: string } = {}) =>
  step('dsl', which, 'lessons', {
    text: more.text ?? 'Close the site for games that came up.',
    detail: { lesson: more.lesson ?? 'filter', due: more.due ?? '2026-12-18' },
    ...(more.lesson !== 'none' && { person: s.people[more.owner ?? 'ictManager'].id }),
  });

test('INC-20 closing asks what is to be learned until somebody has said it, “nothing” included', async () => {
  const waiting = async () =>
    (await as('dsl', (tx) => closedWithoutLessons(tx, s.clock.now()))).map((c) => c.reference);
  const reference = await closed();
  assert.ok((await waiting()).includes(reference));
  assert.ok((await pages.as(s.people.dsl).get(`/cases/${reference}`)).body.includes('What is to be learned from it'));
  await assert.rejects(lesson(reference, { lesson: 'none', text: 'No.' }), field('text'));
  await lesson(reference, { lesson: 'none', text: 'Everything went as it should.' });
  assert.ok(!(await waiting()).includes(reference));
  assert.deepEqual(await t.asOwner('select 1 from case_follow_up'), []);
});

test('INC-20 a lesson is somebody’s task with a day, told by a letter that names nothing; who it is about gets none', async () => {
  const reference = await closed('teacher');
  await assert.rejects(lesson(reference, { due: '2026-02-31' }), field('due'));
  await assert.rejects(lesson(reference, { due: '2026-01-05' }), field('due'));
  await assert.rejects(lesson(reference, { owner: 'teacher' }), field('person'));
  await assert.rejects(lesson(reference, { owner: 'year8' }), field('person'));
  assert.equal((await lesson(reference)).state, 'closed');
  const [letter] = await t.asOwner(
    `select subject, body from mail where recipient = $1 order by created_at desc limit 1`,
    [s.people.ictManager.id],
  );
  assert.match(letter?.subject, /follow up/);
  for (const secret of [reference, 'A private title', 'games', 'Theo Wren']) assert.ok(!letter?.body.includes(secret));
});

test('INC-20 whoever has a follow-up sees it and nothing of its case, says what was done, and nobody else can', async () => {
  const reference = await closed();
  await lesson(reference, { text: 'Look at the list of games once more.', due: '2026-11-10' });
  const ict = pages.as(s.people.ictManager);
  const mine = await ict.get('/cases/follow-ups?q=once+more');
  assert.ok(
    mine.body.includes('Look at the list of games once more.') && mine.body.includes('href="/filtering/changes"'),
  );
  assert.ok(!mine.body.includes(reference) && !mine.body.includes('A private title'));
  assert.ok(!(await pages.as(s.people.teacher).get('/cases/follow-ups')).body.includes('once more'));
  assert.equal(
    (await as('ictManager', (tx) => myFollowUps(tx, s.people.ictManager.viewer, s.clock.now() + 8 * DAY))).late,
    1,
  );

  const [row] = await t.asOwner(`select id from case_follow_up where text like '%once more%'`);
  const done = (part: Part, text: string) =>
    pages.as(s.people[part]).post(`/cases/follow-ups/${row?.id}/done`, { text });
  assert.equal((await done('teacher', 'I did it.')).statusCode, 404);
  assert.equal((await done('ictManager', ' ')).statusCode, 400);
  assert.equal((await done('ictManager', 'Closed it for all pupils.')).statusCode, 303);
  assert.equal((await done('ictManager', 'Once more.')).statusCode, 409);
  const list = await pages.as(s.people.dsl).get('/cases/follow-ups?state=done');
  assert.ok(list.body.includes('Closed it for all pupils.'));
  await assert.rejects(t.asOwner(`update case_follow_up set done_text = 'x y z' where id = $1`, [row?.id]), /was done/);
});
