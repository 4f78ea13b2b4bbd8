import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadTaxonomy } from '#filter/index.ts';
import { type PolicyDocument, type Rule, SHIPPED_POLICIES, shippedPolicy } from '#policy/index.ts';
import { type LintContext, lint } from '#policy/lint.ts';
import { cellOf, setCells } from './matrices.rules.ts';
import { answer, choicesOf, valueForm } from './questions.answers.ts';
import { openQuestions, progressOf, type Question } from './questions.rules.ts';
import { statements } from './settle.rules.ts';

const taxonomy = loadTaxonomy().categories;
const documents = SHIPPED_POLICIES.map((id) => shippedPolicy(id, taxonomy));
const everyone = (doc: PolicyDocument): LintContext => ({
  today: '2026-11-23',
  taxonomy,
  holders: new Map(doc.roles.map((r) => [r.id, { holders: 5, deputies: 5 }])),
});

/** Everything in a document that says "not confirmed", by the matter it is about. */
function marks(doc: PolicyDocument): Set<string> {
  const open: (string | false | undefined)[] = [
    ...doc.roles.map((r) => r.undefinedInSource && `role:${r.id}`),
    ...doc.rules.flatMap((r) => Object.entries(r.cells).map(([who, c]) => c.unconfirmed && `cell:${r.id}:${who}`)),
    ...doc.devices.map((d) => d.unconfirmed && `device:${d.id}`),
    ...(['pupil', 'staff'] as const).map((who) => doc.sanctions[who].table?.unconfirmed && `table:${who}`),
    ...Object.entries(doc.settings).map(
      ([key, v]) => typeof v === 'object' && v !== null && 'unconfirmed' in v && v.unconfirmed && `setting:${key}`,
    ),
    ...doc.duties.map((d) => d.proposed && `duty:${d.id}`),
    ...doc.retention.classes.map((c) => c.proposed && `kept:${c.id}`),
    ...doc.training.map((c) => c.proposed && `course:${c.id}`),
    ...doc.recipients.map((r) => r.proposed && `within:${r.report}`),
    doc.incidents.clocksProposed && 'clocks',
    doc.monitoring.repeated.proposed && 'attempts',
    doc.retention.activityProposed && 'kept-activity',
    doc.deviceSearch?.handOver.proposed && 'hand-over',
  ];
  return new Set(open.filter((m): m is string => typeof m === 'string'));
}

/** An answer that leaves what stands there as it stands. */
function asItStands(doc: PolicyDocument, question: Question): Record<string, string | readonly string[]> {
  const { ask } = question;
  if (ask.kind === 'value') return { ...valueForm(doc, ask.at).body };
  const choices = choicesOf(doc, question, true) ?? [];
  const own = ask.kind === 'cell' ? choices.find((c) => c.hint)?.value : undefined;
  const device = ask.kind === 'device' ? doc.devices.find((d) => d.id === ask.device)?.cells : undefined;
  const level = device && (device.full ? 'full' : device.internetOnly ? 'internetOnly' : 'none');
  return { choice: own ?? level ?? choices[0]?.value ?? '', reason: 'Decided in the meeting of governors.' };
}

const by = 'head' as const;

test('GOV-34 every clash, every unconfirmed reading and every proposal of both policies is asked', () => {
  for (const doc of documents) {
    const keys = openQuestions(doc, everyone(doc)).map((q) => q.key);
    assert.equal(new Set(keys).size, keys.length);
    for (const mark of marks(doc)) assert.ok(keys.includes(mark), `${doc.id} ${mark}`);
    for (const l of lint(doc, everyone(doc)).filter((x) => x.severity === 'clash'))
      assert.ok(keys.includes(`clash:${l.key}`), l.key);
  }
});

test('ROL-04, ROL-18 a role that the source names and never defines is a question, with a holder or without', () => {
  for (const doc of documents) {
    const open = doc.roles.filter((r) => r.undefinedInSource).map((r) => `role:${r.id}`);
    assert.ok(open.length > 0);
    const keys = openQuestions(doc, everyone(doc)).map((q) => q.key);
    for (const key of open) assert.ok(keys.includes(key), key);
    const nobody = { ...everyone(doc), holders: new Map() };
    const [question] = openQuestions(doc, nobody).filter((q) => q.key === open[0]);
    assert.ok(question);
    assert.throws(() => answer(doc, question, { choice: 'named' }, { by, context: nobody }), { code: 'policy.form' });
  }
});

test('GOV-34 answering k questions confirms exactly those k, and nothing else is taken as confirmed', () => {
  for (const doc of documents) {
    const context = everyone(doc);
    const role = doc.roles.some((r) => r.id === by) ? by : (doc.roles[0]?.id ?? by);
    const marked = openQuestions(doc, context).filter((q) => marks(doc).has(q.key));
    fc.assert(
      fc.property(fc.shuffledSubarray(marked, { minLength: 1, maxLength: 8 }), (chosen) => {
        const after = chosen.reduce((d, asked) => {
          const question = openQuestions(d, context).find((q) => q.key === asked.key);
          assert.ok(question, asked.key);
          return answer(d, question, asItStands(d, question), { by: role, context });
        }, doc);
        assert.deepEqual(marks(after), marks(doc).difference(new Set(chosen.map((q) => q.key))));
      }),
      { numRuns: 12 },
    );
  }
});

