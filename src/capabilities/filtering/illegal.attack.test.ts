import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { DAY, HOUR, TestClock } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { readConfig } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import { parsePolicy, shippedPolicy } from '#policy/index.ts';
import { setPassword } from '#rooms/identity/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { BLOCK_PAGE, ELSEWHERE, type House, wholeHouse } from '#testing/house.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { actOnChange, decideChange, submitChange } from './changes/changes.service.ts';
import { filteringRoom } from './filtering.routes.ts';
import { listChanges } from './list-changes.store.ts';
import { compileLists, downloadsOf, newestVersion } from './lists.service.ts';
import { slotStates } from './slots.service.ts';
import { addSource, setSource, setWords, switchSource } from './sources.service.ts';
import { agreeToAll, filteringSchool, packed, testFolder } from './testing.ts';
import { explainAddress, judgeFor, judgeForAll } from './verdict.service.ts';

/** Made up: nothing real ever stands in a test of such lists. */
const LISTED = 'made-up-unlawful.example';
const FEED = `${LISTED}\n${Array.from({ length: 30 }, (_, i) => `made-up-unlawful-${i}.example/page\n`).join('')}`;
const OPEN = 'an-ordinary-site.example';
const PASSWORD = 'Seven-Quiet-Herons-42';
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const WHY = 'It was agreed at the meeting.';

let t: TestDatabase;
let school: TestSchool;
let house: House;
let pages: Pages;
let server: Server;
let feed = FEED;
const data = testFolder();

before(async () => {
  t = await testDatabase();
  server = createServer((_q, r) => r.end(feed));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const env = {
    GATEHOUSE_DATA: data,
    GATEHOUSE_IWF_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`,
    GATEHOUSE_PAGES_URL: 'http://gatehouse.ashgrove.example',
  };
  school = await filteringSchool(t, { config: readConfig(env, '/'), clock: new TestClock(Date.now()) });
  // The most open profile there is, for whoever asks from this machine.
  await t.asOwner(
    `insert into registered_address (school_id, cidr, label, person_id) values ($1, '127.0.0.1/32', 'Office', $2)`,
    [school.id, school.people.administrator.id],
  );
  for (const part of ['administrator', 'dsl'] as const) {
    const { id, context } = school.people[part];
    await t.db.in(systemContext(school.id), (tx) =>
      setPassword(tx, school.deps, context, { person: id, password: PASSWORD }),
    );
  }
  await t.asOwner('update credential set must_change = false, notice_version = 1');
  pages = await pagesFor(school.deps, filteringRoom(school.deps, WIRING));
  house = await wholeHouse(t, school);
  await becomes(ELSEWHERE, OPEN);
});
after(async () => {
  await house.stop();
  await pages.close();
  server.closeAllConnections();
  server.close();
  await t.drop();
});
const WIRING = { onGatewayTrouble: async () => undefined, onLookUp: async () => undefined };

const ict = () => school.people.ictManager.context;
const who = (part: Part) => school.people[part].viewer;
const run = <T>(work: Parameters<typeof t.db.in<T>>[1], part: Part = 'ictManager') =>
  t.db.in(school.people[part].context, work);
/** The lists anew, whatever is in them; the feeds are asked as well. */
const compile = (deps = school.deps) => {
  school.clock.advance(1000);
  return compileLists(deps, school.id);
};

async function becomes(expected: string, name: string): Promise<void> {
  let last = '';
  for (let i = 0; i < 200 && last !== expected; i++) {
    last = await house.dns(name);
    if (last !== expected) await new Promise((r) => setTimeout(r, 50));
  }
  assert.equal(last, expected, name);
}

/** Does the gateway hold what control holds? A site of its own says so. */
let round = 0;
async function gatewayHasFollowed(): Promise<void> {
  const marker = `marker-${++round}.example`;
  const location = join(testFolder({ 'marker.txt': `${marker}\n` }), 'marker.txt');
  await run((tx) => addSource(tx, school.deps, ict(), { location, name: `marker-${round}`, category: 'phishing' }));
  await compile();
  await becomes(BLOCK_PAGE, marker);
}

/** FIL-02: it is closed for every profile and person, by DNS, proxy and tunnel, and nobody learns why. */
async function stillClosed(what: string): Promise<void> {
  const verdicts = await run((tx) => judgeForAll(tx, school.deps, { host: LISTED, path: '' }));
  assert.ok(verdicts.length > 5);
  for (const v of verdicts) assert.deepEqual([v.profile, v.decision.outcome], [v.profile, 'block'], what);
  for (const part of ['administrator', 'dsl', 'filterApprover', 'year8'] as const) {
    const verdict = await run((tx) => judgeFor(tx, school.deps, { person: school.people[part].id, host: LISTED }));
    assert.equal(verdict.decision.outcome, 'block', `${what}: ${part}`);
  }
  const [iwf] = await run((tx) => slotStates(tx, school.clock.now()));
  assert.deepEqual([iwf?.state, iwf?.entries], ['fresh', 31], what);
  await closedAtTheGateway(what);
}
async function closedAtTheGateway(what: string): Promise<void> {
  for (const name of [LISTED, `www.${LISTED}`, LISTED.toUpperCase()]) {
    assert.equal(await house.dns(name), BLOCK_PAGE, `${what}: DNS ${name}`);
  }
  for (const part of ['administrator', 'dsl'] as const) {
    const credentials = { username: school.people[part].username, password: PASSWORD };
    for (const url of [`http://${LISTED}/`, `http://${LISTED}.:80/a?b`, 'http://made-up-unlawful-7.example/page/2']) {
      const { status, body } = await house.fetch(url, credentials);
      assert.equal(status, 403, `${what}: ${url}`);
      assert.match(body, /This page cannot be opened/, what);
      assert.doesNotMatch(body, /\/ask|iwf|Internet Watch|sexual abuse|illegal|Clause/i, what);
    }
    assert.match(await house.tunnel(LISTED, credentials), / 403 /, what);
  }
}

