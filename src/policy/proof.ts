/**
 * Proof, continuously (FIL-05, FIL-10, FIL-14): a gateway asks itself, through its own sockets, what every profile would get,
 * and control keeps what came back as evidence. What passes between them stands here: `POST /gateway/proof` takes a
 * `ProofMessage`, and the answer to `POST /gateway/status` is a `StatusAnswer`.
 */

/** DNS, a plain request to the proxy, and the proxy's CONNECT: every way in which a request reaches a gateway. */
export const PROOF_POINTS = ['dns', 'proxy', 'tunnel'] as const;
export type ProofPoint = (typeof PROOF_POINTS)[number];

/**
 * `grave`: test names of what nobody may open, whatever any document says. `closed`: those of every other kind of site that
 * the profile's policy closes now. `crisis` and `education`: the sets of docs/proof-sets.md, which must be open.
 */
export const PROOF_SETS = ['grave', 'closed', 'crisis', 'education'] as const;
export type ProofSet = (typeof PROOF_SETS)[number];

/** A tunnel is judged by the same gate as a plain request, so the longest set goes one way through the proxy only. */
export const isAskedAt = (point: ProofPoint, set: ProofSet): boolean => point !== 'tunnel' || set !== 'education';

/** Every category has a harmless name of its own in the starter lists, under a domain reserved for examples (RFC 2606). */
export const proofName = (category: string): string => `${category}.gatehouse-test.example`;

/** Why a run began: its hour, a change of what is obeyed, or somebody asked for it. */
export type ProofReason = 'daily' | 'change' | 'asked';

/** One answer that was not as it must be. */
export interface ProofMiss {
  readonly host: string;
  readonly got: 'let-through' | 'blocked' | 'unanswered';
  /** Rule, category and words of the decision; null where there was none. */
  readonly rule: string | null;
  readonly category: string | null;
  readonly text: string | null;
}

/** What one enforcement point answered to one profile for one set. The four counts add up to `asked`. */
export interface ProofResult {
  readonly point: ProofPoint;
  readonly profile: string;
  readonly set: ProofSet;
  readonly asked: number;
  readonly expected: number;
  readonly wrong: number;
  /** Closed by a change that two people agreed on (FCR-08): not as the set expects, and no mistake of the filter. */
  readonly decided: number;
  readonly unanswered: number;
  /** The first of those that were wrong or not answered. */
  readonly misses: readonly ProofMiss[];
}

/** One run of one gateway. */
export interface ProofReport {
  /** Its id, made by the gateway: the same report may come twice. */
  readonly run: string;
  readonly why: ProofReason;
  /** The wish of a person that it fulfils. */
  readonly request: string | null;
  /** Epoch ms. */
  readonly begunAt: number;
  readonly endedAt: number;
  /** What was obeyed: snapshot number, list version, version of the policy document. */
  readonly snapshot: number;
  readonly list: string;
  readonly policy: string;
  readonly results: readonly ProofResult[];
}

export interface ProofProgress {
  readonly run: string;
  readonly done: number;
  readonly total: number;
}

export type ProofMessage =
  | { readonly kind: 'progress'; readonly progress: ProofProgress }
  | { readonly kind: 'ended'; readonly report: ProofReport };

/** What control wants of a gateway; an older control answers with nothing. */
export interface StatusAnswer {
  /** The newest wish for a run that this gateway has not yet fulfilled. */
  readonly prove: string | null;
}

/** Bounds of a report: what is wrong everywhere is told by the counts. */
export const MOST_MISSES = { perResult: 10, perRun: 400 } as const;
