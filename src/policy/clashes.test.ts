import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clashes, promisesMore, scopeOf, voices } from './clashes.ts';
import { decide } from './decide.ts';
import { compiled, policyOf, taxonomy } from './fixture.ts';
import type { Applies, DeviceClass, Statement } from './sections.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import { type Audience, type Cell, type PolicyDocument, type Rule, STRICTNESS, UNIDENTIFIED } from './types.ts';

const clause = 'rules.all';
const rule = (id: string, action: string, cells: Rule['cells'], more: Partial<Rule> = {}): Rule => ({
  id,
  name: id,
  clause,
  action,
  categories: [],
  cells,
  ...more,
});
const saying = (...says: Statement[]): Pick<PolicyDocument, 'clauses'> => ({
  clauses: [{ id: clause, number: '1.1', section: 'Rules', text: 'Everything here.', rows: [], says }],
});
const says = (action: string, audience: Audience, value: Statement['value'], applies?: Applies): Statement => ({
  action,
  audience,
  value,
  ...(applies && { applies }),
});
const device = (ownership: DeviceClass['ownership'], inSchool: boolean, level: 'full' | 'none'): DeviceClass => ({
  id: ownership,
  name: ownership,
  ownership,
  shared: false,
  cells: { inSchool, full: level === 'full', internetOnly: false, none: level === 'none' },
  clause,
});
/** Each clash in one line: "answers use-x pupil: rule A-1=allowed, clause 1.1=not-allowed". */
const found = (parts: Partial<PolicyDocument>): string[] =>
  clashes(voices(policyOf(parts))).map(
    (c) => `${c.kind} ${c.action} ${c.audiences.join('+')}: ${c.voices.map((v) => `${v.name}=${v.value}`).join(', ')}`,
  );

const no: Cell = { value: 'not-allowed' };
const yes: Cell = { value: 'allowed' };

test('GOV-34 a clause, an agreement term or a rule that answers one question differently is a contradiction', () => {
  const rules = [rule('A-1', 'x', { pupil: no, staff: yes })];
  assert.deepEqual(found({ rules, ...saying(says('x', 'pupil', 'allowed')) }), [
    'answers x pupil: rule A-1=not-allowed, clause 1.1=allowed',
  ]);
  assert.deepEqual(found({ rules, ...saying(says('x', 'pupil', 'not-allowed'), says('y', 'pupil', 'allowed')) }), []);
  const term = {
    row: 'AGR-T14',
    who: 'pupil',
    text: 'x',
    backedBy: [],
    says: [says('x', 'pupil', 'permission')],
  } as const;
  const agreement = {
    id: 'pupils',
    title: 'Pupils',
    signedBy: ['pupil' as const],
    document: null,
    terms: [{ ...term, backedBy: [], says: [...term.says] }],
    renewal: { every: 'academic-year' as const },
    clause,
  };
  assert.deepEqual(found({ rules, agreements: [agreement] }), [
    'answers x pupil: rule A-1=not-allowed, term AGR-T14=permission',
  ]);
});

test('UAR-26 rules of one action that differ alike for several audiences are one contradiction', () => {
  const times: Cell = { value: 'times', windows: [] };
  const rules = [
    rule('UAR-24', 'use-messaging', { staff: times, pupil: times }),
    rule('COM-08', 'use-messaging', { staff: no, pupil: no }),
  ];
  assert.deepEqual(found({ rules }), [
    'answers use-messaging staff+pupil: rule UAR-24=times, rule COM-08=not-allowed, rule UAR-24=times, rule COM-08=not-allowed',
  ]);
});

test('three answers to one question are one contradiction, and what is closed twice over is none', () => {
  const rules = [rule('A-1', 'x', { staff: { value: 'selected', people: [] }, pupil: { value: 'illegal' } })];
  const texts = saying(
    says('x', 'staff', 'allowed'),
    says('x', 'staff', 'not-allowed'),
    says('x', 'pupil', 'not-allowed'),
  );
  assert.deepEqual(found({ rules, ...texts }), [
    'answers x staff: rule A-1=selected, clause 1.1=allowed, clause 1.1=not-allowed',
  ]);
});