/** No file, table, log line or index gives away a name that nobody has visited: what is visited is recorded (MON-01). */
async function stillUnreadable(): Promise<void> {
  for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' })) {
    const file = join(data, name);
    // Attackers' own lists may name it; they knew it before.
    if (!statSync(file).isFile() || /control.lists.*[0-9a-f-]{36}/.test(name)) continue;
    assert.doesNotMatch(readFileSync(file, 'latin1'), /made-up-unlawful-2/, name);
  }
  const tables = await t.asOwner<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  for (const { name } of tables) {
    const rows = await t.asOwner(`select 1 from ${name} x where to_jsonb(x)::text ~ 'made-up-unlawful-2'`);
    assert.deepEqual(rows, [], name);
  }
  assert.doesNotMatch(JSON.stringify(school.logged), /made-up-unlawful/);
}

interface Attack {
  readonly name: string;
  readonly attempt: () => Promise<unknown>;
  /** The attempt itself must be refused; otherwise it may go through, and must do nothing. */
  readonly refused?: RegExp;
}
async function attack({ name, attempt, refused }: Attack): Promise<void> {
  const said = await attempt().then(
    () => null,
    (e: unknown) => {
      // A refusal, or the database's own; anything else is a fault of ours.
      assert.ok(e instanceof Refusal || (e as { severity?: string }).severity === 'ERROR', `${name}: ${String(e)}`);
      return (e as Error).message;
    },
  );
  if (refused) assert.match(said ?? 'it went through', refused, name);
}

test('FIL-02 what stands on the list is closed at a real gateway for the most powerful people, and others’ sites are open', async () => {
  assert.equal(await house.dns(OPEN), ELSEWHERE);
  await stillClosed('before any attack');
  await stillUnreadable();
});

