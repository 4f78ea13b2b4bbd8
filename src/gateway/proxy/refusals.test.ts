import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { exchangeRaw, get, origin, PAGE, scene, tcpOrigin } from './testing.ts';

test('FIL-19 a blocked site is answered with the block page, and the origin hears nothing', async (t) => {
  const s = await scene(t);
  let heard = 0;
  const site = await origin(t, (_req, res) => {
    heard++;
    res.end();
  });
  s.judge.blocked.set('bets.example', {});
  const answer = await get(s, `http://bets.example:${site.port}/win`);
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
  assert.match(answer, /Proxy-Status: gatehouse; error=http_request_denied; details="UAR-20"\r\n/);
  assert.match(answer, /Cache-Control: no-store\r\n/);
  assert.match(answer, /Content-Security-Policy: default-src 'none'; style-src 'sha256-/);
  assert.match(answer, /X-Content-Type-Options: nosniff\r\n/);
  assert.match(answer, /Referrer-Policy: no-referrer\r\n/);
  assert.match(answer, /Betting sites are not allowed for pupils\.[\s\S]*UAR-20[\s\S]*4\.3/);
  assert.match(answer, /href="https:\/\/gatehouse\.meadowbank\.example\/ask\?site=bets\.example/);
  assert.equal(heard, 0);
  assert.deepEqual(s.recorder.events, [
    { person: null, via: 'proxy', host: 'bets.example', outcome: 'block', rule: 'UAR-20' },
  ]);
});

test('a blocked picture or script gets one line, not a page', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bets.example', {});
  const pictures: Record<string, string>[] = [
    { Accept: 'image/avif,*/*' },
    { Accept: 'text/html', 'Sec-Fetch-Dest': 'image' },
  ];
  for (const headers of pictures) {
    const answer = await get(s, 'http://bets.example/x.png', headers);
    assert.match(answer, /^HTTP\/1\.1 403 [\s\S]*Content-Type: text\/plain/);
    assert.match(answer, /\r\n\r\nBetting sites are not allowed for pupils\. \(Meadowbank School, rule UAR-20\)\n$/);
  }
});

test('FIL-19 an illegal site is answered in neutral words, in the header too', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('dark.example', { rule: 'safety.illegal', category: 'child-abuse', clause: null, remedy: null });
  for (const accept of ['text/html', 'image/*']) {
    const answer = await get(s, 'http://dark.example/', { Accept: accept });
    assert.match(answer, /^HTTP\/1\.1 403 /);
    assert.doesNotMatch(answer, /illegal|child.?sex|child.?abuse|safety\.|\/ask|dark\.example|Betting/i);
  }
  assert.equal(s.recorder.events[0]?.rule, 'safety.illegal');
});

test('private targets are refused by the address that would be connected to, whatever the name says', async (t) => {
  const s = await scene(t);
  const site = await origin(t, (_req, res) => res.end('the inner server'));
  const open = await get(s, `http://site.example:${site.port}/`);
  assert.match(open, /the inner server/);
  s.settings.allowedPrivate = [];
  for (const host of [
    'site.example',
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    'localhost',
  ]) {
    const answer = await get(s, `http://${host}:${site.port}/`);
    assert.match(answer, /^HTTP\/1\.1 403 [\s\S]*error=destination_ip_prohibited; details="proxy\.private"/, host);
    assert.doesNotMatch(answer, /the inner server/);
  }
  assert.equal(s.recorder.events.at(-1)?.rule, 'proxy.private');
  assert.equal(s.recorder.events.length, 8);
});

test('a name that changes its address between check and connection (rebinding) leads nowhere else', async (t) => {
  const lookups: string[] = [];
  const site = await origin(t, (_req, res) => res.end('the inner server'));
  // First answer public, second private: a proxy that looked up again to connect would now be inside.
  const answers = [[{ address: '192.88.99.1', family: 4 as const }], [{ address: '127.0.0.1', family: 4 as const }]];
  const s = await scene(t, {
    timeouts: { connect: 100 },
    settings: () => ({ allowedPrivate: ['192.88.99.0/24'], proxySignIn: 'accept' }),
    resolve: async (host) => {
      lookups.push(host);
      return answers[Math.min(lookups.length - 1, 1)] ?? [];
    },
  });
  assert.match(await get(s, `http://rebind.example:${site.port}/`), /^HTTP\/1\.1 50[24] /);
  assert.deepEqual(lookups, ['rebind.example']);
  assert.match(await get(s, `http://rebind.example:${site.port}/`), /^HTTP\/1\.1 403 [\s\S]*proxy\.private/);
});

