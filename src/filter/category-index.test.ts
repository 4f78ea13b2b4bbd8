import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as dns from 'dns-packet';
import fc from 'fast-check';
import { type CategoryIndex, openIndex } from './index.ts';
import { compile, taxonomy } from './test-lists.ts';

const HEADER = 12;
const question = (name: string): Uint8Array => dns.encode({ type: 'query', id: 1, questions: [{ type: 'A', name }] });
const byHost = (index: CategoryIndex, host: string) => index.categoriesOf(index.find(host));
const byWire = (index: CategoryIndex, host: string) => index.categoriesOf(index.findWire(question(host), HEADER));

test('a host is found by its own name and by any parent, and by nothing else', async (t) => {
  const { index, report } = await compile(t, { 'games/domains': ['play.example', 'deep.under.site.test'] });
  for (const find of [byHost, byWire]) {
    for (const host of [
      'play.example',
      'www.play.example',
      'a.b.c.play.example',
      'PLAY.Example',
      'deep.under.site.test',
    ])
      assert.deepEqual(find(index, host), ['games'], host);
    for (const host of [
      'example',
      'xplay.example',
      'play.example.org',
      'lay.example',
      'under.site.test',
      'site.test',
      'test',
    ])
      assert.deepEqual(find(index, host), [], host);
  }
  assert.equal(report.domains, 2);
  assert.equal(index.domains, 2);
  assert.equal(index.find(''), 0);
  assert.equal(index.findWire(Uint8Array.of(0), 0), 0);
});

test('the most specific host has its parents’ categories as well', async (t) => {
  const { index } = await compile(t, {
    'search-engines/domains': ['big.example'],
    'webmail/domains': ['mail.big.example'],
    'games/domains': ['play.big.example', 'x.mail.big.example', 'big.example'],
  });
  assert.deepEqual(byHost(index, 'big.example'), ['games', 'search-engines']);
  assert.deepEqual(byHost(index, 'mail.big.example'), ['games', 'webmail', 'search-engines']);
  assert.deepEqual(byHost(index, 'y.x.mail.big.example'), ['games', 'webmail', 'search-engines']);
});

test('an IP address matches whole', async (t) => {
  const { index } = await compile(t, { 'games/domains': ['192.0.2.7', '2001:DB8::1', '198.51.100.9'] });
  for (const host of ['192.0.2.7', '2001:db8::1', '198.51.100.9']) assert.deepEqual(byHost(index, host), ['games']);
  for (const host of ['1.192.0.2.7', '2.7', '0.2.7', '192.0.2.70', '2001:db8::2']) {
    assert.deepEqual(byHost(index, host), [], host);
    if (!host.includes(':')) assert.deepEqual(byWire(index, host), [], host);
  }
});

test('a listed address holds for everything under it, on its host and below', async (t) => {
  const { index, report } = await compile(t, {
    'news/urls': ['http://site.example/News/', 'site.example/a?id=1', '192.0.2.7/~x'],
    'sports/urls': ['site.example/news/sport'],
    'blogs/domains': ['site.example'],
    'games/urls': ['www.site.example/news'],
  });
  const at = (host: string, path: string) => index.categoriesOf(index.findUrl(host, path));
  assert.equal(report.urls, 5);
  for (const path of ['/news', '/news/', '/NEWS/today', '/news?x', '/%6eews/1', '//news', '/a/../news'])
    assert.deepEqual(at('site.example', path), ['blogs', 'news'], path);
  for (const path of ['/', '', '/newsroom', '/x/news', '/a', '/a?id=12'])
    assert.deepEqual(at('site.example', path), ['blogs'], path);
  assert.deepEqual(at('site.example', '/a?id=1&b=2'), ['blogs', 'news']);
  assert.deepEqual(at('site.example', '/news/sport/1'), ['blogs', 'news', 'sports']);
  assert.deepEqual(at('x.www.site.example', '/news'), ['games', 'blogs', 'news']);
  assert.deepEqual(at('192.0.2.7', '/~x/y'), ['news']);
  assert.deepEqual(at('2.192.0.2.7', '/~x/y'), []);
  assert.deepEqual(byHost(index, 'other.example'), []);
});

test('a wire name that is none is not listed: pointers, over-long labels, cut packets', async (t) => {
  const { index } = await compile(t, { 'games/domains': ['play.example'] });
  const good = question('play.example');
  assert.notEqual(index.findWire(good, HEADER), 0);
  assert.equal(index.findWire(good.subarray(0, 18), HEADER), 0);
  assert.equal(index.findWire(good, good.length), 0);
  assert.equal(index.findWire(Uint8Array.of(0xc0, 0x0c), 0), 0);
  assert.equal(index.findWire(Uint8Array.of(0x40, ...Array(64).fill(97), 0), 0), 0);
  assert.equal(index.findWire(new Uint8Array(400).fill(1), 0), 0);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(310), (packet, offset) => {
      assert.ok(index.categoriesOf(index.findWire(packet, offset)));
    }),
    { numRuns: 1000 },
  );
});

const label = fc.stringMatching(/^[a-c0-9_]{1,2}[a-c]$/);
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 5 }), fc.constantFrom('example', 'test'))
  .map(([labels, top]) => [...labels, top].join('.'));

test('text and wire agree with a plain model of the lists, for any lists', async (t) => {
  const order = taxonomy.categories.map((c) => c.id);
  const lists = fc.array(fc.tuple(name, fc.constantFrom('games', 'news', 'hate', 'sports')), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(lists, fc.array(name, { maxLength: 20 }), async (listed, asked) => {
      const files: Record<string, string[]> = { 'games/domains': [] };
      for (const [host, category] of listed) {
        files[`${category}/domains`] ??= [];
        files[`${category}/domains`]?.push(host);
      }
      const { index, report } = await compile(t, files);
      assert.equal(report.domains, new Set(listed.map(([host]) => host)).size);
      for (const host of [...asked, ...listed.map(([listedHost]) => listedHost)]) {
        const said = new Set(
          listed.filter(([l]) => host === l || host.endsWith(`.${l}`)).map(([, category]) => category),
        );
        const expected = order.filter((id) => said.has(id as 'games'));
        assert.deepEqual(byHost(index, host), expected, host);
        assert.deepEqual(byWire(index, host), expected, host);
        assert.equal(index.findUrl(host, '/any'), index.find(host));
      }
    }),
    { numRuns: 60 },
  );
});

test('a large table finds every listed name and nothing beside', async (t) => {
  const names = Array.from({ length: 200_000 }, (_, n) => `n${n}.example`);
  const { index, report } = await compile(t, { 'games/domains': names });
  assert.equal(report.domains, names.length);
  assert.ok(names.every((host) => index.find(host) !== 0));
  assert.ok(names.every((_, n) => index.find(`m${n}.example`) === 0));
});

test('another thread looks up in the same memory', async (t) => {
  const { index } = await compile(t, { 'games/domains': ['play.example'] });
  const door = new URL('./index.ts', import.meta.url).href;
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(${JSON.stringify(door)}).then(({ openIndex }) => {
       const index = openIndex(workerData);
       parentPort.postMessage([index.version, index.categoriesOf(index.find('www.play.example')), index.shared === workerData]);
     });`,
    { eval: true, workerData: index.shared },
  );
  const [message] = await once(worker, 'message');
  assert.deepEqual(message, [index.version, ['games'], true]);
  assert.equal(openIndex(index.shared).version, index.version);
});
