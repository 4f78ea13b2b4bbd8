import { type ClientRequest, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Pace } from '../fair-use.ts';
import type { FileWatch } from './file-watch.ts';
import { type RawHeaders, responseHeaders, trailerPairs } from './headers.ts';
import type { AnswerHead, Flow, Sink } from './upstream.ts';

export interface Relaying {
  /** The client was told to wait for `100 Continue`. */
  readonly expects: boolean;
  /** Looks at how the body begins, where a file could be refused. */
  readonly watch: FileWatch | null;
  /** How fast it may go (UAR-17). */
  readonly pace: Pace | null;
  /** The head is not fit to be passed on. */
  readonly unfit: () => void;
  /** The body is a file that may not pass. Called once, and nothing more is written after it. */
  readonly refuse: (group: string) => void;
}

/** Passes an answer on as it comes: its head with its first bytes, and nothing is kept but those that must be looked at. */
export class Relay implements Sink {
  readonly #head: AnswerHead;
  readonly #flow: Flow;
  readonly #res: ServerResponse;
  readonly #how: Relaying;
  /** Until it has seen enough. */
  #watch: FileWatch | null;
  #begun = false;
  /** From then on the answer is nobody's: what becomes of it may not touch what the client gets instead. */
  #left = false;
  #touched = false;
  #holds = 0;

  constructor(head: AnswerHead, flow: Flow, res: ServerResponse, how: Relaying) {
    this.#head = head;
    this.#flow = flow;
    this.#res = res;
    this.#how = how;
    this.#watch = how.watch;
    if (how.watch?.headMayGo === false || head.headers['content-length'] !== undefined) return;
    // A stream of events may be silent for long; its head may not wait for the first of them.
    setImmediate(() => {
      if (!this.#touched && !this.#left && !res.destroyed && this.#begin()) res.flushHeaders();
    });
  }

  data(chunk: Buffer): void {
    this.#touched = true;
    if (this.#left) return;
    const seen = this.#watch?.look(chunk) ?? { kind: 'pass', bytes: chunk };
    if (seen.kind === 'more') return;
    if (seen.kind === 'refused') {
      this.#left = true;
      // Half a program must not look like a whole one, where the head is gone already.
      this.#how.refuse(seen.group);
      return;
    }
    this.#watch = null;
    this.#write(seen.bytes);
  }

  end(rawTrailers: RawHeaders): void {
    this.#touched = true;
    if (this.#left || !this.#begin()) return;
    const rest = this.#watch?.rest();
    if (rest) this.#res.write(rest);
    addTrailers(rawTrailers, this.#res);
    this.#res.end();
  }

  /** Half an answer must not look like a whole one. */
  broken(): void {
    this.#touched = true;
    if (!this.#left) this.#res.destroy();
  }

  #begin(): boolean {
    if (this.#begun) return true;
    const { status, phrase, rawHeaders } = this.#head;
    const headers = responseHeaders(rawHeaders);
    // The client may now send the body after all or leave it out: nobody could tell it from a next request.
    if (this.#how.expects) headers.push('Connection', 'close');
    this.#begun = attempt(() => this.#res.writeHead(status, phrase || STATUS_CODES[status], headers));
    if (!this.#begun) {
      this.#left = true;
      this.#how.unfit();
    }
    return this.#begun;
  }

  #write(bytes: Buffer): void {
    if (!this.#begin()) return;
    const room = this.#res.write(bytes);
    const wait = this.#how.pace?.(bytes.length) ?? 0;
    if (!room) this.#res.once('drain', this.#hold());
    if (wait > 0) setTimeout(this.#hold(), wait);
  }

  /** Nothing more comes until everything that holds it back has let go. */
  #hold(): () => void {
    if (this.#holds++ === 0) this.#flow.pause();
    return () => {
      if (--this.#holds === 0) this.#flow.resume();
    };
  }
}

/** Trailers follow the body, where both sides can carry them. */
export function addTrailers(rawTrailers: RawHeaders, out: ServerResponse | ClientRequest): void {
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
