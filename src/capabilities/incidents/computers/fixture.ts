import type { Browser } from '#testing/web.ts';
import { signedText } from './key.rules.ts';

/** For tests: a computer's key as a browser makes it, and what its script sends. */
export interface TestComputer {
  readonly key: string;
  sign(challenge: string): Promise<string>;
}

export async function newTestComputer(): Promise<TestComputer> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const base64 = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64');
  return {
    key: base64(await crypto.subtle.exportKey('spki', pair.publicKey)),
    sign: async (challenge) =>
      base64(
        await crypto.subtle.sign(
          { name: 'ECDSA', hash: 'SHA-256' },
          pair.privateKey,
          new TextEncoder().encode(signedText(challenge)),
        ),
      ),
  };
}

/** A challenge of this browser's session with the answer that this computer gives. */
export async function answerOf(at: Browser, computer: TestComputer): Promise<{ challenge: string; signature: string }> {
  const asked = await at.post('/cases/computers/challenge', {}, { accept: 'application/json' });
  const { challenge } = asked.json<{ challenge: string }>();
  return { challenge, signature: await computer.sign(challenge) };
}
