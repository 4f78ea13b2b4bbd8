import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { type RawBuilder, sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { type Context, systemContext } from '#platform/db.ts';
import { buildSnapshot } from '#rooms/filtering/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestPerson, type TestSchool, testSchool } from '#testing/web.ts';
import { governanceRoom } from '../index.ts';
import { readRanges } from './private.rules.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
let second: TestPerson;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(s.deps, governanceRoom(s.deps, { onEnrolled: () => undefined }));
  const { staff } = s.people;
  const viewer = { ...staff.viewer, duties: ['staff', 'administrator'] };
  second = { ...staff, viewer, context: { ...staff.context, duties: viewer.duties } };
  await t.asOwner(
    `insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, 'administrator', 'deputy', $3)`,
    [s.id, staff.id, new Date(s.clock.now())],
  );
});
beforeEach(async () => {
  await t.asOwner(`delete from private_target_decision`);
  await t.asOwner(`delete from private_target_proposal`);
  await t.asOwner(`delete from mail`);
  await t.asOwner(`update school set settings = '{}'`);
});
after(async () => {
  await pages.close();
  await t.drop();
});

const WHY = 'The library’s catalogue stands there.';
type Who = Part | 'second';
const person = (who: Who): TestPerson => (who === 'second' ? second : s.people[who]);
const send = (who: Who, path: string, fields: Record<string, string> = {}) =>
  pages.as(person(who)).post(`/settings/private${path}`, fields);
const wish = (allowedPrivate: string, reason = WHY, who: Who = 'administrator') =>
  send(who, '', { allowedPrivate, reason });
const standing = async () => {
  const [row] = await t.asOwner(`select settings, snapshot_number from school where id = $1`, [s.id]);
  return { open: row?.settings.allowedPrivate ?? [], number: Number(row?.snapshot_number) };
};
const proposals = () =>
  t.asOwner(
    `select p.id, p.ranges::text[], p.reason, p.requested_by, d.outcome, d.by_person, d.reason as answer
     from private_target_proposal p left join private_target_decision d on d.proposal_id = p.id order by p.at, p.id`,
  );
const openNow = async (...open: string[]) =>
  t.asOwner(`update school set settings = jsonb_build_object('allowedPrivate', $2::jsonb) where id = $1`, [
    s.id,
    JSON.stringify(open),
  ]);
async function asked(ranges = '10.1.0.0/16', who: Who = 'administrator'): Promise<string> {
  const { open } = await standing();
  assert.equal((await wish([...open, ranges].join('\n'), WHY, who)).statusCode, 303);
  return String((await proposals()).find((p) => p.outcome === null)?.id);
}

test('FIL-04, FCR-02 an administrator alone opens nothing: it waits with who, when, which ranges and why', async () => {
  const before = await standing();
  const answer = await wish('10.1.20.9/24\n fd00:1::/64');
  assert.equal(answer.statusCode, 303, answer.body);
  assert.deepEqual(await standing(), before, 'neither the settings nor the snapshot changed');
  const [p] = await proposals();
  assert.deepEqual(
    [p?.ranges, p?.reason, p?.requested_by, p?.outcome],
    [['10.1.20.0/24', 'fd00:1::/64'], WHY, s.people.administrator.id, null],
  );
  for (const action of ['agree', 'refuse']) {
    assert.equal((await send('administrator', `/${p?.id}/${action}`, { reason: WHY })).statusCode, 403, action);
  }
  // Nothing comes of waiting: only a person opens it.
  s.clock.advance(400 * DAY);
  assert.match((await pages.as(s.people.ictManager).get('/settings/private')).body, /Waits for a second person/);
  assert.deepEqual(await standing(), before);
});

