import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE } from '#core/clock.ts';
import { taxonomy } from '#policy/fixture.ts';
import { bareSchool, compilePolicy, shippedPolicy } from '#policy/index.ts';
import { activityBetween, type Episode, type World } from './activity.ts';
import type { DemoPerson } from './people.ts';
import { Random } from './random.ts';

const NINE = Date.UTC(2026, 10, 18, 9);
const people = ['pupil', 'staff'].map((kind, i) => ({
  id: `01a2022935b5784d92d01ac42219df0${i}`,
  kind,
  yearGroup: kind === 'pupil' ? 9 : null,
})) as unknown as DemoPerson[];
const document = shippedPolicy('secondary-school');
const world = (): World => ({
  people,
  document,
  compiled: compilePolicy(document, taxonomy, bareSchool('Europe/London')),
  random: new Random(1),
});

test('every try of an episode happens, wherever the batches are cut', () => {
  for (let minute = 0; minute < 60; minute += 5) {
    const [person] = people as [DemoPerson];
    const e: Episode = { at: NINE + minute * MINUTE, person, host: 'fights.example', category: 'violence', tries: 6 };
    const cuts = [NINE, NINE + (minute + 2) * MINUTE, NINE + HOUR, NINE + 2 * HOUR];
    const tries = cuts
      .slice(1)
      .flatMap((to, i) => activityBetween(world(), cuts[i] ?? 0, to, [e]))
      .filter((x) => x.host === e.host);
    assert.equal(tries.length, 6, `begun at minute ${minute}`);
    assert.equal(new Set(tries.map((x) => x.t)).size, 6);
  }
});

test('an hour is as busy in parts as it is whole', () => {
  const whole = activityBetween(world(), NINE, NINE + HOUR, []).length;
  const parts = [0, 7, 31, 60]
    .map((m) => NINE + m * MINUTE)
    .reduce((sum, to, i, at) => sum + (i ? activityBetween(world(), at[i - 1] ?? 0, to, []).length : 0), 0);
  assert.ok(Math.abs(whole - parts) <= 3, `${whole} and ${parts}`);
});
