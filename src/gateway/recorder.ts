import type { Clock } from '#core/clock.ts';
import type { ActivityEvent, Client, Judgement, Recorder } from './judge.ts';

/**
 * Collects decisions in a thread and hands them on in batches. Identical ones within a batch are one event that counts
 * them: a browser asks for the same name many times in a second, and one line says as much.
 */
export class BatchingRecorder implements Recorder {
  #events = new Map<string, ActivityEvent>();
  readonly #clock: Clock;
  readonly #version: () => { snapshot: number; list: string | null };

  constructor(clock: Clock, version: () => { snapshot: number; list: string | null }) {
    this.#clock = clock;
    this.#version = version;
  }

  record(client: Client, via: ActivityEvent['via'], host: string, judgement: Judgement): void {
    const { because, outcome } = judgement;
    const key = `${via} ${client.address} ${client.person ?? ''} ${because.rule} ${because.category ?? ''} ${host}`;
    const known = this.#events.get(key);
    if (known) {
      known.count++;
      return;
    }
    const { snapshot, list } = this.#version();
    this.#events.set(key, {
      t: this.#clock.now(),
      via,
      person: client.person,
      device: client.device,
      address: client.address,
      profile: client.profile,
      host,
      category: because.category ?? judgement.categories[0] ?? null,
      outcome,
      rule: because.rule,
      clause: because.clause,
      snapshot,
      list,
      count: 1,
    });
  }

  /** What was collected since the last call. */
  take(): ActivityEvent[] {
    if (this.#events.size === 0) return [];
    const events = [...this.#events.values()];
    this.#events = new Map();
    return events;
  }
}