test('FIL-04, FCR-04 a second administrator, the ICT manager or whom the policy names agrees, and it opens in that transaction', async () => {
  let ranges: string[] = [];
  for (const [n, who] of (['second', 'ictManager', 'filterApprover'] as const).entries()) {
    const id = await asked(`10.${n}.0.0/16`);
    const { number } = await standing();
    const answer = await send(who, `/${id}/agree`);
    assert.equal(answer.statusCode, 303, answer.body);
    ranges = [...ranges, `10.${n}.0.0/16`];
    const now = await standing();
    assert.deepEqual(now.open, ranges, who);
    assert.ok(now.number > number, 'gateways are told');
    assert.equal((await proposals()).find((p) => p.id === id)?.by_person, person(who).id);
    const snapshot = await t.db.in(systemContext(s.id), (tx) => buildSnapshot(tx, s.deps));
    assert.deepEqual(snapshot?.settings.allowedPrivate, ranges);
    // One transaction: the decision, the entry and the settings.
    const [together] = await t.asOwner(
      `select count(distinct x)::int as n from (
         select xmin::text as x from private_target_decision where proposal_id = $1
         union all select (xid::text::numeric % 4294967296)::text from ledger_entry where object_id = $1::text and action = 'private-targets.agree'
         union all select xmin::text from school where id = $2) t`,
      [id, s.id],
    );
    assert.equal(together?.n, 1);
  }
});

test('FCR-04 the role that agrees is the one the policy in force names, and no other', async () => {
  const other = await testSchool(t, { policy: 'secondary-school' });
  const theirs = await pagesFor(other.deps, governanceRoom(other.deps, { onEnrolled: () => undefined }));
  try {
    // The document that is in force, with another approver.
    await t.asOwner(
      `insert into policy_version (school_id, number, document, digest, in_force_from)
       select school_id, 2, replace(document::text, '"approver": "filter-approver"', '"approver": "dsl"')::jsonb, 'two', in_force_from + interval '1 second'
       from policy_version where school_id = $1`,
      [other.id],
    );
    other.clock.advance(DAY);
    const of = (part: Part) => theirs.as(other.people[part]);
    await of('administrator').post('/settings/private', { allowedPrivate: '10.1.0.0/16', reason: WHY });
    const [p] = await t.asOwner(`select id from private_target_proposal where school_id = $1`, [other.id]);
    // Who oversees the filter still sees it, and can do nothing there.
    const seen = (await of('filterApprover').get('/settings/private')).body;
    assert.ok(seen.includes('10.1.0.0/16') && !seen.includes('/agree'));
    assert.equal((await of('filterApprover').post(`/settings/private/${p?.id}/agree`)).statusCode, 403);
    assert.match((await of('dsl').get('/settings/private')).body, /Agree/);
    assert.equal((await of('dsl').post(`/settings/private/${p?.id}/agree`)).statusCode, 303);
  } finally {
    await theirs.close();
  }
});

test('FIL-04 in every state every person may do exactly what is promised, and everything else is refused and changes nothing', async () => {
  const parts: Who[] = [...(Object.keys(s.people) as Part[]), 'second'];
  const MAY: Readonly<Partial<Record<Who, readonly string[]>>> = {
    administrator: ['withdraw'],
    second: ['agree', 'refuse'],
    ictManager: ['agree', 'refuse'],
    filterApprover: ['agree', 'refuse'],
  };
  const states = {
    proposed: null,
    agreed: 'ictManager',
    refused: 'filterApprover',
    withdrawn: 'administrator',
  } as const;
  const leads = { agreed: 'agree', refused: 'refuse', withdrawn: 'withdraw' } as const;
  let [cells, done, ranges] = [0, 0, 0];
  for (const [state, by] of Object.entries(states) as [keyof typeof states, Who | null][]) {
    let id = await asked(`10.${++ranges}.0.0/16`);
    if (by && state !== 'proposed') await send(by, `/${id}/${leads[state]}`, { reason: WHY });
    for (const who of parts) {
      for (const action of ['agree', 'refuse', 'withdraw']) {
        cells++;
        const may = state === 'proposed' && MAY[who]?.includes(action);
        const before = [await standing(), await proposals()];
        const answer = await send(who, `/${id}/${action}`, { reason: WHY });
        if (may) {
          assert.equal(answer.statusCode, 303, `${who}: ${action} in ${state}`);
          done++;
          id = await asked(`10.${++ranges}.0.0/16`);
        } else {
          const readers = Object.keys(MAY);
          const refusal = state !== 'proposed' && readers.includes(who) ? 409 : 403;
          assert.equal(answer.statusCode, refusal, `${who}: ${action} in ${state}`);
          assert.deepEqual([await standing(), await proposals()], before, `${who}: ${action} in ${state}`);
        }
      }
    }
    if (state === 'proposed') await send('administrator', `/${id}/withdraw`);
  }
  assert.equal(cells, parts.length * 4 * 3);
  assert.equal(done, 7);
  for (const who of parts) {
    const may = who === 'administrator' || who === 'second';
    const answer = await wish((await standing()).open.join(' '), WHY, who);
    assert.equal(answer.statusCode, may ? 303 : 403, `${who} asks`);
  }
});

