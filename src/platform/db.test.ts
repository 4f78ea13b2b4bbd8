import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { newId } from '#core/ids.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { appUrl, migrate, openDb } from './db.ts';
import { enqueue } from './jobs.ts';
import { schools } from './school.ts';

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

test('a school’s own server: an owner who is no superuser brings the database up, and the application works on it', async () => {
  const name = `own_${randomBytes(4).toString('hex')}`;
  // Roles are the cluster's; the ones that Gatehouse makes exist here already, so this owner is given charge of them.
  // Its password is the other owner's, for the passwords of the lesser roles follow from it, and other tests use them.
  await t.asOwner(`create role ${name} login createrole password '${new URL(t.ownerUrl).password}'`);
  await t.asOwner(`grant gatehouse_app, gatehouse_jobs to ${name} with admin option`);
  await t.asOwner(`create database ${name} owner ${name}`);
  const url = new URL(t.ownerUrl);
  url.pathname = `/${name}`;
  url.username = name;
  try {
    await migrate(url.toString(), resolve(import.meta.dirname, '../../migrations'));
    const app = new URL(appUrl(t.ownerUrl));
    app.pathname = `/${name}`;
    const db = await openDb(app.toString());
    const id = newId();
    await db.in({ school: id, person: null, duties: ['system'] }, (tx) =>
      tx.insertInto('school').values({ id, slug: 'own', name: 'Own School', settings: '{}' }).execute(),
    );
    assert.deepEqual(
      (await schools(db)).map((s) => s.name),
      ['Own School'],
    );
    await db.outside((tx) => enqueue(tx, 'test', {}));
    await db.outside((tx) => sql`select gh_activity_partitions('2026-01-01', '2026-01-02')`.execute(tx));
    await db.close();
  } finally {
    await t.asOwner(`drop database ${name} with (force)`);
    await t.asOwner(`drop owned by ${name} cascade`);
    await t.asOwner(`drop role ${name}`);
  }
});