/** Every format in which a list could say that a site is good. */
const GOOD: readonly (readonly [string, () => { location: string; category?: string }])[] = [
  ['a list of education', () => ({ location: file('good.txt', `${LISTED}\nwww.${LISTED}\n`), category: 'education' })],
  ['a list of government', () => ({ location: file('gov.txt', `${LISTED}\n`), category: 'government' })],
  [
    'exceptions of an ad blocker',
    () => ({ location: file('a.txt', `@@||${LISTED}^\n||x.example^\n`), category: 'health' }),
  ],
  ['a hosts file', () => ({ location: file('hosts', `192.0.2.9 ${LISTED}\n`), category: 'schools' })],
  ['a policy zone that lets through', () => ({ location: file('z.rpz', zone()), category: 'libraries' })],
  [
    'settings of dnsmasq',
    () => ({ location: file('d.conf', `server=/${LISTED}/#\naddress=/y.example/0.0.0.0\n`), category: 'education' }),
  ],
  [
    'settings of unbound',
    () => ({
      location: file('u.conf', `local-zone: "${LISTED}" always_transparent\nlocal-zone: "z.example" refuse\n`),
      category: 'education',
    }),
  ],
  [
    'a folder with help and good words',
    () => ({
      location: testFolder({
        'help/domains': LISTED,
        'liste_blanche/domains': LISTED,
        'education/urls': `${LISTED}/page\n`,
        'technical/domains': LISTED,
      }),
    }),
  ],
  ['an archive of the same', () => ({ location: archive })],
];
const file = (name: string, text: string) => join(testFolder({ [name]: text }), name);
const zone = () => `$TTL 60\n@ SOA a. b. 1 2 3 4 5\n${LISTED} CNAME rpz-passthru.\nx.example CNAME .\n`;
let archive = '';

test('FIL-02 FCR-07 no list in any format opens it, not even when two people agree to the list', async () => {
  archive = join(testFolder(), 'good.tar.gz');
  writeFileSync(archive, await packed({ 'education/domains': `${LISTED}\n`, 'help/domains': `${LISTED}\n` }));
  for (const [i, [name, make]] of GOOD.entries()) {
    const input = { ...make(), name: `good-${i}`, reason: WHY };
    await attack({ name, attempt: () => run((tx) => addSource(tx, school.deps, ict(), input)) });
  }
  await agreeToAll(school);
  await gatewayHasFollowed();
  await stillClosed('good words of lists');
});

test('FIL-02 the slots are no sources: not by name, by their feed, by their sealed file, nor by a source that was made to hide them', async () => {
  const sealed = join(downloadsOf(school.deps, school.id), 'iwf.sealed');
  const iwf = school.deps.config.slots.iwf?.location ?? '';
  const add = (input: Parameters<typeof addSource>[3]) => () =>
    run((tx) => addSource(tx, school.deps, ict(), { reason: WHY, ...input }));
  const rows: readonly Attack[] = [
    {
      name: 'their name',
      attempt: add({ location: file('x.txt', 'x.example\n'), name: 'iwf', category: 'games' }),
      refused: /kept for a list of illegal content/,
    },
    {
      name: 'their other name',
      attempt: add({ location: file('x.txt', 'x.example\n'), name: 'ctiru', category: 'games' }),
      refused: /kept for/,
    },
    {
      name: 'their feed',
      attempt: add({ location: iwf, name: 'mine', category: 'education' }),
      refused: /nobody else may read it/,
    },
    { name: 'their sealed file', attempt: add({ location: sealed, name: 'sealed', category: 'education' }) },
    {
      name: 'our own lists',
      attempt: () => run(async (tx) => setWords(tx, school.deps, ict(), await starter(), { 'child-abuse': null }, WHY)),
      refused: /could not find/,
    },
    {
      name: 'the starter switched off',
      attempt: () => run(async (tx) => switchSource(tx, school.deps, ict(), await starter(), false, WHY)),
      refused: /cannot be switched off/,
    },
    {
      name: 'the starter trusted less',
      attempt: () => run(async (tx) => setSource(tx, school.deps, ict(), await starter(), { trust: '10' }, WHY)),
      refused: /could not find/,
    },
  ];
  for (const row of rows) await attack(row);
  await agreeToAll(school);
  await gatewayHasFollowed();
  const [source] = await t.asOwner(`select last_error from list_source where name = 'sealed'`);
  assert.match(source?.last_error, /sealed list cannot be opened/);
  assert.deepEqual(
    await t.asOwner(
      `select 1 from list_source_version v join list_source s on s.id = v.source_id where s.name = 'sealed'`,
    ),
    [],
  );
  await stillClosed('sources of one’s own');
  await stillUnreadable();
});
const starter = async () =>
  String(
    (await t.asOwner(`select id from list_source where school_id = $1 and origin = 'starter'`, [school.id]))[0]?.id,
  );

