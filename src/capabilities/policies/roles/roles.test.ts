import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import { shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { rolesJobs, rolesRoutes, rolesState } from './index.ts';

let t: TestDatabase;
let config: TestSchool['deps']['config'] | undefined;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

interface Bench {
  readonly s: TestSchool;
  readonly pages: Pages;
  readonly as: (part: Part) => ReturnType<Pages['as']>;
}

/** A school of its own for each test, since who holds what is what they are about. */
async function school(
  policy: 'secondary-school' | 'tuition-centre',
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  const s = await testSchool(t, { policy, ...(config && { config }) });
  config = s.deps.config;
  const pages = await pagesFor(s.deps, { name: 'roles', routes: (app) => rolesRoutes(app, s.deps) });
  try {
    await work({ s, pages, as: (part) => pages.as(s.people[part]) });
  } finally {
    await pages.close();
  }
}

const hold = (s: TestSchool, part: Part, role: string, rank = 'holder') =>
  t.asOwner(`insert into role_holding (school_id, person_id, role, rank) values ($1, $2, $3, $4)`, [
    s.id,
    s.people[part].id,
    role,
    rank,
  ]);
const live = (s: TestSchool, role: string) =>
  t.asOwner<{ id: string; person_id: string; rank: string }>(
    'select id, person_id, rank from role_holding where school_id = $1 and role = $2 and until_at is null order by rank',
    [s.id, role],
  );
const state = (s: TestSchool) => t.db.in(systemContext(s.id), (tx) => rolesState(tx, s.clock.now()));
const hourly = (s: TestSchool) => rolesJobs(s.deps).tasks['roles.vacancies']?.({});
const letters = (s: TestSchool) =>
  t.asOwner<{ recipient: string; body: string }>(
    `select recipient, body from mail where school_id = $1 and about_kind = 'role' order by created_at`,
    [s.id],
  );

test('nobody reads or changes roles without signing in, as a pupil, or as somebody who may not', () =>
  school('secondary-school', async ({ s, pages }) => {
    assert.ok((await everyRouteDenies(pages, s)) >= 5);
  }));

test('ROL-10 ROL-11 ROL-15 the page shows every role of the policy with its duties, holder and deputies, and says what is missing', () =>
  school('secondary-school', async ({ as }) => {
    const list = (await as('parent').get('/roles')).body;
    for (const role of shippedPolicy('secondary-school').roles) {
      assert.ok(list.includes(`href="/roles/${role.id}"`), role.id);
      const page = (await as('staff').get(`/roles/${role.id}`)).body;
      for (const duty of role.duties) assert.ok(page.includes(duty.replaceAll('&', '&amp;')), duty);
    }
    const card = (role: string) => list.slice(list.lastIndexOf(`href="/roles/${role}"`)).split('</tr>')[0] ?? '';
    assert.match(card('dsl'), /<td>Dina Sharp<\/td>\s*<td>Dev Mistry<\/td>/);
    assert.doesNotMatch(card('dsl'), /gh-tag/);
    for (const role of ['head', 'ict-manager']) assert.match(card(role), /No deputy/, role);
    assert.match(card('filter-approver'), /1 more wanted \(1 of 2\)/);
    assert.match((await as('staff').get('/roles?q=mistry')).body, /1 of 21 roles/);
    assert.match((await as('staff').get('/roles?q=zzzz')).body, /No role fits this search/);
    assert.equal((await as('staff').get('/roles/emperor')).statusCode, 404);
  }));

test('ROL-09 there is exactly one lead governor: a second is refused with what to do, and handing over is one step', () =>
  school('secondary-school', async ({ s, as }) => {
    const admin = as('administrator');
    const { leadGovernor, governor } = s.people;
    const give = (fields: Record<string, string>) =>
      admin.post('/roles/lead-governor/give', { person: governor.id, because: 'Elected in the autumn', ...fields });
    const found = (await admin.get('/roles/lead-governor?find=holt')).body;
    assert.match(found, /Gus Holt/);
    assert.match(found, /In place of Lena Frost, in one step/);

    const refused = await give({ as: 'holder' });
    assert.equal(refused.statusCode, 409);
    assert.match(refused.body, /lets one person hold “Lead governor for safeguarding”, and Lena Frost does/);
    assert.match(refused.body, /End it there first, or hand it over in one step/);
    assert.deepEqual(
      (await live(s, 'lead-governor')).map((h) => h.person_id),
      [leadGovernor.id],
    );

    const [held] = await live(s, 'lead-governor');
    assert.equal((await give({ as: held?.id ?? '' })).statusCode, 303);
    assert.deepEqual(
      (await live(s, 'lead-governor')).map((h) => h.person_id),
      [governor.id],
    );
    const page = (await admin.get('/roles/lead-governor')).body;
    assert.match(page, /Who held it before[\s\S]*Lena Frost[\s\S]*Ada Locke/);
    assert.match(page, /Elected in the autumn/);
    const seen = (await as('teacher').get('/roles/lead-governor')).body;
    assert.match(seen, /Lena Frost/);
    assert.doesNotMatch(seen, /Elected/, 'reasons are not for everybody');
    assert.doesNotMatch((await as('parent').get('/roles/lead-governor')).body, /Lena Frost/);
    const entries = await t.asOwner<{ action: string; detail: Record<string, string> }>(
      `select action, detail from ledger_entry where school_id = $1 and action like 'role.%' order by id`,
      [s.id],
    );
    assert.deepEqual(
      entries.map((e) => e.action),
      ['role.end', 'role.assign'],
    );
    assert.match(String(entries[1]?.detail.because), /^hmac-sha256:/);
  }));

test('ROL-11 the lead is one: the deputy takes over in one step and is deputy no longer, also when two try at once', () =>
  school('secondary-school', async ({ s, as }) => {
    const { dsl, dslDeputy, staff } = s.people;
    const [first] = (await live(s, 'dsl')).filter((h) => h.rank === 'holder');
    assert.equal(first?.person_id, dsl.id);
    const over = (person: string) => as('administrator').post('/roles/dsl/give', { person, as: first?.id ?? '' });
    const both = await Promise.all([over(dslDeputy.id), over(staff.id)]);
    assert.deepEqual(both.map((r) => r.statusCode).sort(), [303, 404]);
    assert.equal((await live(s, 'dsl')).filter((h) => h.rank === 'holder').length, 1);
    const twice = await Promise.all(
      [staff.id, dsl.id].map((person) => as('administrator').post('/roles/dsl/give', { person, as: 'holder' })),
    );
    assert.ok(twice.every((r) => r.statusCode === 409));
  }));

test('ROL-01 the daily duty is handed to the centre lead with a date, and only the centre lead accepts it', () =>
  school('tuition-centre', async ({ s, as }) => {
    const { teacher } = s.people;
    await as('administrator').post('/roles/centre-lead/give', { person: teacher.id, as: 'holder' });
    const [held] = await live(s, 'centre-lead');
    const accept = (part: Part) => as(part).post('/roles/centre-lead/accept', { holding: held?.id ?? '' });
    assert.match((await as('governor').get('/roles/centre-lead')).body, /Not yet/);
    assert.match((await as('teacher').get('/roles/centre-lead')).body, /I take this on/);
    assert.equal((await accept('staff')).statusCode, 404);
    assert.equal((await accept('teacher')).statusCode, 303);
    assert.equal((await accept('teacher')).statusCode, 303, 'twice is once');
    const [row] = await t.asOwner('select person_id, at from role_acceptance where holding_id = $1', [held?.id]);
    assert.deepEqual(row, { person_id: teacher.id, at: new Date(s.clock.now()) });
    assert.doesNotMatch((await as('governor').get('/roles/centre-lead')).body, /Not yet/);
    await assert.rejects(
      t.db.in(s.people.staff.context, (tx) =>
        tx
          .insertInto('role_acceptance')
          .values({
            holding_id: newId(),
            school_id: s.id,
            person_id: teacher.id,
            at: new Date(),
          })
          .execute(),
      ),
      /row-level security/,
    );
  }));

test('ROL-14 a duty that the school adds to a role is on its page', () =>
  school('secondary-school', async ({ s, as }) => {
    const document = structuredClone(shippedPolicy('secondary-school')) as unknown as {
      roles: { id: string; duties: string[] }[];
    };
    document.roles.find((r) => r.id === 'dsl')?.duties.push('Keeps the lantern at the gate.');
    await t.asOwner(
      `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 2, $2, '', $3)`,
      [s.id, JSON.stringify(document), new Date(s.clock.now())],
    );
    assert.match((await as('dsl').get('/roles/dsl')).body, /Keeps the lantern at the gate\./);
    assert.match((await as('dsl').get('/roles?q=lantern')).body, /1 of 21 roles/);
  }));

test('ROL-04 ROL-18 roles that the policy names without saying who it is are questions until somebody is named', () =>
  school('tuition-centre', async ({ s, as }) => {
    const asked = async () => (await state(s))?.questions.map((q) => q.role);
    assert.deepEqual(await asked(), ['online-safety-coordinator', 'nominated-person']);
    const page = (await as('staff').get('/roles/online-safety-coordinator')).body;
    assert.match(page, /names this role without saying who it is/);
    await as('administrator').post('/roles/online-safety-coordinator/give', {
      person: s.people.staff.id,
      as: 'holder',
    });
    assert.deepEqual(await asked(), ['nominated-person']);
  }));

test('ROL-19 the person for hurtful messages needs a deputy, whatever a document says', () =>
  school('secondary-school', async ({ s }) => {
    const document = structuredClone(shippedPolicy('secondary-school')) as unknown as {
      roles: { id: string; holders: { min: number }; deputies: { min: number } }[];
    };
    const role = document.roles.find((r) => r.id === 'nominated-person');
    if (role) [role.holders.min, role.deputies.min] = [0, 0];
    await t.asOwner(
      `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 2, $2, '', $3)`,
      [s.id, JSON.stringify(document), new Date(s.clock.now())],
    );
    const missing = async () => (await state(s))?.short.find((r) => r.role === 'nominated-person')?.text;
    assert.equal(await missing(), 'Nobody holds it. No deputy');
    await hold(s, 'staff', 'nominated-person');
    assert.equal(await missing(), 'No deputy');
    await hold(s, 'teacher', 'nominated-person', 'deputy');
    assert.equal(await missing(), undefined);
  }));

test('FIL-04 fewer than two people with the duty of the filter is said; the ICT manager may be one of the two', () =>
  school('secondary-school', async ({ s, as }) => {
    const alone = async () => (await state(s))?.filterAlone;
    assert.equal(await alone(), true);
    assert.match((await as('staff').get('/roles')).body, /Fewer than two people share the duty for the filter/);
    await hold(s, 'ictManager', 'filter-approver', 'deputy');
    assert.equal(await alone(), false);
    await t.asOwner(`update person set left_on = '2026-11-01' where id = $1`, [s.people.filterApprover.id]);
    assert.equal(await alone(), true, 'whoever has left does not count');
    assert.doesNotMatch((await as('staff').get('/roles?q=orchard')).body, /Fay Orchard/);
  }));

test('ROL-03 an empty post of centre lead is told to the chair once, again after a week, and no more when it is filled', () =>
  school('tuition-centre', async ({ s, as }) => {
    const { governor, teacher, administrator } = s.people;
    await hold(s, 'governor', 'chair');
    await hold(s, 'teacher', 'centre-lead');
    await hourly(s);
    await t.asOwner('delete from mail where school_id = $1', [s.id]);
    const [held] = await live(s, 'centre-lead');
    await as('administrator').post('/roles/centre-lead/end', { holding: held?.id ?? '', reason: 'Moved away' });

    await hourly(s);
    const told = async () => (await letters(s)).filter((l) => l.body.includes('Centre lead')).map((l) => l.recipient);
    const first = await told();
    assert.ok(first.includes(governor.id) && first.includes(administrator.id) && first.includes(s.people.dsl.id));
    assert.equal(first.length, new Set(first).size);
    for (const l of await letters(s)) assert.doesNotMatch(l.body, new RegExp(teacher.displayName));
    s.clock.advance(6 * DAY);
    await hourly(s);
    assert.deepEqual(await told(), first);
    s.clock.advance(DAY);
    await hourly(s);
    assert.equal((await told()).length, 2 * first.length);

    await as('administrator').post('/roles/centre-lead/give', { person: teacher.id, as: 'holder' });
    s.clock.advance(8 * DAY);
    await hourly(s);
    assert.equal((await told()).length, 2 * first.length);
    const actions = await t.asOwner<{ action: string }>(
      `select action from ledger_entry where school_id = $1 and object_kind = 'role' and object_id = 'centre-lead' order by id`,
      [s.id],
    );
    assert.deepEqual(
      actions.map((a) => a.action),
      ['role.vacant', 'role.still-vacant', 'role.filled'],
    );
  }));

test('ROL-09 when the lead governor leaves, the vacancy is told; two runs at once tell it once', () =>
  school('secondary-school', async ({ s }) => {
    await hourly(s);
    await t.asOwner('delete from mail where school_id = $1', [s.id]);
    await t.asOwner(`update person set left_on = '2026-11-03' where id = $1`, [s.people.leadGovernor.id]);
    await Promise.all([hourly(s), hourly(s)]);
    const told = await letters(s);
    assert.deepEqual(told.map((l) => l.recipient).sort(), [s.people.administrator.id, s.people.head.id].sort());
    for (const l of told) assert.match(l.body, /- Lead governor for safeguarding: Nobody holds it/);
  }));

test('nobody gives, ends or takes on a role in another school', () =>
  school('secondary-school', async ({ s, as }) => {
    const other = await testSchool(t, { policy: 'secondary-school' });
    const [theirs] = await live(other, 'lead-governor');
    const admin = as('administrator');
    const holding = theirs?.id ?? '';
    assert.equal((await admin.post('/roles/lead-governor/end', { holding })).statusCode, 404);
    assert.equal(
      (await admin.post('/roles/lead-governor/give', { person: s.people.governor.id, as: holding })).statusCode,
      404,
    );
    assert.equal(
      (await admin.post('/roles/head/give', { person: other.people.staff.id, as: 'deputy' })).statusCode,
      404,
    );
    assert.equal((await as('leadGovernor').post('/roles/lead-governor/accept', { holding })).statusCode, 404);
    assert.equal((await live(other, 'lead-governor'))[0]?.id, holding);
    assert.doesNotMatch((await admin.get('/roles/dsl?find=sharp')).body, new RegExp(other.people.dsl.id));
  }));
