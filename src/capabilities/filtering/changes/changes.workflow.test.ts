import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import {
  type ChangeAction,
  type ChangeActor,
  type ChangeFacts,
  changeWorkflow,
  GUARDS,
  type LifeState,
  NARROW_DAYS,
  NOTHING,
  type SiteFacts,
  walkedBy,
} from './changes.workflow.ts';

type From = LifeState | 'new';
const STATES: readonly From[] = [
  'new',
  'draft',
  'asked',
  'approved',
  'live',
  'to-review',
  'lifting',
  'refused',
  'withdrawn',
  'expired',
];
const ACTIONS: readonly ChangeAction[] = [
  'save',
  'ask',
  'restrict',
  'close-now',
  'approve',
  'refuse',
  'withdraw',
  'ask-to-lift',
  'keep',
  'lift',
  'begin',
  'end',
];
const ACTORS: readonly ChangeActor[] = ['staff', 'requester', 'approver', 'technical', 'clock'];

const site = (more: Partial<SiteFacts> = {}): SiteFacts => ({
  host: 'history.example',
  fault: null,
  never: null,
  help: false,
  narrow: false,
  ai: false,
  ...more,
});
/** Facts under which every guard holds that can: an opening for a class, decided by another person. */
const fine = (more: Partial<ChangeFacts> = {}): ChangeFacts => ({
  ...NOTHING,
  now: 1_000,
  person: 'approver',
  requester: 'teacher',
  topic: 'The rise of fascism',
  purpose: 'Year 9 compare how two archives tell the story.',
  sites: [site()],
  members: 28,
  from: 1_000,
  until: 1_000 + HOUR,
  maxDays: 90,
  checked: true,
  reason: 'It was agreed in the department.',
  approved: ['history.example'],
  ...more,
});
/** Some rows are for one kind of change only, and the clock's last row asks that the end be past. */
const factsFor = (action: ChangeAction, more: Partial<ChangeFacts> = {}): ChangeFacts =>
  fine({
    ...(action === 'restrict' && { kind: 'only-these' }),
    ...(action === 'close-now' && { kind: 'emergency-block' }),
    ...(action === 'ask-to-lift' && { kind: 'block' }),
    ...(action === 'end' && { until: 500 }),
    ...more,
  });

/** What each part may do where, written out once more by hand: this is what the school is promised. */
const promised: Record<ChangeActor, Partial<Record<From, readonly ChangeAction[]>>> = {
  staff: { new: ['save', 'ask', 'restrict'] },
  requester: {
    draft: ['save', 'ask', 'restrict', 'withdraw'],
    asked: ['withdraw'],
    approved: ['withdraw', 'ask-to-lift'],
    live: ['withdraw', 'ask-to-lift'],
  },
  approver: {
    asked: ['approve', 'refuse'],
    approved: ['withdraw', 'ask-to-lift'],
    live: ['withdraw', 'ask-to-lift'],
    'to-review': ['keep', 'lift'],
    lifting: ['keep', 'lift'],
  },
  technical: {
    new: ['close-now'],
    asked: ['withdraw'],
    approved: ['withdraw', 'ask-to-lift'],
    live: ['withdraw', 'ask-to-lift'],
    'to-review': ['keep', 'lift'],
  },
  clock: { asked: ['end'], approved: ['begin'], live: ['end'], lifting: ['end'] },
};

test('FCR-05 each part may do in each state exactly what is written here, and nothing else', () => {
  let cells = 0;
  for (const actor of ACTORS) {
    for (const state of STATES) {
      const mine = promised[actor][state] ?? [];
      assert.deepEqual([...changeWorkflow.offered(state, [actor])].sort(), [...mine].sort(), `${actor} in ${state}`);
      for (const action of ACTIONS) {
        const verdict = changeWorkflow.judge(state, action, [actor], factsFor(action));
        assert.equal(verdict.ok, mine.includes(action), `${actor}: ${action} in ${state}`);
        if (!verdict.ok) assert.match(verdict.code, /^not-(listed|yours)$/, `${actor}: ${action} in ${state}`);
        cells++;
      }
    }
  }
  assert.equal(cells, ACTORS.length * STATES.length * ACTIONS.length);
  assert.deepEqual([...changeWorkflow.actions].sort(), [...ACTIONS].sort());
});

test('FCR-01 whoever is nothing to a change, as a pupil is, may do nothing in any state', () => {
  for (const state of STATES) {
    assert.deepEqual(changeWorkflow.offered(state, []), []);
    for (const action of ACTIONS) assert.equal(changeWorkflow.judge(state, action, [], factsFor(action)).ok, false);
  }
});

