import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR, MINUTE } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import type { LiveChange } from '#policy/index.ts';
import { buildSnapshot, enrolGateway } from '#rooms/filtering/index.ts';
import { ingest } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { readPdf } from '#testing/pdf.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { haltCase } from '../case.halt.ts';
import { incidentsRoom } from '../index.ts';
import { type Examining, examining } from './fixture.ts';
import { EXAMINATION_LASTS, recordVisits, removeAccess, restoreAccess } from './index.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
let x: Examining;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'tuition-centre' });
  pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  x = await examining(t, s, pages);
});
after(async () => {
  await pages.close();
  await t.drop();
});

/** What gateways are told of cases now. */
async function orders(): Promise<LiveChange[]> {
  const snapshot = await t.db.in(systemContext(s.id), (tx) => buildSnapshot(tx, s.deps));
  return (snapshot?.changes ?? []).filter((c) => c.order !== undefined);
}
const number = async () =>
  Number((await t.asOwner<{ n: string }>('select snapshot_number as n from school where id = $1', [s.id]))[0]?.n);
const finding = { text: 'What stands there is unkind.', detail: { url: 'https://x.example/a' } };
const here = () => ({ fromComputer: x.computer.id });
const as = <T>(part: Part, work: Parameters<typeof s.deps.db.in<T>>[1]) => t.db.in(s.people[part].context, work);

test('INC-06 no other machine begins or opens the examination, and what was found is shown on its computer only', async () => {
  const c = await x.readyCase();
  const elsewhere = pages.as(s.people.dsl);
  const refused = await elsewhere.post(`/cases/${c.reference}/examine`, {});
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /This is not the designated computer of this case/);
  const teacher = await x.at(s.people.teacher);
  assert.equal((await teacher.post(`/cases/${c.reference}/examine`, {})).statusCode, 303);
  const said = { url: 'https://found.example/a', text: 'A page that mocks her.' };
  assert.equal((await elsewhere.post(`/cases/${c.reference}/finding`, said)).statusCode, 400);
  assert.equal((await teacher.post(`/cases/${c.reference}/finding`, said)).statusCode, 303);
  assert.match((await teacher.get(`/cases/${c.reference}`)).body, /mocks her/);
  for (const page of ['', '/print']) {
    const body = (await elsewhere.get(`/cases/${c.reference}${page}`)).body;
    assert.doesNotMatch(body, /mocks her|found\.example/, page);
  }
  for (const page of ['visits', 'visits.csv', 'visits.pdf'])
    assert.equal((await elsewhere.get(`/cases/${c.reference}/${page}`)).statusCode, 409, page);
  await x.step('teacher', c.reference, 'classify', { detail: MISUSE });
  await x.step('teacher', c.reference, 'finish', here());
  assert.match((await elsewhere.get(`/cases/${c.reference}`)).body, /mocks her/, 'when it is over its team reads it');
});
const MISUSE = {
  types: ['misuse'],
  culpability: 'deliberate',
  content: 'inappropriate',
  row: 'none',
  severity: 'routine',
  allegation: 'no',
};

test('INC-07 the examination opens access for the seniors who are signed in, on that computer, for two hours', async () => {
  assert.deepEqual(await orders(), []);
  const before = await number();
  const c = await x.examinedCase();
  const [order, ...more] = await orders();
  assert.deepEqual(more, []);
  assert.equal(order?.order, 'examination');
  assert.deepEqual([...(order?.people ?? [])].sort(), [s.people.teacher.id, s.people.dsl.id].sort());
  assert.deepEqual(order?.addresses, ['10.0.0.7']);
  assert.equal(order?.until, s.clock.now() + EXAMINATION_LASTS);
  assert.ok((await number()) > before, 'gateways are told at once');
  s.clock.advance(HOUR);
  const late = await x.step('teacher', c.reference, 'renew-access', here()).catch((e: { code: string }) => e.code);
  assert.equal(late, 'case.renew-access.enoughSeniors', 'both sign in to the case again');
  for (const by of ['teacher', 'dsl'] as const) await x.step(by, c.reference, 'attend');
  await x.at(s.people.teacher);
  await x.step('teacher', c.reference, 'renew-access', here());
  const renewed = await orders();
  assert.deepEqual(
    renewed.map((o) => [o.until, o.reference === order?.reference]),
    [[s.clock.now() + EXAMINATION_LASTS, false]],
    'a new one, and the old one is over',
  );
  await x.step('teacher', c.reference, 'suspect', { text: '' });
});

