import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { startBlockPage } from './local.ts';
import { pacScript } from './pac.ts';
import { exchangeRaw, PAGE, type Scene, scene, TestJudge } from './testing.ts';

const ask = (port: number, line: string, host: string | null, headers = 'Accept: text/html\r\n'): Promise<string> => {
  const hostLine = host === null ? '' : `Host: ${host}\r\n`;
  return exchangeRaw(port, `${line} HTTP/1.1\r\n${hostLine}${headers}Connection: close\r\n\r\n`);
};

/** What a browser decides with this script. */
function evaluate(script: string): (host: string) => string {
  const sandbox = createContext({
    isPlainHostName: (host: string) => !host.includes('.'),
    dnsDomainIs: (host: string, domain: string) => host.endsWith(domain),
  });
  runInContext(script, sandbox);
  return (host) => runInContext(`FindProxyForURL('http://${host}/', '${host}')`, sandbox) as string;
}

const portOf = (s: Scene): number => s.proxy.port;

test('the PAC file sends everything to the proxy that served it, and never round it', async (t) => {
  const s = await scene(t);
  for (const path of ['/proxy.pac', '/wpad.dat', '/wpad.dat?x=1']) {
    const answer = await ask(portOf(s), `GET ${path}`, 'wpad.school.example');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Type: application\/x-ns-proxy-autoconfig\r\n/);
    const decide = evaluate(answer.slice(answer.indexOf('\r\n\r\n') + 4));
    const proxy = `PROXY 127.0.0.1:${s.proxy.port}`;
    for (const host of [
      'www.example.test',
      '10.0.0.1',
      '8.8.8.8',
      '2001:db8::1',
      '2606:4700::1111',
      'localhost.evil.test',
    ]) {
      assert.equal(decide(host), proxy, host);
    }
    for (const host of [
      'localhost',
      'LOCALHOST',
      'a.localhost',
      '127.0.0.1',
      '::1',
      'intranet',
      'gatehouse.meadowbank.example',
    ]) {
      assert.equal(decide(host), 'DIRECT', host);
    }
    assert.doesNotMatch(answer, /; *DIRECT'/);
  }
});

test('a PAC file names an HTTPS proxy as such, and says nothing that could break out of its strings', () => {
  const script = pacScript({ address: 'proxy.school.example:3129', tls: true }, `https://x.example/'"\\\n`);
  assert.equal(evaluate(script)('www.example.test'), 'HTTPS proxy.school.example:3129');
  assert.equal(evaluate(pacScript({ address: '[::1]:3128', tls: false }, null))('a.test'), 'PROXY [::1]:3128');
});

test('the Host header cannot make the PAC file name another proxy', async (t) => {
  const s = await scene(t);
  assert.doesNotMatch(await ask(portOf(s), 'GET /proxy.pac', 'evil.example'), /evil/);
});

test('FIL-19 a browser whose look-up of a blocked name led here sees the block page for it', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bets.example', {});
  const answer = await ask(portOf(s), 'GET /any/path?q', 'Bets.Example:80');
  assert.match(answer, /^HTTP\/1\.1 403 [\s\S]*bets\.example[\s\S]*UAR-20/);
  assert.match(await ask(portOf(s), 'POST /x', 'bets.example'), /^HTTP\/1\.1 403 /);
  assert.match(
    await ask(portOf(s), 'GET /x.js', 'bets.example', 'Sec-Fetch-Dest: script\r\n'),
    /Content-Type: text\/plain/,
  );
  assert.deepEqual(s.recorder.events, [], 'it was recorded where it was decided');
});

test('a site that has been opened meanwhile is said to be open, with a link', async (t) => {
  const s = await scene(t);
  const answer = await ask(portOf(s), 'GET /', 'maths.example');
  assert.match(
    answer,
    /^HTTP\/1\.1 503 [\s\S]*Retry-After: 60\r\n[\s\S]*open to you now[\s\S]*href="http:\/\/maths\.example\/"/,
  );
});

test('our own address shows the way to the pages; an unreadable Host is refused', async (t) => {
  const s = await scene(t);
  for (const host of ['127.0.0.1:3128', 'gateway', 'wpad.school.example']) {
    assert.match(
      await ask(portOf(s), 'GET /', host),
      /^HTTP\/1\.1 404 [\s\S]*href="https:\/\/gatehouse\.meadowbank\.example"/,
    );
  }
  assert.match(await ask(portOf(s), 'GET /', 'a b'), /^HTTP\/1\.1 400 /);
  assert.match(await ask(portOf(s), 'GET /', 'a.test\r\nHost: b.test'), /^HTTP\/1\.1 400 /);
  assert.match(await ask(portOf(s), 'OPTIONS *', 'gateway'), /^HTTP\/1\.1 404 /);
});

test('the block page listens on a port of its own as well', async (t) => {
  const judge = new TestJudge();
  judge.blocked.set('bets.example', {});
  const page = await startBlockPage({
    listen: { address: '127.0.0.1', port: 0 },
    judge,
    page: () => PAGE,
    proxyPort: 3128,
    advertise: 'proxy.school.example:3128',
  });
  t.after(() => page.close());
  assert.match(await ask(page.port, 'GET /', 'bets.example'), /^HTTP\/1\.1 403 /);
  assert.match(await ask(page.port, 'GET /wpad.dat', 'wpad'), /PROXY proxy\.school\.example:3128/);
  assert.match(await ask(page.port, 'GET http://site.example/', 'site.example'), /^HTTP\/1\.1 (400|404|503) /);
  await assert.rejects(
    startBlockPage({ listen: { address: '127.0.0.1', port: page.port }, judge, page: () => PAGE, proxyPort: 1 }),
    { code: 'EADDRINUSE' },
  );
});
