import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LineRefusal, readList } from '../formats.ts';
import { normaliseHost } from '../host.ts';
import { newSealKey, openSealsWith, sealedBytes } from './sealed.ts';

async function* stream(...chunks: (string | Uint8Array)[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function read(...chunks: (string | Uint8Array)[]) {
  const found: string[] = [];
  const refused: Partial<Record<LineRefusal, number>> = {};
  await readList(
    stream(...chunks),
    (host, path) => found.push(host + path),
    (why) => {
      refused[why] = (refused[why] ?? 0) + 1;
    },
  );
  return { found, refused };
}

test('rules of ad blockers: whole sites are taken, everything else is left out and counted', async () => {
  const { found, refused } = await read(`[Adblock Plus 2.0]
! Title: made up
||ads.example^
||*.more.example^$third-party
||even.more.example^$important,all
||no-caret.example
||192.0.2.7^
plain.example
0.0.0.0 hosts-style.example
@@||school.example^
||narrow.example^$script,domain=other.example
||opened.example^$badfilter
||wild*.example^
||path.example/ads/
|https://start.example/
/banner[0-9]+/
-banner-468x60.
other.example/ads/*
shop.example##.advert
shop.example#@#.advert
##.advert
`);
  assert.deepEqual(found, [
    'ads.example',
    'more.example',
    'even.more.example',
    'no-caret.example',
    '192.0.2.7',
    'plain.example',
    'hosts-style.example',
  ]);
  assert.deepEqual(refused, {
    'left out: an exception': 1,
    'left out: meant for some requests only': 2,
    'left out: a pattern, not a site': 5,
    'only one label': 1,
    'left out: hides parts of pages': 3,
  });
});

test('a response policy zone: owners under the zone’s name, whatever stands in its head', async () => {
  const { found, refused } = await read(`; made up
$TTL 1h
$ORIGIN rpz.test.
@ IN SOA localhost. root.localhost. (
    2026110301 ; serial
    3600 900
    604800 60 )
  IN NS localhost.
a.example            CNAME .
*.a.example      300 IN CNAME .
b.example.rpz.test.  IN 300 CNAME *.
c.example            CNAME rpz-drop.
d.example            A 0.0.0.0
                     AAAA ::
e.example            TXT "a.example CNAME . ; not a rule"
good.example         CNAME rpz-passthru.
old.example          CNAME old.example.
www.search.example   CNAME safe.search.example.
landing.example      A 198.51.100.7
32.7.2.0.192.rpz-ip  CNAME .
ns.bad.rpz-nsdname   CNAME .
away.example.        CNAME .
$ORIGIN test.rpz.test.
sub                  CNAME .
$GENERATE 1-9 x$ CNAME .
`);
  assert.deepEqual(found, ['a.example', 'a.example', 'b.example', 'c.example', 'd.example', 'd.example', 'sub.test']);
  assert.deepEqual(refused, {
    'left out: an exception': 2,
    'left out: leads elsewhere instead of closing': 2,
    'left out: about addresses or name servers': 2,
    'left out: outside its zone': 1,
    'not a rule of its format': 1,
  });
});

test('a policy zone whose name stands nowhere, or only in its head', async () => {
  const nameless = await read('@ SOA localhost. root.localhost. 1 2 3 4 5\n  NS localhost.\na.example CNAME .\n');
  assert.deepEqual(nameless, { found: ['a.example'], refused: {} });
  const owned = await read('rpz.test. 60 IN SOA a. b. 1 2 3 4 5\na.example CNAME .\nb.example.rpz.test. CNAME .\n');
  assert.deepEqual(owned, { found: ['a.example', 'b.example'], refused: {} });
  const headless = await read('a.example CNAME .\nb.example. CNAME .\ngood.example CNAME rpz-passthru.\n');
  assert.deepEqual(headless, { found: ['a.example', 'b.example'], refused: { 'left out: an exception': 1 } });
});

test('a bracket that nobody closes swallows some lines and not the list', async () => {
  const names = Array.from({ length: 80 }, (_, i) => `n${i}.example CNAME .`);
  const { found, refused } = await read(['@ SOA a. b. (', ...names].join('\n'));
  assert.equal(found.length, 30);
  assert.deepEqual(refused, { 'not a rule of its format': 1 });
});

test('settings of dnsmasq: what is answered with nothing is taken, what is sent elsewhere is not', async () => {
  const { found, refused } = await read(`# made up
address=/a.example/
address=/b.example/c.example/0.0.0.0
address=/d.example/#
address=/e.example/::
server=/f.example/
local=/g.example/
server=/h.example/192.0.2.53
address=/i.example/198.51.100.7
address=/#/0.0.0.0
`);
  assert.deepEqual(
    found,
    [...'abcdefg'].map((n) => `${n}.example`),
  );
  assert.deepEqual(refused, { 'left out: leads elsewhere instead of closing': 2, 'not a host name': 1 });
});

test('settings of unbound: zones that answer with nothing are taken, zones that let through are not', async () => {
  const { found, refused } = await read(`server:
  local-zone: "a.example" always_nxdomain
local-zone: "b.example." static
local-zone: c.example always_null
local-zone: "d.example" redirect
local-data: "d.example 60 IN A 0.0.0.0"
local-zone: "search.example" redirect
local-data: "search.example CNAME safe.search.example."
local-zone: "e.example" transparent
local-data-ptr: "192.0.2.7 f.example"
`);
  assert.deepEqual(
    found,
    [...'abcd'].map((n) => `${n}.example`),
  );
  assert.deepEqual(refused, {
    'left out: leads elsewhere instead of closing': 1,
    'left out: an exception': 1,
    'not a rule of its format': 1,
  });
});

test('what is no text is refused line by line, names in it included', async () => {
  const { found, refused } = await read(Buffer.from('a.example\n\u0000\u0001ELF\nb.example\n'));
  assert.deepEqual(found, []);
  assert.ok((refused['not text'] ?? 0) >= 3);
});

test('a sealed list is read where the key is known, and refused when it is not the key or was changed', async () => {
  const key = newSealKey();
  const sealed: Buffer[] = [];
  for await (const bytes of sealedBytes(stream('a.example\n', 'b.example/x\n'), key)) sealed.push(bytes);
  const bytes = Buffer.concat(sealed);
  assert.doesNotMatch(bytes.toString('latin1'), /example/);
  await assert.rejects(read(bytes), /sealed list cannot be opened/);
  openSealsWith(newSealKey());
  await assert.rejects(read(bytes), /cannot be opened/);
  openSealsWith(key);
  assert.deepEqual((await read(bytes)).found, ['a.example', 'b.example/x']);
  assert.deepEqual((await read(...[...bytes].map((b) => Uint8Array.of(b)))).found, ['a.example', 'b.example/x']);
  const changed = Buffer.from(bytes);
  changed[changed.length - 20]! ^= 1;
  await assert.rejects(read(changed), /cannot be opened/);
  await assert.rejects(read(bytes.subarray(0, -3)), /cannot be opened/);
});

const WORDS = [
  ...['||', '^', '$', '@@', '##', '#@#', '[Adblock', '!', '$important', 'CNAME', 'SOA', 'A', 'IN', '.', '*.', ' '],
  ...['rpz-drop.', 'rpz-passthru.', '$ORIGIN ', '$TTL ', '@', '(', ')', ';', '"', '\\', '\t', 'a.example', 'com', '/'],
  ...['address=/', 'server=/', 'local-zone: "', 'local-data: "', ' always_nxdomain', '0.0.0.0', '\u2028', '60', 'ü'],
];

test('whatever a list holds, what is taken is a host in its one spelling, and a read ends', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((parts) => parts.join('')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.uint8Array({ maxLength: 100 }), async (lines, bytes) => {
      await readList(
        stream(lines.join('\n'), bytes),
        (host, path) => {
          assert.equal(normaliseHost(host), host);
          assert.ok(host.includes('.') || host.includes(':'));
          assert.ok(path === '' || /^[/?]/.test(path));
        },
        (why) => assert.ok(why),
      );
    }),
    { numRuns: 500 },
  );
});

