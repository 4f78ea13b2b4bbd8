import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { digestToken } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { verifyCredentials } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, pagesFor, testSchool } from '#testing/web.ts';
import { governanceRoom } from '../index.ts';
import { FIELDS } from './setup.form.ts';
import { readSetup, slugOf } from './setup.rules.ts';
import { type Enrolled, setUp } from './setup.service.ts';

const example = () =>
  JSON.parse(readFileSync(new URL('../../../../docs/school.example.json', import.meta.url), 'utf8'));
const typed = (more: Record<string, string> = {}): Record<string, string> => ({
  '/school/name': 'Ashgrove School',
  '/school/timeZone': 'Europe/London',
  '/site': 'Main site',
  '/policy': 'secondary-school',
  '/administrator/name': 'Robin Alder',
  '/administrator/username': 'R.Alder',
  '/administrator/email': 'r.alder@ashgrove.example',
  '/dsl/name': 'Merle Rowan',
  '/dsl/username': 'm.rowan',
  '/dsl/email': 'm.rowan@ashgrove.example',
  '/terms/0/name': '',
  '/terms/1/name': 'Autumn 2026',
  '/terms/1/starts': '2026-09-02',
  '/terms/1/ends': '2026-12-18',
  '/mail/security': 'starttls',
  ...more,
});

let t: TestDatabase;
let deps: Deps;
let pages: Pages;
let enrolled: Enrolled[];
let fail = false;
const TOKEN = 'a-token-that-works-once';

/** A fresh installation without any school. */
before(async () => {
  t = await testDatabase();
  deps = (await testSchool(t)).deps;
  pages = await pagesFor(
    deps,
    governanceRoom(deps, {
      onEnrolled: (e) => {
        if (fail) throw new Error('disk full');
        enrolled.push(e);
      },
    }),
  );
});
beforeEach(async () => {
  enrolled = [];
  fail = false;
  await t.asOwner('truncate school, installation cascade');
  await t.asOwner(
    `insert into installation (signing_private, signing_public, ledger_key, setup_digest) values ('private', 'public', $1, $2)`,
    [Buffer.alloc(32), digestToken(TOKEN)],
  );
});
after(async () => {
  await pages.close();
  await t.drop();
});

const nobody = () => pages.as(null);
const post = (fields: Record<string, string>, token = TOKEN) => nobody().post(`/setup/${token}`, fields);
const count = async (table: string) =>
  Number((await t.asOwner<{ n: string }>(`select count(*) as n from ${table}`))[0]?.n);

test('a school is set up in the browser, and both people can sign in with what the last page shows', async () => {
  const page = await nobody().get(`/setup/${TOKEN}`);
  assert.equal(page.statusCode, 200);
  for (const field of FIELDS) assert.ok(page.body.includes(`name="${field}"`), field);
  const answer = await post(typed());
  assert.equal(answer.statusCode, 200, answer.body);
  const passwords = [...answer.body.matchAll(/<code class="gh-code">([^<]+)<\/code>/g)].map((m) => m[1] ?? '');
  assert.deepEqual([passwords[0], passwords[2]], ['r.alder', 'm.rowan']);
  const [school] = await t.asOwner('select * from school');
  assert.deepEqual(
    [school?.name, school?.slug, school?.time_zone],
    ['Ashgrove School', 'ashgrove-school', 'Europe/London'],
  );
  for (const [username, password] of [passwords.slice(0, 2), passwords.slice(2)] as [string, string][]) {
    const person = await verifyCredentials(deps, {
      school: school?.id,
      username,
      password,
      address: '127.0.0.1',
      via: 'page',
    });
    assert.ok(person, username);
  }
  const roles = await t.asOwner(
    `select p.username, array_agg(r.role order by r.role) as roles from role_holding r join person p on p.id = r.person_id group by 1 order by 1`,
  );
  assert.deepEqual(roles, [
    { username: 'm.rowan', roles: ['dsl'] },
    { username: 'r.alder', roles: ['administrator', 'ict-manager'] },
  ]);
  const policy = await t.db.in(systemContext(school?.id), (tx) => policyInForce(tx, Date.now()));
  assert.equal(policy?.document.id, 'secondary-school');
  assert.deepEqual(await t.asOwner(`select name, starts::text from term`), [
    { name: 'Autumn 2026', starts: '2026-09-02' },
  ]);
  assert.equal(await count('list_source'), 1, 'the starter lists');
  assert.equal(enrolled.length, 1);
  assert.deepEqual(await t.asOwner('select token_digest from gateway'), [
    { token_digest: digestToken(enrolled[0]?.token ?? '') },
  ]);
});

