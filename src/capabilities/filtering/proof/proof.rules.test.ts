import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProofResult } from '#policy/proof.ts';
import { judgeReport, type ProofFacts } from './proof.rules.ts';
import { reportOf, withMiss } from './testing.ts';

const facts: ProofFacts = {
  profiles: [
    { id: 'pupil-7', name: 'Year 7' },
    { id: 'pupil-8', name: 'Year 8' },
    { id: 'staff', name: 'Staff' },
  ],
  policyVersion: '1.0',
  grave: new Set(['self-harm']),
  categoryName: (id) => id.toUpperCase(),
};
const ids = facts.profiles.map((p) => p.id);
const judged = (change?: (r: ProofResult) => ProofResult, more = {}) =>
  judgeReport(reportOf(ids, { endedAt: 1e12, ...more }, change), facts);
const at =
  (set: string, profile = 'pupil-8') =>
  (r: ProofResult) =>
    r.set === set && r.profile === profile;

test('FIL-05 a run in which all was asked and all was as it must be is proved', () => {
  assert.deepEqual(judged(), { standing: 'proved', findings: [] });
});

test('FIL-05 FIL-02 a grave name let through is urgent, by its nature or because the policy calls it grave; another is not', () => {
  const grave = judged((r) => (at('grave')(r) ? withMiss(r, 'terrorism.gatehouse-test.example', 'let-through') : r));
  assert.equal(grave.standing, 'urgent');
  assert.deepEqual(grave.findings, [
    '“TERRORISM” was let through (test name terrorism.gatehouse-test.example) for Year 8 by DNS and proxy and tunnel.',
  ]);
  const called = (host: string) => judged((r) => (at('closed')(r) ? withMiss(r, host, 'let-through') : r)).standing;
  assert.equal(called('self-harm.gatehouse-test.example'), 'urgent');
  assert.equal(called('games.gatehouse-test.example'), 'failed');
});

test('FIL-05 one help service closed to one profile at one way in is urgent, and named', () => {
  const { standing, findings } = judged((r) =>
    at('crisis')(r) && r.point === 'dns' ? withMiss(r, 'childline.org.uk') : r,
  );
  assert.equal(standing, 'urgent');
  assert.deepEqual(findings, ['A help service was closed: childline.org.uk for Year 8 by DNS.']);
});

test('lesson sites fail a run only beyond half a percent of a profile’s, and are named in any case', () => {
  const closed = (n: number) =>
    judged((r) =>
      r.set === 'education' && r.profile === 'pupil-8'
        ? Array.from({ length: n }).reduce<ProofResult>((x, _, i) => withMiss(x, `lesson-${i}.example`), r)
        : r,
    );
  assert.equal(closed(2).standing, 'proved');
  assert.equal(closed(2).findings.length, 2);
  assert.equal(closed(3).standing, 'failed');
});

test('FIL-05 nothing is green by default: what was not asked, not answered, or asked under another policy is a failure', () => {
  const silent = judged((r) => (at('crisis')(r) ? withMiss(r, 'childline.org.uk', 'unanswered') : r));
  assert.equal(silent.standing, 'failed');
  assert.match(silent.findings.join(' '), /1 questions? by DNS were not answered, for Year 8/);
  assert.deepEqual(judgeReport(reportOf(['pupil-7', 'staff'], { endedAt: 1e12 }), facts), {
    standing: 'failed',
    findings: ['Not everything was asked for Year 8.'],
  });
  const none = judged((r) => (at('grave')(r) && r.point === 'tunnel' ? { ...r, asked: 0, expected: 0 } : r));
  assert.equal(none.standing, 'failed');
  assert.equal(judgeReport(reportOf([], { endedAt: 1e12 }), facts).standing, 'failed');
  assert.match(judged(undefined, { policy: '0.9' }).findings.join(), /version 0.9 of the policy; in force was 1.0/);
});

test('what is wrong beyond the examples of a report is not lost', () => {
  const many = judged((r) => (r.set === 'crisis' ? { ...r, expected: 0, wrong: 400 } : r));
  assert.equal(many.standing, 'urgent');
  assert.equal(judged((r) => (r.set === 'grave' ? { ...r, expected: 0, wrong: 400 } : r)).standing, 'urgent');
});
