import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY } from '#core/clock.ts';
import type { AiToolState } from '#platform/schema.ts';
import {
  aiToolWorkflow,
  GUARDS,
  NOTHING,
  noticeOf,
  type ToolAction,
  type ToolActor,
  type ToolFacts,
  type ToolOpening,
  type ToolSite,
  TRIAL_DAYS,
  walkedBy,
} from './ai-tools.workflow.ts';

type From = AiToolState | 'new';
const STATES: readonly From[] = [
  'new',
  'proposed',
  'assessed',
  'approved',
  'review-due',
  'refused',
  'closed',
  'withdrawn',
];
const ACTIONS: readonly ToolAction[] = [
  'propose',
  'assess',
  'approve',
  'refuse',
  'withdraw',
  'close',
  'fall-due',
  'lapse',
];
const ACTORS: readonly ToolActor[] = ['staff', 'assessor', 'approver', 'clock'];
const NOW = 1_000 * DAY;
const REVIEW = NOW + 300 * DAY;

const site = (more: Partial<ToolSite> = {}): ToolSite => ({
  host: 'chat.example',
  fault: null,
  never: null,
  help: false,
  extremist: false,
  other: null,
  taken: null,
  ...more,
});
const opening = (more: Partial<ToolOpening> = {}): ToolOpening => ({
  profile: 'staff',
  name: 'Staff',
  status: 'approved',
  until: REVIEW,
  youngest: 18,
  unnamed: false,
  ...more,
});
const words = 'It stores what is typed in another country.';
/** Facts under which every guard holds that can: proposed, assessed and decided on by three people. */
const fine = (more: Partial<ToolFacts> = {}): ToolFacts => ({
  ...NOTHING,
  now: NOW,
  person: 'approver',
  proposer: 'teacher',
  author: 'assessor',
  name: 'Chatter',
  provider: 'Chatter Ltd',
  purpose: 'To practise conversation in French.',
  sites: [site()],
  personalData: words,
  hazards: words,
  measures: words,
  review: REVIEW,
  openings: [opening()],
  reason: 'It was agreed in the department.',
  ends: [{ notice: NOW - 2, end: NOW - 1 }],
  ...more,
});

/** What each part may do where, written out once more by hand: this is what the school is promised. */
const keeper: Partial<Record<From, readonly ToolAction[]>> = {
  new: ['propose'],
  proposed: ['assess', 'withdraw'],
  assessed: ['assess', 'withdraw', 'close'],
  approved: ['assess', 'close'],
  'review-due': ['assess', 'close'],
  refused: ['assess', 'withdraw'],
  closed: ['assess', 'withdraw'],
  withdrawn: ['assess'],
};
const promised: Record<ToolActor, Partial<Record<From, readonly ToolAction[]>>> = {
  staff: { new: ['propose'] },
  assessor: keeper,
  approver: { assessed: ['approve', 'refuse', 'close'], approved: ['close'], 'review-due': ['close'] },
  clock: { approved: ['fall-due'], 'review-due': ['lapse'] },
};

test('AIG-05 each part may do in each state exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const actor of ACTORS) {
    for (const state of STATES) {
      const mine = promised[actor][state] ?? [];
      assert.deepEqual([...aiToolWorkflow.offered(state, [actor])].sort(), [...mine].sort(), `${actor} in ${state}`);
      for (const action of ACTIONS) {
        const verdict = aiToolWorkflow.judge(state, action, [actor], fine());
        assert.equal(verdict.ok, mine.includes(action), `${actor}: ${action} in ${state}`);
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/, `${actor}: ${action} in ${state}`);
        cells++;
      }
    }
  }
  assert.equal(cells, ACTORS.length * STATES.length * ACTIONS.length);
  assert.deepEqual([...aiToolWorkflow.actions].sort(), [...ACTIONS].sort());
  const used = new Set(aiToolWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});

test('AIG-05 only an assessment leads to an approval, and only an approval opens', () => {
  const into = (to: AiToolState) => aiToolWorkflow.rows.filter((r) => r.to === to).map((r) => `${r.from} ${r.action}`);
  assert.deepEqual(into('approved'), ['assessed approve']);
  assert.ok(into('assessed').every((row) => row.endsWith(' assess')));
});

function outcome(from: From, action: ToolAction, actor: ToolActor, more: Partial<ToolFacts>) {
  const v = aiToolWorkflow.judge(from, action, [actor], fine(more));
  return v.ok ? v.to : v.guard;
}
const propose = (more: Partial<ToolFacts>) => outcome('new', 'propose', 'staff', more);
const assess = (more: Partial<ToolFacts>) => outcome('proposed', 'assess', 'assessor', more);
const approve = (more: Partial<ToolFacts>) => outcome('assessed', 'approve', 'approver', more);

