import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { askingFor, parseQuery, wireName } from '../dns/codec.ts';
import { filtered } from '../testing.ts';
import { mintCredential, newProofKey, readCredential } from './credential.ts';
import { findOption, PROOF_OPTION, questionEnd, questionWith, withOption } from './dns-option.ts';
import { isTest, ProofDoor, readStamp } from './door.ts';
import { credentialOf, proxyCredential } from './header.ts';

const key = newProofKey();
const NUMBER = 1_800_000_000_123;
const name = fc.string({ minLength: 1, maxLength: 100 }).filter((s) => Buffer.from(s).length <= 120);

test('FIL-05 a credential proves the profile it was made for, and with any bit changed it proves nothing', () => {
  fc.assert(
    fc.property(name, fc.nat(), fc.nat(7), (profile, at, bit) => {
      const credential = mintCredential(key, profile, NUMBER);
      assert.equal(readCredential(key, NUMBER, credential), Buffer.from(profile).toString());
      const i = at % credential.length;
      credential[i] = (credential[i] ?? 0) ^ (1 << bit);
      assert.equal(readCredential(key, NUMBER, credential), null);
    }),
  );
});

test('FIL-05 a credential for another snapshot, under another key, or of any other bytes proves nothing', () => {
  const credential = mintCredential(key, 'staff', NUMBER);
  assert.equal(readCredential(key, NUMBER + 1, credential), null);
  assert.equal(readCredential(newProofKey(), NUMBER, credential), null);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readCredential(key, NUMBER, bytes) === null));
  const twice = [mintCredential(key, 'staff', NUMBER), mintCredential(key, 'staff', NUMBER)];
  assert.notDeepEqual(twice[0], twice[1], 'each has a nonce of its own');
});

test('FIL-05 only from loopback, only for a profile of the policy in force, and only as a test is anybody let in', async () => {
  const { state, snapshot } = await filtered({ games: ['games.example'] });
  const door = new ProofDoor(state);
  const staff = mintCredential(key, 'staff', snapshot.number);
  assert.equal(door.clientOf(staff, '127.0.0.1'), 'refused', 'before a key is known');
  door.use(key);
  for (const address of ['127.0.0.1', '127.9.9.9', '::1']) {
    const client = door.clientOf(staff, address);
    assert.ok(client !== null && client !== 'refused' && isTest(client), address);
    assert.deepEqual([client.profile, client.person, client.device], ['staff', null, null]);
  }
  for (const address of ['192.0.2.7', '10.0.0.1', '2001:db8::1', '128.0.0.1', '']) {
    assert.equal(door.clientOf(staff, address), null, `${address} is who it always is`);
  }
  assert.equal(door.clientOf(mintCredential(key, 'no-such', snapshot.number), '127.0.0.1'), 'refused');
  assert.equal(door.clientOf(mintCredential(key, 'staff', snapshot.number + 1), '127.0.0.1'), 'refused');
  assert.equal(door.clientOf(Buffer.from('000000000000', 'hex'), '127.0.0.1'), null, 'another program’s option');
  door.use(newProofKey());
  assert.equal(door.clientOf(staff, '127.0.0.1'), 'refused', 'the key went with its snapshot');
});

test('options and stamps of any bytes are read without a fault', () => {
  const asked = askingFor(wireName('site.example'), 1);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      const question = questionWith(asked, PROOF_OPTION, data, 1232);
      const query = parseQuery(question);
      assert.ok(query !== null && typeof query === 'object');
      assert.deepEqual(Buffer.from(findOption(question, query.end, PROOF_OPTION) ?? []), Buffer.from(data));
      assert.equal(findOption(question, query.end, 3), null);
      const more = withOption(question, query.end, 3, Buffer.from('x'));
      assert.equal(Buffer.from(findOption(more, query.end, 3) ?? []).toString(), 'x');
      readStamp(data);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const packet = Buffer.from(bytes);
      const end = questionEnd(packet);
      if (end >= 0) findOption(packet, end, PROOF_OPTION);
    }),
  );
});

test('the proxy’s header carries a credential whole, and no other scheme is taken for it', () => {
  const credential = mintCredential(key, 'pupil-8', NUMBER);
  assert.deepEqual(Buffer.from(credentialOf(proxyCredential(credential)) ?? []), credential);
  for (const other of ['Basic YTpi', 'Gatehouse-Proof', 'Gatehouse-Proof a b', `Bearer ${'x'.repeat(40)}`, ''])
    assert.equal(credentialOf(other), null, other);
  fc.assert(fc.property(fc.string(), (header) => void credentialOf(header)));
});