test('INC-07 EVI-04 whatever ends the examination ends its access in the same transaction', async () => {
  const reported = { decision: 'reported', force: 'Example Constabulary', reference: 'P-1' };
  const ends: [string, (c: { id: string; reference: string }) => Promise<unknown>][] = [
    ['suspect', (c) => x.step('dsl', c.reference, 'suspect', { text: '' })],
    [
      'finish',
      async (c) => {
        await x.step('teacher', c.reference, 'finding', { ...finding, ...here() });
        await x.step('teacher', c.reference, 'finish', here());
      },
    ],
    [
      'to-police',
      async (c) => {
        for (const by of ['teacher', 'dsl'] as const)
          await x.step(by, c.reference, 'police-decision', { detail: reported });
        await x.step('teacher', c.reference, 'to-police');
      },
    ],
    ['conflict of one of them', (c) => x.step('dsl', c.reference, 'conflict')],
    ['one of them named in it', (c) => x.step('teacher', c.reference, 'involve', { person: s.people.dsl.id })],
    ['another person has the case', (c) => x.step('dsl', c.reference, 'assign', { person: s.people.head.id })],
    [
      'a halt by somebody who never saw the case',
      (c) => as('staff', (tx) => haltCase(s.deps, tx, s.people.staff.viewer, c.id, '')),
    ],
  ];
  for (const [what, end] of ends) {
    const c = await x.examinedCase();
    assert.equal((await orders()).length, 1, what);
    const before = await number();
    await end(c);
    assert.deepEqual(await orders(), [], what);
    assert.ok((await number()) > before, `${what}: gateways are told at once`);
  }
});

test('EVI-04 a new examination after a stop has access of its own; the old one stays dead', async () => {
  const c = await x.examinedCase();
  const [first] = await orders();
  await x.step('dsl', c.reference, 'suspect', { text: '' });
  await x.step('teacher', c.reference, 'not-imagery', { detail: { decision: 'police', reference: 'L-1' } });
  assert.deepEqual(await orders(), [], 'a release opens nothing');
  for (const by of ['teacher', 'dsl'] as const) await x.step(by, c.reference, 'attend');
  const begun = await (await x.at(s.people.teacher)).post(`/cases/${c.reference}/examine`, {});
  assert.equal(begun.statusCode, 303, begun.body);
  const now = await orders();
  assert.equal(now.length, 1);
  assert.notEqual(now[0]?.reference, first?.reference);
  await x.step('dsl', c.reference, 'suspect', { text: '' });
});

test('INC-07 no step opens access without a computer that was proved', async () => {
  const c = await x.readyCase();
  s.clock.advance(31 * MINUTE);
  for (const by of ['teacher', 'dsl'] as const) await x.step(by, c.reference, 'attend');
  await x.step('teacher', c.reference, 'examine', here());
  assert.deepEqual(await orders(), []);
  await x.step('teacher', c.reference, 'suspect', { text: '' });
});

test('INC-05 INC-07 orders and visits are read by those who may read the case, and changed by nobody', async () => {
  const c = await x.examinedCase('year7');
  const count = (part: Part) => as(part, (tx) => tx.selectFrom('access_order').select('id').execute());
  assert.ok((await count('dsl')).length > 0);
  for (const part of ['ictManager', 'staff', 'administrator', 'year7', 'parent'] as const)
    assert.deepEqual(await count(part), [], part);
  for (const sentence of [
    `update access_order set until_at = until_at + interval '1 day'`,
    'delete from access_order_end',
    'delete from case_visit',
    `update case_visit set host = 'x'`,
    'delete from access_order',
  ]) {
    const { sql } = await import('kysely');
    await assert.rejects(
      t.db.in(systemContext(s.id), (tx) => sql.raw(sentence).execute(tx)),
      /permission denied/,
      sentence,
    );
  }
  await x.step('dsl', c.reference, 'suspect', { text: '' });
});

