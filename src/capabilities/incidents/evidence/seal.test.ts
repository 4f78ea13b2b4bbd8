import assert from 'node:assert/strict';
import { privateDecrypt, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { dataPaths } from '#platform/config.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { decrypt } from './container.ts';
import { evidenceJobs } from './evidence.jobs.ts';
import { exportCase } from './export.service.ts';
import { openFile } from './files.service.ts';
import { fileOf, onDisk } from './files.ts';
import { collect, outsidePrivate, type Vault, vault } from './fixture.ts';
import { readRing, unwrap, withFreshKey, writeRing } from './keys.ts';
import { answer, placeHold, propose } from './orders.service.ts';
import { rotate } from './rotate.service.ts';
import { releaseSeal, sealEvidence } from './seal.service.ts';
import { addCustody, takeThing } from './things.service.ts';

let t: TestDatabase;
let v: Vault;
before(async () => {
  t = await testDatabase();
  v = await vault(t);
});
after(() => t.drop());

const REASON = 'Needed for the meeting with the parents';
const code = (expected: string) => (e: unknown) => e instanceof Refusal && e.code === expected;
const pathOf = (item: string) => fileOf(v.config, v.school.id, item);
const seal = (caseId: string, by = v.school.people.dsl.context) =>
  t.db.in(by, (tx) => sealEvidence(v.school.deps, tx, caseId));
const wrapsIn = (item: string) =>
  t.asOwner<{ holder: string; key_id: string; wrapped: Buffer }>(
    'select holder, key_id, wrapped from evidence_key where item_id = $1',
    [item],
  );
const POLICE = {
  force: 'Ashshire Police',
  forceReference: 'AS-2026-0001',
  officer: 'DC Example',
  instructedOn: '2026-11-03',
};
const order = (
  which: string,
  kind: 'destroy' | 'hand-over' | 'dispose',
  items: string[],
  by: 'dsl' | 'head' = 'dsl',
  more: object = {},
) =>
  propose(v.school.deps, v.side, v.as(by), which, {
    kind,
    items,
    reason: 'As the officer told us by telephone',
    ...POLICE,
    ...more,
  });
const agree = (which: string, id: string, by: 'dsl' | 'head' | 'administrator' = 'head', agreed = true) =>
  answer(v.school.deps, v.side, v.as(by), which, id, { agreed, reason: '' });
const custody = {
  act: 'taken' as const,
  at: null,
  from: 'A pupil',
  to: '',
  place: 'Safe',
  seal: '',
  forceReference: '',
  note: '',
};

test('EVI-07 a sealed file can be opened by nobody in the school: not by the app, not with its database, disk and key file together', async () => {
  const file = await v.openCase();
  const content = randomBytes(100_000);
  const { item } = await v.take(file.id, content);
  assert.equal(await seal(file.id), 1);
  await assert.rejects(openFile(v.school.deps, v.side, v.as('dsl'), file.id, item, REASON), code('evidence.sealed'));
  const wraps = await wrapsIn(item);
  assert.deepEqual(
    wraps.map((w) => w.holder),
    ['outside'],
  );
  // Whoever has everything that the school has: the ring opens none of what is left, and the container opens with none of its keys.
  const ring = readRing(v.config);
  for (const [id, key] of ring.keys) {
    assert.throws(() => unwrap(ring, item, { keyId: id, wrapped: wraps[0]!.wrapped }));
    await assert.rejects(collect(decrypt(onDisk(pathOf(item)), key, item)));
  }
  // The outside body, and it alone, has the file bit for bit.
  const key = privateDecrypt({ key: outsidePrivate, oaepHash: 'sha256' }, wraps[0]!.wrapped);
  assert.ok((await collect(decrypt(onDisk(pathOf(item)), key, item))).equals(content));
});

test('EVI-07 after the rotation that follows, even a backup of the database from before the sealing opens nothing', async () => {
  const file = await v.openCase();
  const [a, b] = [await v.take(file.id, randomBytes(100)), await v.take((await v.openCase()).id, Buffer.from('stays'))];
  const backup = (await wrapsIn(a.item)).find((w) => w.holder === 'school')!;
  const before = readRing(v.config);
  assert.equal(
    unwrap(before, a.item, { keyId: backup.key_id, wrapped: backup.wrapped }).length,
    32,
    'the backup was worth something',
  );
  await seal(file.id);
  const [job] = await t.asOwner<{ n: number }>(
    "select count(*)::int as n from graphile_worker.jobs where task_identifier = 'evidence.rotate'",
  );
  assert.equal(job?.n, 1);
  await evidenceJobs(v.school.deps).tasks['evidence.rotate']?.({});
  const ring = readRing(v.config);
  assert.equal(ring.keys.size, 1);
  assert.throws(
    () => unwrap(ring, a.item, { keyId: backup.key_id, wrapped: backup.wrapped }),
    code('evidence.key-missing'),
  );
  assert.equal(
    readFileSync(join(dataPaths(v.config.data).evidence, 'keys.json'), 'utf8').includes(before.current),
    false,
  );
  const opened = await openFile(v.school.deps, v.side, v.as('dsl'), await caseOf(b.item), b.item, REASON);
  assert.equal((await collect(opened.content)).toString(), 'stays');
});

const caseOf = async (item: string) => {
  const [row] = await t.asOwner<{ case_id: string }>('select case_id from evidence_item where id = $1', [item]);
  return row!.case_id;
};

test('EVI-03 SRC-19 in a sealed case nothing comes in, opens or goes out, whoever asks, whatever the case’s gate says, and in the database itself', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(100));
  await seal(file.id);
  for (const part of ['dsl', 'head'] as const) {
    await assert.rejects(v.take(file.id, randomBytes(10), { by: part }), code('evidence.sealed'));
    await assert.rejects(openFile(v.school.deps, v.side, v.as(part), file.id, item, REASON), code('evidence.sealed'));
    await assert.rejects(
      exportCase(v.school.deps, v.side, v.as(part), file.id, { ...POLICE, reason: REASON }),
      code('evidence.sealed'),
    );
  }
  for (const context of [
    v.school.people.dsl.context,
    { school: v.school.id, person: v.school.people.dsl.id, duties: ['system'] },
  ]) {
    const into = t.db.in(context, (tx) =>
      tx
        .insertInto('evidence_item')
        .values({
          id: newId(),
          school_id: v.school.id,
          case_id: file.id,
          number: 9,
          kind: 'file',
          description: 'By the back door',
          taken_by: v.school.people.dsl.id,
          taken_at: new Date(),
          size: 1,
          sha256: randomBytes(32),
          name: randomBytes(30),
        })
        .execute(),
    );
    await assert.rejects(into, /sealed/);
    for (const action of ['open', 'export'] as const) {
      const log = t.db.in(context, (tx) =>
        tx
          .insertInto('evidence_event')
          .values({
            school_id: v.school.id,
            case_id: file.id,
            item_id: item,
            at: new Date(),
            by_person: v.school.people.dsl.id,
            action,
          })
          .execute(),
      );
      await assert.rejects(log, /sealed/);
    }
    const unseal = t.db.in(context, (tx) =>
      tx
        .insertInto('evidence_key')
        .values({
          item_id: item,
          holder: 'school',
          school_id: v.school.id,
          key_id: '0123456789abcdef',
          wrapped: randomBytes(60),
        })
        .execute(),
    );
    await assert.rejects(unseal, /comes with its item/);
  }
});

