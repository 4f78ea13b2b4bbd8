import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail server that can be told to keep its senders waiting. */
export interface PostOffice {
  readonly port: number;
  /** Letters as they came in, and those of them that were acknowledged. */
  readonly letters: string[];
  readonly delivered: string[];
  /** Acknowledge nothing until released. */
  hold(): void;
  release(): void;
  close(): void;
}

export async function openPostOffice(): Promise<PostOffice> {
  const letters: string[] = [];
  const delivered: string[] = [];
  let held = Promise.withResolvers<void>();
  held.resolve();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (d) => {
        text += d;
      });
      stream.on('end', async () => {
        letters.push(text);
        await held.promise;
        delivered.push(text);
        done(null);
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  return {
    port: (server.server.address() as AddressInfo).port,
    letters,
    delivered,
    hold: () => {
      held = Promise.withResolvers();
    },
    release: () => held.resolve(),
    close: () => void server.close(),
  };
}
