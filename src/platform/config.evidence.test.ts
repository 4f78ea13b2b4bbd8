import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Refusal } from '#core/errors.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { readConfig } from './config.ts';

const folder = temporaryFolder('evidence-config');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string | Buffer) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const pem = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits });
const evidence = (env: Record<string, string>) => readConfig(env, '/').evidence;

test('with no settings the vault has no outside body, no scanner and a key file of its own', () => {
  assert.deepEqual(evidence({}), { key: null, keyBefore: null, escrow: null, clamd: null });
});

test('keys, the outside body’s key and the scanner are read as they are set', () => {
  const key = randomBytes(32);
  assert.deepEqual(evidence({ GATEHOUSE_EVIDENCE_KEY: key.toString('base64') }).key, key);
  const outside = pem(3072).publicKey.export({ type: 'spki', format: 'pem' }) as string;
  assert.equal(evidence({ GATEHOUSE_EVIDENCE_ESCROW: file('outside.pem', outside) }).escrow, outside);
  assert.deepEqual(evidence({ GATEHOUSE_CLAMD: '/run/clamd.ctl' }).clamd, { path: '/run/clamd.ctl' });
  assert.deepEqual(evidence({ GATEHOUSE_CLAMD: 'scanner.example:3310' }).clamd, {
    host: 'scanner.example',
    port: 3310,
  });
  assert.deepEqual(evidence({ GATEHOUSE_CLAMD: '[::1]:3310' }).clamd, { host: '::1', port: 3310 });
});

test('EVI-07 a private key, a short one or another kind is not taken for the outside body’s; each fault is one clear sentence', () => {
  const own = pem(3072);
  const both = `${own.publicKey.export({ type: 'spki', format: 'pem' })}${own.privateKey.export({ type: 'pkcs8', format: 'pem' })}`;
  const wrong: [string, string][] = [
    ['GATEHOUSE_EVIDENCE_KEY', 'short'],
    ['GATEHOUSE_EVIDENCE_KEY_BEFORE', randomBytes(32).toString('base64')],
    ['GATEHOUSE_EVIDENCE_ESCROW', join(folder, 'nowhere.pem')],
    ['GATEHOUSE_EVIDENCE_ESCROW', file('both.pem', both)],
    ['GATEHOUSE_EVIDENCE_ESCROW', file('private.pem', own.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['GATEHOUSE_EVIDENCE_ESCROW', file('short.pem', pem(2048).publicKey.export({ type: 'spki', format: 'pem' }))],
    [
      'GATEHOUSE_EVIDENCE_ESCROW',
      file('curve.pem', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })),
    ],
    ['GATEHOUSE_CLAMD', 'scanner'],
    ['GATEHOUSE_CLAMD', 'scanner:99999'],
  ];
  for (const [name, value] of wrong) {
    assert.throws(
      () => evidence({ [name]: value }),
      (e) => e instanceof Refusal && e.message.includes(name),
      `${name}=${value}`,
    );
  }
});