test('FIL-04 what is taken away or made narrower is closed at once by one person, with a new snapshot and an entry', async () => {
  await openNow('10.1.0.0/16', '10.2.0.0/16', 'fd00:1::/64');
  const { number } = await standing();
  const answer = await wish('10.1.7.0/24 10.2.0.0/16', '');
  assert.equal(answer.statusCode, 303, answer.body);
  const now = await standing();
  assert.deepEqual(now.open, ['10.1.7.0/24', '10.2.0.0/16']);
  assert.ok(now.number > number);
  assert.deepEqual(await proposals(), []);
  const [entry] = await t.asOwner(
    `select actor, detail from ledger_entry where action = 'private-targets.close' order by id desc`,
  );
  assert.equal(entry?.actor, s.people.administrator.id);
  assert.deepEqual(entry?.detail.after, now.open);
  // Saved once more, nothing is different: no snapshot, no entry.
  await wish('10.2.0.0/16\n10.1.7.0/24', '');
  assert.deepEqual(await standing(), now);
});

test('FIL-04 closing and opening in one wish: the one holds at once, the other waits, and agreement adds to what is open then', async () => {
  await openNow('10.1.0.0/16', '10.2.0.0/16');
  await wish('10.2.0.0/16 10.3.0.0/16');
  assert.deepEqual((await standing()).open, ['10.2.0.0/16']);
  await wish('', '');
  assert.deepEqual((await standing()).open, [], 'closing does not wait for the opening');
  const [p] = await proposals();
  await send('ictManager', `/${p?.id}/agree`);
  assert.deepEqual((await standing()).open, ['10.3.0.0/16']);
  const wider = await asked('10.0.0.0/8');
  assert.deepEqual((await standing()).open, ['10.3.0.0/16']);
  await send('ictManager', `/${wider}/agree`);
  assert.deepEqual((await standing()).open, ['10.0.0.0/8']);
});

