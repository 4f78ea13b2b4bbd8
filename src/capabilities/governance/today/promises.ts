import type { Tx } from '#platform/db.ts';
import { decide } from '#policy/index.ts';
import { LEADING_ROLES } from '#policy/types.ts';
import { holders } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';

/** What pupils, parents and governors are told of the filter, made from the policy in force. */
export interface Promises {
  readonly title: string;
  readonly notice: string;
  readonly keptDays: number;
  /** Names of the categories that are stopped for every pupil now, in the alphabet. */
  readonly stopped: readonly string[];
}

export async function promises(tx: Tx, now: number): Promise<Promises | null> {
  const policy = await policyInForce(tx, now);
  if (!policy) return null;
  const { document, compiled } = policy;
  const pupils = compiled.profiles.filter((p) => p.audience === 'pupil');
  const stopped = Object.entries(compiled.categories).filter(([category]) =>
    pupils.every((p) => decide(compiled, p.id, { categories: [category], at: now }).outcome === 'block'),
  );
  return {
    title: document.title,
    notice: document.notice.text,
    keptDays: document.retention.activityDays,
    stopped: stopped.map(([, c]) => c.name).sort((a, b) => a.localeCompare(b)),
  };
}

/** Whom a child can go to: those who lead on safeguarding, then their deputies. */
export async function peopleToTalkTo(tx: Tx): Promise<string[]> {
  const people: string[] = [];
  for (const rank of ['holder', 'deputy'] as const) {
    for (const role of LEADING_ROLES) people.push(...(await holders(tx, role, rank)).map((h) => h.displayName));
  }
  return [...new Set(people)];
}
