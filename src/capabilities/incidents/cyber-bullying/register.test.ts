import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Part } from '#testing/web.ts';
import { caseStage } from '../fixture.ts';
import { bySubject, groupMet, type Taught, tutorSpoke, yearMet } from './coverage.ts';

const { t, s, pages, close } = await caseStage();
after(close);
before(async () => {
  for (const [part, group] of [
    ['year7', '7A'],
    ['year8', '8B'],
  ] as const)
    await t.asOwner('update person set group_name = $2 where id = $1', [s.people[part].id, group]);
});

const PATH = '/learning/cyber-bullying';
const tick = (by: Part, more: Record<string, string | string[]>) =>
  pages.as(s.people[by]).post(PATH, { topics: 'why', setting: 'tutor', group: '8B', on: '2026-11-02', ...more });
const rowsOf = (html: string, caption: string): Record<string, string[]> => {
  const body = html.slice(html.indexOf(`aria-label="${caption}`)).split('</table>')[0] ?? '';
  const rows = [...body.matchAll(/<tr><th scope="row">(.*?)<\/th>(.*?)<\/tr>/gs)];
  const bare = (x: string) =>
    x
      .replace(/<[^>]*>/g, '')
      .replace(/\s+/g, ' ')
      .trim();
  return Object.fromEntries(
    rows.map(([, head, cells]) => [bare(head ?? ''), (cells ?? '').split('</td>').slice(0, -1).map(bare)]),
  );
};
const taught = (more: Partial<Taught>): Taught => ({
  topics: ['why'],
  setting: 'year',
  year: 8,
  group: null,
  subject: null,
  on: '2026-10-01',
  ...more,
});

test('CYB-05 a topic is done for a year when the whole year met it, or every one of its groups', () => {
  const groups = [
    { group: '8A', years: [8] },
    { group: '8B', years: [8] },
  ];
  assert.deepEqual(yearMet([], 8, groups, 'why'), { on: null, groups: 2, done: 0 });
  assert.equal(yearMet([taught({})], 8, groups, 'why').on, '2026-10-01');
  const one = taught({ setting: 'tutor', year: null, group: '8A' });
  assert.deepEqual(yearMet([one], 8, groups, 'why'), { on: null, groups: 2, done: 1 });
  assert.equal(yearMet([one, { ...one, group: '8B', on: '2026-10-08' }], 8, groups, 'why').on, '2026-10-08');
  assert.equal(yearMet([taught({})], 8, groups, 'forms').on, null);
});

test('CYB-03 CYB-06 a group has met what it or its year was taught; tutor time is its own', () => {
  const group = { group: '8B', years: [8] };
  assert.equal(groupMet([taught({ topics: ['what'] })], group, 'what'), '2026-10-01');
  assert.equal(groupMet([taught({ topics: ['what'], year: 9 })], group, 'what'), null);
  assert.equal(groupMet([taught({})], { group: 'mixed', years: [7, 8] }, 'why'), null, 'only one of its years met it');
  assert.equal(tutorSpoke([taught({})], group), null);
  assert.equal(tutorSpoke([taught({ setting: 'tutor', year: null, group: '8B' })], group), '2026-10-01');
});

test('CYB-07 lessons are counted by subject', () => {
  const lesson = (subject: string, on: string) => taught({ setting: 'lesson', year: null, group: '8B', subject, on });
  assert.deepEqual(
    bySubject([
      lesson('English', '2026-10-01'),
      lesson('PSHE', '2026-10-02'),
      lesson('PSHE', '2026-11-02'),
      taught({}),
    ]),
    [
      { subject: 'PSHE', lessons: 2, on: '2026-11-02' },
      { subject: 'English', lessons: 1, on: '2026-10-01' },
    ],
  );
});

test('CYB-03 CYB-05 CYB-06 CYB-07 staff tick what they taught; years, groups and subjects show it, and what is missing', async () => {
  const empty = (await pages.as(s.people.teacher).get(PATH)).body;
  assert.deepEqual(rowsOf(empty, 'Tutor groups')['7A'], ['Missing', 'Missing', 'Missing', 'Missing', 'Missing']);
  assert.equal((await tick('teacher', {})).statusCode, 303);
  assert.equal((await tick('staff', { setting: 'year', year: '7', topics: ['what', 'forms'] })).statusCode, 303);
  assert.equal((await tick('staff', { setting: 'lesson', subject: 'PSHE', topics: 'consequences' })).statusCode, 303);
  const page = (await pages.as(s.people.governor).get(PATH)).body;
  const [years, groups, subjects] = ['Years and topics', 'Tutor groups', 'Lessons by subject'].map((c) =>
    rowsOf(page, c),
  );
  const on = '✓ Done 2 Nov 2026';
  assert.deepEqual(years?.['Year 7'], [on, 'Missing', on, 'Missing']);
  assert.deepEqual(groups?.['7A'], ['Missing', on, 'Missing', on, 'Missing']);
  assert.deepEqual(groups?.['8B'], [on, 'Missing', on, 'Missing', on]);
  assert.deepEqual(subjects?.PSHE, ['1', '2 Nov 2026']);
  assert.ok((await pages.as(s.people.teacher).get(`${PATH}?q=nobody-said-this`)).body.includes('Nothing matches'));
});

test('CYB-05 what is not whole, not yet, or not of this school is refused by its field; an entry is taken back by whoever made it', async () => {
  for (const [more, field] of [
    [{ topics: [] }, 'Choose at least one topic.'],
    [{ setting: 'year', year: '13' }, 'Choose the year.'],
    [{ group: '9Z' }, 'Choose the group.'],
    [{ setting: 'lesson', subject: '' }, 'Enter the subject.'],
    [{ on: '2026-12-24' }, 'Enter the day on which it took place.'],
  ] as const) {
    const answer = await tick('teacher', more as Record<string, string | string[]>);
    assert.equal(answer.statusCode, 400);
    assert.ok(answer.body.includes(field), field);
  }
  for (const part of ['governor', 'parent', 'year8'] as const) assert.equal((await tick(part, {})).statusCode, 403);
  await tick('teacher', { topics: 'forms', on: '2026-10-30' });
  const [row] = await t.asOwner(`select id from bullying_lesson where on_day = '2026-10-30'`);
  const back = (part: Part) => pages.as(s.people[part]).post(`${PATH}/${row?.id}/take-back`);
  assert.equal((await back('staff')).statusCode, 403);
  assert.equal((await back('teacher')).statusCode, 303);
  assert.equal((await back('teacher')).statusCode, 404);
});
