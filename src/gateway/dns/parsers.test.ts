import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { replay } from './answers.ts';
import { AnswerCache } from './cache.ts';
import { expandName, HEADER, hostName, parseQuery, type Query } from './codec.ts';
import { FrameReader, frame } from './framing.ts';
import { address, decode, encode, question } from './testing.ts';
import { readAnswer, type StoredAnswer } from './upstream-answer.ts';

const parsed = (packet: Buffer): Query => {
  const query = parseQuery(packet);
  assert.ok(query !== null && typeof query === 'object');
  return query;
};
const answerTo = (packet: Buffer, ttl = 300): Buffer => {
  const asked = decode(packet);
  const name = asked.questions?.[0]?.name ?? '';
  const alias = `www.${name}`;
  return encode({
    type: 'response',
    id: 1,
    flags: 0x180,
    questions: asked.questions ?? [],
    answers: [{ type: 'CNAME', name, ttl, data: alias }, address(alias, '192.0.2.1', ttl)],
  });
};
const stored = (packet: Buffer): StoredAnswer => {
  const reading = readAnswer(packet);
  assert.ok(typeof reading === 'object');
  return reading;
};

test('whatever an upstream sends behind a proper question is read without a fault, and replayed within its size', () => {
  const asked = question('site.example', { edns: 1232 });
  const query = parsed(asked);
  const proper = answerTo(asked);
  const mangled = fc
    .tuple(
      fc.array(fc.tuple(fc.nat(proper.length), fc.nat(255)), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(proper.length),
    )
    .map(([changes, tail, cut]) => {
      const packet = Buffer.from(proper);
      for (const [at, byte] of changes) if (at >= query.end || (at >= 6 && at < HEADER)) packet[at] = byte;
      return Buffer.concat([packet.subarray(0, Math.max(query.end, cut)), tail]);
    });
  fc.assert(
    fc.property(mangled, (packet) => {
      const reading = readAnswer(packet);
      if (typeof reading === 'string') return;
      assert.ok(reading.ttl >= 0 && reading.ttl <= 86_400);
      assert.ok(
        reading.targets.every((target) => target.length > 1 && target.length <= 255 && hostName(target, 0).length > 0),
      );
      assert.ok(replay(reading, asked, query, 512, 7).length <= 512);
    }),
    { numRuns: 5000 },
  );
});

test('an alias that cannot be read spoils the answer, since it could not be judged', () => {
  const packet = answerTo(question('site.example'));
  const rdata = packet.indexOf('\x03www', HEADER + 20, 'latin1');
  packet[rdata] = 0xc0;
  packet[rdata + 1] = rdata;
  assert.equal(readAnswer(packet), 'malformed');
});

test('names that point at themselves or forward are refused, whatever they look like', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(299), (bytes, at) => {
      const name = expandName(bytes, at);
      assert.ok(name === null || (name.length <= 255 && name.at(-1) === 0));
    }),
    { numRuns: 5000 },
  );
  assert.equal(expandName(Uint8Array.from([0xc0, 0]), 0), null);
  assert.equal(expandName(Uint8Array.from([1, 97, 0xc0, 0]), 0), null);
});

test('a dot inside a label cannot pass for one between labels', () => {
  const wire = Buffer.from('\x0bGood.sample\x03Com\x00', 'latin1');
  assert.equal(hostName(wire, 0), 'good\\046sample.com');
});

test('messages come out of TCP as they went in, however they are cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map((m) => frame(Buffer.from(m))));
      const reader = new FrameReader(100);
      const got: Buffer[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = cuts[i % cuts.length] ?? 1;
        got.push(...(reader.push(bytes.subarray(at, at + size)) ?? []));
        at += size;
      }
      assert.deepEqual(
        got.map((m) => m.toString('hex')),
        sent.map((m) => Buffer.from(m).toString('hex')),
      );
    }),
  );
});

test('the cache never gives one question the answer to another, and never outgrows its bounds', () => {
  const names = Array.from({ length: 12 }, (_, i) => `n${i}.example`);
  const packets = names.flatMap((name) => ['A', 'AAAA'].map((type) => question(name, { type })));
  const operation = fc.record({ which: fc.nat(packets.length - 1), put: fc.boolean(), wait: fc.nat(40_000) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
      const cache = new AnswerCache(5, 5000);
      let now = 1000;
      for (const { which, put, wait } of operations) {
        now += wait;
        const packet = packets[which] ?? Buffer.alloc(0);
        // Every hash the same: only the bytes tell them apart.
        const query = { ...parsed(packet), hash: 1 };
        if (put) cache.put(query, stored(answerTo(packet, 60)), names[which >> 1] ?? '', now);
        const hit = cache.get(packet, query, now);
        if (hit !== undefined) assert.deepEqual(decode(hit.message).questions, decode(packet).questions);
        assert.ok(cache.size <= 5 && cache.bytes >= 0 && cache.bytes <= 5000);
      }
      cache.clear();
      assert.equal(cache.size + cache.bytes, 0);
    }),
    { numRuns: 200 },
  );
});
