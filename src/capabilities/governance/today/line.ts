import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Viewer } from '#web/index.ts';

/**
 * One thing that Today says. `danger`: a child may be in danger now, and nothing else. `amber`: due or late.
 * `calm`: what happened. `quiet`: in order, for whoever looks after it.
 */
export interface Line {
  readonly tone: 'danger' | 'amber' | 'calm' | 'quiet';
  readonly text: string;
  readonly href: string;
  /** Small words under it. */
  readonly note?: string;
}

/** Reads lines in the viewer's own context, so row security applies as on every page. `now` is epoch ms. */
export type ReadLines = (tx: Tx, viewer: Viewer, now: number) => Promise<Line[]>;

export const many = (n: number, one: string, more = `${one}s`): string =>
  `${n.toLocaleString('en-GB')} ${n === 1 ? one : more}`;

export function span(ms: number): string {
  if (ms < HOUR) return many(Math.max(1, Math.round(ms / MINUTE)), 'minute');
  return ms < 2 * DAY ? many(Math.round(ms / HOUR), 'hour') : many(Math.round(ms / DAY), 'day');
}

export const countOf = async (query: { executeTakeFirstOrThrow(): Promise<{ n: string }> }): Promise<number> =>
  Number((await query.executeTakeFirstOrThrow()).n);