const ask = (more: Partial<ChangeFacts>) => outcome('new', 'ask', 'staff', more);
const approve = (more: Partial<ChangeFacts>) => outcome('asked', 'approve', 'approver', more);
function outcome(from: From, action: ChangeAction, actor: ChangeActor, more: Partial<ChangeFacts>) {
  const v = changeWorkflow.judge(from, action, [actor], factsFor(action, more));
  return v.ok ? v.to : v.guard;
}

test('FCR-01 FCR-02 no request without a topic and a purpose that says enough, and the words say how long', () => {
  assert.equal(ask({ topic: '  ' }), 'topic');
  assert.equal(ask({ purpose: 'For the lesson.' }), 'purpose');
  assert.match(GUARDS.purpose.check(fine({ purpose: 'x' })) ?? '', /at least 20 letters/);
  assert.equal(ask({}), 'asked');
});

test('FCR-03 an opening has an end, not in the past, within what the policy allows', () => {
  assert.equal(ask({ until: null }), 'span');
  assert.equal(ask({ until: 999 }), 'span');
  assert.equal(ask({ from: 2_000 + HOUR }), 'span');
  assert.equal(ask({ until: 1_000 + 90 * DAY }), 'asked');
  assert.equal(ask({ until: 1_001 + 90 * DAY }), 'span');
  assert.match(GUARDS.span.check(fine({ until: 1_001 + 90 * DAY })) ?? '', /90 days at most/);
  assert.equal(approve({ now: 2_000 + HOUR }), 'span', 'nor is it approved after its end');
});

test('FCR-04 FIL-04 nobody approves, refuses or reviews what they asked for, be they technical staff or not', () => {
  for (const kind of ['open', 'block', 'bypass-monitoring'] as const) {
    const own = { kind, requester: 'approver', bypass: ['monitoring'] };
    assert.equal(approve(own), 'secondPerson');
    assert.equal(outcome('asked', 'refuse', 'approver', own), 'secondPerson');
  }
  for (const action of ['keep', 'lift'] as const) {
    for (const who of ['technical', 'approver'] as const) {
      assert.equal(
        outcome('to-review', action, who, { kind: 'emergency-block', requester: 'approver' }),
        'secondPerson',
      );
    }
    assert.equal(outcome('lifting', action, 'approver', { kind: 'block', liftAskedBy: 'approver' }), 'anotherHand');
  }
});

test('FIL-04 what opens again needs two: a closing is not ended alone, an opening is', () => {
  for (const kind of ['block', 'emergency-block'] as const) {
    for (const who of ['requester', 'approver', 'technical'] as const) {
      assert.equal(outcome('live', 'withdraw', who, { kind }), 'endsAlone');
      assert.equal(outcome('live', 'ask-to-lift', who, { kind }), 'lifting');
    }
  }
  assert.equal(outcome('live', 'withdraw', 'technical', {}), 'withdrawn');
  assert.equal(outcome('live', 'ask-to-lift', 'technical', { kind: 'open' }), 'closing');
});

test('FCR-07 what is never opened is refused when it is asked for and when it is approved; to close it is nobody’s loss', () => {
  const never = [site({ never: 'Nobody can open it.' })];
  assert.equal(ask({ sites: never }), 'never');
  assert.equal(approve({ sites: never }), 'never');
  assert.equal(ask({ sites: never, kind: 'block', until: null }), 'asked');
  const two = [site(), site({ host: 'bad.example', never: 'Nobody can open it.' })];
  const refused = { 'bad.example': 'Nobody can open this one.' };
  assert.equal(approve({ sites: two, refused }), 'approved', 'the rest may still be approved');
});

test('FCR-08 an opening is for somebody: not for everybody, not for an empty class, and a site rather than a suffix', () => {
  assert.equal(ask({ scope: 'everyone', members: null }), 'scope');
  assert.equal(ask({ members: 0 }), 'scope');
  assert.equal(ask({ sites: [] }), 'sites');
  assert.equal(ask({ sites: [site({ fault: 'Name the one that is meant.' })] }), 'sites');
});

test('FIL-05 a site closed as extremism is opened for one class or named people only, and for two weeks at most', () => {
  const sites = [site({ narrow: true })];
  for (const scope of ['year', 'profile'] as const) assert.equal(ask({ sites, scope }), 'narrow');
  for (const scope of ['class', 'people'] as const) assert.equal(ask({ sites, scope }), 'asked');
  assert.equal(ask({ sites, until: 1_000 + NARROW_DAYS * DAY }), 'asked');
  assert.equal(ask({ sites, until: 1_001 + NARROW_DAYS * DAY }), 'narrow');
  assert.equal(approve({ sites, scope: 'year' }), 'narrow');
});

