import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reach } from '#core/reach.ts';
import { MOST_RANGES, openedBy, partWish, readRanges, within } from './private.rules.ts';

test('what is typed becomes ranges in one way of writing, a single address a range of one', () => {
  assert.deepEqual(readRanges(' 10.1.20.5/24\n10.9.8.7, FD00:1:0::/64\tfe80::1 10.1.20.0/24 ').ranges, [
    '10.1.20.0/24',
    '10.9.8.7/32',
    'fd00:1::/64',
    'fe80::1/128',
  ]);
  assert.deepEqual(readRanges(' \n '), { ranges: [] });
});

test('FIL-04 what is not the school’s own, loopback, or can be read in two ways opens nothing', () => {
  const wrong = [
    ...[
      '8.8.8.8',
      '192.168.0.0/8',
      '0.0.0.0/0',
      '127.0.0.1',
      '127.0.0.0/8',
      '::1',
      '::/0',
      '2001:db8::1',
      '172.32.0.0/16',
    ],
    ...['fc00::/6', '::ffff:10.0.0.1', '64:ff9b::a00:1', 'fe80::1%eth0', '012.0.0.1', '0x0a.0.0.1', '10.1', '10.1/16'],
    ...[
      '10.1.0.0/',
      '10.1.0.0/33',
      '10.1.0.0/016',
      '10.1.0.0/16/16',
      '10.1.0.0/-1',
      '/',
      'intranet',
      '10.1.0.0/1e1',
      '224.0.0.1',
    ],
  ];
  for (const text of wrong) assert.match(readRanges(`10.1.0.0/16 ${text}`).fault ?? '', /is not a private/, text);
  const many = Array.from({ length: MOST_RANGES + 1 }, (_, i) => `10.0.0.${i}`).join(' ');
  assert.match(readRanges(many).fault ?? '', /At most 50/);
});

test('any text is read or refused, and what is read is private and read alike again', () => {
  const pieces = fc.constantFrom(
    '10',
    '172',
    '16',
    '192',
    '168',
    '127',
    '0',
    '.',
    '/',
    ':',
    '::',
    'fd00',
    'fe80',
    'x',
    '%',
    ' ',
    '8',
    '24',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 14 }).map((p) => p.join('')),
  );
  fc.assert(
    fc.property(text, (typed) => {
      const { ranges, fault } = readRanges(typed);
      if (fault) return;
      assert.deepEqual(readRanges(ranges.join(' ')), { ranges });
      const reach = new Reach(ranges);
      for (const loopback of ['127.0.0.1', '127.255.255.254', '::1']) assert.equal(reach.permits(loopback), false);
    }),
    { numRuns: 2000 },
  );
});

test('FIL-04 taking away and making narrower closes at once, everything else is an opening', () => {
  const open = ['10.1.0.0/16', 'fd00:1::/64'];
  const cases: [string[], { stays: string[]; added: string[] }][] = [
    [open, { stays: open, added: [] }],
    [[], { stays: [], added: [] }],
    [['10.1.0.0/16'], { stays: ['10.1.0.0/16'], added: [] }],
    [['10.1.7.0/24', '10.1.9.9/32'], { stays: ['10.1.7.0/24', '10.1.9.9/32'], added: [] }],
    [['10.2.0.0/16'], { stays: [], added: ['10.2.0.0/16'] }],
    // Wider: what was open of it stays so meanwhile.
    [['10.0.0.0/8'], { stays: ['10.1.0.0/16'], added: ['10.0.0.0/8'] }],
    [['fd00:1::/64', '10.2.0.0/16', '10.2.3.0/24'], { stays: ['fd00:1::/64'], added: ['10.2.0.0/16'] }],
  ];
  for (const [wish, parted] of cases) assert.deepEqual(partWish(open, wish), parted, wish.join());
  assert.deepEqual(openedBy(open, ['10.0.0.0/8']), ['fd00:1::/64', '10.0.0.0/8']);
  assert.deepEqual(partWish(['012.0.0.0/8'], ['10.1.0.0/16']), { stays: [], added: ['10.1.0.0/16'] });
});

const range = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 22, max: 32 }))
  .map(([c, d, bits]) => readRanges(`10.0.${c}.${d}/${bits}`).ranges[0] ?? '');
const ranges = fc.uniqueArray(range, { maxLength: 5 });
const ADDRESSES = Array.from({ length: 1024 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).filter((_, i) => (i & 255) < 8);

test('FIL-04 for every wish: one person alone never opens an address, and two together open exactly what was wished', () => {
  fc.assert(
    fc.property(ranges, ranges, (open, wish) => {
      const { stays, added } = partWish(open, wish);
      const [before, alone, wished] = [new Reach(open), new Reach(stays), new Reach(wish)];
      const agreed = new Reach(openedBy(stays, added));
      for (const a of ADDRESSES) {
        if (alone.permits(a)) assert.ok(before.permits(a), `${a} was opened alone`);
        if (alone.permits(a)) assert.ok(wished.permits(a), `${a} was to be closed`);
        assert.equal(agreed.permits(a), wished.permits(a), a);
      }
    }),
    { numRuns: 150 },
  );
});

test('a range lies in another when all its addresses do', () => {
  fc.assert(
    fc.property(range, range, (a, b) => {
      const [inner, outer] = [new Reach([a]), new Reach([b])];
      if (within(a, b)) for (const x of ADDRESSES) assert.ok(!inner.permits(x) || outer.permits(x));
      assert.equal(within(a, b) && within(b, a), a === b);
    }),
    { numRuns: 200 },
  );
});
