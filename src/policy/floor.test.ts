import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { bareSchool, compilePolicy } from './compile.ts';
import { decide } from './decide.ts';
import { change, compiled, policyOf, taxonomy } from './fixture.ts';
import { parsePolicy } from './parse.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import type { Cell, CompiledPolicy, PolicyDocument, Rule } from './types.ts';

const AT = Date.UTC(2026, 10, 23, 12, 0);
const rule = (category: string, cells: Rule['cells']): Rule => ({
  id: 'X-1',
  name: 'x',
  action: 'x',
  clause: 'rules.all',
  categories: [category],
  cells,
});
const openings: Cell[] = [
  { value: 'allowed' },
  { value: 'permission' },
  { value: 'selected', people: ['person-1'] },
  { value: 'times', windows: [] },
];
const closed: Cell = { value: 'not-allowed' };
const illegal = taxonomy.filter((c) => c.nature === 'illegal').map((c) => c.id);

test('FIL-02 a document that would open an illegal category to anybody is refused', () => {
  assert.ok(illegal.includes('child-abuse'));
  for (const category of illegal) {
    for (const cell of openings) {
      const doc = policyOf({ rules: [rule(category, { staff: cell, pupil: closed })] });
      assert.throws(() => compiled(doc), {
        code: 'policy.invalid',
        message: /\/rules\/0\/cells\/staff\/value: .*FIL-02/,
      });
    }
  }
});

test('FIL-05 terrorism and extremism are closed to pupils by a document that is silent about them', () => {
  const policy = compiled(policyOf());
  for (const profile of ['pupil', 'unidentified']) {
    const { outcome, because } = decide(policy, profile, { categories: ['extremism'], at: AT });
    assert.deepEqual([outcome, because.rule, because.clause], ['block', 'safety.extremism', null]);
    assert.equal(decide(policy, profile, { categories: ['terrorism'], at: AT }).outcome, 'block');
  }
});

test('FIL-05 they are closed to pupils also where a taxonomy calls them ordinary', () => {
  const ordinary = taxonomy.map((c) => (c.id === 'terrorism' ? { ...c, nature: 'ordinary' as const } : c));
  const policy = compilePolicy(policyOf(), ordinary, bareSchool('Europe/London'));
  const { outcome, because } = decide(policy, 'pupil', { categories: ['terrorism'], at: AT });
  assert.deepEqual([outcome, because.rule], ['block', 'safety.extremism']);
});

test('FIL-05 a document that would open them to pupils is refused', () => {
  for (const category of ['extremism', 'terrorism']) {
    for (const cell of openings) {
      const doc = policyOf({ rules: [rule(category, { staff: closed, pupil: cell })] });
      assert.throws(() => compiled(doc), {
        code: 'policy.invalid',
        message: /\/rules\/0\/cells\/pupil\/value: .*FIL-0[25]/,
      });
    }
  }
});

test('FIL-05 pupils cannot be put under the rules for staff', () => {
  const doc = policyOf();
  const profiles = doc.profiles.map((p) => (p.id === 'pupil' ? { ...p, audience: 'staff' as const } : p));
  assert.throws(() => compiled({ ...doc, profiles }), { code: 'policy.invalid', message: /\/profiles\/0\/audience/ });
});

test('FIL-08 malware and phishing are closed to every role, and a document that would open them is refused', () => {
  const policy = compiled(policyOf());
  for (const category of ['malware', 'phishing']) {
    for (const profile of ['pupil', 'staff', 'unidentified']) {
      const { outcome, because } = decide(policy, profile, { categories: [category], at: AT });
      assert.deepEqual([outcome, because.rule], ['block', 'safety.dangerous']);
    }
    for (const cell of openings) {
      const doc = policyOf({ rules: [rule(category, { staff: cell, pupil: closed })] });
      assert.throws(() => compiled(doc), { code: 'policy.invalid', message: /FIL-08/ });
    }
  }
});

test('a document cannot close help services', () => {
  const byRule = policyOf({ rules: [rule('help', { staff: closed, pupil: closed })] });
  assert.throws(() => compiled(byRule), { code: 'policy.invalid', message: /which is help/ });
  const doc = policyOf();
  const profiles = doc.profiles.map((p) => (p.id === 'pupil' ? { ...p, blocks: { help: 'rules.all' } } : p));
  assert.throws(() => compiled({ ...doc, profiles }), {
    code: 'policy.invalid',
    message: /\/profiles\/0\/blocks\/help/,
  });
});

