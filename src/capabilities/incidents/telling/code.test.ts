import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { MINUTE } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { digestOfCode, newCode, newReportReference, REPORT_REFERENCE } from './code.ts';
import { type Bench, bench } from './fixture.ts';

let t: TestDatabase;
let b: Bench;
before(async () => {
  t = await testDatabase();
  b = await bench(t);
});
after(async () => {
  await b.close();
  await t.drop();
});

test('a code is read however it was typed, and whatever else is typed is no code and no fault', () => {
  for (let i = 0; i < 200; i++) {
    const code = newCode();
    const digest = digestOfCode(code);
    assert.ok(digest);
    assert.deepEqual(digestOfCode(` ${code.toLowerCase().replaceAll('-', ' ')} `), digest);
    assert.deepEqual(digestOfCode(code.replaceAll('-', '')), digest);
    assert.match(newReportReference(), REPORT_REFERENCE);
  }
  assert.equal(new Set(Array.from({ length: 1000 }, newCode)).size, 1000);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (typed) => {
      const digest = digestOfCode(typed);
      assert.ok(digest === null || digest.length === 32);
    }),
  );
});

test('ALR-09 without a name one comes back with a code: reads the answer, adds words, and is never too late', async () => {
  const { dsl } = b.s.people;
  const nobody = b.pages.as(null);
  const staff = b.pages.as(dsl);
  const { reference, code } = await b.tell(null, { words: 'Somebody hurts me.', safe: 'yes', part: 'happened' });
  const back = (words = '') => nobody.post('/tell/code', { code, ...(words && { words }) });
  assert.match((await back()).body, /Somebody hurts me\.[\s\S]*Do you want to add something/);

  await staff.post(`/told/${reference}/acknowledge`);
  await staff.post(`/told/${reference}/note`, { text: 'Looks like Year 9.' });
  await staff.post(`/told/${reference}/answer`, { text: 'You can come to room 4 at lunch.' });
  const answer = (await back()).body;
  assert.match(answer, /You can come to room 4 at lunch/);
  assert.doesNotMatch(answer, /Looks like Year 9|Dina Sharp/, 'notes and names stay with the school');

  assert.match((await back('It happened again.')).body, /We have what you added[\s\S]*It happened again/);
  await back('It happened again.');
  assert.equal(
    (await staff.get(`/told/${reference}`)).body.match(/It happened again/g)?.length,
    1,
    'sent twice, kept once',
  );
  const [first, second] = await b.alerts();
  assert.equal((await b.reports())[0]?.alert_id, second?.id, 'what comes after an answer begins the clock again');
  assert.equal(first?.state, 'acknowledged');
  assert.equal(second?.evidence[0]?.text, 'It happened again.');
  await b.wait(60 * MINUTE);
  assert.deepEqual((await b.alerts())[1]?.told, [dsl.id, b.s.people.dslDeputy.id]);

  await staff.post(`/told/${reference}/acknowledge`);
  await staff.post(`/told/${reference}/close`, { text: 'We met and it has stopped.' });
  assert.match((await back()).body, /We met and it has stopped[\s\S]*Do you want to add something/);
  await back('It is not over.');
  assert.equal((await b.reports())[0]?.state, 'received');
});

test('ALR-09 the code is random and nowhere kept: not in the database, the log, the letters, an address or a cookie', async () => {
  const { code } = await b.tell(null, { words: 'Something else.', safe: 'yes' });
  const bare = code.replaceAll('-', '');
  const answer = await b.pages.as(null).post('/tell/code', { code });
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(answer.headers['cache-control'], 'no-store');
  const everything = [
    await t.asOwner('select * from report'),
    await t.asOwner('select * from alert'),
    await t.asOwner('select * from ledger_entry'),
    await b.letters(),
    b.s.logged,
  ];
  const text = JSON.stringify(everything, (_k, v) =>
    v?.type === 'Buffer' ? Buffer.from(v.data).toString('latin1') : v,
  );
  assert.ok(!text.includes(code) && !text.includes(bare));
});

test('a code that is not one tells nothing, and guessing is stopped soon', async () => {
  const browser = b.pages.as(null);
  const { reference } = await b.tell(null, { words: 'Guess me.', safe: 'yes' });
  assert.equal((await browser.post('/tell/code', { code: reference })).statusCode, 404);
  let last = await browser.post('/tell/code', { code: newCode() });
  assert.equal(last.statusCode, 404);
  assert.match(last.body, /We do not know this code/);
  let tries = 0;
  for (; tries < 40 && last.statusCode !== 429; tries++) last = await browser.post('/tell/code', { code: newCode() });
  assert.equal(last.statusCode, 429);
  assert.ok(tries <= 30);
  assert.match(last.body, /0800 1111/);
});
