import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { askTunnel, exchangeRaw, realHello, type Scene, scene, TEST_CERT, tcpOrigin, tlsOrigin } from './testing.ts';

interface Stoppable {
  after(fn: () => unknown): void;
}

/** A proxy that lets tunnels go to the port the test's own server happens to have. */
async function tlsScene(t: Stoppable, more: Parameters<typeof scene>[1] = {}): Promise<Scene & { port: number }> {
  const port = await tlsOrigin(t);
  return Object.assign(await scene(t, { tunnelPorts: [port], ...more }), { port });
}

const overTls = (socket: Socket, servername: string): TLSSocket =>
  connectTls({ socket, servername, ca: TEST_CERT, checkServerIdentity: () => undefined });

/** The first bytes that come through, or how it failed. */
async function firstWords(socket: Socket): Promise<string> {
  try {
    return String((await once(socket, 'data'))[0]);
  } catch (e) {
    return e instanceof Error ? `${(e as NodeJS.ErrnoException).code} ${e.message}` : 'failed';
  }
}

const finished = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let seen = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      seen += chunk;
    });
    socket.on('close', () => resolve(seen));
  });

test('a tunnel to an allowed host carries TLS both ways and is recorded once', async (t) => {
  const s = await tlsScene(t);
  const { socket, answer } = await askTunnel(s.proxy.port, `Site.Test:${s.port}`);
  assert.equal(answer, 'HTTP/1.1 200 Connection established\r\n\r\n');
  const secure = overTls(socket, 'site.test');
  assert.equal(await firstWords(secure), 'name site.test\n');
  secure.write('and back');
  assert.equal(await firstWords(secure), 'and back');
  assert.equal(s.proxy.stats().openTunnels, 1);
  secure.destroy();
  assert.deepEqual(s.recorder.events, [
    { person: null, via: 'proxy', host: 'site.test', outcome: 'allow', rule: 'profile' },
  ]);
});

test('a blocked host gets no tunnel, and words that say why', async (t) => {
  const s = await tlsScene(t);
  s.judge.blocked.set('bets.test', {});
  const { socket, answer } = await askTunnel(s.proxy.port, `bets.test:${s.port}`);
  const all = answer + (await finished(socket));
  assert.match(all, /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.match(all, /Proxy-Status: gatehouse; error=http_request_denied; details="UAR-20"\r\n/);
  assert.match(all, /Betting sites are not allowed for pupils\. \(Meadowbank School, rule UAR-20\)\n$/);
});

test('FIL-19 a tunnel to an illegal site is refused in neutral words', async (t) => {
  const s = await tlsScene(t);
  s.judge.blocked.set('dark.test', { rule: 'safety.illegal', category: 'child-abuse', clause: null, remedy: null });
  const { socket, answer } = await askTunnel(s.proxy.port, `dark.test:${s.port}`);
  const all = answer + (await finished(socket));
  assert.match(all, /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.doesNotMatch(all, /safety|illegal|child|UAR|Betting|dark/i);
});

test('when the hello names another server, that name is judged too and the stricter answer wins', async (t) => {
  const s = await tlsScene(t);
  s.judge.blocked.set('bets.test', {});
  const { socket } = await askTunnel(s.proxy.port, `site.test:${s.port}`);
  assert.match(await firstWords(overTls(socket, 'BETS.test')), /alert|access denied/i);
  assert.deepEqual(
    s.recorder.events.map(({ host, outcome }) => [host, outcome]),
    [
      ['site.test', 'allow'],
      ['bets.test', 'block'],
    ],
  );
  const second = await askTunnel(s.proxy.port, `site.test:${s.port}`);
  assert.equal(await firstWords(overTls(second.socket, 'other.test')), 'name other.test\n');
  assert.equal(s.recorder.events.at(-1)?.host, 'other.test');
});

test('a tunnel to an address is judged by the address and by the name in the hello', async (t) => {
  const s = await tlsScene(t);
  s.judge.blocked.set('bets.test', {});
  const open = await askTunnel(s.proxy.port, `127.0.0.1:${s.port}`);
  assert.equal(await firstWords(overTls(open.socket, 'site.test')), 'name site.test\n');
  const shut = await askTunnel(s.proxy.port, `127.0.0.1:${s.port}`);
  assert.match(await firstWords(overTls(shut.socket, 'bets.test')), /alert|access denied/i);
});

test('a hello without a name goes by the host that was asked for', async (t) => {
  const s = await tlsScene(t);
  const { socket } = await askTunnel(s.proxy.port, `site.test:${s.port}`);
  assert.equal(await firstWords(overTls(socket, '')), 'name none\n');
});

test('what is no TLS is not carried, and the origin hears nothing of it', async (t) => {
  let heard = '';
  const port = await tcpOrigin(t, (socket) => {
    socket.on('data', (chunk) => {
      heard += chunk;
    });
  });
  const s = await scene(t, { tunnelPorts: [port] });
  for (const first of ['SSH-2.0-OpenSSH_9\r\n', 'GET / HTTP/1.1\r\n\r\n']) {
    const { socket } = await askTunnel(s.proxy.port, `site.test:${port}`);
    socket.write(first);
    await finished(socket);
  }
  assert.equal(heard, '');
  assert.equal(s.recorder.events.filter((e) => e.rule === 'proxy.not-tls').length, 2);
});

test('a client that sends no hello, or only drips, is cut off in time', async (t) => {
  const s = await tlsScene(t, { timeouts: { hello: 150 } });
  const { socket } = await askTunnel(s.proxy.port, `site.test:${s.port}`);
  const begun = performance.now();
  const drip = setInterval(() => socket.write(Buffer.from([22])), 400);
  t.after(() => clearInterval(drip));
  await finished(socket);
  assert.ok(performance.now() - begun < 3000);
});

test('a hello that came along with the CONNECT, or byte by byte, reaches the origin whole', async (t) => {
  const hello = await realHello('site.test');
  const heard: Buffer[] = [];
  const port = await tcpOrigin(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      if (Buffer.concat(heard).length === hello.length) socket.end();
    });
  });
  const s = await scene(t, { tunnelPorts: [port] });
  const connect = `CONNECT site.test:${port} HTTP/1.1\r\nHost: x\r\n\r\n`;
  await exchangeRaw(s.proxy.port, [Buffer.concat([Buffer.from(connect), hello])]);
  assert.deepEqual(Buffer.concat(heard), hello);
  heard.length = 0;
  await exchangeRaw(s.proxy.port, [connect, ...[...hello].map((byte) => Buffer.from([byte]))]);
  assert.deepEqual(Buffer.concat(heard), hello);
});

