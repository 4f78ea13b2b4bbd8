import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, SECOND } from '#core/clock.ts';
import type { Endpoint } from '#core/endpoint.ts';
import type { Snapshot } from '#policy/index.ts';
import type { ProofMessage, ProofProgress, ProofReason, ProofReport } from '#policy/proof.ts';
import { type ControlClient, ControlRefusal } from '../feed/control-client.ts';
import { loadProofSites, type ProofSites } from './questions.ts';
import { runProof } from './run.ts';
import { dueProof, PROOF_TIMES, type ProofState, type ProofTimes, subjectOf } from './schedule.ts';

export interface ProverOptions {
  /** Reports wait here until control has them. */
  readonly folder: string;
  readonly clock: Clock;
  readonly listening: { readonly dns: Endpoint; readonly proxy: Endpoint; readonly block: Endpoint };
  readonly proxyTls: boolean;
  readonly control: () => ControlClient | null;
  readonly log: (level: 'info' | 'warn', event: string, facts?: Record<string, string | number>) => void;
  readonly times?: ProofTimes;
  readonly sites?: ProofSites;
}

const LOOK_EVERY = SECOND;
const SAY_EVERY = 2 * SECOND;
/** Reports that wait for a control that is away; each is small, and the newest tell most. */
const MOST_WAITING = 40;
/** What control would say again each time. */
const NEVER: ReadonlySet<number> = new Set([400, 404, 413, 415]);

interface Obeyed {
  readonly snapshot: Snapshot;
  readonly list: string;
  readonly key: Uint8Array;
}

/**
 * The part of the keeper that asks the gateway's own threads, over their sockets, what everybody would get (FIL-05). It needs
 * no way into the network from control, and goes on while control is away.
 */
export class Prover {
  readonly #options: ProverOptions;
  readonly #timer: NodeJS.Timeout;
  #obeyed: Obeyed | null = null;
  #subject = { of: '', since: 0 };
  #last: ProofState['last'] = null;
  #request: string | null = null;
  #running: Promise<void> | null = null;
  #delivering: Promise<void> | null = null;
  #stopped = false;

  constructor(options: ProverOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
  }

  /** The threads obey this from now on. */
  use(snapshot: Snapshot, list: string, key: Uint8Array): void {
    this.#obeyed = { snapshot, list, key };
  }

  /** Control wants a run. */
  wanted(request: string | null): void {
    if (request !== null) this.#request = request;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
    await this.#delivering;
  }

  #look(): void {
    this.#delivering ??= this.#deliver().finally(() => {
      this.#delivering = null;
    });
    const obeyed = this.#obeyed;
    if (obeyed === null || this.#running !== null) return;
    const now = this.#options.clock.now();
    const subject = subjectOf(obeyed.snapshot, now);
    if (subject !== this.#subject.of) this.#subject = { of: subject, since: now };
    const { timeZone } = obeyed.snapshot.policy;
    const state = { timeZone, subject, since: this.#subject.since, request: this.#request, last: this.#last };
    const why = dueProof(state, now, this.#options.times ?? PROOF_TIMES);
    if (why === null) return;
    this.#running = this.#run(obeyed, why, subject)
      .catch((e) => this.#options.log('warn', 'proof.fault', { fault: e instanceof Error ? e.name : 'unknown' }))
      .finally(() => {
        this.#running = null;
      });
  }

  async #run(obeyed: Obeyed, why: ProofReason, subject: string): Promise<void> {
    const { clock, listening, proxyTls, log, sites } = this.#options;
    const request = why === 'asked' ? this.#request : (this.#last?.request ?? null);
    const begunAt = clock.now();
    const report = await runProof({
      ...obeyed,
      ...listening,
      why,
      request: why === 'asked' ? request : null,
      proxyTls,
      clock,
      sites: sites ?? loadProofSites(),
      current: () => !this.#stopped && this.#obeyed === obeyed,
      progress: this.#teller(),
    });
    // A newer snapshot came: it is looked at anew, and so is the reason.
    if (report === null) return;
    this.#last = { begunAt, subject, request };
    this.#keep(report);
    const sum = (key: 'asked' | 'wrong' | 'unanswered') => report.results.reduce((n, r) => n + r[key], 0);
    log('info', 'proof.ended', { why, asked: sum('asked'), wrong: sum('wrong'), unanswered: sum('unanswered') });
  }

  /** Now and then, and whether or not it arrives. */
  #teller(): (progress: ProofProgress) => void {
    let said = 0;
    return (progress) => {
      const now = Date.now();
      if (now - said < SAY_EVERY) return;
      said = now;
      void this.#options
        .control()
        ?.proof({ kind: 'progress', progress })
        .catch(() => undefined);
    };
  }

  #keep(report: ProofReport): void {
    const path = join(this.#options.folder, `${report.run}.json`);
    const message: ProofMessage = { kind: 'ended', report };
    try {
      writeFileSync(`${path}.new`, JSON.stringify(message), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      for (const old of this.#waiting().slice(0, -MOST_WAITING)) rmSync(old, { force: true });
    } catch {
      // A disk that takes nothing: control will find that no run came, and says so.
      this.#options.log('warn', 'proof.unkept');
    }
  }

  /** Oldest first: a run's id begins with its time. */
  #waiting = (): string[] =>
    readdirSync(this.#options.folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(this.#options.folder, name));

  async #deliver(): Promise<void> {
    const control = this.#options.control();
    if (control === null) return;
    for (const path of this.#waiting()) {
      try {
        await control.proof(JSON.parse(readFileSync(path, 'utf8')) as ProofMessage);
      } catch (e) {
        if (!(e instanceof ControlRefusal && NEVER.has(e.status))) return;
        this.#options.log('warn', 'proof.refused', { status: e.status });
      }
      rmSync(path, { force: true });
    }
  }
}