test('EVI-03 the case’s own word is enough: where its gate says sealed, the vault is closed before it was told', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(100));
  v.halted.add(file.id);
  await assert.rejects(v.take(file.id, randomBytes(10)), code('evidence.sealed'));
  await assert.rejects(openFile(v.school.deps, v.side, v.as('dsl'), file.id, item, REASON), code('evidence.sealed'));
});

test('EVI-07 whoever marks the suspicion seals everything, also what they may not see themselves', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(100));
  const { context } = v.school.people.staff;
  assert.deepEqual(
    await t.db.in(context, (tx) => tx.selectFrom('evidence_item').selectAll().where('id', '=', item).execute()),
    [],
  );
  assert.equal(await seal(file.id, context), 1);
  assert.deepEqual(
    (await wrapsIn(item)).map((w) => w.holder),
    ['outside'],
  );
  assert.equal(await seal(file.id), 0, 'sealing again changes nothing');
  const stranger = await vault(t);
  const other = await v.openCase();
  await assert.rejects(
    t.db.in(stranger.school.people.dsl.context, (tx) => sealEvidence(v.school.deps, tx, other.id)),
    /no such case/,
  );
});

test('EVI-07 an opening that is under way ends when the case is sealed', async () => {
  const file = await v.openCase();
  const size = 24 * 1024 * 1024;
  const block = Buffer.alloc(1024 * 1024);
  const source = (async function* () {
    for (let at = 0; at < size; at += block.length) yield block;
  })();
  const { item } = await v.take(file.id, source);
  const opened = await openFile(v.school.deps, v.side, v.as('dsl'), file.id, item, REASON);
  let read = 0;
  await assert.rejects(async () => {
    for await (const piece of opened.content) {
      if (read === 0) await seal(file.id);
      read += piece.length;
    }
  }, code('evidence.sealed'));
  assert.ok(read < size / 2, `${read} bytes came out`);
});

