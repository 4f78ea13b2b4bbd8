import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR, MINUTE } from '#core/clock.ts';
import { digestToken } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Browser, browser, type Part, type TestPerson, type TestSchool, testSchool } from '#testing/web.ts';
import { createWebApp, SESSION_COOKIE, type WebApp } from '#web/index.ts';
import { giveFirstPassword, setPassword, tryCredentials, verifyCredentials } from './credentials.ts';
import { identityJobs, identityRoom } from './index.ts';
import { assignRole, endRole } from './roles.service.ts';
import { authenticate, presence, SESSION_IDLE, SESSION_LENGTH } from './sessions.ts';
import { safeNext } from './sign-in.routes.ts';

const PASSWORD = 'Lantern%Bridge7';
let t: TestDatabase;
let school: TestSchool;
let app: WebApp;
let hash = '';

before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  app = await createWebApp({
    ...school.deps,
    pagesUrl: 'http://127.0.0.1',
    authenticate: authenticate(school.deps),
    rooms: [identityRoom(school.deps)],
    rateLimit: 100_000,
  });
});
after(async () => {
  await app.close();
  await t.drop();
});

const system = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
  school.deps.db.in({ school: school.id, person: null, duties: ['system'] }, work);

/** The same slow hash for everyone: setting it once keeps the tests quick. */
async function withPassword(person: TestPerson): Promise<void> {
  const { deps } = school;
  if (!hash) {
    await system((tx) => setPassword(tx, deps, person.context, { person: person.id, password: PASSWORD }));
    const [row] = await t.asOwner<{ password_hash: string }>(
      `select password_hash from credential where person_id = $1`,
      [person.id],
    );
    hash = row?.password_hash ?? '';
  }
  await t.asOwner(
    `insert into credential (school_id, person_id, password_hash, must_change) values ($1, $2, $3, false)
     on conflict (person_id) do update set password_hash = $3, must_change = false, failed_count = 0, locked_until = null,
       previous_hashes = '{}'`,
    [school.id, person.id, hash],
  );
  await t.asOwner('delete from sign_in_attempt');
}

interface SignInOptions {
  readonly password?: string;
  readonly next?: string;
  readonly notice?: string;
  readonly address?: string;
  readonly cookie?: string;
}

function postSignIn(username: string, o: SignInOptions = {}) {
  return app.inject({
    method: 'POST',
    url: '/sign-in',
    remoteAddress: o.address ?? '192.0.2.10',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(o.cookie ? { cookie: o.cookie } : {}) },
    payload: new URLSearchParams({
      school: school.slug,
      username,
      password: o.password ?? PASSWORD,
      notice: o.notice ?? '1',
      next: o.next ?? '/',
    }).toString(),
  });
}

async function signedIn(part: Part, o: SignInOptions = {}): Promise<Browser & { token: string }> {
  const answer = await postSignIn(school.people[part].username, o);
  assert.equal(answer.statusCode, 303, answer.body);
  const token = answer.cookies.find((c) => c.name === SESSION_COOKIE)?.value ?? '';
  const [row] = await t.asOwner<{ csrf: string }>('select csrf from web_session where digest = $1', [
    digestToken(token),
  ]);
  return { ...browser(app, { [SESSION_COOKIE]: token }, row?.csrf, o.address ?? '192.0.2.10'), token };
}

test('IDA-05 nobody gets past the sign-in page without signing in', async () => {
  const nobody = browser(app, {});
  for (const url of ['/me', '/people', '/people/new', '/password', '/people/import']) {
    const answer = await nobody.get(url);
    assert.equal(answer.headers.location, `/sign-in?next=${encodeURIComponent(url)}`, url);
  }
  const forged = browser(app, { [SESSION_COOKIE]: 'x'.repeat(43) });
  assert.equal((await forged.get('/me')).statusCode, 303);
});