test('FCR-02 an opening without a reason, a second while one waits, and a refusal without one are sent back, and nothing is done', async () => {
  await openNow('10.1.0.0/16');
  const before = await standing();
  const short = await wish('10.9.0.0/16', 'because');
  assert.equal(short.statusCode, 400);
  assert.match(short.body, /at least 10 letters[\s\S]*10\.9\.0\.0\/16/);
  assert.deepEqual(await standing(), before, 'the closing is not done either');
  const id = await asked('10.2.0.0/16');
  const another = await wish('10.1.0.0/16 10.3.0.0/16');
  assert.equal(another.statusCode, 409);
  assert.match(another.body, /Only one waits at a time/);
  const refused = await send('ictManager', `/${id}/refuse`, { reason: 'no' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /whyNot-error[\s\S]*at least 10 letters/);
  assert.equal((await proposals())[0]?.outcome, null);
  assert.equal((await send('ictManager', `/${id}/refuse`, { reason: 'Nobody needs this range.' })).statusCode, 303);
  assert.deepEqual(
    (await proposals()).map((p) => [p.outcome, p.answer]),
    [['refused', 'Nobody needs this range.']],
  );
  assert.deepEqual(await standing(), before);
});

test('of two who agree at once one comes second, and two who ask at once leave one proposal', async () => {
  const answers = await Promise.all([wish('10.1.0.0/16'), wish('10.2.0.0/16', WHY, 'second')]);
  assert.deepEqual(answers.map((a) => a.statusCode).sort(), [303, 409]);
  const [p] = await proposals();
  const both = await Promise.all([
    send('ictManager', `/${p?.id}/agree`),
    send('filterApprover', `/${p?.id}/refuse`, { reason: WHY }),
  ]);
  assert.deepEqual(both.map((a) => a.statusCode).sort(), [303, 409]);
  assert.equal((await proposals()).length, 1);
});

test('a proposal of another school is not found, and its addresses are not shown', async () => {
  const other = await testSchool(t);
  const id = newId();
  await t.asOwner(
    `insert into private_target_proposal values ($1, $2, '{10.77.0.0/16}', 'Their own good reason.', $3, now())`,
    [id, other.id, other.people.administrator.id],
  );
  for (const action of ['agree', 'refuse', 'withdraw']) {
    assert.equal((await send('ictManager', `/${id}/${action}`, { reason: WHY })).statusCode, 404, action);
  }
  assert.doesNotMatch((await pages.as(s.people.ictManager).get('/settings/private')).body, /10\.77/);
  assert.equal((await wish('10.1.0.0/16')).statusCode, 303, 'nor does theirs stand in the way');
});

test('FIL-04 the others hear that something waits, the requester what became of it, and no subject holds an address', async () => {
  const id = await asked();
  const letters = () => t.asOwner(`select recipient, subject, body from mail where about_id = $1 order by id`, [id]);
  const waits = await letters();
  assert.deepEqual(
    waits.map((l) => l.recipient).sort(),
    [second.id, s.people.ictManager.id, s.people.filterApprover.id].sort(),
  );
  await send('filterApprover', `/${id}/agree`);
  const all = await letters();
  assert.deepEqual(
    all.slice(waits.length).map((l) => l.recipient),
    [s.people.administrator.id],
  );
  for (const l of all) {
    assert.doesNotMatch(`${l.subject} ${l.body}`, /10\.1\.|library|Ada|Fay/);
    assert.match(l.body, /\/settings\/private/);
  }
});

test('FIL-04 whoever may decide finds it on their first page and on its own page, with what was decided, by whom and when', async () => {
  const id = await asked();
  for (const who of ['second', 'ictManager', 'filterApprover'] as const) {
    assert.match(
      (await pages.as(person(who)).get('/')).body,
      /An opening of the school’s own network waits for you/,
      who,
    );
    const { body } = await pages.as(person(who)).get('/settings/private');
    assert.match(body, /10\.1\.0\.0\/16[\s\S]*Ada Locke asked for it[\s\S]*catalogue[\s\S]*Agree[\s\S]*Refuse/, who);
  }
  assert.doesNotMatch((await pages.as(s.people.administrator).get('/')).body, /own network waits/);
  const mine = (await pages.as(s.people.administrator).get('/settings')).body;
  assert.match(mine, /Take it back/);
  assert.doesNotMatch(mine, /\/agree"/);
  assert.match(
    (await pages.as(s.people.ictManager).get('/settings')).body,
    new RegExp(`/settings/private/${id}/agree`),
  );
  await send('ictManager', `/${id}/refuse`, { reason: 'Nobody needs this range.' });
  for (const path of ['/settings', '/settings/private?q=ivo']) {
    const { body } = await pages.as(s.people.ictManager).get(path);
    assert.match(
      body,
      /Decided[\s\S]*Refused[\s\S]*Ada Locke asked for it[\s\S]*Ivo Nash refused[\s\S]*Nobody needs this range/,
      path,
    );
  }
  assert.match((await pages.as(s.people.ictManager).get('/settings/private?q=nothing-like-it')).body, /Nothing fits/);
});

test('FCR-09 whoever oversees the filter sees what is open, what waits and what was decided, and nobody else does', async () => {
  const id = await asked();
  const sees: readonly Who[] = [
    'administrator',
    'second',
    'ictManager',
    'filterApprover',
    'dsl',
    'dslDeputy',
    'head',
    'leadGovernor',
  ];
  for (const who of [...(Object.keys(s.people) as Part[]), 'second' as const]) {
    const page = await pages.as(person(who)).get('/settings/private');
    assert.equal(page.statusCode, sees.includes(who) ? 200 : 403, who);
  }
  for (const who of ['dsl', 'head', 'leadGovernor'] as const) {
    const { body } = await pages.as(person(who)).get('/settings/private');
    assert.match(body, /Ada Locke asked for it/);
    assert.ok(!body.includes(`/settings/private/${id}/`), `${who} can do nothing there`);
  }
  await send('administrator', `/${id}/withdraw`);
});

test('where nobody else can agree the page says so', async () => {
  const alone = await testSchool(t);
  await t.asOwner(`delete from role_holding where school_id = $1 and role <> 'administrator'`, [alone.id]);
  const theirs = await pagesFor(alone.deps, governanceRoom(alone.deps, { onEnrolled: () => undefined }));
  const ada = theirs.as(alone.people.administrator);
  await ada.post('/settings/private', { allowedPrivate: '10.1.0.0/16', reason: WHY });
  assert.match((await ada.get('/settings/private')).body, /Nobody else can agree to this yet/);
  await theirs.close();
});

/** As the application's own role, by whatever program. */
const bySql = (by: Context, ...statements: RawBuilder<unknown>[]) =>
  t.db.in(by, async (tx) => {
    for (const statement of statements) await statement.execute(tx);
  });
const VIOLATION = { code: '23514' };
const set = (...open: string[]) =>
  sql`update school set settings = settings || ${JSON.stringify({ allowedPrivate: open })}::jsonb where id = ${s.id}`;
const decide = (id: string, outcome: string, by: TestPerson, reason: string | null = null) =>
  sql`insert into private_target_decision values (${id}, ${s.id}, ${outcome}, ${by.id}, now(), ${reason})`;
const ask = (ranges: string, by: TestPerson, reason = WHY) =>
  sql`insert into private_target_proposal values (${newId()}, ${s.id}, ${ranges}::cidr[], ${reason}, ${by.id}, now())`;

test('FIL-04 the database opens no range for one person, whoever asks, however it is written; narrower it may be made', async () => {
  await openNow('10.1.0.0/16', '10.10.0.0/16', 'fd00:1::/48');
  const { administrator, ictManager } = s.people;
  const system = { ...administrator.context, person: null, duties: ['system'] };
  const id = await asked('10.50.0.0/16');
  for (const by of [administrator.context, ictManager.context, second.context, system]) {
    for (const range of [
      '10.2.0.0/16',
      '10.0.0.0/8',
      '0.0.0.0/0',
      '10.50.0.0/16',
      '127.0.0.1/32',
      'fd00::/16',
      '10.010.0.0/16',
      '10.1',
      '',
    ]) {
      await assert.rejects(bySql(by, set('10.1.0.0/16', range)), VIOLATION, range);
    }
    await assert.rejects(bySql(by, sql`update school set settings = '{"allowedPrivate": {"a": "10.2.0.0/16"}}'`));
  }
  await bySql(administrator.context, set('10.1.7.0/24', '10.10.0.0/16', 'fd00:1::5/128'));
  await assert.rejects(bySql(administrator.context, set('10.1.0.0/16')), VIOLATION, 'nor made wider again');
  await send('ictManager', `/${id}/agree`);
  await bySql(administrator.context, set());
  await assert.rejects(bySql(ictManager.context, set('10.50.0.0/16')), VIOLATION, 'an agreement opens once');
});

test('FIL-04, FCR-04 the database lets nobody agree to their own, speak in another’s name, or ask where one waits', async () => {
  const { administrator, ictManager, filterApprover, teacher, year8 } = s.people;
  const id = await asked();
  await assert.rejects(
    bySql(administrator.context, decide(id, 'agreed', administrator), set('10.1.0.0/16')),
    VIOLATION,
  );
  await assert.rejects(bySql(administrator.context, decide(id, 'refused', administrator, WHY)), VIOLATION);
  await assert.rejects(bySql(administrator.context, decide(id, 'agreed', ictManager)), /row-level security/);
  await assert.rejects(bySql(ictManager.context, decide(id, 'withdrawn', ictManager)), VIOLATION);
  await assert.rejects(bySql(ictManager.context, decide(id, 'refused', ictManager)), VIOLATION, 'without a reason');
  await assert.rejects(bySql(year8.context, decide(id, 'agreed', year8)), VIOLATION, 'a pupil finds none');
  await assert.rejects(bySql(second.context, ask('{10.2.0.0/16}', second)), VIOLATION, 'one waits');
  await assert.rejects(
    bySql(ictManager.context, decide(id, 'agreed', ictManager), set('10.2.0.0/16')),
    VIOLATION,
    'not what was asked',
  );
  await bySql(administrator.context, decide(id, 'withdrawn', administrator));
  await assert.rejects(bySql(ictManager.context, decide(id, 'agreed', ictManager), set('10.1.0.0/16')), {
    code: '23505',
  });
  for (const who of [ictManager, filterApprover, teacher]) {
    await assert.rejects(bySql(who.context, ask('{10.2.0.0/16}', who)), /row-level security/);
  }
  await assert.rejects(bySql(administrator.context, ask('{10.2.0.0/16}', second)), /row-level security/);
  for (const ranges of ['{}', '{127.0.0.0/8}', '{8.8.8.8}', '{10.0.0.0/7}', '{NULL}', '{10.1.0.0/16,::1}']) {
    await assert.rejects(bySql(administrator.context, ask(ranges, administrator)), VIOLATION, ranges);
  }
  await assert.rejects(bySql(administrator.context, ask('{10.2.0.0/16}', administrator, 'because   ')), VIOLATION);
});

test('FCR-02 what was asked and decided cannot be changed or removed by the application', async () => {
  const id = await asked();
  await send('ictManager', `/${id}/agree`);
  for (const by of [
    s.people.administrator.context,
    { ...s.people.ictManager.context, person: null, duties: ['system'] },
  ]) {
    for (const table of ['private_target_proposal', 'private_target_decision']) {
      await assert.rejects(bySql(by, sql`update ${sql.table(table)} set reason = 'Something else.'`), {
        code: '42501',
      });
      await assert.rejects(bySql(by, sql`delete from ${sql.table(table)}`), { code: '42501' });
    }
  }
});

test('FIL-04 the database reads ranges as the program does', async () => {
  const four = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([a, bits]) => [a, bits]);
  const own = fc.tuple(
    fc.constantFrom('10.', '172.16.', '192.168.', '100.64.', '169.254.'),
    fc.ipV4(),
    fc.integer({ min: 8, max: 32 }),
  );
  const near = own.map(([head, a, bits]) => [
    `${head}${a
      .split('.')
      .slice(head.split('.').length - 1)
      .join('.')}`,
    bits,
  ]);
  const six = fc.tuple(fc.constantFrom('fd', 'fe80', 'fc', '2001', ''), fc.ipV6(), fc.integer({ min: 0, max: 128 }));
  const texts = fc
    .sample(
      fc.oneof(
        four,
        near,
        six.map(([head, a, bits]) => [
          head ? a.replace(/^[0-9a-f]{1,4}(?=:)/i, head === 'fd' || head === 'fc' ? `${head}00` : head) : a,
          bits,
        ]),
      ),
      3000,
    )
    .map(([a, bits]) => `${a}/${bits}`);
  const rows = await t.asOwner(
    `select x, network(x::inet)::text as written, gh_own_ranges(array[network(x::inet)]) as own, gh_range(network(x::inet)::text) is not null as plain
     from unnest($1::text[]) x where pg_input_is_valid(x, 'inet')`,
    [texts],
  );
  assert.ok(rows.length > 2000);
  for (const row of rows) {
    const { ranges } = readRanges(row.x);
    assert.equal(ranges.length === 1, row.own, row.x);
    if (ranges.length === 1) assert.equal(ranges[0], row.written);
    assert.ok(row.plain);
  }
});
