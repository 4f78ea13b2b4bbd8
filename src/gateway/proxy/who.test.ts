import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { MINUTE } from '#core/clock.ts';
import { askTunnel, basic, get, origin, type Scene, scene, TEST_CERT, TEST_KEY } from './testing.ts';

async function site(t: Parameters<typeof origin>[0]): Promise<string> {
  const { port } = await origin(t, (_req, res) => res.end('through'));
  return `http://site.example:${port}/`;
}

const accounts = (s: Scene, known: Readonly<Record<string, string>>): string[] => {
  const asked: string[] = [];
  s.verify = async (username, password, address) => {
    asked.push(`${username} ${address}`);
    return known[`${username}:${password}`] ?? null;
  };
  return asked;
};

test('over loopback a client signs in to the proxy and is judged and recorded as that person', async (t) => {
  const s = await scene(t);
  const asked = accounts(s, { 'sam:längst:x': 'person-1' });
  const url = await site(t);
  for (let i = 0; i < 3; i++) {
    assert.match(await get(s, url, { 'Proxy-Authorization': basic('sam', 'längst:x') }), /through/);
  }
  assert.deepEqual(asked, ['sam 127.0.0.1'], 'a success is remembered');
  assert.deepEqual([...new Set(s.recorder.events.map((e) => e.person))], ['person-1']);
  s.clock.advance(11 * MINUTE);
  await get(s, url, { 'Proxy-Authorization': basic('sam', 'längst:x') });
  assert.equal(asked.length, 2, 'and asked again when it is old');
});

test('wrong credentials are refused with a new question, and asked of control only once', async (t) => {
  const s = await scene(t);
  const asked = accounts(s, {});
  const url = await site(t);
  const tries = Array.from({ length: 5 }, () => get(s, url, { 'Proxy-Authorization': basic('sam', 'wrong') }));
  for (const answer of await Promise.all(tries)) {
    assert.match(
      answer,
      /^HTTP\/1\.1 407 [\s\S]*\r\nProxy-Authenticate: Basic realm="School internet", charset="UTF-8"\r\n/,
    );
  }
  assert.equal(asked.length, 1);
  for (const header of ['Basic', 'Basic ???', 'Bearer abc', basic('', 'x'), 'Basic YQ==']) {
    assert.match(await get(s, url, { 'Proxy-Authorization': header }), /^HTTP\/1\.1 407 /, header);
  }
  assert.equal(asked.length, 1);
  assert.deepEqual(s.recorder.events, []);
});

test('with "ask" an unknown client is asked to sign in, for pages and for tunnels; a registered one is not', async (t) => {
  const s = await scene(t);
  const url = await site(t);
  assert.match(await get(s, url), /through/);
  s.settings.proxySignIn = 'ask';
  assert.match(await get(s, url), /^HTTP\/1\.1 407 [\s\S]*Please sign in/);
  const { answer } = await askTunnel(s.proxy.port, 'site.example:443');
  assert.match(answer, /^HTTP\/1\.1 407 [\s\S]*Proxy-Authenticate: Basic/);
  s.judge.registered.set('127.0.0.1', 'person-2');
  assert.match(await get(s, url), /through/);
  assert.equal(s.recorder.events.at(-1)?.person, 'person-2');
});

test('with control away who is known stays known, and everybody else is unidentified but not shut out', async (t) => {
  const s = await scene(t);
  accounts(s, { 'sam:good': 'person-1' });
  s.settings.proxySignIn = 'ask';
  const url = await site(t);
  await get(s, url, { 'Proxy-Authorization': basic('sam', 'good') });
  s.verify = async () => {
    throw new Error('control is away');
  };
  s.clock.advance(60 * MINUTE);
  for (const [user, person] of [
    ['sam', 'person-1'],
    ['kim', null],
  ] as const) {
    assert.match(await get(s, url, { 'Proxy-Authorization': basic(user, 'good') }), /through/);
    assert.equal(s.recorder.events.at(-1)?.person, person);
  }
  s.clock.advance(24 * 60 * MINUTE);
  await get(s, url, { 'Proxy-Authorization': basic('sam', 'good') });
  assert.equal(s.recorder.events.at(-1)?.person, null, 'not for ever');
});

test('a password that crossed the network in clear is not looked at, and none is asked for', async (t) => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((i) => i?.family === 'IPv4' && !i.internal);
  // A machine without any network has no such address to be reached at: loopback aliases all count as loopback.
  const address = own?.address ?? '127.0.0.1';
  const s = await scene(t, { listen: { address: '0.0.0.0', port: 0 } });
  const asked = accounts(s, { 'sam:good': 'person-1' });
  s.settings.proxySignIn = 'ask';
  const url = await site(t);
  const answer = await getFrom(address, s.proxy.port, url, basic('sam', 'good'));
  if (own) {
    assert.match(answer, /through/);
    assert.deepEqual(asked, []);
    assert.equal(s.recorder.events[0]?.person, null);
  } else {
    assert.deepEqual(asked, ['sam 127.0.0.1']);
  }
});

test('over TLS the proxy takes passwords, and carries pages and tunnels', async (t) => {
  const s = await scene(t, { tls: { cert: TEST_CERT, key: TEST_KEY } });
  accounts(s, { 'sam:good': 'person-1' });
  const url = await site(t);
  const socket = connectTls({ port: s.proxy.port, host: '127.0.0.1', ca: TEST_CERT });
  socket.write(
    `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nProxy-Authorization: ${basic('sam', 'good')}\r\n\r\n`,
  );
  let seen = '';
  for await (const chunk of socket) seen += chunk;
  assert.match(seen, /through/);
  assert.equal(s.recorder.events[0]?.person, 'person-1');
  const second = connectTls({ port: s.proxy.port, host: '127.0.0.1', ca: TEST_CERT });
  second.write('CONNECT site.example:22 HTTP/1.1\r\nHost: x\r\n\r\n');
  let refused = '';
  for await (const chunk of second) refused += chunk;
  assert.match(refused, /^HTTP\/1\.1 403 [\s\S]*proxy\.port/);
});

async function getFrom(host: string, port: number, url: string, authorization: string): Promise<string> {
  const { connect } = await import('node:net');
  const socket = connect(port, host);
  socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nProxy-Authorization: ${authorization}\r\n\r\n`);
  let seen = '';
  for await (const chunk of socket) seen += chunk;
  return seen;
}