test('MON-04 nobody signs in without being shown the notice of the policy in force, and accepting it is recorded', async () => {
  const { teacher } = school.people;
  await withPassword(teacher);
  const page = await browser(app, {}).get('/sign-in');
  assert.match(page.body, /keeps a record of the websites you visit/);
  assert.match(page.body, /name="notice" value="1"/);
  assert.match(page.body, /I understand, sign in/);
  for (const notice of ['', '0', '2']) {
    const answer = await postSignIn(teacher.username, { notice });
    assert.equal(answer.statusCode, 409);
    assert.match(answer.body, /notice about monitoring has changed/);
  }
  await signedIn('teacher');
  const rows = await t.asOwner<{ detail: { notice: number } }>(
    `select detail from ledger_entry where action = 'session.start' and object_id = $1`,
    [teacher.id],
  );
  assert.deepEqual(
    rows.map((r) => r.detail.notice),
    [1],
  );
});

test('MON-04 at the proxy, too, credentials open nothing until the notice was accepted on the sign-in page', async () => {
  const { visitor } = school.people;
  await withPassword(visitor);
  const atProxy = () =>
    verifyCredentials(school.deps, {
      school: school.id,
      username: visitor.username,
      password: PASSWORD,
      address: '192.0.2.77',
      via: 'proxy',
    });
  assert.equal(await atProxy(), null);
  const [attempt] = await t.asOwner('select outcome from sign_in_attempt where person_id = $1', [visitor.id]);
  assert.equal(attempt?.outcome, 'no-notice');
  await signedIn('visitor');
  assert.equal(await atProxy(), visitor.id);
});

test('sign-in sets a cookie that scripts and other sites cannot use, and keeps only its digest', async () => {
  await withPassword(school.people.teacher);
  const answer = await postSignIn('  THEO.Wren ', { next: '/people?q=a' });
  assert.equal(answer.headers.location, '/people?q=a');
  const cookie = answer.cookies.find((c) => c.name === SESSION_COOKIE);
  assert.equal(cookie?.httpOnly, true);
  assert.equal(cookie?.sameSite, 'Lax');
  assert.equal(cookie?.maxAge, undefined);
  assert.match(cookie?.value ?? '', /^[\w-]{43}$/);
  const dump = JSON.stringify(await t.asOwner('select * from web_session'));
  assert.doesNotMatch(dump, new RegExp(cookie?.value ?? ''));
});

test('over https the cookie travels only over https', async () => {
  await withPassword(school.people.teacher);
  const deps = { ...school.deps, config: { ...school.deps.config, pagesUrl: 'https://gatehouse.example' } };
  const secure = await createWebApp({
    ...deps,
    pagesUrl: deps.config.pagesUrl,
    authenticate: authenticate(deps),
    rooms: [identityRoom(deps)],
  });
  const answer = await browser(secure, {}).post('/sign-in', {
    school: school.slug,
    username: 'theo.wren',
    password: PASSWORD,
    notice: '1',
  });
  assert.equal(answer.cookies.find((c) => c.name === SESSION_COOKIE)?.secure, true);
  await secure.close();
});

test('after sign-in nobody is led to another site', () => {
  for (const next of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/sign-in',
    '',
    undefined,
    '/\t/evil.example',
    '/.//evil.example',
    '/people/..//evil.example',
    '/%2e/%2E%2e//evil.example/x?y',
  ]) {
    assert.equal(safeNext(next), '/', String(next));
  }
  assert.equal(safeNext('/cases/12?tab=notes'), '/cases/12?tab=notes');
});

test('a session that was there before sign-in is not the one after it', async () => {
  await withPassword(school.people.teacher);
  await withPassword(school.people.head);
  const first = await signedIn('teacher');
  const planted = await postSignIn('hetty.vale', { cookie: `${SESSION_COOKIE}=planted-by-somebody` });
  assert.notEqual(planted.cookies.find((c) => c.name === SESSION_COOKIE)?.value, 'planted-by-somebody');
  const again = await first.post('/sign-in', {
    school: school.slug,
    username: 'hetty.vale',
    password: PASSWORD,
    notice: '1',
  });
  assert.equal(again.statusCode, 303);
  assert.equal((await first.get('/me')).statusCode, 303, 'the old session has ended');
});

