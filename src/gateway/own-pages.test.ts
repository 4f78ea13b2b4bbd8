import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { LiveChange } from '#policy/index.ts';
import { pacScript } from './proxy/pac.ts';
import { type Filtered, filtered } from './testing.ts';

const PAGES = 'gatehouse.ashgrove.example';
let f: Filtered;
before(async () => {
  // Somebody's list calls our pages a way round the filter, and what is below them too.
  f = await filtered({ 'proxy-bypass': [PAGES], games: ['games.example'], help: ['listen.example'] });
});

const wire = (host: string) =>
  Buffer.concat([...host.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)])), Buffer.of(0)]);
const outcomes = (host: string, person?: string) => {
  const client = f.state.identify('10.0.0.7', person);
  return [
    f.state.judge(client, host).outcome,
    f.state.judge(client, host, '/tell').outcome,
    f.state.judgeWire(client, wire(host), 0).outcome,
  ];
};
const OPEN = ['allow', 'allow', 'allow'];
const SHUT = ['block', 'block', 'block'];

const change = (more: Partial<LiveChange>): LiveChange => ({
  reference: 'F-7KQ2MX',
  effect: 'withdrawn',
  hosts: [],
  from: f.clock.now(),
  until: f.clock.now() + 3_600_000,
  people: null,
  profiles: null,
  text: 'Closed for a while.',
  clause: null,
  ...more,
});

test('ALR-09 the school’s own telling page opens by name and by address for a pupil whose web access is suspended, in a lesson’s list, against a closing and against a list, signed in or not', () => {
  const { index } = f.state;
  assert.ok(index);
  const ways: [string, LiveChange[]][] = [
    ['nothing but a list', []],
    ['access taken away', [change({ order: 'removal' })]],
    ['a list of a lesson', [change({ effect: 'only-these', hosts: ['lesson.example'] })]],
    ['a closing of our very pages', [change({ effect: 'block', hosts: [PAGES] })]],
  ];
  for (const [way, changes] of ways) {
    f.state.use({ ...f.snapshot, changes }, index);
    for (const person of ['child', 'teacher', undefined])
      assert.deepEqual(outcomes(PAGES, person), OPEN, `${way}: ${person}`);
    if (changes.length > 0 && way !== 'a closing of our very pages')
      assert.deepEqual(outcomes('other.example', 'child'), SHUT, way);
  }
});

test('ALR-09 also under a policy that closes every site it does not know', () => {
  const { index } = f.state;
  assert.ok(index);
  const profiles = f.snapshot.policy.profiles.map((p) => ({ ...p, uncategorised: 'block' as const }));
  f.state.use({ ...f.snapshot, policy: { ...f.snapshot.policy, profiles } }, index);
  assert.deepEqual(outcomes('other.example', 'child'), SHUT);
  for (const person of ['child', undefined]) assert.deepEqual(outcomes(PAGES, person), OPEN);
  assert.deepEqual(outcomes(`below.${PAGES}`, 'child'), SHUT, 'the very name and no other');
});

test('ALR-09 a browser that follows our proxy script reaches the telling page directly, past the proxy', () => {
  const script = pacScript({ address: 'gateway.ashgrove.example:3128', tls: false }, f.snapshot.pagesUrl);
  const find = new Function('isPlainHostName', 'dnsDomainIs', `${script}; return FindProxyForURL;`)(
    (h: string) => !h.includes('.'),
    (h: string, d: string) => h.endsWith(d),
  ) as (url: string, host: string) => string;
  assert.equal(find(`https://${PAGES}/tell`, PAGES), 'DIRECT');
  assert.equal(find('https://games.example/', 'games.example'), 'PROXY gateway.ashgrove.example:3128');
});
