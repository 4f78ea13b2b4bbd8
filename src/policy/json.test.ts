import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { policyOf, taxonomy } from './fixture.ts';
import { checkPolicy, parsePolicy } from './parse.ts';

const GOOD = JSON.stringify(policyOf());
const MIB = 1024 * 1024;

/** The message with which a document is refused; fails when it took long or much memory. */
function refusal(source: string | Uint8Array): string {
  const heap = process.memoryUsage().heapUsed;
  const start = process.cpuUsage();
  try {
    parsePolicy(source, 'school.json', taxonomy);
  } catch (e) {
    // Time of this process alone: the machine may be busy with something else.
    const { user, system } = process.cpuUsage(start);
    const took = (user + system) / 1000;
    const grown = (process.memoryUsage().heapUsed - heap) / MIB;
    assert.ok(took < 1000, `took ${Math.round(took)} ms`);
    assert.ok(grown < 100, `the heap grew by ${Math.round(grown)} MiB`);
    assert.ok(e instanceof Refusal && e.kind === 'invalid', String(e));
    return e.message;
  }
  return 'no refusal';
}

test('a file that is no document is refused in one clear sentence', () => {
  const cases: [source: string | Uint8Array, message: RegExp][] = [
    ['', /^school\.json is empty; a policy document is expected\.$/],
    [' \n\t', /^school\.json is empty/],
    [new Uint8Array(), /^school\.json is empty/],
    [GOOD.slice(0, 500), /^school\.json is not JSON: .*position 500/],
    [GOOD.slice(0, -1), /^school\.json is not JSON: /],
    [`${GOOD}}`, /^school\.json is not JSON: /],
    [
      '"Online-safety policy"',
      /\/: expected an object with the keys format, id, title.*; found "Online-safety policy"/,
    ],
    [Buffer.from(GOOD, 'utf16le'), /^school\.json is not JSON: |^school\.json is not UTF-8/],
    [Buffer.from(GOOD.replace('Everything', 'Café'), 'latin1'), /^school\.json is not UTF-8 text; save it as UTF-8/],
    [GOOD.replace('Everything', 'Every\0thing'), /^school\.json is not JSON: Bad control character/],
  ];
  for (const [source, message] of cases) assert.match(refusal(source), message);
});

test('a byte order mark is no mistake', () => {
  assert.equal(parsePolicy(`\uFEFF${GOOD}`, 'school.json').id, 'smallest');
  assert.equal(parsePolicy(Buffer.from(`\uFEFF${GOOD}`), 'school.json').id, 'smallest');
});

test('a document of 50 MB, or nested 100,000 deep, is refused at once and without filling the memory', () => {
  const cases: [source: string | Uint8Array, message: RegExp][] = [
    [`"${'x'.repeat(50_000_000)}"`, /too large to be a policy: 50000002 bytes, and at most 4194304/],
    [Buffer.alloc(50_000_000, '['), /too large/],
    ['['.repeat(100_000), /nested more than 64 levels deep/],
    ['['.repeat(100_000) + ']'.repeat(100_000), /nested more than 64/],
    ['{"a":'.repeat(100_000), /nested more than 64/],
    [GOOD.replace('"rules":[]', `"rules":${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`), /nested more than 64/],
    [
      GOOD.replace('"clauses":[', `"clauses":[${'{},'.repeat(1_000_000)}`),
      /\/clauses: expected at least 1 and at most 500 entries/,
    ],
    [`{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join()}}`, /and at least 1000 more/],
    [`{${'"a":1,'.repeat(500_000)}"a":1}`, /\/a: expected each key once; found the same key again/],
    [`"${'\\\\'.repeat(1_000_000)}`, /not JSON/],
    [`"${'\\"'.repeat(1_000_000)}`, /not JSON/],
  ];
  for (const [source, message] of cases) assert.match(refusal(source), message);
});

test('a value that refers to itself is refused like any other wrong shape', () => {
  const circle: Record<string, unknown> = { ...policyOf() };
  circle.meta = circle;
  const round: unknown[] = [];
  round.push(round);
  for (const value of [circle, { ...policyOf(), rules: round }, { ...policyOf(), title: 10n }, null, round]) {
    assert.throws(() => checkPolicy(value as never, 'school.json'), { code: 'policy.invalid' });
  }
});

test('a key that stands twice is refused where it stands, however it is spelt', () => {
  const twice = (from: string, to: string) =>
    refusal(GOOD.replace(from, to))
      .split('\n')
      .slice(1)
      .map((l) => l.trim());
  const said = 'expected each key once; found the same key again';
  assert.deepEqual(twice('"format":1', '"format":2,"format":1'), [`/format: ${said}`]);
  assert.deepEqual(twice('"number":"1.1"', '"number":"1.1","n\\u0075mber" : "2"'), [`/clauses/0/number: ${said}`]);
  assert.deepEqual(twice('"holders":{"min":1', '"holders":{"min":1,"min":1'), [`/roles/0/holders/min: ${said}`]);
  assert.deepEqual(twice('Everything here.', '\\"text\\": {\\"text\\": 1}, and \\\\'), []);
});

test('texts that no database would keep are refused where they stand', () => {
  const clause = { id: 'rules.all', number: '1.1', section: 'Rules', text: 'a\0b', rows: [] };
  assert.match(
    refusal(JSON.stringify(policyOf({ clauses: [clause] }))),
    /\/clauses\/0\/text: expected a text without NUL/,
  );
  assert.match(
    refusal(GOOD.replace('Everything', '\\ud800')),
    /\/clauses\/0\/text: expected a text of whole characters/,
  );
});

test('whatever is done to the text of a document, it is read or refused, and never quietly changed', () => {
  const edit = fc.record({
    at: fc.nat(GOOD.length),
    take: fc.nat(40),
    put: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(...'{}[]",:\\\0', '"id":', '\uFEFF', '1e999'),
    ),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const text = edits.reduce((t, { at, take, put }) => t.slice(0, at) + put + t.slice(at + take), GOOD);
      try {
        assert.deepEqual(parsePolicy(text, 'school.json', taxonomy), JSON.parse(text));
      } catch (e) {
        assert.ok(e instanceof Refusal, String(e));
      }
    }),
    { numRuns: 600 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.throws(() => parsePolicy(bytes, 'school.json', taxonomy), Refusal);
    }),
  );
});