test('FIL-02 FCR-07 no request opens it, for a class, a lesson or everybody, and that somebody tried is kept', async () => {
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [school.people.year8.id]);
  const now = school.clock.now();
  const moment = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  const input = (kind: string) => ({
    kind,
    sites: `https://${LISTED}/a`,
    scope: 'class:8B',
    people: '',
    topic: 'The history of the web',
    purpose: 'Pupils compare how three archives tell the story.',
    from: moment(now - HOUR),
    until: moment(now + 3 * HOUR),
    question: '',
    checked: true,
  });
  for (const part of ['teacher', 'administrator', 'ictManager', 'filterApprover', 'dsl', 'head'] as const) {
    await attack({
      name: `${part} asks for it`,
      attempt: () => submitChange(school.deps, who(part), input('open'), 'ask'),
      refused: /stays closed to everybody/,
    });
  }
  const tried = await t.asOwner(
    `select actor from ledger_entry where action = 'filter-change.never' and school_id = $1`,
    [school.id],
  );
  assert.equal(tried.length, 6);
  await attack({
    name: 'a lesson of this site alone',
    attempt: () => submitChange(school.deps, who('teacher'), input('only-these'), 'restrict'),
  });
  await attack({
    name: 'a way round monitoring',
    attempt: () => submitChange(school.deps, who('teacher'), { ...input('bypass-monitoring'), sites: '' }, 'ask'),
  });
  const closing = await submitChange(
    school.deps,
    who('ictManager'),
    { ...input('emergency-block'), scope: 'everyone', until: '' },
    'close-now',
  );
  await attack({
    name: 'closed and lifted',
    attempt: () => actOnChange(school.deps, who('filterApprover'), closing, 'lift', WHY),
  });
  // As if somebody had written an approval into the database themselves.
  const [forged] = await t.asOwner(
    `insert into filter_change (school_id, reference, kind, requested_by, created_at, topic, purpose, scope_kind, from_at, until_at)
     values ($1, 'FRGDXX', 'open', $2, now(), 'x', 'x', 'everyone', $3, $4) returning id`,
    [school.id, school.people.teacher.id, new Date(now - DAY), new Date(now + DAY)],
  );
  await t.asOwner(
    `insert into filter_change_site (change_id, host, school_id, position, seen) values ($1, $2, $3, 0, '{}')`,
    [forged?.id, LISTED, school.id],
  );
  await t.asOwner(
    `insert into filter_change_site (change_id, host, school_id, position, seen) values ($1, $2, $3, 1, '{}')`,
    [forged?.id, 'example', school.id],
  );
  for (const [number, state, by] of [
    [1, 'asked', 'teacher'],
    [2, 'approved', 'filterApprover'],
  ] as const) {
    await t.asOwner(
      `insert into filter_change_step (change_id, number, school_id, action, to_state, by_person, at) values ($1, $2, $3, $4, $5, $6, now())`,
      [forged?.id, number, school.id, number === 1 ? 'ask' : 'approve', state, school.people[by].id],
    );
  }
  await attack({
    name: 'decided once more',
    attempt: () =>
      decideChange(school.deps, who('filterApprover'), 'FRGDXX', { approved: [LISTED], refused: {}, reason: WHY }),
    refused: /./,
  });
  await t.asOwner(`update school set snapshot_number = snapshot_number + 1 where id = $1`, [school.id]);
  await gatewayHasFollowed();
  await stillClosed('openings');
});

