import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { loadIndex, openIndex } from './index.ts';
import { compile, tempFolder } from './test-lists.ts';

const LISTS = { 'games/domains': ['a.example', 'b.example', '192.0.2.7'], 'news/urls': ['a.example/x'] };

function refused(file: string, what: string): void {
  assert.throws(
    () => loadIndex(file),
    (e) =>
      e instanceof Refusal &&
      e.code === 'filter.index.damaged' &&
      e.message.startsWith('The category index cannot be used: '),
    what,
  );
}

test('an index with any one byte changed is refused', async (t) => {
  const { file } = await compile(t, LISTS);
  const good = readFileSync(file);
  const bad = join(tempFolder(t), 'bad');
  for (let at = 0; at < good.length; at++) {
    const bytes = Buffer.from(good);
    bytes[at]! ^= 1 << (at % 8);
    writeFileSync(bad, bytes);
    refused(bad, `byte ${at}`);
  }
});

test('an index cut short or with bytes added is refused', async (t) => {
  const { file } = await compile(t, LISTS);
  const good = readFileSync(file);
  const bad = join(tempFolder(t), 'bad');
  for (let length = 0; length < good.length; length += 7) {
    writeFileSync(bad, good.subarray(0, length));
    refused(bad, `${length} bytes`);
  }
  writeFileSync(bad, Buffer.concat([good, Buffer.alloc(10)]));
  refused(bad, 'bytes added');
});

test('a missing index is said to be missing', (t) => {
  assert.throws(() => loadIndex(join(tempFolder(t), 'none')), { code: 'filter.index.missing' });
});

test('an index with a right checksum and wrong content is refused, or answers without harm', async (t) => {
  const file = join(tempFolder(t), 'made-up');
  const number = fc.oneof(fc.nat(20), fc.constantFrom(-1, 1.5, 2 ** 32, 2 ** 40));
  const head = fc.record(
    {
      format: fc.constantFrom(1, 1, 1, 2, '1'),
      seed: fc.oneof(fc.constant([1, 2]), fc.array(number)),
      slots: fc.oneof(fc.constant(8), number),
      domains: number,
      urls: number,
      categories: fc.oneof(fc.constant(['games', 'news']), fc.array(fc.jsonValue())),
      levels: fc.oneof(fc.constant(['careful', 'usual', 'sure']), fc.array(fc.jsonValue())),
      sets: fc.oneof(fc.constant([[0], [1], [0, 1]]), fc.array(fc.array(number))),
    },
    { requiredKeys: ['format', 'seed', 'slots', 'categories'] },
  );
  // Chance alone makes a whole one in most runs, not in all.
  const whole = {
    format: 1,
    seed: [1, 2],
    slots: 8,
    domains: 1,
    urls: 0,
    categories: ['games', 'news'],
    sets: [[0], [1], [0, 1]],
  };
  let loaded = 0;
  fc.assert(
    fc.property(
      fc.oneof(head, head, head, fc.jsonValue()),
      fc.uint8Array({ minLength: 80, maxLength: 80 }),
      fc.boolean(),
      (json, noise, quiet) => {
        const text = JSON.stringify(json);
        const padded = Buffer.from(text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
        // Half of the tables are nearly empty, so that some files are whole.
        const tables = quiet
          ? Buffer.concat([noise.subarray(0, 8), Buffer.alloc(56), Buffer.from([2, 0]), Buffer.alloc(14)])
          : noise;
        const fixed = Buffer.alloc(16);
        fixed.write('GHINDEX\n', 'latin1');
        fixed.writeUInt32LE(padded.length, 8);
        fixed.writeUInt32LE(crc32(tables, crc32(padded)), 12);
        writeFileSync(file, Buffer.concat([fixed, padded, tables]));
        try {
          const index = loadIndex(file);
          loaded++;
          for (const host of ['a.example', '192.0.2.7', 'x.y.z.test'])
            assert.ok(index.categoriesOf(index.findUrl(host, '/x/y')));
        } catch (e) {
          assert.ok(e instanceof Refusal, String(e));
        }
      },
    ),
    { numRuns: 1000, examples: [[whole, new Uint8Array(80).fill(7), true]] },
  );
  assert.ok(loaded > 0, 'some made-up files were whole');
});

test('shared memory that is no index is refused', () => {
  for (const size of [0, 10, 48, 500])
    assert.throws(() => openIndex(new SharedArrayBuffer(size)), { code: 'filter.index.damaged' });
});
