import { FLOOR } from './floor.ts';
import type { Because, CompiledPolicy, Decision } from './types.ts';

/**
 * A change of the filter that people agreed on (FCR-01..08), as gateways obey it by their own clocks: sites opened or
 * closed for some, or the only sites of a lesson.
 */
export interface LiveChange {
  /** As people know it; stands in the rule of every decision that comes from it. */
  readonly reference: string;
  readonly effect: 'open' | 'block' | 'only-these' | 'withdrawn';
  /** Normalised; each stands for everything below it too. Of what is withdrawn these are what is kept. */
  readonly hosts: readonly string[];
  /** Epoch ms: the first instant within, and the first no longer within; null: until somebody lifts it. */
  readonly from: number;
  readonly until: number | null;
  /** Whom it is for: these people, or whoever has these profiles; both null: everybody. */
  readonly people: readonly string[] | null;
  readonly profiles: readonly string[] | null;
  /** Where it holds: at these addresses and nowhere else; anywhere, when it names none. */
  readonly addresses?: readonly string[];
  /** An order that comes from a case, and concerns every site. */
  readonly order?: OrderKind;
  /** What the person who asked is told; names nobody. */
  readonly text: string;
  /** The clause of the policy that such changes rest on, where it has one. */
  readonly clause: string | null;
  /** The opening of an AI tool after its assessment was approved; no other opening reaches such sites (AIG-05). */
  readonly assessed?: true;
}

/**
 * `examination` opens what may be opened at all, to the people who look into a case, on its one computer (INC-07).
 * `isolation` closes everything to a device that is evidence, help included, since nobody is to use it (INC-19).
 * `removal` takes somebody's access away as a sanction, but for what is kept (SAN-31).
 */
export type OrderKind = 'examination' | 'isolation' | 'removal';

/** Kinds of site that stay closed until somebody has assessed the tool and another person has approved it (AIG-05). */
export const ASSESSED_FIRST: ReadonlySet<string> = new Set(['ai-tools', 'ai-chat']);

/** The rule of a decision that a change made. */
export const changeRule = (reference: string): string => `change.${reference}`;

/** The rule of a decision that an order made. */
export const accessRule = (reference: string): string => `${ACCESS_RULE}${reference}`;
export const ACCESS_RULE = 'access.';

/** Is it for somebody of this id and profile, there? Nobody known is in no class and on no list of people. */
export const isFor = (change: LiveChange, person: string | null, profile: string, address?: string): boolean =>
  (change.addresses === undefined || (address !== undefined && change.addresses.includes(address))) &&
  ((change.people === null && change.profiles === null) ||
    (person !== null && (change.people?.includes(person) ?? false)) ||
    (change.profiles?.includes(profile) ?? false));

/** From its first millisecond to the one before its end. An opening without an end never holds (FCR-03). */
export const isLive = ({ effect, from, until }: Pick<LiveChange, 'effect' | 'from' | 'until'>, now: number): boolean =>
  now >= from && (until === null ? effect === 'block' || effect === 'withdrawn' : now < until);

/**
 * What no opening reaches (FCR-07): content that is illegal by its nature or by a row of the policy, and what the safety
 * floor closes to everybody (FIL-08). Gateways hold to it whatever a change says.
 */
export function neverOpened(policy: CompiledPolicy): ReadonlySet<string> {
  let never = nevers.get(policy);
  if (!never) {
    const illegal = Object.entries(policy.categories).flatMap(([id, { nature }]) => (nature === 'illegal' ? [id] : []));
    const byRow = policy.profiles.flatMap(({ cells }) =>
      Object.entries(cells).flatMap(([id, all]) => (all.some(({ cell }) => cell.value === 'illegal') ? [id] : [])),
    );
    const dangerous = FLOOR.filter((f) => f.audiences.includes('guest')).flatMap((f) => f.categories);
    never = new Set([...illegal, ...byRow, ...dangerous]);
    nevers.set(policy, never);
  }
  return never;
}
const nevers = new WeakMap<CompiledPolicy, ReadonlySet<string>>();

/**
 * A decision with the change that holds. Help stays open whatever a change says, and what is never opened, or cannot be
 * judged (FIL-20), stays closed.
 */
export function changed(
  policy: CompiledPolicy,
  base: Decision,
  categories: readonly string[],
  change: LiveChange,
): Decision {
  const { rule } = base.because;
  if ((rule === 'safety.help' && change.order !== 'isolation') || rule === 'no-policy') return base;
  if (change.effect !== 'open') return base.outcome === 'block' ? base : because(change, base, 'block');
  if (base.outcome !== 'block') return base;
  const never = neverOpened(policy);
  // Lists may for a moment be newer than the policy: what it has never heard of may be anything.
  const closed = categories.some(
    (c) => never.has(c) || !Object.hasOwn(policy.categories, c) || (ASSESSED_FIRST.has(c) && reach(change) === 0),
  );
  return closed ? base : because(change, base, 'allow');
}

function because(change: LiveChange, base: Decision, outcome: 'allow' | 'block'): Decision {
  const why: Because = {
    rule: change.order ? accessRule(change.reference) : changeRule(change.reference),
    category: base.because.category,
    clause: change.clause ?? base.because.clause,
    text: change.text,
    remedy: outcome === 'allow' ? null : change.effect === 'block' ? 'ask' : 'wait',
  };
  return { outcome, because: why };
}

/** An assessed tool's opening reaches what no other does, and an examination's all that can be opened. */
const reach = ({ assessed, order }: LiveChange): number => (order === 'examination' ? 2 : assessed ? 1 : 0);

/** Of two openings the one that opens more. */
export const reachingFurther = (a: LiveChange | null, b: LiveChange): LiveChange =>
  a !== null && reach(a) > reach(b) ? a : b;

/**
 * Of the changes that hold, the one that decides: a closing, or all access being withdrawn, wins over a lesson's list, and
 * that over an opening.
 */
export const decisive = (
  block: LiveChange | null,
  outside: LiveChange | null,
  open: LiveChange | null,
): LiveChange | null => block ?? outside ?? open;

/** By walking up the names, for pages that ask about one address; gateways have tables (gateway/changes.ts). */
export function changeFor(
  changes: readonly LiveChange[],
  who: { readonly person: string | null; readonly profile: string; readonly address?: string },
  host: string,
  now: number,
): LiveChange | null {
  const mine = changes.filter((c) => isFor(c, who.person, who.profile, who.address) && isLive(c, now));
  const names = (c: LiveChange) => c.hosts.some((h) => host === h || host.endsWith(`.${h}`));
  const named = (effect: LiveChange['effect']) => mine.filter((c) => c.effect === effect && names(c));
  const lessons = mine.filter((c) => c.effect === 'only-these');
  const opened = mine.filter((c) => c.effect === 'open' && (c.order === 'examination' || names(c)));
  return decisive(
    mine.find((c) => c.effect === 'withdrawn' && !names(c)) ?? named('block')[0] ?? null,
    lessons.some(names) ? null : (lessons[0] ?? null),
    opened.reduce<LiveChange | null>(reachingFurther, null),
  );
}
