import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { canonicalAddress, dayDigests, keptFrom, parseBatch, placeInTime } from './events.rules.ts';

const PERSON = '019a0000-0000-7000-8000-000000000001';
const line = (more: object = {}) => ({
  t: Date.UTC(2026, 10, 3, 9),
  via: 'proxy',
  person: PERSON,
  device: null,
  address: '192.0.2.7',
  profile: 'pupil-8',
  host: 'games.example',
  category: 'games',
  outcome: 'block',
  rule: 'UAR-20',
  clause: 'filtering.games',
  snapshot: 4,
  list: 'f00d',
  count: 1,
  ...more,
});
const body = (...lines: unknown[]) =>
  Buffer.from(lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n'));

test('MON-01 a batch is read line by line, with or without a newline at its end', () => {
  assert.deepEqual(parseBatch(body(line(), line({ count: 3 }))), [line(), line({ count: 3 })]);
  assert.equal(parseBatch(Buffer.concat([body(line()), Buffer.from('\n')])).length, 1);
  assert.deepEqual(parseBatch(Buffer.alloc(0)), []);
});

test('A malformed line refuses the whole batch and is named', () => {
  const cases: [unknown, RegExp][] = [
    ['{', /Line 2 of this batch is not JSON/],
    ['null', /Line 2 of this batch is not an event/],
    ['[]', /not an event/],
    [line({ t: '5' }), /"t" must be a time/],
    [line({ via: 'wifi' }), /"via"/],
    [line({ person: 'sam' }), /"person"/],
    [line({ person: undefined }), /"person"/],
    [line({ device: 7 }), /"device"/],
    [line({ address: '300.1.1.1' }), /"address"/],
    [line({ profile: 'a b' }), /"profile"/],
    [line({ host: 7 }), /"host"/],
    [line({ category: 'a\u0000' }), /"category"/],
    [line({ outcome: 'maybe' }), /"outcome"/],
    [line({ rule: '' }), /"rule"/],
    [line({ clause: 3 }), /"clause"/],
    [line({ snapshot: -1 }), /"snapshot"/],
    [line({ list: '\ud800' }), /"list"/],
    [line({ count: 0 }), /"count"/],
    [line({ count: 2 ** 31 }), /"count"/],
  ];
  for (const [bad, message] of cases) assert.throws(() => parseBatch(body(line(), bad)), message);
});

test('Nothing that a person can put into a host name refuses a batch', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (host) => {
      const [event] = parseBatch(body(line({ host })));
      assert.match(event?.host ?? '', /^[!-~]{1,253}$/);
    }),
  );
});

test('Whatever bytes arrive, a batch is read or refused, and nothing else', () => {
  const text = fc.array(
    fc.oneof(
      fc.json(),
      fc.string(),
      fc.record({ t: fc.anything(), host: fc.anything(), person: fc.anything() }).map((m) => JSON.stringify(line(m))),
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        text.map((t) => Buffer.from(t.join('\n'))),
        fc.uint8Array().map(Buffer.from),
      ),
      (bytes) => {
        try {
          parseBatch(bytes as Buffer);
        } catch (e) {
          assert.ok(e instanceof Refusal, String(e));
          assert.match(e.message, /^Line \d+ of this batch/);
        }
      },
    ),
  );
});

test('An address has one spelling', () => {
  assert.equal(canonicalAddress('2001:DB8:0:0::1'), '2001:db8::1');
  assert.equal(canonicalAddress('fe80::1%eth0'), 'fe80::1');
  assert.equal(canonicalAddress('::ffff:192.0.2.7'), '192.0.2.7');
  assert.equal(canonicalAddress('here'), null);
});

test('MON-12 what is older than may be kept is not stored; a clock that runs ahead gives the time of arrival', () => {
  const now = Date.UTC(2026, 10, 3, 10);
  const window = { now, keptFrom: keptFrom(now, 30) };
  const events = parseBatch(
    body(
      line({ t: now - 31 * DAY }),
      line({ t: now + 4 * MINUTE }),
      line({ t: now + DAY }),
      line({ t: now - 30 * DAY }),
    ),
  );
  const { lines, expired, ahead } = placeInTime(events, window);
  assert.deepEqual([expired, ahead], [1, 1]);
  assert.deepEqual(
    lines.map((l) => [l.line, l.t]),
    [
      [2, now + 4 * MINUTE],
      [3, now],
      [4, now - 30 * DAY],
    ],
  );
});

test('MON-12 every field of every line is part of its day’s digest', () => {
  const at = Date.UTC(2026, 10, 3, 23, 59);
  const lines = [line({ t: at }), line({ t: at + 2 * MINUTE })].map((l, i) => ({ ...l, line: i + 1 }));
  const digest = (all: object[]) => dayDigests(all as Parameters<typeof dayDigests>[0]);
  const was = digest(lines);
  assert.deepEqual(Object.keys(was), ['2026-11-03', '2026-11-04']);
  const [first, second] = lines;
  assert.ok(first && second);
  for (const field of Object.keys(first) as (keyof typeof first)[]) {
    const changed = { ...first, [field]: field === 't' ? first.t + 1 : 'other' };
    assert.notEqual(digest([changed, second])['2026-11-03']?.sha256, was['2026-11-03']?.sha256, field);
  }
});
