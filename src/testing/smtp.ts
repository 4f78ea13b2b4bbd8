import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export interface MailSink {
  readonly url: string;
  /** What was taken, as it was read from the wire. */
  readonly letters: readonly Email[];
  /** From now on it refuses everything, as a full mailbox would, or takes it again. */
  refuse(yes: boolean): void;
  close(): Promise<void>;
}

/** A real mail server on this machine that keeps what it is given. */
export async function mailSink(): Promise<MailSink> {
  const letters: Email[] = [];
  let refusing = false;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_to, _session, done) =>
      done(refusing ? Object.assign(new Error('mailbox is full'), { responseCode: 452 }) : null),
    onData(stream, _session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (d: Buffer) => parts.push(d));
      stream.on('end', () => {
        PostalMime.parse(Buffer.concat(parts)).then((letter) => {
          letters.push(letter);
          done(null);
        }, done);
      });
    },
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    letters,
    refuse: (yes) => {
      refusing = yes;
    },
    close: () => new Promise((closed) => server.close(closed)),
  };
}
