import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR } from '#core/clock.ts';
import type { Duty } from '#policy/index.ts';
import { answerable, mayGive, noticesOf, stateOf, type Times } from './duties.rules.ts';
import { periodWords, subjectOf } from './duties.words.ts';

const ZONE = 'Europe/London';
const at = (text: string) => Temporal.PlainDateTime.from(text).toZonedDateTime(ZONE).epochMilliseconds;

const november: Times = { opens: at('2026-11-01T00:00'), due: at('2026-11-30T23:59'), nextOpens: null, doneAt: null };
const december = at('2026-12-01T00:00');

test('a turn waits until a week before it is due, is due, and is late after that', () => {
  const states = ['2026-11-20T00:00', '2026-11-24T00:00', '2026-11-30T23:59', '2026-12-01T00:01'].map((now) =>
    stateOf(november, at(now)),
  );
  assert.deepEqual(states, ['waiting', 'due', 'due', 'late']);
});

test('GOV-35 what the next turn overtook is missed, and no evidence afterwards makes it anything else', () => {
  const overtaken = { ...november, nextOpens: december };
  assert.equal(stateOf(overtaken, december), 'missed');
  assert.equal(stateOf({ ...overtaken, doneAt: december + HOUR }, december + DAY), 'missed');
  assert.equal(stateOf({ ...overtaken, doneAt: at('2026-11-29T10:00') }, december + DAY), 'done');
  // In a holiday the next turn has not begun: done late, not missed.
  assert.equal(
    stateOf({ ...november, nextOpens: december + 9 * DAY, doneAt: december + DAY }, december + 10 * DAY),
    'done-late',
  );
});

test('a turn still running when a new version of the policy begins the next is not missed before it is due', () => {
  assert.equal(stateOf({ ...november, nextOpens: at('2026-11-10T00:00') }, at('2026-11-28T00:00')), 'due');
});

test('GOV-35 time alone never makes a missed turn good, whatever the times', () => {
  const time = fc.integer({ min: 0, max: 400 }).map((n) => n * DAY);
  fc.assert(
    fc.property(time, time, time, fc.option(time), time, time, (opens, length, gap, doneAt, now, later) => {
      const times = { opens, due: opens + length, nextOpens: opens + length + gap + 1, doneAt };
      const known = doneAt !== null && doneAt > now ? { ...times, doneAt: null } : times;
      if (stateOf(known, now) === 'missed') assert.equal(stateOf(times, now + later), 'missed');
    }),
  );
});

const duty = (parts: Partial<Duty>): Duty => ({
  id: 'CAL-09',
  title: 'Full security check',
  owner: 'ict-manager',
  deputy: 'filter-approver',
  period: { every: 'month' },
  proposed: false,
  evidence: { form: 'checklist', text: 'Signed checklist' },
  escalation: { role: 'dsl', afterDays: 2 },
  clause: 'rules.all',
  rows: [],
  ...parts,
});
const local = (ms: number) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(ZONE).toPlainDateTime().toString().slice(0, 16);
const plan = (turn: { opens: number; due: number | null }, of: Duty) =>
  noticesOf(turn, of, ZONE).map((n) => `${n.kind} ${local(n.at)}`);

test('long turns are told of when they begin, a week before, on the last working morning, and to a second role when late', () => {
  assert.deepEqual(plan({ opens: at('2027-01-01T00:00'), due: at('2027-01-31T23:59') }, duty({})), [
    'opened 2027-01-01T00:00',
    'soon 2027-01-24T23:59',
    // The 31st is a Sunday.
    'due 2027-01-29T08:00',
    'late 2027-02-02T23:59',
  ]);
});

test('short turns are told of less, and what follows an event at once', () => {
  const week = { opens: at('2026-11-02T00:00'), due: at('2026-11-08T23:59') };
  assert.deepEqual(plan(week, duty({ period: { every: 'week' } })), ['due 2026-11-06T08:00', 'late 2026-11-10T23:59']);
  const day = { opens: at('2026-11-02T00:00'), due: at('2026-11-02T23:59') };
  assert.deepEqual(plan(day, duty({ period: { every: 'day' } })), ['late 2026-11-04T23:59']);
  const event = duty({ period: { after: 'a breach', within: null } });
  assert.deepEqual(plan({ opens: at('2026-11-02T10:00'), due: null }, event), [
    'opened 2026-11-02T10:00',
    'late 2026-11-05T10:00',
  ]);
});

test('owner and deputy answer for a duty; what is everybody’s is answered for by its deputy, else by the second role', () => {
  assert.deepEqual(answerable(duty({})), ['ict-manager', 'filter-approver']);
  assert.deepEqual(answerable(duty({ owner: 'everyone' })), ['filter-approver']);
  assert.deepEqual(answerable(duty({ owner: 'staff', deputy: null })), ['dsl']);
  assert.equal(mayGive(['staff', 'head'], duty({})), false);
  assert.equal(mayGive(['staff', 'ict-manager'], duty({})), true);
});

test('periods read as people say them', () => {
  assert.deepEqual(
    [
      periodWords({ every: 'half-term' }),
      periodWords({ every: 'academic-year', times: 2 }),
      periodWords({ after: 'a breach', within: { minutes: 72 * 60 } }),
      periodWords({ after: 'a fault', within: { minutes: 14 * 24 * 60 } }),
      periodWords({ after: 'an image is suspected', within: { minutes: 0 } }),
      periodWords({ after: 'a new starter', within: null }),
    ],
    [
      'every half term',
      'every 2 school years',
      'after a breach, within 72 hours',
      'after a fault, within 14 days',
      'after an image is suspected, at once',
      'after a new starter, as soon as possible',
    ],
  );
  assert.equal(subjectOf('due', 2), 'Gatehouse: 2 duties of yours are due');
  assert.equal(subjectOf('late', 1), 'Gatehouse: a duty is late');
});
