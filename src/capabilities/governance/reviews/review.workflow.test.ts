import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ROLE_IDS } from '#policy/types.ts';
import { answerTimes } from './answers.rules.ts';
import {
  GUARDS,
  PARTS,
  partsOf,
  type ReviewAction,
  type ReviewActor,
  type ReviewFacts,
  type ReviewState,
  reviewWorkflow,
} from './review.workflow.ts';
import { EDITION, editionState, ITEMS, STANDARDS } from './standards.ts';

const STATES: readonly (ReviewState | 'new')[] = ['new', 'draft', 'signed'];
const ACTIONS: readonly ReviewAction[] = ['begin', 'save', 'sign', 'note'];

const met = { answer: 'met', evidence: 'Seen on the roles page.', action: '', owner: null } as const;
/** Facts under which every guard holds. */
const fine = (more: Partial<ReviewFacts> = {}): ReviewFacts => ({
  person: 'governor',
  begunBy: 'ict-manager',
  another: false,
  answers: Object.fromEntries(ITEMS.map((i) => [i.id, met])),
  attendees: [
    { name: 'Lena Frost', part: 'governor' },
    { name: 'Ivo Nash', part: 'it' },
  ],
  gaps: 'Mobile data, as every year.',
  changes: 'The library moved behind the gateway.',
  unassigned: [],
  today: '2026-11-03',
  nextOn: '2027-11-03',
  note: 'The playground is covered now.',
  ...more,
});

/** What each actor may do where, written out once more by hand. */
const promised: Record<ReviewActor, Partial<Record<ReviewState | 'new', readonly ReviewAction[]>>> = {
  preparer: { new: ['begin'], draft: ['save'], signed: ['note'] },
  lead: { new: ['begin'], draft: ['save', 'sign'], signed: ['note'] },
};

test('FIL-10 the table lets each role do in each state exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const role of ROLE_IDS) {
    const parts = partsOf([role]);
    for (const state of STATES) {
      const mine = new Set(parts.flatMap((p) => promised[p][state] ?? []));
      assert.deepEqual(new Set(reviewWorkflow.offered(state, parts)), mine, `${role} in ${state}`);
      for (const action of ACTIONS) {
        const verdict = reviewWorkflow.judge(state, action, parts, fine());
        assert.equal(verdict.ok, mine.has(action), `${role}: ${action} in ${state}`);
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/);
        cells++;
      }
    }
  }
  assert.equal(cells, ROLE_IDS.length * STATES.length * ACTIONS.length);
  assert.deepEqual([...reviewWorkflow.actions].sort(), [...ACTIONS].sort());
});

test('FIL-12 only the governors’ side signs, and neither side is the other', () => {
  for (const role of ROLE_IDS) {
    const signs = reviewWorkflow.offered('draft', partsOf([role])).includes('sign');
    assert.equal(signs, role === 'lead-governor' || role === 'chair', role);
  }
  assert.equal(
    PARTS.lead.some((r) => PARTS.preparer.includes(r)),
    false,
  );
});

