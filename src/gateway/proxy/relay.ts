import { type ClientRequest, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { FileWatch } from './file-watch.ts';
import { responseHeaders, trailerPairs } from './headers.ts';

export interface Relaying {
  /** The client was told to wait for `100 Continue`. */
  readonly expects: boolean;
  /** Looks at how the body begins, where a file could be refused. */
  readonly watch: FileWatch | null;
  /** The head is not fit to be passed on. */
  readonly unfit: () => void;
  /** The body is a file that may not pass. Called once, and nothing more is written after it. */
  readonly refuse: (group: string) => void;
}

/** Passes an answer on as it comes: its head with its first bytes, and nothing is kept but those that must be looked at. */
export function relay(answer: IncomingMessage, res: ServerResponse, { expects, watch, unfit, refuse }: Relaying): void {
  let begun = false;
  const begin = (): boolean => {
    if (begun) return true;
    const headers = responseHeaders(answer.rawHeaders);
    // The client may now send the body after all or leave it out: nobody could tell it from a next request.
    if (expects) headers.push('Connection', 'close');
    const status = answer.statusCode ?? 502;
    begun = attempt(() => res.writeHead(status, answer.statusMessage || STATUS_CODES[status], headers));
    if (!begun) {
      leave();
      unfit();
    }
    return begun;
  };
  // What pipe() does, without its dozen listeners on every answer: this is the proxy's busiest place.
  const write = (chunk: Buffer): void => {
    if (res.write(chunk)) return;
    answer.pause();
    res.once('drain', () => answer.resume());
  };
  const look = (chunk: Buffer): void => {
    const seen = watch?.look(chunk);
    if (seen === undefined || seen.kind === 'more') return;
    answer.off('data', look);
    if (seen.kind === 'refused') {
      leave();
      // Half a program must not look like a whole one, where the head is gone already.
      refuse(seen.group);
      return;
    }
    answer.on('data', write);
    if (begin()) write(seen.bytes);
  };
  const onEnd = (): void => {
    if (!begin()) return;
    const rest = watch?.rest();
    if (rest) res.write(rest);
    addTrailers(answer, res);
    res.end();
  };
  const onClose = (): void => {
    // Half an answer must not look like a whole one.
    if (!answer.complete) res.destroy();
  };
  const onError = (): void => void res.destroy();
  /** From here on the answer is nobody's: what becomes of it may not touch what the client gets instead. */
  const leave = (): void => {
    answer.off('data', look).off('data', write).off('end', onEnd).off('close', onClose).off('error', onError);
  };

  if (watch === null && !begin()) return;
  answer.on('data', watch === null ? write : look);
  answer.once('end', onEnd);
  answer.once('error', onError);
  answer.once('close', onClose);
  if (watch !== null && !watch.headMayGo) return;
  setImmediate(() => {
    // An event stream may be silent for long; its head may not wait for the first event.
    if (!answer.readableDidRead && !answer.destroyed && !res.writableEnded && begin()) res.flushHeaders();
  });
}

/** Trailers follow the body, where both sides can carry them. */
export function addTrailers({ rawTrailers }: IncomingMessage, out: ServerResponse | ClientRequest): void {
  if (rawTrailers.length > 0) attempt(() => out.addTrailers(trailerPairs(rawTrailers)));
}

/** Node refuses to write what no header may hold. An origin that sent it must not bring the thread down. */
export function attempt(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}
