import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Answer } from 'dns-packet';
import fc from 'fast-check';
import { type Filtered, filtered } from '../testing.ts';
import { expandName, wireName } from './codec.ts';
import { withoutEch } from './service-binding.ts';
import { ask, extendedErrors, scene } from './testing.ts';
import { readAnswer } from './upstream-answer.ts';

const parameter = (key: number, value: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(key, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
};
const ALPN = parameter(1, Buffer.from('\x02h2'));
const HINT = parameter(4, Buffer.from([192, 0, 2, 1]));
const ECH = parameter(5, Buffer.from('secret configuration'));
const IPV6 = parameter(6, Buffer.alloc(16, 1));
const https = (...parameters: Buffer[]): Buffer => Buffer.concat([Buffer.from([0, 1, 0]), ...parameters]);
const record = (name: string, data: Buffer): Answer =>
  ({ type: 'UNKNOWN_65', name, ttl: 300, data }) as unknown as Answer;
/** What a client gets of these records, asked twice: fresh, and from the cache. */
const given = async (t: Parameters<typeof scene>[0], ...records: Buffer[]) => {
  const made = await scene(t, ({ name }) => ({ answers: records.map((r) => record(name, r)) }));
  const asked = async () => {
    const { answers = [] } = await ask(made.dns, 'site.example', { type: 'UNKNOWN_65' });
    return answers.map((a) => ('data' in a ? (a.data as Buffer) : Buffer.alloc(0)));
  };
  const fresh = await asked();
  assert.deepEqual(await asked(), fresh);
  return fresh;
};

test('the keys that would hide the site’s name from the school are taken out of what browsers learn of a site', async (t) => {
  assert.deepEqual(await given(t, https(ALPN, HINT, ECH, IPV6), https(ECH)), [https(ALPN, HINT, IPV6), https()]);
});

test('an answer without such keys is passed on byte for byte, and one that cannot do without them is left out', async (t) => {
  assert.deepEqual(await given(t, https(ALPN, HINT)), [https(ALPN, HINT)]);
  const needsEch = https(parameter(0, Buffer.from([0, 5])), ALPN, ECH);
  assert.deepEqual(await given(t, needsEch, https(ALPN, ECH)), [https(ALPN)]);
});

test('whatever an answer holds, taking the keys out leaves none, and never throws', () => {
  const name = wireName('site.example');
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), fc.boolean(), (datas, wild) => {
      const records = datas.map((data) => {
        const body = wild ? Buffer.from(data) : https(parameter(1, Buffer.from(data)), ECH);
        const fixed = Buffer.from([0xc0, 12, 0, 65, 0, 1, 0, 0, 1, 44, body.length >> 8, body.length & 255]);
        return Buffer.concat([fixed, body]);
      });
      const head = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0]);
      const packet = Buffer.concat([head, name, Buffer.from([0, 65, 0, 1]), ...records]);
      const questionEnd = 12 + name.length + 4;
      const plain = withoutEch(packet, questionEnd);
      if (plain !== null) assert.ok(!plain.includes('secret configuration') && expandName(plain, 12));
      const reading = readAnswer(packet);
      if (typeof reading === 'object' && !wild) assert.ok(!reading.message.includes('secret configuration'));
    }),
  );
});

test('UAR-13 browsers and devices that ask are told to stay with the school’s DNS, and why', async (t) => {
  const made = await scene(t);
  for (const name of ['use-application-dns.net', 'mask.icloud.com', 'mask-h2.icloud.com', 'MASK.icloud.com']) {
    for (const type of ['A', 'AAAA', 'UNKNOWN_65']) {
      const answer = await ask(made.dns, name, { type, edns: 1232 });
      assert.equal(answer.rcode, 'NXDOMAIN', name);
      assert.deepEqual(extendedErrors(answer), [{ code: 15, text: 'Devices use the school’s DNS here.' }]);
    }
  }
  const found = await ask(made.dns, '_dns.resolver.arpa', { type: 'UNKNOWN_64' });
  assert.deepEqual([found.rcode, found.answers], ['NOERROR', []]);
  assert.equal(made.upstream.seen.length, 0);
});

let gateway: Filtered;
before(async () => {
  gateway = await filtered({ 'doh-resolver': ['doh.example', '192.0.2.53'], vpn: ['vpn.example'] });
});

test('UAR-13 encrypted resolvers and VPNs are closed to every profile of the shipped policy, by name and by address', () => {
  const { state, snapshot } = gateway;
  const profiles = snapshot.policy.profiles.map((p) => p.id);
  assert.ok(profiles.length > 5);
  for (const profile of profiles) {
    const people = { somebody: { profile } };
    state.use({ ...snapshot, people }, state.index ?? assert.fail());
    const client = state.identify('127.0.0.1', 'somebody');
    for (const host of ['doh.example', '192.0.2.53', '64:ff9b::192.0.2.53', 'vpn.example']) {
      assert.equal(state.judge(client, host).outcome, 'block', `${profile} ${host}`);
    }
  }
});
