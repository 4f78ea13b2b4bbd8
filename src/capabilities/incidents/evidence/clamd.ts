import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SECOND } from '#core/clock.ts';
import type { ClamdAddress } from '#platform/config.evidence.ts';

/** What the scanner said. `not-scanned` is said plainly wherever the file is shown, with why. */
export type ScanResult =
  | { readonly verdict: 'clean' }
  | { readonly verdict: 'infected'; readonly signature: string }
  | { readonly verdict: 'not-scanned'; readonly why: string };

export interface Scan {
  /** Hand on a piece; waits while the scanner is slow, and never fails: what goes wrong is the result. */
  write(piece: Buffer): Promise<void>;
  result(): Promise<ScanResult>;
  abort(): void;
}

const PATIENCE = 60 * SECOND;
const notScanned = (why: string): ScanResult => ({ verdict: 'not-scanned', why });

/** Where no scanner is set up. */
export const noScan: Scan = {
  write: async () => undefined,
  result: async () => notScanned('no virus scanner is set up'),
  abort: () => undefined,
};

/**
 * Scan a file while it streams past: clamd's INSTREAM command (clamd(8)), pieces with their length before them and a
 * length of nought at the end. What is scanned is never written down in the clear.
 */
export function startScan(address: ClamdAddress | null): Scan {
  if (address === null) return noScan;
  const socket: Socket = connect(address);
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('timeout')));
  let answer = '';
  let failed = false;
  socket.setEncoding('utf8').on('data', (text) => {
    answer = (answer + text).slice(0, 1000);
  });
  const ended = new Promise<void>((resolve) => {
    socket
      .on('error', () => {
        failed = true;
      })
      .on('close', () => resolve());
  });
  socket.write('zINSTREAM\0');

  const send = async (bytes: Buffer): Promise<void> => {
    if (socket.destroyed || !socket.writable || socket.write(bytes)) return;
    await Promise.race([once(socket, 'drain').catch(() => undefined), ended]);
  };
  return {
    async write(piece) {
      if (piece.length === 0) return;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(piece.length);
      await send(Buffer.concat([length, piece]));
    },
    async result() {
      if (!socket.destroyed && socket.writable) socket.end(Buffer.alloc(4));
      await ended;
      return parseAnswer(answer, failed);
    },
    abort: () => socket.destroy(),
  };
}

/** `stream: OK`, `stream: <signature> FOUND`, or an error such as a file larger than clamd takes. */
export function parseAnswer(text: string, failed: boolean): ScanResult {
  const line = text.replaceAll('\0', '').trim();
  if (line === 'stream: OK') return { verdict: 'clean' };
  const found = /^stream: (.{1,200}) FOUND$/.exec(line);
  if (found?.[1]) return { verdict: 'infected', signature: found[1] };
  if (/size limit exceeded/i.test(line)) return notScanned('the file is larger than the virus scanner takes');
  return notScanned(failed || line === '' ? 'the virus scanner did not answer' : 'the virus scanner could not read it');
}
