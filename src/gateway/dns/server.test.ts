import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { frame } from './framing.ts';
import { ask, askTcp, decode, exchange, question, scene } from './testing.ts';

const QUERY = question('site.example', { edns: 1232 });
const set = (packet: Buffer, changes: Record<number, number>) => {
  const copy = Buffer.from(packet);
  for (const [at, byte] of Object.entries(changes)) copy[Number(at)] = byte;
  return copy;
};
const rcode = async (port: number, packet: Buffer) => {
  const answer = await exchange(port, packet, '127.0.0.1', 300);
  return answer === null ? null : (answer[3] ?? 0) & 15;
};

test('what is not a proper question gets the RCODE the RFCs name, or silence', async (t) => {
  const s = await scene(t);
  const { port } = s.dns;
  assert.equal(await rcode(port, set(QUERY, { 2: 0x81 })), null, 'an answer');
  assert.equal(await rcode(port, QUERY.subarray(0, 11)), null, 'too short for a header');
  assert.equal(await rcode(port, set(QUERY, { 2: 0x29 })), 4, 'an update');
  assert.equal(await rcode(port, set(QUERY, { 5: 0 })), 1, 'no question');
  assert.equal(await rcode(port, set(QUERY, { 5: 2 })), 1, 'two questions');
  assert.equal(await rcode(port, set(QUERY, { 7: 1 })), 1, 'a question that brings an answer');
  assert.equal(await rcode(port, set(QUERY, { 12: 0xc0 })), 1, 'a pointer in the question');
  assert.equal(await rcode(port, Buffer.concat([QUERY, Buffer.from('x')])), 1, 'something behind the end');
  assert.equal(await rcode(port, QUERY.subarray(0, -3)), 1, 'cut short');
  assert.equal(await rcode(port, question('site.example', { type: 'AXFR' })), 4, 'a zone transfer');
  assert.equal(await rcode(port, set(question('version.bind', { type: 'TXT' }), { 29: 3 })), 5, 'another class');
});

test('an EDNS version we do not know gets BADVERS, a second EDNS record FORMERR', async (t) => {
  const s = await scene(t);
  const optAt = QUERY.length - 11;
  const answer = await exchange(s.dns.port, set(QUERY, { [optAt + 6]: 1 }));
  const opt = decode(answer ?? Buffer.alloc(12)).additionals?.[0];
  assert.equal(opt?.type === 'OPT' && opt.extendedRcode, 1);
  assert.equal(opt?.type === 'OPT' && opt.ednsVersion, 0);
  const twice = Buffer.concat([set(QUERY, { 11: 2 }), QUERY.subarray(optAt)]);
  assert.equal(await rcode(s.dns.port, twice), 1);
});

test('no packet, however mangled, ends the server, and every answer is proper and bounded', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bad.example', {});
  const seeds = [
    QUERY,
    question('bad.example', { edns: 4096, dnssec: true }),
    question('x.localhost'),
    question('a.b.c.example', { type: 'ANY' }),
  ];
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }), fc.nat(80))
    .map(([seed, changes, cut]) =>
      set(seed, Object.fromEntries(changes.filter(([at]) => at < seed.length))).subarray(0, cut > 60 ? cut : undefined),
    );
  const random = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  const header = fc
    .uint8Array({ maxLength: 90 })
    .map((bytes) => Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), bytes]));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, random, header), async (packet) => {
      // Whether it is answered is settled by the next: a proper question, on the same socket, in order.
      const answers = await burst(s.dns.port, packet);
      for (const answer of answers) {
        decode(answer);
        assert.equal((answer[2] ?? 0) & 0x80, 0x80);
        assert.ok(answer.length <= 1232);
        if (((answer[3] ?? 0) & 15) !== 0)
          assert.ok(answer.length <= packet.length + 34 + 11, 'a refusal is no larger than the question and a little');
        assert.ok(answer.length <= packet.length + 220, 'and nothing here is worth reflecting');
      }
    }),
    { numRuns: 600 },
  );
  assert.equal((await ask(s.dns, 'site.example')).rcode, 'NOERROR');
  const faults = s.events.filter((e) => e.event === 'dns.fault' || e.event === 'dns.socket-error');
  assert.deepEqual(faults, []);
});

