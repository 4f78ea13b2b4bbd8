import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { readPdf } from '#testing/pdf.ts';
import type { Part } from '#testing/web.ts';
import { caseStage, endCase } from '../fixture.ts';
import { noticesTo } from './notices.ts';

const { t, s, pages, log, step, close } = await caseStage();
after(close);
before(() =>
  t.asOwner(
    `insert into parent_link (school_id, parent_id, child_id, linked_by, linked_at) values ($1, $2, $3, $4, now())`,
    [s.id, s.people.parent.id, s.people.year7.id, s.people.administrator.id],
  ),
);

const told = (part: Part) => t.db.in(s.people[part].context, (tx) => noticesTo(tx, s.people[part].id));

async function dealtWith(
  more: { by?: Part; about?: Part; hurt?: Part; parents?: 'told' | 'withheld' } = {},
): Promise<string> {
  const about = s.people[more.about ?? 'year8'].id;
  const { reference } = await log({ title: 'A private title', people: [about] }, more.by);
  await step('dsl', reference, 'assign', { person: s.people.dsl.id });
  if (more.hurt)
    await step('dsl', reference, 'touch', { person: s.people[more.hurt].id, detail: { role: 'affected' } });
  await endCase(
    (action, what) =>
      step(
        'dsl',
        reference,
        action,
        action === 'inform' ? { ...what, detail: { decision: more.parents ?? 'told' } } : what,
      ),
    'behaviour',
  );
  return reference;
}

test('SAN-03 whoever logged it learns that it was dealt with, by a letter and on their own page, and nobody’s name', async () => {
  await dealtWith();
  const [notice] = await told('staff');
  assert.match(notice?.text ?? '', /was dealt with/);
  const [letter] = await t.asOwner(`select subject, body from mail where recipient = $1`, [s.people.staff.id]);
  for (const text of [notice?.text ?? '', letter?.subject, letter?.body])
    for (const secret of ['Zed', 'A private title', 'behaviour']) assert.ok(!text.includes(secret), secret);
  const page = await pages.as(s.people.staff).get('/me/notices');
  assert.ok(page.body.includes('I have read it'));
  await pages.as(s.people.staff).post(`/me/notices/${notice?.id}/read`);
  assert.ok((await told('staff'))[0]?.read_at);
  assert.ok(!(await pages.as(s.people.teacher).get('/me/notices')).body.includes('receipt'));
});

test('SAN-03 SAN-30 parents of a child who was hurt learn it with their own child’s name alone; not where they were not told before', async () => {
  await dealtWith({ hurt: 'year7', parents: 'withheld' });
  assert.deepEqual(await told('parent'), []);
  await dealtWith({ hurt: 'year7' });
  const [notice, ...more] = await told('parent');
  assert.match(notice?.text ?? '', /Yara Pupil, was dealt with/);
  assert.ok(!notice?.text.includes('Zed') && more.length === 0);
});

test('SAN-03 INC-05 whoever logged something that turns out to be about themself learns nothing', async () => {
  await dealtWith({ by: 'teacher', about: 'teacher' });
  assert.deepEqual(await told('teacher'), []);
});

test('SAN-03 the summary of a term is published by whoever leads, once it is over, and everybody reads the same figures', async () => {
  for (let i = 0; i < 6; i++) await dealtWith();
  const dsl = pages.as(s.people.dsl);
  const draft = await dsl.get('/cases/summary');
  const term = /name="term"[^>]*>\s*<option value="([^"]+)" selected/.exec(draft.body)?.[1] ?? '';
  assert.ok(term && draft.body.includes('It can be published once the term is over.'));
  assert.equal((await dsl.post('/cases/summary', { term })).statusCode, 409);
  s.clock.advance(60 * DAY);
  for (const part of ['teacher', 'ictManager', 'parent', 'governor'] as const)
    assert.equal((await pages.as(s.people[part]).post('/cases/summary', { term })).statusCode, 403, part);
  assert.equal((await dsl.post('/cases/summary', { term })).statusCode, 303);

  const open = await pages.as(null).get(`/incidents-summary?school=${s.slug}`);
  assert.equal(open.statusCode, 200);
  assert.match(open.body, /Cases opened<\/th><td>\d+</);
  assert.ok(!open.body.includes('A private title') && !open.body.includes('C-'));
  const file = /\/incidents-summary\/[^"]+\.pdf/.exec(open.body)?.[0] ?? '';
  const pdf = await pages.as(null).get(file);
  assert.ok(readPdf(pdf.rawPayload).text.includes('Casesopened'));
  const before = /Cases opened<\/th><td>(\d+)</.exec(open.body)?.[1];
  await dealtWith();
  const later = await pages.as(null).get(`/incidents-summary?school=${s.slug}`);
  assert.equal(/Cases opened<\/th><td>(\d+)</.exec(later.body)?.[1], before, 'what was published stays');
  assert.equal((await pages.as(null).get(file.replace('.pdf', '.svg'))).statusCode, 200);
});
