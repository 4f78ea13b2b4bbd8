import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { HOUR } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { filteringRoom } from './filtering.routes.ts';
import { listChangesWaiting } from './list-changes.pages.ts';
import { actOnListChange } from './list-changes.service.ts';
import { type ListChange, listChanges } from './list-changes.store.ts';
import { compileLists } from './lists.service.ts';
import { addSource, removeSource, setSource, setWords, switchSource } from './sources.service.ts';
import { filteringSchool, testFolder } from './testing.ts';
import { currentIndex, explainAddress } from './verdict.service.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await filteringSchool(t);
  pages = await pagesFor(school.deps, filteringRoom(school.deps, { onGatewayTrouble: async () => undefined }));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const WHY = 'It was agreed at the meeting.';
const ict = () => school.people.ictManager.context;
const fay = () => school.people.filterApprover;
const run = <T>(work: Parameters<typeof t.db.in<T>>[1]) => t.db.in(ict(), work);
const code = (c: string) => (e: unknown) => e instanceof Refusal && e.code === c;
const compile = () => {
  school.clock.advance(HOUR);
  return compileLists(school.deps, school.id);
};
const categoriesOf = async (host: string) => {
  const index = await run((tx) => currentIndex(school.deps, tx));
  return index?.categoriesOf(index.find(host)) ?? [];
};
let made = 0;
/** A source that closes one site as a game. */
async function gamesSource(): Promise<{ id: string; host: string; file: string }> {
  const host = `site-${++made}.example`;
  const file = join(testFolder({ 'list.txt': `${host}\n` }), 'list.txt');
  const id = await run((tx) =>
    addSource(tx, school.deps, ict(), { location: file, name: `games-${made}`, category: 'games' }),
  );
  return { id, host, file };
}
async function newest(source: string): Promise<ListChange> {
  const [change] = await run((tx) => listChanges(tx, { source }));
  assert.ok(change);
  return change;
}
const act = (part: Part, id: string, action: Parameters<typeof actOnListChange>[3], reason = WHY) =>
  actOnListChange(school.deps, school.people[part].viewer, id, action, reason);

test('FIL-04 a blocking source is on at once, a second person is told and looks at it, and the first cannot', async () => {
  const { id, host } = await gamesSource();
  await compile();
  assert.deepEqual(await categoriesOf(host), ['games']);
  const change = await newest(id);
  assert.deepEqual([change.kind, change.state, change.opens], ['add', 'to-review', null]);
  const told = await t.asOwner(`select recipient, subject from mail where about_id = $1`, [change.id]);
  assert.deepEqual(
    told.map((m) => m.recipient).sort(),
    [fay().id, school.people.administrator.id].sort(),
    'whoever decides and the other keeper, not whoever did it',
  );
  assert.ok(told.every((m) => !/games|site-/.test(m.subject)));
  await assert.rejects(act('ictManager', change.id, 'review'), code('list-change.second-person'));
  await act('administrator', change.id, 'review');
  assert.equal((await newest(id)).state, 'reviewed');
});

test('FIL-04 a source that speaks for sites, or whose kinds nobody knows before it is read, waits for a second person', async () => {
  const folder = testFolder({ 'good.txt': 'a-good-one.example\n', 'mixed/education/domains': 'another.example\n' });
  for (const input of [
    { location: join(folder, 'good.txt'), name: 'good', category: 'education' },
    { location: join(folder, 'mixed'), name: 'mixed' },
    { location: 'https://lists.example/all.tar.gz', name: 'unknown' },
  ]) {
    await assert.rejects(
      run((tx) => addSource(tx, school.deps, ict(), input)),
      code('list-change.reasoned'),
    );
    const id = await run((tx) => addSource(tx, school.deps, ict(), { ...input, reason: WHY }));
    const change = await newest(id);
    assert.deepEqual([change.kind, change.state], ['add', 'proposed'], input.name);
    const [row] = await t.asOwner('select enabled from list_source where id = $1', [id]);
    assert.equal(row?.enabled, false);
    await act('filterApprover', change.id, 'refuse');
  }
  await compile();
  assert.deepEqual(await categoriesOf('a-good-one.example'), []);
});

