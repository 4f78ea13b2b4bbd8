import type { Stamp } from './door.ts';

/** What came back over a socket: what whoever asked would have got, and what the decision was. */
export interface Heard {
  /** `silent`: no answer that can be read. `refused`: the credential proved nothing. */
  readonly got: 'blocked' | 'open' | 'silent' | 'refused';
  /** Null where the answer was not one to a proof. */
  readonly stamp: Stamp | null;
}

/** Asks an enforcement point through its socket. Never rejects. */
export interface Asker {
  ask(host: string, credential: Buffer): Promise<Heard>;
  close(): void;
}

export const SILENT: Heard = { got: 'silent', stamp: null };
export const REFUSED: Heard = { got: 'refused', stamp: null };

/** An answer without a stamp was given to somebody, not to a proof, and says nothing. */
export const heard = (got: 'blocked' | 'open', stamp: Stamp | null): Heard =>
  stamp === null ? SILENT : { got, stamp };

/**
 * Where this machine reaches a listener, and from where: from loopback in any case, since only there proofs are taken. A
 * listener on all addresses is asked at loopback too.
 */
export function reachable(address: string): { readonly to: string; readonly from: string } {
  const six = address.includes(':');
  const from = six ? '::1' : '127.0.0.1';
  return { to: address === '0.0.0.0' || address === '::' ? from : address, from };
}
