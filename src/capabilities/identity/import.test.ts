import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { identityJobs, identityRoom, verifyCredentials } from './index.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;

before(async () => {
  t = await testDatabase();
  school = await testSchool(t);
  pages = await pagesFor(school.deps, identityRoom(school.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});
beforeEach(() => t.asOwner('delete from import_preview'));

const as = (part: Part) => pages.as(school.people[part]);
const count = async () => Number((await t.asOwner<{ n: string }>('select count(*) n from person'))[0]?.n);

const load = (part: Part, content: string | Buffer, fields: Record<string, string> = {}) =>
  as(part).upload('/people/import', { kind: 'pupil', ...fields }, { field: 'file', name: 'people.csv', content });
/** Where the preview of this file stands. */
async function preview(content: string, part: Part = 'administrator'): Promise<string> {
  const answer = await load(part, content);
  assert.equal(answer.statusCode, 303, answer.body);
  return String(answer.headers.location);
}
const passwordsIn = (body: string) => {
  const base64 = /href="data:text\/csv;charset=utf-8;base64,([^"]+)"/.exec(body)?.[1] ?? '';
  return Buffer.from(base64, 'base64').toString('utf8');
};

test('a file is previewed line by line; nothing is written until it is confirmed, then all in one entry of the ledger', async () => {
  const before = await count();
  const url = await preview(
    'username,name,year,form\na.one,Ann One,7,7A\nbad name,Ben Two,7,\nzed.pupil,Zed Pupil,9,9A\nyara.pupil,Yara Pupil,7,\n',
  );
  const page = (await as('administrator').get(url)).body;
  assert.match(page, /<span class="gh-tile__number">1<\/span>\s*new people/);
  assert.match(page, /<span class="gh-tile__number">1<\/span>\s*with changed details/);
  assert.match(page, /<span class="gh-tile__number">1<\/span>\s*already here/);
  assert.match(page, /<span class="gh-tile__number">1<\/span>\s*lines with a fault/);
  assert.match(page, /A username has 2 to 64/);
  assert.match(page, /year, form or group/);
  assert.equal(await count(), before);

  const done = await as('administrator').post(url);
  assert.equal(done.statusCode, 200);
  assert.equal(await count(), before + 1);
  const [entry] = await t.asOwner<{ action: string; detail: { created: string[]; updated: string[] } }>(
    'select * from ledger_entry order by id desc limit 1',
  );
  assert.equal(entry?.action, 'people.import');
  assert.deepEqual([entry?.detail.created.length, entry?.detail.updated.length], [1, 0]);
  const [zed] = await t.asOwner('select year_group from person where id = $1', [school.people.year8.id]);
  assert.deepEqual(zed, { year_group: 8 }, 'who is here already is changed only when that was ticked');

  assert.equal((await as('administrator').post(url)).statusCode, 404, 'a preview is used once');
});

test('IDA-03 first passwords come once, in a file made for the answer, and work once', async () => {
  const url = await preview('username,name,year\nf.first,Fay First,7\n');
  const done = await as('administrator').post(url);
  const [head, line] = passwordsIn(done.body).split('\r\n');
  assert.equal(head, '\ufeff"username","name","form","first password"');
  const password = /"([A-Z][^"]{13})"$/.exec(line ?? '')?.[1] ?? '';
  assert.match(line ?? '', /^"f\.first","Fay First",""/);
  const everything =
    JSON.stringify(await t.asOwner('select * from credential')) +
    JSON.stringify(await t.asOwner('select * from ledger_entry'));
  assert.equal(everything.includes(password), false);
  const via = { school: school.id, username: 'f.first', password, address: '192.0.2.1', via: 'proxy' } as const;
  assert.equal(await verifyCredentials(school.deps, via), null, 'not for the proxy');
});

test('the same file again changes nothing', async () => {
  const file = 'username,name,year\ng.again,Gil Again,7\n';
  await as('administrator').post(await preview(file));
  const before = await count();
  const url = await preview(file);
  assert.match((await as('administrator').get(url)).body, /There is nothing to do/);
  assert.equal((await as('administrator').post(url, { update: 'yes' })).statusCode, 409);
  assert.equal(await count(), before);
});

test('people who are here are changed when that is ticked, and only in the columns of the file', async () => {
  await as('administrator').post(
    await preview('username,name,year,form,email\nh.here,Hal Here,7,7A,hal@school.example\n'),
  );
  const url = await preview('username,name,year\nh.here,Hal There,8\n');
  await as('administrator').post(url, { update: 'yes' });
  const [row] = await t.asOwner(
    `select display_name, year_group, group_name, email from person where username = 'h.here'`,
  );
  assert.deepEqual(row, { display_name: 'Hal There', year_group: 8, group_name: '7A', email: 'hal@school.example' });
});

