import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { HOUR } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { dataPaths } from '#platform/config.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { noScan } from './clamd.ts';
import { containerSize } from './container.ts';
import { evidenceJobs } from './evidence.jobs.ts';
import { openFile, takeFile } from './files.service.ts';
import { fileOf, sweepParts, writeDurably, writeFile } from './files.ts';
import { collect, pieces, type Vault, vault } from './fixture.ts';
import { sealEvidence } from './seal.service.ts';

let t: TestDatabase;
let v: Vault;
before(async () => {
  t = await testDatabase();
  v = await vault(t);
});
after(() => t.drop());

const REASON = 'Needed for the meeting with the parents';
const open = (which: string, item: string, reason = REASON) =>
  openFile(v.school.deps, v.side, v.as('head'), which, item, reason);
const code = (expected: string) => (e: unknown) => e instanceof Refusal && e.code === expected;
const pathOf = (item: string) => fileOf(v.config, v.school.id, item);
const events = (item: string) =>
  t.asOwner<{ action: string; by_person: string | null; text: string; detail: Record<string, unknown> }>(
    'select action, by_person, text, detail from evidence_event where item_id = $1 order by id',
    [item],
  );

test('EVI-01 EVI-09 a file is kept with hash, taker, time and computer, and opened as it was, with a reason, on the record', async () => {
  const file = await v.openCase();
  const content = randomBytes(300_000);
  const { item, number } = await v.take(file.reference, content, { name: 'C:\\temp\\Zoë’s chat.png' });
  const [row] = await t.asOwner('select * from evidence_item where id = $1', [item]);
  assert.equal(row?.taken_by, v.school.people.dsl.id);
  assert.equal(row?.device, 'SET-APART-1');
  assert.equal(row?.taken_at.getTime(), v.school.clock.now());
  assert.equal(row?.sha256.length, 32);

  const opened = await open(file.reference, `E${number}`);
  assert.equal(opened.name, 'Zoë’s chat.png');
  assert.ok((await collect(opened.content)).equals(content));
  const log = await events(item);
  assert.deepEqual(
    log.map((e) => e.action),
    ['take', 'scan', 'open', 'verified'],
  );
  assert.equal(log[2]?.by_person, v.school.people.head.id);
  assert.equal(log[2]?.text, REASON);
  assert.deepEqual(log[1]?.detail, { verdict: 'not-scanned', why: 'no virus scanner is set up' });
  const [ledger] = await t.asOwner('select * from ledger_entry where action = $1 and object_id = $2', [
    'evidence.open',
    file.id,
  ]);
  assert.equal(ledger?.actor, v.school.people.head.id);
  assert.equal(ledger?.detail.item, item);
  await assert.rejects(open(file.reference, item, 'because'), code('evidence.open'));
  assert.equal((await events(item)).length, 4, 'what was refused opened nothing');
});

test('EVI-07 EVI-09 neither content nor name of a file lies anywhere in the clear, on disk or in the database', async () => {
  const file = await v.openCase();
  const marker = `MARKER-${newId()}`;
  const { item } = await v.take(file.id, Buffer.from(marker.repeat(50)), { name: `${marker}.txt` });
  assert.equal(readFileSync(pathOf(item)).includes(marker), false);
  assert.equal(statSync(pathOf(item)).mode & 0o077, 0);
  const dump = await t.asOwner(
    "select i::text as row from evidence_item i union all select e::text from evidence_event e union all select encode(name, 'escape') from evidence_item where name is not null",
  );
  assert.equal(
    dump.some((r) => String(r.row).includes(marker)),
    false,
  );
});

test('EVI-09 no hash, no record; and a record only of a file that is on the disk', async () => {
  const file = await v.openCase();
  const insert = `insert into evidence_item (id, school_id, case_id, number, kind, description, taken_by, taken_at, size, name)
    values (uuidv7(), $1, $2, 90, 'file', 'A file', $3, now(), 5, '\\x00')`;
  await assert.rejects(t.asOwner(insert, [v.school.id, file.id, v.school.people.dsl.id]), /check/);
  const { item } = await v.take(file.id, randomBytes(70_000));
  assert.equal(statSync(pathOf(item)).size, containerSize(70_000));
});

test('EVI-09 a file that was changed, cut short, exchanged or lost on disk is not given out; it is recorded and raises an alert', async () => {
  const file = await v.openCase();
  const content = randomBytes(200_000);
  const take = async () => (await v.take(file.id, content)).item;
  const harm: ((item: string, other: string) => void)[] = [
    (item) => {
      const bytes = readFileSync(pathOf(item));
      bytes[150_000]! ^= 1;
      writeFileSync(pathOf(item), bytes);
    },
    (item) => truncateSync(pathOf(item), 32 + 65_552),
    (item, other) => writeFileSync(pathOf(item), readFileSync(pathOf(other))),
    (item) => writeFileSync(pathOf(item), ''),
  ];
  for (const [i, damage] of harm.entries()) {
    const [item, other] = [await take(), await take()];
    damage(item, other);
    const opened = await open(file.id, item);
    const got: Buffer[] = [];
    await assert.rejects(async () => {
      for await (const piece of opened.content) got.push(piece);
    }, code('evidence.broken'));
    const out = Buffer.concat(got);
    assert.ok(out.length < content.length && out.equals(content.subarray(0, out.length)), `harm ${i}`);
    assert.deepEqual(
      (await events(item)).map((e) => e.action),
      ['take', 'scan', 'open', 'broken'],
    );
    const alerts = await t.asOwner('select urgency, kept_from from alert where open_key = $1', [`evidence ${item}`]);
    assert.deepEqual(alerts, [{ urgency: 'urgent', kept_from: [v.school.people.year8.id] }]);
  }
  assert.equal(v.entries.filter((e) => e.action === 'evidence.broken').length, harm.length);
});