test('EVI-03 an upload and a sealing at the same moment: never a file that can be opened in a sealed case', async () => {
  for (let i = 0; i < 12; i++) {
    const file = await v.openCase();
    const uploads = [1, 2, 3].map(() => v.take(file.id, randomBytes(50)).catch((e) => e));
    await sleep(i * 2);
    await seal(file.id);
    await Promise.all(uploads);
    const [open] = await t.asOwner<{ n: number }>(
      "select count(*)::int as n from evidence_key k join evidence_item i on i.id = k.item_id where i.case_id = $1 and k.holder = 'school'",
      [file.id],
    );
    assert.equal(open?.n, 0);
  }
});

test('EVI-04 EVI-07 a written release lets new files in and opens none that was sealed', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(100));
  await seal(file.id);
  const release = (decision: string) =>
    t.db.in(v.school.people.dsl.context, (tx) =>
      releaseSeal(v.school.deps, tx, v.school.people.dsl.viewer, file.id, { authority: 'police', decision }),
    );
  await assert.rejects(release('ok'), code('evidence.release'));
  await release('DC Example, AS-2026-0001: not such material');
  await assert.rejects(release('DC Example, AS-2026-0001: not such material'), code('evidence.not-sealed'));
  await v.take(file.id, randomBytes(100));
  await assert.rejects(openFile(v.school.deps, v.side, v.as('dsl'), file.id, item, REASON), /sealed/);
  assert.deepEqual(
    (await wrapsIn(item)).map((w) => w.holder),
    ['outside'],
  );
});

test('EVI-05 EVI-08 a device is recorded and passed to the police in a sealed case too: described, never copied', async () => {
  const file = await v.openCase();
  await seal(file.id);
  const { number } = await takeThing(v.school.deps, v.side, v.as('dsl'), file.id, {
    kind: 'device',
    description: 'Black phone, cracked screen',
    serial: '',
    custody,
  });
  const pass = { ...custody, act: 'to-police' as const, from: '', to: 'DC Example', forceReference: '' };
  const give = (more: object) =>
    addCustody(v.school.deps, v.side, v.as('head'), file.id, `E${number}`, { ...pass, ...more });
  await assert.rejects(give({}), (e) => e instanceof Refusal && e.fields?.forceReference !== undefined);
  await give({ forceReference: 'AS-2026-0001' });
  const rows = await t.asOwner(
    'select act, from_holder, to_holder, force_reference from custody_event where case_id = $1 order by id',
    [file.id],
  );
  assert.deepEqual(rows, [
    { act: 'taken', from_holder: 'A pupil', to_holder: 'Dina Sharp', force_reference: null },
    { act: 'to-police', from_holder: 'Dina Sharp', to_holder: 'DC Example', force_reference: 'AS-2026-0001' },
  ]);
});

