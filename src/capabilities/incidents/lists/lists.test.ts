import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { sql } from 'kysely';
import { DAY, HOUR } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { type Part, testSchool } from '#testing/web.ts';
import { caseStage } from '../fixture.ts';
import { csvOf } from './csv.ts';
import { manyCases } from './fixture.ts';
import { monthlyFigures } from './lists.pages.ts';
import { addressOf, readKey, searchOf } from './lists.query.ts';
import { type CaseSearch, countCases, listCases, placeOf } from './lists.store.ts';

const { t, s, pages, log, step, close } = await caseStage();
after(close);

const found = (part: Part, search: CaseSearch) =>
  t.db.in(s.people[part].context, async (tx) => (await listCases(tx, search)).map((c) => c.reference));
const counted = (part: Part, search: CaseSearch) =>
  t.db.in(s.people[part].context, async (tx) =>
    Object.values(await countCases(tx, search)).reduce((a, b) => a + (b ?? 0), 0),
  );
const classified = (types: readonly string[], severity = 'routine') => ({
  text: 'What it looks like so far, in a sentence.',
  detail: { types, culpability: 'not-known', content: 'harmful', row: 'none', severity },
});

test('INC-23 a case is found by reference, title, the names of people in it, and words that were written in it', async () => {
  const { reference, id } = await log({ title: 'A walrus costume', text: 'It was about a harmonica.' });
  await step('dsl', id, 'note', { text: 'The harmonicas were lent by somebody.' });
  for (const text of [
    reference,
    reference.toLowerCase().slice(2),
    'walrus',
    'Zed Pu',
    'harmonica',
    'lent harmonicas',
  ]) {
    assert.ok((await found('dsl', { text })).includes(reference), text);
    assert.ok((await counted('dsl', { text })) > 0, text);
  }
  for (const text of ['trombone', '%', '_', '\\', "'", '"unclosed'])
    assert.ok(!(await found('dsl', { text })).includes(reference), text);
});

test('INC-05 INC-22 list, counts, search, figures and spreadsheet show nothing of a case to whom it is kept from', async () => {
  const word = 'ocarina';
  const { reference, id } = await log({
    title: 'About two',
    people: [s.people.head.id, s.people.ictManager.id],
    text: `An ${word}.`,
  });
  const shut = await log({ title: 'Restricted', people: [s.people.teacher.id], text: `Another ${word}.` });
  await step('dsl', shut.id, 'assign', { person: s.people.dslDeputy.id });
  await step('dsl', shut.id, 'classify', {
    ...classified(['misuse']),
    detail: { ...classified(['misuse']).detail, allegation: 'serious' },
  });
  const allDuties = (part: Part) => ({ ...s.people[part].context, duties: ['staff', 'dsl', 'head', 'coordinator'] });
  for (const [part, hidden] of [
    ['head', reference],
    ['ictManager', reference],
    ['dsl', shut.reference],
    ['teacher', shut.reference],
  ] as const) {
    const seen = await t.db.in(allDuties(part), async (tx) => ({
      listed: (await listCases(tx, { text: word })).map((c) => c.reference),
      counts: await countCases(tx, { text: word }),
      ids: (await listCases(tx, { limit: 1000 })).map((c) => c.reference),
    }));
    assert.ok(!seen.listed.includes(hidden), part);
    assert.ok(!seen.ids.includes(hidden), part);
    const all = Object.values(seen.counts).reduce((a, b) => a + (b ?? 0), 0);
    assert.equal(all, seen.listed.length, `${part}: counts tell of no case that the list leaves out`);
    const viewer = { ...s.people[part].viewer, duties: ['staff', 'dsl', 'head'] };
    const browser = pages.as({ id: `${part}-all-duties`, viewer });
    for (const url of [
      `/cases?q=${word}`,
      '/cases',
      '/cases/list.csv',
      `/cases/${hidden}`,
      `/cases/${hidden}/record-sheet`,
    ])
      assert.ok(!(await browser.get(url)).body.includes(hidden), `${part} ${url}`);
  }
  assert.ok((await found('dsl', { text: word })).includes(reference));
  assert.ok(
    await t.db.in(s.people.dsl.context, (tx) =>
      tx.selectFrom('case_file').where('id', '=', id).select('id').executeTakeFirst(),
    ),
  );
});

