import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE, SECOND } from '#core/clock.ts';
import type { LiveChange } from '#policy/index.ts';
import { filtered } from '../testing.ts';
import { loadProofSites, questionsFor } from './questions.ts';
import { dueProof, lastQuiet, type ProofState, subjectOf } from './schedule.ts';

const at = (iso: string) => Date.parse(iso);
const NOON = at('2026-11-24T12:00:00Z');
const state = (more: Partial<ProofState>): ProofState => ({
  timeZone: 'Europe/London',
  subject: 'a',
  since: 0,
  request: null,
  last: { begunAt: NOON - HOUR, subject: 'a', request: null },
  ...more,
});

test('FIL-05 a run is due each day at the school’s quiet time, in summer as in winter', () => {
  const ran = (iso: string) => state({ last: { begunAt: at(iso), subject: 'a', request: null } });
  assert.equal(dueProof(ran('2026-11-24T03:10:01Z'), NOON), null);
  assert.equal(dueProof(ran('2026-11-24T03:10:01Z'), at('2026-11-25T03:09:59Z')), null);
  assert.equal(dueProof(ran('2026-11-24T03:10:01Z'), at('2026-11-25T03:10:01Z')), 'daily');
  assert.equal(dueProof(ran('2026-11-20T03:10:01Z'), NOON), 'daily', 'a machine that slept catches up');
  assert.equal(lastQuiet('Europe/London', at('2026-07-01T12:00:00Z')), at('2026-07-01T02:10:00Z'));
  assert.equal(lastQuiet('Europe/London', at('2026-07-01T01:00:00Z')), at('2026-06-30T02:10:00Z'));
  assert.equal(lastQuiet('Europe/London', at('2026-07-01T12:00:00Z') + DAY), at('2026-07-02T02:10:00Z'));
});

test('FIL-05 many changes make one run: it begins once they have settled, and not right after another', () => {
  const changed = (since: number, begunAt: number) =>
    dueProof(state({ subject: 'b', since, last: { begunAt, subject: 'a', request: null } }), NOON);
  assert.equal(changed(NOON - 29 * SECOND, NOON - HOUR), null);
  assert.equal(changed(NOON - 30 * SECOND, NOON - HOUR), 'change');
  assert.equal(changed(NOON - MINUTE, NOON - 4 * MINUTE), null);
  assert.equal(dueProof(state({ last: null, since: NOON }), NOON), null);
  assert.equal(dueProof(state({ last: null, since: NOON - MINUTE }), NOON), 'change', 'the first after a start');
});

test('a wish for a run is fulfilled once, and at once', () => {
  assert.equal(dueProof(state({ request: 'r1', since: NOON }), NOON), 'asked');
  const last = { begunAt: NOON - SECOND, subject: 'a', request: 'r1' };
  assert.equal(dueProof(state({ request: 'r1', last }), NOON), null);
  assert.equal(dueProof(state({ request: 'r2', last }), NOON), 'asked');
});

test('FIL-05 an opening that begins or ends is something new to prove, and a pupil who joins is not', async () => {
  const { snapshot } = await filtered({ games: ['games.example'] });
  const opening: LiveChange = {
    reference: 'ABCDEF',
    effect: 'open',
    hosts: ['games.example'],
    from: NOON,
    until: NOON + HOUR,
    people: null,
    profiles: ['pupil-8'],
    text: 'Open for a lesson.',
    clause: null,
  };
  const planned = { ...snapshot, changes: [opening] };
  const before = subjectOf(planned, NOON - 1);
  assert.equal(before, subjectOf(snapshot, NOON - 1));
  assert.notEqual(subjectOf(planned, NOON), before);
  assert.equal(subjectOf(planned, NOON + HOUR), before);
  const joined = { ...snapshot, number: 2, people: { ...snapshot.people, another: { profile: 'pupil-7' } } };
  assert.equal(subjectOf(joined, NOON), subjectOf(snapshot, NOON));
  assert.notEqual(subjectOf({ ...snapshot, index: 'f'.repeat(64) }, NOON), subjectOf(snapshot, NOON));
});

test('FIL-05 FIL-02 FIL-08 every grave category is asked for every profile, help and lesson sites too, by both of their names', async () => {
  const { policy } = (await filtered({ games: ['games.example'] })).snapshot;
  const sites = loadProofSites();
  assert.ok(sites.crisis.length >= 200 && sites.education.length >= 500);
  for (const profile of policy.profiles) {
    const items = questionsFor(policy, profile, NOON, sites);
    const grave = items.filter((i) => i.set === 'grave').map((i) => i.category);
    const must = ['child-abuse', 'terrorism', 'extreme-pornography', 'malware', 'phishing'];
    if (profile.audience === 'pupil') must.push('extremism');
    assert.deepEqual([...grave].sort(), must.sort(), profile.id);
    const closed = items.filter((i) => i.set === 'closed').map((i) => i.category);
    assert.ok(closed.includes('pornography') && !closed.includes('education') && !closed.includes('help'), profile.id);
    assert.ok(
      items.filter((i) => i.expect === 'blocked').every((i) => i.names[0]?.endsWith('.gatehouse-test.example')),
    );
    for (const set of ['crisis', 'education'] as const) {
      const own = items.filter((i) => i.set === set);
      assert.equal(own.length, sites[set].length);
      assert.ok(own.every((i) => i.expect === 'open'));
    }
    assert.deepEqual(items.find((i) => i.host === 'childline.org.uk')?.names, [
      'childline.org.uk',
      'www.childline.org.uk',
    ]);
  }
});