test('only the ports of the secure web may be tunnelled to', async (t) => {
  const s = await scene(t);
  for (const port of [22, 25, 80, 8080]) {
    const { socket, answer } = await askTunnel(s.proxy.port, `site.test:${port}`);
    assert.match(answer + (await finished(socket)), /^HTTP\/1\.1 403 [\s\S]*proxy\.port/);
  }
});

test('no tunnel leads to a private address, and failures say what failed', async (t) => {
  const s = await tlsScene(t, { timeouts: { connect: 100 } });
  const ask = async (authority: string): Promise<string> => {
    const { socket, answer } = await askTunnel(s.proxy.port, authority);
    return answer + (await finished(socket));
  };
  s.names.set('gone.test', null);
  assert.match(await ask(`gone.test:${s.port}`), /^HTTP\/1\.1 502 [\s\S]*error=dns_error/);
  s.names.set('refused.test', [{ address: '127.9.9.9', family: 4 }]);
  assert.match(await ask(`refused.test:${s.port}`), /^HTTP\/1\.1 502 [\s\S]*error=connection_refused/);
  assert.match(await ask('site.test'), /^HTTP\/1\.1 400 /);
  s.settings.allowedPrivate = [];
  assert.match(await ask(`site.test:${s.port}`), /^HTTP\/1\.1 403 [\s\S]*error=destination_ip_prohibited/);
  assert.match(await ask(`2130706433:${s.port}`), /^HTTP\/1\.1 403 [\s\S]*error=destination_ip_prohibited/);
});

test('FCR-03 FIL-04 a tunnel ends when what opened the site has ended, and that is recorded once', async (t) => {
  const s = await tlsScene(t, { timeouts: { recheck: 20 } });
  const { socket } = await askTunnel(s.proxy.port, `site.test:${s.port}`);
  const secure = overTls(socket, 'site.test');
  assert.equal(await firstWords(secure), 'name site.test\n');
  await wait(60);
  assert.equal(s.proxy.stats().openTunnels, 1, 'while it is open it stays');
  const gone = once(socket, 'close');
  secure.on('error', () => undefined);
  s.judge.blocked.set('site.test', {});
  await gone;
  await wait(60);
  assert.equal(s.proxy.stats().openTunnels, 0);
  assert.deepEqual(
    s.recorder.events.map((e) => e.outcome),
    ['allow', 'block'],
  );
});

test('a slow reader slows the sender down through the tunnel', async (t) => {
  const s = await tlsScene(t);
  const { socket } = await askTunnel(s.proxy.port, `site.test:${s.port}`);
  const secure = overTls(socket, 'site.test');
  await once(secure, 'secureConnect');
  secure.pause();
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  // The origin echoes, nobody reads the echo: soon nothing more may be taken in.
  while (written < 256 * 1024 * 1024) {
    written += chunk.length;
    if (secure.write(chunk)) continue;
    if (!(await Promise.race([once(secure, 'drain').then(() => true), wait(300, false)]))) break;
  }
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes were taken in`);
  secure.destroy();
});

test('when either side goes away, so does the other', async (t) => {
  const upstream = Promise.withResolvers<Socket>();
  const port = await tcpOrigin(t, (socket) => upstream.resolve(socket));
  const s = await scene(t, { tunnelPorts: [port] });
  const { socket } = await askTunnel(s.proxy.port, `site.test:${port}`);
  const server = await upstream.promise;
  const gone = once(server.resume(), 'close');
  socket.destroy();
  await gone;
  assert.equal(s.proxy.stats().openTunnels, 0);
});

test('what a server sent before it closed still arrives at a slow reader', async (t) => {
  const size = 2 * 1024 * 1024;
  const port = await tcpOrigin(t, (socket) => socket.once('data', () => socket.end(Buffer.alloc(size))));
  const s = await scene(t, { tunnelPorts: [port] });
  const { socket } = await askTunnel(s.proxy.port, `site.test:${port}`);
  socket.write(await realHello('site.test'));
  socket.pause();
  await wait(150);
  const all = finished(socket);
  socket.resume();
  assert.equal((await all).length, size);
});