test('who speaks of other times or places does not contradict', () => {
  const rules = [
    rule('A-1', 'x', { pupil: no }, { applies: { slots: ['lesson'] } }),
    rule('A-2', 'x', { pupil: yes }, { applies: { slots: ['lunch'], zones: ['outside'] } }),
  ];
  assert.deepEqual(found({ rules }), []);
  assert.deepEqual(found({ rules, ...saying(says('x', 'pupil', 'permission', { slots: ['lesson', 'club'] })) }), [
    'answers x pupil: rule A-1=not-allowed, clause 1.1=permission',
  ]);
  assert.equal(found({ rules, ...saying(says('x', 'pupil', 'permission', { zones: ['main-building'] })) }).length, 1);
});

test('the same answer given for one place only and for everywhere is a contradiction of scope', () => {
  const rules = [rule('A-1', 'x', { pupil: no }, { applies: { slots: ['break', 'lunch'] } })];
  const inside = says('x', 'pupil', 'not-allowed', { slots: ['break', 'lunch'], zones: ['main-building'] });
  assert.deepEqual(found({ rules, ...saying(inside) }), [
    'scope x pupil: rule A-1=not-allowed, clause 1.1=not-allowed',
  ]);
  assert.deepEqual(found({ rules, ...saying(says('x', 'pupil', 'not-allowed', { slots: ['lunch'] })) }), []);
});

test('two rules of one action that open at different times contradict, and the same times do not', () => {
  const at = (from: string): Cell => ({ value: 'times', windows: [{ days: [1], from, to: '16:00' }] });
  assert.equal(
    found({ rules: [rule('A-1', 'x', { pupil: at('12:00') }), rule('A-2', 'x', { pupil: at('13:00') })] }).length,
    1,
  );
  assert.deepEqual(
    found({ rules: [rule('A-1', 'x', { pupil: at('12:00') }), rule('A-2', 'x', { pupil: at('12:00') })] }),
    [],
  );
});

test('DEV-08 the device table speaks of bringing and connecting one’s own device, and of nothing that the school owns', () => {
  const bring = (value: Cell) => [rule('COM-01', 'bring-personal-device', { pupil: value })];
  const permission: Cell = { value: 'permission' };
  assert.deepEqual(found({ rules: bring(no), devices: [device('child', true, 'none')] }), [
    'answers bring-personal-device pupil: rule COM-01=not-allowed, device class “child”=allowed',
  ]);
  assert.deepEqual(found({ rules: bring(permission), devices: [device('child', true, 'none')] }), []);
  assert.equal(found({ rules: bring(permission), devices: [device('child', false, 'none')] }).length, 1);
  assert.deepEqual(
    found({ rules: bring(no), devices: [device('scheme', true, 'full'), device('school', true, 'full')] }),
    [],
  );
  assert.deepEqual(
    found({ devices: [device('staff', true, 'full')], ...saying(says('connect-own-device', 'staff', 'not-allowed')) }),
    ['answers connect-own-device staff: clause 1.1=not-allowed, device class “staff”=allowed'],
  );
  assert.deepEqual(
    found({ devices: [device('staff', true, 'full'), { ...device('staff', false, 'none'), id: 'old' }] }),
    [],
  );
});

test('a text promises more where no rule is as strict at some time and place that it means', () => {
  const rules = [
    rule('A-1', 'x', { pupil: no }, { applies: { slots: ['lesson'] } }),
    rule('A-2', 'x', { pupil: { value: 'selected', people: [] } }),
  ];
  const more = (s: Statement): boolean => {
    const all = voices(policyOf({ rules, ...saying(s) }));
    return all.some((v) => v.kind === 'text' && promisesMore(v, all));
  };
  assert.equal(more(says('x', 'pupil', 'not-allowed', { slots: ['lesson'] })), false);
  assert.equal(more(says('x', 'pupil', 'permission')), false);
  assert.equal(more(says('x', 'pupil', 'allowed')), false);
  assert.equal(more(says('x', 'pupil', 'not-allowed')), true);
  assert.equal(more(says('x', 'staff', 'permission')), true);
  assert.equal(more(says('unheard-of', 'pupil', 'not-allowed')), true);
});

