import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { systemClock } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { systemContext } from './db.ts';
import { post, resendMailTask, sendMailTask } from './mail.ts';

let t: TestDatabase;
let school: string;
const letters: string[] = [];
let refuse = false;
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onRcptTo: (_to, _session, done) =>
    done(refuse ? Object.assign(new Error('mailbox is full'), { responseCode: 452 }) : null),
  onData(stream, _session, done) {
    let text = '';
    stream.on('data', (d) => {
      text += d;
    });
    stream.on('end', () => {
      letters.push(text);
      done(null);
    });
  },
});
let smtp: string;

before(async () => {
  t = await testDatabase();
  const [row] = await t.asOwner<{ id: string }>(
    `insert into school (slug, name) values ('ashgrove', 'Ashgrove') returning id`,
  );
  school = row?.id ?? '';
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', () => r()));
  smtp = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
after(async () => {
  await new Promise<void>((r) => server.close(() => r()));
  await t.drop();
});

const write = () =>
  t.db.in(systemContext(school), (tx) =>
    post(tx, {
      school,
      recipient: null,
      address: 'dsl@ashgrove.example',
      subject: 'An alert needs you',
      body: 'A-1\nhttp://x/alerts/1',
      about: { kind: 'alert', id: '1' },
    }),
  );
const send = (mail: string, url: string | null = smtp) => sendMailTask(t.db, systemClock, url)({ school, mail });
const state = async (id: string) =>
  (
    await t.asOwner<{ sent_at: Date | null; response: string | null; last_error: string | null; attempts: number }>(
      'select * from mail where id = $1',
      [id],
    )
  )[0];
const queued = async (id: string) =>
  (await t.asOwner(`select 1 from graphile_worker._private_jobs where payload::text like $1`, [`%${id}%`])).length;

test('ALR-10 a letter that was sent keeps the mail server’s own answer as proof, and is not sent twice', async () => {
  const id = await write();
  assert.equal(await queued(id), 1, 'writing it queued it');
  await send(id);
  await send(id);
  assert.equal(letters.length, 1);
  const mail = await PostalMime.parse(letters[0] ?? '');
  assert.equal(mail.subject, 'An alert needs you');
  assert.equal(mail.to?.[0]?.address, 'dsl@ashgrove.example');
  const row = await state(id);
  assert.ok(row?.sent_at);
  assert.match(row.response ?? '', /^250/);
});

test('ALR-10 a letter that the server refused says why, and the task fails so that it is tried again', async () => {
  const id = await write();
  refuse = true;
  await assert.rejects(send(id));
  assert.match((await state(id))?.last_error ?? '', /mailbox is full/);
  refuse = false;
  await send(id);
  const row = await state(id);
  assert.equal(row?.last_error, null);
  assert.equal(row?.attempts, 2);
});

test('ALR-10 with no mail server letters wait and say so, and go out when one is set', async () => {
  const id = await write();
  await send(id, null);
  assert.equal((await state(id))?.last_error, 'No mail server is set.');
  await t.asOwner('delete from graphile_worker._private_jobs');
  await resendMailTask(t.db, null)();
  assert.equal(await queued(id), 0);
  await t.asOwner(`update school set settings = $1`, [
    JSON.stringify({ mail: { url: smtp, from: 'gatehouse@ashgrove.example' } }),
  ]);
  await resendMailTask(t.db, null)();
  assert.equal(await queued(id), 1);
  await send(id, null);
  assert.match(letters.at(-1) ?? '', /From: gatehouse@ashgrove\.example/);
});

test('a letter is written only together with what it is about', async () => {
  await assert.rejects(
    t.db.in(systemContext(school), async (tx) => {
      await post(tx, {
        school,
        recipient: null,
        address: 'x@y.example',
        subject: 's',
        body: 'b',
        about: { kind: 'alert', id: 'gone' },
      });
      throw new Error('the command fails');
    }),
  );
  assert.equal((await t.asOwner(`select 1 from mail where about_id = 'gone'`)).length, 0);
});
