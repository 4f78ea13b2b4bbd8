import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reach } from './reach.ts';

const CLOSED = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '127.0.0.1', '127.255.255.254', '100.64.0.1', '100.127.255.255'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.0.0.8', '198.18.0.1', '198.19.255.255'],
  ...['224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '192.0.2.1', '198.51.100.1', '203.0.113.1'],
  ...['::', '::1', 'fc00::1', 'fdff::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2001:db8::1', '3fff::1'],
  ...['::ffff:10.0.0.1', '::ffff:7f00:1', '::10.0.0.1', '2002:a00:1::1', '2002:7f00:1::', '64:ff9b::192.168.0.1'],
  ...['64:ff9b:1::8.8.8.8', '2001:0:5ef5:79fd::1', '100::1', '4000::1', 'not an address', '', '1', '127.1'],
];
const OPEN = ['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '11.0.0.1', '2a00:1450::1'];
const EMBEDDED_PUBLIC = ['::ffff:8.8.8.8', '2002:808:808::1', '64:ff9b::8.8.8.8'];

test('private, local, shared and reserved addresses are out of reach, however they are embedded', () => {
  const reach = new Reach([]);
  for (const address of CLOSED) assert.equal(reach.permits(address), false, address);
  for (const address of [...OPEN, ...EMBEDDED_PUBLIC]) assert.equal(reach.permits(address), true, address);
});

test('a setting opens exactly what it names, also in its IPv6 clothes', () => {
  const reach = new Reach(['10.1.0.0/16', 'fd00:1::/32', 'nonsense', '300.0.0.0/8']);
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3', 'fd00:1::5']) {
    assert.equal(reach.permits(address), true, address);
  }
  for (const address of ['10.2.0.1', '127.0.0.1', 'fd00:2::5', '::1']) {
    assert.equal(reach.permits(address), false, address);
  }
});

test('no text makes it throw, and no private IPv4 address gets through by being written as IPv6', () => {
  const reach = new Reach([]);
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4Extended()), (text) => void reach.permits(text)));
  const octet = fc.nat(255);
  fc.assert(
    fc.property(octet, octet, octet, (a, b, c) => {
      const v4 = `10.${a}.${b}.${c}`;
      const hex = `a${a.toString(16).padStart(2, '0')}:${b.toString(16)}${c.toString(16).padStart(2, '0')}`;
      for (const text of [v4, `::ffff:${v4}`, `::${v4}`, `64:ff9b::${v4}`, `2002:${hex}::1`]) {
        assert.equal(reach.permits(text), false, text);
      }
    }),
  );
});
