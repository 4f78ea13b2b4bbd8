import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from '#policy/fixture.ts';
import type { SchoolFacts } from '#policy/types.ts';
import { isTime, pupilsNow, rulesOf } from './class-view.rules.ts';

const AT = Date.UTC(2026, 10, 3, 10, 0);
const seen = (person: string, host: string | null, ago: number) => ({ person, host, at: new Date(AT - ago * 1000) });
const CLASS = [
  { id: 'a', name: 'Ann' },
  { id: 'b', name: 'Ben' },
];

test('MON-10 each pupil’s sites stand once, the newest first; what was stopped stands without its name', () => {
  const lines = [
    seen('a', 'www.maps.example', 1),
    seen('a', null, 2),
    seen('b', 'video.example', 3),
    seen('a', 'tiles.maps.example', 4),
    seen('a', null, 5),
    seen('a', 'atlas.example', 6),
  ];
  const [ann, ben] = pupilsNow(CLASS, lines, () => false);
  assert.deepEqual(
    ann?.sites.map((s) => s.host),
    ['maps.example', 'atlas.example'],
  );
  assert.deepEqual(ann?.blocked, { times: 2, at: new Date(AT - 2000) });
  assert.deepEqual([ben?.sites.length, ben?.blocked], [1, null]);
});

test('MON-10 whoever has nothing open stands there too, and a site that is private does not', () => {
  const [ann, ben] = pupilsNow(CLASS, [seen('a', 'clinic.example', 1)], (host) => host === 'clinic.example');
  assert.deepEqual([ann?.sites, ann?.blocked], [[], null]);
  assert.equal(ben?.name, 'Ben');
});

test('MON-10 classes are looked at when the policy says: always where it says nothing, else within its slots in term', () => {
  const monitoring = policyOf().monitoring;
  assert.equal(rulesOf(policyOf()).windows, undefined);
  const school: SchoolFacts = {
    timeZone: 'Europe/London',
    terms: [{ from: '2026-09-01', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } }],
    slots: [{ kind: 'lesson', days: [1, 2, 3, 4, 5], from: '09:00', to: '12:00' }],
    grants: [],
  };
  const windows = [{ slots: ['lesson' as const], term: true }];
  const rules = rulesOf(policyOf({ monitoring: { ...monitoring, classView: { windows, others: [], shown: true } } }));
  assert.ok(isTime(rules, school, AT));
  assert.ok(!isTime(rules, school, AT + 2 * 3_600_000), 'at the end of the lesson');
  assert.ok(!isTime(rules, school, Date.UTC(2026, 9, 27, 10, 0)), 'half term');
  assert.ok(!isTime(rules, { ...school, slots: [] }, AT), 'no timetable, no time');
  assert.ok(isTime(rulesOf(policyOf()), { ...school, slots: [] }, AT));
});
