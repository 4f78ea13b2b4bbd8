import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { type Pages, pagesFor } from '#testing/web.ts';
import { alertsOf, type Bench, GRAVE, monitored, ndjson } from './fixture.ts';
import { ingestRoutes } from './ingest.routes.ts';
import { ingest, prepareDays } from './ingest.service.ts';

let b: Bench;
let pages: Pages;
before(async () => {
  b = await monitored();
  pages = await pagesFor(b.school.deps, { name: 'ingest', routes: (app) => ingestRoutes(app, b.school.deps) });
});
after(async () => {
  await pages.close();
  await b.t.drop();
});

const stored = (batch: number) =>
  b.t.asOwner<{ host: string; person_id: string | null; at: Date; line: number; address: string }>(
    'select * from activity where batch = $1 order by line',
    [batch],
  );
const post = (batch: number | string, payload: Buffer | string, headers: Record<string, string> = {}) =>
  pages.app.inject({
    method: 'POST',
    url: `/gateway/activity?batch=${batch}`,
    headers: { authorization: `Bearer ${b.token}`, 'content-type': 'application/x-ndjson', ...headers },
    payload,
  });

test('MON-01 each decision is stored with person, device, time, address, category and outcome', async () => {
  const device = newId();
  const events = [
    b.event({ device, count: 3 }),
    b.event({ person: null, outcome: 'allow', category: null, via: 'dns' }),
  ];
  const answer = await post(1, ndjson(events));
  assert.deepEqual([answer.statusCode, answer.json()], [200, { accepted: 2, duplicate: false }]);
  const rows = await b.t.asOwner('select * from activity where batch = 1 order by line');
  const common = {
    school_id: b.school.id,
    gateway_id: b.gateway.id,
    batch: '1',
    address: '192.0.2.7',
    profile: 'pupil-8',
  };
  const decided = { rule: 'UAR-20', clause: 'filtering.games', snapshot: '1', list: 'f00d', host: 'games.example' };
  const at = new Date(b.school.clock.now());
  assert.deepEqual(rows, [
    {
      ...common,
      ...decided,
      at,
      line: 1,
      via: 'proxy',
      person_id: b.school.people.year8.id,
      device_id: device,
      category: 'games',
      outcome: 'block',
      count: 3,
    },
    {
      ...common,
      ...decided,
      at,
      line: 2,
      via: 'dns',
      person_id: null,
      device_id: null,
      category: null,
      outcome: 'allow',
      count: 1,
    },
  ]);
});

test('MON-01 a batch that comes twice, also at the same moment, is taken once', async () => {
  const body = ndjson(Array.from({ length: 500 }, (_, i) => b.event({ host: `h${i}.example`, category: 'gambling' })));
  const answers = await Promise.all(Array.from({ length: 8 }, () => ingest(b.school.deps, b.gateway, 20, body)));
  assert.deepEqual(
    answers.map((a) => a.accepted).sort((x, y) => x - y),
    [0, 0, 0, 0, 0, 0, 0, 500],
  );
  assert.equal(answers.filter((a) => a.duplicate).length, 7);
  assert.equal((await stored(20)).length, 500);
  assert.deepEqual((await post(20, body)).json(), { accepted: 0, duplicate: true });
  const [sum] = await b.t.asOwner(`select sum(requests) as n from activity_hourly where category = 'gambling'`);
  assert.equal(sum?.n, '500');
  assert.equal((await alertsOf(b)).filter((a) => a.category === 'gambling').length, 1);
});

test('A batch number that is used again for other lines is refused loudly, and nothing is lost in silence', async () => {
  await post(30, ndjson([b.event({ outcome: 'allow' })]));
  const answer = await post(30, ndjson([b.event({ outcome: 'allow', host: 'other.example' })]));
  assert.deepEqual([answer.statusCode, answer.json().code], [409, 'activity.number-used']);
  assert.equal((await stored(30)).length, 1);
});

test('A malformed line refuses the whole batch by its number, and the same batch can come again', async () => {
  const good = ndjson([b.event({ outcome: 'allow' })]);
  const bad = await post(40, Buffer.concat([good, Buffer.from('{"t":1}\n')]));
  assert.deepEqual([bad.statusCode, bad.json().code], [400, 'activity.malformed']);
  assert.match(bad.json().message, /Line 2/);
  assert.equal((await stored(40)).length, 0);
  assert.equal((await post(40, good)).json().accepted, 1);
});

