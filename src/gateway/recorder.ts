import type { Clock } from '#core/clock.ts';
import type { ActivityEvent, Client, Judgement, Recorder } from './judge.ts';
import { isTest } from './proof/door.ts';

/**
 * Collects decisions in a thread and hands them on in batches. Identical ones within a batch are one event that counts
 * them: a browser asks for the same name many times in a second, and one line says as much.
 */
export class BatchingRecorder implements Recorder {
  // By client object, then host: no key is put together on the way of a request. Clients are cached (state.ts), so the same
  // one comes again.
  #byClient = new Map<Client, Map<string, ActivityEvent>>();
  #events: ActivityEvent[] = [];
  readonly #clock: Clock;
  readonly #version: () => { snapshot: number; list: string | null };

  constructor(clock: Clock, version: () => { snapshot: number; list: string | null }) {
    this.#clock = clock;
    this.#version = version;
  }

  record(client: Client, via: ActivityEvent['via'], host: string, judgement: Judgement): void {
    // A test is nobody's activity: what came of it is kept as proof, and no detector ever sees it.
    if (isTest(client)) return;
    let hosts = this.#byClient.get(client);
    if (!hosts) {
      hosts = new Map();
      this.#byClient.set(client, hosts);
    }
    const known = hosts.get(host);
    if (known && known.via === via && known.rule === judgement.because.rule && known.outcome === judgement.outcome) {
      known.count++;
      return;
    }
    // The host was not yet seen, or was judged another way before (over the other enforcement point, or a new snapshot).
    const event = this.#event(client, via, host, judgement);
    hosts.set(host, event);
    this.#events.push(event);
  }

  /** How many events wait to be taken. */
  get size(): number {
    return this.#events.length;
  }

  /** What was collected since the last call. */
  take(): ActivityEvent[] {
    const events = this.#events;
    if (events.length === 0) return events;
    this.#events = [];
    this.#byClient = new Map();
    return events;
  }

  #event(
    client: Client,
    via: ActivityEvent['via'],
    host: string,
    { because, outcome, categories }: Judgement,
  ): ActivityEvent {
    const { snapshot, list } = this.#version();
    return {
      t: this.#clock.now(),
      via,
      person: client.person,
      device: client.device,
      address: client.address,
      profile: client.profile,
      host,
      category: because.category ?? categories[0] ?? null,
      outcome,
      rule: because.rule,
      clause: because.clause,
      snapshot,
      list,
      count: 1,
    };
  }
}
