import type { Tx } from '#platform/db.ts';
import type { LiveChange, PolicyDocument } from '#policy/index.ts';
import { aiToolChanges } from '../ai-tools/ai-tools.snapshot.ts';
import { liveChange } from './changes.snapshot.ts';
import { changesOf, HOLDING, type Step } from './changes.store.ts';

/**
 * What people had opened and closed between two moments (epoch ms), each with the time in which gateways obeyed it: from
 * its approval at the earliest, and not after it was withdrawn. Who is in a class is known as it is today.
 */
export async function changesHeld(
  tx: Tx,
  span: { readonly from: number; readonly until: number },
  policy: PolicyDocument,
  timeZone: string,
): Promise<LiveChange[]> {
  const held: LiveChange[] = [];
  for (const change of await changesOf(tx, { heldSince: span.from })) {
    const live = await liveChange(tx, change, policy, timeZone);
    if (live) held.push(...heldPeriods(change.steps).map((period) => within(live, period)));
  }
  const all = [...held, ...(await aiToolChanges(tx, span.from, policy, timeZone))];
  return all.filter(({ from, until }) => from < span.until && (until === null || (until > span.from && until > from)));
}

export interface Period {
  readonly from: number;
  /** Null: until today. */
  readonly until: number | null;
}

/** The times in which a change stood in a state that gateways obey. */
export function heldPeriods(steps: readonly Pick<Step, 'to' | 'at'>[]): Period[] {
  const periods: Period[] = [];
  let since: number | null = null;
  for (const { to, at } of steps) {
    if (HOLDING.includes(to)) since ??= at.getTime();
    else if (since !== null) {
      periods.push({ from: since, until: at.getTime() });
      since = null;
    }
  }
  return since === null ? periods : [...periods, { from: since, until: null }];
}

function within(change: LiveChange, { from, until }: Period): LiveChange {
  const ends = [change.until, until].filter((end) => end !== null);
  return { ...change, from: Math.max(change.from, from), until: ends.length > 0 ? Math.min(...ends) : null };
}
