import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type ListenOptions, listenUdp } from './server.ts';
import { openBatchSocket } from './udp-batch.ts';

const skip = process.platform !== 'linux';
const PACKETS = 600;

async function listening(t: TestContext, address: string, handle: ListenOptions['handle']) {
  const log = (event: unknown) => assert.fail(JSON.stringify(event));
  const listener = await listenUdp({ address, port: 0, reusePort: false, idle: 1000, handle, log });
  t.after(() => listener.close());
  return listener.port;
}

/** Ask all at once from one socket, before anything is read; what came back, by number. */
async function askAll(t: TestContext, to: string, port: number, numbers: readonly number[]) {
  const socket: Socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  await new Promise<void>((bound) => socket.bind(0, bound));
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const heard = new Map<number, string>();
  socket.on('message', (m) => {
    assert.equal(heard.has(m.readUInt32BE(0)), false, 'one answer each');
    heard.set(m.readUInt32BE(0), m.toString('latin1', 4));
  });
  for (const n of numbers) socket.send(packet(n), port, to);
  for (let i = 0; i < 200 && heard.size < numbers.length; i++) await wait(10);
  return { heard, port: socket.address().port };
}

/** Of many lengths, so that an answer that got another's bytes would show. */
const packet = (n: number): Buffer => {
  const bytes = Buffer.alloc(12 + (n % 300), 97 + (n % 26));
  bytes.writeUInt32BE(n, 0);
  return bytes;
};

test('a burst from several clients is read and answered in batches, each with its own answer', { skip }, async (t) => {
  const seen = new Set<string>();
  const port = await listening(t, '127.0.0.1', (packet, address) => {
    seen.add(address);
    return Buffer.concat([packet, Buffer.from(address)]);
  });
  const all = Array.from({ length: PACKETS }, (_, i) => i);
  const clients = await Promise.all(
    [0, 1, 2].map((of) =>
      askAll(
        t,
        '127.0.0.1',
        port,
        all.filter((n) => n % 3 === of),
      ),
    ),
  );
  for (const [of, { heard }] of clients.entries()) {
    assert.equal(heard.size, PACKETS / 3);
    for (const [n, text] of heard) {
      assert.equal(n % 3, of);
      assert.equal(text, `${packet(n).toString('latin1', 4)}127.0.0.1`);
    }
  }
  assert.deepEqual([...seen], ['127.0.0.1']);
});

test('an answer that comes late is still of its own question, whatever was read meanwhile', { skip }, async (t) => {
  const port = await listening(t, '127.0.0.1', (packet) =>
    packet.readUInt32BE(0) % 2 === 0 ? Buffer.from(packet) : wait(50).then(() => packet),
  );
  const { heard } = await askAll(
    t,
    '127.0.0.1',
    port,
    Array.from({ length: PACKETS }, (_, i) => i),
  );
  assert.equal(heard.size, PACKETS);
  for (const [n, text] of heard) assert.equal(text, packet(n).toString('latin1', 4));
});

test('clients over IPv6, and over IPv4 on a socket for both, are told apart and answered', { skip }, async (t) => {
  const echo: ListenOptions['handle'] = (packet, address) =>
    Buffer.concat([packet.subarray(0, 4), Buffer.from(address)]);
  const both = await listening(t, '::', echo);
  const six = await askAll(t, '::1', both, [1, 2, 3]);
  assert.deepEqual([...six.heard.values()], ['::1', '::1', '::1']);
  const four = await askAll(t, '127.0.0.1', both, [4, 5, 6]);
  assert.deepEqual([...four.heard.values()], ['127.0.0.1', '127.0.0.1', '127.0.0.1']);
});

test('what gets no answer holds nobody up, and what is too long is cut rather than read past its place', {
  skip,
}, async (t) => {
  const lengths: number[] = [];
  const port = await listening(t, '127.0.0.1', (packet) => {
    lengths.push(packet.length);
    return packet.readUInt32BE(0) % 2 === 0 ? Buffer.from(packet.subarray(0, 12)) : null;
  });
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const heard: number[] = [];
  socket.on('message', (m) => heard.push(m.readUInt32BE(0)));
  const long = Buffer.alloc(9000);
  long.writeUInt32BE(20, 0);
  for (let n = 0; n < 40; n++) {
    socket.send(n === 20 ? long : packet(n), port, '127.0.0.1');
  }
  for (let i = 0; i < 100 && heard.length < 20; i++) await wait(10);
  assert.equal(heard.length, 20);
  assert.ok(heard.includes(20));
  assert.ok(Math.max(...lengths) <= 9000);
});

test('an address that is taken is left to Node, which says so', { skip }, async (t) => {
  const port = await listening(t, '127.0.0.1', () => null);
  assert.equal(await openBatchSocket('127.0.0.1', port, false), null);
  const listen = { address: '127.0.0.1', reusePort: false, idle: 1000, handle: () => null, log: () => undefined };
  await assert.rejects(listenUdp({ ...listen, port }), { code: 'EADDRINUSE' });
});