test('EVI-09 a hash in the record that is not the file’s is found before the end is given out', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(150_000));
  await t.asOwner('update evidence_item set sha256 = $2 where id = $1', [item, randomBytes(32)]);
  let size = 0;
  const opened = await open(file.id, item);
  await assert.rejects(async () => {
    for await (const piece of opened.content) size += piece.length;
  }, code('evidence.broken'));
  assert.ok(size < 150_000);
});

test('EVI-09 one file’s key put in the place of another’s opens nothing', async () => {
  const file = await v.openCase();
  const [a, b] = [(await v.take(file.id, randomBytes(100))).item, (await v.take(file.id, randomBytes(100))).item];
  await t.asOwner(
    'update evidence_key set wrapped = (select wrapped from evidence_key where item_id = $2 and holder = $3) where item_id = $1 and holder = $3',
    [a, b, 'school'],
  );
  await assert.rejects(open(file.id, a), code('evidence.key-changed'));
});

test('EVI-09 the application’s role can change or delete nothing of an item, its log or its custody', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(100));
  const as = v.school.people.dsl.context;
  const tables = [
    'evidence_item',
    'evidence_event',
    'custody_event',
    'evidence_hold',
    'evidence_hold_end',
    'evidence_order',
    'evidence_order_answer',
    'evidence_seal',
  ] as const;
  for (const table of tables) {
    const [right] = await t.asOwner(
      `select has_table_privilege('gatehouse_app', $1, 'update') or has_any_column_privilege('gatehouse_app', $1, 'update')
           or has_table_privilege('gatehouse_app', $1, 'delete') or has_table_privilege('gatehouse_app', $1, 'truncate') as any`,
      [table],
    );
    assert.equal(right?.any, false, table);
    await assert.rejects(
      t.db.in(as, (tx) => tx.deleteFrom(table).execute()),
      /permission denied/,
    );
  }
  // A key goes only by what the log says, is never exchanged by anybody but the rotation, and none is added later.
  await assert.rejects(
    t.db.in(as, (tx) => tx.deleteFrom('evidence_key').where('item_id', '=', item).execute()),
    /only by sealing/,
  );
  const [changed] = await t.db.in(as, (tx) =>
    tx.updateTable('evidence_key').set({ key_id: '0123456789abcdef' }).where('item_id', '=', item).execute(),
  );
  assert.equal(changed?.numUpdatedRows, 0n);
  await assert.rejects(
    t.db.in(as, (tx) =>
      tx
        .insertInto('evidence_key')
        .values({
          item_id: item,
          holder: 'school',
          school_id: v.school.id,
          key_id: '0123456789abcdef',
          wrapped: Buffer.alloc(60),
        })
        .execute(),
    ),
    /comes with its item/,
  );
});

test('EVI-09 whom the case is about sees no evidence of it, and neither does another school', async () => {
  const file = await v.openCase({ subjects: [v.school.people.head.id] });
  const { item } = await v.take(file.id, randomBytes(100));
  await assert.rejects(open(file.reference, item), code('not-found'));
  const stranger = await vault(t);
  for (const context of [
    v.school.people.head.context,
    v.school.people.administrator.context,
    stranger.school.people.dsl.context,
  ]) {
    for (const table of ['evidence_item', 'evidence_key', 'evidence_event', 'custody_event'] as const) {
      const column = table === 'evidence_item' ? 'id' : 'item_id';
      const rows = await t.db.in(context, (tx) =>
        tx.selectFrom(table).selectAll().where(sql.ref(column), '=', item).execute(),
      );
      assert.deepEqual(rows, [], table);
    }
  }
});

test('EVI-01 what the case’s gate refuses is refused, and nothing is read for it', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(100));
  let read = false;
  v.refused.add('attach').add('open');
  try {
    const source = (async function* () {
      read = true;
      yield randomBytes(10);
    })();
    await assert.rejects(v.take(file.id, source), code('evidence.attach'));
    await assert.rejects(open(file.id, item), code('evidence.open'));
  } finally {
    v.refused.clear();
  }
  assert.equal(read, false);
});

