import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { startDns } from './index.ts';
import { address, ask, decode, encode, everyName, extendedErrors, scene, TestUpstream } from './testing.ts';

const SERVFAIL = 2;

async function silentPort(): Promise<{ address: string; port: number; close(): void }> {
  const socket = createSocket('udp4');
  await new Promise<void>((r) => socket.bind(0, '127.0.0.1', r));
  return { ...socket.address(), close: () => socket.close() };
}

test('when the first upstream is silent the next is asked, and the first is set aside', async (t) => {
  const good = await TestUpstream.start(everyName);
  const silent = await silentPort();
  const s = await scene(t, everyName, { upstreams: [silent, good.at] });
  const before = performance.now();
  assert.equal((await ask(s.dns, 'one.example')).rcode, 'NOERROR');
  assert.ok(performance.now() - before >= 850);
  const again = performance.now();
  assert.equal((await ask(s.dns, 'two.example')).rcode, 'NOERROR');
  assert.ok(performance.now() - again < 700, 'nobody waits for it twice');
  assert.deepEqual(s.events, [{ event: 'dns.upstream-silent', upstream: `127.0.0.1:${silent.port}` }]);
  silent.close();
  await good.stop();
});

test('an upstream that cannot say is not the last word while another can', async (t) => {
  const good = await TestUpstream.start(everyName);
  const bad = await TestUpstream.start(() => ({ flags: SERVFAIL }));
  const s = await scene(t, everyName, { upstreams: [bad.at, good.at] });
  assert.equal((await ask(s.dns, 'one.example')).rcode, 'NOERROR');
  assert.equal(bad.seen.length, 1);
  await bad.stop();
  await good.stop();
});

test('with every upstream failing the answer is SERVFAIL, says so, and is not asked for again at once', async (t) => {
  const s = await scene(t, () => ({ flags: SERVFAIL }));
  for (let i = 0; i < 2; i++) {
    const answer = await ask(s.dns, 'one.example', { edns: 1232 });
    assert.equal(answer.rcode, 'SERVFAIL');
    assert.deepEqual(extendedErrors(answer), [{ code: 23, text: '' }]);
  }
  assert.equal(s.upstream.seen.length, 1);
});

test('with every upstream silent the answer is SERVFAIL "no reachable authority", in bounded time', async (t) => {
  const s = await scene(t, () => null);
  const answer = await ask(s.dns, 'one.example', { edns: 1232 });
  assert.equal(answer.rcode, 'SERVFAIL');
  assert.deepEqual(extendedErrors(answer), [{ code: 22, text: '' }]);
  assert.equal(s.upstream.seen.length, 4);
});

test('a lost packet costs one wait, not the answer', async (t) => {
  let lost = 0;
  const s = await scene(t, (q, transport, asked) => (lost++ === 0 ? null : everyName(q, transport, asked)));
  assert.equal((await ask(s.dns, 'one.example')).answers?.length, 1);
});

test('an answer past its end is better than none while the upstream is away, and is marked so (RFC 8767)', async (t) => {
  const s = await scene(t);
  await ask(s.dns, 'one.example');
  s.clock.advance(301_000);
  s.upstream.answering = () => ({ flags: SERVFAIL });
  const stale = await ask(s.dns, 'one.example', { edns: 1232 });
  assert.equal(stale.answers?.[0]?.type === 'A' && stale.answers[0].ttl, 30);
  assert.deepEqual(extendedErrors(stale), [{ code: 3, text: '' }]);
  s.judge.blocked.set('one.example', {});
  assert.equal(
    extendedErrors(await ask(s.dns, 'one.example', { edns: 1232 }))[0]?.code,
    15,
    'a block stands while the upstream is away',
  );
});

test('a stale answer is not kept for more than a day', async (t) => {
  const s = await scene(t);
  await ask(s.dns, 'one.example');
  s.clock.advance(86_400_000 + 301_000);
  s.upstream.answering = () => ({ flags: SERVFAIL });
  assert.equal((await ask(s.dns, 'one.example')).rcode, 'SERVFAIL');
});

test('a forged answer is ignored: from another port, with another id, or to another question', async (t) => {
  const s = await scene(t);
  const stranger = createSocket('udp4');
  const forged = (id: number, name: string) =>
    encode({
      type: 'response',
      id,
      flags: 0x180,
      questions: [{ type: 'A', name, class: 'IN' }],
      answers: [address(name, '203.0.113.66')],
    });
  s.upstream.beforeAnswer = (packet, port, socket) => {
    const { id = 0 } = decode(packet);
    stranger.send(forged(id, 'one.example'), port, '127.0.0.1');
    socket.send(forged(id ^ 1, 'one.example'), port, '127.0.0.1');
    socket.send(forged(id, 'two.example'), port, '127.0.0.1');
    socket.send(packet, port, '127.0.0.1');
    socket.send(Buffer.from([id >> 8, id & 255, 0x81]), port, '127.0.0.1');
  };
  const answer = await ask(s.dns, 'one.example');
  assert.equal(answer.answers?.[0]?.type === 'A' && answer.answers[0].data, '192.0.2.1');
  stranger.close();
});

test('upstream questions leave from several random ports with random ids', async (t) => {
  const s = await scene(t);
  for (let i = 0; i < 60; i++) await ask(s.dns, `n${i}.example`);
  const ports = new Set(s.upstream.seen.map((q) => q.port));
  const ids = new Set(s.upstream.seen.map((q) => q.packet.id));
  assert.ok(ports.size >= 4, `${ports.size} ports`);
  assert.ok(ids.size > 55, `${ids.size} ids`);
});

test('settings that cannot work are refused with a sentence that says what to do', async () => {
  const parts = {
    judge: undefined as never,
    recorder: undefined as never,
    blockPage: { ipv4: null, ipv6: null },
    blockMode: () => 'page' as const,
    clock: { now: () => 0 },
  };
  const listen = { address: '127.0.0.1', port: 5300 };
  await assert.rejects(startDns({ ...parts, listen, upstreams: [] }), { code: 'dns.no-upstream' });
  await assert.rejects(startDns({ ...parts, listen, upstreams: [listen] }), { code: 'dns.loop' });
  await assert.rejects(startDns({ ...parts, listen, upstreams: [{ address: 'dns.example', port: 53 }] }), {
    code: 'dns.address',
  });
  await assert.rejects(startDns({ ...parts, listen, upstreams: [{ address: '192.0.2.53', port: 0 }] }), {
    code: 'dns.port',
  });
});
