import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clause, CONTROLS, SHIPPED_POLICIES, shippedPolicy } from '#policy/index.ts';
import type { DutyStanding } from '#rooms/policies/index.ts';
import { coverageChart } from './coverage.chart.ts';
import { countStates, coverage, KEEPING, sayCounts } from './coverage.ts';
import { type Answer, EVIDENCE, UNCOUNTED } from './evidence/index.ts';

const clause = (id: string, controls: string[] = []): Clause => ({
  id,
  number: '1.1',
  section: 'One',
  text: 'Words.',
  rows: [],
  controls,
});
const said = (tone: 'good' | 'attention' | 'none') => ({ text: tone, tone, at: null, href: null });
const duty = (state: DutyStanding['state'], of = 'a.b'): DutyStanding => ({
  id: 'CAL-01',
  title: 'Look',
  clause: of,
  owner: 'dsl',
  state,
  due: null,
  doneAt: null,
});
const answers = new Map<string, Answer>([
  ['filter', said('good')],
  ['lists', said('attention')],
  ['activity', said('none')],
  ['roles', (c: Clause) => said(c.id === 'a.b' ? 'attention' : 'good')],
]);
const stateOf = (controls: string[], duties: DutyStanding[] = []) =>
  coverage({ clauses: [clause('a.b', controls)] }, answers, duties)[0]?.state;

test('GOV-35 a clause shows its duty; a late or missed one asks for attention', () => {
  assert.equal(stateOf([], [duty('due')]), 'duty');
  assert.equal(stateOf(['duties'], [duty('waiting')]), 'duty');
  assert.equal(stateOf(['filter'], [duty('overdue')]), 'attention');
  assert.equal(stateOf([], [duty('missed')]), 'attention');
});

test('a clause is as well kept as its weakest sign, and one that nothing keeps says so', () => {
  assert.equal(stateOf(['filter']), 'evidenced');
  assert.equal(stateOf(['filter', 'lists']), 'attention');
  assert.equal(stateOf(['filter', 'activity']), 'evidenced');
  assert.equal(stateOf(['activity']), 'unevidenced');
  assert.equal(stateOf(['telling']), 'unevidenced');
  assert.equal(stateOf(['activity'], [duty('done')]), 'duty');
  assert.equal(stateOf([]), 'unkept');
  assert.equal(stateOf(['roles']), 'attention');
  assert.equal(coverage({ clauses: [clause('c.d', ['roles'])] }, answers, [])[0]?.state, 'evidenced');
});

test('the clock of duties keeps a clause only by a duty that names it', () => {
  const [kept] = coverage({ clauses: [clause('a.b', ['duties'])] }, answers, [duty('done', 'other.one')]);
  assert.equal(kept?.state, 'unevidenced');
  assert.equal(kept?.controls[0]?.evidence.text, 'No duty of the calendar names this clause');
});

test('no clause of either policy is passed over: the numbers add up to all of them', () => {
  for (const id of SHIPPED_POLICIES) {
    const document = shippedPolicy(id);
    const all = new Map<string, Answer>(CONTROLS.map((c) => [c.id, said('good')]));
    const standing = document.duties.map((d) => ({ ...duty('due', d.clause), id: d.id }));
    for (const given of [new Map<string, Answer>(), all]) {
      const kept = coverage(document, given, standing);
      assert.deepEqual(
        kept.map((k) => k.clause.id),
        document.clauses.map((c) => c.id),
      );
      const counts = countStates(kept);
      assert.equal(
        KEEPING.reduce((sum, k) => sum + counts[k], 0),
        document.clauses.length,
      );
      for (const { clause: c, state, controls, duties } of kept) {
        assert.equal(state === 'unkept', controls.length + duties.length === 0, c.id);
        for (const control of c.controls ?? []) {
          assert.ok(
            controls.some((k) => k.control.id === control) || (control === 'duties' && duties.length > 0),
            `${c.id} ${control}`,
          );
        }
      }
      for (const d of standing)
        assert.ok(
          kept.some((k) => k.duties.includes(d)),
          `${id} ${d.id}`,
        );
    }
  }
});

test('every control has evidence that is read, or says why there is none to count', () => {
  const known = CONTROLS.map((c) => c.id).filter((id) => id !== 'duties');
  assert.deepEqual([...Object.keys(EVIDENCE), ...Object.keys(UNCOUNTED)].sort(), known.sort());
});

test('the sentence of the page leaves out what is nought', () => {
  const counts = { attention: 0, evidenced: 61, duty: 12, unevidenced: 20, unkept: 50 };
  assert.equal(
    sayCounts(counts),
    'Of 143 clauses: 61 kept and evidenced today, 12 kept by a duty of somebody, 20 kept without evidence, 50 kept by nothing yet.',
  );
});

test('the picture has a bar for each section, and its colours change on dark pages', () => {
  const counts = { attention: 1, evidenced: 2, duty: 3, unevidenced: 4, unkept: 5 };
  for (const size of ['wide', 'narrow'] as const) {
    const svg = coverageChart(
      [
        { title: 'Filtering & more', counts },
        { title: 'Reporting', counts },
      ],
      size,
    );
    assert.match(
      svg,
      /^<svg[\s\S]*prefers-color-scheme:dark[\s\S]*Filtering &amp; more[\s\S]*Reporting[\s\S]*<\/svg>$/,
    );
  }
});
