import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { appUrl, type Db, openDb, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { sealNext, verifyLedger } from '#platform/ledger.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { evidenceSide } from './case.evidence.ts';
import { storyOf } from './case.story.ts';
import { takeStep } from './cases.service.ts';
import { entriesOf } from './cases.store.ts';
import { takeFile } from './evidence/files.service.ts';
import { pieces } from './evidence/fixture.ts';
import { type Imagery, imagerySchool } from './imagery/fixture.ts';

/** What one command does is done whole or not at all, whoever writes at the same moment and wherever it is cut off. */

let t: TestDatabase;
let m: Imagery;
let crowd: Db;
before(async () => {
  t = await testDatabase();
  m = await imagerySchool(t);
  crowd = await openDb(appUrl(t.ownerUrl), { pool: 48 });
});
after(async () => {
  await crowd.close();
  await m.pages.close();
  await t.drop();
});

const codeOf = (e: unknown) => (e as { code?: string }).code;
/** The ledger holds, and of this case it has exactly the entries of its story, in its order. */
async function whole(id: string): Promise<void> {
  while (await sealNext(t.db, m.s.clock.now()));
  assert.deepEqual((await verifyLedger(t.db, [])).faults, []);
  const story = await t.db.in(m.s.people.dsl.context, (tx) => entriesOf(tx, id));
  const ledger = await t.asOwner<{ action: string }>(
    `select action from ledger_entry where object_kind = 'case' and object_id = $1 order by id`,
    [id],
  );
  assert.deepEqual(ledger.map((l) => l.action).sort(), story.map((e) => `case.${e.action}`).sort());
  let state: string | null = null;
  for (const e of story) {
    assert.equal(e.from_state, state, `${e.action} begins where the one before it ended`);
    state = e.to_state;
  }
  assert.equal((await m.row(id))?.state, state, 'and the case is where its story ends');
}

test('INC-03 48 writers at once on one case and the ledger: every step is in the story and the ledger once, in one order, or was refused whole', async () => {
  const c = await m.examined();
  const deps: Deps = { ...m.s.deps, db: crowd };
  const as = ['dsl', 'dslDeputy', 'head'] as const;
  const before = (await t.db.in(m.s.people.dsl.context, (tx) => entriesOf(tx, c.id))).length;
  const steps = Array.from({ length: 48 }, (_, i) => {
    const { viewer } = m.s.people[as[i % 3] ?? 'dsl'];
    const text = `Writer ${i} was here.`;
    // Most write words; the others all want to end the same examination, and only one can.
    if (i % 4 !== 3) return takeStep(deps, viewer, c.id, { action: 'note', text });
    if (i % 8 === 3) return takeStep(deps, viewer, c.id, { action: 'finding', text, detail: { url: 'x.example' } });
    return takeStep(deps, viewer, c.id, { action: 'finish', text });
  });
  const done = await Promise.allSettled(steps);
  const refusals = done.flatMap((d) => (d.status === 'rejected' ? [codeOf(d.reason)] : []));
  for (const code of refusals) assert.match(String(code), /^case\.(finish|finding)\.(not-listed|found)$/);
  const entries = await t.db.in(m.s.people.dsl.context, (tx) => entriesOf(tx, c.id));
  assert.equal(entries.length - before, 48 - refusals.length);
  assert.equal(entries.filter((e) => e.action === 'note').length, 36);
  assert.ok(entries.filter((e) => e.action === 'finish').length <= 1);
  assert.equal(storyOf(entries).findings, entries.filter((e) => e.action === 'finding').length);
  await whole(c.id);
});

/** Like this database, but the connection is cut off before the n-th thing that the transactions ask of it. */
function cutOffAt(n: number): { db: Db; asked: () => number; cut: () => boolean } {
  let [asked, cut] = [0, false];
  const cutOff = async (tx: Tx) => {
    cut = true;
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await t.asOwner('select pg_terminate_backend($1, 2000)', [rows[0]?.pid]);
  };
  const db: Db = {
    ...t.db,
    in: (context, work) =>
      t.db.in(context, async (tx) => {
        const executor = tx.getExecutor();
        const run = executor.executeQuery.bind(executor);
        executor.executeQuery = async (...query) => {
          if (!cut && ++asked === n) {
            executor.executeQuery = run;
            await cutOff(tx);
          }
          return run(...query);
        };
        const result = await work(tx);
        if (!cut && ++asked === n) {
          executor.executeQuery = run;
          await cutOff(tx);
        }
        return result;
      }),
  };
  return { db, asked: () => asked, cut: () => cut };
}

/** Everything that a command could have left behind. */
const traces = async (id: string) =>
  Promise.all(
    [
      'select * from case_file where id = $1',
      'select * from case_entry where case_id = $1 order by id',
      'select action, detail from ledger_entry where object_id = $1::text order by id',
      'select subject, recipient from mail where about_id = $1::text order by id',
      'select * from evidence_item where case_id = $1 order by id',
      'select k.* from evidence_key k join evidence_item i on i.id = k.item_id where i.case_id = $1 order by 1, 2',
      'select * from evidence_event where case_id = $1 order by id',
      'select * from evidence_seal where case_id = $1 order by id',
    ].map((q) => t.asOwner(q, [id])),
  );

test('EVI-03 EVI-04 INC-03 a stop that is cut off at any moment, the last before its commit among them, left nothing half done; taken again, it is done', async () => {
  const c = await m.withFile();
  const before = await traces(c.id);
  const { viewer } = m.s.people.dsl;
  for (let n = 1; ; n++) {
    const { db, asked, cut } = cutOffAt(n);
    const taken = takeStep({ ...m.s.deps, db }, viewer, c.id, { action: 'suspect', text: '' });
    if (
      await taken.then(
        () => !cut(),
        () => false,
      )
    ) {
      assert.ok(asked() > 10, `${asked()} places were tried`);
      break;
    }
    assert.deepEqual(await traces(c.id), before, `cut off at ${n}`);
    assert.ok(n < 300);
  }
  assert.deepEqual(await m.row(c.id), { state: 'halted', imagery: true });
  assert.equal(await m.openable(c.id), 0);
  while (await sealNext(t.db, m.s.clock.now()));
  assert.deepEqual((await verifyLedger(t.db, [])).faults, []);
});

test('EVI-09 an upload that is cut off at any moment left no item without its file, no key without its item and no line without either', async () => {
  const c = await m.examined();
  const before = await traces(c.id);
  const asker = { viewer: m.s.people.dsl.viewer, device: null };
  for (let n = 1; ; n++) {
    const { db, cut } = cutOffAt(n);
    const deps = { ...m.s.deps, db };
    const side = evidenceSide(
      deps,
      async () => null,
      async () => ({ head: [], rows: [] }),
    );
    const file = {
      description: 'Screenshot',
      name: 'chat.png',
      mayShowChild: 'no' as const,
      source: pieces(Buffer.from('x')),
    };
    const taken = takeFile(deps, side, asker, c.id, file);
    if (
      await taken.then(
        () => !cut(),
        () => false,
      )
    )
      break;
    assert.deepEqual(await traces(c.id), before, `cut off at ${n}`);
    assert.ok(n < 300);
  }
  assert.equal(await m.openable(c.id), 1);
});