test('FIL-02 a taxonomy on which the floor cannot stand is refused', () => {
  const tamper = (id: string, nature: 'ordinary' | 'help') => taxonomy.map((c) => (c.id === id ? { ...c, nature } : c));
  for (const bad of [
    tamper('child-abuse', 'ordinary'),
    tamper('malware', 'help'),
    taxonomy.filter((c) => c.id !== 'extremism'),
    [...taxonomy, ...taxonomy.slice(0, 1)],
  ]) {
    assert.throws(() => compilePolicy(policyOf(), bad, bareSchool('Europe/London')), { code: 'policy.taxonomy' });
  }
});

/** Whether what the floor closes is closed, for everybody it is closed to. */
function assertFloor(policy: CompiledPolicy): void {
  const noon = { at: AT, person: 'person-1' };
  for (const { id, audience } of policy.profiles) {
    const shut = [...illegal, 'malware', 'phishing', ...(audience === 'pupil' ? ['extremism', 'terrorism'] : [])];
    for (const category of shut) {
      for (const categories of [[category], [category, 'education'], ['educational-games', category]]) {
        assert.equal(decide(policy, id, { ...noon, categories }).outcome, 'block', `${id} ${category}`);
      }
    }
    for (const category of illegal) {
      const { because } = decide(policy, id, { ...noon, categories: ['help', category] });
      assert.deepEqual([because.rule, because.remedy], ['safety.illegal', null]);
    }
    assert.equal(decide(policy, id, { ...noon, categories: ['help'] }).outcome, 'allow');
  }
}

test('FIL-02 FIL-05 FIL-08 the shipped policies stand on the floor', () => {
  for (const id of SHIPPED_POLICIES) assertFloor(compiled(shippedPolicy(id)));
});

test('FIL-02 FIL-05 FIL-08 no change to a policy opens what the floor closes: it is refused, or still closed', () => {
  const categories = ['child-abuse', 'terrorism', 'extremism', 'malware', 'phishing', 'grooming', 'games', 'help'];
  const put = fc.oneof(
    fc.constantFrom<unknown>(...openings, ...openings.map((c) => c.value), closed),
    fc.constantFrom<unknown>('allow', 'block', 'staff', 'pupil', 'guest', [], {}, null, ...categories),
    fc.constant(undefined),
  );
  const where = fc.array(fc.nat(), { minLength: 1, maxLength: 6 });
  // Blind changes mostly break a document; these go for a cell of a rule, and for a rule as a whole.
  const keys = Object.keys(policyOf());
  const wholeRule = fc.tuple(fc.constant(keys.indexOf('rules')), fc.nat());
  const anyChange = fc.oneof(
    fc.record({ where, put }),
    fc.record({ rule: fc.nat(), cell: fc.nat(), put: fc.constantFrom<unknown>(...openings, closed) }),
    fc.record({ where: wholeRule, put: fc.constant(undefined) }),
  );
  let kept = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...SHIPPED_POLICIES),
      fc.array(anyChange, { minLength: 1, maxLength: 4 }),
      (id, changes) => {
        const doc = JSON.parse(JSON.stringify(shippedPolicy(id)));
        for (const made of changes) {
          if ('where' in made) change(doc, made.where, made.put);
          else change(doc.rules[made.rule % doc.rules.length]?.cells ?? {}, [made.cell], made.put);
        }
        const policy = compiledOrRefused(JSON.stringify(doc));
        if (policy === null) return;
        kept++;
        assertFloor(policy);
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(kept > 40, `only ${kept} changed documents were still policies, too few to prove anything`);
});

test('FIL-02 FIL-05 FIL-08 no rule added to a policy opens what the floor closes', () => {
  const cell = fc.constantFrom<Cell>(...openings, closed, { value: 'illegal' });
  const more = fc.record({
    categories: fc.uniqueArray(fc.constantFrom(...taxonomy.map((c) => c.id)), { maxLength: 3 }),
    staff: cell,
    pupil: cell,
    guest: cell,
  });
  let [refused, kept] = [0, 0];
  fc.assert(
    fc.property(fc.constantFrom(...SHIPPED_POLICIES), fc.array(more, { minLength: 1, maxLength: 3 }), (id, added) => {
      const doc: PolicyDocument = shippedPolicy(id);
      const clause = doc.clauses[0]?.id ?? '';
      const rules = added.map(({ categories, ...cells }, i) => ({
        id: `X-${i}`,
        name: 'x',
        clause,
        action: 'x',
        categories,
        cells,
      }));
      const policy = compiledOrRefused(JSON.stringify({ ...doc, rules: [...rules, ...doc.rules] }));
      if (policy === null) refused++;
      else {
        kept++;
        assertFloor(policy);
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(refused > 0 && kept > 0, `${refused} refused, ${kept} kept`);
});

function compiledOrRefused(text: string): CompiledPolicy | null {
  try {
    return compiled(parsePolicy(text, 'changed.json'));
  } catch (e) {
    assert.ok(e instanceof Refusal, String(e));
    return null;
  }
}
