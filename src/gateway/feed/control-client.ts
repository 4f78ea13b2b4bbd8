import type { FeedAnswer, GatewayStatus, VerifyAnswer, VerifyQuestion } from '#policy/feed.ts';
import type { ProofMessage, StatusAnswer } from '#policy/proof.ts';

/** What a gateway is given when it is enrolled. */
export interface Enrolment {
  readonly control: string;
  readonly token: string;
  /** PEM of the key that signs snapshots. */
  readonly publicKey: string;
}

/** Control answered, but not with what was asked for. */
export class ControlRefusal extends Error {
  override name = 'ControlRefusal';
  readonly status: number;
  constructor(status: number) {
    super(`control answered ${status}`);
    this.status = status;
  }
}

/** The gateway's side of the protocol in policy/feed.ts. Every call throws when control does not answer as agreed. */
export class ControlClient {
  readonly #enrolment: Enrolment;
  constructor(enrolment: Enrolment) {
    this.#enrolment = enrolment;
  }

  async feed(have: { snapshot: number; presence: number }, signal: AbortSignal): Promise<FeedAnswer> {
    const r = await this.#ask(`/gateway/feed?snapshot=${have.snapshot}&presence=${have.presence}`, { signal });
    return r.status === 204 ? {} : ((await r.json()) as FeedAnswer);
  }

  async index(sha256: string): Promise<Buffer> {
    const r = await this.#ask(`/gateway/index/${sha256}`, { signal: AbortSignal.timeout(300_000) });
    return Buffer.from(await r.arrayBuffer());
  }

  async activity(batch: number, body: Buffer): Promise<void> {
    await this.#ask(`/gateway/activity?batch=${batch}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
      signal: AbortSignal.timeout(60_000),
    });
  }

  async verify(question: VerifyQuestion): Promise<string | null> {
    const r = await this.#ask('/gateway/verify', json(question));
    return ((await r.json()) as VerifyAnswer).person;
  }

  async status(status: GatewayStatus): Promise<StatusAnswer> {
    const r = await this.#ask('/gateway/status', json(status));
    return r.status === 200 ? ((await r.json()) as StatusAnswer) : { prove: null };
  }

  async proof(message: ProofMessage): Promise<void> {
    const r = await this.#ask('/gateway/proof', json(message));
    await r.body?.cancel();
  }

  async #ask(path: string, init: RequestInit): Promise<Response> {
    const r = await fetch(this.#enrolment.control + path, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${this.#enrolment.token}` },
    });
    if (!r.ok) {
      await r.body?.cancel();
      throw new ControlRefusal(r.status);
    }
    return r;
  }
}

const json = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  signal: AbortSignal.timeout(10_000),
});
