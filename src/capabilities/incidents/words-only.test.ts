import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holdsFile } from './words-only.ts';

test('EVI-03 whatever file is pasted as text, in whichever common writing, is known for one', () => {
  const file = fc.uint8Array({ minLength: 330, maxLength: 3000 }).map((b) => Buffer.from(b));
  const writings: readonly ((b: Buffer, width: number) => string)[] = [
    (b) => b.toString('base64'),
    (b) => b.toString('base64url'),
    (b) => b.toString('hex'),
    (b, width) => (b.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\r\n'),
    (b) => `data:image/png;base64,${b.subarray(0, 20).toString('base64')}`,
    (b) => `data:;base64,${b.subarray(0, 20).toString('base64')}`,
    (b) => (b.toString('hex').match(/../g) ?? []).join(' '),
  ];
  fc.assert(
    fc.property(file, fc.integer({ min: 60, max: 100 }), fc.constantFrom(...writings), (b, width, write) => {
      assert.equal(holdsFile(`Look at this:\n${write(b, width)}\nWhat shall I do?`), true);
    }),
  );
});

test('what people write is words: sentences, lists, addresses, references and hashes', () => {
  for (const text of [
    'She said: “I have it on my phone”. Data: she showed me two messages, both from Monday.',
    'https://video.example/watch?v=abc123&list=PLx&utm_source=a-very-long-campaign-name-of-somebody-who-sells-something',
    `SHA-256 ${'0123456789abcdef'.repeat(4)}, reference 01a1a0d9-f100-75b8-b0c3-caf4692c1671`,
    'word '.repeat(2000),
    'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
    Array.from({ length: 60 }, (_, i) => `host-${i}.example/path/to/page`).join('\n'),
    'ha'.repeat(150),
    '',
  ])
    assert.equal(holdsFile(text), false, text.slice(0, 60));
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[A-Za-z’']{1,20}[.,;:!?]?$/), { maxLength: 400 }), (words) => {
      assert.equal(holdsFile(words.join(' ')), false);
    }),
  );
});

test('a long text is read in no time, whatever it is made of', () => {
  for (const piece of ['a', 'ab ', 'data:', '00 ', `${'x'.repeat(39)} `, `${'x'.repeat(41)} `]) {
    const from = performance.now();
    holdsFile(piece.repeat(Math.ceil(50_000 / piece.length)));
    assert.ok(performance.now() - from < 300, piece);
  }
});