test('INC-07 INC-21 each visit of those people on that computer stands in the case once, with who and with whom', async () => {
  const c = await x.examinedCase();
  const [order] = await orders();
  const gateway = await gatewayId();
  const visit = (more: Partial<ActivityEvent>): ActivityEvent => ({
    t: s.clock.now() + 1000,
    via: 'proxy',
    person: s.people.teacher.id,
    device: null,
    address: '10.0.0.7',
    profile: 'staff',
    host: 'found.example',
    category: null,
    outcome: 'allow',
    rule: 'profile',
    clause: null,
    snapshot: 1,
    list: null,
    count: 1,
    ...more,
  });
  const lines = [
    visit({}),
    visit({ host: 'never.example', outcome: 'block', person: s.people.dsl.id, count: 3, t: s.clock.now() + 2000 }),
    visit({ host: 'elsewhere.example', address: '10.0.0.8' }),
    visit({ host: 'stranger.example', person: s.people.staff.id }),
    visit({ host: 'before.example', t: s.clock.now() - 1000 }),
  ];
  const batch = Buffer.from(lines.map((l) => `${JSON.stringify(l)}\n`).join(''));
  const deliver = (n: number, body = batch) => ingest(s.deps, { id: gateway, school: s.id }, n, body, recordVisits);
  s.clock.advance(MINUTE);
  await deliver(1);
  assert.equal((await deliver(1)).duplicate, true, 'delivered twice');
  const teacher = await x.at(s.people.teacher);
  const page = (await teacher.get(`/cases/${c.reference}/visits`)).body;
  assert.match(page, /found\.example[\s\S]*Theo Wren[\s\S]*Dina Sharp[\s\S]*Opened/);
  assert.match(page, /never\.example[\s\S]*Stayed closed \(3 times\)/);
  for (const other of ['elsewhere', 'stranger', 'before']) assert.doesNotMatch(page, new RegExp(`${other}\\.example`));
  const searched = (await teacher.get(`/cases/${c.reference}/visits?q=never`)).body;
  assert.doesNotMatch(searched, /found\.example/);
  assert.match((await teacher.get(`/cases/${c.reference}`)).body, /found\.example/);

  await x.step('teacher', c.reference, 'finding', { ...finding, ...here() });
  await x.step('teacher', c.reference, 'finish', here());
  const after = [
    visit({ host: 'late.example', t: s.clock.now() + 500 }),
    visit({ host: 'last.example', t: s.clock.now() + 500, rule: `access.${order?.reference}` }),
  ];
  s.clock.advance(MINUTE);
  await deliver(2, Buffer.from(after.map((l) => `${JSON.stringify(l)}\n`).join('')));
  const csv = await pages.as(s.people.dsl).get(`/cases/${c.reference}/visits.csv`);
  const rows = csv.body.trim().split('\r\n');
  assert.equal(rows.length, 4, csv.body);
  assert.match(
    rows[1] ?? '',
    new RegExp(
      `^"${c.reference}","2026-11-\\d\\dT[^"]+Z","Theo Wren","Dina Sharp","found.example","opened","proxy","1"$`,
    ),
  );
  assert.match(rows[3] ?? '', /last\.example/, 'what the gateway opened before it heard of the end');
  const pdf = await pages.as(s.people.dsl).get(`/cases/${c.reference}/visits.pdf`);
  assert.ok(readPdf(pdf.rawPayload).text.includes('found.example'));
  assert.equal((await pages.as(s.people.staff).get(`/cases/${c.reference}/visits.csv`)).statusCode, 404);

  await x.step('dsl', c.reference, 'suspect', { text: '' });
  for (const format of ['csv', 'pdf'])
    assert.equal((await pages.as(s.people.dsl).get(`/cases/${c.reference}/visits.${format}`)).statusCode, 409, format);
});

async function gatewayId(): Promise<string> {
  const by = s.people.ictManager.context;
  await t.db.in(by, (tx) => enrolGateway(tx, s.deps, by, 'Main building'));
  return (await t.asOwner<{ id: string }>('select id from gateway where school_id = $1', [s.id]))[0]?.id ?? '';
}

