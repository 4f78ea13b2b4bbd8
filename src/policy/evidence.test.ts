import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bareSchool, compilePolicy } from './compile.ts';
import { decideByEvidence, evidenceOf } from './evidence.ts';
import { policyOf, taxonomy } from './fixture.ts';
import { lint } from './lint.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import { type CompiledPolicy, EVIDENCE_LEVELS, type EvidenceLevel, type Profile } from './types.ts';

const AT = Date.UTC(2026, 10, 24, 10);
const ids = taxonomy.map((c) => c.id);
const certain = new Set(taxonomy.filter((c) => c.nature !== 'ordinary' && c.nature !== 'technical').map((c) => c.id));
const FLOOR = ['extremism', 'terrorism', 'malware', 'phishing'];

/** The same policy, with every profile at one level. */
const atLevel = (policy: CompiledPolicy, listEvidence: EvidenceLevel): CompiledPolicy => ({
  ...policy,
  profiles: policy.profiles.map((p) => ({ ...p, listEvidence })),
});

/** Kinds with the level that each reaches, as the filter weighs them: good, helpful, illegal and floor kinds are certain. */
const reached = fc
  .dictionary(fc.constantFrom(...ids), fc.constantFrom(...EVIDENCE_LEVELS), { maxKeys: 5 })
  .map(
    (kinds) => (level: EvidenceLevel) =>
      Object.entries(kinds).flatMap(([id, surest]) =>
        certain.has(id) || FLOOR.includes(id) || EVIDENCE_LEVELS.indexOf(surest) >= EVIDENCE_LEVELS.indexOf(level)
          ? [id]
          : [],
      ),
  );

const policies = SHIPPED_POLICIES.map((id) =>
  compilePolicy(shippedPolicy(id, taxonomy), taxonomy, bareSchool('Europe/London')),
);
const closedBy = (policy: CompiledPolicy, profile: string, by: (level: EvidenceLevel) => readonly string[]) =>
  decideByEvidence(policy, profile, by, { at: AT }).outcome === 'block';

test('FIL-01 a careful profile never has less closed than a usual one, and a sure one never more', () => {
  const cases = fc.tuple(fc.constantFrom(...policies), reached, fc.boolean());
  fc.assert(
    fc.property(cases, ([shipped, by, unknownClosed]) => {
      const policy: CompiledPolicy = {
        ...shipped,
        profiles: shipped.profiles.map((p) => ({ ...p, uncategorised: unknownClosed ? 'block' : 'allow' })),
      };
      for (const { id } of policy.profiles) {
        const [careful, usual, sure] = EVIDENCE_LEVELS.map((level) => closedBy(atLevel(policy, level), id, by));
        assert.ok(careful || !usual, `careful opens for ${id}: ${by('careful')}`);
        assert.ok(usual || !sure, `sure closes for ${id}: ${by('sure')}`);
      }
    }),
    { numRuns: 500 },
  );
});

test('FIL-02, FIL-05, FIL-08 what the floor closes and help are answered alike at every level', () => {
  const policy = policies[0];
  assert.ok(policy);
  const alike = taxonomy.filter((c) => c.nature === 'illegal' || c.nature === 'help' || FLOOR.includes(c.id));
  for (const { id } of alike) {
    for (const profile of policy.profiles) {
      const answers: unknown[] = EVIDENCE_LEVELS.map((level) =>
        decideByEvidence(atLevel(policy, level), profile.id, () => [id], { at: AT }),
      );
      assert.deepEqual(answers[0], answers[1], `${id} ${profile.id}`);
      assert.deepEqual(answers[2], answers[1], `${id} ${profile.id}`);
    }
  }
});

test('a suspicion of something harmless opens no unknown site where unknown ones are closed', () => {
  const [policy] = policies;
  assert.ok(policy);
  const suspectedNews = (level: EvidenceLevel) => (level === 'careful' ? ['news'] : []);
  const { outcome, because } = decideByEvidence(policy, 'unidentified', suspectedNews, { at: AT });
  assert.deepEqual([outcome, because.rule], ['block', 'uncategorised']);
  assert.equal(
    closedBy(policy, 'pupil-7', (level) => (level === 'careful' ? ['gambling'] : [])),
    true,
  );
  assert.equal(
    closedBy(policy, 'pupil-8', (level) => (level === 'careful' ? ['gambling'] : [])),
    false,
  );
});

const pupils = (id: string, years: number[], listEvidence?: EvidenceLevel): Profile => ({
  id,
  name: id,
  audience: 'pupil',
  clause: 'rules.all',
  match: { kinds: ['pupil'], years },
  blocks: {},
  uncategorised: 'allow',
  ...(listEvidence && { listEvidence }),
});
const withProfiles = (...profiles: Profile[]) => {
  const rest = policyOf().profiles.filter((p) => p.id === 'unidentified');
  return policyOf({ profiles: [...profiles, ...rest] });
};

test('FIL-01 whoever might be anyone is judged as the most careful profile', () => {
  const compiled = (...profiles: Profile[]) =>
    compilePolicy(withProfiles(...profiles), taxonomy, bareSchool('Europe/London'));
  assert.equal(evidenceOf(compiled(pupils('a', [3], 'careful'), pupils('b', [9], 'sure')), 'unidentified'), 'careful');
  assert.equal(evidenceOf(compiled(pupils('a', [3], 'sure')), 'unidentified'), 'usual');
  assert.equal(evidenceOf(compiled(pupils('a', [3])), 'a'), 'usual', 'as before where a policy says nothing');
  assert.equal(evidenceOf(null, 'a'), 'usual');
});

test('a policy that closes less to younger pupils than to older ones is told so', () => {
  const titles = (...profiles: Profile[]) =>
    lint(withProfiles(...profiles), { today: '2026-06-01', taxonomy })
      .filter((l) => l.code === 'younger-less')
      .map((l) => l.title);
  assert.deepEqual(titles(pupils('little', [1, 2], 'sure'), pupils('big', [3, 4])), [
    'Less is closed to little than to big',
  ]);
  assert.deepEqual(titles(pupils('little', [1, 2], 'careful'), pupils('big', [3, 4], 'sure')), []);
  assert.deepEqual(titles(pupils('little', [1, 2]), pupils('big', [3, 4])), []);
});