test('Only a gateway delivers, in its own format and in reasonable pieces', async () => {
  assert.equal((await post(50, '', { authorization: 'Bearer wrong-token-wrong-token' })).statusCode, 401);
  assert.equal((await post(50, '{}', { 'content-type': 'application/json' })).statusCode >= 400, true);
  assert.equal((await post('x', '')).statusCode, 400);
  assert.equal((await post(50, Buffer.alloc(8 * 1024 * 1024 + 1, '\n'))).statusCode, 400);
  assert.equal((await stored(50)).length, 0);
});

test('A person who is not of this school is not taken for anybody, and the line is kept', async () => {
  const other = await monitored({}, b.t);
  const stranger = other.school.people.year8.id;
  await post(60, ndjson([b.event({ person: stranger, outcome: 'allow' }), b.event({ outcome: 'allow' })]));
  assert.deepEqual(
    (await stored(60)).map((r) => r.person_id),
    [null, b.school.people.year8.id],
  );
});

test('MON-12 events older than the policy keeps are not stored; those from the future get the time of arrival', async () => {
  const now = b.school.clock.now();
  const times = [now - 400 * DAY, now + 3 * DAY, now - 100 * DAY];
  const answer = await post(70, ndjson(times.map((t) => b.event({ t, outcome: 'allow' }))));
  assert.equal(answer.json().accepted, 2);
  assert.deepEqual(
    (await stored(70)).map((r) => r.at.getTime()),
    [now, now - 100 * DAY],
  );
});

test('Two controls that meet a new day at the same moment both get their lines in', async () => {
  const t = b.school.clock.now() - 50 * DAY;
  const batches = [80, 81, 82, 83].map((n) =>
    ingest(b.school.deps, b.gateway, n, ndjson([b.event({ t, outcome: 'allow' })])),
  );
  assert.deepEqual(
    (await Promise.all(batches)).map((a) => a.accepted),
    [1, 1, 1, 1],
  );
});

test('The days ahead are made before their first event comes', async () => {
  await prepareDays(b.school.deps);
  const tomorrow = new Date(b.school.clock.now() + DAY).toISOString().slice(0, 10).replaceAll('-', '');
  const [row] = await b.t.asOwner(`select to_regclass('activity_${tomorrow}') as name`);
  assert.ok(row?.name);
});

test('MON-07 the alerts do not hang on the order of events, on how batches split them, or on batches that come twice', async () => {
  // What happened, in order; what must come of it is the same however it is delivered.
  const start = b.school.clock.now() - 2 * HOUR;
  const story = (bench: Bench) => [
    ...[0, 1, 2, 3, 4, 5].map((m) => bench.event({ t: start + m * MINUTE })),
    ...[0, 1, 2, 3].map((m) => bench.event({ t: start + m * MINUTE, category: 'gambling' })),
    ...[0, 9, 18, 27, 36].map((m) => bench.event({ t: start + m * MINUTE, category: 'dating' })),
    ...[0, 30].map((m) => bench.event({ t: start + m * MINUTE, ...GRAVE })),
    ...[0, 1, 2, 3, 4].map((m) => bench.event({ t: start + m * MINUTE, person: null, profile: 'unidentified' })),
    bench.event({ t: start, ...GRAVE, person: bench.school.people.year7.id, outcome: 'allow' }),
  ];
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  for (let round = 0; round < 6; round++) {
    const bench = await monitored({ config: b.school.deps.config }, b.t);
    const events = story(bench)
      .map((e) => [random(), e] as const)
      .sort(([x], [y]) => x - y)
      .map(([, e]) => e);
    const batches: (typeof events)[] = [];
    while (events.length > 0) batches.push(events.splice(0, 1 + Math.floor(random() * (round === 0 ? 100 : 8))));
    const deliveries = batches.flatMap((events, i) => [() => bench.deliver(events, i), () => bench.deliver(events, i)]);
    if (round % 2) await Promise.all(deliveries.map((d) => d()));
    else for (const d of deliveries) await d();
    const { year7, year8 } = bench.school.people;
    const alerts = await alertsOf(bench);
    assert.deepEqual(
      alerts.map((a) => `${a.detector} ${a.category} ${a.subject} ${a.hits}`).sort(),
      [
        `grave self-harm ${year7.id} 1`,
        `grave self-harm ${year8.id} 2`,
        `repeated games ${year8.id} 6`,
        'repeated games null 5',
      ].sort(),
      `round ${round}`,
    );
  }
});
