import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '#platform/config.ts';
import { pointing } from './pointing.rules.ts';

const to = (env: Record<string, string>) => pointing(readConfig(env, '/'));

test('the help page names the addresses of this installation', () => {
  const p = to({ GATEHOUSE_PROXY: '192.0.2.10:3128', GATEHOUSE_DNS: '192.0.2.10:53' });
  assert.deepEqual(p, {
    pacUrl: 'http://192.0.2.10:3128/proxy.pac',
    proxyHost: '192.0.2.10',
    proxyPort: 3128,
    dnsAddress: '192.0.2.10',
    dnsPort: 53,
    hurdles: [],
  });
});

test('an installation that only answers itself says so and how to change it', () => {
  const { hurdles } = to({});
  assert.equal(hurdles.length, 2);
  assert.match(hurdles[0] ?? '', /GATEHOUSE_PROXY/);
  assert.match(hurdles[1] ?? '', /GATEHOUSE_DNS/);
});

test('a DNS on another port than 53 is pointed out', () => {
  assert.match(
    to({ GATEHOUSE_PROXY: '192.0.2.10:3128', GATEHOUSE_DNS: '192.0.2.10:5300' }).hurdles[0] ?? '',
    /port 53/,
  );
});

test('where Gatehouse listens on every address, the name of its pages stands in for it', () => {
  const p = to({
    GATEHOUSE_PROXY: '0.0.0.0:3128',
    GATEHOUSE_DNS: '[::]:53',
    GATEHOUSE_PAGES_URL: 'https://gate.school.example',
  });
  assert.equal(p.pacUrl, 'http://gate.school.example:3128/proxy.pac');
  assert.equal(p.dnsAddress, 'gate.school.example');
});
