import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAddress, normaliseHost, normalisePath } from './host.ts';

test('a host has one spelling: lower case, no last dot, punycode', () => {
  assert.equal(normaliseHost('WWW.Example.COM.'), 'www.example.com');
  assert.equal(normaliseHost('bücher.example'), 'xn--bcher-kva.example');
  assert.equal(normaliseHost('BÜCHER.example.'), 'xn--bcher-kva.example');
  assert.equal(normaliseHost('a_b.example'), 'a_b.example');
  assert.equal(normaliseHost('intranet'), 'intranet');
});

test('an address has one spelling, and only a whole address is one', () => {
  assert.equal(normaliseHost('192.0.2.7'), '192.0.2.7');
  assert.equal(normaliseHost('192.0.2.7.'), '192.0.2.7');
  assert.equal(normaliseHost('[2001:DB8:0:0::1]'), '2001:db8::1');
  assert.equal(normaliseHost('2001:db8::0001'), '2001:db8::1');
  assert.equal(normaliseHost('１９２.0.2.7'), '192.0.2.7');
  for (const text of ['192.0.2', '192.0.2.256', '0192.0.2.7', '2130706433', 'name.7', 'fe80::1%eth0'])
    assert.equal(normaliseHost(text), null, text);
  assert.ok(isAddress('192.0.2.7') && isAddress('2001:db8::1') && !isAddress('example.com'));
});

test('what is no host is refused', () => {
  const long = `${'a'.repeat(63)}.`.repeat(4);
  for (const text of [
    '',
    '.',
    '..',
    'a..b',
    '.a.example',
    '*.a.example',
    'a b.example',
    'a/b',
    'a%2eb.example',
    'a:80',
    `${'a'.repeat(64)}.example`,
    `${long}a`,
    'a\u0000.example',
  ]) {
    assert.equal(normaliseHost(text), null, JSON.stringify(text.slice(0, 20)));
  }
  assert.equal(normaliseHost(long.slice(0, 253))?.length, 253);
});

test('normalising a host twice changes nothing, and never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.ipV6(), fc.webAuthority()),
      (text) => {
        const host = normaliseHost(text);
        if (host === null) return;
        assert.equal(normaliseHost(host), host);
        assert.ok(isIP(host) !== 0 || /^[a-z0-9_.-]{1,253}$/.test(host));
      },
    ),
    { numRuns: 500 },
  );
});

test('a path has one spelling', () => {
  assert.equal(normalisePath('/'), '');
  assert.equal(normalisePath(''), '');
  assert.equal(normalisePath('/Games//Chess/'), '/games/chess');
  assert.equal(normalisePath('/a/./b/../c#part'), '/a/c');
  assert.equal(normalisePath('/../../a'), '/a');
  assert.equal(normalisePath('/%67ames/%2e%2e/x'), '/x');
  assert.equal(normalisePath('/a?Q=%41&b'), '/a?q=a&b');
  assert.equal(normalisePath('/café'), normalisePath('/caf%C3%A9'));
  assert.equal(normalisePath('?q=1'), '?q=1');
  assert.equal(normalisePath(`/${'a'.repeat(1e6)}`).length, 2048);
});

test('any path can be normalised', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.webUrl()), (text) => {
      const path = normalisePath(text);
      assert.match(path, /^([/?][\x00-\x7f]+)?$/);
    }),
    { numRuns: 500 },
  );
});
