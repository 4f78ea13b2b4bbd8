import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filtered } from '../testing.ts';
import { askTunnel, basic, exchangeRaw, get, origin, realHello, scene, tlsOrigin } from './testing.ts';

const child = { 'Proxy-Authorization': basic('child', 'pw') };
const signedIn = { verify: async (name: string) => name };

test('FIL-19 a closed site through a translator, an archive or in foreign letters is answered with the page of that site', async (t) => {
  const { state } = await filtered({ pornography: ['bad.example'], translation: ['translate.google.com'] });
  const made = await scene(t, { judge: state, ...signedIn });
  const site = await origin(t, (_req, res) => res.end('a page'));
  for (const url of [
    'http://bad-example.translate.goog/x',
    'http://web.archive.org/web/2020/http://bad.example/',
    'http://xn--bd-7kc.example/',
  ]) {
    const answer = await get(made, url, child);
    assert.match(answer, /^HTTP\/1\.1 403/, url);
    assert.match(answer, /bad\.example/);
    const { host, outcome, person } = made.recorder.events.pop() ?? {};
    assert.deepEqual([host, outcome, person], [new URL(url).hostname, 'block', 'child']);
  }
  const { answer, socket } = await askTunnel(
    made.proxy.port,
    'bad-example.translate.goog:443',
    `Proxy-Authorization: ${child['Proxy-Authorization']}\r\n`,
  );
  socket.destroy();
  assert.match(answer, /^HTTP\/1\.1 403/);
  assert.match(await get(made, `http://web.archive.org:${site.port}/web/2020/http://good.example/`, child), /a page$/);
});

test('ALR-09 a search that speaks of suicide brings people who listen, in kind words, and nothing about rules', async (t) => {
  const { state } = await filtered({ 'search-engines': ['www.google.com'] });
  const made = await scene(t, { judge: state, ...signedIn });
  const answer = await get(made, 'http://www.google.com/search?q=painless+way+to+die', child);
  assert.match(answer, /You are not alone/);
  assert.match(answer, /0800 1111/);
  assert.match(answer, /116 123/);
  assert.doesNotMatch(answer, /closed here|<dt>Rule|\/ask\?|painless/);
  const event = made.recorder.events.at(-1);
  assert.deepEqual([event?.host, event?.outcome, event?.rule], ['www.google.com', 'block', 'safety.search']);
});

test('UAR-13 a service that would hide which sites are opened is not reached, neither as target nor as server name', async (t) => {
  const port = await tlsOrigin(t);
  const made = await scene(t, { tunnelPorts: [port] });
  const { answer, socket } = await askTunnel(made.proxy.port, `mask.icloud.com:${port}`);
  socket.destroy();
  assert.match(answer, /^HTTP\/1\.1 403/);
  const other = await askTunnel(made.proxy.port, `www.apple.example:${port}`);
  other.socket.write(await realHello('mask-h2.icloud.com'));
  const [first] = await new Promise<Buffer>((resolve) => other.socket.once('data', resolve));
  other.socket.destroy();
  assert.equal(first, 21, 'a TLS alert');
  const refused = made.recorder.events.filter((e) => e.outcome === 'block').map((e) => [e.host, e.rule]);
  assert.deepEqual(refused, [
    ['mask.icloud.com', 'proxy.own-dns'],
    ['mask-h2.icloud.com', 'proxy.own-dns'],
  ]);
});

/** Addresses stay at home: nothing here may go out to a stranger's. */
const spelling = fc.oneof(
  fc.domain(),
  fc.nat(2 ** 24 - 1).map((n) => String(127 * 2 ** 24 + n)),
  fc.nat(2 ** 24 - 1).map((n) => `0x7f.0${(n >> 8).toString(8)}`),
  fc.ipV6().map((ip) => `[fd00:${ip.split(':').slice(-1)[0] || 0}::1]`),
  fc.constantFrom(
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.1',
    '[::ffff:127.0.0.1]',
    'A.Example.',
    'xn--bcher-kva.example',
  ),
  fc.constantFrom(
    'b%61d.example',
    'good.example@bad.example',
    'good.example\\bad.example',
    'bad.example%00.good.example',
  ),
);

test('what is judged is what is looked up, connected to and named to the site, whatever target and Host header say', async (t) => {
  const named: string[] = [];
  const site = await origin(t, (req, res) => res.end(named.push(req.headers.host ?? '') ? 'x' : ''));
  const resolved: string[] = [];
  const made = await scene(t, {
    resolve: async (host) => {
      resolved.push(host);
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  await fc.assert(
    fc.asyncProperty(spelling, spelling, fc.webPath(), async (target, header, path) => {
      const asked = made.judge.asked.length;
      const before = { resolved: resolved.length, named: named.length };
      const url = `http://${target}:${site.port}${path}`;
      const answer = await exchangeRaw(
        made.proxy.port,
        `GET ${url} HTTP/1.1\r\nHost: ${header}\r\nConnection: close\r\n\r\n`,
      );
      const judged = made.judge.asked.slice(asked).map(({ host }) => host);
      if (answer.startsWith('HTTP/1.1 400')) return assert.deepEqual(judged, []);
      const [host = ''] = judged;
      assert.equal(judged.length, 1);
      const browser = new URL(url).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
      if (!browser.startsWith('::ffff:')) assert.equal(host, browser);
      for (const name of resolved.slice(before.resolved)) assert.equal(name, host);
      for (const name of named.slice(before.named)) assert.equal(name, `${host}:${site.port}`);
      return undefined;
    }),
    { numRuns: 150 },
  );
  assert.ok(named.length > 30, `only ${named.length} requests reached the site`);
});
