import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { TestClock } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { newToken } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import { bumpPresence, bumpSnapshot } from '#platform/school.ts';
import type { FeedAnswer, GatewayStatus } from '#policy/feed.ts';
import { open, type Presence, type Snapshot } from '#policy/index.ts';
import { addAddress } from '#rooms/devices/index.ts';
import { setPassword } from '#rooms/identity/index.ts';
import { profilesInForce } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from './filtering.routes.ts';
import { enrolGateway, type GatewayTrouble, troubleIn } from './gateways.service.ts';
import { indexFile } from './lists.service.ts';
import { buildSnapshot } from './snapshot.service.ts';
import { filteringSchool } from './testing.ts';

let t: TestDatabase;
let school: TestSchool;
let other: TestSchool;
let pages: Pages;
let publicKey: string;
let token: string;
const troubles: GatewayTrouble[] = [];

before(async () => {
  t = await testDatabase();
  school = await filteringSchool(t);
  other = await filteringSchool(t);
  const onGatewayTrouble = async (_tx: Tx, trouble: GatewayTrouble) => void troubles.push(trouble);
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble }));
  publicKey = (await t.asOwner(`select signing_public from installation`))[0]?.signing_public;
  token = await enrol(school, 'Main building');
});
after(async () => {
  await pages.close();
  await t.drop();
});

