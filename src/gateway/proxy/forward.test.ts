import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { basic, exchangeRaw, get, origin, type Scene, scene, tcpOrigin } from './testing.ts';

/** What an origin was really sent: it answers with the request's own bytes. */
const echoHead = (socket: Socket): void => {
  let seen = '';
  socket.on('data', (chunk) => {
    seen += chunk.toString('latin1');
    if (!seen.includes('\r\n\r\n')) return;
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${seen.length}\r\n\r\n${seen}`);
  });
};

const viaProxy = (s: Scene, method: string, url: string, more: object = {}): ReturnType<typeof request> =>
  request({ host: '127.0.0.1', port: s.proxy.port, method, path: url, headers: { Host: new URL(url).host }, ...more });

async function answerTo(outgoing: ReturnType<typeof request>): Promise<{ answer: IncomingMessage; text: string }> {
  outgoing.end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer.setEncoding('latin1')) text += chunk;
  return { answer, text };
}

test('a request is forwarded in origin form, to the host that was judged, and recorded once', async (t) => {
  const s = await scene(t);
  const port = await tcpOrigin(t, echoHead);
  const answer = await get(s, `http://Site.EXAMPLE.:${port}/A/b?c=%41`, { 'X-Own': '1' });
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, new RegExp(`GET /A/b\\?c=%41 HTTP/1\\.1\r\nhost: site\\.example:${port}\r\n`));
  assert.match(answer, /\r\nX-Own: 1\r\n/);
  assert.match(answer, /\r\nVia: 1\.1 gatehouse\r\n/);
  assert.deepEqual(s.judge.asked, [{ person: null, host: 'site.example', path: '/A/b?c=%41' }]);
  assert.deepEqual(s.recorder.events, [
    { person: null, via: 'proxy', host: 'site.example', outcome: 'allow', rule: 'profile' },
  ]);
});

test('what a path and a header hold is forwarded byte for byte, with a body and without', async (t) => {
  const s = await scene(t);
  const site = await origin(t, (req, res) => {
    const name = req.rawHeaders.indexOf('X-Own');
    res.end(`${req.url} ${Buffer.from(req.rawHeaders[name + 1] ?? '', 'latin1').toString('hex')}`);
  });
  const path = '/a|b/..;/%2e%2E//c?x={y}^"%zz&q=\\\\';
  for (const [method, length] of [
    ['GET', ''],
    ['GET', 'Content-Length: 0\r\n'],
    ['POST', 'Content-Length: 0\r\n'],
  ]) {
    const head = `${method} http://site.example:${site.port}${path} HTTP/1.1\r\nHost: x\r\n${length}X-Own: caf\xe9\r\nConnection: close\r\n\r\n`;
    const answer = await exchangeRaw(s.proxy.port, [Buffer.from(head, 'latin1')]);
    assert.ok(answer.endsWith(`${path} 636166e9`), answer);
  }
});

