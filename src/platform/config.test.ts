import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { parseEndpoint, readConfig, SETTINGS, settingsHelp } from './config.ts';

test('with no settings at all the documented defaults hold', () => {
  const c = readConfig({}, '/srv/gatehouse');
  assert.equal(c.data, '/srv/gatehouse/data');
  assert.deepEqual([c.http.port, c.dns.port, c.proxy.port], [8080, 5300, 3128]);
  assert.equal(c.http.address, '127.0.0.1');
  assert.equal(c.pagesUrl, 'http://127.0.0.1:8080');
  assert.ok(c.upstreamDns.length > 0);
});

test('each wrong value is one clear sentence that names its setting', () => {
  const wrong: Record<string, string> = {
    GATEHOUSE_HTTP: 'localhost:8080',
    GATEHOUSE_DNS: '127.0.0.1',
    GATEHOUSE_PROXY: '127.0.0.1:99999',
    GATEHOUSE_UPSTREAM_DNS: 'dns.example',
    GATEHOUSE_SMTP: 'mail.example:25',
    GATEHOUSE_PAGES_URL: 'gatehouse.school.example',
    DATABASE_URL: 'mysql://db',
    GATEHOUSE_PROXY_CERT: '/nowhere/cert.pem',
    GATEHOUSE_LIST_SIZE: '0',
    GATEHOUSE_IWF_URL: 'https://user:made-up@feed.example/list',
    GATEHOUSE_CTIRU_URL: 'ftp://feed.example/list',
  };
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(
      () => readConfig({ [name]: value }, '/'),
      (e) => e instanceof Refusal && e.message.includes(name) && /^[^\n]{20,200}$/.test(e.message),
      name,
    );
  }
});

test('a feed of illegal content is an address or a file, with what opens it beside it', () => {
  const slots = (env: Record<string, string>) => readConfig(env, '/srv').slots;
  assert.deepEqual(slots({}), { iwf: null, ctiru: null });
  assert.deepEqual(slots({ GATEHOUSE_CTIRU_URL: 'lists/ctiru.txt' }).ctiru, {
    location: '/srv/lists/ctiru.txt',
    authorization: null,
  });
  const GATEHOUSE_IWF_URL = 'https://feed.example/list';
  assert.equal(slots({ GATEHOUSE_IWF_URL, GATEHOUSE_IWF_TOKEN: 'made-up' }).iwf?.authorization, 'Bearer made-up');
  assert.equal(
    slots({ GATEHOUSE_IWF_URL, GATEHOUSE_IWF_USER: 'a', GATEHOUSE_IWF_PASSWORD: 'b' }).iwf?.authorization,
    'Basic YTpi',
  );
  assert.throws(() => slots({ GATEHOUSE_IWF_TOKEN: 'made-up' }), /GATEHOUSE_IWF_URL is missing/);
});

test('a setting that does not exist is refused, so a typing error is not silently ignored', () => {
  assert.throws(() => readConfig({ GATEHOUSE_PORT: '80' }, '/'), /GATEHOUSE_PORT is not a setting/);
});

test('--help names every setting', () => {
  for (const [name] of SETTINGS) assert.ok(settingsHelp().includes(name));
});

test('IPv6 addresses are read with and without brackets', () => {
  assert.deepEqual(parseEndpoint('[::1]:53', 'X'), { address: '::1', port: 53 });
  assert.deepEqual(parseEndpoint('2001:db8::53', 'X', 53), { address: '2001:db8::53', port: 53 });
});

test('whatever an endpoint is set to, it is read or refused, never a crash', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseEndpoint(text, 'X', 53);
      } catch (e) {
        assert.ok(e instanceof Refusal);
      }
    }),
  );
});