test('an exception is never read as something to close', async () => {
  const name = fc.constantFrom('a.example', 'www.b.example', 'xn--bcher-kva.example');
  const exception = fc.oneof(
    name.map((n) => `@@||${n}^`),
    name.map((n) => `@@||${n}^$important`),
    name.map((n) => `${n} CNAME rpz-passthru.`),
    name.map((n) => `*.${n} 60 IN CNAME rpz-passthru.`),
    name.map((n) => `local-zone: "${n}" always_transparent`),
    name.map((n) => `server=/${n}/192.0.2.53`),
    name.map((n) => `${n}##.advert`),
  );
  const neighbour = fc.constantFrom('||x.test^', '$TTL 60', '# c', 'x.test', '0.0.0.0 x.test', 'server:', '');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(exception, neighbour), { maxLength: 12 }), async (lines) => {
      const { found } = await read(lines.join('\n'));
      assert.deepEqual(
        found.filter((f) => f !== 'x.test'),
        [],
      );
    }),
    { numRuns: 300 },
  );
});

test('lines made to be slow are not', async () => {
  const long = 60_000;
  const hostile = [
    `${'/'.repeat(long)} x`,
    ` #${' #'.repeat(long / 2)}\u2028`,
    `$ORIGIN ${'"\\'.repeat(long / 2)}`,
    `||${'*'.repeat(long)}`,
    `address=/${'/'.repeat(long)} `,
    `a ${'60 '.repeat(long / 3)}`,
    `local-zone: "${' '.repeat(long)}`,
    `local-data: "a ${'1 '.repeat(long / 2)}`,
    '#'.repeat(long),
    `${'x'.repeat(long)}##`,
  ];
  const began = performance.now();
  const { found } = await read(Array.from({ length: 5 }, () => hostile.join('\n')).join('\n'));
  assert.deepEqual(found, []);
  const ms = performance.now() - began;
  assert.ok(ms < 3000, `${Math.round(ms)} ms`);
});