test('EVI-07 a sealed file is destroyed only on a recorded instruction of the police, by two people whom the case is not about', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(100));
  await assert.rejects(order(file.id, 'destroy', [item]), code('evidence.destroy'));
  await seal(file.id);
  for (const missing of ['force', 'forceReference', 'officer', 'instructedOn']) {
    await assert.rejects(order(file.id, 'destroy', [item], 'dsl', { [missing]: '' }), code('evidence.order.invalid'));
  }
  await assert.rejects(order(file.id, 'dispose', [item]), code('evidence.dispose'));
  const { id } = await order(file.id, 'destroy', [item]);
  await assert.rejects(agree(file.id, id, 'dsl'), code('evidence.order.second'));
  const destroyed = (by: string) =>
    t.db.in({ school: v.school.id, person: by, duties: ['dsl'] }, (tx) =>
      tx
        .insertInto('evidence_event')
        .values({
          school_id: v.school.id,
          case_id: file.id,
          item_id: item,
          at: new Date(),
          by_person: by,
          action: 'destroy',
        })
        .execute(),
    );
  await assert.rejects(destroyed(v.school.people.dsl.id), /two people/);
  const forOther = t.db.in(v.school.people.dsl.context, (tx) =>
    tx
      .insertInto('evidence_order_answer')
      .values({
        order_id: id,
        school_id: v.school.id,
        agreed: true,
        reason: '',
        by_person: v.school.people.head.id,
        at: new Date(),
      })
      .execute(),
  );
  await assert.rejects(forOther, /row-level security/, 'nobody agrees in another’s name');
  const alone = t.db.in(v.school.people.dsl.context, (tx) =>
    tx
      .insertInto('evidence_order_answer')
      .values({
        order_id: id,
        school_id: v.school.id,
        agreed: true,
        reason: '',
        by_person: v.school.people.dsl.id,
        at: new Date(),
      })
      .execute(),
  );
  await assert.rejects(alone, /two people/);
  assert.equal(existsSync(pathOf(item)), true);
  await agree(file.id, id);
  assert.deepEqual(await wrapsIn(item), []);
  const [job] = await t.asOwner<{ payload: { school: string; item: string } }>(
    "select j.payload from graphile_worker._private_jobs j where j.payload->>'item' = $1",
    [item],
  );
  await evidenceJobs(v.school.deps).tasks['evidence.remove']?.(job?.payload);
  assert.equal(existsSync(pathOf(item)), false);
});

test('EVI-10 the subject of the case, whatever their post, proposes and agrees to nothing', async () => {
  const file = await v.openCase({ subjects: [v.school.people.head.id], closedAt: new Date(0) });
  const { item } = await v.take(file.id, randomBytes(100));
  await assert.rejects(order(file.id, 'dispose', [item], 'head'), code('not-found'));
  const { id } = await order(file.id, 'dispose', [item]);
  await assert.rejects(agree(file.id, id, 'head'), code('not-found'));
});

