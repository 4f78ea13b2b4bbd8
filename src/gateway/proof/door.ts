import type { Client, Judgement } from '../judge.ts';
import type { GatewayState } from '../state.ts';
import { isCredential, readCredential } from './credential.ts';

/** How an enforcement point asks whether a request is a proof. */
export interface Proofs {
  /**
   * The test client of the proven profile; `refused` for a credential that proves nothing; null where none was sent, or where
   * it came from elsewhere than this machine, which is the same.
   */
  clientOf(credential: Uint8Array, address: string): Client | 'refused' | null;
}

/**
 * The door for synthetic requests, in each thread. It can only ever make the requester a test of a profile: nobody's
 * activity (recorder.ts leaves it out), and nothing that is open to it is fetched.
 */
export class ProofDoor implements Proofs {
  readonly #state: Pick<GatewayState, 'snapshot' | 'testClient'>;
  #key: Uint8Array | null = null;

  constructor(state: Pick<GatewayState, 'snapshot' | 'testClient'>) {
    this.#state = state;
  }

  /** With each snapshot comes its own key; credentials for the one before prove nothing any more. */
  use(key: Uint8Array): void {
    this.#key = key;
  }

  clientOf(credential: Uint8Array, address: string): Client | 'refused' | null {
    if (!isLoopback(address) || !isCredential(credential)) return null;
    const { snapshot } = this.#state;
    if (snapshot === null || this.#key === null) return 'refused';
    const profile = readCredential(this.#key, snapshot.number, credential);
    return (profile !== null && this.#state.testClient(address, profile)) || 'refused';
  }
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** Is this a test, of whom nothing is recorded? */
export const isTest = (client: Client): boolean => client.how === 'proof';

/** What was decided, as it stands on an answer to a proof beside what everybody gets. */
export interface Stamp {
  readonly outcome: Judgement['outcome'];
  readonly rule: string;
  readonly category: string | null;
  readonly text: string;
}

export const stampOf = ({ outcome, because: { rule, category, text } }: Judgement): Buffer =>
  Buffer.from(JSON.stringify([outcome, rule, category, text.slice(0, 200)]));

/** Null where an answer has none: then it was not judged as a proof. */
export function readStamp(bytes: Uint8Array | null): Stamp | null {
  if (bytes === null) return null;
  try {
    const [outcome, rule, category, text] = JSON.parse(Buffer.from(bytes).toString()) as [
      Stamp['outcome'],
      string,
      string | null,
      string,
    ];
    return { outcome, rule, category, text };
  } catch {
    return null;
  }
}
