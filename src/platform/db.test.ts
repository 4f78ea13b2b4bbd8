import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { migrate, openDb } from './db.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

test('SEC-12 the application refuses to run as the role that owns the tables', async () => {
  await assert.rejects(openDb(t.ownerUrl), /works only as a role that cannot/);
});

test('SEC-12 every table with a school forces row security, also on its owner', async () => {
  const rows = await t.asOwner<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
       and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'school_id' and not a.attisdropped)`,
  );
  assert.deepEqual(rows, []);
});

test('SEC-12 with no context there are no rows, and another school’s rows cannot be written', async () => {
  const [a, b] = await t.asOwner<{ id: string }>(
    `insert into school (slug, name) values ('ashgrove', 'Ashgrove'), ('hollin-lane', 'Hollin Lane') returning id`,
  );
  assert.ok(a && b);
  await t.db.in({ school: a.id, person: null, duties: ['system'] }, (tx) =>
    tx.insertInto('site').values({ school_id: a.id, name: 'Main' }).execute(),
  );
  const count = (tx: Parameters<Parameters<typeof t.db.in>[1]>[0]) =>
    tx
      .selectFrom('site')
      .select((e) => e.fn.countAll<string>().as('n'))
      .executeTakeFirstOrThrow();
  assert.equal((await t.db.outside(count)).n, '0');
  assert.equal((await t.db.in({ school: b.id, person: null, duties: ['system'] }, count)).n, '0');
  assert.equal((await t.db.in({ school: a.id, person: null, duties: ['system'] }, count)).n, '1');
  await assert.rejects(
    t.db.in({ school: b.id, person: null, duties: ['system'] }, (tx) =>
      tx.insertInto('site').values({ school_id: a.id, name: 'Annexe' }).execute(),
    ),
    /row-level security/,
  );
});

test('SEC-12 the application’s role can neither change nor delete what must stand', async () => {
  const forbidden = [
    'update ledger_entry set action = action',
    'delete from ledger_entry',
    'update ledger_seal set root = root',
    'delete from case_file',
    'update case_entry set text = text',
    'delete from case_entry',
    'delete from alert',
    'update alert set subject = null',
    'delete from activity',
    'update activity set host = host',
    'update look_up set reason = reason',
    'delete from look_up',
    'delete from person',
    'update policy_version set number = number',
    'delete from sign_in_attempt',
    'truncate activity',
    'drop table activity',
    'update installation set signing_private = signing_private',
  ];
  for (const statement of forbidden) {
    await assert.rejects(
      t.db.outside((tx) => sql.raw(statement).execute(tx)),
      /permission denied|must be owner/,
      statement,
    );
  }
});

test('a database that is newer than the program is refused in one sentence', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'gatehouse-migrations-'));
  writeFileSync(join(empty, '0001-foundation.sql'), '');
  await assert.rejects(migrate(t.ownerUrl, empty), /The database is newer than this program \(it holds "00\d\d-/);
  rmSync(empty, { recursive: true });
});