test('EVI-10 disposal takes the end of retention and two people, skips what is held, and destroys keys and files', async () => {
  const now = v.school.clock.now();
  const young = await v.openCase({ closedAt: new Date(now - 2189 * 86_400_000) });
  const early = await v.take(young.id, randomBytes(10));
  await assert.rejects(order(young.id, 'dispose', [early.item]), code('evidence.dispose'));
  const file = await v.openCase({ closedAt: new Date(now - 2191 * 86_400_000) });
  const [a, b] = [await v.take(file.id, randomBytes(100)), await v.take(file.id, randomBytes(100))];
  const { id } = await order(file.id, 'dispose', [a.item, b.item]);
  await placeHold(v.school.deps, v.side, v.as('head'), file.id, {
    kind: 'appeal',
    item: b.item,
    reason: 'The family has appealed',
  });
  await assert.rejects(agree(file.id, id), code('evidence.dispose'), 'a hold that came between wins');
  assert.equal((await wrapsIn(a.item)).length, 2, 'all of it or none');
  const past = t.db.in(v.school.people.head.context, (tx) =>
    tx
      .insertInto('evidence_order_answer')
      .values({
        order_id: id,
        school_id: v.school.id,
        agreed: true,
        reason: '',
        by_person: v.school.people.head.id,
        at: new Date(),
      })
      .execute()
      .then(() =>
        tx
          .insertInto('evidence_event')
          .values({
            school_id: v.school.id,
            case_id: file.id,
            item_id: b.item,
            at: new Date(),
            by_person: v.school.people.head.id,
            action: 'dispose',
          })
          .execute(),
      ),
  );
  await assert.rejects(past, /held/, 'in the database too');
  const only = await order(file.id, 'dispose', [a.item]);
  await agree(file.id, only.id, 'head', false);
  assert.equal((await wrapsIn(a.item)).length, 2, 'refused is refused');
  const again = await order(file.id, 'dispose', [a.item]);
  await agree(file.id, again.id);
  assert.deepEqual(await wrapsIn(a.item), []);
  assert.equal((await wrapsIn(b.item)).length, 2);
  const [ledger] = await t.asOwner(
    "select detail from ledger_entry where action = 'evidence.dispose.agreed' and object_id = $1",
    [file.id],
  );
  assert.deepEqual(ledger?.detail.items, [a.item]);
});

test('EVI-09 a rotation wraps every key anew with progress, goes on where it was stopped, and loses no upload at the same time', async () => {
  const file = await v.openCase();
  const items: string[] = [];
  for (let i = 0; i < 5; i++) items.push((await v.take(file.id, Buffer.from(`content ${i}`))).item);
  const first = readRing(v.config);
  // Stopped right after the new key was made: both are in the ring, nothing is wrapped anew yet.
  const keys = join(dataPaths(v.config.data).evidence, 'keys.json');
  writeRing(v.config, withFreshKey(first));
  const during = v.take(file.id, Buffer.from('content 5'));
  const seen: number[] = [];
  const progress = (n: number) => void seen.push(n);
  const done = await Promise.all([rotate(v.school.deps, progress), rotate(v.school.deps, progress)]);
  items.push((await during).item);
  assert.ok(done.flatMap((d) => d.dropped).includes(first.current));
  assert.ok(Math.max(...seen) >= 5);
  assert.equal(readFileSync(keys, 'utf8').includes(first.current), false);
  for (const [i, item] of items.entries()) {
    const { content } = await openFile(v.school.deps, v.side, v.as('dsl'), file.id, item, REASON);
    assert.equal((await collect(content)).toString(), `content ${i}`);
  }
});

test('EVI-09 with keys from the environment the new one takes over from the one before, which is then named as left over', async (ctx) => {
  // A database of its own: a rotation is for all schools in one.
  const apart = await testDatabase();
  ctx.after(() => apart.drop());
  const [old, fresh] = [randomBytes(32), randomBytes(32)];
  const w = await vault(apart, { key: old });
  const file = await w.openCase();
  const { item } = await w.take(file.id, Buffer.from('stays'));
  const config = { ...w.config, evidence: { ...w.config.evidence, key: fresh, keyBefore: old } };
  const deps = { ...w.school.deps, config };
  const { leftOver } = await rotate({ ...deps });
  assert.equal(leftOver.length, 1);
  const after = { ...deps, config: { ...config, evidence: { ...config.evidence, keyBefore: null } } };
  const opened = await openFile(after, w.side, w.as('dsl'), file.id, item, REASON);
  assert.equal((await collect(opened.content)).toString(), 'stays');
  await assert.rejects(
    openFile(w.school.deps, w.side, w.as('dsl'), file.id, item, REASON),
    code('evidence.key-missing'),
  );
});

test('EVI-07 without an outside body’s key no file is taken in, since it could not be sealed from the whole school', async () => {
  const w = await vault(t, { escrow: null });
  const file = await w.openCase();
  await assert.rejects(w.take(file.id, randomBytes(10)), code('evidence.no-escrow'));
});