test('INC-19 isolating a device closes its registered address until somebody lets it go, with the reason', async () => {
  const address = newId();
  await t.asOwner(
    `insert into registered_address (id, school_id, cidr, label, person_id) values ($1, $2, '10.0.0.20/32', 'Zed’s tablet', $3)`,
    [address, s.id, s.people.year8.id],
  );
  await t.asOwner(
    `insert into registered_address (school_id, cidr, label, profile) values ($1, '10.9.0.0/16', 'Library', 'pupil')`,
    [s.id],
  );
  const c = await x.readyCase();
  const dsl = pages.as(s.people.dsl);
  const page = (await dsl.get(`/cases/${c.reference}`)).body;
  assert.match(page, new RegExp(`value="${address}"[^>]*>Zed’s tablet`));
  assert.doesNotMatch(page, />Library/, 'a subnet is no device');
  const sealed = {
    device: 'A blue tablet',
    place: 'Head’s safe, seal 17',
    text: 'Taken by Sid Marsh at ten.',
    address,
  };
  assert.equal((await dsl.post(`/cases/${c.reference}/isolate`, { ...sealed, address: newId() })).statusCode, 400);
  assert.deepEqual(await orders(), []);
  assert.equal((await dsl.post(`/cases/${c.reference}/isolate`, sealed)).statusCode, 303);
  assert.equal((await dsl.post(`/cases/${c.reference}/isolate`, sealed)).statusCode, 409, 'twice');
  const [order] = await orders();
  assert.deepEqual(
    [order?.order, order?.addresses, order?.people, order?.until, order?.hosts],
    ['isolation', ['10.0.0.20'], null, null, [new URL(s.deps.config.pagesUrl).hostname]],
  );
  const story = (await dsl.get(`/cases/${c.reference}`)).body;
  assert.match(story, /Isolated: A blue tablet, kept Head’s safe, seal 17[\s\S]*Dina Sharp[\s\S]*Taken by Sid Marsh/);
  const isolation = /name="isolation" type="radio" value="([^"]+)"/.exec(story)?.[1] ?? '';
  assert.equal((await dsl.post(`/cases/${c.reference}/release-device`, { isolation, text: 'no' })).statusCode, 400);
  const back = { isolation, text: 'Given back to Zed and his mother.' };
  assert.equal((await dsl.post(`/cases/${c.reference}/release-device`, back)).statusCode, 303);
  assert.deepEqual(await orders(), []);
  assert.equal((await dsl.post(`/cases/${c.reference}/release-device`, back)).statusCode, 400, 'let go already');
});

test('SAN-31 access is taken from one person until its end, keeps what exams need, and is given back by hand or by itself', async () => {
  const c = await x.readyCase();
  const by = s.people.dsl.context;
  const person = s.people.year8.id;
  const now = s.clock.now();
  const removal = { case: c.id, person, from: new Date(now), until: new Date(now + HOUR), keeps: ['exams.example'] };
  const remove = (level: 'internet' | 'network') =>
    as('dsl', (tx) => removeAccess(s.deps, tx, by, { ...removal, level }));
  const id = await remove('network');
  const pagesHost = new URL(s.deps.config.pagesUrl).hostname;
  const [order] = await orders();
  assert.deepEqual(
    [order?.order, order?.people, order?.addresses, order?.hosts],
    ['removal', [person], undefined, ['exams.example', pagesHost]],
  );
  assert.match(order?.text ?? '', /until Tuesday 3 November, \d\d:\d\d\. It comes back by itself\. .*telling someone/);
  await assert.rejects(
    as('staff', (tx) => restoreAccess(s.deps, tx, s.people.staff.context, id)),
    { kind: 'not-found' },
  );
  await as('dsl', (tx) => restoreAccess(s.deps, tx, by, id));
  assert.deepEqual(await orders(), []);
  await as('dsl', (tx) => restoreAccess(s.deps, tx, by, id));

  await remove('internet');
  assert.equal((await orders()).length, 1);
  s.clock.advance(HOUR);
  assert.deepEqual(await orders(), [], 'its time is over');
  await assert.rejects(remove('internet'), { code: 'access.until' });
});
