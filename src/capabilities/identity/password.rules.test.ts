import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { MINUTE } from '#core/clock.ts';
import type { PasswordRules } from '#policy/types.ts';
import { passwordAdvice, passwordFaults, restAfter } from './password.rules.ts';
import { CHOSEN, hashPassword, newFirstPassword, RANDOM, verifyPassword } from './password-hash.ts';

const shipped = (name: string): PasswordRules =>
  JSON.parse(readFileSync(new URL(`../../../policies/${name}.json`, import.meta.url), 'utf8')).passwords;
const B = shipped('secondary-school');
const G = shipped('tuition-centre');

test('IDA-06 under B each missing class is named, under G only the length counts', () => {
  const rows: [PasswordRules, string, string[]][] = [
    [B, 'Password1', ['a special character such as ! or %']],
    [B, 'password1!', ['a capital letter']],
    [B, 'PASSWORD1!', ['a small letter']],
    [B, 'Password!!', ['a number']],
    [B, 'Pas1!', ['at least 8 characters (this has 5)']],
    [
      B,
      '',
      [
        'at least 8 characters (this has 0)',
        'a capital letter',
        'a small letter',
        'a number',
        'a special character such as ! or %',
      ],
    ],
    [B, 'Password1!', []],
    [B, 'Élan-vital9', []],
    [B, 'Pass word 1', ['a special character such as ! or %']],
    [G, 'wide green boats', []],
    [G, 'wide', ['at least 10 characters (this has 4)']],
    [G, 'sam.carter-2026', ['words other than your username']],
    [G, 'x'.repeat(201), ['at most 200 characters']],
  ];
  for (const [rules, password, faults] of rows) {
    assert.deepEqual(passwordFaults(password, rules, 'sam.carter'), faults, password);
  }
  assert.match(
    passwordAdvice(B),
    /^At least 8 characters, with a capital letter, a small letter, a number and a special/,
  );
  assert.match(passwordAdvice(G), /^At least 10 characters\. /);
});

test('IDA-03 a first password satisfies every rule a policy can set, and no two are alike', () => {
  const seen = new Set(Array.from({ length: 2000 }, newFirstPassword));
  assert.equal(seen.size, 2000);
  for (const password of seen) {
    assert.match(password, /^[A-Z][a-z2-9]{3}-[a-z2-9]{4}-[a-z2-9]{4}$/);
    assert.deepEqual(passwordFaults(password, B, 'sam.carter'), []);
    assert.doesNotMatch(password, /[aeiouAEIOU01lyLY]/);
  }
});

test('IDA-03 what is stored is Argon2id with a salt of its own, at OWASP’s cost for chosen words', async () => {
  const [one, two] = [await hashPassword('same words'), await hashPassword('same words')];
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(one, two);
  assert.equal(await verifyPassword('same words', one), true);
  assert.equal(await verifyPassword('other words', one), false);
  assert.equal(await verifyPassword('cafe\u0301', await hashPassword('café', RANDOM)), true);
});

test('any text can be a password, and only that text opens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (a, b) => {
      const hash = await hashPassword(a, { ...RANDOM, memory: 8 });
      assert.equal(await verifyPassword(a, hash), true);
      if (a.normalize('NFKC') !== b.normalize('NFKC')) assert.equal(await verifyPassword(b, hash), false);
    }),
    { numRuns: 5 },
  );
});

test('a hash that cannot be read opens nothing', async () => {
  for (const broken of [
    null,
    '',
    'x',
    '$argon2id$v=19$m=19456,t=2,p=1$$',
    '$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA',
  ]) {
    assert.equal(await verifyPassword('', broken), false);
  }
});

test('the answer takes as long for nobody and for a first password as for a chosen one', async () => {
  const hashes = { chosen: await hashPassword('a', CHOSEN), first: await hashPassword('a', RANDOM), nobody: null };
  const times: Record<string, number[]> = { chosen: [], first: [], nobody: [] };
  for (let i = 0; i < 7; i++) {
    for (const [name, hash] of Object.entries(hashes)) {
      const start = performance.now();
      await verifyPassword('wrong', hash);
      times[name]?.push(performance.now() - start);
    }
  }
  const [chosen, first, nobody] = ['chosen', 'first', 'nobody'].map((n) => Math.min(...(times[n] ?? []))) as [
    number,
    number,
    number,
  ];
  for (const other of [first, nobody]) assert.ok(other > chosen * 0.6 && other < chosen * 1.8, JSON.stringify(times));
});

test('an account rests for a minute after the fifth wrong try, then twice as long, never over a quarter of an hour', () => {
  assert.deepEqual(
    [1, 4, 5, 6, 7, 8, 9, 50].map((n) => restAfter(n) / MINUTE),
    [0, 0, 1, 2, 4, 8, 15, 15],
  );
});
