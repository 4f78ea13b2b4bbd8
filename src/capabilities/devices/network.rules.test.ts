import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { Refusal } from '#core/errors.ts';
import { isSingle, readNetwork } from './network.rules.ts';

test('addresses and subnets are kept in one canonical form', () => {
  for (const [typed, kept] of [
    ['10.1.20.15', '10.1.20.15/32'],
    [' 10.1.20.0/24 ', '10.1.20.0/24'],
    ['2001:DB8:0::/48', '2001:db8::/48'],
    ['fd00::1', 'fd00::1/128'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
  ] as const) {
    assert.equal(readNetwork(typed), kept);
  }
  assert.equal(isSingle('10.1.20.15/32'), true);
  assert.equal(isSingle('10.1.20.0/24'), false);
  assert.equal(isSingle('fd00::1/128'), true);
});

test('what is not a network is refused with the exact reason', () => {
  for (const [typed, reason] of [
    ['', /is not an address/],
    ['library', /is not an address/],
    ['10.1.20', /is not an address/],
    ['010.1.20.1', /is not an address/],
    ['0x0a.1.20.1', /is not an address/],
    ['10.1.20.0/24/8', /is not an address/],
    ['fe80::1%eth0', /is not an address/],
    ['10.1.20.0/33', /up to \/32/],
    ['10.1.20.0/-1', /up to \/32/],
    ['fd00::/129', /up to \/128/],
    ['0.0.0.0/0', /too wide/],
    ['10.1.20.15/24', /Enter 10\.1\.20\.0\/24 for the subnet, or 10\.1\.20\.15 for the one address/],
    ['fd00::1/64', /Enter fd00::\/64 for the subnet/],
  ] as const) {
    assert.throws(
      () => readNetwork(typed),
      (e) => e instanceof Refusal && reason.test(e.message) && e.fields !== undefined,
    );
  }
});

test('any text is either refused or becomes a network that reads back as itself', () => {
  const typed = fc.oneof(
    fc.string(),
    fc.tuple(fc.ipV4(), fc.integer({ min: -1, max: 40 })).map(([a, n]) => `${a}/${n}`),
    fc.tuple(fc.ipV6(), fc.integer({ min: -1, max: 140 })).map(([a, n]) => `${a}/${n}`),
    fc.ipV4(),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(typed, (text) => {
      let network: string;
      try {
        network = readNetwork(text);
      } catch (e) {
        assert.ok(e instanceof Refusal, String(e));
        return;
      }
      assert.equal(readNetwork(network), network);
      assert.doesNotThrow(() => ipaddr.parseCIDR(network));
    }),
  );
});