test('AIG-05 an AI tool is not opened this way, neither when it is asked for nor when it is approved', () => {
  const sites = [site(), site({ host: 'chat.example', ai: true })];
  assert.equal(ask({ sites }), 'assessed');
  assert.equal(approve({ sites, approved: sites.map((s) => s.host) }), 'assessed');
  const refused = { 'chat.example': 'It stands on another register.' };
  assert.equal(approve({ sites, refused }), 'approved', 'the rest may still be approved');
  assert.equal(ask({ sites, kind: 'block', until: null }), 'asked');
});

test('FCR-05 every site is decided, a refused one with a reason, and a refusal of all says why', () => {
  const sites = [site(), site({ host: 'b.example' })];
  assert.equal(approve({ sites }), 'eachDecided');
  assert.equal(approve({ sites, refused: { 'b.example': 'no' } }), 'saidWhy');
  assert.equal(approve({ sites, refused: { 'b.example': 'It shows more than a class needs.' } }), 'approved');
  assert.equal(
    approve({ sites, approved: [], refused: { 'history.example': 'x'.repeat(10), 'b.example': 'y'.repeat(10) } }),
    'someApproved',
  );
  assert.equal(outcome('asked', 'refuse', 'approver', { reason: 'no' }), 'reasoned');
});

test('FCR-06 to get round monitoring is a kind of its own, where the policy knows one', () => {
  const bypass = { kind: 'bypass-monitoring', sites: [] } as const;
  assert.equal(ask({ ...bypass, bypass: ['filtering'] }), 'bypass');
  assert.equal(ask({ ...bypass, bypass: ['filtering', 'monitoring'] }), 'asked');
  assert.equal(ask({ ...bypass, bypass: ['monitoring'], purpose: '' }), 'purpose');
  assert.equal(approve({ ...bypass, bypass: ['monitoring'], approved: [] }), 'approved');
});

test('FIL-17 a lesson’s list needs its sites looked at, one class, and part of a day', () => {
  const restrict = (more: Partial<ChangeFacts>) => outcome('new', 'restrict', 'staff', more);
  assert.equal(restrict({}), 'approved');
  assert.equal(restrict({ checked: false }), 'checked');
  assert.equal(restrict({ scope: 'profile' }), 'scope');
  assert.equal(restrict({ until: 1_001 + 12 * HOUR }), 'span');
  assert.equal(restrict({ kind: 'open' }), 'lesson', 'nothing is opened this way');
  assert.equal(outcome('new', 'ask', 'staff', { kind: 'only-these' }), 'byTwo');
});

test('FIL-04 only a closing is done by one person at once, and never of help', () => {
  const close = (more: Partial<ChangeFacts>) => outcome('new', 'close-now', 'technical', more);
  assert.equal(close({}), 'to-review');
  assert.equal(close({ kind: 'open' }), 'emergency');
  assert.equal(close({ purpose: '' }), 'purpose');
  assert.equal(close({ sites: [site({ help: true })] }), 'help');
  assert.equal(ask({ kind: 'block', sites: [site({ help: true })] }), 'help');
});

test('every guard of the table is one of those of this file', () => {
  const used = new Set(changeWorkflow.rows.flatMap((r) => r.guards.map((g) => g.name)));
  assert.deepEqual([...used].sort(), Object.keys(GUARDS).sort());
});

test('FCR-03 FCR-05 the clock alone begins and ends what was agreed, at its milliseconds', () => {
  const span = { kind: 'open', from: 1_000, until: 2_000 } as const;
  const states = ([999, 1_000, 1_999, 2_000] as const).map((now) => walkedBy('approved', span, now));
  assert.deepEqual(states, ['approved', 'live', 'live', 'expired']);
  assert.equal(walkedBy('asked', span, 2_000), 'expired', 'nobody decided in time');
  const closing = { kind: 'block', from: 1_000, until: null } as const;
  assert.equal(walkedBy('approved', closing, Number.MAX_SAFE_INTEGER), 'live');
  for (const state of ['draft', 'refused', 'withdrawn', 'to-review', 'expired'] as const) {
    assert.equal(walkedBy(state, span, Number.MAX_SAFE_INTEGER), state);
  }
});