test('wrong name and wrong password are answered alike, and every try is kept', async () => {
  await withPassword(school.people.teacher);
  const wrong = await postSignIn('theo.wren', { password: 'x' });
  const nobody = await postSignIn('no.such.person', { password: 'x' });
  assert.deepEqual([wrong.statusCode, nobody.statusCode], [401, 401]);
  const plain = (body: string) => body.replaceAll('no.such.person', 'theo.wren').replace(/nonce="[^"]*"/g, '');
  assert.equal(plain(wrong.body), plain(nobody.body));
  const rows = await t.asOwner<{ outcome: string }>('select outcome from sign_in_attempt order by id');
  assert.deepEqual(
    rows.map((r) => r.outcome),
    ['wrong-password', 'unknown'],
  );
  assert.doesNotMatch(JSON.stringify(school.logged), /theo|wren/i);
});

test('five wrong tries rest the account for a minute, then longer; a right one at the end opens it', async () => {
  const { teacher } = school.people;
  await withPassword(teacher);
  const attempt = async (password: string) =>
    (
      await tryCredentials(school.deps, {
        school: school.id,
        username: teacher.username,
        password,
        address: '192.0.2.9',
        via: 'page',
      })
    ).outcome;
  for (let i = 0; i < 5; i++) assert.equal(await attempt('wrong'), 'wrong-password');
  assert.equal(await attempt(PASSWORD), 'locked');
  school.clock.advance(MINUTE + 1);
  assert.equal(await attempt('wrong'), 'wrong-password');
  school.clock.advance(MINUTE + 1);
  assert.equal(await attempt(PASSWORD), 'locked', 'the second rest is twice as long');
  school.clock.advance(MINUTE);
  assert.equal(await attempt(PASSWORD), 'ok');
  assert.equal(await attempt('wrong'), 'wrong-password');
  assert.equal(await attempt(PASSWORD), 'ok', 'the count began anew');
});

test('thirty guesses at once are no more than five in a row', async () => {
  const { teacher } = school.people;
  await withPassword(teacher);
  const guesses = Array.from({ length: 30 }, (_, i) =>
    tryCredentials(school.deps, {
      school: school.id,
      username: teacher.username,
      password: `guess ${i}`,
      address: `192.0.2.${i}`,
      via: 'proxy',
    }),
  );
  const outcomes = (await Promise.all(guesses)).map((r) => r.outcome);
  assert.equal(outcomes.filter((o) => o === 'wrong-password').length, 5);
  assert.equal(outcomes.filter((o) => o === 'locked').length, 25);
});

test('one address that guesses at many names has to wait; others do not', async () => {
  const { teacher } = school.people;
  await withPassword(teacher);
  await t.asOwner(
    `insert into sign_in_attempt (school_id, at, address, via, outcome)
     select $1, $2, '192.0.2.66', 'page', 'unknown' from generate_series(1, 60)`,
    [school.id, new Date(school.clock.now() - MINUTE)],
  );
  const refused = await postSignIn(teacher.username, { address: '192.0.2.66' });
  assert.equal(refused.statusCode, 429);
  assert.match(refused.body, /Wait five minutes/);
  assert.equal((await postSignIn(teacher.username, { address: '192.0.2.67' })).statusCode, 303);
});

