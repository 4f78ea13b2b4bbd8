import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { MINUTE } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import { authenticate, identityRoom, PLACE_COOKIE, setPassword, verifyCredentials } from '#rooms/identity/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import {
  type Browser,
  browser,
  everyRouteDenies,
  type Pages,
  type Part,
  pagesFor,
  type TestSchool,
  testSchool,
} from '#testing/web.ts';
import { createWebApp, SESSION_COOKIE, type WebApp } from '#web/index.ts';
import { computersRoutes } from './computers.routes.ts';
import { COMPUTER_COOKIE, PROOF_FOR, provenComputer } from './computers.service.ts';
import { answerOf, newTestComputer, type TestComputer } from './fixture.ts';
import { isSigned, readKey } from './key.rules.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
let laptop: TestComputer;
/** What the browser at the laptop holds once it was registered. */
let registered: { id: string; token: string; place: string };

/** A page that says what its request proved. */
const room = (school: TestSchool) => ({
  name: 'incidents',
  routes: (app: WebApp) => {
    computersRoutes(app, school.deps);
    app.get('/proven', { config: { access: 'signed-in' } }, async (request) => ({
      computer: await provenComputer(school.deps, request),
    }));
  },
});
const at = (part: Part, address = '10.0.0.7', more: Record<string, string> = {}): Browser => {
  pages.as(s.people[part]);
  return browser(pages.app, { [SESSION_COOKIE]: s.people[part].id, ...more }, s.people[part].viewer.csrf, address);
};
const proven = async (from: Browser): Promise<string | null> =>
  (await from.get('/proven', { accept: 'application/json' })).json<{ computer: string | null }>().computer;
const left = (answer: Awaited<ReturnType<Browser['get']>>, name: string): string =>
  answer.cookies.find((c) => c.name === name)?.value ?? '';
const json = { accept: 'application/json' };

before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'tuition-centre' });
  pages = await pagesFor(s.deps, room(s));
  laptop = await newTestComputer();
  const ict = at('ictManager');
  const answer = await ict.post('/cases/computers', {
    name: 'Office laptop',
    place: 'Head’s office',
    key: laptop.key,
    ...(await answerOf(ict, laptop)),
  });
  assert.equal(answer.statusCode, 303, answer.body);
  const [row] = await t.asOwner<{ id: string }>('select id from designated_computer where school_id = $1', [s.id]);
  registered = { id: row?.id ?? '', token: left(answer, COMPUTER_COOKIE), place: left(answer, PLACE_COOKIE) };
});
after(async () => {
  await pages.close();
  await t.drop();
});

test('the routes of computers are open to exactly these duties', async () => {
  const keepers = pages.app.routeTable.filter((r) => typeof r.access === 'object' && r.access.duties.length === 2);
  assert.deepEqual(
    keepers.map((r) => [r.method, r.url, typeof r.access === 'object' && r.access.duties]),
    [
      ['POST', '/cases/computers', ['ict-manager', 'head']],
      ['POST', '/cases/computers/:id/retire', ['ict-manager', 'head']],
    ],
  );
  assert.ok((await everyRouteDenies(pages, s)) >= 6);
});

test('INC-06 a request comes from the computer only where its session proved it by the key, at that address, within half an hour', async () => {
  const dsl = at('dsl');
  const { id } = registered;
  const answer = await dsl.post('/cases/computers/prove', { computer: id, ...(await answerOf(dsl, laptop)) }, json);
  assert.equal(answer.statusCode, 200, answer.body);
  const token = left(answer, COMPUTER_COOKIE);
  const cookie = answer.cookies.find((c) => c.name === COMPUTER_COOKIE);
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);
  const holding = { [COMPUTER_COOKIE]: token };
  assert.equal(await proven(at('dsl', '10.0.0.7', holding)), id);
  assert.equal(await proven(at('dsl')), null, 'without what it was given');
  assert.equal(await proven(at('dsl', '10.0.0.8', holding)), null, 'at another address');
  assert.equal(await proven(at('head', '10.0.0.7', holding)), null, 'in another sign-in');
  assert.equal(await proven(at('dsl', '10.0.0.7', { [COMPUTER_COOKIE]: id })), null, 'its name is no proof');
  assert.equal(await proven(at('dsl', '10.0.0.7', { [COMPUTER_COOKIE]: 'Office laptop' })), null);
  s.clock.advance(PROOF_FOR);
  assert.equal(await proven(at('dsl', '10.0.0.7', holding)), null, 'half an hour later');
});

test('INC-06 nothing but the key proves it: another key, an old answer, another’s challenge and no answer are refused', async () => {
  const dsl = at('dsl');
  const { id } = registered;
  const refused = async (by: Browser, fields: Record<string, string>, why: string) => {
    const answer = await by.post('/cases/computers/prove', { computer: id, ...fields }, json);
    assert.equal(answer.statusCode, 403, why);
    assert.equal(left(answer, COMPUTER_COOKIE), '', why);
  };
  await refused(dsl, await answerOf(dsl, await newTestComputer()), 'another computer’s key');
  const once = await answerOf(dsl, laptop);
  assert.equal((await dsl.post('/cases/computers/prove', { computer: id, ...once }, json)).statusCode, 200);
  await refused(dsl, once, 'said once more');
  await refused(at('head'), await answerOf(dsl, laptop), 'a challenge of another session');
  await refused(at('dsl', '10.0.0.8'), await answerOf(dsl, laptop), 'a challenge of another address');
  const late = await answerOf(dsl, laptop);
  s.clock.advance(3 * MINUTE);
  await refused(dsl, late, 'too late');
  await refused(dsl, { challenge: 'Office laptop', signature: '' }, 'a typed name');
  const self = 'made-up-challenge';
  await refused(dsl, { challenge: self, signature: await laptop.sign(self) }, 'a challenge of one’s own');
});

