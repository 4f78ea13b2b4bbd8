import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MINUTE } from '#core/clock.ts';
import type { MonitoringRules } from '#policy/types.ts';
import { countsAsAttempt, grave, openKey, repeated, type Seen } from './detectors.rules.ts';

const rules: MonitoringRules = {
  repeated: { count: 3, minutes: 10, clause: 'monitoring.attempts', except: ['advertising'] },
  grave: { 'self-harm': { clause: 'monitoring.grave', urgency: 'urgent' } },
  escalation: [],
  escalationClause: 'reporting.escalation',
};
const event = (more: Partial<Seen> = {}): Seen => ({
  t: 0,
  person: 'p',
  address: '192.0.2.7',
  host: 'games.example',
  category: 'games',
  outcome: 'block',
  via: 'proxy',
  rule: 'MON-09',
  ...more,
});
const minutes = (...n: number[]) => n.map((m) => m * MINUTE);

test('A grave category is found at the first request, blocked or not', () => {
  for (const outcome of ['block', 'warn', 'allow'] as const) {
    assert.equal(grave(rules, event({ category: 'self-harm', outcome }))?.urgency, 'urgent');
  }
  assert.equal(grave(rules, event()), null);
  assert.equal(grave(rules, event({ category: null })), null);
  assert.equal(grave(rules, event({ category: 'constructor' })), null);
});

test('MON-07 n blocked requests in one category within t minutes are found, fewer or slower ones are not', () => {
  const found = (times: number[], t: number) => repeated(rules, times, event({ t: t * MINUTE })) !== null;
  assert.equal(found(minutes(0, 5, 10), 10), true);
  assert.equal(found(minutes(0, 5, 10), 0), true);
  assert.equal(found(minutes(0, 5, 10.1), 10.1), false);
  assert.equal(found(minutes(0, 10), 10), false);
  assert.equal(found(minutes(0, 1, 2, 30), 30), false);
  assert.equal(found(minutes(0, 25, 26, 27), 27), true);
});

test('MON-07 only blocked requests count, and not those that the policy leaves out or that are grave already', () => {
  assert.equal(countsAsAttempt(rules, event()), true);
  assert.equal(countsAsAttempt(rules, event({ outcome: 'allow' })), false);
  assert.equal(countsAsAttempt(rules, event({ category: 'advertising' })), false);
  assert.equal(countsAsAttempt(rules, event({ category: 'self-harm' })), false);
  assert.equal(countsAsAttempt(rules, event({ category: null })), false);
});

test('MON-07 what is found does not hang on the order in which events arrive', () => {
  const times = fc.array(fc.integer({ min: 0, max: 60 * MINUTE }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(times, (unsorted) => {
      const sorted = unsorted.toSorted((a, b) => a - b);
      // Word for word what the rule promises: some stretch of ten minutes around the event holds three.
      const naive = (t: number) =>
        sorted.some((first) => {
          const inside = sorted.filter((x) => x >= first && x <= first + 10 * MINUTE);
          return inside.length >= 3 && inside.includes(t);
        });
      for (const t of sorted) assert.equal(repeated(rules, sorted, event({ t })) !== null, naive(t));

      // Fed one by one, some event is found on arrival exactly when the whole holds something to be found.
      const arrived: number[] = [];
      const onArrival = unsorted.some((t) => {
        arrived.push(t);
        return (
          repeated(
            rules,
            arrived.toSorted((a, b) => a - b),
            event({ t }),
          ) !== null
        );
      });
      assert.equal(onArrival, sorted.some(naive));
    }),
  );
});

test('Somebody who is not signed in is known by the address', () => {
  assert.equal(openKey('grave', event({ category: 'self-harm' })), 'grave p self-harm');
  assert.equal(openKey('repeated', event({ person: null })), 'repeated 192.0.2.7 games');
});
