import {
  type CategoriesBy,
  type CompiledPolicy,
  changed,
  changeFor,
  type Decision,
  decideByEvidence,
  type EvidenceLevel,
  isLive,
  type LiveChange,
  type PolicyDocument,
} from '#policy/index.ts';

/** One of the two policies that are compared. */
export interface Side {
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
}

/** What both are asked under: the lists, and what people opened and closed meanwhile, which a new policy does not end. */
export interface Circumstances {
  readonly categoriesOf: (host: string, level: EvidenceLevel) => readonly string[];
  readonly changes: readonly LiveChange[];
}

export interface Request {
  readonly host: string;
  readonly person: string | null;
  readonly profile: string;
}

/** What a policy answers at one moment (epoch ms), as a gateway would have. Changes that do not hold then are left out once. */
export function judgeAt(circumstances: Circumstances, at: number): (side: Side, request: Request) => Decision {
  const changes = circumstances.changes.filter((c) => isLive(c, at));
  return ({ compiled }, { host, person, profile }) => {
    const by: CategoriesBy = (level) => circumstances.categoriesOf(host, level);
    const { categories, ...decision } = decideByEvidence(compiled, profile, by, { at, person });
    const change = changes.length > 0 ? changeFor(changes, { person, profile }, host, at) : null;
    return change ? changed(compiled, decision, categories, change) : decision;
  };
}

/** When the next change begins or ends; Infinity when none does. */
export const nextEdge = (changes: readonly LiveChange[], at: number): number =>
  changes
    .flatMap(({ from, until }) => [from, until ?? Number.POSITIVE_INFINITY])
    .reduce((soonest, edge) => (edge > at ? Math.min(soonest, edge) : soonest), Number.POSITIVE_INFINITY);