const enrol = (s: TestSchool, name: string) => {
  const by = s.people.ictManager.context;
  return t.db.in(by, (tx) => enrolGateway(tx, s.deps, by, name));
};
const ask = (url: string, bearer: string | null = token) =>
  pages.app.inject({ url, headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` } });
const post = (url: string, payload: object, bearer = token) =>
  pages.app.inject({ method: 'POST', url, payload, headers: { authorization: `Bearer ${bearer}` } });
const feed = async (snapshot: number, presence: number) => {
  const answer = await ask(`/gateway/feed?snapshot=${snapshot}&presence=${presence}`);
  const body: FeedAnswer = answer.statusCode === 200 ? answer.json() : {};
  const part = <T extends Snapshot | Presence>(sealed: string | undefined): T | null => {
    if (sealed === undefined) return null;
    const opened = open<T>(sealed, publicKey);
    assert.ok(opened.ok);
    return opened.part;
  };
  return {
    status: answer.statusCode,
    snapshot: part<Snapshot>(body.snapshot),
    presence: part<Presence>(body.presence),
  };
};
const numbers = async () => {
  const { snapshot, presence } = await feed(0, 0);
  assert.ok(snapshot && presence);
  return [snapshot.number, presence.number] as const;
};

test('no gateway route answers without the token of an enrolled gateway', async () => {
  const routes = [
    ['GET', '/gateway/feed?snapshot=0&presence=0'],
    ['GET', `/gateway/index/${'0'.repeat(64)}`],
    ['POST', '/gateway/verify'],
    ['POST', '/gateway/status'],
  ] as const;
  const bodies: Record<string, object> = {
    '/gateway/verify': { username: 'a', password: 'b', address: '127.0.0.1' },
    '/gateway/status': status({}),
  };
  for (const [method, url] of routes) {
    for (const authorization of ['', 'Bearer x', `Bearer ${newToken()}`, `Basic ${token}`]) {
      const payload = bodies[url];
      const answer = await pages.app.inject({ method, url, headers: { authorization }, ...(payload && { payload }) });
      assert.equal(answer.statusCode, 401, `${method} ${url} ${authorization}`);
    }
  }
});

test('a gateway’s token is kept only as a digest, and its name is used once', async () => {
  const rows = await t.asOwner(`select token_digest, name from gateway where school_id = $1`, [school.id]);
  assert.ok(rows.every((r) => !r.token_digest.toString().includes(token)));
  assert.ok(rows.some((r) => r.token_digest.equals(createHash('sha256').update(token).digest())));
  await assert.rejects(enrol(school, 'Main building'), /of this name already/);
  await assert.rejects(enrol(school, '  '), /name for the gateway/);
});

test('the snapshot holds policy, lists, people and addresses of this school, signed; the most specific address first', async () => {
  const known = { profiles: profilesInForce };
  const by = school.people.ictManager.context;
  await addAddress(school.deps, by, known, { cidr: '10.1.0.0/16', label: 'School', profile: 'guest' });
  await addAddress(school.deps, by, known, { cidr: '10.1.7.9', label: 'Zed’s tablet', username: 'zed.pupil' });
  await addAddress(school.deps, by, known, { cidr: '10.1.7.0/24', label: 'Library', profile: 'pupil-7' });
  const { snapshot } = await feed(0, 0);
  assert.ok(snapshot);
  assert.equal(snapshot.school.id, school.id);
  assert.equal(snapshot.policy.title, JSON.parse(readFileSync('policies/secondary-school.json', 'utf8')).title);
  assert.equal(snapshot.people[school.people.year7.id]?.profile, 'pupil-7');
  assert.equal(snapshot.people[school.people.teacher.id]?.profile, 'staff');
  assert.equal(snapshot.people[school.people.parent.id]?.profile, 'guest');
  assert.ok(!(other.people.teacher.id in snapshot.people));
  assert.deepEqual(
    snapshot.addresses.map((a) => [a.cidr, a.profile, a.person, a.device !== null]),
    [
      ['10.1.7.9/32', 'pupil-8', school.people.year8.id, true],
      ['10.1.7.0/24', 'pupil-7', null, false],
      ['10.1.0.0/16', 'guest', null, false],
    ],
  );
  const { safety, ...settings } = snapshot.settings;
  assert.deepEqual(settings, { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'accept' });
  assert.deepEqual(Object.keys(safety ?? {}).sort(), snapshot.policy.profiles.map((p) => p.id).sort());
  assert.match(snapshot.index ?? '', /^[0-9a-f]{64}$/);
});

test('somebody who has left is in no snapshot', async () => {
  const { visitor } = school.people;
  await t.asOwner('update person set left_on = $2 where id = $1', [
    visitor.id,
    dayIn('Europe/London', school.clock.now()),
  ]);
  await t.db.in(school.people.ictManager.context, (tx) => bumpSnapshot(tx, school.id));
  const { snapshot } = await feed(0, 0);
  assert.equal(snapshot?.people[visitor.id], undefined);
});

test('who leaves today is left out from the school’s own midnight, not from midnight in Greenwich', async () => {
  const { volunteer, ictManager } = school.people;
  await t.asOwner(`update person set left_on = '2027-06-10' where id = $1`, [volunteer.id]);
  const known = async (at: string) => {
    const deps = { ...school.deps, clock: new TestClock(new Date(at)) };
    const snapshot = await t.db.in(ictManager.context, (tx) => buildSnapshot(tx, deps));
    return snapshot?.people[volunteer.id] !== undefined;
  };
  // British Summer Time: the 10th begins at 23:00 UTC on the 9th.
  assert.equal(await known('2027-06-09T22:59:00Z'), true);
  assert.equal(await known('2027-06-09T23:01:00Z'), false);
});

test('a gateway that waits hears within moments what changed, and only that', async () => {
  const have = await numbers();
  const waiting = [feed(...have), feed(...have)];
  await new Promise((r) => setTimeout(r, 300));
  const began = Date.now();
  await t.db.in(school.people.ictManager.context, (tx) => bumpPresence(tx, school.id));
  for (const { status, snapshot, presence } of await Promise.all(waiting)) {
    assert.equal(status, 200);
    assert.equal(snapshot, null);
    assert.ok(presence && presence.number > have[1]);
  }
  assert.ok(Date.now() - began < 2000);

  const later = feed(...(await numbers()));
  await new Promise((r) => setTimeout(r, 100));
  await t.db.in(other.people.ictManager.context, (tx) => bumpSnapshot(tx, other.id));
  await t.db.in(school.people.ictManager.context, (tx) => bumpSnapshot(tx, school.id));
  const { snapshot, presence } = await later;
  assert.ok(snapshot && snapshot.number > have[0]);
  assert.equal(presence, null);
});

test('a gateway gets the index of its own school and of no other', async () => {
  const { snapshot } = await feed(0, 0);
  const sha256 = snapshot?.index ?? '';
  const answer = await ask(`/gateway/index/${sha256}`);
  assert.equal(answer.statusCode, 200);
  assert.equal(createHash('sha256').update(answer.rawPayload).digest('hex'), sha256);
  assert.ok(answer.rawPayload.equals(readFileSync(indexFile(school.deps, sha256))));
  const stranger = await enrol(other, 'Elsewhere');
  assert.equal((await ask(`/gateway/index/${sha256}`, stranger)).statusCode, 404);
  assert.equal((await ask(`/gateway/index/${'0'.repeat(64)}`)).statusCode, 404);
  assert.equal((await ask('/gateway/index/..%2f..%2fdatabase-url')).statusCode, 400);
});

test('proxy credentials are checked against the people of the gateway’s own school', async () => {
  const { teacher } = school.people;
  const password = 'Kestrel-over-7-hills!';
  await t.db.in(teacher.context, (tx) =>
    setPassword(tx, school.deps, teacher.context, { person: teacher.id, password }),
  );
  await t.asOwner('update credential set notice_version = 1 where person_id = $1', [teacher.id]);
  const question = { username: teacher.username, password, address: '10.0.0.1' };
  assert.deepEqual((await post('/gateway/verify', question)).json(), { person: teacher.id });
  const stranger = await enrol(other, 'Annexe');
  assert.deepEqual((await post('/gateway/verify', question, stranger)).json(), { person: null });
  const wrong = await post('/gateway/verify', { username: teacher.username, password: 'wrong', address: '10.0.0.1' });
  assert.deepEqual([wrong.statusCode, wrong.json()], [200, { person: null }]);
  const odd = await post('/gateway/verify', { username: 'a', password: 'b', address: 'not an address' });
  assert.equal(odd.statusCode, 400);
});

const status = (s: Partial<GatewayStatus>): GatewayStatus => ({
  snapshot: 7,
  index: null,
  spooled: 0,
  spoolFailing: false,
  awayFrom: null,
  awayUntil: null,
  startedAt: 1,
  ...s,
});

test('a gateway that was away, or cannot keep its record, is trouble that is told once', async () => {
  assert.equal((await post('/gateway/status', status({}))).statusCode, 204);
  assert.equal(troubles.length, 0);
  await post('/gateway/status', status({ awayFrom: 100, awayUntil: 900 }));
  await post('/gateway/status', status({ awayFrom: 100, awayUntil: 900 }));
  await post('/gateway/status', status({ awayFrom: 100, awayUntil: 900, spoolFailing: true }));
  await post('/gateway/status', status({ awayFrom: 100, awayUntil: 900, spoolFailing: true }));
  assert.deepEqual(
    troubles.map((x) => [x.kind, x.from, x.until]),
    [
      ['away', 100, 900],
      ['spool-failing', school.clock.now(), null],
    ],
  );
  const [row] = await t.asOwner(`select id, seen_at, status from gateway where school_id = $1 and name = $2`, [
    school.id,
    'Main building',
  ]);
  assert.equal(row?.seen_at.getTime(), school.clock.now());
  assert.equal(row?.status.spoolFailing, true);
  assert.ok(troubles.every((x) => x.gateway === row?.id));
  assert.equal((await post('/gateway/status', { ...status({}), more: 1 })).statusCode, 400);
});

test('losing every valid snapshot is trouble; not having had one yet is not', () => {
  const kinds = (before: Partial<GatewayStatus>, now: Partial<GatewayStatus>) =>
    [...troubleIn(before, status(now), 5)].map((x) => x.kind);
  assert.deepEqual(kinds({}, { snapshot: null }), []);
  assert.deepEqual(kinds(status({}), { snapshot: null }), ['no-policy']);
  assert.deepEqual(kinds(status({ snapshot: null }), { snapshot: null }), []);
  assert.deepEqual(kinds(status({ awayFrom: 1 }), { awayFrom: 2 }), ['away']);
});