test('INC-27 the list can be narrowed by state, severity, type, days, who has a case, and what is late', async () => {
  const { reference, id } = await log({ title: 'To be narrowed' });
  await step('dsl', id, 'assign', { person: s.people.dslDeputy.id });
  await step('dsl', id, 'classify', classified(['bypass'], 'serious'));
  const limits = { acknowledge: null, allegation: null, recordDays: null };
  const now = s.clock.now();
  const holds: CaseSearch[] = [
    { state: 'triage' },
    { state: 'open' },
    { severity: 'serious' },
    { type: 'bypass' },
    { manager: s.people.dslDeputy.id },
    { from: new Date(now - HOUR), until: new Date(now + HOUR) },
    { late: { limits, now: now + 30 * DAY } },
  ];
  for (const search of holds) assert.ok((await found('dsl', search)).includes(reference), JSON.stringify(search));
  const fails: CaseSearch[] = [
    { state: 'closed' },
    { severity: 'urgent' },
    { type: 'grooming' },
    { manager: s.people.dsl.id },
    { from: new Date(now + HOUR) },
    { until: new Date(now - HOUR) },
    { late: { limits, now } },
  ];
  for (const search of fails) assert.ok(!(await found('dsl', search)).includes(reference), JSON.stringify(search));
  const page = await pages.as(s.people.dslDeputy).get('/cases?mine=yes&type=bypass&from=2026-11-03&to=2026-11-03');
  assert.match(page.body, new RegExp(reference));
});

test('an address that somebody typed is a list or its beginning, and never a fault', async () => {
  await fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (from, to, after) => {
      const search = searchOf(
        { from, to },
        s.people.dsl.viewer,
        { acknowledge: null, allegation: null, recordDays: null },
        0,
      );
      assert.ok(search.from === undefined || !Number.isNaN(search.from.getTime()));
      const place = readKey(after);
      assert.ok(place === undefined || !Number.isNaN(place.at.getTime()));
    }),
  );
  assert.equal(addressOf({ q: 'a b', after: 'x', state: '' }), '/cases?q=a+b');
  for (const after of ['2.99999999999999.not-an-id', `9.1.${newId()}`, `1.99999999999999.${newId()}`])
    assert.ok([200, 400].includes((await pages.as(s.people.dsl).get(`/cases?after=${after}`)).statusCode), after);
});

test('CYB-08 the monthly figure of bullying online is the number of such cases that were logged in that month', async () => {
  for (const at of [0, 40 * DAY, 41 * DAY]) {
    s.clock.advance(at && at === 40 * DAY ? 40 * DAY : at ? DAY : 0);
    const { id } = await log({ title: 'Names in a group chat' });
    await step('dsl', id, 'assign', { person: s.people.dsl.id });
    await step('dsl', id, 'classify', classified(at === 0 ? ['cyber-bullying', 'misuse'] : ['deepfake']));
  }
  const figures = await monthlyFigures(s.deps, s.people.dsl.viewer);
  const logged = await t.asOwner<{ month: string; n: number }>(
    `select to_char(e.at at time zone 'Europe/London', 'YYYY-MM') as month, count(*)::int as n
     from case_entry e join case_file c on c.id = e.case_id
     where e.action = 'report' and c.types && array['cyber-bullying', 'ai-bullying', 'deepfake', 'sexual-deepfake'] group by 1 order by 1`,
  );
  assert.deepEqual(
    figures.months.flatMap((month, i) => (figures.bullying[i] ? [{ month, n: figures.bullying[i] }] : [])),
    logged,
  );
  assert.deepEqual(
    logged.map((l) => l.n),
    [1, 2],
  );
  for (const [i, all] of figures.all.entries())
    assert.equal(
      Object.values(figures.groups).reduce((n, g) => n + (g[i] ?? 0), 0),
      all,
      'a bar is as high as there are cases',
    );
  const page = await pages.as(s.people.dsl).get('/cases/figures');
  assert.match(page.body, /Bullying online/);
  const chart = await pages.as(s.people.dsl).get('/cases/figures.svg');
  assert.match(chart.body, /^<svg/);
});

test('MON-11 the spreadsheet obeys the list, names people only to those who keep children safe, and stands in the ledger', async () => {
  const { id } = await log({ title: '=SUM(1) by a trick', people: [s.people.year7.id] });
  await step('dsl', id, 'assign', { person: s.people.teacher.id });
  const rows = async (part: Part, query = '') =>
    parse((await pages.as(s.people[part]).get(`/cases/list.csv${query}`)).body, { columns: true }) as Record<
      string,
      string
    >[];
  const all = await rows('dsl');
  assert.ok(all.some((r) => r.About === 'Yara Pupil' && r.With === 'Theo Wren' && r.Title === "'=SUM(1) by a trick"));
  const [mine, ...others] = await rows('teacher', '?q=trick');
  assert.deepEqual(others, []);
  assert.ok(mine && !('About' in mine));
  assert.doesNotMatch(Object.values(mine).join(), /Yara|Theo/);
  const [entry] = await t.asOwner<{ actor: string; detail: Record<string, unknown> }>(
    `select actor, detail from ledger_entry where action = 'case.export-list' and actor = $1 order by id desc limit 1`,
    [s.people.teacher.id],
  );
  assert.equal(entry?.detail.cases, 1);
  assert.doesNotMatch(JSON.stringify(entry?.detail), /trick/);
});

