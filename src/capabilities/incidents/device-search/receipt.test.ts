import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { recordSupply } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { readPdf } from '#testing/pdf.ts';
import { type Pages, pagesFor } from '#testing/web.ts';
import { type SearchSchool, searchSchool } from './fixture.ts';

let t: TestDatabase;
let b: SearchSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  pages = await pagesFor(b.s.deps, b.room);
  for (const [id, edition] of [
    ['behaviour', 'Autumn 2026'],
    ['child-protection', '7'],
  ] as const)
    await recordSupply(
      b.s.deps,
      b.s.people.head.viewer,
      { kind: 'document', id },
      { edition, location: 'Office', reviewedOn: '2026-09-01', nextReview: '', note: '' },
    );
});
after(async () => {
  await pages.close();
  await t.drop();
});

const plain = (html: string) => html.replace(/<[^>]+>/g, '').trim();
/** The rows of each table of the receipt, cell by cell, without the heads. */
const tablesOf = (html: string): string[][][] =>
  [...html.matchAll(/<tbody[\s\S]*?<\/tbody>/g)].map(([body]) =>
    [...body.matchAll(/<tr[\s\S]*?<\/tr>/g)].map(([row]) =>
      [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map((m) => plain(m[1] ?? '')),
    ),
  );
const receipt = async (reference: string) => {
  const url = `/device-searches/${reference}/receipt`;
  const teacher = pages.as(b.s.people.teacher);
  const { body } = await teacher.get(url);
  const pdf = readPdf((await teacher.get(`${url}.pdf`)).rawPayload).text;
  const [thing = [], chain = []] = tablesOf(body);
  for (const cell of [thing, chain].flat(2)) assert.ok(pdf.includes(cell.replace(/\s/g, '')), `${cell} in the file`);
  return { body, pdf, thing, chain };
};

test('SRC-22 the receipt says what was taken, when, by whom and where it is kept, and then where it went, to its return', async () => {
  const reference = await b.at('searched');
  await b.take('teacher', reference, 'confiscate');
  const taken = await receipt(reference);
  assert.deepEqual(taken.thing, [
    ['Thing', 'Black phone, cracked corner'],
    ['Belongs to', 'Zed Pupil'],
    ['Taken', '3 Nov 2026, 10:00'],
    ['Taken by', 'Theo Wren'],
    ['Kept', 'Safe in the main office'],
    ['Now', 'Still kept there'],
  ]);
  const first = ['3 Nov 2026, 10:00', 'Theo Wren', 'Safe in the main office', 'B-0041'];
  assert.deepEqual(taken.chain, [first]);

  b.s.clock.advance(HOUR);
  await b.take('teacher', reference, 'move');
  b.s.clock.advance(HOUR);
  await b.take('dsl', reference, 'return');
  const back = await receipt(reference);
  assert.deepEqual(back.thing.at(-1), ['Now', 'Given back']);
  assert.deepEqual(back.chain, [
    first,
    ['3 Nov 2026, 11:00', 'Dina Sharp', 'DSL’s cupboard', 'B-0041'],
    ['3 Nov 2026, 12:00', 'His mother', 'Given back', ''],
  ]);
});

test('SRC-22 what the police have is on the receipt with the force and its reference', async () => {
  const { thing, chain } = await receipt(await b.fresh('police'));
  assert.deepEqual(thing.at(-1), ['Now', 'Exampleshire Police, reference EX/2026/17']);
  assert.equal(chain.at(-1)?.[1], 'PC 4711');
});

test('SRC-22 record and receipt name both policies that a search keeps to, in the editions that held when it began', async () => {
  const reference = await b.fresh('confiscated');
  await recordSupply(
    b.s.deps,
    b.s.people.head.viewer,
    { kind: 'document', id: 'behaviour' },
    { edition: 'Later', location: 'Office', reviewedOn: '2026-11-03', nextReview: '', note: '' },
  );
  const { body, pdf } = await receipt(reference);
  const page = plain((await pages.as(b.s.people.teacher).get(`/device-searches/${reference}`)).body);
  for (const [title, edition] of [
    ['Behaviour policy', 'Autumn 2026'],
    ['Child protection and safeguarding policy', '7'],
  ] as const) {
    const onReceipt = `${title}, version ${edition}`;
    assert.ok(plain(body).includes(onReceipt), onReceipt);
    assert.ok(pdf.includes(onReceipt.replace(/\s/g, '')), onReceipt);
    assert.ok(page.includes(`${title}: version ${edition}`), title);
  }
  assert.doesNotMatch(body + page, /Later/);
});
