import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shippedPolicy } from '#policy/index.ts';
import {
  overlaps,
  readDays,
  readSlot,
  readTime,
  readTimetable,
  rulesOfTheDay,
  sayDays,
  weekOf,
} from './school-day.rules.ts';

const slot = (name: string, kind: 'lesson' | 'lunch' | 'break', from: string, to: string, days = [1, 2, 3, 4, 5]) => ({
  name,
  kind,
  days,
  from,
  to,
});

test('days and times are read as people write them', () => {
  const days: [string, number[] | null][] = [
    ['Mon-Fri', [1, 2, 3, 4, 5]],
    ['mon – wed', [1, 2, 3]],
    ['Monday Thursday', [1, 4]],
    ['Fri; Mon', [1, 5]],
    ['1 3 5', [1, 3, 5]],
    ['Tuesdays', [2]],
    ['Fri-Mon', null],
    ['Mon-Wed-Fri', null],
    ['someday', null],
    ['m', null],
    ['8', null],
    ['', null],
  ];
  for (const [text, expected] of days) assert.deepEqual(readDays(text), expected, text);
  const times: [string, string | null][] = [
    ['8:50', '08:50'],
    ['08.50', '08:50'],
    ['24:00', '24:00'],
    ['24:01', null],
    ['9', null],
    ['8:5', null],
  ];
  for (const [text, expected] of times) assert.equal(readTime(text), expected, text);
  assert.equal(sayDays([1, 2, 3, 4, 5]), 'Monday to Friday');
  assert.equal(sayDays([1, 3]), 'Monday and Wednesday');
  assert.equal(sayDays([7]), 'Sunday');
});

test('a pasted timetable becomes slots, from commas or a spreadsheet’s tabs', () => {
  const { slots, faults } = readTimetable(
    'Lesson 1, lesson, Mon-Fri, 8:50, 9:50\r\n\nForm\tTutor time\tMon Wed\t08.30\t08.50\nClubs, clubs, Tue, 15:30, 16:30',
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(slots, [
    slot('Lesson 1', 'lesson', '08:50', '09:50'),
    { name: 'Form', kind: 'tutor-time', days: [1, 3], from: '08:30', to: '08:50' },
    { name: 'Clubs', kind: 'club', days: [2], from: '15:30', to: '16:30' },
  ]);
});

test('each fault of a timetable is located by its line', () => {
  const { faults } = readTimetable(
    'Lesson 1, lesson, Mon-Fri, 08:50, 09:50\nLesson 2, nap, Mon, 9, 8:00\nLesson 1, lesson, Tue, 10:00, 11:00\njust words\nL, lesson, Mon, 11:00, 10:00',
  );
  assert.deepEqual(
    faults.map((f) => f.slice(0, 22)),
    [
      'Line 2: kind: choose o',
      'Line 2: from: give a t',
      'Line 3: the name “Less',
      'Line 4: write five par',
      'Line 5: to: it ends af',
    ],
  );
  assert.match(readTimetable('  \n').faults.join(), /nothing here yet/);
  assert.match(readTimetable('\n'.repeat(600)).faults.join(), /at most 500 lines/);
});

test('whatever is pasted, each line is a slot that the database takes or a fault with its line', () => {
  const line = fc.oneof(
    fc.string(),
    fc.tuple(fc.string(), fc.string(), fc.string(), fc.string(), fc.string()).map((parts) => parts.join(', ')),
    fc
      .tuple(
        fc.constantFrom('lesson', 'lunch', 'x'),
        fc.constantFrom('Mon', '1-9', 'Fri-Sun'),
        fc.integer({ min: 0, max: 30 }),
      )
      .map(([kind, days, hour]) => `A, ${kind}, ${days}, ${hour}:00, 15:00`),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const { slots, faults } = readTimetable(lines.join('\n'));
      for (const s of slots) {
        assert.ok(s.name.length > 0 && [...s.name].length <= 80 && s.from < s.to && s.days.length > 0);
        assert.match(s.from, /^([01]\d|2[0-3]):[0-5]\d$/);
        assert.ok(s.days.every((d) => d >= 1 && d <= 7));
      }
      assert.ok(faults.every((f) => /^Line \d+: |nothing here/.test(f)));
      assert.ok(slots.length > 0 || faults.length > 0);
    }),
  );
});

test('two kinds at one time are an overlap; one kind twice, one after the other or on other days is none', () => {
  const lesson = slot('L', 'lesson', '09:00', '10:00');
  assert.equal(overlaps([lesson, slot('M', 'lesson', '09:30', '10:30')]).length, 0);
  assert.equal(overlaps([lesson, slot('B', 'break', '10:00', '10:20')]).length, 0);
  assert.equal(overlaps([lesson, slot('B', 'break', '09:30', '10:00', [6])]).length, 0);
  assert.deepEqual(
    overlaps([lesson, slot('B', 'break', '09:30', '10:20', [2, 3])]).map((o) => o.days),
    ['Tuesday and Wednesday'],
  );
});

test('the week is a row for each stretch of time, with Saturday only where there is one', () => {
  const week = weekOf([slot('L', 'lesson', '09:00', '10:00', [1, 6]), slot('M', 'lesson', '08:00', '09:00', [1])]);
  assert.deepEqual(week.days.at(-1), 'Saturday');
  assert.deepEqual(
    week.rows.map((r) => [r.from, r.cells.map((c) => c.map((s) => s.name).join())]),
    [
      ['08:00', ['M', '', '', '', '', '']],
      ['09:00', ['L', '', '', '', '', 'L']],
    ],
  );
});

test('it is known which rules of a policy wait for a timetable', () => {
  const { timed } = rulesOfTheDay(shippedPolicy('tuition-centre'));
  assert.equal(timed.length, 4);
  assert.ok(timed.includes('Shopping'));
  assert.ok(rulesOfTheDay(shippedPolicy('secondary-school')).partial.length >= 4);
});

test('a slot in bad order says what is wrong with each part', () => {
  const read = readSlot({ name: ' ', kind: 'nap', days: '', from: 'x', to: '08:00' });
  assert.deepEqual('faults' in read && Object.keys(read.faults), ['name', 'kind', 'days', 'from']);
});
