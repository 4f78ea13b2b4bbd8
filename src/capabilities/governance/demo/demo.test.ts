import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '#core/clock.ts';
import { readConfig } from '#platform/config.ts';
import type { Deps } from '#platform/deps.ts';
import { sealNext, verifyLedger } from '#platform/ledger.ts';
import { verifyCredentials } from '#rooms/identity/index.ts';
import { verifyActivity } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { testSchool } from '#testing/web.ts';
import { type SignIn, seedDemo } from './demo.ts';
import { demoEscrow } from './escrow.ts';

let t: TestDatabase;
let deps: Deps;
let signIns: SignIn[];
let seconds: number;
before(async () => {
  t = await testDatabase();
  const made = await testSchool(t);
  const escrow = demoEscrow(made.deps.config.data);
  const config = readConfig({ GATEHOUSE_EVIDENCE_ESCROW: escrow }, '/', made.deps.config.data);
  deps = { ...made.deps, config, clock: systemClock };
  await t.asOwner('truncate school cascade');
  const start = Date.now();
  signIns = await seedDemo(deps);
  seconds = (Date.now() - start) / 1000;
});
after(() => t.drop());

const number = async (sql: string) =>
  Number((await t.asOwner<{ n: string }>(`select count(*) as n from ${sql}`))[0]?.n);

test('the demonstration is a whole school with a fortnight behind it, made in well under a minute', async () => {
  assert.ok(seconds < 40, `took ${seconds} s`);
  assert.equal(await number(`person where kind = 'pupil'`), 1200);
  assert.equal(await number(`person where kind = 'staff'`), 90);
  assert.equal(await number(`person where kind = 'parent'`), 60);
  assert.equal(await number(`person where kind = 'governor'`), 8);
  const events = await number('activity');
  assert.ok(events > 110_000 && events < 200_000, `${events} events`);
  const [hours] = await t.asOwner<{ n: string }>('select sum(requests) as n from activity_hourly');
  const [lines] = await t.asOwner<{ n: string }>('select sum(count) as n from activity');
  assert.equal(hours?.n, lines?.n, 'the charts hold what the lines hold');
});

test('alerts and cases stand in every state, and questions are open and answered', async () => {
  const states = async (table: string) =>
    (await t.asOwner<{ state: string }>(`select distinct state from ${table}`)).map((r) => r.state).sort();
  assert.deepEqual(await states('alert'), ['acknowledged', 'closed', 'in-case', 'raised']);
  assert.deepEqual(await states('case_file'), [
    'actions',
    'closed',
    'contain',
    'examine',
    'halted',
    'judge',
    'police-hold',
    'referred-out',
    'reported',
    'resolved',
    'team',
    'triage',
  ]);
  assert.ok((await number('site_question where answered_at is null')) > 0);
  assert.ok((await number('site_question where answered_at is not null')) > 0);
  assert.equal(await number(`alert where state = 'raised' and urgency = 'urgent' and due_at > now()`), 1);
  assert.equal(await number('mail where sent_at is null'), 0);
});

test('EVI-01 SRC-19 evidence is kept with its hash and holder, and of two device searches one is over and one is locked with its case', async () => {
  assert.equal(await number(`evidence_item where kind = 'file' and sha256 is not null`), 1);
  assert.equal(await number(`evidence_item where kind <> 'file'`), 2);
  assert.equal(await number(`custody_event`), 3);
  const last = await t.asOwner<{ state: string }>(
    `select distinct on (search_id) to_state as state from device_search_entry order by search_id, number desc`,
  );
  assert.deepEqual(last.map((l) => l.state).sort(), ['dsl-decision', 'returned']);
  assert.equal(await number(`case_file where state = 'halted' and imagery and source = 'search'`), 1);
});

test('its digests, ledger and activity verify like those of a real school', async () => {
  while (await sealNext(t.db, systemClock.now()));
  const ledger = await verifyLedger(t.db, []);
  assert.deepEqual(ledger.faults, []);
  assert.ok(ledger.entries > 300);
  const [school] = await t.asOwner<{ id: string }>('select id from school');
  assert.deepEqual((await verifyActivity(t.db, school?.id ?? '')).faults, []);
});

test('one person of every role can sign in with what is printed; nobody else can sign in at all', async () => {
  const [school] = await t.asOwner<{ id: string }>('select id from school');
  for (const s of signIns) {
    const person = await verifyCredentials(deps, {
      school: school?.id ?? '',
      username: s.username,
      password: s.password,
      address: '127.0.0.1',
      via: 'page',
    });
    assert.ok(person, s.role);
  }
  const [others] = await t.asOwner<{ n: string }>(`select count(*) n from credential where password_hash like '$%'`);
  assert.equal(Number(others?.n), signIns.length);
});

test('made once: the second time only the sign-ins come back', async () => {
  const before = await number('ledger_entry');
  const byName = (a: SignIn, b: SignIn) => a.username.localeCompare(b.username);
  assert.deepEqual((await seedDemo(deps)).sort(byName), [...signIns].sort(byName));
  assert.equal(await number('ledger_entry'), before);
});

test('every name and address in it is plainly made up', async () => {
  assert.equal(await number(`person where email is not null and email not like '%@ashgrove.test'`), 0);
  assert.equal(await number(`activity where host not like '%.example'`), 0);
});