test('a scope is empty nowhere, and what is left out means everywhere', () => {
  assert.equal(scopeOf(undefined).size, 36);
  assert.deepEqual(
    [...scopeOf({ slots: ['lunch'], zones: ['outside'], equipment: 'personal' })],
    ['lunch outside personal'],
  );
});

const VALUES: Statement['value'][] = [
  'allowed',
  'not-allowed',
  'illegal',
  'times',
  'selected',
  'nominated',
  'permission',
];
const cellOf = (value: Statement['value']): Cell => {
  if (value === 'times') return { value, windows: [] };
  return value === 'selected' || value === 'nominated' ? { value, people: [] } : { value };
};
const anyRule = fc.record({
  action: fc.constantFrom('x', 'y'),
  categories: fc.uniqueArray(fc.constantFrom('games', 'chat', 'blogs'), { maxLength: 2 }),
  staff: fc.constantFrom(...VALUES),
  pupil: fc.constantFrom(...VALUES),
});
const rulesOf = (
  list: { action: string; categories: string[]; staff: Cell['value']; pupil: Cell['value'] }[],
): Rule[] =>
  list.map((r, i) =>
    rule(`X-${i}`, r.action, { staff: cellOf(r.staff), pupil: cellOf(r.pupil) }, { categories: r.categories }),
  );

test('clashes are the same in whatever order the rules stand', () => {
  const essence = (rules: Rule[]): string[] =>
    clashes(voices(policyOf({ rules })))
      .flatMap((c) => c.voices.map((v) => `${c.kind} ${c.action} ${v.audience} ${v.name} ${v.value}`))
      .sort();
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 6 }), (list) => {
      const rules = rulesOf(list);
      assert.deepEqual(essence(rules), essence(rules.toReversed()));
    }),
  );
});

/** Every kind of site of which two rules say something different to one audience; how many were asked about. */
function assertStrictest(doc: PolicyDocument): number {
  const policy = compiled(doc);
  let asked = 0;
  for (const category of new Set(doc.rules.flatMap((r) => r.categories))) {
    for (const { id, audience } of doc.profiles) {
      const mine = doc.rules.flatMap((r) =>
        r.categories.includes(category) && r.cells[audience] ? [r.cells[audience]] : [],
      );
      if (id === UNIDENTIFIED || new Set(mine.map((c) => c.value)).size < 2) continue;
      const { outcome, because } = decide(policy, id, { categories: [category], at: Date.UTC(2026, 10, 3, 12) });
      const deciding = doc.rules.find((r) => r.id === because.rule)?.cells[audience];
      assert.ok(deciding, `${category} for ${id} is decided by a rule, not by ${because.rule}`);
      const strictest = Math.max(...mine.map((c) => STRICTNESS[c.value]));
      assert.equal(STRICTNESS[deciding.value], strictest, `${category} for ${id}`);
      assert.equal(outcome, 'block', `${category} for ${id}: no list, time or permission is given here`);
      asked++;
    }
  }
  return asked;
}

test('GOV-34 UAR-26 until it is settled the stricter rule decides, in both shipped policies and in any other', () => {
  for (const id of SHIPPED_POLICIES) assert.ok(assertStrictest(shippedPolicy(id, taxonomy)) > 0, id);
  fc.assert(
    fc.property(fc.array(anyRule, { minLength: 2, maxLength: 5 }), (list) => {
      assertStrictest(policyOf({ rules: rulesOf(list) }));
    }),
    { numRuns: 60 },
  );
});
