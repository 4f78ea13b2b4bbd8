import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestPerson } from '#testing/web.ts';
import { comeBack } from './come-back.service.ts';
import { type Bench, bench } from './fixture.ts';
import { type RecipientAction, takeReportStep } from './report.service.ts';
import {
  REPORT_STATES,
  type ReportAction,
  type ReportActor,
  type ReportFacts,
  type ReportState,
  reportWorkflow,
} from './report.workflow.ts';

/** What is promised, written out once more by hand: for each state what whoever told, a recipient and the system may do. */
const PROMISED: Readonly<Record<ReportState, Readonly<Record<ReportActor, string>>>> = {
  received: { teller: 'add', recipient: 'acknowledge note children', system: 'escalate' },
  acknowledged: { teller: 'add', recipient: 'answer note children fix close', system: '' },
  answered: { teller: 'add', recipient: 'answer note close', system: '' },
  fixed: { teller: 'add', recipient: '', system: '' },
  closed: { teller: 'add', recipient: '', system: '' },
};
const ACTORS: readonly ReportActor[] = ['teller', 'recipient', 'system'];
const words = (text: string) => text.split(' ').filter(Boolean).sort();

test('every state offers exactly what was promised, to everybody', () => {
  for (const state of REPORT_STATES)
    for (const actor of ACTORS)
      assert.deepEqual(
        [...reportWorkflow.offered(state, [actor])].sort(),
        words(PROMISED[state][actor]),
        `${state} ${actor}`,
      );
  assert.deepEqual(reportWorkflow.offered('new', ['teller']), ['tell']);
  assert.deepEqual(reportWorkflow.offered('new', ['recipient', 'system']), []);
});

const facts = (more: Partial<ReportFacts> = {}): ReportFacts => ({
  kind: 'concern',
  text: 'Long enough to be a reason.',
  now: 1000,
  dueAt: null,
  children: false,
  hasCase: false,
  ...more,
});
const ends = (state: ReportState, action: ReportAction, more: Partial<ReportFacts> = {}) => {
  const verdict = reportWorkflow.judge(state, action, ACTORS, facts(more));
  return verdict.ok ? verdict.to : (verdict.guard ?? verdict.code);
};

test('FIL-16 a fault that touched children is not put right on paper before a safeguarding case was opened', () => {
  const kind = 'filter-failure' as const;
  assert.equal(ends('acknowledged', 'fix', { kind, children: true }), 'childrenLogged');
  assert.equal(ends('acknowledged', 'fix', { kind, children: true, hasCase: true }), 'fixed');
  assert.equal(ends('acknowledged', 'fix', { kind }), 'fixed');
  assert.equal(
    ends('acknowledged', 'close', { kind, children: true }),
    'people',
    'and there is no other way to end it',
  );
  assert.equal(ends('acknowledged', 'children', { kind, text: ' ' }), 'named');
});

test('each guard holds back what it is there for, and nothing ends without being taken up', () => {
  assert.equal(ends('acknowledged', 'fix'), 'fault');
  assert.equal(ends('acknowledged', 'answer'), 'answered');
  assert.equal(ends('acknowledged', 'answer', { kind: 'technical-fault' }), 'acknowledged');
  assert.equal(ends('acknowledged', 'answer', { text: '' }), 'said');
  assert.equal(ends('acknowledged', 'close', { text: 'Done.' }), 'reasoned');
  assert.equal(ends('received', 'escalate', { dueAt: 1001 }), 'due');
  assert.equal(ends('received', 'escalate', { dueAt: 1000 }), 'received');
  assert.equal(ends('received', 'close'), 'not-listed');
  assert.equal(ends('closed', 'add'), 'received');
});

// The whole matrix against the database: role × state × action, by the service itself.

let t: TestDatabase;
let b: Bench;
before(async () => {
  t = await testDatabase();
  b = await bench(t);
});
after(async () => {
  await b.close();
  await t.drop();
});

const STEPS: readonly RecipientAction[] = ['acknowledge', 'answer', 'note', 'children', 'fix', 'close'];