test('the link works once; a wrong or used one is refused kindly and says nothing', async () => {
  for (const token of ['wrong', 'x'.repeat(90)]) {
    assert.equal((await nobody().get(`/setup/${token}`)).statusCode, 404);
    assert.equal((await post(typed(), token)).statusCode, 404);
  }
  assert.equal(await count('school'), 0);
  assert.equal((await post(typed())).statusCode, 200);
  const again = await nobody().get(`/setup/${TOKEN}`);
  assert.equal(again.statusCode, 404);
  assert.match(again.body, /does not work[\s\S]*sign in/);
  assert.equal((await post(typed({ '/school/name': 'Another School' }))).statusCode, 404);
  assert.equal(await count('school'), 1);
});

test('two who use the link at the same moment make one school', async () => {
  const answers = await Promise.all([post(typed()), post(typed({ '/school/name': 'Another School' }))]);
  assert.deepEqual(answers.map((a) => a.statusCode).sort(), [200, 404]);
  assert.equal(await count('school'), 1);
});

test('FIL-04 one person cannot be both administrator and DSL, by user name, e-mail or name', async () => {
  for (const [field, same] of [
    ['/dsl/username', 'r.alder'],
    ['/dsl/email', 'R.Alder@Ashgrove.example'],
    ['/dsl/name', ' robin  alder'],
  ] as const) {
    const answer = await post(typed({ [field]: same }));
    assert.equal(answer.statusCode, 400, field);
    assert.match(answer.body, /must be two people/);
    assert.match(answer.body, /value="Ashgrove School"/, 'what was typed is still there');
  }
  assert.equal(await count('school'), 0);
  const file = example();
  file.dsl = { ...file.administrator };
  assert.throws(
    () => readSetup(file),
    (e: { fields?: Record<string, string> }) => /two people/.test(e.fields?.['/dsl/username'] ?? ''),
  );
});

test('what is missing or wrong is said in words beside its field, and nothing is made', async () => {
  const answer = await post(
    typed({ '/school/name': '', '/dsl/username': 'Merle Rowan!', '/terms/1/ends': '2026-01-01', '/policy': '' }),
  );
  assert.equal(answer.statusCode, 400);
  assert.match(answer.body, /The school’s name is missing\./);
  assert.match(answer.body, /The safeguarding lead’s user name must be a user name of 2 to 64/);
  assert.match(answer.body, /href="#\/policy"/);
  const later = await post(
    typed({ '/terms/1/ends': '2026-01-01', '/mail/host': 'mail.x.example', '/mail/port': 'abc' }),
  );
  assert.match(later.body, /port must be a port from 1 to 65535/);
  const term = await post(typed({ '/terms/1/ends': '2026-01-01' }));
  assert.match(term.body, /href="#\/terms\/1\/ends"/, 'the second row, although the first was left empty');
  const lists = await post(typed({ '/lists/location': '/no/such/folder' }));
  assert.equal(lists.statusCode, 400);
  assert.match(lists.body, /href="#\/lists\/location"/);
  assert.equal(await count('school'), 0);
  assert.equal((await nobody().get(`/setup/${TOKEN}`)).statusCode, 200, 'the link still works');
});

test('if the gateway’s file cannot be written, there is no school and the link still works', async () => {
  fail = true;
  assert.equal((await post(typed())).statusCode, 500);
  assert.equal(await count('school'), 0);
  fail = false;
  assert.equal((await post(typed())).statusCode, 200);
});

test('the example file is right, and sets up the same as the page', async () => {
  const people = await setUp(deps, readSetup(example()), null, (e) => enrolled.push(e));
  assert.deepEqual(
    people.map((p) => p.username),
    ['r.alder', 'm.rowan'],
  );
  assert.equal(await count('term'), 2);
  const [school] = await t.asOwner('select settings from school');
  assert.equal(school?.settings.mail.url, 'smtp://mail.ashgrove.example:587');
  await assert.rejects(
    setUp(deps, readSetup(example()), null, () => undefined),
    /is set up here already/,
  );
});

test('the faults of a file are located by JSON path', () => {
  const file = example();
  file.administrator.username = 'Robin Alder';
  file.terms[1].starts = '2026-11-01';
  delete file.dsl;
  file.polcy = 'x';
  const fields = (value: unknown) => {
    try {
      readSetup(value);
    } catch (e) {
      return Object.keys((e as { fields: object }).fields).sort();
    }
    return [];
  };
  assert.deepEqual(fields(file), ['/administrator/username', '/dsl', '/polcy']);
  const overlap = example();
  overlap.terms[1].starts = '2026-11-01';
  assert.deepEqual(fields(overlap), ['/terms/1/starts']);
  assert.deepEqual(fields(null), ['/']);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const path of fields(value)) assert.match(path, /^\//);
    }),
  );
});

test('every school name gives a slug', () => {
  assert.equal(slugOf('Ashgrove School (Main)'), 'ashgrove-school-main');
  fc.assert(
    fc.property(fc.string(), (name) => {
      assert.match(slugOf(name), /^[a-z0-9-]{2,40}$/);
    }),
  );
});
