import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { sealNext, verifyLedger } from '#platform/ledger.ts';
import { may, shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { policyInForce } from '../policies.service.ts';
import { grantUse, permissionsRoutes } from './index.ts';
import { grantables, readMoment, writeMoment } from './permissions.rules.ts';

let t: TestDatabase;
let s: TestSchool;
let other: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  other = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(s.deps, { name: 'permissions', routes: (app) => permissionsRoutes(app, s.deps) });
});
after(async () => {
  await pages.close();
  await t.drop();
});
beforeEach(() =>
  t.asOwner('with gone as (delete from use_grant) update school set snapshot_number = snapshot_number + 1'),
);

const MESSAGING = '/permissions/COM-08/pupil';
const inHours = (hours: number) => writeMoment(s.clock.now() + hours * HOUR, 'Europe/London');
const give = (part: Part, url: string, people: Part[], fields: Record<string, string> = {}) =>
  pages.as(s.people[part]).post(url, {
    person: people.map((p) => s.people[p].id),
    purpose: 'A project of the media club',
    until: inHours(2),
    ...fields,
  });
const grants = () => t.asOwner('select person_id, rule, purpose, until_at, ended_at from use_grant order by id');
const mayMessage = (part: Part) =>
  t.db.in(s.people[part].context, async (tx) => {
    const policy = await policyInForce(tx, s.clock.now());
    assert.ok(policy);
    const audience = s.people[part].viewer.person.kind === 'pupil' ? 'pupil' : 'staff';
    const person = s.people[part].id;
    return may(policy.may, { action: 'use-messaging-apps', audience, person, at: s.clock.now() }).outcome;
  });
const code = (answer: { body: string; statusCode: number }) => answer.statusCode;

test('pages and commands are for those who work here; a pupil sees only their own permissions', async () => {
  assert.equal(await everyRouteDenies(pages, s), 5);
  await give('teacher', MESSAGING, ['year8']);
  const mine = await pages.as(s.people.year8).get('/permissions');
  assert.match(mine.body, /Messaging apps[\s\S]*media club/);
  const others = await pages.as(s.people.year7).get('/permissions?q=Zed');
  assert.doesNotMatch(others.body, /media club|Zed/);
  assert.match(others.body, /no permission at the moment/);
});

test('COM-08 COM-12 a member of staff gives a pupil permission: it opens for that pupil, until its end', async () => {
  const before = await t.asOwner('select snapshot_number as n from school where id = $1', [s.id]);
  assert.equal(await mayMessage('year8'), 'block');
  assert.equal(code(await give('staff', MESSAGING, ['year8'])), 303);
  assert.deepEqual([await mayMessage('year8'), await mayMessage('year7')], ['allow', 'block']);
  const after = await t.asOwner('select snapshot_number as n from school where id = $1', [s.id]);
  assert.notDeepEqual(after, before, 'gateways are told');
  const [entry] = await t.asOwner(
    `select actor, object_id, detail from ledger_entry where action = 'permission.give' order by id desc limit 1`,
  );
  assert.deepEqual([entry?.actor, entry?.object_id], [s.people.staff.id, 'COM-08']);
  assert.doesNotMatch(JSON.stringify(entry), /media club/, 'the purpose is personal text');
  s.clock.advance(2 * HOUR);
  assert.equal(await mayMessage('year8'), 'block');
});

test('COM-12 “end now” closes at once, the history stays, and it cannot be ended twice', async () => {
  await give('teacher', MESSAGING, ['year8']);
  const [row] = await t.asOwner<{ id: string }>('select id from use_grant');
  const end = () => pages.as(s.people.head).post(`/permissions/end/${row?.id}`);
  assert.equal(code(await end()), 303);
  assert.equal(await mayMessage('year8'), 'block');
  assert.equal(code(await end()), 409);
  const { body } = await pages.as(s.people.staff).get(`${MESSAGING}?state=ended`);
  assert.match(body, /Zed Pupil[\s\S]*Ended by Hetty Vale/);
  assert.doesNotMatch((await pages.as(s.people.staff).get(MESSAGING)).body, /Zed Pupil/);
});

test('COM-08 lists are kept by the head and the safeguarding lead; staff on the list may, others not', async () => {
  assert.equal(code(await give('teacher', '/permissions/COM-08/staff', ['staff'], { until: '' })), 403);
  assert.equal(code(await give('ictManager', '/permissions/COM-08/staff', ['staff'], { until: '' })), 403);
  assert.equal(code(await give('dsl', '/permissions/COM-08/staff', ['staff'], { until: '' })), 303);
  assert.deepEqual([await mayMessage('staff'), await mayMessage('teacher')], ['allow', 'block']);
  s.clock.advance(365 * DAY);
  assert.equal(await mayMessage('staff'), 'allow', 'a list stands until somebody ends it');
});

test('ROL-20 nobody gives anything to themselves', async () => {
  const answer = await give('head', '/permissions/COM-08/staff', ['head', 'staff'], { until: '' });
  assert.equal(answer.statusCode, 403);
  assert.match(answer.body, /Nobody gives a permission to themselves/);
  assert.deepEqual(await grants(), []);
});

