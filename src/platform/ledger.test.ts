import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { BEGIN_ERA, merkleRoot, record, sealLine, sealNext, verifyLedger } from './ledger.ts';

let t: TestDatabase;
const lines: string[] = [];
const write = (n: number) =>
  t.db.outside((tx) =>
    record(tx, {
      school: null,
      actor: null,
      action: 'test.act',
      object: { kind: 'thing', id: String(n) },
      detail: { z: 1, a: { y: n, b: 2 }, when: new Date(n) },
      text: { reason: 'a private word' },
      at: 1_700_000_000_123 + n,
    }),
  );
const seal = async () => {
  const s = await sealNext(t.db, Date.now());
  if (s) lines.push(sealLine(s).trimEnd());
  return s;
};

before(async () => {
  t = await testDatabase();
  await t.asOwner(`insert into installation (signing_private, signing_public, ledger_key) values ('', '', 'key')`);
});
after(() => t.drop());

test('SEC-12 every entry stands in exactly one seal and the chain verifies, also when many write at once', async () => {
  await Promise.all(Array.from({ length: 40 }, (_, i) => write(i)));
  await Promise.all([seal(), seal(), ...Array.from({ length: 20 }, (_, i) => write(100 + i))]);
  await seal();
  const v = await verifyLedger(t.db, lines);
  assert.deepEqual(v.faults, []);
  assert.equal(v.entries + v.unsealed, 60);
  assert.equal(v.unsealed, 0);
});

test('SEC-12 the chain holds when transaction numbers gain a digit', async () => {
  const next = async () => Number((await t.asOwner('select pg_current_xact_id()::text as n'))[0]?.n);
  const boundary = 10 ** String(await next()).length;
  await t.asOwner(`do $$ begin
    while pg_current_xact_id()::text::bigint < ${boundary - 30} loop commit; end loop;
  end $$`);
  for (let n = 0; n < 60; n++) await write(1000 + n);
  assert.ok((await next()) > boundary, 'the boundary was crossed');
  while (await seal());
  await write(2000);
  await seal();
  assert.deepEqual((await verifyLedger(t.db, lines)).faults, []);
});

test('SEC-12 an entry whose transaction is still open is not overtaken by the sealer', async () => {
  let commit = () => {};
  const open = t.db.outside(async (tx) => {
    await record(tx, {
      school: null,
      actor: null,
      action: 'test.slow',
      object: { kind: 'thing', id: 's' },
      at: Date.now(),
    });
    await new Promise<void>((r) => {
      commit = r;
    });
  });
  await new Promise((r) => setTimeout(r, 50));
  await write(500);
  assert.equal(await seal(), null);
  commit();
  await open;
  assert.equal((await seal())?.entries.length, 2);
  assert.deepEqual((await verifyLedger(t.db, lines)).faults, []);
});

test('personal text is not in the ledger, only its keyed digest', async () => {
  const rows = await t.asOwner<{ detail: { reason: string } }>(
    `select detail from ledger_entry where action = 'test.act' limit 1`,
  );
  assert.match(rows[0]?.detail.reason ?? '', /^hmac-sha256:[0-9a-f]{64}$/);
});

test('SEC-12 changing, deleting, adding or re-sealing an entry is found and named', async () => {
  const faults = async () => (await verifyLedger(t.db, lines)).faults;
  const tamper = async (change: string, undo: string, expected: RegExp) => {
    await t.asOwner(change);
    assert.match((await faults()).join('; '), expected);
    await t.asOwner(undo);
  };
  await tamper(
    `update ledger_entry set action = 'x' || action where id = 3`,
    `update ledger_entry set action = substr(action, 2) where id = 3`,
    /entry 3 \(xtest\.act\) was changed/,
  );
  await t.asOwner('create table kept as select * from ledger_entry where id = 4');
  await tamper(
    'delete from ledger_entry where id = 4',
    'insert into ledger_entry overriding system value select * from kept',
    /entry 4 of seal \d+ is missing/,
  );
  await tamper(
    `insert into ledger_entry (at, action, object_kind, object_id, detail, digest, xid) values (now(), 'late', 'x', 'x', '{}', '', '10')`,
    `delete from ledger_entry where action = 'late'`,
    /was slipped in behind its seal/,
  );
  await tamper(
    `update ledger_seal set root = 'x' where number = 1`,
    `update ledger_seal set root = '\\x${(await rootOf(1)).toString('hex')}' where number = 1`,
    /seal 1: its entries do not give its root/,
  );
  await t.asOwner('create table last_seal as select * from ledger_seal order by number desc limit 1');
  await tamper(
    'delete from ledger_seal where number = (select number from last_seal)',
    'insert into ledger_seal select * from last_seal',
    /were written outside but are not in the database/,
  );
  assert.deepEqual(await faults(), []);
});

const rootOf = async (n: number) =>
  (await t.asOwner<{ root: Buffer }>('select root from ledger_seal where number = $1', [n]))[0]!.root;

test('a Merkle root tells a leaf from a node, and one more leaf from none', () => {
  const a = Buffer.alloc(32, 1);
  const b = Buffer.alloc(32, 2);
  assert.notDeepEqual(merkleRoot([a, b]), merkleRoot([merkleRoot([a, b])]));
  assert.notDeepEqual(merkleRoot([a]), merkleRoot([a, a]));
});

test('SEC-12 a ledger restored into another cluster, whose transaction numbers begin anew, goes on being sealed and verifies', async () => {
  await seal();
  // As after a restore: what is stored carries numbers that this cluster will not reach for long.
  await t.asOwner(`update ledger_entry set xid = (xid::text::bigint + 1000000)::text::xid8`);
  await t.asOwner(`update ledger_seal set last_xid = (last_xid::text::bigint + 1000000)::text::xid8`);
  await t.asOwner(BEGIN_ERA);
  await t.asOwner(BEGIN_ERA);
  await write(900);
  assert.equal((await seal())?.entries.length, 1);
  const v = await verifyLedger(t.db, lines);
  assert.deepEqual(v.faults, []);
  assert.equal(v.unsealed, 0);
  assert.deepEqual(
    await t.asOwner('select max(era) as era from ledger_entry'),
    [{ era: 2 }],
    'a second start begins no further era',
  );
});
