import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { forbidden, invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { readAddress } from '#filter/index.ts';
import { systemContext } from '#platform/db.ts';
import { shippedPolicy } from '#policy/index.ts';
import { adoptPolicy, taxonomy, writeMoment } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { decideChange, submitChange } from './changes/changes.service.ts';
import { lesson, lessonSchool } from './changes/testing.ts';
import { filteringRoom } from './filtering.routes.ts';
import { compileLists, indexFile, newestVersion } from './lists.service.ts';
import type { OnLookUp } from './why.routes.ts';
import { seenOf } from './why.rules.ts';
import { type WhyAsked, why } from './why.service.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
const lookedUp: { by: string; about: string; reason: string }[] = [];
/** As monitoring does it (look-up.service.ts): no reason, no answer. */
const onLookUp: OnLookUp = async (viewer, { about, reason }) => {
  if (about === viewer.person.id) throw forbidden('look-up.self', 'You cannot look up yourself.');
  if (reason.trim().length < 10)
    throw invalid('look-up.reason', 'Say why you need to know.', { reason: 'Write more.' });
  lookedUp.push({ by: viewer.person.id, about, reason });
};
before(async () => {
  t = await testDatabase();
  school = await lessonSchool(t);
  pages = await pagesFor(
    school.deps,
    filteringRoom(school.deps, { onGatewayTrouble: async () => undefined, onLookUp }),
  );
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part) => pages.as(school.people[part]);
const now = () => school.clock.now();
const asked = (host: string, who: WhyAsked['who'], at?: number, path = '') =>
  t.db.in(school.people.dsl.context, (tx) =>
    why(tx, school.deps, { address: { host, path }, who, at, seen: path ? 'name' : 'address' }),
  );
const pupil = (part: Part) => ({ person: school.people[part].id });
const moment = (at: number) => writeMoment(at, school.people.dsl.viewer.school.timeZone);
const REASON = 'Their teacher says that the page stayed closed.';
const ask = (part: Part, fields: Record<string, string>) =>
  as(part).post('/filtering/test', { address: 'marches.example', who: 'zed.pupil', reason: REASON, at: '', ...fields });

test('FIL-01 whatever is asked, now or then, the answer names policy, lists and how sure they must be', async () => {
  for (const host of ['marches.example', 'plain.example', 'help.gatehouse-test.example']) {
    for (const profile of ['pupil-7', 'pupil-8', 'staff', 'unidentified']) {
      const found = await asked(host, { profile });
      assert.equal(found.policy?.number, 1);
      assert.match(found.lists?.version ?? '', /^[0-9a-f]{64}$/);
      assert.ok(found.verdict?.decision.because.rule);
      assert.equal(found.level, { 'pupil-7': 'careful', staff: 'sure', unidentified: 'careful' }[profile] ?? 'usual');
    }
  }
});

test('FCR-03 an opening that is over is the reason for the time in which it held, and for no other', async () => {
  const begin = now() + 5 * MINUTE;
  const reference = await submitChange(
    school.deps,
    school.people.teacher.viewer,
    lesson({ sites: 'marches.example', from: moment(begin), until: moment(begin + HOUR) }),
    'ask',
  );
  await decideChange(school.deps, school.people.filterApprover.viewer, reference, {
    approved: ['marches.example'],
    refused: {},
    reason: '',
  });
  school.clock.advance(3 * HOUR);
  const during = await asked('marches.example', pupil('year8'), begin + MINUTE);
  assert.deepEqual([during.verdict?.decision.outcome, during.change?.reference], ['allow', reference]);
  assert.equal((await asked('marches.example', pupil('year7'), begin + MINUTE)).verdict?.decision.outcome, 'block');
  for (const at of [begin - MINUTE, begin + HOUR, undefined]) {
    const other = await asked('marches.example', pupil('year8'), at);
    assert.deepEqual([other.verdict?.decision.outcome, other.change], ['block', null], String(at));
  }
});

test('GOV-33 under an earlier version of the policy the answer is that version’s, with its number', async () => {
  const before = now() - MINUTE;
  const document = shippedPolicy('secondary-school', taxonomy().categories);
  const open = { ...document, rules: document.rules.filter((r) => !r.categories.includes('games')) };
  const by = systemContext(school.id);
  await t.db.in(by, (tx) => adoptPolicy(tx, school.deps, by, open, { approver: null }));
  school.clock.advance(MINUTE);
  const [was, is] = [
    await asked('marches.example', pupil('year8'), before),
    await asked('marches.example', pupil('year8')),
  ];
  assert.deepEqual([was.policy?.number, was.verdict?.decision.outcome, was.past], [1, 'block', true]);
  assert.deepEqual([is.policy?.number, is.verdict?.decision.outcome, is.past], [2, 'allow', false]);
});

test('a permission that was ended since then is the reason for the time in which it held', async () => {
  const { id: person } = school.people.year12;
  const document = shippedPolicy('secondary-school', taxonomy().categories);
  const rule = {
    ...document.rules.find((r) => r.categories.includes('games')),
    id: 'XY-01',
    categories: ['video-sharing'],
  };
  const by = systemContext(school.id);
  const closed = { value: 'not-allowed' } as const;
  const cells = { pupil: { value: 'permission' }, staff: closed, guest: closed } as const;
  const text = { ...document, rules: [...document.rules, { ...rule, cells }] } as typeof document;
  await t.db.in(by, (tx) => adoptPolicy(tx, school.deps, by, text, { approver: null }));
  const [from, ended] = [now() + HOUR, now() + 3 * HOUR];
  await t.asOwner(
    `insert into use_grant (school_id, rule, person_id, granted_by, purpose, from_at, ended_by, ended_at) values ($1, 'XY-01', $2, $3, 'Film studies', $4, $3, $5)`,
    [school.id, person, school.people.teacher.id, new Date(from), new Date(ended)],
  );
  school.clock.advance(DAY);
  const outcome = async (at?: number) => (await asked('films.example', { person }, at)).verdict?.decision.outcome;
  assert.deepEqual(
    [await outcome(from - 1), await outcome(from), await outcome(ended - 1), await outcome(ended), await outcome()],
    ['block', 'allow', 'allow', 'block', 'block'],
  );
});

test('lists that were compiled again keep their time; of lists that are gone only what a gateway wrote down is known', async () => {
  const first = now();
  await compileLists(school.deps, school.id);
  school.clock.advance(HOUR);
  await compileLists(school.deps, school.id);
  const old = await t.db.in(school.people.dsl.context, (tx) => newestVersion(tx));
  assert.ok(old);
  school.clock.advance(DAY);
  mkdirSync(join(school.deps.config.lists ?? '', 'gambling'));
  writeFileSync(join(school.deps.config.lists ?? '', 'gambling/domains'), 'marches.example\n');
  await compileLists(school.deps, school.id);
  const seenThen = await asked('marches.example', pupil('year8'), first + MINUTE);
  assert.equal(seenThen.lists?.version, old.sha256);
  assert.ok(!seenThen.verdict?.categories.includes('gambling'));
  assert.ok((await asked('marches.example', pupil('year8'))).verdict?.categories.includes('gambling'));

  // The process that answers may still hold it; another name of the same age is asked of the disk.
  rmSync(indexFile(school.deps, old.sha256));
  const gone = '0'.repeat(64);
  await t.asOwner(`select gh_activity_partitions($1::date, $1::date)`, [new Date(first)]);
  const gateway = newId(now());
  await t.asOwner(`insert into gateway (id, school_id, name, token_digest) values ($1, $2, 'Main', $3)`, [
    gateway,
    school.id,
    Buffer.from(gateway),
  ]);
  await t.asOwner(
    `insert into ledger_entry (school_id, at, actor, action, object_kind, object_id, detail, digest) values ($1, $2, null, 'lists.compile', 'list_version', $3, '{}', $4)`,
    [school.id, new Date(first - 9 * MINUTE), gone, Buffer.alloc(32)],
  );
  await t.asOwner(
    `insert into activity (school_id, at, gateway_id, batch, line, via, person_id, address, profile, host, category, outcome, rule, clause, snapshot, list, count)
     values ($1, $2, $3, 1, 1, 'dns', $4, '10.0.0.1', 'pupil-7', 'marches.example', 'games', 'block', 'UAR-19', null, 1, $5, 3)`,
    [school.id, new Date(first - 8 * MINUTE), gateway, school.people.year8.id, gone],
  );
  const lost = await asked('marches.example', pupil('year8'), first - 5 * MINUTE);
  assert.deepEqual([lost.verdict, lost.lists?.version, lost.profile], [null, gone, 'pupil-7']);
  assert.deepEqual(
    lost.recorded.map((r) => [r.outcome, r.rule, r.category, r.count]),
    [['block', 'UAR-19', 'games', 3]],
  );
  const page = await ask('dsl', { at: moment(first - 5 * MINUTE) });
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /the lists of that time are no longer kept/);
  assert.match(page.body, /What a gateway wrote down/);
  const unread = await ask('dsl', { at: moment(first - 2 * DAY) });
  assert.match(unread.body, /none compiled by then/);
});

test('MON-11 a named person is asked about with a reason, by those who may look people up, and it is handed on to be recorded', async () => {
  lookedUp.length = 0;
  const page = await ask('dsl', {});
  assert.equal(page.statusCode, 200, page.body.slice(0, 300));
  assert.match(page.body, /Zed Pupil, who gets Year 8 pupils/);
  assert.deepEqual(lookedUp, [{ by: school.people.dsl.id, about: school.people.year8.id, reason: REASON }]);
  const refused = await ask('dsl', { reason: '' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /id="reason-error"/);
  assert.doesNotMatch(refused.body, /who gets/);
  assert.equal((await ask('dsl', { who: 'dina.sharp' })).statusCode, 403, 'nobody looks up themself');
  const many = await ask('dsl', { who: 'pupil' });
  assert.equal(many.statusCode, 400);
  assert.match(many.body, /Several people match: .*Yara Pupil/);
  assert.match((await ask('dsl', { who: 'nobody-at-all' })).body, /Nobody here is called/);
  for (const part of ['teacher', 'administrator', 'leadGovernor', 'filterApprover'] as const)
    assert.equal((await ask(part, {})).statusCode, 403, part);
  assert.equal(lookedUp.length, 1, 'who is refused asks about nobody');
  assert.doesNotMatch((await as('teacher').get('/filtering/test')).body, /Ask about one person/);
});

test('the page says what was seen, what would change it, and which lists, openings and version it rests on', async () => {
  const get = async (query: string) => (await as('teacher').get(`/filtering/test?${query}`)).body;
  const https = await get('address=https://marches.example/map&profile=pupil-8');
  assert.match(https, /Not inspected: only the name was seen/);
  assert.match(https, /What would change it/);
  assert.match(https, /version 3/);
  assert.match(await get('address=http://marches.example/map&profile=pupil-8'), /The whole address was seen/);
  const past = await get(`address=marches.example&profile=pupil-8&at=${moment(now() - HOUR)}`);
  assert.match(past, /As it was on/);
  assert.match(past, /taken as they are today/);
  for (const at of ['2030-01-01T10:00', 'yesterday', '2026-13-40T10:00']) {
    const wrong = await as('teacher').get(`/filtering/test?address=marches.example&at=${at}`);
    assert.equal(wrong.statusCode, 400, at);
    assert.match(wrong.body, /id="at-error"/);
  }
  assert.equal((await as('dsl').get('/filtering/test?address=not%20one')).statusCode, 400);
  assert.equal((await as('dsl').get('/filtering/test?address=a.example&profile=none')).statusCode, 404);
});

test('FIL-02 FIL-19 of illegal content nothing more is said of the past either, nor about a person', async () => {
  for (const page of [
    await ask('dsl', { address: 'never.example' }),
    await ask('dsl', { address: 'never.example', at: moment(now() - HOUR) }),
    await as('teacher').get(`/filtering/test?address=never.example&profile=staff&at=${moment(now() - HOUR)}`),
  ]) {
    assert.match(page.body, /This page cannot be opened\./);
    assert.doesNotMatch(
      page.body,
      /safety\.illegal|Child sexual abuse|What would change it|Which lists say so|wrote down/,
    );
  }
});

test('whatever address is typed, only plain HTTP with a path is seen whole', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.webUrl({ withQueryParameters: true, validSchemes: ['http', 'https'] }), fc.string()),
      (typed) => {
        const address = readAddress(typed);
        if (!address) return;
        assert.equal(
          seenOf(typed, address) === 'address',
          typed.trim().toLowerCase().startsWith('http://') && address.path !== '',
        );
      },
    ),
  );
});
