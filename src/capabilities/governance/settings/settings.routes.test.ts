import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { sendMailTask } from '#platform/mail.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { governanceRoom } from '../index.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(s.deps, governanceRoom(s.deps, { onEnrolled: () => undefined }));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const KEEPERS = ['administrator', 'ict-manager'];
/** Among them is whom the policy names; the workflow says which (private.test.ts). */
const DECIDERS = ['staff', 'governor', 'administrator', 'ict-manager'];
const TABLE = [
  ['GET', '/', 'signed-in'],
  ['GET', '/settings', KEEPERS],
  ['POST', '/settings/school', KEEPERS],
  ['POST', '/settings/sites', KEEPERS],
  ['POST', '/settings/terms', KEEPERS],
  ['POST', '/settings/terms/:id/remove', KEEPERS],
  ['POST', '/settings/filter', KEEPERS],
  ['GET', '/settings/private', DECIDERS],
  ['POST', '/settings/private', ['administrator']],
  ['POST', '/settings/private/:id/agree', DECIDERS],
  ['POST', '/settings/private/:id/refuse', DECIDERS],
  ['POST', '/settings/private/:id/withdraw', DECIDERS],
  ['POST', '/settings/mail', KEEPERS],
  ['POST', '/settings/mail/test', KEEPERS],
  ['GET', '/setup/:token', 'public'],
  ['POST', '/setup/:token', 'public'],
];
const OURS = /^\/(settings|setup)?($|\/)/;

test('the room has exactly the routes of this table, each open to exactly these duties', async () => {
  const routes = pages.app.routeTable
    .filter((r) => OURS.test(r.url))
    .map((r) => [r.method, r.url, typeof r.access === 'object' ? r.access.duties : r.access]);
  assert.deepEqual(routes.sort(), [...TABLE].sort());
  assert.ok((await everyRouteDenies(pages, s)) >= 10);
});

const post = (url: string, fields: Record<string, string>, part: Part = 'administrator') =>
  pages.as(s.people[part]).post(url, fields);
const school = async () => (await t.asOwner('select * from school where id = $1', [s.id]))[0] ?? {};
const entries = async () =>
  await t.asOwner(`select action, actor, detail from ledger_entry where action like 'settings.%' order by id`);

test('every change is saved, entered in the ledger with its author, and told to gateways where it concerns them', async () => {
  const changes: [string, Record<string, string>, boolean][] = [
    ['/settings/school', { name: 'Ashgrove Academy', timeZone: 'Europe/Dublin' }, true],
    ['/settings/sites', { site: 'Annexe' }, false],
    [
      '/settings/terms',
      { name: 'Autumn', starts: '2026-09-02', ends: '2026-12-18', halfTermStarts: '', halfTermEnds: '' },
      true,
    ],
    ['/settings/filter', { dnsBlock: 'nxdomain', proxySignIn: 'accept' }, true],
    [
      '/settings/mail',
      {
        host: 'mail.ashgrove.example',
        port: '587',
        security: 'starttls',
        username: 'gate',
        password: 'p@ss/word',
        from: 'gatehouse@ashgrove.example',
      },
      false,
    ],
  ];
  for (const [url, fields, gateways] of changes) {
    const number = (await school()).snapshot_number;
    const count = (await entries()).length;
    const answer = await post(url, fields);
    assert.equal(answer.statusCode, 303, `${url} ${answer.body}`);
    assert.equal((await school()).snapshot_number !== number, gateways, `${url} and the snapshot`);
    const written = await entries();
    assert.equal(written.length, count + 1, url);
    assert.equal(written.at(-1)?.actor, s.people.administrator.id);
  }
  const now = await school();
  assert.deepEqual([now.name, now.time_zone], ['Ashgrove Academy', 'Europe/Dublin']);
  assert.equal(now.settings.dnsBlock, 'nxdomain');
  assert.equal(now.settings.mail.url, 'smtp://gate:p%40ss%2Fword@mail.ashgrove.example:587');
  assert.doesNotMatch(JSON.stringify(await entries()), /p@ss|p%40ss/, 'the password is in no entry');
  const { body } = await pages.as(s.people.administrator).get('/settings');
  assert.match(body, /Annexe[\s\S]*2 Sept 2026/);
  assert.doesNotMatch(body, /p@ss|p%40ss/, 'nor on any page');
});