test('IDA-03 a first password opens once, leads only to the change form, and nothing readable is stored', async () => {
  const { year8 } = school.people;
  await t.asOwner('delete from sign_in_attempt');
  await t.asOwner('update web_session set ended_at = now()');
  const first = await system((tx) => giveFirstPassword(tx, school.deps, year8.context, year8.id));
  assert.equal(
    await verifyCredentials(school.deps, {
      school: school.id,
      username: year8.username,
      password: first,
      address: '192.0.2.8',
      via: 'proxy',
    }),
    null,
    'the proxy takes no first password',
  );
  const pupil = await signedIn('year8', { password: first });
  for (const url of ['/me', '/people']) assert.equal((await pupil.get(url)).headers.location, '/password');
  assert.equal(Object.keys(await system((tx) => presence(tx, school.clock.now()))).includes('192.0.2.10'), false);

  const again = await postSignIn(year8.username, { password: first });
  assert.equal(again.statusCode, 401);
  assert.match(again.body, /has been used already/);

  const weak = await pupil.post('/password', { password: 'Password1', again: 'Password1' });
  assert.equal(weak.statusCode, 400);
  assert.match(weak.body, /It needs a special character such as ! or %\./);
  const reused = await pupil.post('/password', { password: first, again: first });
  assert.match(reused.body, /This password was used before/);
  const differs = await pupil.post('/password', { password: 'Grey-Otter-9', again: 'Grey-Otter-8' });
  assert.match(differs.body, /The two new passwords differ/);

  const changed = await pupil.post('/password', { password: 'Grey-Otter-9', again: 'Grey-Otter-9' });
  assert.equal(changed.statusCode, 303);
  const token = changed.cookies.find((c) => c.name === SESSION_COOKIE)?.value ?? '';
  assert.notEqual(token, pupil.token);
  assert.equal((await pupil.get('/me')).headers.location, '/sign-in?next=%2Fme', 'the first session has ended');
  assert.equal((await browser(app, { [SESSION_COOKIE]: token }).get('/me')).statusCode, 200);
  assert.equal((await postSignIn(year8.username, { password: first })).statusCode, 401);

  const [row] = await t.asOwner('select * from credential where person_id = $1', [year8.id]);
  assert.match(String(row?.password_hash), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const everything = JSON.stringify([row, await t.asOwner('select * from ledger_entry'), school.logged]);
  for (const secret of [first, 'Grey-Otter-9']) assert.equal(everything.includes(secret), false);
});

test('changing a password asks for the one before, refuses old ones, and signs out everywhere else', async () => {
  const { head } = school.people;
  await withPassword(head);
  const elsewhere = await signedIn('head', { address: '192.0.2.20' });
  const here = await signedIn('head', { address: '192.0.2.21' });
  const change = (current: string, password: string) => here.post('/password', { current, password, again: password });
  assert.match((await change('not it', 'Grey-Otter-9')).body, /current password is not right/);
  assert.match((await change(PASSWORD, PASSWORD)).body, /used before/);
  assert.equal((await change(PASSWORD, 'Grey-Otter-9')).statusCode, 303);
  assert.equal((await elsewhere.get('/me')).statusCode, 303);
  assert.equal((await here.get('/me')).statusCode, 303);
});

test('a session ends after two idle hours, after twelve in all, at sign-out, and when its person leaves', async () => {
  const { teacher } = school.people;
  await withPassword(teacher);
  const open = async (b: Browser) => (await b.get('/me')).statusCode === 200;

  const idle = await signedIn('teacher');
  school.clock.advance(SESSION_IDLE - MINUTE);
  assert.equal(await open(idle), true);
  school.clock.advance(SESSION_IDLE + MINUTE);
  assert.equal(await open(idle), false);

  const long = await signedIn('teacher');
  for (let at = 0; at < SESSION_LENGTH; at += HOUR) {
    assert.equal(await open(long), true);
    school.clock.advance(HOUR);
  }
  assert.equal(await open(long), false);

  const out = await signedIn('teacher');
  const left = await out.follow(await out.post('/sign-out'));
  assert.match(left.body, /You have signed out\./);
  assert.equal(await open(out), false);

  const leaver = await signedIn('teacher');
  await t.asOwner(`update person set left_on = '2026-01-01' where id = $1`, [teacher.id]);
  assert.equal(await open(leaver), false);
  assert.equal((await postSignIn(teacher.username)).statusCode, 401);
  await t.asOwner(`update person set left_on = null where id = $1`, [teacher.id]);
});

test('the filter knows who sits at an address: the last to sign in there, until they leave', async () => {
  const now = () => system((tx) => presence(tx, school.clock.now()));
  await t.asOwner('update web_session set ended_at = now()');
  for (const part of ['teacher', 'head'] as const) await withPassword(school.people[part]);
  const [before] = await t.asOwner<{ n: string }>('select presence_number n from school');

  const teacher = await signedIn('teacher', { address: '::ffff:192.0.2.30' });
  assert.deepEqual(await now(), {
    '192.0.2.30': { person: school.people.teacher.id, until: school.clock.now() + SESSION_IDLE },
  });
  const head = await signedIn('head', { address: '192.0.2.30' });
  assert.equal((await now())['192.0.2.30']?.person, school.people.head.id);
  await head.post('/sign-out');
  assert.deepEqual(await now(), {}, 'whoever was there before does not come back');

  await app.inject({ url: '/me', remoteAddress: '192.0.2.31', cookies: { [SESSION_COOKIE]: teacher.token } });
  assert.deepEqual(await now(), {}, 'a session that lost its address does not take another');

  const moving = await signedIn('teacher', { address: '192.0.2.32' });
  await app.inject({ url: '/me', remoteAddress: '192.0.2.33', cookies: { [SESSION_COOKIE]: moving.token } });
  assert.deepEqual(Object.keys(await now()), ['192.0.2.33'], 'the filter follows a device to its next address');
  const [after] = await t.asOwner<{ n: string }>('select presence_number n from school');
  assert.ok(Number(after?.n) >= Number(before?.n) + 4);
});

test('every hour sessions and accounts that have run out are closed', async () => {
  const { teacher } = school.people;
  await withPassword(teacher);
  await signedIn('teacher', { address: '192.0.2.40' });
  await t.asOwner(`update person set left_on = '2026-01-01' where id = $1`, [teacher.id]);
  school.clock.advance(SESSION_LENGTH + HOUR);
  const [before] = await t.asOwner<{ n: string }>('select presence_number n from school');
  await identityJobs(school.deps).tasks['identity.sweep']?.({});
  assert.equal((await t.asOwner('select 1 from web_session where ended_at is null')).length, 0);
  assert.equal(
    (await t.asOwner('select 1 from role_holding where person_id = $1 and until_at is null', [teacher.id])).length,
    0,
  );
  const [after] = await t.asOwner<{ n: string }>('select presence_number n from school');
  assert.ok(Number(after?.n) > Number(before?.n));
  await t.asOwner(`update person set left_on = null where id = $1`, [teacher.id]);
});

test('a role that has just ended is gone with the next page', async () => {
  const { staff, administrator } = school.people;
  await withPassword(staff);
  const by = administrator.context;
  await system((tx) => assignRole(tx, school.deps, by, { person: staff.id, role: 'ict-manager', rank: 'deputy' }));
  const person = await signedIn('staff');
  assert.equal((await person.get('/people')).statusCode, 200);
  const [holding] = await t.asOwner<{ id: string }>(
    `select id from role_holding where person_id = $1 and until_at is null`,
    [staff.id],
  );
  await system((tx) => endRole(tx, school.deps, by, { person: staff.id, holding: holding?.id ?? '' }));
  assert.equal((await person.get('/people')).statusCode, 403);
});

test('people see on their own page where they are signed in and who tried, and can end the others', async () => {
  const { head } = school.people;
  await withPassword(head);
  await postSignIn(head.username, { password: 'not it', address: '198.51.100.7' });
  const other = await signedIn('head', { address: '192.0.2.50' });
  const here = await signedIn('head', { address: '192.0.2.51' });
  const page = (await here.get('/me')).body;
  assert.match(page, /198\.51\.100\.7/);
  assert.match(page, /Wrong password/);
  assert.match(page, /192\.0\.2\.50/);
  assert.match(page, /Sign out everywhere else/);
  const after = await here.follow(await here.post('/me/end-others'));
  assert.match(after.body, /signed in only here/);
  assert.equal((await other.get('/me')).statusCode, 303);
});

test('with several schools the school is chosen first, since the notice is the school’s', async () => {
  const other = await testSchool(t, { policy: 'tuition-centre', clock: school.clock });
  const nobody = browser(app, {});
  const choose = (await nobody.get('/sign-in')).body;
  assert.match(choose, /Which school are you at\?/);
  assert.match((await nobody.get(`/sign-in?school=${other.slug}`)).body, /The centre keeps a record/);
  await withPassword(school.people.head);
  const elsewhere = await nobody.post('/sign-in', {
    school: other.slug,
    username: 'hetty.vale',
    password: PASSWORD,
    notice: '1',
  });
  assert.equal(elsewhere.statusCode, 401, 'a password opens only its own school');
  const none = await nobody.post('/sign-in', { school: 'nowhere', username: 'a', password: 'b', notice: '1' });
  assert.equal(none.statusCode, 400);
});
