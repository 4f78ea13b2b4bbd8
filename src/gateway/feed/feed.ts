import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CategoryIndex, loadIndex } from '#filter/index.ts';
import { open, type Presence, type Snapshot } from '#policy/index.ts';
import type { ControlClient } from './control-client.ts';

export interface Parts {
  readonly snapshot: Snapshot;
  readonly presence: Presence | null;
  readonly index: CategoryIndex;
}

export interface FeedEvents {
  /** A new state to use, at start from disk and then whenever control sends one. */
  ready(parts: Parts): void;
  presence(presence: Presence): void;
  /** Something was not as it must be: a bad signature, a broken file. The last good state stays. */
  refused(what: string, reason: string): void;
  /** It is used, but the disk did not take it: a restart without control would go back to the one before. */
  unkept(what: string, reason: string): void;
  /** Control does or does not answer. */
  reachable(yes: boolean): void;
}

const SNAPSHOT = 'snapshot.sealed';
const PRESENCE = 'presence.sealed';

/** Keeps the gateway's state up to date and on disk, so that it filters at once after a restart, also without control (FIL-20). */
export class Feed {
  readonly #folder: string;
  readonly #publicKey: string;
  readonly #control: ControlClient;
  readonly #events: FeedEvents;
  readonly #stop = new AbortController();
  #snapshot: Snapshot | null = null;
  #presence: Presence | null = null;
  #index: CategoryIndex | null = null;

  constructor(folder: string, publicKey: string, control: ControlClient, events: FeedEvents) {
    this.#folder = folder;
    this.#publicKey = publicKey;
    this.#control = control;
    this.#events = events;
    mkdirSync(join(folder, 'index'), { recursive: true, mode: 0o700 });
  }

  /** Use what stands on disk, if it is whole and signed. */
  async restore(): Promise<void> {
    const snapshot = this.#read<Snapshot>(SNAPSHOT);
    this.#presence = this.#read<Presence>(PRESENCE);
    if (!snapshot) return;
    try {
      await this.#take(snapshot, false);
    } catch (e) {
      this.#events.refused('index', reasonOf(e));
    }
  }

  /** Follow control until stopped. */
  async run(): Promise<void> {
    let pause = 100;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#once();
        this.#events.reachable(true);
        pause = 100;
      } catch {
        if (this.#stop.signal.aborted) return;
        this.#events.reachable(false);
        await new Promise((r) => setTimeout(r, pause));
        pause = Math.min(pause * 2, 3_000);
      }
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #once(): Promise<void> {
    const have = { snapshot: this.#snapshot?.number ?? 0, presence: this.#presence?.number ?? 0 };
    const answer = await this.#control.feed(have, AbortSignal.any([this.#stop.signal, AbortSignal.timeout(40_000)]));
    const snapshot = this.#accept<Snapshot>(answer.snapshot, SNAPSHOT, have.snapshot);
    const presence = this.#accept<Presence>(answer.presence, PRESENCE, have.presence);
    if (presence) {
      this.#presence = presence;
      this.#events.presence(presence);
      this.#keep(PRESENCE, answer.presence!);
    }
    if (snapshot) {
      await this.#take(snapshot, true);
      this.#keep(SNAPSHOT, answer.snapshot!);
    }
  }

  /** Signed by our control, and newer than what we have; anything else is refused and said. */
  #accept<T extends Snapshot | Presence>(sealed: string | undefined, what: string, newerThan: number): T | null {
    if (sealed === undefined) return null;
    const opened = open<T>(sealed, this.#publicKey);
    if (opened.ok && opened.part.number > newerThan) return opened.part;
    this.#events.refused(
      what,
      opened.ok ? `number ${opened.part.number} is not newer than ${newerThan}` : opened.reason,
    );
    // Thrown so that a control that keeps sending it is asked again only after a pause.
    throw new Error(`${what} refused`);
  }

  /** A snapshot is used only together with its index; until that is here the one before stays. */
  async #take(snapshot: Snapshot, mayFetch: boolean): Promise<void> {
    if (snapshot.index === null) {
      this.#snapshot = snapshot;
      return;
    }
    if (this.#index?.version !== snapshot.index) this.#index = await this.#obtain(snapshot.index, mayFetch);
    this.#snapshot = snapshot;
    this.#events.ready({ snapshot, presence: this.#presence, index: this.#index! });
  }

  async #obtain(sha256: string, mayFetch: boolean): Promise<CategoryIndex> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error('the snapshot names no proper index');
    const folder = join(this.#folder, 'index');
    const path = join(folder, `${sha256}.idx`);
    if (existsSync(path)) {
      try {
        const index = loadIndex(path);
        if (index.version !== sha256) throw new Error('the file holds another index than its name says');
        return index;
      } catch (e) {
        this.#events.refused('index', reasonOf(e));
        rmSync(path);
      }
    }
    if (!mayFetch) throw new Error('the index of the last snapshot is not on disk');
    const data = await this.#control.index(sha256);
    if (createHash('sha256').update(data).digest('hex') !== sha256) {
      this.#events.refused('index', 'what arrived is not what the snapshot names');
      throw new Error('index refused');
    }
    writeFileSync(`${path}.new`, data, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    const index = loadIndex(path);
    for (const f of readdirSync(folder)) if (f !== `${sha256}.idx`) rmSync(join(folder, f));
    return index;
  }

  #read<T extends Snapshot | Presence>(name: string): T | null {
    const path = join(this.#folder, name);
    if (!existsSync(path)) return null;
    const opened = open<T>(readFileSync(path, 'utf8'), this.#publicKey);
    if (opened.ok) return opened.part;
    this.#events.refused(name, opened.reason);
    return null;
  }

  /** Never half a file: written beside, then renamed over. A full disk keeps nobody from being filtered by what is new. */
  #keep(name: string, text: string): void {
    const path = join(this.#folder, name);
    try {
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (e) {
      this.#events.unkept(name, reasonOf(e));
    }
  }
}

const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : 'unknown');
