import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { after, before, test } from 'node:test';
import * as dnsPacket from 'dns-packet';
import { TestClock } from '#core/clock.ts';
import { createResolve } from './resolve.ts';

let upstream: Socket;
const asked: string[] = [];
before(async () => {
  upstream = createSocket('udp4');
  upstream.on('message', (m, from) => {
    const query = dnsPacket.decode(m);
    const q = query.questions?.[0];
    if (!q) return;
    asked.push(`${q.type} ${q.name}`);
    const answers = q.name.startsWith('missing')
      ? []
      : q.type === 'A'
        ? [{ type: 'A' as const, name: q.name, ttl: 30, data: '192.0.2.7' }]
        : [{ type: 'AAAA' as const, name: q.name, ttl: 600, data: '2001:db8::7' }];
    upstream.send(
      dnsPacket.encode({ type: 'response', id: query.id, flags: 0x180, questions: [q], answers }),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((r) => upstream.bind(0, '127.0.0.1', () => r()));
});
after(() => upstream.close());

const resolver = (clock = new TestClock(0)) =>
  createResolve([{ address: '127.0.0.1', port: upstream.address().port }], clock);

test('a name gives its addresses of both families; an address is itself and is not asked', async () => {
  const resolve = resolver();
  assert.deepEqual(await resolve('a.example'), [
    { address: '192.0.2.7', family: 4 },
    { address: '2001:db8::7', family: 6 },
  ]);
  const before = asked.length;
  assert.deepEqual(await resolve('192.0.2.1'), [{ address: '192.0.2.1', family: 4 }]);
  assert.deepEqual(await resolve('2001:db8::1'), [{ address: '2001:db8::1', family: 6 }]);
  assert.equal(asked.length, before);
});

test('the same question at the same time is asked once, and again only when its time to live is over', async () => {
  const clock = new TestClock(0);
  const resolve = resolver(clock);
  const count = () => asked.filter((a) => a === 'A b.example').length;
  await Promise.all([resolve('b.example'), resolve('b.example'), resolve('b.example')]);
  clock.advance(29_000);
  await resolve('b.example');
  assert.equal(count(), 1);
  clock.advance(2_000);
  await resolve('b.example');
  assert.equal(count(), 2);
});

test('a name without address is an error, each time anew', async () => {
  const resolve = resolver();
  await assert.rejects(async () => resolve('missing.example'));
  await assert.rejects(async () => resolve('missing.example'));
  assert.equal(asked.filter((a) => a === 'A missing.example').length, 2);
});
