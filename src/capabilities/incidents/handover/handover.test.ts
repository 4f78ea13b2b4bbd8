import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { HOUR } from '#core/clock.ts';
import type { Part } from '#testing/web.ts';
import { caseStage } from '../fixture.ts';

const { t, s, pages, log: logged, step, close } = await caseStage();
after(close);

const log = () =>
  logged({
    title: 'Unkind messages',
    category: 'bullying',
    happenedOn: '2026-11-03',
    people: [s.people.year8.id, s.people.year7.id],
    text: 'Two pupils told me of messages from last night.',
  });
const browser = (part: Part) => pages.as(s.people[part]);

test('INC-24 a case is ready to enter in the columns of both common systems, a row for each pupil, and the file is an entry of the case', async () => {
  const { id, reference } = await log();
  await step('dsl', id, 'assign', { person: s.people.dsl.id });
  await step('dsl', id, 'support', { text: 'Spoke with both.' });
  const detail = { body: 'Social care', basis: 'Public task', reply: 'They ring back.' };
  await step('dsl', id, 'contact', { text: 'Rang the front door.', detail });
  const page = await browser('dsl').get(`/cases/${reference}`);
  assert.match(page.body, new RegExp(`/cases/${reference}/record-sheet`));
  assert.match(page.body, /not entered yet/);
  const sheet = await browser('dsl').get(`/cases/${reference}/record-sheet`);
  for (const words of ['Yara Pupil', 'Zed Pupil', 'Two pupils told me', 'Spoke with both', 'Sid Marsh'])
    assert.match(sheet.body, new RegExp(words));
  for (const [format, columns] of [
    [
      'cpoms',
      ['Student', 'Date', 'Time', 'Categories', 'Incident', 'Action taken', 'Agencies involved', 'Reported by'],
    ],
    [
      'myconcern',
      ['Pupil', 'Concern date', 'Concern time', 'Details of concern', 'Actions taken', 'Agencies', 'Raised by'],
    ],
  ] as const) {
    const answer = await browser('dsl').post(`/cases/${reference}/record-sheet`, { format });
    assert.match(String(answer.headers['content-disposition']), new RegExp(`${reference}-${format}.csv`));
    const rows = parse(answer.body, { columns: true }) as Record<string, string>[];
    assert.deepEqual(
      rows.map((r) => r[columns[0]]),
      ['Yara Pupil', 'Zed Pupil'],
    );
    for (const column of columns) assert.ok(column in (rows[0] ?? {}), column);
    assert.equal(rows[0]?.[columns[1]], '03/11/2026');
    assert.ok(Object.values(rows[0] ?? {}).includes(reference));
  }
  const entries = await t.asOwner<{ line: string }>(
    `select detail->>'line' as line from case_entry where case_id = $1 and action = 'hand-over' order by at, id`,
    [id],
  );
  assert.equal(entries.length, 2);
  assert.match(
    (await browser('dsl').get(`/cases/${reference}`)).body,
    /Made ready for the safeguarding record system \(CPOMS style\)/,
  );
  const ledger = await t.asOwner(`select 1 from ledger_entry where object_id = $1 and action = 'case.hand-over'`, [id]);
  assert.equal(ledger.length, 2);
});

test('INC-24 EVI-03 a stopped case is handed over by nobody, and a case only by those who work on it', async () => {
  const { id, reference } = await log();
  await step('dsl', id, 'assign', { person: s.people.dsl.id });
  assert.equal((await browser('teacher').get(`/cases/${reference}/record-sheet`)).statusCode, 404);
  assert.equal(
    (await browser('teacher').post(`/cases/${reference}/record-sheet`, { format: 'cpoms' })).statusCode,
    404,
  );
  assert.equal((await browser('dsl').post(`/cases/${reference}/record-sheet`, { format: 'other' })).statusCode, 400);
  await step('dsl', id, 'suspect');
  for (const part of ['dsl', 'dslDeputy', 'head'] as const) {
    assert.equal((await browser(part).get(`/cases/${reference}/record-sheet`)).statusCode, 409, part);
    assert.equal(
      (await browser(part).post(`/cases/${reference}/record-sheet`, { format: 'cpoms' })).statusCode,
      409,
      part,
    );
  }
});

test('MON-11 who opened, printed or exported a case stands in the ledger and on its page, once an hour each', async () => {
  const { id, reference } = await log();
  const looked = async () =>
    (
      await t.asOwner<{ how: string; actor: string }>(
        `select detail->>'how' as how, actor from ledger_entry where action = 'case.read' and object_id = $1 order by id`,
        [id],
      )
    ).map((r) => r.how);
  const dsl = browser('dsl');
  for (let i = 0; i < 3; i++) await dsl.get(`/cases/${reference}`);
  assert.deepEqual(await looked(), ['opened']);
  await dsl.get(`/cases/${reference}/print`);
  await dsl.post(`/cases/${reference}/record-sheet`, { format: 'cpoms' });
  assert.deepEqual(await looked(), ['opened', 'printed', 'exported']);
  await browser('head').get(`/cases/${reference}`);
  s.clock.advance(HOUR);
  await dsl.get(`/cases/${reference}`);
  assert.deepEqual(await looked(), ['opened', 'printed', 'exported', 'opened', 'opened']);
  assert.match((await dsl.get(`/cases/${reference}`)).body, /opened by Hetty Vale/);
  assert.equal((await browser('teacher').get(`/cases/${reference}`)).statusCode, 404);
  assert.equal((await looked()).length, 5, 'whoever may not see it has not looked at it');
  await assert.rejects(
    t.db.in(s.people.dsl.context, (tx) =>
      tx
        .insertInto('case_reading')
        .values({ school_id: s.id, case_id: id, person_id: s.people.head.id, how: 'printed', hour: new Date(0) })
        .execute(),
    ),
    /row-level security/,
  );
});
