import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '#core/clock.ts';
import { sendMailTask } from '#platform/mail.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type MailSink, mailSink } from '#testing/smtp.ts';
import { type Bench, bench } from './fixture.ts';

let t: TestDatabase;
let b: Bench;
let sink: MailSink;
before(async () => {
  t = await testDatabase();
  b = await bench(t);
  sink = await mailSink();
});
after(async () => {
  await sink.close();
  await b.close();
  await t.drop();
});

/** What the queue does: try each letter that is not sent. Its failures are thrown, so that it tries again later. */
async function sendAll(): Promise<number> {
  const waiting = await t.asOwner<{ id: string }>('select id from mail where school_id = $1 and sent_at is null', [
    b.s.id,
  ]);
  const send = sendMailTask(t.db, b.s.clock, sink.url);
  const results = await Promise.allSettled(waiting.map(({ id }) => send({ school: b.s.id, mail: id })));
  return results.filter((r) => r.status === 'rejected').length;
}

test('FIL-15 one form sends e-mail to ICT and DSL; what is not delivered is tried again and shown to both until it has arrived', async () => {
  const { staff, ictManager, dsl } = b.s.people;
  const { reference } = await b.tell(staff, { kind: 'filter-failure', words: 'Room 12 opens everything.' }, true);
  const page = async (who = dsl) => (await b.pages.as(who).get(`/told/${reference}`)).body;
  assert.match(await page(), /The letter is on its way/);

  sink.refuse(true);
  assert.equal(await sendAll(), 2, 'a failure is thrown, so that the queue tries again');
  assert.equal(await sendAll(), 2);
  for (const who of [dsl, ictManager]) {
    const body = await page(who);
    assert.match(body, /2 e-mails about this have[\s\S]*not arrived/);
    assert.match(body, /After 2 tries: [^<]*mailbox is full/);
  }
  sink.refuse(false);
  assert.equal(await sendAll(), 0);
  assert.deepEqual(sink.letters.map((l) => l.to?.[0]?.address).sort(), [dsl.email, ictManager.email].sort());
  for (const l of sink.letters) {
    assert.match(l.subject ?? '', new RegExp(`^The filter or the monitoring may have failed: ${reference}$`));
    assert.ok(l.text?.includes(`/told/${reference}`));
    assert.doesNotMatch(`${l.subject} ${l.text}`, /Sid Marsh|Room 12/);
  }
  const body = await page();
  assert.doesNotMatch(body, /not arrived/);
  assert.equal(body.match(/The mail server took it: 250/g)?.length, 2);
  const [jobs] = await t.asOwner<{ n: string }>(
    `select count(*) as n from graphile_worker.jobs where task_identifier = 'mail.send'`,
  );
  assert.ok(Number(jobs?.n) >= 2, 'each letter has its job in the queue, which tries again by itself');
});

test('ALR-10 a failure of the filter that nobody takes up in an hour goes to the deputies', async () => {
  const { dslDeputy } = b.s.people;
  const { reference } = await b.tell(
    b.s.people.volunteer,
    { kind: 'filter-failure', words: 'Everything is open.' },
    true,
  );
  const told = async () => (await b.reports()).find((r) => r.reference === reference)?.told;
  await b.wait(59 * MINUTE);
  assert.ok(!(await told())?.includes(dslDeputy.id));
  await b.wait(MINUTE);
  assert.ok((await told())?.includes(dslDeputy.id));
});

test('FIL-16 ticking “children affected” needs names, opens a safeguarding case at once, and keeps the names from those who only mend it', async () => {
  const { staff, ictManager, dsl, year8 } = b.s.people;
  const fields = { kind: 'technical-fault', words: 'A pop-up came on the board.', children: 'yes' };
  const refused = await b.pages.as(staff).post(`${b.to}/fault`, { ...fields, names: ' ' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /Write the names of the children/);

  const { reference } = await b.tell(staff, { ...fields, names: 'zed pupil\nUnknown Child' }, true);
  const file = (await b.cases()).at(-1);
  assert.deepEqual([file?.affected, file?.subjects, file?.state], [[year8.id], [], 'reported']);
  const onCase = (await b.pages.as(dsl).get(`/cases/${file?.reference}`)).body;
  assert.match(onCase, /Children affected: zed pupil, Unknown Child/);
  const report = (await b.pages.as(ictManager).get(`/told/${reference}`)).body;
  assert.doesNotMatch(report, /zed pupil|Zed Pupil|Unknown Child/i);
  assert.equal(
    (await b.sees(dsl)).some((r) => r.reference === reference),
    true,
    'the DSL hears of it although only ICT was asked',
  );

  const ict = b.pages.as(ictManager);
  await ict.post(`/told/${reference}/acknowledge`);
  assert.equal((await ict.post(`/told/${reference}/fix`, { text: 'The pop-up is blocked.' })).statusCode, 303);
  assert.equal((await b.reports()).find((r) => r.reference === reference)?.state, 'fixed');
});

test('FIL-16 who finds out later that children were affected names them then, and only with a case can it be ended', async () => {
  const { ictManager, dsl } = b.s.people;
  const { reference } = await b.tell(null, { kind: 'filter-failure', words: 'A bad site opened.' }, true);
  const ict = b.pages.as(ictManager);
  await ict.post(`/told/${reference}/acknowledge`);
  await t.asOwner('update report set children = true where reference = $1', [reference]);
  const held = await ict.post(`/told/${reference}/fix`, { text: 'Blocked it.' });
  assert.equal(held.statusCode, 400);
  assert.match(held.body, /name them first, so that a safeguarding case is opened/);
  const cases = (await b.cases()).length;
  assert.equal((await ict.post(`/told/${reference}/children`, { text: 'Yara Pupil' })).statusCode, 303);
  assert.equal((await b.cases()).length, cases + 1);
  assert.doesNotMatch((await ict.get(`/told/${reference}`)).body, /Yara Pupil/);
  assert.match((await b.pages.as(dsl).get(`/told/${reference}`)).body, /yes, in a safeguarding case/);
  assert.equal((await ict.post(`/told/${reference}/children`, { text: 'Yara Pupil' })).statusCode, 409);
  assert.equal((await ict.post(`/told/${reference}/fix`, { text: 'Blocked it.' })).statusCode, 303);
});

test('ALR-04 pupils reach the form for faults, and whoever told reads with the code what was done', async () => {
  const { year7, ictManager } = b.s.people;
  assert.match((await b.pages.as(year7).get('/tell')).body, new RegExp(`href="/tell/${b.s.slug}/fault"`));
  const { reference, code } = await b.tell(
    year7,
    { kind: 'security-incident', words: 'My friend knows my password.' },
    true,
  );
  assert.ok(reference);
  const ict = b.pages.as(ictManager);
  await ict.post(`/told/${reference}/acknowledge`);
  await ict.post(`/told/${reference}/fix`, { text: 'You have a new password.' });
  assert.match(
    (await b.pages.as(null).post('/tell/code', { code })).body,
    /It has been put right[\s\S]*You have a new password/,
  );
});
