import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, TestClock } from '#core/clock.ts';
import { digestToken } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import { shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { browser, type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { createWebApp, SESSION_COOKIE, type WebApp } from '#web/index.ts';
import { overduePasswords, setPassword, tryCredentials, verifyCredentials } from './credentials.ts';
import { identityRoom } from './index.ts';
import { authenticate, presence } from './sessions.ts';

const OLD = 'Lantern%Bridge7';
const NEW = 'Marble%Otter8';
/** The Friday before half term, and the Monday after it. */
const FRIDAY = Temporal.Instant.from('2026-10-23T09:00:00Z').epochMilliseconds;
const MONDAY = Temporal.Instant.from('2026-11-02T09:00:00Z').epochMilliseconds;

let t: TestDatabase;
let centre: TestSchool;
let secondary: TestSchool;
let apps: Map<TestSchool, WebApp>;
before(async () => {
  t = await testDatabase();
  apps = new Map();
  centre = await school('tuition-centre');
  secondary = await school('secondary-school');
});
after(async () => {
  for (const app of apps.values()) await app.close();
  await t.drop();
});

async function school(policy: 'tuition-centre' | 'secondary-school'): Promise<TestSchool> {
  const s = await testSchool(t, { policy, clock: new TestClock(FRIDAY) });
  await t.asOwner(
    `insert into term (school_id, name, starts, ends, half_term_starts, half_term_ends)
     values ($1, 'Autumn', '2026-09-02', '2026-12-18', '2026-10-26', '2026-10-30')`,
    [s.id],
  );
  const app = await createWebApp({
    ...s.deps,
    pagesUrl: 'http://127.0.0.1',
    authenticate: authenticate(s.deps),
    rooms: [identityRoom(s.deps)],
    rateLimit: 100_000,
  });
  apps.set(s, app);
  return s;
}

const system = <T>(s: TestSchool, work: Parameters<typeof t.db.in<T>>[1]) => t.db.in(systemContext(s.id), work);
const choose = (s: TestSchool, part: Part, password: string) =>
  system(s, (tx) => setPassword(tx, s.deps, s.people[part].context, { person: s.people[part].id, password }));
const tryAs = (s: TestSchool, part: Part, password: string, via: 'page' | 'proxy') => ({
  school: s.id,
  username: s.people[part].username,
  password,
  address: '192.0.2.7',
  via,
});

/** Sign in on the page; whoever may not gets the answer, whoever may a browser. */
async function signIn(s: TestSchool, part: Part, password: string) {
  const app = apps.get(s) as WebApp;
  const answer = await browser(app, {}).post('/sign-in', {
    school: s.slug,
    username: s.people[part].username,
    password,
    notice: '1',
  });
  const token = answer.cookies.find((c) => c.name === SESSION_COOKIE)?.value ?? '';
  const [row] = await t.asOwner<{ csrf: string }>('select csrf from web_session where digest = $1', [
    digestToken(token),
  ]);
  return { answer, person: browser(app, { [SESSION_COOKIE]: token }, row?.csrf) };
}

test('IDA-04 in the tuition centre the first sign-in after half term leads only to the change form, and old passwords are refused', async () => {
  const s = centre;
  await choose(s, 'year8', OLD);
  await choose(s, 'teacher', OLD);
  const friday = await signIn(s, 'year8', OLD);
  assert.equal(friday.answer.headers.location, '/');
  assert.equal((await friday.person.get('/me')).statusCode, 200);
  assert.equal(await verifyCredentials(s.deps, tryAs(s, 'year8', OLD, 'proxy')), s.people.year8.id);

  s.clock.advance(MONDAY - FRIDAY);
  const monday = await signIn(s, 'year8', OLD);
  assert.equal(monday.answer.headers.location, '/password');
  for (const url of ['/me', '/people']) {
    assert.equal((await monday.person.get(url)).headers.location, '/password', url);
  }
  const form = (await monday.person.get('/password')).body;
  assert.match(form, /A new half term has begun, and our policy asks for a new password/);
  assert.doesNotMatch(form, /The password you were given/);
  assert.deepEqual(await system(s, (tx) => presence(tx, s.clock.now())), {}, 'the filter knows nobody there yet');
  assert.equal((await tryCredentials(s.deps, tryAs(s, 'year8', OLD, 'proxy'))).outcome, 'must-change');
  assert.equal(await verifyCredentials(s.deps, tryAs(s, 'year8', OLD, 'proxy')), null);

  // Whoever leaves the form without choosing is not locked out.
  const again = await signIn(s, 'year8', OLD);
  assert.equal(again.answer.headers.location, '/password');
  const reused = await again.person.post('/password', { password: OLD, again: OLD });
  assert.equal(reused.statusCode, 400);
  assert.match(reused.body, /This password was used before/);
  const changed = await again.person.post('/password', { password: NEW, again: NEW });
  assert.equal(changed.statusCode, 303);
  assert.equal((await signIn(s, 'year8', OLD)).answer.statusCode, 401);
  const after = await signIn(s, 'year8', NEW);
  assert.equal(after.answer.headers.location, '/');
  assert.equal((await after.person.get('/me')).statusCode, 200);
  assert.equal(await verifyCredentials(s.deps, tryAs(s, 'year8', NEW, 'proxy')), s.people.year8.id);
});

test('IDA-04 in the secondary school, whose policy orders no change, the same person goes straight in', async () => {
  const s = secondary;
  await choose(s, 'year8', OLD);
  s.clock.advance(MONDAY - FRIDAY);
  const monday = await signIn(s, 'year8', OLD);
  assert.equal(monday.answer.headers.location, '/');
  assert.equal((await monday.person.get('/me')).statusCode, 200);
  assert.equal(await verifyCredentials(s.deps, tryAs(s, 'year8', OLD, 'proxy')), s.people.year8.id);
  assert.equal(await system(s, (tx) => overduePasswords(tx, s.clock.now())), null);
});

test('CAL-01 how many have not changed yet is counted, and the count is the school’s own', async () => {
  const state = await system(centre, (tx) => overduePasswords(tx, centre.clock.now()));
  assert.deepEqual(state, { since: new Date('2026-10-31T00:00:00Z'), overdue: 1, people: 2 });
  await t.asOwner(`update person set left_on = '2026-11-01' where id = $1`, [centre.people.teacher.id]);
  assert.deepEqual(await system(centre, (tx) => overduePasswords(tx, centre.clock.now())), {
    since: new Date('2026-10-31T00:00:00Z'),
    overdue: 0,
    people: 1,
  });
});

test('IDA-04 a school without a calendar locks nobody out, and its count says that no boundary is known', async () => {
  const s = await school('tuition-centre');
  await choose(s, 'year7', OLD);
  await t.asOwner('delete from term where school_id = $1', [s.id]);
  s.clock.advance(400 * DAY + HOUR);
  assert.equal((await signIn(s, 'year7', OLD)).answer.headers.location, '/');
  assert.deepEqual(await system(s, (tx) => overduePasswords(tx, s.clock.now())), {
    since: null,
    overdue: 0,
    people: 1,
  });
});

test('IDA-04 D01 a policy may count days instead, and name whose passwords it means', async () => {
  const document = shippedPolicy('secondary-school');
  const passwords = { ...document.passwords, rotation: { every: 'days' as const, days: 30, for: ['staff' as const] } };
  const s = await testSchool(t, { policy: 'secondary-school', clock: new TestClock(FRIDAY) });
  await t.asOwner(`update policy_version set document = jsonb_set(document, '{passwords}', $2) where school_id = $1`, [
    s.id,
    JSON.stringify(passwords),
  ]);
  const outcome = async (part: Part) => {
    const result = await tryCredentials(s.deps, tryAs(s, part, OLD, 'page'));
    return result.outcome === 'ok' ? result.mustChange : result.outcome;
  };
  for (const part of ['teacher', 'year8'] as const) {
    await choose(s, part, OLD);
    await t.asOwner('update credential set must_change = false, first_used_at = now() where person_id = $1', [
      s.people[part].id,
    ]);
  }
  s.clock.advance(29 * DAY);
  assert.deepEqual([await outcome('teacher'), await outcome('year8')], [null, null]);
  s.clock.advance(2 * DAY);
  assert.deepEqual([await outcome('teacher'), await outcome('year8')], ['due', null]);
});