test('every question can be answered as the form stands, and is then no longer asked', () => {
  for (const doc of documents) {
    const context = everyone(doc);
    const role = doc.roles.some((r) => r.id === by) ? by : (doc.roles[0]?.id ?? by);
    for (const question of openQuestions(doc, context)) {
      const { ask } = question;
      // An empty value and an incomplete cover have nothing to confirm.
      if (ask.kind === 'value' && ask.mark === null) {
        if (question.key.startsWith('empty:')) {
          assert.throws(() => answer(doc, question, asItStands(doc, question), { by: role, context }), {
            code: 'policy.form',
          });
        }
        continue;
      }
      const after = answer(doc, question, asItStands(doc, question), { by: role, context });
      assert.equal(
        openQuestions(after, context).some((q) => q.key === question.key),
        false,
        question.key,
      );
    }
  }
});

test('progress counts what was answered, what was put off stays open, and answers need no order', () => {
  const [doc] = documents;
  assert.ok(doc);
  const questions = openQuestions(doc, everyone(doc));
  const given = { by: 'somebody', at: '2026-11-23T10:00:00Z' };
  const [a, b] = questions.filter((q) => q.ask.kind === 'cell' || q.ask.kind === 'value');
  assert.ok(a && b);
  const after = questions.filter((q) => q !== a);
  const progress = progressOf(after, { [a.key]: given, [b.key]: { ...given, later: true } });
  assert.deepEqual([progress.answered, progress.total], [1, questions.length]);
  assert.ok(progress.open.includes(b));
});

test('GOV-34 a clash is settled by what holds now, with its reason, role and day, and nothing else changes', () => {
  for (const doc of documents) {
    const context = everyone(doc);
    const role = doc.roles[0]?.id ?? by;
    for (const question of openQuestions(doc, context).filter((q) => q.ask.kind === 'clash')) {
      const body = { choice: 'interim', reason: 'The governors prefer the stricter reading.' };
      const after = answer(doc, question, body, { by: role, context });
      assert.deepEqual({ ...after, settled: [] }, { ...doc, settled: [] });
      assert.deepEqual(after.settled.at(-1)?.reason, body.reason);
      assert.deepEqual([after.settled.at(-1)?.by, after.settled.at(-1)?.on], [role, context.today]);
      assert.throws(() => answer(doc, question, { ...body, reason: 'so' }, { by: role, context }), {
        code: 'policy.form',
      });
    }
  }
});

/** The document, or null where the safety floor keeps closed what a text would open. */
function kept(make: () => PolicyDocument): PolicyDocument | null {
  try {
    return make();
  } catch (e) {
    assert.equal((e as { code?: string }).code, 'policy.invalid');
    return null;
  }
}

test('GOV-34 where one statement is to hold, the other rules follow it, and no decision is left about nothing', () => {
  for (const doc of documents) {
    const context = everyone(doc);
    const role = doc.roles[0]?.id ?? by;
    let tried = 0;
    for (const question of openQuestions(doc, context)) {
      if (question.ask.kind !== 'clash') continue;
      for (const [i, holds] of statements(doc, question.ask.lint).entries()) {
        const body = { choice: String(i), reason: 'This is how the school does it.' };
        const after = kept(() => answer(doc, question, body, { by: role, context }));
        if (!after) continue;
        tried++;
        const told: ReadonlySet<string> = new Set(question.ask.lint.where.map((w) => w.pointer));
        const obeyed: readonly Rule[] = after.rules.filter(
          (r, i) => told.has(`/rules/${i}`) && r.action === holds.action,
        );
        const values: readonly string[] = obeyed.flatMap((r) => r.cells[holds.audience]?.value ?? []);
        assert.deepEqual([...new Set(values)], values.length > 0 ? [holds.value] : [], `${question.key} ${holds.name}`);
        const left = lint(after, context);
        assert.deepEqual(
          left.filter((l) => l.code === 'settled-nothing'),
          [],
        );
      }
    }
    assert.ok(tried > 0, doc.id);
  }
});

test('COM-12 another value in a cell brings no condition with it, and an empty condition stays closed', () => {
  assert.deepEqual(cellOf('times', { value: 'allowed', unconfirmed: true, rationale: 'Why.' }), {
    value: 'times',
    windows: [],
    rationale: 'Why.',
  });
  assert.deepEqual(cellOf('nominated', { value: 'selected', people: ['a'] }), { value: 'nominated', people: ['a'] });
  const [doc] = documents;
  assert.ok(doc);
  assert.equal(setCells(doc, {}).rules.length, doc.rules.length);
  assert.deepEqual(setCells(doc, {}), doc);
});
