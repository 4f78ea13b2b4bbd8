import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAnswer, startScan } from './clamd.ts';
import { clamd } from './fixture.ts';

async function scanned(port: number, content: Buffer) {
  const scan = startScan({ host: '127.0.0.1', port });
  for (let at = 0; at < content.length; at += 50_000) await scan.write(content.subarray(at, at + 50_000));
  return scan.result();
}

test('EVI-09 the scanner gets the whole file in pieces, and its word is the result', async () => {
  const content = randomBytes(2_000_000);
  const { port, server } = await clamd((got) => (got.equals(content) ? 'stream: OK' : 'stream: Wrong.Bytes FOUND'));
  assert.deepEqual(await scanned(port, content), { verdict: 'clean' });
  assert.deepEqual(await scanned(port, Buffer.from('other')), { verdict: 'infected', signature: 'Wrong.Bytes' });
  server.close();
});

test('EVI-09 where nothing was scanned the result says so and why: no scanner, none there, one that hangs up, a file too large', async () => {
  assert.deepEqual(await startScan(null).result(), { verdict: 'not-scanned', why: 'no virus scanner is set up' });
  const { port, server } = await clamd((_, socket) => {
    socket.destroy();
    return null;
  });
  assert.equal((await scanned(port, randomBytes(1000))).verdict, 'not-scanned');
  server.close();
  await new Promise((resolve) => server.once('close', resolve));
  assert.deepEqual(await scanned(port, randomBytes(3_000_000)), {
    verdict: 'not-scanned',
    why: 'the virus scanner did not answer',
  });
  const small = await clamd(() => 'stream: OK', 100_000);
  const result = await scanned(small.port, randomBytes(3_000_000));
  assert.equal(result.verdict, 'not-scanned');
  small.server.close();
});

test('EVI-09 no answer but the scanner’s own OK makes a file clean', () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), (text, failed) => {
      if (text.trim() !== 'stream: OK') assert.notEqual(parseAnswer(text, failed).verdict, 'clean');
    }),
  );
  assert.deepEqual(parseAnswer('stream: Eicar-Test FOUND\0', false), { verdict: 'infected', signature: 'Eicar-Test' });
  assert.match(JSON.stringify(parseAnswer('INSTREAM size limit exceeded. ERROR', false)), /larger/);
});