/** Send a packet, then a proper question of another id; collect what comes until that one is answered. */
async function burst(port: number, packet: Buffer): Promise<Buffer[]> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  const marker = question('marker.localhost', { id: 0xfffe });
  const answers: Buffer[] = [];
  await new Promise<void>((r) => socket.bind(0, '127.0.0.1', r));
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the server no longer answers')), 3000);
      socket.on('message', (answer) => {
        if (answer.length > 20 && answer.readUInt16BE(0) === 0xfffe && answer.includes('marker')) {
          clearTimeout(timer);
          // One that had to be asked upstream comes a moment after.
          setTimeout(resolve, answers.length === 0 ? 2 : 0, answers);
        } else answers.push(answer);
      });
      socket.send(packet, port, '127.0.0.1');
      socket.send(marker, port, '127.0.0.1');
    });
  } finally {
    socket.close();
  }
}

test('one TCP connection carries many questions, split and joined anyhow', async (t) => {
  const s = await scene(t);
  const answers = await askTcp(
    s.dns,
    Array.from({ length: 150 }, (_, id) => question(`n${id % 30}.example`, { id })),
  );
  assert.deepEqual(
    answers.map((a) => a.id ?? -1).sort((a, b) => a - b),
    [...answers.keys()],
  );

  const bytes = frame(question('slow.example', { id: 9 }));
  const got = await new Promise<Buffer>((resolve) => {
    const socket = connect(s.dns.port, '127.0.0.1', async () => {
      for (const byte of bytes) {
        socket.write(Buffer.from([byte]));
        await new Promise((r) => setImmediate(r));
      }
    });
    socket.setNoDelay(true);
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(chunk);
    });
  });
  assert.equal(decode(got.subarray(2)).id, 9);
});

test('a TCP client that announces too much is cut off, and so is one more than its share', async (t) => {
  const s = await scene(t);
  const closed = (first: Buffer | null) =>
    new Promise<boolean>((resolve) => {
      const socket = connect(s.dns.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => resolve(true));
      if (first !== null) socket.write(first);
      setTimeout(() => {
        resolve(false);
        setTimeout(() => socket.destroy(), 100);
      }, 300);
    });
  assert.equal(await closed(Buffer.from([0xff, 0xff, 1, 2, 3])), true);
  assert.equal(await closed(Buffer.from([0, 5, 1, 2, 3, 4, 5])), true);
  const all = await Promise.all(Array.from({ length: 40 }, () => closed(null)));
  assert.equal(all.filter(Boolean).length, 8);
});

test('a TCP client that trickles bytes is cut off in time (slow loris)', async (t) => {
  const s = await scene(t, undefined, { tcpIdle: 150 });
  const socket = connect(s.dns.port, '127.0.0.1');
  socket.on('error', () => {});
  const start = performance.now();
  const trickle = setInterval(() => socket.write(Buffer.from([1])), 20);
  await new Promise((r) => socket.once('close', r));
  clearInterval(trickle);
  assert.ok(performance.now() - start < 2000);
});

test('two threads share the port and both answer', async (t) => {
  const s = await scene(t, undefined, { reusePort: process.platform === 'linux' });
  if (process.platform !== 'linux') return;
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData.index).then(async ({ startDns }) => {
       const allow = { outcome: 'allow', because: { rule: 'profile', category: null, clause: null, text: '', remedy: null }, categories: [] };
       const dns = await startDns({ listen: { address: '127.0.0.1', port: workerData.port }, upstreams: [workerData.upstream], reusePort: true,
         judge: { identify: (address) => ({ address, person: null, device: null, profile: 'x', how: 'unidentified' }), judge: () => allow, judgeWire: () => allow },
         recorder: { record() {} }, blockPage: { ipv4: null, ipv6: null }, blockMode: () => 'page', clock: Date });
       parentPort.on('message', async () => { parentPort.postMessage(dns.stats().questions); await dns.close(); parentPort.close(); });
       parentPort.postMessage('ready');
     });`,
    {
      eval: true,
      workerData: { index: new URL('./index.ts', import.meta.url).href, port: s.dns.port, upstream: s.upstream.at },
    },
  );
  await new Promise((r) => worker.once('message', r));
  for (let i = 0; i < 60; i++) assert.equal((await ask(s.dns, 'site.example')).rcode, 'NOERROR');
  worker.postMessage('stop');
  const there = await new Promise<number>((r) => worker.once('message', r));
  assert.equal(there + s.dns.stats().questions, 60);
  assert.ok(there > 5 && there < 55, `${there} of 60 in the worker`);
});