test('EVI-03 of a stopped case nothing leaves in the spreadsheet but that it is there', async () => {
  const { id, reference } = await log({ title: 'A phone was shown', people: [s.people.year7.id] });
  await step('dsl', id, 'assign', { person: s.people.dsl.id });
  await step('dsl', id, 'suspect');
  const { body } = await pages.as(s.people.dsl).get('/cases/list.csv?q=phone');
  const [row] = parse(body, { columns: true }) as Record<string, string>[];
  assert.equal(row?.Reference, reference);
  assert.deepEqual([row?.Title, row?.About, row?.Types], ['', '', '']);
});

test('cells of a spreadsheet come back as they went in, and none is a formula', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 3 }), { minLength: 1 }), (rows) => {
      const back = parse(csvOf(rows), { relax_column_count: true }) as string[][];
      const plain = (text: string) => text.replace(/^'(?=[=+\-@\t\r])/, '');
      assert.deepEqual(
        back.map((r) => r.map(plain)),
        rows.map((r) => r.map(plain)),
      );
      for (const cell of back.flat()) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
    }),
  );
});

test('INC-23 5,000 cases with 50,000 entries: every page of the list is read by its place, each case once', async () => {
  const many = await testSchool(t, { policy: 'secondary-school' });
  const { year7, year8, teacher, staff, dsl } = many.people;
  await manyCases((text, values) => t.asOwner(text, values), {
    school: many.id,
    cases: 5000,
    entries: 10,
    pupils: [year7.id, year8.id],
    managers: [teacher.id, staff.id],
    now: many.clock.now(),
  });
  const { seen, plan, words, total, rare } = await t.db.in(dsl.context, async (tx) => {
    const seen: string[] = [];
    for (let after = readKey(undefined), page = await listCases(tx, { limit: 500 }); page.length > 0; ) {
      seen.push(...page.map((c) => `${c.pressing} ${c.opened_at.toISOString()} ${c.id}`));
      const last = page.at(-1);
      after = last && placeOf(last);
      page = await listCases(tx, { after, limit: 500 });
    }
    const explain = async (query: string) =>
      (await sql<{ 'QUERY PLAN': string }>`explain ${sql.raw(query)}`.execute(tx)).rows
        .map((r) => r['QUERY PLAN'])
        .join('\n');
    return {
      seen,
      plan: await explain(
        `select * from case_file where (pressing, opened_at, id) < (0::smallint, now(), '${newId()}') order by pressing desc, opened_at desc, id desc limit 51`,
      ),
      words: await listCases(tx, { text: 'marmalade', limit: 100 }),
      total: Object.values(await countCases(tx)).reduce((a, b) => a + (b ?? 0), 0),
      rare: await countCases(tx, { text: 'marmalade' }),
    };
  });
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(seen, seen.toSorted().reverse(), 'the most pressing first, then the newest');
  assert.equal(seen.length, total);
  assert.equal(total, 5000 - 5, 'restricted ones are their team’s alone');
  assert.match(plan, /Index Scan using case_file_pressing/);
  assert.doesNotMatch(plan, /Sort|Seq Scan/);
  assert.equal(words.length, 5);
  assert.equal(rare.closed, 5);
  const asked = await t.asOwner<{ 'QUERY PLAN': string }>(
    `explain select case_id from case_entry where to_tsvector('english', text) @@ websearch_to_tsquery('english', 'marmalade')`,
  );
  assert.match(asked.map((r) => r['QUERY PLAN']).join('\n'), /case_entry_words/);
  const time = async (work: () => Promise<unknown>) => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const from = performance.now();
      await work();
      times.push(performance.now() - from);
    }
    return Math.min(...times);
  };
  const inMany = (search: CaseSearch) => () => t.db.in(dsl.context, (tx) => listCases(tx, { ...search, limit: 51 }));
  for (const search of [
    {},
    { text: 'marmalade' },
    { text: 'tablet' },
    { text: 'Yara' },
    { type: 'misuse' },
  ] as CaseSearch[])
    assert.ok((await time(inMany(search))) < 300, JSON.stringify(search));
});
