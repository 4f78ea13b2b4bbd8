import type { Tx } from '#platform/db.ts';
import type { ChangeKind } from '#platform/schema.ts';
import type { LiveChange, PolicyDocument } from '#policy/index.ts';
import { aiToolChanges } from '../ai-tools/ai-tools.snapshot.ts';
import { sayMoment, sayScope } from './changes.rules.ts';
import { changesOf, type FilterChange, heldSites, membersOf } from './changes.store.ts';

type Effect = Exclude<LiveChange['effect'], 'withdrawn'>;
const EFFECT: Readonly<Partial<Record<ChangeKind, Effect>>> = {
  open: 'open',
  block: 'block',
  'emergency-block': 'block',
  'only-these': 'only-these',
};

/** What gateways must know now: changes that hold or will, with the people who are in each class today, and AI tools. */
export async function liveChanges(
  tx: Tx,
  now: number,
  policy: PolicyDocument,
  timeZone: string,
): Promise<LiveChange[]> {
  const changes: LiveChange[] = [];
  for (const change of await changesOf(tx, { holdingAt: now })) {
    const live = await liveChange(tx, change, policy, timeZone);
    if (live) changes.push(live);
  }
  return [...changes, ...(await aiToolChanges(tx, now, policy, timeZone))];
}

/** A change with the people it is for today; null where it opens and closes nothing. */
export async function liveChange(
  tx: Tx,
  change: FilterChange,
  policy: PolicyDocument,
  timeZone: string,
): Promise<LiveChange | null> {
  const effect = EFFECT[change.kind];
  const hosts = heldSites(change);
  if (!effect || hosts.length === 0) return null;
  const members = await membersOf(tx, change.scope);
  return {
    reference: change.reference,
    effect,
    hosts,
    from: (change.from ?? change.createdAt).getTime(),
    until: change.until?.getTime() ?? null,
    people: members?.map((m) => m.id) ?? null,
    profiles: change.scope.kind === 'profile' ? [change.scope.value ?? ''] : null,
    text: textOf(change, effect, members?.length ?? 0, policy, timeZone),
    clause: policy.clauses.find((c) => c.rows.includes('FCR-08') || c.rows.includes('FCR-06'))?.id ?? null,
  };
}

/** What the person reads who meets it; names nobody. */
function textOf(
  { reference, scope, until }: FilterChange,
  effect: Effect,
  count: number,
  policy: PolicyDocument,
  timeZone: string,
): string {
  const profileName = (id: string) => policy.profiles.find((p) => p.id === id)?.name ?? id;
  const whom = sayScope({ ...scope, count }, profileName);
  const end = until === null ? '' : ` until ${sayMoment(until.getTime(), timeZone)}`;
  switch (effect) {
    case 'open':
      return `Opened for ${whom}${end} (request ${reference}).`;
    case 'block':
      return `The school has closed this site for ${whom}${end} (request ${reference}).`;
    case 'only-these':
      return `This lesson uses only the sites on its list${end} (request ${reference}).`;
  }
}
