import { type RawBuilder, sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Duty } from '#policy/index.ts';
import { type DutyState, type NoticeKind, stateOf } from './duties.rules.ts';

/** One turn of a duty that has begun; times in epoch ms. */
export interface Turn {
  readonly id: string;
  readonly duty: string;
  readonly key: string;
  readonly opens: number;
  readonly due: number | null;
  readonly assumed: boolean;
  readonly policy: number;
  /** The duty's words as they stood when the turn began. */
  readonly terms: Duty;
  readonly about: string | null;
  readonly nextOpens: number | null;
  readonly doneAt: number | null;
  readonly state: DutyState;
}

interface TurnRow {
  id: string;
  duty: string;
  key: string;
  opens_at: Date;
  due_at: Date | null;
  assumed: boolean;
  policy_number: number;
  terms: Duty;
  about: string | null;
  next_opens: Date | null;
  done_at: Date | null;
}

/** Turns, the latest first. What was due before `since` and is none of the last of its duty is left out. */
export async function turns(
  tx: Tx,
  now: number,
  where: { readonly duty?: string; readonly since?: number; readonly limit?: number } = {},
): Promise<Turn[]> {
  const narrow: RawBuilder<unknown> = where.duty === undefined ? sql`true` : sql`o.duty = ${where.duty}`;
  const since = new Date(where.since ?? 0);
  const { rows } = await sql<TurnRow>`
    select t.*, (select min(e.at) from duty_evidence e where e.occurrence_id = t.id) as done_at
    from (select o.*, case when o.key not like 'event %'
              then lead(o.opens_at) over (partition by o.duty, o.key like 'event %' order by o.opens_at) end as next_opens,
            row_number() over (partition by o.duty order by o.opens_at desc) as back
          from duty_occurrence o where ${narrow}) t
    where t.due_at is null or t.due_at > ${since} or t.back <= 2
    order by t.opens_at desc, t.key desc
    limit ${where.limit ?? 20_000}`.execute(tx);
  return rows.map((r) => {
    const times = {
      opens: r.opens_at.getTime(),
      due: r.due_at?.getTime() ?? null,
      nextOpens: r.next_opens?.getTime() ?? null,
      doneAt: r.done_at?.getTime() ?? null,
    };
    const { id, duty, key, assumed, terms, about } = r;
    return { id, duty, key, assumed, terms, about, policy: r.policy_number, ...times, state: stateOf(times, now) };
  });
}

export interface NewTurn {
  readonly duty: Duty;
  readonly key: string;
  readonly opens: number;
  readonly due: number | null;
  readonly assumed: boolean;
  readonly policy: number;
  readonly about: string | null;
  readonly by: string | null;
}

/** Write down turns that have begun; one that stands there already is left as it is. Returns those that were new. */
export async function insertTurns(
  tx: Tx,
  school: string,
  begun: readonly NewTurn[],
): Promise<{ id: string; duty: string; key: string }[]> {
  if (begun.length === 0) return [];
  return tx
    .insertInto('duty_occurrence')
    .values(
      begun.map((t) => ({
        school_id: school,
        duty: t.duty.id,
        key: t.key,
        opens_at: new Date(t.opens),
        due_at: t.due === null ? null : new Date(t.due),
        assumed: t.assumed,
        policy_number: t.policy,
        terms: JSON.stringify(t.duty),
        about: t.about,
        opened_by: t.by,
      })),
    )
    .onConflict((c) => c.columns(['school_id', 'duty', 'key']).doNothing())
    .returning(['id', 'duty', 'key'])
    .execute();
}

/** The last turn that began of each of these duties, leaving out what follows events. */
export async function lastTurns(
  tx: Tx,
  duties: readonly string[],
): Promise<Map<string, { readonly policy: number; readonly due: number }>> {
  const { rows } = await sql<{ duty: string; policy: number; due: Date }>`
    select d.duty, o.policy_number as policy, o.due_at as due from unnest(${[...duties]}::text[]) d (duty)
    cross join lateral (select policy_number, due_at from duty_occurrence t
      where t.duty = d.duty and t.key not like 'event %' order by t.opens_at desc limit 1) o`.execute(tx);
  return new Map(rows.map((r) => [r.duty, { policy: r.policy, due: r.due.getTime() }]));
}

export interface Untold {
  readonly id: string;
  readonly opens: number;
  readonly due: number | null;
  readonly terms: Duty;
  readonly told: readonly NoticeKind[];
}

/** The longest time after which a second role is told, and a month in which nothing may have run. */
const TOLD_WITHIN = 120 * DAY;

/** Turns without evidence of which not everything has been told yet. */
export async function untold(tx: Tx, now: number): Promise<Untold[]> {
  const since = new Date(now - TOLD_WITHIN);
  const { rows } = await sql<{ id: string; opens_at: Date; due_at: Date | null; terms: Duty; told: NoticeKind[] }>`
    select o.id, o.opens_at, o.due_at, o.terms,
      array(select distinct n.kind from duty_notice n where n.occurrence_id = o.id) as told
    from duty_occurrence o
    where (o.due_at > ${since} or o.due_at is null and o.opens_at > ${since})
      and not exists (select from duty_evidence e where e.occurrence_id = o.id)
      and not exists (select from duty_notice n where n.occurrence_id = o.id and n.kind = 'late')
    order by coalesce(o.due_at, o.opens_at), o.duty`.execute(tx);
  return rows.map((r) => ({
    id: r.id,
    opens: r.opens_at.getTime(),
    due: r.due_at?.getTime() ?? null,
    terms: r.terms,
    told: r.told,
  }));
}

/** The story of some turns: what was given as evidence, and who was told. */
export async function storyOf(tx: Tx, occurrences: readonly string[]) {
  if (occurrences.length === 0) return { evidence: [], notices: [] };
  const evidence = await tx
    .selectFrom('duty_evidence')
    .selectAll()
    .where('occurrence_id', 'in', occurrences)
    .orderBy('at')
    .execute();
  const notices = await tx
    .selectFrom('duty_notice')
    .selectAll()
    .where('occurrence_id', 'in', occurrences)
    .orderBy('at')
    .execute();
  return { evidence, notices };
}