test('FIL-04 switching off waits: what is closed stays closed until a second person agrees, then opens', async () => {
  const { id, host } = await gamesSource();
  await compile();
  assert.equal(await run((tx) => switchSource(tx, school.deps, ict(), id, false, WHY)), 'waits');
  await compile();
  assert.deepEqual(await categoriesOf(host), ['games']);
  const { id: change } = await newest(id);
  for (const part of ['ictManager', 'administrator', 'dsl', 'head', 'teacher', 'leadGovernor'] as const) {
    await assert.rejects(act(part, change, 'approve'), (e) => e instanceof Refusal && e.kind === 'forbidden', part);
  }
  await act('filterApprover', change, 'approve');
  await compile();
  assert.deepEqual(await categoriesOf(host), []);
  const steps = await t.asOwner(
    `select action, actor, detail from ledger_entry where detail->>'change' = $1 order by id`,
    [change],
  );
  assert.deepEqual(
    steps.map((s) => [s.action, s.actor, s.detail.from, s.detail.to]),
    [
      ['list-change.propose', school.people.ictManager.id, 'new', 'proposed'],
      ['list-change.approve', fay().id, 'proposed', 'applied'],
    ],
  );
  assert.match(String(steps[0]?.detail.reason), /^hmac-sha256:/);
  const letters = await t.asOwner(`select recipient from mail where about_id = $1 order by id`, [change]);
  assert.deepEqual(
    letters.map((l) => l.recipient),
    [fay().id, school.people.ictManager.id],
  );
});

test('FIL-04 the one who holds the duty alone cannot agree with themselves, and the page says that a second is missing', async () => {
  const { id } = await gamesSource();
  const held = { ...fay().context, duties: [...fay().context.duties, 'ict-manager'] };
  await t.db.in(held, (tx) => switchSource(tx, school.deps, held, id, false, WHY));
  const change = await newest(id);
  assert.equal(change.requester, fay().id);
  await assert.rejects(act('filterApprover', change.id, 'approve'), code('list-change.second-person'));
  await assert.rejects(act('ictManager', change.id, 'approve'), code('list-change.duty'));
  const waiting = () => t.db.in(fay().context, (tx) => listChangesWaiting(tx, fay().viewer, school.clock.now()));
  assert.equal((await waiting()).tooFew, true);
  const warning = /Fewer than two people share the duty for the filter/;
  assert.match((await pages.as(fay()).get('/filtering/lists/changes')).body, warning);
  await t.asOwner(
    `insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, 'filter-approver', 'deputy', $3)`,
    [school.id, school.people.dsl.id, new Date(school.clock.now() - HOUR)],
  );
  assert.equal((await waiting()).tooFew, false);
  assert.doesNotMatch((await pages.as(fay()).get('/filtering/lists/changes')).body, warning);
  await act('filterApprover', change.id, 'withdraw', '');
  await t.asOwner(`delete from role_holding where person_id = $1 and role = 'filter-approver'`, [school.people.dsl.id]);
});

test('FIL-04 removing, lowering trust, another place, less proof, looser gates and other words all wait; nothing of them holds before', async () => {
  const { id, file } = await gamesSource();
  const other = join(testFolder({ 'list.txt': 'elsewhere.example\n' }), 'list.txt');
  const wishes: readonly (() => Promise<string>)[] = [
    () => run((tx) => setSource(tx, school.deps, ict(), id, { location: other }, WHY)),
    () => run((tx) => setSource(tx, school.deps, ict(), id, { trust: '40' }, WHY)),
    () => run((tx) => setSource(tx, school.deps, ict(), id, { leastKept: '5', mostGrowth: '900' }, WHY)),
    () => run((tx) => setSource(tx, school.deps, ict(), id, { maxAgeHours: '720' }, WHY)),
    () => run((tx) => setWords(tx, school.deps, ict(), id, { games: null }, WHY)),
    () => run((tx) => removeSource(tx, school.deps, ict(), id, WHY)),
  ];
  const row = () => t.asOwner(`select * from list_source where id = $1`, [id]);
  const [before] = await row();
  for (const wish of wishes) {
    assert.equal(await wish(), 'waits');
    const { next_check_at: _, ...stands } = (await row())[0] ?? {};
    assert.deepEqual(stands, Object.fromEntries(Object.entries(before ?? {}).filter(([k]) => k !== 'next_check_at')));
    await act('ictManager', (await newest(id)).id, 'withdraw', '');
  }
  assert.equal(await run((tx) => setSource(tx, school.deps, ict(), id, { location: file, trust: '100' })), 'same');
  assert.equal(
    await run((tx) => setSource(tx, school.deps, ict(), id, { leastKept: '80', mostNames: '500' })),
    'holds',
  );
  const [after] = await row();
  assert.deepEqual([after?.least_kept, after?.most_names], [80, '500']);
});