test('INC-06 whoever registers a computer proves its key, and one key and one name stand for one computer', async () => {
  const head = at('head', '10.0.0.9');
  const fresh = await newTestComputer();
  const register = async (fields: Record<string, string>) =>
    (await head.post('/cases/computers', { name: 'Second', place: '', ...fields })).statusCode;
  assert.equal(await register({ key: fresh.key, ...(await answerOf(head, laptop)) }), 403, 'the key is not at hand');
  assert.equal(await register({ key: laptop.key, ...(await answerOf(head, laptop)) }), 409, 'registered already');
  assert.equal(await register({ name: 'Office laptop', key: fresh.key, ...(await answerOf(head, fresh)) }), 409);
  const scriptless = await head.post('/cases/computers', {
    name: 'Second',
    place: '',
    key: '',
    challenge: '',
    signature: '',
  });
  assert.equal(scriptless.statusCode, 400);
  assert.match(scriptless.body, /Scripts must be allowed for this page/);
  assert.equal(await register({ key: fresh.key, ...(await answerOf(head, fresh)) }), 303);
});

test('INC-06 pupils do not sign in on it: by page at its address, by page in its browser anywhere, at the proxy', async () => {
  const password = 'Lantern%Bridge7';
  const { deps } = s;
  for (const part of ['year8', 'teacher'] as const) {
    await deps.db.in(systemContext(s.id), (tx) =>
      setPassword(tx, deps, s.people[part].context, { person: s.people[part].id, password }),
    );
  }
  const app = await createWebApp({
    ...deps,
    pagesUrl: 'http://127.0.0.1',
    authenticate: authenticate(deps),
    rooms: [identityRoom(deps)],
    rateLimit: 100_000,
  });
  const signIn = async (part: Part, address: string, cookies: Record<string, string> = {}) => {
    const { username } = s.people[part];
    return browser(app, cookies, undefined, address).post('/sign-in', {
      school: s.slug,
      username,
      password,
      notice: '1',
    });
  };
  const atProxy = (part: Part, address: string) =>
    verifyCredentials(deps, { school: s.id, username: s.people[part].username, password, address, via: 'proxy' });
  try {
    const refused = await signIn('year8', '10.0.0.7');
    assert.equal(refused.statusCode, 401, refused.body);
    assert.match(refused.body, /set apart, and pupils do not use it/);
    const [row] = await t.asOwner<{ browser: Buffer }>('select browser from sign_in_refusal where of = $1', [
      registered.id,
    ]);
    assert.ok(row);
    // The place cookie is new with every proof; the last one counts.
    const dsl = at('dsl');
    const answer = await dsl.post(
      '/cases/computers/prove',
      { computer: registered.id, ...(await answerOf(dsl, laptop)) },
      json,
    );
    const place = { [PLACE_COOKIE]: left(answer, PLACE_COOKIE) };
    assert.equal((await signIn('year8', '10.0.0.200', place)).statusCode, 401, 'moved to another address');
    assert.equal((await signIn('year8', '10.0.0.200')).statusCode, 303, 'any other computer');
    assert.equal((await signIn('teacher', '10.0.0.7')).statusCode, 303, 'staff');
    assert.equal(await atProxy('year8', '10.0.0.7'), null);
    assert.equal(await atProxy('year8', '10.0.0.200'), s.people.year8.id);
    assert.equal(await atProxy('teacher', '10.0.0.7'), s.people.teacher.id);
  } finally {
    await app.close();
  }
});

test('INC-06 a computer that is taken out of use proves nothing any more; the reason is needed and everything is recorded', async () => {
  const head = at('head');
  const url = `/cases/computers/${registered.id}/retire`;
  assert.equal((await head.post(url, { reason: 'no' })).statusCode, 400);
  assert.equal((await head.post(url, { reason: 'The police have taken it away.' })).statusCode, 303);
  assert.equal((await head.post(url, { reason: 'The police have taken it away.' })).statusCode, 404, 'twice');
  const dsl = at('dsl');
  const again = await dsl.post(
    '/cases/computers/prove',
    { computer: registered.id, ...(await answerOf(dsl, laptop)) },
    json,
  );
  assert.equal(again.statusCode, 404);
  assert.equal(await proven(at('ictManager', '10.0.0.7', { [COMPUTER_COOKIE]: registered.token })), null);
  const said = await t.asOwner<{ action: string }>(
    `select distinct action from ledger_entry where school_id = $1 and object_kind = 'computer' order by 1`,
    [s.id],
  );
  assert.deepEqual(
    said.map((r) => r.action),
    ['computer.prove', 'computer.register', 'computer.retire'],
  );
  const page = await head.get('/cases/computers?q=office');
  assert.match(page.body, /No longer set apart/);
  assert.doesNotMatch(page.body, /Second/);
});

test('INC-06 whatever bytes are sent for a key or a signature, they are refused and nothing breaks', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 80 }),
      fc.string(),
      (key, signature, text) => {
        assert.equal(readKey(Buffer.from(key)), null);
        assert.equal(isSigned(Buffer.from(laptop.key, 'base64'), text, Buffer.from(signature)), false);
      },
    ),
  );
});
