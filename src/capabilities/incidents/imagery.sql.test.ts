import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { newId } from '#core/ids.ts';
import { type Context, systemContext } from '#platform/db.ts';
import { ROLE_IDS } from '#policy/types.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Imagery, imagerySchool } from './imagery/fixture.ts';

/** EVI-03, EVI-07: what a program of ours forgets, or another that has our database role tries, the database refuses. */

let t: TestDatabase;
let m: Imagery;
let c: { id: string; reference: string; item: string };
let other: { id: string };
before(async () => {
  t = await testDatabase();
  m = await imagerySchool(t);
  other = await m.examined();
  c = await m.withFile();
  await m.step('dsl', c.id, 'suspect', { text: '' });
});
after(async () => {
  await m.pages.close();
  await t.drop();
});

/** The DSL, the DSL with every role there is, and the system itself, who may read the case by the rows. */
const whoever = (): Context[] => [
  m.s.people.dsl.context,
  { ...m.s.people.dsl.context, duties: [...ROLE_IDS] },
  { ...systemContext(m.s.id), person: m.s.people.dsl.id },
  systemContext(m.s.id),
];
const run = (context: Context, ...statements: string[]) =>
  t.db.in(context, async (tx) => {
    let changed = 0n;
    for (const one of statements) changed += (await sql.raw(one).execute(tx)).numAffectedRows ?? 0n;
    return changed;
  });
const entry = (action: string, from: string, to: string, more = `'{"reference": "L-1"}'`, by = m.s.people.dsl.id) =>
  `insert into case_entry (school_id, case_id, at, by_person, action, from_state, to_state, text, detail)
   values ('${m.s.id}', '${c.id}', now(), '${by}', '${action}', '${from}', '${to}', 'The decision in their words', ${more})`;
const mark = (set: string) => `update case_file set ${set} where id = '${c.id}'`;

test('EVI-03 EVI-07 with the application’s own role nothing comes into a stopped case, opens in it or leaves it, in whoever’s context', async () => {
  const { dsl } = m.s.people;
  const item = newId();
  const into = `insert into evidence_item (id, school_id, case_id, number, kind, description, taken_by, taken_at, size, sha256, name)
    values ('${item}', '${m.s.id}', '${c.id}', 9, 'file', 'By the back door', '${dsl.id}', now(), 1, sha256('x'), 'x')`;
  const event = (action: string) => `insert into evidence_event (school_id, case_id, item_id, at, by_person, action)
    values ('${m.s.id}', '${c.id}', '${c.item}', now(), '${dsl.id}', '${action}')`;
  const seal = (act: string) => `insert into evidence_seal (school_id, case_id, act, at, by_person, authority, decision)
    values ('${m.s.id}', '${c.id}', '${act}', now(), '${dsl.id}', ${act === 'released' ? `'police', 'They said it is none'` : 'null, null'})`;
  const key = (holder: string) => `insert into evidence_key (item_id, holder, school_id, key_id, wrapped)
    values ('${c.item}', '${holder}', '${m.s.id}', '0123456789abcdef', 'x')`;
  for (const context of whoever()) {
    for (const statement of [
      into,
      event('open'),
      event('export'),
      event('dispose'),
      event('destroy'),
      seal('released'),
      seal('sealed'),
      key('school'),
      `delete from evidence_key where item_id = '${c.item}'`,
      `update evidence_item set case_id = '${other.id}' where id = '${c.item}'`,
      `delete from evidence_event where item_id = '${c.item}'`,
      `delete from evidence_seal where case_id = '${c.id}'`,
    ]) {
      await assert.rejects(
        run(context, statement),
        /sealed|key goes only|comes with its item|row-level|denied|two people|held|suspicion/,
        statement,
      );
    }
    assert.equal(await run(context, `update evidence_key set wrapped = 'x' where item_id = '${c.item}'`), 0n);
  }
  assert.equal(await m.openable(c.id), 0);
});

test('EVI-04 no statement takes the mark or the stop from a case but a recorded decision in the same transaction', async () => {
  const free = mark(`imagery = false, state = 'team'`);
  const tries: readonly (readonly string[])[] = [
    [mark('imagery = false')],
    [mark(`state = 'team'`)],
    [mark(`state = 'examine'`)],
    [mark(`state = 'closed'`)],
    [free],
    [entry('note', 'halted', 'team'), free],
    [entry('not-imagery', 'halted', 'team', `'{}'`), free],
    [entry('not-imagery', 'halted', 'team', `'{"reference": " "}'`), free],
    [entry('not-imagery', 'halted', 'team', undefined, m.s.people.head.id), free],
    [entry('not-imagery', 'halted', 'halted'), free],
    [entry('police-reference', 'halted', 'police-hold'), mark(`state = 'police-hold', imagery = false`)],
    [entry('not-imagery', 'halted', 'team'), mark(`imagery = false, state = 'examine'`)],
    [`delete from case_entry where case_id = '${c.id}'`],
    [`update case_entry set action = 'not-imagery' where case_id = '${c.id}'`],
  ];
  for (const context of whoever()) {
    for (const statements of tries) {
      await assert.rejects(
        run(context, ...statements),
        /recorded decision|case_file_imagery|denied/,
        statements.join(';\n'),
      );
    }
  }
  const { dsl } = m.s.people;
  await run(dsl.context, entry('not-imagery', 'halted', 'team'));
  await assert.rejects(run(dsl.context, free), /recorded decision/, 'one of an earlier day does not serve');
  assert.deepEqual(await m.row(c.id), { state: 'halted', imagery: true });
});

test('EVI-03 who marks a case and forgets to seal it has sealed it all the same, and a marked case is not examined', async () => {
  const forgotten = await m.withFile();
  await run(
    m.s.people.dsl.context,
    `update case_file set imagery = true, state = 'halted' where id = '${forgotten.id}'`,
  );
  assert.equal(await m.openable(forgotten.id), 0);
  const marked = await m.withFile();
  await assert.rejects(
    run(m.s.people.dsl.context, `update case_file set imagery = true where id = '${marked.id}'`),
    /case_file_imagery/,
  );
  assert.deepEqual(await m.row(marked.id), { state: 'examine', imagery: false });
  await assert.rejects(
    run(
      m.s.people.dsl.context,
      `update case_file set imagery = true, state = 'team' where id = '${marked.id}'`,
      `insert into evidence_event (school_id, case_id, item_id, at, by_person, action)
       values ('${m.s.id}', '${marked.id}', '${marked.item}', now(), '${m.s.people.dsl.id}', 'open')`,
    ),
    /sealed/,
    'not even in the transaction that marks it',
  );
});

test('EVI-03 a picture pasted as text into the story is refused by the database too', async () => {
  for (const more of [`'{"url": "data:image/png;base64,iVBORw0KGgo="}'`]) {
    await assert.rejects(run(m.s.people.dsl.context, entry('note', 'halted', 'halted', more)), /case_entry_words/);
  }
});
