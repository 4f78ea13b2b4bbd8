import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayIn, isDay } from './days.ts';

test('a day is a day of the calendar', () => {
  for (const day of ['2026-02-28', '2028-02-29', '0001-01-01', '9999-12-31']) assert.ok(isDay(day), day);
  for (const none of [
    '2026-02-29',
    '2026-02-31',
    '2026-13-01',
    '2026-00-10',
    '0000-01-01',
    '26-1-1',
    '2026-01-01T00',
    '',
  ])
    assert.ok(!isDay(none), none);
});

test('the day is the one at the school, on the night the clocks change too', () => {
  assert.equal(dayIn('Europe/London', Date.UTC(2026, 6, 1, 23, 30)), '2026-07-02');
  assert.equal(dayIn('Europe/London', Date.UTC(2026, 11, 1, 23, 30)), '2026-12-01');
  assert.equal(dayIn('Europe/London', new Date('2026-10-24T23:30:00Z')), '2026-10-25');
  assert.equal(dayIn('Europe/London', new Date('2026-10-25T23:30:00Z')), '2026-10-25');
});