test('FIL-04 what closes is undone by a second person only, back to how it stood, and not if it was changed since', async () => {
  const { id } = await gamesSource();
  await run((tx) => setSource(tx, school.deps, ict(), id, { leastKept: '80' }));
  const change = await newest(id);
  await assert.rejects(act('ictManager', change.id, 'undo'), code('list-change.second-person'));
  await assert.rejects(act('filterApprover', change.id, 'undo', 'no'), code('list-change.reasoned'));
  await run((tx) => setSource(tx, school.deps, ict(), id, { leastKept: '90' }));
  await assert.rejects(act('filterApprover', change.id, 'undo'), code('list-change.current'));
  const later = await newest(id);
  await act('filterApprover', later.id, 'undo');
  await act('filterApprover', change.id, 'undo');
  const [row] = await t.asOwner(`select least_kept from list_source where id = $1`, [id]);
  assert.equal(row?.least_kept, 50);
});

test('FIL-04 an agreement is for what was asked: a source that was changed meanwhile must be asked about anew', async () => {
  const { id } = await gamesSource();
  await run((tx) => setSource(tx, school.deps, ict(), id, { leastKept: '40' }, WHY));
  const change = await newest(id);
  await run((tx) => setSource(tx, school.deps, ict(), id, { leastKept: '60' }));
  await assert.rejects(act('filterApprover', change.id, 'approve'), code('list-change.current'));
  await assert.rejects(
    run((tx) => setSource(tx, school.deps, ict(), id, { leastKept: '30' }, WHY)),
    code('list-change.alone'),
  );
  await act('filterApprover', change.id, 'refuse');
  await assert.rejects(act('filterApprover', change.id, 'approve'), code('list-change.state'));
});

test('FIL-04 of two who agree at once one comes second, and the change happens once', async () => {
  const { id } = await gamesSource();
  await run((tx) => switchSource(tx, school.deps, ict(), id, false, WHY));
  const { id: change } = await newest(id);
  const results = await Promise.allSettled([1, 2, 3].map(() => act('filterApprover', change, 'approve')));
  assert.equal(results.filter((r) => r.status === 'fulfilled').length, 1);
  assert.equal((await newest(id)).steps.length, 2);
});

test('a removed source is gone from the pages, its name is free again, and its history stays', async () => {
  const { id, file } = await gamesSource();
  const name = `games-${made}`;
  await run((tx) => removeSource(tx, school.deps, ict(), id, WHY));
  await act('filterApprover', (await newest(id)).id, 'approve');
  assert.doesNotMatch((await pages.as(school.people.ictManager).get('/filtering/lists')).body, new RegExp(`>${name}<`));
  const again = await run((tx) => addSource(tx, school.deps, ict(), { location: file, name, category: 'games' }));
  assert.notEqual(again, id);
  assert.match((await pages.as(fay()).get(`/filtering/lists/changes?q=${name}`)).body, /Remove the source/);
});

test('FIL-04 words of a source are read as the school says, once two agree, and the explanation says so too', async () => {
  const folder = testFolder({ 'sport-games/domains': 'tournament.example\n', 'games/domains': 'puzzle.example\n' });
  const id = await run((tx) => addSource(tx, school.deps, ict(), { location: folder, name: 'worded' }));
  await compile();
  assert.deepEqual(await categoriesOf('tournament.example'), [], 'nobody knows the word');
  assert.equal(await run((tx) => setWords(tx, school.deps, ict(), id, { 'sport-games': 'games' })), 'holds');
  await compile();
  assert.deepEqual(await categoriesOf('tournament.example'), ['games']);
  const why = await run((tx) => explainAddress(tx, school.deps, school.id, { host: 'tournament.example', path: '' }));
  assert.deepEqual(
    why.matches.map((m) => [m.source, m.outsideCategory, m.category]),
    [['worded', 'sport-games', 'games']],
  );
  const wish = { 'sport-games': 'games', games: null };
  assert.equal(await run((tx) => setWords(tx, school.deps, ict(), id, wish, WHY)), 'waits');
  await act('filterApprover', (await newest(id)).id, 'approve');
  await compile();
  assert.deepEqual(await categoriesOf('puzzle.example'), []);
  await assert.rejects(
    run((tx) => setWords(tx, school.deps, ict(), id, { games: 'help' }, WHY)),
    code('lists.words'),
  );
  const page = (await pages.as(school.people.ictManager).get(`/filtering/lists/${id}`)).body;
  assert.match(page, /“sport-games” means/);
});