test('the authority of the target wins over a Host header that says something else', async (t) => {
  const s = await scene(t);
  const port = await tcpOrigin(t, echoHead);
  s.judge.blocked.set('bad.example', {});
  const raw = (target: string, host: string): Promise<string> =>
    exchangeRaw(s.proxy.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  assert.match(await raw(`http://good.example:${port}/`, 'bad.example'), new RegExp(`\nhost: good.example:${port}\r`));
  assert.match(await raw(`http://bad.example:${port}/`, 'good.example'), /^HTTP\/1\.1 403 /);
});

test('headers for one connection only are not forwarded, credentials least of all', async (t) => {
  const s = await scene(t);
  s.verify = async () => 'person-1';
  const port = await tcpOrigin(t, echoHead);
  const answer = await get(s, `http://site.example:${port}/`, {
    Connection: 'close, X-Hop, Content-Length, Host',
    'X-Hop': 'mine',
    'Keep-Alive': 'timeout=5',
    'Proxy-Connection': 'keep-alive',
    'Proxy-Authorization': basic('sam', 'secret'),
    TE: 'trailers',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'AAMAAABkAAQAAP__',
    Cookie: 'own=1',
  });
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  const sent = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  assert.doesNotMatch(sent, /x-hop|timeout=5|proxy-|basic|trailers|upgrade|h2c|http2/i);
  assert.match(sent, /\r\nCookie: own=1\r\n/);
  assert.match(sent, /\r\nhost: site\.example/i);
});

test('a client connection is kept for the next request, and so is the connection to the origin', async (t) => {
  const s = await scene(t);
  const ports = new Set<number | undefined>();
  const site = await origin(t, (req, res) => {
    ports.add(req.socket.remotePort);
    res.end('ok');
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const clients = new Set<number | undefined>();
  for (let i = 0; i < 5; i++) {
    const outgoing = viaProxy(s, 'GET', `http://site.example:${site.port}/`, { agent });
    outgoing.once('socket', (socket) => socket.once('ready', () => clients.add(socket.localPort)));
    assert.equal((await answerTo(outgoing)).text, 'ok');
  }
  agent.destroy();
  assert.equal(ports.size, 1);
  assert.equal(clients.size, 1);
});

test('a pooled connection that the origin has just closed is tried again on a new one', async (t) => {
  const s = await scene(t);
  let connections = 0;
  const port = await tcpOrigin(t, (socket) => {
    connections++;
    let answered = 0;
    socket.on('data', () => {
      if (answered++ > 0) return void socket.resetAndDestroy();
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  for (let i = 0; i < 3; i++) assert.match(await get(s, `http://site.example:${port}/`), /^HTTP\/1\.1 200 /);
  assert.equal(connections, 3);
});

test('bodies and trailers stream both ways, with a length or in chunks', async (t) => {
  const s = await scene(t);
  const site = await origin(t, async (req, res) => {
    let size = 0;
    for await (const chunk of req) size += chunk.length;
    res.writeHead(200, { Trailer: 'X-Sum', 'X-Length': String(req.headers['content-length']) });
    res.write(`${size} ${req.headers['transfer-encoding'] ?? ''}`);
    res.addTrailers({ 'X-Sum': `sum-${req.trailers['x-check'] ?? 'none'}` });
    res.end();
  });
  const url = `http://site.example:${site.port}/`;
  const post = (framing: string, body: string): Promise<string> =>
    exchangeRaw(s.proxy.port, `POST ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${framing}\r\n\r\n${body}`);
  const chunked = await post(
    'Trailer: X-Check\r\nTransfer-Encoding: chunked',
    '3\r\nabc\r\n2\r\nde\r\n0\r\nX-Check: 7\r\n\r\n',
  );
  assert.match(chunked, /\r\n5 chunked\r\n0\r\nX-Sum: sum-7\r\n\r\n$/);
  const sized = await post('Content-Length: 5', 'abcde');
  assert.match(sized, /X-Length: 5\r\n/);
  assert.match(sized, /\r\n5 \r\n0\r\n/);
  assert.match(await post('X-None: 1', ''), /X-Length: 0\r\n/);
  const get = await exchangeRaw(
    s.proxy.port,
    `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  );
  assert.match(get, /\r\n3 chunked\r\n/);
});

test('HEAD, 204, 304 and an HTTP/1.0 client get what belongs to them', async (t) => {
  const s = await scene(t);
  const site = await origin(t, (req, res) => {
    const status = Number(req.url?.slice(1)) || 200;
    res.writeHead(status, req.method === 'HEAD' ? { 'Content-Length': 12345 } : { ETag: '"1"' });
    res.end(status === 200 ? 'body' : undefined);
  });
  const url = `http://site.example:${site.port}`;
  const ask = (line: string): Promise<string> =>
    exchangeRaw(s.proxy.port, `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.match(await ask(`HEAD ${url}/ HTTP/1.1`), /200 OK\r\n[\s\S]*Content-Length: 12345\r\n[\s\S]*\r\n\r\n$/);
  assert.match(await ask(`GET ${url}/204 HTTP/1.1`), /^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/);
  assert.match(await ask(`GET ${url}/304 HTTP/1.1`), /^HTTP\/1\.1 304 [\s\S]*ETag: "1"[\s\S]*\r\n\r\n$/);
  const old = await ask(`GET ${url}/ HTTP/1.0`);
  assert.doesNotMatch(old, /transfer-encoding/i);
  assert.match(old, /\r\n\r\nbody$/);
});

test('a client that expects 100 Continue hears it from the origin, and 103 on the way', async (t) => {
  const s = await scene(t);
  const site = await origin(t, () => {});
  site.server.on('checkContinue', (req, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' });
    if (req.url === '/no') return res.writeHead(413).end();
    res.writeContinue();
    req.on('data', (chunk) => res.end(`got ${chunk}`));
  });
  const head = (path: string): string =>
    `PUT http://site.example:${site.port}${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`;
  const socket = connect(s.proxy.port, '127.0.0.1');
  socket.write(head('/yes'));
  let seen = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    const asked = seen.includes('100 Continue');
    seen += chunk;
    if (!asked && seen.includes('100 Continue')) socket.write('hello');
  }
  assert.match(seen, /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n/i);
  assert.match(seen, /got hello/);
  const refused = await exchangeRaw(s.proxy.port, head('/no'));
  assert.match(refused, /HTTP\/1\.1 413 /);
  assert.doesNotMatch(refused, /100 Continue/);
  assert.match(refused, /Connection: close/);
});

test('an event stream arrives event by event, its head before the first of them', async (t) => {
  const s = await scene(t);
  const headArrived = Promise.withResolvers<void>();
  const site = await origin(t, async (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    await headArrived.promise;
    res.write('data: 1\n\n');
  });
  const outgoing = viaProxy(s, 'GET', `http://site.example:${site.port}/`).end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  headArrived.resolve();
  assert.equal(String((await once(answer, 'data'))[0]), 'data: 1\n\n');
  outgoing.destroy();
});

test('a slow reader slows the origin down: nothing is heaped up in the proxy', async (t) => {
  const s = await scene(t);
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  const site = await origin(t, (_req, res) => {
    const more = (): void => {
      while (!res.destroyed && written < 256 * 1024 * 1024) {
        written += chunk.length;
        if (!res.write(chunk)) return void res.once('drain', more);
      }
    };
    more();
  });
  const outgoing = viaProxy(s, 'GET', `http://site.example:${site.port}/`).end();
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  answer.pause();
  for (let before = -1; before !== written; await wait(300)) before = written;
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken from the origin`);
  outgoing.destroy();
});

test('a slow origin slows an upload down in the same way', async (t) => {
  const s = await scene(t);
  const port = await tcpOrigin(t, (socket) => void socket.pause());
  const outgoing = viaProxy(s, 'POST', `http://site.example:${port}/`);
  outgoing.on('error', () => {});
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  while (written < 256 * 1024 * 1024) {
    written += chunk.length;
    if (outgoing.write(chunk)) continue;
    if (!(await Promise.race([once(outgoing, 'drain').then(() => true), wait(300, false)]))) break;
  }
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken from the client`);
  outgoing.destroy();
});

test('a client that goes away ends the request at the origin', async (t) => {
  const s = await scene(t);
  const gone = Promise.withResolvers<void>();
  const site = await origin(t, (req, res) => {
    res.write('begun');
    req.on('close', gone.resolve);
  });
  const outgoing = viaProxy(s, 'GET', `http://site.example:${site.port}/`).end();
  outgoing.on('error', () => {});
  await once(outgoing, 'response');
  outgoing.destroy();
  await gone.promise;
});

test('an origin that breaks off breaks the answer off too: half never looks like whole', async (t) => {
  const s = await scene(t);
  const port = await tcpOrigin(t, (socket) => {
    socket.once('data', (head) => {
      const chunked = head.includes('/chunked');
      socket.write(`HTTP/1.1 200 OK\r\n${chunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 100'}\r\n\r\n`);
      socket.write(chunked ? '3\r\nabc\r\n' : 'abc');
      setTimeout(() => socket.destroy(), 20);
    });
  });
  for (const path of ['/chunked', '/sized']) {
    const outgoing = viaProxy(s, 'GET', `http://site.example:${port}${path}`).end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.resume();
    await assert.rejects(once(answer, 'end'), { code: 'ECONNRESET' }, path);
  }
});

test('an origin may answer before the upload has ended', async (t) => {
  const s = await scene(t);
  const port = await tcpOrigin(t, (socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig'),
    );
  });
  const head = `POST http://site.example:${port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`;
  const answer = await exchangeRaw(s.proxy.port, [head, 'x'.repeat(1000)], /big$/);
  assert.match(answer, /^HTTP\/1\.1 413 Too Large\r\n[\s\S]*big$/);
});

test('failures are told apart: unknown name, refused, silent, nonsense', async (t) => {
  const s = await scene(t);
  s.names.set('gone.example', null);
  assert.match(await get(s, 'http://gone.example/'), /^HTTP\/1\.1 502 [\s\S]*error=dns_error/);
  assert.match(await get(s, 'http://site.example:1025/'), /^HTTP\/1\.1 502 [\s\S]*error=connection_refused/);
  const nonsense = await tcpOrigin(t, (socket) => socket.once('data', () => socket.end('220 mail ready\r\n')));
  const early = await tcpOrigin(t, (socket) => socket.once('data', () => socket.end()));
  assert.match(await get(s, `http://site.example:${nonsense}/`), /^HTTP\/1\.1 502 [\s\S]*error=http_protocol_error/);
  assert.match(await get(s, `http://site.example:${early}/`), /^HTTP\/1\.1 502 [\s\S]*error=connection_terminated/);
  const silent = await tcpOrigin(t, (socket) => void socket.resume());
  const impatient = await scene(t, { timeouts: { idle: 150 } });
  assert.match(
    await get(impatient, `http://site.example:${silent}/`),
    /^HTTP\/1\.1 504 [\s\S]*error=connection_timeout/,
  );
});

test('an origin whose answer could be read in two ways is not passed on', async (t) => {
  const s = await scene(t);
  const answers = [
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 O\u0001K\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n',
  ];
  for (const answer of answers) {
    const port = await tcpOrigin(t, (socket) => socket.once('data', () => socket.end(answer)));
    assert.match(await get(s, `http://site.example:${port}/`), /^HTTP\/1\.1 502 /, JSON.stringify(answer));
  }
  assert.equal(s.proxy.stats().faults, 0);
});

test('the proxy stops within its grace period, and lets an answer under way be finished', async (t) => {
  const s = await scene(t, { timeouts: { grace: 2000 } });
  const site = await origin(t, (_req, res) => {
    res.write('first ');
    setTimeout(() => res.end('last'), 150);
  });
  const answer = get(s, `http://site.example:${site.port}/`);
  await wait(75);
  const begun = performance.now();
  await s.proxy.close();
  assert.ok(performance.now() - begun < 1500);
  assert.match(await answer, /last/);
});
