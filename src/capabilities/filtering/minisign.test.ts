import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { readPublicKey, signatureFault } from './minisign.ts';
import { newKey, signed, testFolder } from './testing.ts';

const list = Buffer.from('a.example\nb.example\n');
const file = join(testFolder({ list: list.toString() }), 'list');
const key = newKey();

test('a signature of either kind is right for its file and key, and for no other', async () => {
  for (const kind of ['Ed', 'ED'] as const) {
    assert.equal(await signatureFault(key.text, signed(key, list, kind), file), null);
    assert.equal(await signatureFault(key.text, signed(key, list, kind).replaceAll('\n', '\r\n'), file), null);
    assert.match((await signatureFault(newKey().text, signed(key, list, kind), file)) ?? '', /another key/);
    const other = { ...newKey(), id: key.id };
    assert.match((await signatureFault(key.text, signed(other, list, kind), file)) ?? '', /not right/);
    const changed = join(testFolder(), 'list');
    writeFileSync(changed, 'a.example\n');
    assert.match((await signatureFault(key.text, signed(key, list, kind), changed)) ?? '', /not right/);
    const comment = signed(key, list, kind).replace('made up', 'made-up');
    assert.match((await signatureFault(key.text, comment, file)) ?? '', /not right/);
  }
});

test('a key that minisign itself published is read, and what is none is refused', () => {
  // Of minisign's own releases: https://jedisct1.github.io/minisign/
  const minisign = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
  assert.equal(readPublicKey(`untrusted comment: minisign public key\n${minisign}\n`).id.length, 8);
  for (const wrong of ['', 'RW', 'x'.repeat(56), key.text.slice(0, -4), `SW${key.text.slice(2)}`]) {
    assert.throws(() => readPublicKey(wrong), Refusal, wrong);
  }
});

test('no text passes for a signature', async () => {
  const whole = signed(key, list, 'ED');
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ maxLength: 300 }),
        fc.tuple(fc.nat(whole.length - 1), fc.string({ minLength: 1, maxLength: 3 })).map(([at, text]) => {
          return whole.slice(0, at) + text + whole.slice(at + text.length);
        }),
      ),
      async (text) => {
        // Only the first line is signed by nobody; base64 may be spelt in more than one way.
        const lines = (s: string) => s.split('\n').slice(1, 4);
        const [a, b, c] = lines(text);
        const bytes = (s = '') => Buffer.from(s, 'base64').toString('hex');
        const [x, y, z] = lines(whole);
        fc.pre(bytes(a) !== bytes(x) || b !== y || bytes(c) !== bytes(z));
        assert.notEqual(await signatureFault(key.text, text, file), null);
      },
    ),
    { numRuns: 300 },
  );
});