for (const [name, fields, fault, recipients] of [
  ['a worry', { kind: 'concern', words: 'A worry.' }, false, ['dsl', 'dslDeputy']],
  [
    'a failure of the filter',
    { kind: 'filter-failure', words: 'All is open.' },
    true,
    ['dsl', 'dslDeputy', 'ictManager'],
  ],
  ['an allegation against the DSL', { kind: 'concern', words: 'About the DSL.', role: 'dsl' }, false, ['head']],
] as const) {
  test(`ALR-10 of ${name}, only those to whom the policy has it go can read or do anything, in every state; for all others it is not there`, async () => {
    b.s.clock.advance(1000);
    await b.tell(null, { ...fields, safe: 'yes' }, fault);
    const report = (await b.reports()).at(-1);
    assert.ok(report);
    const kind = report.kind as ReportFacts['kind'];
    const people = Object.entries(b.s.people) as [string, TestPerson][];
    // The alert is out of the way: what is tried here is the report's own table.
    await t.asOwner(`update report set alert_id = null where id = $1`, [report.id]);
    for (const state of REPORT_STATES) {
      for (const [part, person] of people) {
        const entitled = recipients.some((r) => r === part);
        const seen = (await b.sees(person)).some((r) => r.id === report.id);
        assert.equal(seen, entitled, `${part} sees it`);
        for (const action of STEPS) {
          await t.asOwner(`update report set state = $2, case_id = null, children = false where id = $1`, [
            report.id,
            state,
          ]);
          const allowed = entitled && reportWorkflow.judge(state, action, ['recipient'], facts({ kind })).ok;
          const done: string = await takeReportStep(
            b.s.deps,
            person.viewer,
            report.reference,
            action,
            'Uma Extra, and why.',
          ).then(
            () => 'done',
            (e: { kind: string }) => e.kind,
          );
          if (allowed) assert.equal(done, 'done', `${part} ${state} ${action}`);
          else if (entitled) assert.ok(['conflict', 'invalid'].includes(done), `${part} ${state} ${action}: ${done}`);
          else assert.equal(done, 'not-found', `${part} ${state} ${action}`);
        }
      }
    }
  });
}

test('ALR-10 the database itself hides a report from whom it is kept from, and lets nobody write in its teller’s name', async () => {
  b.s.clock.advance(1000);
  const { code } = await b.tell(null, { words: 'About the DSL.', role: 'dsl' });
  const report = (await b.reports()).at(-1);
  const { dsl, head, ictManager } = b.s.people;
  const count = (who: TestPerson, table: string) =>
    b.s.deps.db.in(who.context, async (tx) => {
      const rows = await tx
        .selectFrom(table as 'report')
        .select('school_id')
        .execute();
      return rows.length;
    });
  await comeBack(b.s.deps, code, 'One more thing.');
  for (const table of ['report_line', 'report_teller']) {
    const before = await count(head, table);
    assert.ok(before > 0, table);
  }
  const lines = (who: TestPerson) =>
    b.s.deps.db.in(who.context, (tx) =>
      tx
        .selectFrom('report_line')
        .select('id')
        .where('report_id', '=', report?.id ?? '')
        .execute(),
    );
  assert.equal((await lines(head)).length, 1);
  assert.deepEqual([(await lines(dsl)).length, (await lines(ictManager)).length], [0, 0]);
  const forge = (who: TestPerson, side: 'teller' | 'school') =>
    b.s.deps.db.in(who.context, (tx) =>
      tx
        .insertInto('report_line')
        .values({
          school_id: b.s.id,
          report_id: report?.id ?? '',
          at: new Date(),
          side,
          by_person: who.id,
          text: 'Forged.',
        })
        .execute(),
    );
  await assert.rejects(forge(head, 'teller'), /row-level security/);
  await assert.rejects(forge(dsl, 'school'), /row-level security/);
  for (const change of [
    `update report set words = 'x'`,
    'delete from report',
    `update report_line set text = 'x'`,
    'delete from report_teller',
  ])
    await assert.rejects(
      b.s.deps.db.in(systemContext(b.s.id), (tx) => sql.raw(change).execute(tx)),
      /permission denied/,
      change,
    );
});
