import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Change, diffPolicies, SECTIONS } from './diff.ts';
import { change, policyOf } from './fixture.ts';
import { PolicySchema } from './schema.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import type { Cell, PolicyDocument } from './types.ts';
import { diffWords } from './word-diff.ts';

const documents = SHIPPED_POLICIES.map((id) => shippedPolicy(id));
const G = shippedPolicy('tuition-centre');
const B = shippedPolicy('secondary-school');
const only = (changes: readonly Change[]): Change => {
  assert.equal(changes.length, 1, JSON.stringify(changes, null, 2));
  return changes[0]!;
};

test('a document does not differ from itself, nor from a copy with its keys in another order', () => {
  const turned = (v: unknown): unknown =>
    Array.isArray(v)
      ? v.map(turned)
      : typeof v === 'object' && v !== null
        ? Object.fromEntries(
            Object.entries(v)
              .reverse()
              .map(([k, x]) => [k, turned(x)]),
          )
        : v;
  for (const d of documents) {
    assert.deepEqual(diffPolicies(d, d), []);
    assert.deepEqual(diffPolicies(d, turned(structuredClone(d)) as PolicyDocument), []);
  }
});

test('entries in another order are no change, but where the order decides', () => {
  const clauses = { ...B, clauses: B.clauses.toReversed(), duties: B.duties.toReversed(), rules: B.rules.toReversed() };
  assert.deepEqual(diffPolicies(B, clauses), []);
  const profiles = only(diffPolicies(B, { ...B, profiles: B.profiles.toReversed() }));
  assert.equal(profiles.where.section, 'profiles');
  assert.match(profiles.said, /the order/);
  const two = policyOf({
    recipients: [
      { report: 'concern', to: ['dsl', 'head'], within: 60, nilReport: false, clause: 'rules.all', rows: [] },
    ],
  });
  const turned = { ...two, recipients: two.recipients.map((r) => ({ ...r, to: r.to.toReversed() })) };
  assert.equal(only(diffPolicies(two, turned)).where.pointer, '/recipients/0/to');
});

test('GOV-33 a cell that changes is one change, with its rule, its clause and both answers in words', () => {
  const rule = B.rules.findIndex((r) => r.cells.pupil?.value === 'not-allowed');
  const changed = B.rules.map((r, i) =>
    i === rule
      ? {
          ...r,
          cells: {
            ...r.cells,
            pupil: {
              value: 'times',
              windows: [{ days: [1, 2, 3, 4, 5], from: '12:30', to: '13:15', term: true }],
            } as Cell,
          },
        }
      : r,
  );
  const { where, said, was, now } = only(diffPolicies(B, { ...B, rules: changed }));
  assert.deepEqual(where, {
    section: 'rules',
    title: 'What is allowed',
    id: B.rules[rule]?.id,
    pointer: `/rules/${rule}/cells/pupil`,
    clause: B.rules[rule]?.clause,
  });
  assert.match(was ?? '', /^not allowed/);
  assert.equal(now, 'allowed at certain times (Mon–Fri 12:30–13:15 in term)');
  assert.ok(said.includes(B.rules[rule]?.name ?? '?'), said);
  assert.ok(said.includes('pupil'), said);
});

test('GOV-33 a clause whose text changes is shown word by word', () => {
  const clauses = B.clauses.map((c, i) => (i === 3 ? { ...c, text: `${c.text} And kindly.` } : c));
  const { where, words } = only(diffPolicies(B, { ...B, clauses }));
  assert.equal(where.clause, B.clauses[3]?.id);
  assert.equal(where.pointer, '/clauses/3/text');
  assert.deepEqual(words?.at(-1), { kind: 'added', text: ' And kindly.' });
});

test('what is new and what is gone is named, and found where it stands', () => {
  const less = { ...B, duties: B.duties.filter((_, i) => i !== 5) };
  const went = only(diffPolicies(B, less));
  assert.deepEqual([went.kind, went.where.id, went.where.pointer], ['removed', B.duties[5]?.id, '/duties/5']);
  assert.ok(went.said.includes(B.duties[5]?.title ?? '?'));
  const came = only(diffPolicies(less, B));
  assert.deepEqual([came.kind, came.where.pointer, came.was], ['added', '/duties/5', null]);
});

test('settings, cover and monitoring are compared part by part, in words', () => {
  const sooner = { ...B, passwords: { ...B.passwords, minLength: B.passwords.minLength + 2 } };
  const length = only(diffPolicies(B, sooner));
  assert.equal(
    length.said,
    `Passwords, shortest length: was ${B.passwords.minLength}, is now ${B.passwords.minLength + 2}.`,
  );
  assert.equal(length.where.clause, B.passwords.clause);
  const later = only(diffPolicies(B, { ...B, meta: { ...B.meta, nextReview: '2031-02-03' } }));
  assert.equal(later.where.pointer, '/meta/nextReview');
  const risk = only(diffPolicies(B, { ...B, meta: { ...B.meta, needsRiskAssessment: !B.meta.needsRiskAssessment } }));
  assert.match(risk.said, /^Cover, needs risk assessment: was (yes|no), is now (yes|no)\.$/);
});

test('GOV-33 the two shipped policies differ in every part in which their schools do, and each change says something', () => {
  const changes = diffPolicies(G, B);
  assert.ok(changes.length > 300);
  for (const c of changes) {
    assert.ok(c.said.length > 5 && !/undefined|\[object|null/.test(c.said), c.said);
    assert.notEqual(c.was, c.now, c.said);
  }
  const differ = Object.keys(SECTIONS).filter(
    (key) => JSON.stringify(G[key as never]) !== JSON.stringify(B[key as never]),
  );
  assert.deepEqual([...new Set(changes.map((c) => c.where.section))].sort(), differ.sort());
});

test('no part of a document is passed over', () => {
  assert.deepEqual(Object.keys(SECTIONS).sort(), Object.keys(PolicySchema.properties).sort());
});

test('any one change anywhere is seen, and seen alike from both sides', () => {
  const values = fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(
      fc.constantFrom(...documents),
      fc.array(fc.nat(400), { minLength: 2, maxLength: 7 }),
      values,
      (d, where, put) => {
        const other = structuredClone(d);
        change(other as unknown as Record<string, unknown>, where, put);
        const same = JSON.stringify(other) === JSON.stringify(d);
        assert.equal(diffPolicies(d, other).length === 0, same);
        assert.equal(diffPolicies(other, d).length === 0, same);
        assert.deepEqual(diffPolicies(other, other), []);
      },
    ),
    { numRuns: 60 },
  );
});

test('marks give both texts back', () => {
  const text = fc
    .array(fc.constantFrom('a', 'be', 'see', ' ', '\n', 'dee,'), { maxLength: 40 })
    .map((w) => w.join(' '));
  fc.assert(
    fc.property(text, text, (a, b) => {
      const marks = diffWords(a, b);
      const side = (leave: string) =>
        marks
          .filter((m) => m.kind !== leave)
          .map((m) => m.text)
          .join('');
      assert.equal(side('added'), a);
      assert.equal(side('removed'), b);
      for (const [i, m] of marks.entries()) assert.notEqual(m.kind, marks[i + 1]?.kind);
    }),
  );
});
