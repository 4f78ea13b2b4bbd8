import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LineRefusal, parseLine, readList } from './formats.ts';
import { normaliseHost } from './host.ts';

function parse(line: string): { found: string[]; why: LineRefusal | null } {
  const found: string[] = [];
  const why = parseLine(line, (host, path) => found.push(host + path));
  return { found, why };
}

async function read(...chunks: (string | Uint8Array)[]): Promise<{ found: string[]; refused: string[] }> {
  const found: string[] = [];
  const refused: string[] = [];
  async function* stream() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  await readList(
    stream(),
    (host, path) => found.push(host + path),
    (why, line, number) => refused.push(`${number} ${why}: ${line.slice(0, 20)}`),
  );
  return { found, refused };
}

test('a plain list: a name or an address a line, in any spelling', () => {
  for (const [line, name] of [
    ['example.com', 'example.com'],
    ['  Example.COM.  ', 'example.com'],
    ['*.example.com', 'example.com'],
    ['.example.com', 'example.com'],
    ['example.com # why', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['under_score.example.com', 'under_score.example.com'],
  ] as const) {
    assert.deepEqual(parse(line), { found: [name], why: null }, line);
  }
});

test('an address list: scheme, user and port fall away, the path stays', () => {
  for (const [line, name] of [
    ['example.com/Games/', 'example.com/games'],
    ['https://user@Example.com:8443/a/b?c=D#e', 'example.com/a/b?c=d'],
    ['http://example.com/', 'example.com'],
    ['192.0.2.7/~someone', '192.0.2.7/~someone'],
    ['http://[2001:db8::1]:80/x', '2001:db8::1/x'],
    ['example.com?id=1', 'example.com?id=1'],
  ] as const) {
    assert.deepEqual(parse(line), { found: [name], why: null }, line);
  }
});

test('a hosts file: many names a line, comments, and the machine’s own names left out', () => {
  assert.deepEqual(parse('0.0.0.0 a.example b.example # both'), { found: ['a.example', 'b.example'], why: null });
  assert.deepEqual(parse('127.0.0.1\tlocalhost localhost.localdomain a.example'), { found: ['a.example'], why: null });
  assert.deepEqual(parse(':: a.example'), { found: ['a.example'], why: null });
  for (const line of [
    'fe80::1%lo0 localhost',
    '255.255.255.255 broadcasthost',
    '::1 ip6-loopback',
    '0.0.0.0 0.0.0.0',
    '127.0.0.1',
  ]) {
    assert.deepEqual(parse(line), { found: [], why: null }, line);
  }
});

test('comments and empty lines say nothing', () => {
  for (const line of ['', '   ', '# a', '! a', '#a.example', '\ufeff# a', '\r'])
    assert.deepEqual(parse(line), { found: [], why: null }, line);
});

test('junk is refused with its reason, and good names beside it are kept', () => {
  assert.equal(parse('com').why, 'only one label');
  assert.equal(parse('.com').why, 'only one label');
  assert.equal(parse('com/path').why, 'only one label');
  assert.equal(parse('not a name').why, 'more than one name and no address before them');
  assert.equal(parse('1.2.3').why, 'not a host name');
  assert.equal(parse(`${'a.'.repeat(200)}example`).why, 'too long');
  assert.equal(parse('x'.repeat(10_000)).why, 'too long');
  assert.deepEqual(parse('0.0.0.0 a.example com b.example'), {
    found: ['a.example', 'b.example'],
    why: 'only one label',
  });
});

test('lines are the same however the bytes are cut', async () => {
  const text = Buffer.from('a.example\r\nbücher.example\n\n# c\njunk!\nd.example/x');
  const whole = await read(text);
  assert.deepEqual(whole, {
    found: ['a.example', 'xn--bcher-kva.example', 'd.example/x'],
    refused: ['5 not a host name: junk!'],
  });
  for (let cut = 0; cut <= text.length; cut++)
    assert.deepEqual(await read(text.subarray(0, cut), text.subarray(cut)), whole);
  assert.deepEqual(await read(...[...text].map((byte) => Uint8Array.of(byte))), whole);
});

test('a line without end is one refused line, is not kept in memory, and the next line is read', async () => {
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  async function* endless() {
    yield Buffer.from('a.example\n');
    for (let i = 0; i < 300; i++) {
      yield Buffer.alloc(1 << 20, 'x');
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      if (i % 20 === 0) await new Promise(setImmediate);
    }
    yield Buffer.from('\nb.example\n');
  }
  const found: string[] = [];
  const refused: number[] = [];
  await readList(
    endless(),
    (host) => found.push(host),
    (_, line, number) => {
      refused.push(number);
      assert.ok(line.length < 100_000);
    },
  );
  assert.deepEqual({ found, refused }, { found: ['a.example', 'b.example'], refused: [2] });
  assert.ok(peak < 200 << 20, `${peak} bytes held`);
});

test('no bytes can break the parser, and every name it takes is a normal host', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.domain(),
    fc.webUrl(),
    fc.ipV6(),
    fc
      .array(
        fc.constantFrom(
          '0.0.0.0',
          '*.',
          'a.example',
          '\u0000',
          '://',
          '@',
          '[',
          ']',
          ':',
          '/',
          ' ',
          '#',
          '.',
          '%',
          'ü',
          '\t',
        ),
      )
      .map((parts) => parts.join('')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.uint8Array({ maxLength: 200 }), async (lines, bytes) => {
      async function* stream() {
        yield Buffer.from(lines.join('\n'));
        yield bytes;
      }
      await readList(
        stream(),
        (host, path) => {
          assert.equal(normaliseHost(host), host);
          assert.ok(host.includes('.') || host.includes(':'));
          assert.ok(path === '' || /^[/?]/.test(path));
        },
        (why) => assert.ok(why),
      );
    }),
    { numRuns: 300 },
  );
});
