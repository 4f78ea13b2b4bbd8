import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_HELLO, parseClientHello } from './client-hello.ts';
import { realHello } from './testing.ts';

const u16 = (n: number): number[] => [(n >> 8) & 255, n & 255];
const vector = (size: 1 | 2, bytes: readonly number[]): number[] => [
  ...(size === 1 ? [bytes.length] : u16(bytes.length)),
  ...bytes,
];
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const extension = (type: number, bytes: readonly number[]): number[] => [...u16(type), ...vector(2, bytes)];
const serverName = (name: string): number[] => extension(0, vector(2, [0, ...vector(2, ascii(name))]));

function body(extensions: readonly number[] | null): number[] {
  const fixed = [3, 3, ...new Array<number>(32).fill(7), ...vector(1, []), ...vector(2, [0x13, 1]), ...vector(1, [0])];
  return extensions === null ? fixed : [...fixed, ...vector(2, extensions)];
}
const handshake = (bytes: readonly number[], type = 1): number[] => [type, 0, ...u16(bytes.length), ...bytes];
const record = (bytes: readonly number[]): number[] => [22, 3, 1, ...vector(2, bytes)];
const hello = (...extensions: number[][]): Uint8Array => Uint8Array.from(record(handshake(body(extensions.flat()))));

test('the server name is read from the hello of a real TLS client', async () => {
  const bytes = await realHello('www.example.test');
  assert.deepEqual(parseClientHello(bytes), { kind: 'hello', serverName: 'www.example.test', ech: false });
  const nameless = await realHello('');
  assert.deepEqual(parseClientHello(nameless), { kind: 'hello', serverName: null, ech: false });
});

test('a hello without extensions names no server; an encrypted one says that its name is the outer one', () => {
  const none = Uint8Array.from(record(handshake(body(null))));
  assert.deepEqual(parseClientHello(none), { kind: 'hello', serverName: null, ech: false });
  const ech = parseClientHello(hello(serverName('outer.test'), extension(0xfe0d, [0, 1, 2])));
  assert.deepEqual(ech, { kind: 'hello', serverName: 'outer.test', ech: true });
});

test('a hello may come in any pieces: cut into segments and into records', () => {
  const whole = handshake(body(serverName('www.example.test')));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 8 }), (cuts) => {
      const at = [0, ...new Set(cuts.toSorted((a, b) => a - b)), whole.length];
      const bytes = Uint8Array.from(at.slice(1).flatMap((end, i) => record(whole.slice(at[i], end))));
      for (let size = 0, need = 0; size < bytes.length; size++) {
        const part = parseClientHello(bytes.subarray(0, size));
        assert.equal(part.kind, 'incomplete');
        if (part.kind !== 'incomplete') return;
        assert.ok(part.need > size && part.need >= need && part.need <= bytes.length);
        need = part.need;
      }
      assert.deepEqual(parseClientHello(bytes), { kind: 'hello', serverName: 'www.example.test', ech: false });
    }),
    { numRuns: 50 },
  );
});

test('what is no TLS is seen by its first byte', () => {
  for (const text of ['GET / HTTP/1.1\r\n', 'SSH-2.0-OpenSSH\r\n', '\x80\x2e\x01\x03\x01', '\x13BitTorrent protocol']) {
    assert.deepEqual(parseClientHello(Buffer.from(text, 'latin1')), { kind: 'refused', reason: 'not-tls' });
  }
});

test('a hello that two readers could read in two ways is refused', () => {
  const twoNames = extension(0, vector(2, [0, ...vector(2, ascii('a.test')), 0, ...vector(2, ascii('b.test'))]));
  const cases: Record<string, Uint8Array> = {
    'the extension twice': hello(serverName('a.test'), serverName('b.test')),
    'two names': hello(twoNames),
    'an empty name': hello(serverName('')),
    'a NUL in the name': hello(serverName('a.test\0.b.test')),
    'a name that is not ASCII': hello(serverName('b\u00fccher.test')),
    'a name of unknown kind': hello(extension(0, vector(2, [1, ...vector(2, ascii('a.test'))]))),
    'bytes after the name': hello(extension(0, [...vector(2, [0, ...vector(2, ascii('a.test'))]), 9])),
    'bytes after the extensions': Uint8Array.from(record(handshake([...body(serverName('a.test')), 0]))),
    'bytes after the hello': Uint8Array.from(record([...handshake(body(serverName('a.test'))), 1, 2, 3, 4])),
    'another handshake message': Uint8Array.from(record(handshake(body(null), 2))),
    'an empty record': Uint8Array.from([22, 3, 1, 0, 0]),
    'an alert in the middle': Uint8Array.from([...record(handshake(body(null)).slice(0, 9)), 21, 3, 1, 0, 2, 1, 0]),
  };
  for (const [what, bytes] of Object.entries(cases)) {
    assert.deepEqual(parseClientHello(bytes), { kind: 'refused', reason: 'malformed' }, what);
  }
});

test('a hello that never ends is refused at the bound', () => {
  const long = Uint8Array.from([22, 3, 1, ...u16(16384), 1, 0, 0xff, 0xff]);
  assert.deepEqual(parseClientHello(long), { kind: 'refused', reason: 'too-long' });
  const many = Uint8Array.from(new Array(MAX_HELLO).fill(record([1])).flat());
  assert.equal(parseClientHello(many).kind, 'refused');
});

test('no bytes make it throw, and a damaged hello never yields a name that was not in it', async () => {
  const real = await realHello('www.example.test');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void parseClientHello(bytes)));
  fc.assert(
    fc.property(fc.nat(real.length - 1), fc.nat(255), fc.nat(real.length), (at, value, length) => {
      const damaged = Buffer.from(real);
      damaged[at] = value;
      const result = parseClientHello(damaged.subarray(0, length));
      if (result.kind !== 'hello' || result.serverName === null) return;
      assert.ok(damaged.includes(result.serverName, 0, 'latin1'));
    }),
    { numRuns: 3000 },
  );
});
