import { HOUR } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { OnListTrouble } from './lists.trouble.ts';
import { SLOT_MAX_AGE, SLOTS } from './slots.service.ts';

/**
 * FIL-03: a list that grew older than its age allows is told once to those who run the filter and lead on safeguarding, and
 * again only after it was fresh in between.
 */
export async function watchFreshness(tx: Tx, deps: Deps, school: string, onTrouble: OnListTrouble): Promise<void> {
  const now = deps.clock.now();
  const sources = await tx.selectFrom('list_source').selectAll().where('enabled', '=', true).execute();
  for (const row of sources) {
    const age = now - (row.checked_at ?? row.added_at).getTime();
    const since = verdict(row.stale_since, age > row.max_age_hours * HOUR, now);
    if (since === undefined) continue;
    await tx.updateTable('list_source').set({ stale_since: since }).where('id', '=', row.id).execute();
    const text = since
      ? `The list “${row.name}” has not been brought up to date for ${hours(age)} hours. ${row.last_error ?? ''}`.trim()
      : `The list “${row.name}” is up to date again.`;
    await onTrouble(tx, { kind: since ? 'stale' : 'fresh', school, source: row.id, from: now, text });
  }
  const slots = await tx.selectFrom('list_slot').selectAll().where('loaded_at', 'is not', null).execute();
  for (const row of slots) {
    const age = now - (row.checked_at?.getTime() ?? 0);
    const since = verdict(row.stale_since, age > SLOT_MAX_AGE, now);
    if (since === undefined) continue;
    await tx.updateTable('list_slot').set({ stale_since: since }).where('slot', '=', row.slot).execute();
    const { title } = SLOTS[row.slot];
    const text = since
      ? `The list of illegal content “${title}” is ${hours(age)} hours old. What is on it stays closed; what is new is missing. ${row.last_error ?? ''}`.trim()
      : `The list of illegal content “${title}” is up to date again.`;
    await onTrouble(tx, { kind: since ? 'stale' : 'fresh', school, source: row.slot, from: now, text });
  }
}

/** Undefined when nothing changed; otherwise since when it is stale, or null. */
function verdict(since: Date | null, stale: boolean, now: number): Date | null | undefined {
  if (stale === (since !== null)) return undefined;
  return stale ? new Date(now) : null;
}

const hours = (ms: number): number => Math.floor(ms / HOUR);