test('FIL-02 from the block page and the pages of every role nothing opens, shows or explains it', async () => {
  for (const part of Object.keys(school.people) as Part[]) {
    const browser = pages.as(school.people[part]);
    const asked = await browser.post('/ask', { site: LISTED, reason: 'I want to see what it is' });
    if (asked.statusCode === 200) assert.match(asked.body, /This page cannot be opened/, part);
    for (const profile of ['staff', 'pupil-8', 'unidentified']) {
      const told = await browser.get(`/filtering/test?address=${LISTED}&profile=${profile}`);
      assert.doesNotMatch(
        told.body,
        /iwf|Internet Watch|Child sexual|safety\.illegal|FIL-02/i,
        `${part} as ${profile}`,
      );
    }
    for (const path of ['/filtering/lists/iwf', '/filtering/lists/iwf/off', '/filtering/lists/changes/iwf/approve']) {
      const answer = await browser.post(path, {});
      assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${part} ${path}`);
    }
    const lists = await browser.get('/filtering/lists?q=made-up');
    assert.doesNotMatch(lists.body, /made-up-unlawful/, part);
  }
  const why = await run((tx) => explainAddress(tx, school.deps, school.id, { host: LISTED, path: '' }));
  assert.ok(![...why.matches.map((m) => m.category), ...why.weighed.map((w) => w.category)].includes('child-abuse'));
  assert.equal((await t.asOwner(`select 1 from site_question where host ~ 'made-up'`)).length, 0);
  await stillClosed('pages');
});

test('FIL-02 by the database role of the application nobody switches it off, empties it, forgets it, or puts an older index in its place', async () => {
  const parts = ['administrator', 'ictManager', 'dsl', 'filterApprover', 'head', 'year8'] as const;
  const before = await run(newestVersion);
  const statements = [
    `delete from list_slot`,
    `truncate list_slot`,
    `drop table list_slot`,
    `alter table list_slot disable row level security`,
    `update list_slot set loaded_at = null`,
    `update list_slot set entries = 0, last_error = null`,
    `update list_slot set shrunk_since = now() - interval '30 days'`,
    `insert into list_slot (school_id, slot) values ('${school.id}', 'iwf') on conflict (school_id, slot) do update set loaded_at = null`,
    `insert into list_version (school_id, sha256, built_at, domains, urls, report) values ('${school.id}', '${'0'.repeat(64)}', now() + interval '1 day', 1, 0, '{}')`,
    `update list_version set built_at = now() + interval '1 day'`,
    `update list_source set enabled = false`,
    `set role postgres`,
    `select pg_read_file('postgresql.conf')`,
    `copy list_slot to '/tmp/x'`,
  ];
  for (const part of parts) {
    for (const statement of statements) {
      // Either it is refused, or it finds nothing that it may change.
      await attack({ name: `${part}: ${statement}`, attempt: () => run((tx) => sql.raw(statement).execute(tx), part) });
    }
  }
  await attack({
    name: 'even the system cannot forget that it was loaded',
    attempt: () => t.db.in(systemContext(school.id), (tx) => sql`update list_slot set loaded_at = null`.execute(tx)),
    refused: /a list of illegal content stays/,
  });
  assert.equal((await run(newestVersion))?.sha256, before?.sha256);
  const columns = await t.asOwner(`select column_name from information_schema.columns where table_name = 'list_slot'`);
  assert.ok(!columns.some((c) => /enabled|active|off|host|name|url/.test(String(c.column_name))));
  await compile();
  await stillClosed('statements');
});

test('FIL-02 by settings it does not open either: not as the school’s own host, not by a feed that is emptied or taken away', async () => {
  const settings = { mail: { url: `smtps://${LISTED}:465`, from: `office@${LISTED}` }, allowedPrivate: ['0.0.0.0/0'] };
  await t.asOwner('update school set settings = settings || $2 where id = $1', [school.id, JSON.stringify(settings)]);
  await gatewayHasFollowed();
  await stillClosed('the school’s own host');
  for (const body of ['', 'only-one-left.example\n', '<html>gone</html>', `${'#'.repeat(5000)}\n`]) {
    feed = body;
    await compile();
  }
  const without = { ...school.deps, config: { ...school.deps.config, slots: { iwf: null, ctiru: null } } };
  await compile(without);
  feed = FEED;
  await gatewayHasFollowed();
  await stillClosed('feeds');
  await stillUnreadable();
});

test('FIL-02 by the command line nothing is shown of it: neither a list that names it, nor a sealed file that is handed over', async () => {
  const lists = testFolder({ 'mine/child-abuse/domains': `${LISTED}\n`, 'mine/education/domains': `${LISTED}\n` });
  const check = async (folder: string) => {
    const args = [
      'src/main/cli.ts',
      'check',
      '--policy',
      'secondary-school',
      '--profile',
      'staff',
      '--lists',
      folder,
      '--json',
      LISTED,
    ];
    return promisify(execFile)(process.execPath, args, { cwd: ROOT });
  };
  const { stdout } = await check(lists);
  const told = JSON.parse(stdout);
  assert.equal(told.outcome, 'block');
  assert.doesNotMatch(JSON.stringify([told.sources, told.weighed]), /child-abuse/);
  mkdirSync(join(lists, 'sealed', 'education'), { recursive: true });
  copyFileSync(join(downloadsOf(school.deps, school.id), 'iwf.sealed'), join(lists, 'sealed', 'education', 'domains'));
  await assert.rejects(check(lists), (e: { stdout?: string; stderr?: string }) => {
    assert.match(`${e.stderr}`, /cannot be opened/);
    assert.doesNotMatch(`${e.stdout}${e.stderr}`, /made-up-unlawful-/);
    return true;
  });
});

test('FIL-02 FCR-07 no version of the policy opens it: a document that allows it is no policy, and forced in it changes nothing', async () => {
  const document = shippedPolicy('secondary-school');
  const allowed = { pupil: { value: 'allowed' }, staff: { value: 'allowed' }, guest: { value: 'allowed' } };
  const rules = document.rules.map((r) =>
    r.categories?.some((c) => taxonomy().byId.get(c)?.nature === 'illegal') ? { ...r, cells: allowed } : r,
  );
  assert.notDeepEqual(rules, document.rules, 'the policy speaks of it');
  const opening = { ...document, version: '99', rules };
  assert.throws(() => parsePolicy(JSON.stringify(opening), 'opening.json', taxonomy().categories), /illegal/);
  await t.asOwner(
    `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 2, $2, 'x', $3)`,
    [school.id, JSON.stringify(opening), new Date(school.clock.now() - HOUR)],
  );
  await t.asOwner(`update school set snapshot_number = snapshot_number + 1 where id = $1`, [school.id]);
  await assert.rejects(
    run((tx) => judgeForAll(tx, school.deps, { host: LISTED, path: '' })),
    /cannot keep|is not a policy/,
  );
  // Gateways are told nothing of it, and go on with what they have.
  await new Promise((r) => setTimeout(r, 500));
  await closedAtTheGateway('a policy that was forced in');
  assert.equal(await house.dns(OPEN), ELSEWHERE);
  await t.asOwner('delete from policy_version where number = 2 and school_id = $1', [school.id]);
});

test('every attempt left what the school decided in the lists as it was: nothing of it is applied that nobody agreed to', async () => {
  const changes = await run((tx) => listChanges(tx));
  assert.ok(changes.length > 10);
  assert.ok(changes.every((c) => c.state !== 'applied' || c.steps.at(-1)?.by === school.people.filterApprover.id));
});
