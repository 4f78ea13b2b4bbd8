import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAbsoluteForm, parseAuthorityForm, parseHostHeader, type Target } from './target.ts';

const read = (text: string): Target => {
  const parsed = parseAbsoluteForm(text);
  assert.ok(parsed.ok, `${text}: ${parsed.ok || parsed.reason}`);
  return parsed.target;
};

test('an absolute form gives host, port, path and the Host header that belongs to it', () => {
  assert.deepEqual(read('http://example.test/a/b?c=d'), {
    host: 'example.test',
    port: 80,
    path: '/a/b?c=d',
    authority: 'example.test',
  });
  assert.deepEqual(read('http://example.test:8080'), {
    host: 'example.test',
    port: 8080,
    path: '/',
    authority: 'example.test:8080',
  });
  assert.equal(read('http://example.test?q').path, '/?q');
  assert.equal(read('http://example.test/?back=\\&u=http://a@b/').path, '/?back=\\&u=http://a@b/');
  assert.equal(read('HTTP://example.test:80/').authority, 'example.test');
  const server = parseAbsoluteForm('http://example.test', 'OPTIONS');
  assert.ok(server.ok && server.target.path === '*');
});

test('a host has one spelling: lower case, no dot at the end, punycode as it is', () => {
  assert.equal(read('http://EXAMPLE.Test./').host, 'example.test');
  assert.equal(read('http://XN--BCHER-KVA.example/').host, 'xn--bcher-kva.example');
  assert.equal(read('http://a_b.example/').host, 'a_b.example');
});

test('every way of writing an IP address is read as the address it is', () => {
  for (const odd of ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0x7f000001', '0177.0.0.01', '127.0.0.1.']) {
    assert.equal(read(`http://${odd}/`).host, '127.0.0.1', odd);
  }
  for (const odd of ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:FFFF:127.0.0.1]']) {
    assert.equal(read(`http://${odd}/`).host, '127.0.0.1', odd);
  }
  assert.equal(read('http://[2001:DB8:0:0::1]:81/').host, '2001:db8::1');
  assert.equal(read('http://[2001:DB8:0:0::1]:81/').authority, '[2001:db8::1]:81');
});

test('what could be read in two ways is refused', () => {
  const bad = [
    'https://example.test/',
    'ws://example.test/',
    'ftp://example.test/',
    'http:/example.test/',
    'http:///path',
    'http://',
    'http://user@example.test/',
    'http://user:pass@example.test/',
    'http://good.test\\@bad.test/',
    'http://good.test\\.bad.test/',
    'http://good.test/a\\b',
    'http://good.test/#fragment',
    'http://good.test#fragment',
    'http://good.test:/',
    'http://good.test:0/',
    'http://good.test:65536/',
    'http://good.test:080080/',
    'http://good.test:8o/',
    'http://good.test:80:80/',
    'http://good.test /',
    'http://good.test/ x',
    'http://good.test/\t',
    'http://good.test/\0',
    'http://good.test/\u00e9',
    'http://b\u00fccher.example/',
    'http://%65xample.test/',
    'http://good..test/',
    'http://good.test../',
    'http://.test/',
    `http://${'a'.repeat(64)}.test/`,
    'http://1.2.3.4.5/',
    'http://256.1.1.1/',
    'http://host.1/',
    'http://[::1/',
    'http://[::1%25eth0]/',
    'http://::1/',
    'http://[127.0.0.1]/',
  ];
  for (const text of bad) assert.equal(parseAbsoluteForm(text).ok, false, text);
});

test('CONNECT must name host and port and nothing else', () => {
  const parsed = parseAuthorityForm('Example.Test:443');
  assert.ok(parsed.ok);
  assert.deepEqual([parsed.target.host, parsed.target.port], ['example.test', 443]);
  const six = parseAuthorityForm('[::1]:443');
  assert.ok(six.ok && six.target.host === '::1');
  for (const bad of [
    'example.test',
    'example.test:',
    ':443',
    'a@b:443',
    'http://a:443',
    'a:443/',
    'a:443 ',
    '::1:443',
  ]) {
    assert.equal(parseAuthorityForm(bad).ok, false, bad);
  }
});

const hostish = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map((ip) => `[${ip}]`),
  fc.string(),
  fc.stringMatching(/^[a-z0-9.:@\\%[\]x-]{0,20}$/),
);

test('what the parser lets through is read by a browser (WHATWG URL) as the same host, port and path', () => {
  fc.assert(
    fc.property(hostish, fc.option(fc.nat(70000)), fc.webPath(), (host, port, path) => {
      const text = `http://${host}${port === null ? '' : `:${port}`}${path}`;
      const parsed = parseAbsoluteForm(text);
      if (!parsed.ok) return;
      const { target } = parsed;
      const browser = new URL(text);
      const theirs = browser.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
      const mapped = /^::ffff:/.test(theirs);
      assert.ok(mapped || target.host === theirs, `${target.host} ${theirs}`);
      assert.equal(target.port, Number(browser.port || 80));
      assert.match(target.path, /^\/[\x21-\x7e]*$/);
    }),
    { numRuns: 2000 },
  );
});

test('what was read once is read the same again, and no text makes the parser throw', () => {
  fc.assert(
    fc.property(fc.oneof(hostish, fc.string({ unit: 'binary' })), (text) => {
      for (const parsed of [parseAbsoluteForm(`http://${text}`), parseAuthorityForm(text), parseHostHeader(text)]) {
        if (!parsed.ok) {
          assert.ok(parsed.reason.length > 0);
          continue;
        }
        const { host, port, authority } = parsed.target;
        assert.ok(/^[a-z0-9._-]+$/.test(host) || isIPv6(host), host);
        const again = parseHostHeader(authority);
        assert.ok(again.ok && again.target.host === host && again.target.port === port);
      }
    }),
    { numRuns: 2000 },
  );
});