test('FIL-04 the database itself lets nobody switch a list off, take up a version, or agree with themselves', async () => {
  const { id, file } = await gamesSource();
  await compile();
  writeFileSync(file, 'site-of-another-day.example\n');
  await compile();
  const [version] = await t.asOwner(
    `select id from list_source_version where source_id = $1 and state = 'superseded'`,
    [id],
  );
  const keeper = (statement: string) => t.db.in(ict(), (tx) => sql.raw(statement).execute(tx));
  for (const statement of [
    `update list_source set enabled = false where id = '${id}'`,
    `update list_source set location = '/etc/hosts' where id = '${id}'`,
    `update list_source set trust = 10 where id = '${id}'`,
    `update list_source set words = '{"games":null}' where id = '${id}'`,
    `update list_source_version set state = 'in-use' where id = '${version?.id}'`,
    `insert into list_source (school_id, name, location, kind, enabled) values ('${school.id}', 'sly', '/tmp', 'folder', true)`,
    `delete from list_source where id = '${id}'`,
    `delete from list_change where source_id = '${id}'`,
    `update list_change set opens = null where source_id = '${id}'`,
    `update list_change_step set to_state = 'applied'`,
  ]) {
    await assert.rejects(
      keeper(statement),
      /by one person|without a step|begins switched off|permission denied/,
      statement,
    );
  }
  await run((tx) => switchSource(tx, school.deps, ict(), id, false, WHY));
  const { id: change } = await newest(id);
  const step = (by: string, to: string, number = 2) =>
    keeper(
      `insert into list_change_step (change_id, number, school_id, action, to_state, by_person, at)
       values ('${change}', ${number}, '${school.id}', 'approve', '${to}', '${by}', now())`,
    );
  await assert.rejects(step(ict().person ?? '', 'applied'), /nobody agrees to what they asked for/);
  await assert.rejects(step(fay().id, 'applied'), /row-level security/, 'nor in another’s name');
  await assert.rejects(step(ict().person ?? '', 'reviewed'), /goes by its table/);
});

type Act = Parameters<typeof actOnListChange>[3];
const ACTS: readonly Act[] = ['approve', 'refuse', 'withdraw', 'review', 'undo'];
/** A change in this state, asked for or made by the ICT manager. */
const MAKE: Readonly<Record<ListChange['state'], () => Promise<string>>> = {
  proposed: async () => {
    const { id } = await gamesSource();
    await run((tx) => switchSource(tx, school.deps, ict(), id, false, WHY));
    return (await newest(id)).id;
  },
  'to-review': async () => (await newest((await gamesSource()).id)).id,
  applied: () => after_('proposed', 'filterApprover', 'approve'),
  refused: () => after_('proposed', 'filterApprover', 'refuse'),
  withdrawn: () => after_('proposed', 'ictManager', 'withdraw'),
  reviewed: () => after_('to-review', 'filterApprover', 'review'),
  undone: () => after_('to-review', 'filterApprover', 'undo'),
};
async function after_(state: 'proposed' | 'to-review', part: Part, action: Act): Promise<string> {
  const id = await MAKE[state]();
  await act(part, id, action);
  return id;
}
/** Who may do what to a change of the ICT manager's; whatever is not here is refused. */
const MAY: Readonly<Partial<Record<ListChange['state'], Partial<Record<Act, readonly Part[]>>>>> = {
  proposed: { approve: ['filterApprover'], refuse: ['filterApprover'], withdraw: ['ictManager'] },
  'to-review': { review: ['filterApprover', 'administrator'], undo: ['filterApprover', 'administrator'] },
};

test('FIL-04 every role in every state of a list change may do what is written here, and everything else is refused and changes nothing', async () => {
  let tried = 0;
  for (const state of Object.keys(MAKE) as ListChange['state'][]) {
    const standing = await MAKE[state]();
    const stateOf = async (id: string) => (await run((tx) => listChanges(tx, { id })))[0]?.state;
    for (const part of Object.keys(school.people) as Part[]) {
      for (const action of ACTS) {
        tried++;
        if (MAY[state]?.[action]?.includes(part)) {
          await act(part, await MAKE[state](), action);
          continue;
        }
        await assert.rejects(act(part, standing, action), Refusal, `${part}: ${action} in ${state}`);
      }
    }
    assert.equal(await stateOf(standing), state);
  }
  assert.equal(tried, 7 * Object.keys(school.people).length * ACTS.length);
});

test('FIL-04 pupils, parents and visitors see nothing of list changes, and every route of them is closed to who lacks its duty', async () => {
  for (const part of ['year8', 'parent', 'visitor', 'volunteer'] as const) {
    const seen = await t.db.in(school.people[part].context, (tx) => tx.selectFrom('list_change').selectAll().execute());
    assert.deepEqual(seen, [], part);
    assert.equal((await pages.as(school.people[part]).get('/filtering/lists/changes')).statusCode, 403, part);
  }
  assert.equal((await pages.as(school.people.teacher).get('/filtering/lists/changes')).statusCode, 403);
  assert.ok((await everyRouteDenies(pages, school)) >= 20);
});
