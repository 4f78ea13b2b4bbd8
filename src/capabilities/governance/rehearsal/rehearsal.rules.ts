import { type Decision, nextChange, type PersonKind, profileFor, UNIDENTIFIED } from '#policy/index.ts';
import { type Circumstances, judgeAt, nextEdge, type Side } from './side.ts';
import { Keyed, type Tallied, Tally } from './tally.ts';

export interface Member {
  readonly id: string;
  readonly kind: PersonKind;
  readonly year: number | null;
}

/** Requests of one person for one host, at moments between which nothing changes the answers of either policy. */
export interface Asked {
  /** Null: nobody was signed in, and the address's profile counts. */
  readonly person: string | null;
  readonly profile: string;
  readonly host: string;
  readonly requests: number;
}

/** Closed before and open with the draft, or the other way round. */
export type Turn = 'opens' | 'stops';
type Turned = Readonly<Record<Turn, Tallied>>;

/** What decided, so that the rows of one reason stand together; the moment's own words are left out. */
export interface Reason {
  readonly rule: string;
  /** The rule's name where the document has such a rule. */
  readonly name: string | null;
  /** The clause's number as printed. */
  readonly clause: string | null;
  readonly open: boolean;
}

/** What would have been different. Every changed request stands in one group, site, category and reason. */
export interface Differences extends Turned {
  readonly all: Tallied;
  readonly groups: readonly (Turned & {
    readonly group: GroupId;
    /** Names of the profiles that the group is filtered as. */
    readonly before: string;
    readonly after: string;
    readonly all: Tallied;
  })[];
  readonly sites: readonly (Tallied & { readonly turn: Turn; readonly host: string })[];
  /** The category for which a site was or would be closed; null where it stands in none. */
  readonly categories: readonly (Turned & { readonly category: string | null })[];
  readonly reasons: readonly (Tallied & { readonly turn: Turn; readonly before: Reason; readonly after: Reason })[];
}

/** Pupils by year, others by kind, and where nobody was signed in, the profile of the address. */
export type GroupId = { readonly kind: PersonKind; readonly year: number | null } | { readonly profile: string };

interface Group {
  readonly id: GroupId;
  readonly before: string;
  readonly after: string;
  readonly all: Tally;
  readonly opens: Tally;
  readonly stops: Tally;
}

interface Asker {
  readonly group: Group;
  /** Place in the crowd; -1 for nobody. */
  readonly number: number;
}

export interface Replay {
  /** Until when (epoch ms) both policies answer as they do at `at`, openings and closings included. */
  steadyUntil(at: number): number;
  /** Requests made from `at` on, and before `steadyUntil(at)`. */
  take(asked: Iterable<Asked>, at: number): void;
  differences(): Differences;
}

/** How many sites are named for each turn. */
const SITES = 20;

/**
 * Ask both policies the same questions and count where their answers differ. What was recorded as opened or blocked is
 * not looked at: it may have been decided by an older version or older lists.
 */
export function replay(before: Side, after: Side, members: readonly Member[], circumstances: Circumstances): Replay {
  const tally = () => new Tally(members.length);
  const both = () => ({ opens: tally(), stops: tally() });
  const totals = { all: tally(), ...both() };
  const sites = { opens: new Keyed(tally), stops: new Keyed(tally) };
  const categories = new Keyed(both);
  const reasons = { opens: new Keyed(tally), stops: new Keyed(tally) };
  const groups = new Map<string, Group>();

  const groupOf = (id: GroupId, was: string, is: string): Group => {
    const key = JSON.stringify(id);
    const group = groups.get(key) ?? { id, before: was, after: is, all: tally(), ...both() };
    groups.set(key, group);
    return group;
  };
  const askers = new Map(
    members.map(({ id, kind, year }, number): [string | null, Asker] => {
      const profileIn = ({ document }: Side) => profileFor(document, { kind, year });
      const group = { kind, year: kind === 'pupil' ? year : null };
      return [id, { number, group: groupOf(group, profileIn(before), profileIn(after)) }];
    }),
  );
  const nobodyAt = (profile: string): Asker => ({ number: -1, group: groupOf({ profile }, profile, profile) });

  const take = (asked: Asked, judge: ReturnType<typeof judgeAt>): void => {
    const { host, person, requests } = asked;
    const { number, group } = askers.get(person) ?? nobodyAt(asked.profile);
    const was = judge(before, { host, person, profile: group.before });
    const is = judge(after, { host, person, profile: group.after });
    totals.all.add(requests, number);
    group.all.add(requests, number);
    const closed = was.outcome === 'block';
    if (closed === (is.outcome === 'block')) return;
    const turn: Turn = closed ? 'opens' : 'stops';
    const { category } = (closed ? was : is).because;
    const reason = JSON.stringify([reasonOf(before, was), reasonOf(after, is)]);
    for (const t of [
      totals[turn],
      group[turn],
      sites[turn].of(host),
      categories.of(category ?? '')[turn],
      reasons[turn].of(reason),
    ]) {
      t.add(requests, number);
    }
  };

  return {
    steadyUntil: (at) =>
      Math.min(nextChange(before.compiled, at), nextChange(after.compiled, at), nextEdge(circumstances.changes, at)),
    take: (asked, at) => {
      const judge = judgeAt(circumstances, at);
      for (const one of asked) take(one, judge);
    },
    differences: () => ({
      ...counted(totals),
      groups: [...groups.values()]
        .filter((g) => g.all.requests > 0)
        .map(({ id, before: was, after: is, ...tallies }) => ({
          group: id,
          before: profileName(before, was),
          after: profileName(after, is),
          ...counted(tallies),
        })),
      sites: turns((turn) =>
        sites[turn]
          .map((host, t) => ({ turn, host, ...t.counted }))
          .sort(mostFirst)
          .slice(0, SITES),
      ),
      categories: categories
        .map((id, tallies) => ({ category: id || null, ...counted(tallies) }))
        .sort((a, b) => changed(b) - changed(a)),
      reasons: turns((turn) =>
        reasons[turn].map((key, t) => {
          const [was, is] = JSON.parse(key) as [Reason, Reason];
          return { turn, before: was, after: is, ...t.counted };
        }),
      ).sort(mostFirst),
    }),
  };
}

const turns = <T>(of: (turn: Turn) => T[]): T[] => [...of('opens'), ...of('stops')];
const mostFirst = (a: Tallied, b: Tallied): number => b.requests - a.requests;
const changed = ({ opens, stops }: Turned): number => opens.requests + stops.requests;

const counted = <K extends string>(tallies: Readonly<Record<K, Tally>>): Record<K, Tallied> =>
  Object.fromEntries(Object.entries<Tally>(tallies).map(([name, t]) => [name, t.counted])) as Record<K, Tallied>;

const profileName = ({ document }: Side, id: string): string =>
  document.profiles.find((p) => p.id === id)?.name ?? (id === UNIDENTIFIED ? 'Not signed in' : id);

function reasonOf({ document, compiled }: Side, { outcome, because }: Decision): Reason {
  return {
    rule: because.rule,
    name: document.rules.find((r) => r.id === because.rule)?.name ?? null,
    clause: (because.clause !== null && compiled.clauses[because.clause]?.number) || null,
    open: outcome !== 'block',
  };
}
