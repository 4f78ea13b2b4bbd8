import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { imitatedHost } from './confusables.ts';
import { behind, mayDisguise, mayDisguiseWire } from './disguise.ts';
import { normaliseHost } from './host.ts';
import { HostPatterns } from './host-patterns.ts';
import { unwrap } from './wrappers.ts';

const looksLike = (text: string) => imitatedHost(normaliseHost(text) ?? '');
const inside = (url: string) => {
  const { hostname, pathname, search } = new URL(url);
  return unwrap(hostname, pathname + search).map((w) => w.host + (w.path ?? ''));
};
const wire = (host: string) =>
  Buffer.concat([...host.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)])), Buffer.of(0)]);

test('a name with foreign letters that pass for Latin ones is the name it looks like', () => {
  assert.equal(looksLike('bеts.example'), 'bets.example'); // Cyrillic е
  assert.equal(looksLike('ѕех.example'), 'sex.example'); // all Cyrillic
  assert.equal(looksLike('gοοgle.example'), 'google.example'); // Greek ο
  assert.equal(looksLike('ɡames.example'), 'games.example'); // Latin script g
});

test('honest names in any language look like nothing else', () => {
  for (const name of [
    'bücher.example',
    'café.example',
    'пример.example',
    'ελλάδα.example',
    '例え.example',
    'plain.example',
  ])
    assert.equal(looksLike(name), null, name);
});

test('a translator, archive, cache or redirect shows the address within', () => {
  const bing = Buffer.from('https://bets.example/q').toString('base64url');
  for (const [url, inner] of [
    ['http://translate.google.co.uk/translate?hl=en&u=https%3A%2F%2Fbets.example%2Fa%3Fb', 'bets.example/a?b'],
    ['http://web.archive.org/web/20200101000000/https://bets.example/x', 'bets.example/x'],
    ['http://web.archive.org/%77eb/2020id_/bets.example', 'bets.example/'],
    ['http://web.archive.org/web/2020/https:/bets.example/one-slash', 'bets.example/one-slash'],
    ['http://archive.ph/https://bets.example/1', 'bets.example/1'],
    ['http://webcache.googleusercontent.com/search?q=cache:AbCdEf12345:bets.example/x+word', 'bets.example/x'],
    ['http://cdn.ampproject.org/c/s/bets.example/p', 'bets.example/p'],
    ['http://www.google.fr/url?sa=t&q=http://bets.example/', 'bets.example/'],
    [`http://www.bing.com/ck/a?p=1&u=a1${bing}`, 'bets.example/q'],
    ['http://duckduckgo.com/l/?uddg=https%253A%252F%252Fbets.example%252F', 'bets.example/'],
    ['http://r.search.yahoo.com/_ylt=A/RU=https%3a%2f%2fbets.example%2fa/RK=2', 'bets.example/a'],
    ['http://12ft.io/https://bets.example/', 'bets.example/'],
  ] as const) {
    assert.deepEqual(inside(url), [inner], url);
  }
  // Which of two a translator takes is its affair.
  assert.deepEqual(inside('http://translate.google.com/translate?u=good.example&u=bets.example'), [
    'good.example/',
    'bets.example/',
  ]);
});

test('where only the host can be seen, the host shows it', () => {
  const host = (name: string) => unwrap(name, undefined).map((w) => w.host);
  assert.deepEqual(host('www-bets-example.translate.goog'), ['www.bets.example']);
  assert.deepEqual(host('my--bets-co-uk.translate.goog'), ['my-bets.co.uk']);
  assert.deepEqual(host('0-xn----bets-example-0.translate.goog'), ['xn--bets.example']);
  assert.deepEqual(host('bets-example.cdn.ampproject.org'), ['bets.example']);
  assert.deepEqual(host('translate.goog'), []);
});

test('an ordinary page of the same sites holds nothing', () => {
  for (const url of [
    'http://www.google.com/search?q=bets.example',
    'http://archive.org/details/old-radio-plays',
    'http://archive.ph/AbC12',
    'http://www.bing.com/search?q=bets.example',
    'http://translate.google.com/?text=good+morning',
    'http://www.example.com/url?q=http://bets.example/',
    'http://www.google.evil.example/url?q=http://bets.example/',
  ]) {
    assert.deepEqual(inside(url), [], url);
  }
});

test('an IPv4 address within an IPv6 one is found', () => {
  for (const host of ['64:ff9b::1.1.1.1', '2002:101:101::', '::ffff:1.1.1.1', '::1.1.1.1'])
    assert.equal(behind(normaliseHost(host) ?? '', undefined)[0]?.host, '1.1.1.1', host);
  for (const host of ['::1', '::', '2001:db8::1']) assert.deepEqual(behind(host, undefined), [], host);
});

test('patterns take the host, what is below, or the same name under a country, and nothing of strangers', () => {
  const patterns = new HostPatterns([
    ['www.one.example', 'host'],
    ['*.two.example', 'below'],
    ['www.google.*', 'worldwide'],
  ]);
  for (const host of ['www.google.com', 'www.google.fr', 'www.google.co.uk', 'www.google.com.au', 'www.google.cat'])
    assert.equal(patterns.find(host), 'worldwide', host);
  for (const host of ['www.google.example', 'www.google.evil.com', 'google.com', 'www.google.com.evil.example'])
    assert.equal(patterns.find(host), undefined, host);
  assert.equal(patterns.find('www.one.example'), 'host');
  assert.equal(patterns.find('a.www.one.example'), undefined);
  assert.equal(patterns.find('a.b.two.example'), 'below');
  assert.equal(patterns.find('two.example'), undefined);
});

test('whatever is asked, text and wire agree on what may be disguised, what is found is normalised, and nothing throws', () => {
  const piece = fc.oneof(
    fc.domain(),
    fc.constantFrom('xn--bts-rdd', 'XN--a', 'translate.goog', 'a.Translate.Goog', 'b.cdn.ampproject.org', 'google.fr'),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 3 }), fc.oneof(fc.webPath(), fc.webUrl()), (parts, rest) => {
      const host = normaliseHost(parts.join('.'));
      if (host === null || /(?:^|\.)[0-9.]+$/.test(host)) return;
      assert.equal(mayDisguiseWire(wire(host.toUpperCase()), 0), mayDisguise(host), host);
      for (const path of [undefined, rest, `/web/2020/${rest}`, `/url?q=${rest}&u=${rest}`]) {
        for (const inner of behind(host, path)) assert.equal(normaliseHost(inner.host), inner.host);
        if (path === undefined && behind(host, path).length > 0) assert.ok(mayDisguise(host), host);
      }
    }),
    { numRuns: 1000 },
  );
});