/** Each guard with a change of the facts that it must refuse, and nothing else does. */
const broken: Readonly<Record<Exclude<keyof typeof GUARDS, 'alone' | 'said'>, Partial<ReviewFacts>>> = {
  assigned: { unassigned: ['somebody who runs the systems'] },
  attended: { attendees: [{ name: 'Lena Frost', part: 'governor' }] },
  answered: { answers: {} },
  evidenced: { answers: { ...fine().answers, 'roles-named': { ...met, evidence: '' } } },
  acted: {
    answers: { ...fine().answers, 'roles-named': { ...met, answer: 'part', action: 'Name one.', owner: null } },
  },
  summed: { gaps: ' ' },
  secondPerson: { begunBy: 'governor' },
  within: { nextOn: '2027-11-04' },
};
const unsigned = (name: keyof typeof broken) => () => {
  const verdict = reviewWorkflow.judge('draft', 'sign', ['lead'], fine(broken[name]));
  assert.ok(!verdict.ok && verdict.code === 'guard' && verdict.guard === name, JSON.stringify(verdict));
  assert.ok(verdict.reason.length > 10);
};
test('FIL-12 an unassigned duty keeps a review from being signed', unsigned('assigned'));
test('FIL-11 a meeting without governor and IT staff keeps a review from being signed', unsigned('attended'));
test('FIL-11 an item that is not answered keeps a review from being signed', unsigned('answered'));
test('FIL-11 a met item without evidence keeps a review from being signed', unsigned('evidenced'));
test(
  'FIL-11 an item that is not met and has no action with an owner keeps a review from being signed',
  unsigned('acted'),
);
test('FIL-10 a review that does not say which gaps it found keeps a review from being signed', unsigned('summed'));
test('FIL-10 whoever began the review keeps a review from being signed', unsigned('secondPerson'));
test('FIL-13 a next review later than twelve months keeps a review from being signed', unsigned('within'));

test('FIL-13 the next review is after today and within twelve months, on the last day too', () => {
  const on = (nextOn: string) => GUARDS.within.check(fine({ nextOn }));
  assert.equal(on('2027-11-03'), null);
  assert.equal(on('2026-11-04'), null);
  for (const wrong of ['', '2026-11-03', '2027-11-04', '2020-01-01']) assert.notEqual(on(wrong), null, wrong);
});

test('one review is under way at a time', () => {
  assert.equal(reviewWorkflow.judge('new', 'begin', ['lead'], fine({ another: true })).ok, false);
});

test('FIL-11 the checklist holds the four standards, each item once, with what shows it, and knows its edition', () => {
  assert.equal(STANDARDS.length, 4);
  assert.equal(new Set(ITEMS.map((i) => i.id)).size, ITEMS.length);
  for (const item of ITEMS) assert.ok(item.asks.endsWith('.') && item.evidence.length > 10, item.id);
  assert.deepEqual(editionState('2026-11-03'), { ...EDITION, newer: null });
});

test('FIL-07 median, nine in ten, longest and open now are counted of the time under review', () => {
  const at = (day: number, answered: number | null) => ({
    at: new Date(day * 1000),
    answeredAt: answered === null ? null : new Date(answered * 1000),
  });
  const some = [at(10, 11), at(10, 13), at(10, 12), at(10, 20), at(1, 2), at(5, null), at(30, null)];
  assert.deepEqual(answerTimes(some, 10_000, 40_000), {
    asked: 6,
    answered: 4,
    openNow: 2,
    median: 2500,
    p90: 10_000,
    longest: 35_000,
  });
  assert.deepEqual(answerTimes([], 0, 1), {
    asked: 0,
    answered: 0,
    openNow: 0,
    median: null,
    p90: null,
    longest: null,
  });
});

test('FIL-07 of whatever came in: half wait no longer than the median, nine in ten no longer than its figure', () => {
  const asked = fc.record({ at: fc.integer({ min: 0, max: 1000 }), wait: fc.option(fc.integer({ min: 0, max: 500 })) });
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 40 }), (all) => {
      const rows = all.map((a) => ({
        at: new Date(a.at),
        answeredAt: a.wait === null ? null : new Date(a.at + a.wait),
      }));
      const t = answerTimes(rows, 0, 2000);
      const waits = all.flatMap((a) => (a.wait === null ? [] : [a.wait]));
      assert.equal(t.asked, t.answered + t.openNow);
      if (t.median === null || t.p90 === null || t.longest === null) return assert.equal(waits.length, 0);
      const { median, p90, longest } = t;
      assert.ok(waits.filter((w) => w <= median).length * 2 >= waits.length);
      assert.ok(waits.filter((w) => w <= p90).length >= waits.length * 0.9);
      assert.ok(waits.every((w) => w <= longest));
    }),
  );
});
