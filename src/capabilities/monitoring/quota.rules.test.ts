import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { policyOf } from '#policy/fixture.ts';
import { shippedPolicy } from '#policy/shipped.ts';
import { minutesOf, quotaOf, schoolDay, uses } from './quota.rules.ts';

const AT = Date.UTC(2026, 10, 3, 10, 0);

test('SOC-18 a minute counts once, however much is asked for in it', () => {
  assert.equal(minutesOf([]), 0);
  assert.equal(minutesOf([AT, AT + 1, AT + MINUTE - 1]), 1);
  assert.equal(minutesOf([AT + MINUTE - 1, AT + MINUTE]), 2);
});

test('SOC-18 only a known person’s request that was let through uses up any of it', () => {
  const quota = { rule: 'SOC-18', category: 'social-media', minutes: 20 };
  const e = { person: 'ada', category: 'social-media', outcome: 'allow' } as const;
  assert.ok(uses(quota, e));
  assert.ok(uses(quota, { ...e, outcome: 'warn' }));
  assert.ok(!uses(quota, { ...e, outcome: 'block' }));
  assert.ok(!uses(quota, { ...e, person: null }));
  assert.ok(!uses(quota, { ...e, category: 'news' }));
});

test('SOC-18 minutes are counted where the policy sets how many, and nowhere else', () => {
  const doc = policyOf();
  const under = (privateSocialMedia: typeof doc.settings.privateSocialMedia) =>
    quotaOf({ ...doc, settings: { ...doc.settings, privateSocialMedia } });
  assert.deepEqual(under({ value: 'reasonable', minutesPerDay: 20 }), {
    rule: 'SOC-18',
    category: 'social-media',
    minutes: 20,
  });
  assert.equal(under({ value: 'reasonable', minutesPerDay: null }), null);
  assert.equal(under({ value: 'times', minutesPerDay: 20 }), null);
  assert.equal(quotaOf(shippedPolicy('tuition-centre')), null);
});

test('SOC-18 a day is the school’s own, also when the clocks change', () => {
  assert.deepEqual(schoolDay(AT, 'Europe/London'), { from: AT - 10 * HOUR, until: AT + 14 * HOUR });
  const back = schoolDay(Date.UTC(2026, 9, 25, 12, 0), 'Europe/London');
  assert.equal(back.until - back.from, DAY + HOUR);
});