test('an import changes neither kinds nor leavers, and gives no way to an account beyond reach', async () => {
  await t.asOwner(`update person set left_on = '2026-01-01' where id = $1`, [school.people.visitor.id]);
  const file =
    'username,name,kind,year,email\nzed.pupil,Zed Pupil,staff,,\nwill.finch,Will Finch,visitor,,\ndina.sharp,Dina Sharp,staff,,mine@elsewhere.example\n';
  const ict = (await as('ictManager').get(await preview(file, 'ictManager'))).body;
  assert.match(ict, /belongs to a pupil; an import does not change that/);
  assert.match(ict, /belongs to somebody who has left/);
  assert.match(ict, /Only an administrator can change the account/);
  const admin = (await as('administrator').get(await preview(file))).body;
  assert.match(admin, /<span class="gh-tile__number">2<\/span>\s*lines with a fault/);
});

test('a preview is its maker’s alone, for an hour, and what a browser sends instead of it is not taken', async () => {
  const url = await preview('username,name,year\ni.mine,Ida Mine,7\n');
  assert.equal((await as('ictManager').get(url)).statusCode, 404);
  assert.equal((await as('ictManager').post(url)).statusCode, 404);
  assert.equal((await as('administrator').post(url, { rows: '[]' })).statusCode, 400);
  school.clock.advance(HOUR + 1);
  assert.equal((await as('administrator').get(url)).statusCode, 404);
  await identityJobs(school.deps).tasks['identity.sweep']?.({});
  assert.equal((await t.asOwner('select 1 from import_preview')).length, 0);
});

test('when two people confirm files with one new username, one of them is told, and nothing of theirs is written', async () => {
  const [one, two] = [
    await preview('username,name,year\nj.both,Jo Both,7\nj.only,Jo Only,7\n'),
    await preview('username,name,kind\nj.both,Jo Both,staff\nk.only,Kit Only,staff\n', 'ictManager'),
  ];
  const answers = await Promise.all([as('administrator').post(one), as('ictManager').post(two)]);
  assert.ok(answers.some((a) => a.statusCode === 200));
  const rows = await t.asOwner<{ username: string }>(`select username from person where username like 'j.both'`);
  assert.equal(rows.length, 1);
});

test('a file that cannot be read, is too large, or comes without the form’s token is refused in clear words', async () => {
  const empty = await load('administrator', '');
  assert.equal(empty.statusCode, 400);
  assert.match(empty.body, /Choose a file/);
  assert.match((await load('administrator', 'colour,size\nred,5\n')).body, /There is no column for: username, name/);
  const binary = await load('administrator', 'username,name,year\na\0b,A B,7\n');
  assert.equal(binary.statusCode, 400);
  assert.match(binary.body, /This file is not text/);
  assert.match((await load('administrator', Buffer.alloc(5 * 1024 * 1024 + 10, 'a,b\n'))).body, /larger than 5 MB/);
  assert.equal((await load('administrator', 'username,name,year\na.b,A B,7\n', { _csrf: 'wrong' })).statusCode, 403);
  const pasted = await load('administrator', '', { text: 'username,name\nl.paste,Lu Paste\n', kind: 'staff' });
  assert.equal(pasted.statusCode, 303);
  assert.equal((await as('administrator').post('/people/import', { text: 'x' })).statusCode, 400);
});

test('names that look like markup or formulas stay text, on the page and in the file', async () => {
  const url = await preview('username,name,year\nm.eq,"=HYPERLINK(""http://x"")",7\nm.tag,<b>Bold</b>,7\n');
  const page = (await as('administrator').get(url)).body;
  assert.match(page, /&lt;b&gt;Bold/);
  assert.doesNotMatch(page, /<b>Bold/);
  const csv = passwordsIn((await as('administrator').post(url)).body);
  assert.match(csv, /"'=HYPERLINK/);
});

test('a year’s intake of two thousand is confirmed in seconds', async () => {
  const lines = Array.from({ length: 2000 }, (_, i) => `bulk.${i},Pupil ${i},7`);
  const url = await preview(`username,name,year\n${lines.join('\n')}`);
  const start = performance.now();
  const done = await as('administrator').post(url);
  assert.equal(done.statusCode, 200);
  assert.equal(passwordsIn(done.body).trim().split('\r\n').length, 2001);
  assert.ok(performance.now() - start < 10_000);
});
