import { createSocket, type Socket } from 'node:dgram';
import type { Endpoint } from '#core/endpoint.ts';
import { EDE } from '../dns/answers.ts';
import { askingFor, MAX_UDP, RCODE, readRecord, TYPE, u16, wireName } from '../dns/codec.ts';
import { type Asker, type Heard, heard, REFUSED, reachable, SILENT } from './ask.ts';
import { findOption, PROOF_OPTION, questionEnd, questionWith } from './dns-option.ts';
import { readStamp } from './door.ts';

const WAIT = 2_000;
const TRIES = 3;
const EXTENDED_ERROR = 15;
const BLOCKS: ReadonlySet<number> = new Set([EDE.NOT_READY, EDE.BLOCKED, EDE.CENSORED]);

/** Asks for A records over UDP, as most clients do. `page`: where closed names are led. */
export async function dnsAsker(at: Endpoint, page: string): Promise<Asker> {
  const { to, from } = reachable(at.address);
  const socket: Socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => socket.once('error', reject).bind(0, from, resolve));
  const waiting = new Map<number, { question: Buffer; settle: (answer: Buffer | null) => void }>();
  let last = 0;
  socket.on('error', () => undefined);
  socket.on('message', (answer) => {
    const asked = waiting.get(answer.length < 12 ? -1 : u16(answer, 0));
    // The answer to a question that was given up may come late, under a number in use again.
    const end = asked ? questionEnd(asked.question) : -1;
    if (asked && answer.subarray(12, end).equals(asked.question.subarray(12, end))) asked.settle(answer);
  });

  const once = (name: Buffer, credential: Buffer): Promise<Buffer | null> => {
    do last = (last + 1) & 0xffff;
    while (waiting.has(last));
    const id = last;
    const question = questionWith(name, PROOF_OPTION, credential, MAX_UDP);
    question.writeUInt16BE(id, 0);
    return new Promise((resolve) => {
      const settle = (answer: Buffer | null) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(null), WAIT);
      waiting.set(id, { question, settle });
      socket.send(question, at.port, to);
    });
  };

  return {
    async ask(host, credential) {
      const name = askingFor(wireName(host), TYPE.A);
      for (let i = 0; i < TRIES; i++) {
        const answer = await once(name, credential);
        if (answer !== null) return readAnswer(answer, page);
      }
      return SILENT;
    },
    close() {
      for (const { settle } of waiting.values()) settle(null);
      socket.close();
    },
  };
}

/**
 * What a client makes of the answer, not what the stamp says: closed is a name that does not exist or leads to the block
 * page, with the reason that says so. Whatever else it leads to is a way in.
 */
export function readAnswer(answer: Buffer, page: string): Heard {
  const end = questionEnd(answer);
  if (end < 0) return SILENT;
  const rcode = (answer[3] ?? 0) & 0x0f;
  if (rcode === RCODE.REFUSED) return REFUSED;
  const error = findOption(answer, end, EXTENDED_ERROR);
  const said = error !== null && error.length >= 2 && BLOCKS.has(u16(error, 0));
  const leadsAway = addressesIn(answer, end).some((address) => address !== page);
  const closed = said && !leadsAway && (rcode === RCODE.NXDOMAIN || rcode === RCODE.NOERROR);
  return heard(closed ? 'blocked' : 'open', readStamp(findOption(answer, end, PROOF_OPTION)));
}

function addressesIn(answer: Buffer, end: number): string[] {
  const found: string[] = [];
  let at = end;
  for (let left = u16(answer, 6); left > 0; left--) {
    const record = readRecord(answer, at);
    if (record === null) return found;
    if (record.type === TYPE.A) found.push(answer.subarray(record.data, record.end).join('.'));
    at = record.end;
  }
  return found;
}