test('of several addresses only those that may be reached are used', async (t) => {
  const s = await scene(t);
  const site = await origin(t, (_req, res) => res.end('the inner server'));
  s.names.set('mixed.example', [
    { address: '10.0.0.1', family: 4 },
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]);
  assert.match(await get(s, `http://mixed.example:${site.port}/`), /the inner server/);
  s.settings.allowedPrivate = ['127.0.0.2/32'];
  assert.match(await get(s, `http://mixed.example:${site.port}/`), /proxy\.private/);
});

test('Gatehouse’s own pages cannot be reached through the proxy, even where their network is allowed', async (t) => {
  const site = await origin(t, (_req, res) => res.end('pages'));
  const s = await scene(t, { page: () => ({ ...PAGE, pagesUrl: `http://127.0.0.1:${site.port}` }) });
  for (const host of ['127.0.0.1', 'other-name.example', '127.1']) {
    assert.match(await get(s, `http://${host}:${site.port}/`), /^HTTP\/1\.1 403 [\s\S]*proxy\.own-pages/, host);
  }
});

test('ports of other services are refused', async (t) => {
  const s = await scene(t);
  for (const port of [22, 25, 443, 1023]) {
    assert.match(await get(s, `http://site.example:${port}/`), /^HTTP\/1\.1 403 [\s\S]*proxy\.port/);
  }
});

test('what could be read in two ways never reaches an origin', async (t) => {
  const s = await scene(t);
  let heard = 0;
  const port = await tcpOrigin(t, (socket) => {
    heard++;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  const url = `http://site.example:${port}/`;
  const attempts: Record<string, string> = {
    'length and chunks': `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'chunks and length': `POST ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
    'two lengths': `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
    'a list of lengths': `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd`,
    'a signed length': `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd`,
    'an unknown coding': `POST ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    'chunked not last': `POST ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    'another coding under it': `POST ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    'chunked twice': `POST ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a space before the colon': `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd`,
    'a folded header': `POST ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
    'bare line feeds': `GET ${url} HTTP/1.1\nHost: x\n\n`,
    'a bare carriage return': `GET ${url} HTTP/1.1\r\nHost: x\r\nX: a\rGET / HTTP/1.1\r\n\r\n`,
    'a NUL in a header': `GET ${url} HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n`,
    'no Host': `GET ${url} HTTP/1.1\r\n\r\n`,
    'two Hosts': `GET ${url} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n`,
    'an unknown method': `HACK ${url} HTTP/1.1\r\nHost: x\r\n\r\n`,
    TRACE: `TRACE ${url} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'another version': `GET ${url} HTTP/3.0\r\nHost: x\r\n\r\n`,
    'a user name in the target': `GET http://x@site.example:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    'https by GET': `GET https://site.example:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    'a WebSocket in the clear': `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    'a bad chunk size': `POST ${url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`,
  };
  for (const [what, bytes] of Object.entries(attempts)) {
    const before = heard;
    const answer = await exchangeRaw(s.proxy.port, bytes, /\r\n\r\n/);
    assert.match(answer, /^HTTP\/1\.1 (4\d\d|501) /, `${what}: ${answer.slice(0, 80)}`);
    if (what !== 'a bad chunk size') assert.equal(heard, before, what);
  }
  assert.equal(s.proxy.stats().faults, 0);
});

test('a client that sends its head a byte at a time is cut off in time', async (t) => {
  const s = await scene(t, { timeouts: { header: 200 } });
  const socket = connect(s.proxy.port, '127.0.0.1');
  socket.write('GET http://site.example/ HTTP/1.1\r\nHost: site.example\r\nX-Slow: ');
  const drip = setInterval(() => socket.write('z'), 20);
  t.after(() => clearInterval(drip));
  const begun = performance.now();
  const end = await new Promise<string>((resolve) => {
    let seen = '';
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', (chunk) => {
      seen += chunk;
    });
    socket.on('close', () => resolve(seen));
  });
  assert.ok(performance.now() - begun < 2000);
  assert.match(end, /^HTTP\/1\.1 408 /);
});

test('a request head that is too long is refused', async (t) => {
  const s = await scene(t);
  const answer = await get(s, 'http://site.example/', { 'X-Long': 'x'.repeat(40_000) });
  assert.match(answer, /^HTTP\/1\.1 431 /);
});

test('a judge that fails lets nothing through', async (t) => {
  const s = await scene(t);
  let heard: Socket | undefined;
  const port = await tcpOrigin(t, (socket) => {
    heard = socket;
  });
  s.judge.judge = () => {
    throw new Error('broken index');
  };
  assert.match(await get(s, `http://site.example:${port}/`), /^HTTP\/1\.1 500 /);
  assert.equal(heard, undefined);
  assert.equal(s.proxy.stats().faults, 1);
});
