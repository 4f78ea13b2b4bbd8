import { sql } from 'kysely';
import { DAY, HOUR } from '#core/clock.ts';
import { liveHoldings } from '#rooms/identity/index.ts';
import { many, span } from '../../today/line.ts';
import { attention, type Evidence, type Facts, good, none, type ReadEvidence } from './types.ts';

/**
 * Evidence of records that cannot be changed and are read by few. How many alerts there are is told to nobody here, and of
 * cases only what cases.ts counts: one more would tell the person it is about (INC-05). What the database forbids is asked of it.
 */

const guarded =
  (tables: readonly string[], what: string, acts: readonly string[]): ReadEvidence =>
  async ({ tx }): Promise<Evidence> => {
    const { rows } = await sql<{ name: string }>`
      select t as name from unnest(${sql.val(tables)}::text[]) t, unnest(${sql.val(acts)}::text[]) a
      where has_table_privilege(current_user, t, a)`.execute(tx);
    if (rows.length > 0) return attention(`The database would let ${what} be changed`);
    return good(`The database refuses every change or deletion of ${what}, asked just now`);
  };

export const caseEntries = guarded(['case_entry'], 'a case’s entries', ['UPDATE', 'DELETE', 'TRUNCATE']);
export const lookUps = guarded(['look_up'], 'an entry of who looked somebody up', ['UPDATE', 'DELETE', 'TRUNCATE']);

/** Tables about alerts, cases and named people, each behind a rule of its own. */
const KEPT = ['alert', 'alert_notice', 'case_file', 'case_entry', 'look_up', 'activity', 'activity_held'];

export const needToKnow: ReadEvidence = async ({ tx }) => {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from pg_class where relnamespace = 'public'::regnamespace and relname in (${sql.join(KEPT)})
      and not (relrowsecurity and relforcerowsecurity)`.execute(tx);
  const open = rows[0]?.open ?? 0;
  if (open > 0) return attention(`${many(open, 'table is', 'tables are')} not behind row security`);
  return good('Row security is on for every table of alerts, cases and activity, asked just now');
};

export const retention: ReadEvidence = async ({ tx, now, policy }) => {
  const last = await tx
    .selectFrom('ledger_entry')
    .select('at')
    .where('action', '=', 'activity.retention')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const days = policy.document.retention.activityDays;
  if (!last) return none(`Nothing has been old enough yet: records of visits are kept for ${days} days`);
  const text = `Last run ${span(now - last.at.getTime())} ago: no record of visits older than ${days} days is left, but for holds`;
  return now - last.at.getTime() > 2 * DAY ? attention(text, { at: last.at }) : good(text, { at: last.at });
};

export const ledger: ReadEvidence = async ({ tx, now }) => {
  const seal = await tx
    .selectFrom('ledger_seal')
    .select(['number', 'at'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!seal) return none('Nothing has been sealed yet');
  const oldest = await unsealed(tx, seal.at);
  if (oldest && now - oldest.getTime() > HOUR)
    return attention(`Entries have waited for a seal for ${span(now - oldest.getTime())}`, { at: seal.at });
  return good(`${Number(seal.number).toLocaleString('en-GB')} seals, the last ${span(now - seal.at.getTime())} ago`, {
    at: seal.at,
  });
};

async function unsealed(tx: Facts['tx'], since: Date): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(e.at) as at from ledger_entry e where e.at > ${since}`.execute(tx);
  return rows[0]?.at ?? null;
}

/** Does every step of the policy's order have somebody to be told (ALR-10)? */
export const escalation: ReadEvidence = async ({ tx, now, policy }) => {
  const steps = policy.document.monitoring.escalation;
  const held = await liveHoldings(tx, now);
  const empty = steps.filter((s) => !held.some((h) => h.role === s.role && h.rank === s.rank));
  if (empty.length > 0)
    return attention(`Nobody stands at ${many(empty.length, 'step')} of ${steps.length}`, { href: '/roles' });
  return good(`Somebody stands at each of ${many(steps.length, 'step')}`, { href: '/roles' });
};
