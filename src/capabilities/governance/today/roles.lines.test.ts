import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { acceptRole, assignRole } from '#rooms/identity/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { passwordChange, registersAmiss, rolesToAccept, vacantRoles } from './roles.lines.ts';

let t: TestDatabase;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'tuition-centre' });
});
after(() => t.drop());

const read = (lines: typeof vacantRoles, part: Part) =>
  t.db.in(s.people[part].context, (tx) => lines(tx, s.people[part].viewer, s.clock.now()));

test('ROL-01 ROL-03 FIL-04 whoever answers for the school sees an empty post of centre lead and a filter in one person’s hands', async () => {
  const lines = await read(vacantRoles, 'governor');
  assert.deepEqual(
    lines.map((l) => [l.tone, l.href]),
    [
      ['amber', '/roles/filter-approver'],
      ['amber', '/roles'],
    ],
  );
  assert.match(lines[1]?.note ?? '', /Centre lead: Nobody holds it/);
});

test('ROL-01 whoever was given a role is reminded of it until they take it on', async () => {
  const { staff, administrator } = s.people;
  assert.deepEqual(await read(rolesToAccept, 'staff'), []);
  const by = administrator.context;
  await t.db.in(by, (tx) => assignRole(tx, s.deps, by, { person: staff.id, role: 'centre-lead', rank: 'holder' }));
  const [line] = await read(rolesToAccept, 'staff');
  assert.deepEqual([line?.text, line?.href], ['You were given a role: Centre lead', '/roles/centre-lead']);
  assert.deepEqual(await read(rolesToAccept, 'teacher'), []);
  const [held] = await t.asOwner<{ id: string }>(
    `select id from role_holding where person_id = $1 and role = 'centre-lead'`,
    [staff.id],
  );
  await t.db.in(staff.context, (tx) => acceptRole(tx, s.deps, staff.context, { holding: held?.id ?? '' }));
  assert.deepEqual(await read(rolesToAccept, 'staff'), []);
});

test('K11 documents that were not supplied are one line', async () => {
  const [line] = await read(registersAmiss, 'dsl');
  assert.match(line?.text ?? '', /^\d+ linked documents and references to see to$/);
  assert.match(line?.note ?? '', /^\d+ not supplied or not checked$/);
});

test('CAL-01 how far the change of passwords has come is a line, and missing term dates are said', async () => {
  assert.match((await read(passwordChange, 'administrator'))[0]?.text ?? '', /no term dates are entered/);
  await t.asOwner(
    `insert into term (school_id, name, starts, ends, half_term_starts, half_term_ends)
     values ($1, 'Autumn', '2026-09-02', '2026-12-18', '2026-10-26', '2026-10-30')`,
    [s.id],
  );
  for (const [part, at] of [
    ['staff', '2026-10-30T12:00:00Z'],
    ['teacher', '2026-11-02T09:00:00Z'],
  ] as const) {
    await t.asOwner(
      `insert into credential (person_id, school_id, password_hash, must_change, changed_at) values ($1, $2, '!', false, $3)`,
      [s.people[part].id, s.id, at],
    );
  }
  const [line] = await read(passwordChange, 'administrator');
  assert.deepEqual([line?.tone, line?.text], ['calm', 'Passwords changed since 31 Oct 2026: 1 of 2']);
});
