import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import dnsPacket from 'dns-packet';
import { SECOND, systemClock, type TestClock } from '#core/clock.ts';
import { type Gateway, startGateway, writeEnrolment } from '#gateway/gateway.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { shippedPolicy } from '#policy/index.ts';
import { enrolGateway, filteringRoom } from '#rooms/filtering/index.ts';
import { filteringSchool, testFolder } from '#rooms/filtering/testing.ts';
import { incidentsRoom } from '#rooms/incidents/index.ts';
import { monitoringRoom } from '#rooms/monitoring/index.ts';
import { adoptPolicy } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';

/** The whole way, with nothing put in its place: a device asks a gateway, and people see what comes of it. */
const root = mkdtempSync(join(tmpdir(), 'gatehouse-class-'));
const FRIENDS = 'friends.example';
let t: TestDatabase;
let school: TestSchool;
let deps: Deps;
let pages: Pages;
let address: string;
let upstream: Socket;
let gateway: Gateway;

before(async () => {
  t = await testDatabase();
  const lists = testFolder({
    'blacklists/social-media/domains': `${FRIENDS}\n`,
    'blacklists/proxy-bypass/domains': 'a-way.example\nb-way.example\nc-way.example\n',
    'blacklists/health/domains': 'clinic.example\n',
  });
  school = await filteringSchool(t, { lists: `${lists}/blacklists`, clock: systemClock as TestClock });
  deps = school.deps;
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [school.people.year8.id]);
  await t.asOwner(
    `insert into class_teacher (school_id, group_name, person_id, from_at) values ($1, '8B', $2, now())`,
    [school.id, school.people.teacher.id],
  );
  await adopt(1);
  await atDevice('year8');

  pages = await pagesFor(
    deps,
    filteringRoom(deps, { onGatewayTrouble: async () => undefined }),
    monitoringRoom(deps),
    incidentsRoom(deps),
  );
  address = await pages.app.listen({ port: 0, host: '127.0.0.1' });
  upstream = createSocket('udp4');
  upstream.on('message', (m, from) => {
    const { id, questions } = dnsPacket.decode(m);
    const [q] = questions ?? [];
    const answers = q?.type === 'A' ? [{ type: 'A' as const, name: q.name, ttl: 60, data: '192.0.2.1' }] : [];
    upstream.send(
      dnsPacket.encode({ type: 'response', id, flags: 0x180, questions, answers }),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((r) => upstream.bind(0, '127.0.0.1', r));
  const by = systemContext(school.id);
  const token = await t.db.in(by, (tx) => enrolGateway(tx, deps, by, 'Main building'));
  const [keys] = await t.asOwner<{ key: string }>('select signing_public as key from installation');
  writeEnrolment(join(root, 'gateway'), { control: address, token, publicKey: keys?.key ?? '' });
  const any = { address: '127.0.0.1', port: 0 };
  gateway = await startGateway({
    folder: join(root, 'gateway'),
    clock: systemClock,
    log: () => undefined,
    dns: any,
    proxy: any,
    block: any,
    upstreamDns: [{ address: '127.0.0.1', port: (upstream.address() as AddressInfo).port }],
    proxyTls: null,
    pagesUrl: address,
    threads: 1,
  });
  await within(20 * SECOND, async () => (await ask('lessons.example')) === OPEN);
});
after(async () => {
  await gateway.stop();
  await pages.close();
  upstream.close();
  await t.drop();
  rmSync(root, { recursive: true, force: true });
});

const OPEN = '192.0.2.1';

/** A policy in which staff have so many minutes of social media a day. */
async function adopt(minutesPerDay: number): Promise<void> {
  const shipped = shippedPolicy('secondary-school');
  const by = school.people.ictManager.context;
  const document = {
    ...shipped,
    rules: shipped.rules.map((r) =>
      r.id === 'COM-09' ? { ...r, cells: { ...r.cells, staff: { value: 'allowed' as const } } } : r,
    ),
    settings: { ...shipped.settings, privateSocialMedia: { value: 'reasonable' as const, minutesPerDay } },
  };
  await t.db.in(by, (tx) => adoptPolicy(tx, deps, by, document, { approver: null }));
}

/** Who sits at the device that the tests ask from. */
async function atDevice(part: Part): Promise<void> {
  await t.asOwner('delete from registered_address where school_id = $1', [school.id]);
  await t.asOwner(
    `insert into registered_address (school_id, cidr, label, person_id) values ($1, '127.0.0.1/32', 'Laptop', $2)`,
    [school.id, school.people[part].id],
  );
  await t.asOwner('update school set snapshot_number = snapshot_number + 1000000 where id = $1', [school.id]);
  await t.asOwner(`select pg_notify('gatehouse_feed', $1)`, [school.id]);
}

/** What a name answers at the gateway. */
async function ask(name: string): Promise<string> {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${gateway.dns.port}`]);
  return (await resolver.resolve4(name).catch(() => ['closed']))[0] ?? '';
}

/** How long until it is so; fails when it never is. */
async function within(ms: number, so: () => Promise<boolean>): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < ms) {
    if (await so()) return performance.now() - from;
    await new Promise((r) => setTimeout(r, 25));
  }
  assert.fail(`not so within ${ms} ms`);
}

test('MON-10 what a pupil asks a gateway for stands on their teacher’s page within three seconds', async () => {
  const teacher = pages.as(school.people.teacher);
  const opened = await teacher.post('/class', { group: '8B' });
  assert.equal(opened.statusCode, 303, opened.body);
  const url = String(opened.headers.location);
  const stop = new AbortController();
  let heard = 0;
  try {
    const live = await fetch(`${address}${url}/live`, { headers: { cookie: teacher.cookie }, signal: stop.signal });
    const reader = live.body?.getReader();
    void (async () => {
      for (let c = await reader?.read(); c && !c.done; c = await reader?.read()) {
        if (Buffer.from(c.value).includes('event: class')) heard = performance.now();
      }
    })().catch(() => undefined);
    const from = performance.now();
    assert.equal(await ask('atlas.example'), OPEN);
    assert.equal(await ask('clinic.example'), OPEN);
    await within(3 * SECOND, async () => heard > from);
    const took = await within(3 * SECOND, async () =>
      (await teacher.get(`${url}/list`)).body.includes('atlas.example'),
    );
    assert.ok(heard - from + took < 3 * SECOND);
    assert.ok(!(await teacher.get(`${url}/list`)).body.includes('clinic.example'));
  } finally {
    stop.abort();
  }
});

test('FCR-06 a pupil who looks for ways round the filter raises one alert of its own kind, and it becomes a case', async () => {
  for (const host of ['a-way.example', 'b-way.example', 'c-way.example']) assert.notEqual(await ask(host), OPEN);
  const alerts = () =>
    t.asOwner<{ id: string; detector: string; subject: string; clause: string; state: string }>(
      `select * from alert where school_id = $1 and detector = 'bypass'`,
      [school.id],
    );
  await within(5 * SECOND, async () => (await alerts()).length > 0);
  const [alert] = await alerts();
  assert.deepEqual([alert?.subject, alert?.clause], [school.people.year8.id, 'filtering.bypass']);
  const dsl = pages.as(school.people.dsl);
  assert.match((await dsl.get(`/alerts/${alert?.id}`)).body, /Tries to get round the filter/);
  const opened = await dsl.post(`/cases/from-alert/${alert?.id}`);
  assert.equal(opened.statusCode, 303, opened.body);
  assert.match(String(opened.headers.location), /^\/cases\//);
  assert.deepEqual(
    (await alerts()).map((a) => a.state),
    ['in-case'],
  );
});

test('SOC-18 the minute after the last of a day is closed at the gateway within ten seconds', async () => {
  await atDevice('staff');
  await within(10 * SECOND, async () => (await ask(FRIENDS)) === OPEN);
  const took = await within(10 * SECOND, async () => (await ask(FRIENDS)) !== OPEN);
  assert.ok(took < 10 * SECOND);
  assert.equal(await ask('lessons.example'), OPEN, 'nothing else closes');
});