test('EVI-03 without the answer that it shows no child nothing is taken in', async () => {
  const file = await v.openCase();
  for (const mayShowChild of [undefined, 'yes', 'unsure'] as const) {
    const taking = takeFile(v.school.deps, v.side, v.as('dsl'), file.id, {
      description: 'A file',
      name: 'a.png',
      mayShowChild,
      source: pieces(randomBytes(9)),
    });
    await assert.rejects(taking, code('evidence.unanswered'));
  }
});

test('EVI-09 an upload that breaks off, is empty or too large leaves neither record nor file', async () => {
  const file = await v.openCase();
  await v.take(file.id, randomBytes(10));
  const before = v.onDisk();
  const cut = (async function* () {
    yield randomBytes(100_000);
    throw new Error('the line went down');
  })();
  await assert.rejects(v.take(file.id, cut), /the line went down/);
  await assert.rejects(v.take(file.id, Buffer.alloc(0)), code('evidence.empty'));
  const target = pathOf(newId());
  await assert.rejects(
    writeFile(target, pieces(randomBytes(5001)), { key: randomBytes(32), item: newId(), scan: noScan, max: 5000 }),
    code('evidence.too-large'),
  );
  // Sealed while the file was on its way: what came is thrown away.
  const late = (async function* () {
    yield randomBytes(100_000);
    await t.db.in(v.school.people.dsl.context, (tx) => sealEvidence(v.school.deps, tx, file.id));
    yield randomBytes(100_000);
  })();
  await assert.rejects(v.take(file.id, late), code('evidence.sealed'));
  assert.deepEqual(v.onDisk(), before);
  const [rows] = await t.asOwner('select count(*)::int as n from evidence_item where case_id = $1', [file.id]);
  assert.equal(rows?.n, 1);
});

test('EVI-09 what an upload left when the machine died is swept after an hour, and nothing else', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(10));
  const [old, fresh] = [newId(), newId()];
  for (const part of [old, fresh]) writeFileSync(`${pathOf(part)}.part`, 'half');
  const past = new Date(Date.now() - 2 * HOUR);
  utimesSync(`${pathOf(old)}.part`, past, past);
  utimesSync(pathOf(item), past, past);
  await evidenceJobs(v.school.deps).tasks['evidence.sweep']?.({});
  const left = v.onDisk();
  assert.equal(left.includes(`${old}.part`), false);
  assert.ok(left.includes(`${fresh}.part`) && left.includes(item));
  rmSync(`${pathOf(fresh)}.part`);
});

test('EVI-09 a process that is killed in the middle of taking a file in leaves a part that the sweep takes, and nothing that could be taken for the file', async () => {
  const target = pathOf(newId());
  const script = `
    const { writeFile } = await import(${JSON.stringify(new URL('./files.ts', import.meta.url).href)});
    const { noScan } = await import(${JSON.stringify(new URL('./clamd.ts', import.meta.url).href)});
    const endless = (async function* () { for (;;) { yield Buffer.alloc(65536); await new Promise((r) => setTimeout(r, 1)); } })();
    await writeFile(${JSON.stringify(target)}, endless, { key: Buffer.alloc(32), item: ${JSON.stringify(newId())}, scan: noScan });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  while (!existsSync(`${target}.part`) || statSync(`${target}.part`).size < 500_000) await sleep(10);
  child.kill('SIGKILL');
  await ended;
  assert.equal(existsSync(target), false);
  assert.equal(await sweepParts(v.config, v.school.id, Date.now()), 0, 'it may be under way still');
  assert.equal(await sweepParts(v.config, v.school.id, Date.now() + 2 * HOUR), 1);
});

test('EVI-09 a full disk is one clear sentence', async () => {
  await assert.rejects(writeDurably('/dev/full', pieces(randomBytes(1000))), (e) => {
    assert.ok(code('evidence.disk-full')(e));
    assert.match((e as Refusal).remedy ?? '', /Keep the original/);
    return true;
  });
});

test('EVI-09 the key file is readable by its user alone, and a damaged one is named instead of replaced', async () => {
  const keys = join(dataPaths(v.config.data).evidence, 'keys.json');
  assert.equal(statSync(keys).mode & 0o777, 0o600);
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(10));
  const text = readFileSync(keys, 'utf8');
  writeFileSync(keys, text.slice(0, -10));
  await assert.rejects(open(file.id, item), code('evidence.keys'));
  writeFileSync(keys, text);
  chmodSync(keys, 0o600);
  await collect((await open(file.id, item)).content);
});

test('EVI-09 a file of 192 MB is taken in and given out again in a bounded part of memory', async () => {
  const file = await v.openCase();
  const size = 192 * 1024 * 1024;
  const block = Buffer.alloc(256 * 1024);
  const zeros = (async function* () {
    for (let at = 0; at < size; at += block.length) yield block;
  })();
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const { item } = await v.take(file.id, zeros);
  let read = 0;
  for await (const piece of (await open(file.id, item)).content) read += piece.length;
  clearInterval(timer);
  assert.equal(read, size);
  assert.ok(peak - before < size / 2, `memory grew by ${Math.round((peak - before) / 1024 / 1024)} MB`);
});