test('AIG-05 nobody approves or refuses what they assessed or proposed, whatever else they are', () => {
  for (const own of [{ author: 'approver' }, { proposer: 'approver' }]) {
    assert.equal(approve(own), 'secondPerson');
    assert.equal(outcome('assessed', 'refuse', 'approver', own), 'secondPerson');
    const all = aiToolWorkflow.judge('assessed', 'approve', ACTORS, fine(own));
    assert.ok(!all.ok && all.guard === 'secondPerson');
  }
});

test('AIG-01 a proposal says what it is, whose, where and for what; help and what is never opened stand on no register', () => {
  assert.equal(propose({}), 'proposed');
  assert.equal(propose({ name: ' ' }), 'name');
  assert.equal(propose({ provider: '' }), 'provider');
  assert.equal(propose({ purpose: 'For fun.' }), 'purpose');
  assert.equal(propose({ sites: [] }), 'sites');
  for (const amiss of [{ fault: 'x' }, { never: 'x' }, { help: true }, { extremist: true }, { taken: 'Other' }]) {
    assert.equal(propose({ sites: [site(), site(amiss)] }), 'sites');
    assert.equal(assess({ sites: [site(amiss)] }), 'sites');
    assert.equal(approve({ sites: [site(amiss)] }), 'sites', 'nor is it approved when the lists learn of it later');
  }
});

test('FIL-04 what the lists know as something else is put on the register, and so closed, only by its keepers', () => {
  const sites = [site({ other: 'News' })];
  assert.equal(propose({ sites }), 'isTool');
  assert.equal(propose({ sites, keeper: true }), 'proposed');
  for (const state of ['proposed', 'refused', 'closed'] as const) {
    assert.equal(outcome(state, 'withdraw', 'assessor', {}), 'withdrawn');
    assert.equal(outcome(state, 'withdraw', 'assessor', { proposer: 'approver' }), 'otherHand');
  }
});

test('AIG-05 RSK-07 an assessment names hazards, measures and data, and is looked at again within what the policy says', () => {
  assert.equal(assess({}), 'assessed');
  for (const field of ['hazards', 'measures', 'personalData'] as const)
    assert.equal(assess({ [field]: 'none' }), field);
  assert.equal(assess({ review: null }), 'review');
  assert.equal(assess({ review: NOW + DAY }), 'review');
  assert.equal(assess({ review: NOW + 374 * DAY }), 'review');
  assert.equal(assess({ reviewMonths: 6 }), 'review');
});

test('AIG-05 it opens for somebody, for nobody unnamed, and for nobody younger than its terms allow', () => {
  assert.equal(approve({}), 'approved');
  assert.equal(approve({ openings: [] }), 'forWhom');
  assert.equal(approve({ openings: [opening({ unnamed: true })] }), 'named');
  const year9 = opening({ name: 'Year 9', youngest: 13 });
  assert.equal(approve({ ageLimit: 13, openings: [year9] }), 'approved');
  assert.equal(approve({ ageLimit: 14, openings: [opening(), year9] }), 'age');
  assert.match(GUARDS.age.check(fine({ ageLimit: 14, openings: [year9] })) ?? '', /“Year 9” the youngest are 13/);
  assert.equal(approve({ ageLimit: 13, openings: [opening({ youngest: null })] }), 'age', 'guests may be any age');
  assert.equal(approve({ ageLimit: null, openings: [opening({ youngest: null })] }), 'approved');
});

test('AIG-05 a trial has an end, a term ahead at most and before the review', () => {
  const trial = (until: number | null) => approve({ openings: [opening({ status: 'trial', until })] });
  assert.equal(trial(null), 'ends');
  assert.equal(trial(NOW), 'ends');
  assert.equal(trial(NOW + 30 * DAY), 'approved');
  assert.equal(trial(NOW + (TRIAL_DAYS + 2) * DAY), 'ends');
  const late = { review: NOW + 20 * DAY, openings: [opening({ status: 'trial', until: NOW + 30 * DAY })] };
  assert.equal(approve(late), 'ends');
});

test('AIG-05 the clock alone lets a review fall due and closes, at its milliseconds', () => {
  const ends = [
    { notice: 1_000, end: 2_000 },
    { notice: 3_000, end: 4_000 },
  ];
  const at = ([999, 1_000, 3_999, 4_000] as const).map((now) => walkedBy('approved', ends, now));
  assert.deepEqual(at, ['approved', 'review-due', 'review-due', 'closed']);
  for (const state of ['proposed', 'assessed', 'refused', 'closed', 'withdrawn'] as const) {
    assert.equal(walkedBy(state, ends, Number.MAX_SAFE_INTEGER), state);
  }
  assert.equal(walkedBy('approved', [], Number.MAX_SAFE_INTEGER), 'approved');
});

test('AIG-05 notice begins after the approval and before the end, however short the time', () => {
  fc.assert(
    fc.property(fc.nat(1e12), fc.integer({ min: 1, max: 400 * DAY }), (from, length) => {
      const notice = noticeOf(from, from + length);
      assert.ok(notice > from && notice < from + length && from + length - notice <= 28 * DAY);
    }),
  );
});