test('what is wrong is said beside its field, what was typed stays, and nothing is saved or entered', async () => {
  const cases: [string, Record<string, string>, RegExp][] = [
    ['/settings/school', { name: '\u{1f4a5}', timeZone: 'Europe/London' }, /2 to 120 letters/],
    ['/settings/school', { name: 'Typed name', timeZone: 'Mars/Olympus' }, /Typed name[\s\S]*time zone such as/],
    ['/settings/sites', { site: 'Annexe' }, /called “Annexe” already/],
    ['/settings/terms', { name: 'Late', starts: '2026-12-01', ends: '2027-02-01' }, /overlaps with “Autumn”/],
    ['/settings/private', { allowedPrivate: '10.0.0.0/24 8.8.8.0/24' }, /“8\.8\.8\.0\/24” is not a private/],
    ['/settings/private', { allowedPrivate: '192.168.0.0/8' }, /is not a private/],
    ['/settings/private', { allowedPrivate: '127.0.0.1' }, /is not a private/],
    ['/settings/private', { allowedPrivate: '0.0.0.0/0' }, /is not a private/],
    ['/settings/mail', { host: 'mail x', port: '587', security: 'tls', from: 'x' }, /server’s name/],
  ];
  const before = [await school(), await entries()];
  for (const [url, fields, says] of cases) {
    const answer = await post(url, fields);
    assert.equal(answer.statusCode, 400, url);
    assert.match(answer.body, /There is something to put right/);
    assert.match(answer.body, says);
  }
  assert.deepEqual([await school(), await entries()], before);
});

test('an empty password keeps the one there is, but never sends it to another server', async () => {
  const mail = { port: '465', security: 'tls', username: 'gate', password: '', from: 'gatehouse@ashgrove.example' };
  await post('/settings/mail', { ...mail, host: 'mail.ashgrove.example' });
  assert.match((await school()).settings.mail.url, /^smtps:\/\/gate:p%40ss%2Fword@/);
  await post('/settings/mail', { ...mail, host: 'mail.elsewhere.example' }, 'ictManager');
  assert.equal((await school()).settings.mail.url, 'smtps://gate:@mail.elsewhere.example:465');
});

test('FIL-04 the ICT manager alone cannot open a way to the school’s own servers', async () => {
  assert.equal((await post('/settings/private', { allowedPrivate: '10.0.0.0/8' }, 'ictManager')).statusCode, 403);
  const { body } = await pages.as(s.people.ictManager).get('/settings');
  assert.doesNotMatch(body, /action="\/settings\/private"/);
  assert.match(body, /Only an administrator asks for a change of these/);
});

test('a term is removed, and one of another school is not there', async () => {
  const other = await testSchool(t);
  const [foreign] = await t.asOwner(
    `insert into term (school_id, name, starts, ends) values ($1, 'Theirs', '2026-01-01', '2026-02-01') returning id`,
    [other.id],
  );
  assert.equal((await post(`/settings/terms/${foreign?.id}/remove`, {})).statusCode, 404);
  const [mine] = await t.asOwner(`select id from term where school_id = $1`, [s.id]);
  assert.equal((await post(`/settings/terms/${mine?.id}/remove`, {})).statusCode, 303);
  assert.deepEqual(await t.asOwner(`select name from term`), [{ name: 'Theirs' }]);
});

test('"send me a test letter" goes through the mail server that was set, and the page shows what it answered', async () => {
  const received: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, taken) => {
      const parts: Buffer[] = [];
      stream.on('data', (c: Buffer) => parts.push(c));
      stream.on('end', () => {
        received.push(Buffer.concat(parts).toString());
        taken(null);
      });
    },
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    const { port } = server.server.address() as { port: number };
    const mail = { host: '127.0.0.1', port: String(port), security: 'starttls', from: 'gatehouse@ashgrove.example' };
    await post('/settings/mail', mail);
    assert.equal((await post('/settings/mail/test', {})).statusCode, 303);
    assert.match((await pages.as(s.people.administrator).get('/settings')).body, /On its way/);
    const [letter] = await t.asOwner(`select id from mail where about_kind = 'settings.mail-test'`);
    await sendMailTask(t.db, s.clock, null)({ school: s.id, mail: letter?.id });
    const parsed = await PostalMime.parse(received[0] ?? '');
    assert.equal(parsed.to?.[0]?.address, s.people.administrator.email);
    assert.match((await pages.as(s.people.administrator).get('/settings')).body, /Delivered[\s\S]*250/);
  } finally {
    await new Promise<void>((closed) => server.close(closed));
  }
  await t.asOwner(`update person set email = null where id = $1`, [s.people.ictManager.id]);
  assert.match((await post('/settings/mail/test', {}, 'ictManager')).body, /no e-mail address in your account/);
});