test('FCR-07 what a policy closes or the law forbids cannot be given to anyone, whoever asks', async () => {
  const b = shippedPolicy('secondary-school');
  const open = new Set(grantables(b).map((g) => `${g.rule.id} ${g.audience}`));
  let refused = 0;
  for (const rule of b.rules) {
    for (const audience of ['staff', 'pupil', 'guest'] as const) {
      if (open.has(`${rule.id} ${audience}`)) continue;
      const part = { staff: 'staff', pupil: 'year8', guest: 'parent' } as const;
      const by = { ...s.people.head.context, duties: ['staff', 'head', 'dsl', 'administrator', 'ict-manager'] };
      const input = {
        rule: rule.id,
        audience,
        people: [s.people[part[audience]].id],
        group: '',
        purpose: 'Because',
        from: '',
        until: inHours(1),
      };
      const attempt = t.db.in(by, (tx) => grantUse(tx, s.deps, by, input));
      await assert.rejects(attempt, (e) => e instanceof Refusal && e.code === 'grant.closed', `${rule.id} ${audience}`);
      refused++;
    }
  }
  assert.ok(refused > 80, `only ${refused} cells were tried`);
  assert.deepEqual(await grants(), []);
});

test('GOV-34 a permission that a stricter rule would keep closed is not given, and the page says which rule', async () => {
  const { body } = await pages.as(s.people.head).get('/permissions/AGR-T08-SOCIAL/pupil');
  assert.match(body, /the rule “Social media” keeps it closed all the same/);
  const answer = await give('head', '/permissions/AGR-T08-SOCIAL/pupil', ['year8']);
  assert.equal(answer.statusCode, 403);
});

test('a whole year is given it at once, in one entry; who holds it for that time already is left as they are', async () => {
  await give('teacher', MESSAGING, ['year7']);
  const answer = await give('teacher', MESSAGING, [], { group: 'year:7', until: inHours(1) });
  assert.equal(answer.statusCode, 409, 'the only one there holds it');
  assert.equal(code(await give('teacher', MESSAGING, ['year8'], { group: 'year:7' })), 303);
  assert.equal((await grants()).length, 2);
  assert.equal(code(await give('teacher', MESSAGING, [], { group: 'year:7', until: inHours(9) })), 303, 'for longer');
});

test('COM-12 without a purpose, an end, or anybody it is for, nothing is given, and the form says what is missing', async () => {
  const cases: [Part[], Record<string, string>, RegExp][] = [
    [['year8'], { until: '' }, /Say when it ends/],
    [['year8'], { until: '2026-13-40T10:00' }, /Give a day and a time/],
    [['year8'], { until: inHours(-1) }, /not in the past/],
    [['year8'], { from: inHours(3) }, /ends after it begins/],
    [['year8'], { purpose: ' ' }, /Say what it is for/],
    [[], {}, /Choose somebody/],
    [[], { group: 'year:9' }, /Nobody is in this group now/],
    [['staff'], {}, /not one of those this rule is for/],
  ];
  for (const [people, fields, says] of cases) {
    const answer = await give('teacher', MESSAGING, people, { find: 'pupil', ...fields });
    assert.equal(answer.statusCode, 400, JSON.stringify(fields));
    assert.match(answer.body, says);
  }
  assert.deepEqual(await grants(), []);
});

test('people and permissions of another school are not there', async () => {
  const answer = await pages.as(s.people.teacher).post(MESSAGING, {
    person: other.people.year8.id,
    purpose: 'Theirs',
    until: inHours(1),
  });
  assert.equal(answer.statusCode, 404);
  const [theirs] = await t.asOwner<{ id: string }>(
    `insert into use_grant (school_id, rule, person_id, granted_by, purpose, from_at) values ($1, 'COM-08', $2, $3, 'Theirs', now()) returning id`,
    [other.id, other.people.year8.id, other.people.head.id],
  );
  assert.equal(code(await pages.as(s.people.head).post(`/permissions/end/${theirs?.id}`)), 404);
  assert.doesNotMatch((await pages.as(s.people.head).get('/permissions?state=all')).body, /Theirs/);
});

test('what was given and ended verifies in the ledger', async () => {
  while (await sealNext(t.db, s.clock.now()));
  const { faults, entries } = await verifyLedger(t.db, []);
  assert.deepEqual(faults, []);
  assert.ok(entries >= 5, `${entries} entries`);
});

test('a search finds by name, by purpose and by state', async () => {
  await give('teacher', MESSAGING, ['year8']);
  await give('teacher', '/permissions/COM-10/pupil', ['year7'], { purpose: 'A diary of the allotment' });
  const page = async (query: string) => (await pages.as(s.people.staff).get(`/permissions?${query}`)).body;
  assert.match(await page('q=allotment'), /scope="row">Yara Pupil/);
  assert.doesNotMatch(await page('q=allotment'), /scope="row">Zed Pupil/);
  assert.match(await page('q=nobody+at+all'), /Nothing fits this search/);
  assert.match(await page(''), /Messaging apps[\s\S]*Zed Pupil/);
});

test('moments are read on the school’s clock, summer and winter', () => {
  assert.equal(readMoment('2026-07-01T12:00', 'Europe/London')?.toISOString(), '2026-07-01T11:00:00.000Z');
  assert.equal(readMoment('2026-12-01T12:00', 'Europe/London')?.toISOString(), '2026-12-01T12:00:00.000Z');
  assert.equal(readMoment('2026-02-30T12:00', 'Europe/London'), null);
  assert.equal(writeMoment(Date.parse('2026-07-01T11:00Z'), 'Europe/London'), '2026-07-01T12:00');
});
