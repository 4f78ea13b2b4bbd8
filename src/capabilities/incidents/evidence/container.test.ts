import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { newId } from '#core/ids.ts';
import { ContainerBroken, containerSize, decrypt, encrypt } from './container.ts';
import { collect, pieces } from './fixture.ts';

const CHUNK = 65_536 + 16;
const HEADER = 32;
const [key, item] = [randomBytes(32), newId()];
const made = (content: Buffer, by = key, of = item) => collect(encrypt(pieces(content), by, of));
const opened = (container: Buffer, by = key, of = item, size = 7001) =>
  collect(decrypt(pieces(container, size), by, of));
const broken = (container: Buffer, by = key, of = item) => assert.rejects(opened(container, by, of), ContainerBroken);

test('EVI-09 what goes in comes out, for every size around the edges of chunks, and the container has the size foretold', async () => {
  for (const size of [1, 65_535, 65_536, 65_537, 131_072, 131_073, 300_000]) {
    const content = randomBytes(size);
    const container = await made(content);
    assert.equal(container.length, containerSize(size), String(size));
    assert.ok((await opened(container)).equals(content), String(size));
    assert.ok(!container.includes(content.subarray(0, 64)) || size < 16, 'nothing lies there in the clear');
  }
});

test('EVI-09 a single changed bit anywhere is found, and no byte of that chunk is given out', async () => {
  const content = randomBytes(150_000);
  const container = await made(content);
  await fc.assert(
    fc.asyncProperty(fc.nat(container.length - 1), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
      const changed = Buffer.from(container);
      changed[at]! ^= 1 << bit;
      const got: Buffer[] = [];
      await assert.rejects(async () => {
        for await (const piece of decrypt(pieces(changed), key, item)) got.push(piece);
      }, ContainerBroken);
      const out = Buffer.concat(got);
      assert.ok(out.equals(content.subarray(0, out.length)), 'only true bytes came out');
    }),
    { numRuns: 60 },
  );
});

test('EVI-09 a container that was cut short, at the edge of a chunk or elsewhere, or made longer is found', async () => {
  const container = await made(randomBytes(200_000));
  for (const length of [
    0,
    10,
    HEADER,
    HEADER + 8,
    HEADER + CHUNK,
    HEADER + 2 * CHUNK,
    container.length - 1,
    container.length - 16,
  ]) {
    await broken(container.subarray(0, length));
  }
  await broken(Buffer.concat([container, Buffer.of(0)]));
  await broken(Buffer.concat([container, container.subarray(HEADER)]));
});

test('EVI-09 chunks in another order, twice, or left out are found', async () => {
  const container = await made(randomBytes(65_536 * 3 + 100));
  const chunk = (n: number) => container.subarray(HEADER + n * CHUNK, HEADER + (n + 1) * CHUNK);
  const of = (...order: number[]) => Buffer.concat([container.subarray(0, HEADER), ...order.map(chunk)]);
  assert.ok((await opened(of(0, 1, 2, 3))).length > 0);
  for (const order of [[1, 0, 2, 3], [0, 2, 3], [0, 0, 1, 2, 3], [0, 1, 2], [3]]) await broken(of(...order));
});

test('EVI-09 one item’s file or key does not pass for another’s', async () => {
  const container = await made(randomBytes(1000));
  await broken(container, randomBytes(32));
  await broken(container, key, newId());
  await broken(
    Buffer.concat([(await made(randomBytes(10), key, newId())).subarray(0, HEADER), container.subarray(HEADER)]),
  );
});

test('EVI-09 bytes that are no container are refused, whatever they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (bytes) => broken(Buffer.from(bytes))),
    { numRuns: 200 },
  );
});
