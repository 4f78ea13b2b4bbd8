import { sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { unsettled } from '#policy/index.ts';
import { registerStates } from '#rooms/policies/index.ts';
import { many } from '../../today/line.ts';
import { clashesOf } from '../clashes.ts';
import { attention, type Facts, good, none, outOf, type ReadEvidence } from './types.ts';

/** Evidence of the policy’s own life: versions, contradictions, lists and permissions, calendar, registers. */

export const versions: ReadEvidence = async ({ tx, policy }) => {
  const version = await tx
    .selectFrom('policy_version')
    .select(['author', 'approver'])
    .where('number', '=', policy.number)
    .executeTakeFirst();
  const name = `Version ${policy.number}`;
  if (!version?.approver)
    return attention(`${name} was taken up at set-up; nobody has approved it yet`, { at: policy.from });
  return good(`${name} was approved by somebody other than its author`, { at: policy.from });
};

/** For each clause the contradictions that it is part of; all of them where it is part of none. */
export const clashes: ReadEvidence = ({ policy, now }) => {
  const href = '/policy/check';
  const open = unsettled(clashesOf(policy, now));
  return (clause) => {
    const own = open.filter((l) => l.where.some((w) => w.clause === clause.id));
    const meant = own.length > 0 ? own : open;
    if (meant.length === 0) return good('No contradiction is open', { href });
    const text = `${many(meant.length, 'contradiction is', 'contradictions are')} not settled; the stricter rule holds`;
    return attention(text, { href });
  };
};

export const permissions: ReadEvidence = async ({ tx, now }) => {
  const { rows } = await sql<{ live: number; soon: number }>`
    select count(*)::int as live, count(*) filter (where until_at < ${new Date(now + 7 * DAY)})::int as soon from use_grant
    where ended_at is null and from_at <= ${new Date(now)} and (until_at is null or until_at > ${new Date(now)})`.execute(
    tx,
  );
  const { live = 0, soon = 0 } = rows[0] ?? {};
  if (live === 0) return none('Nobody is on a list or has a permission, so what asks for one is closed');
  return good(
    `${many(live, 'person is', 'people are')} on lists or with permission, ${soon} of them for less than a week`,
  );
};

export const timetable: ReadEvidence = async ({ tx, now, policy }) => {
  const href = '/settings';
  const today = dayIn(policy.compiled.timeZone, now);
  const { rows } = await sql<{ until: string | null; slots: number }>`
    select (select max(ends)::text from term where ends >= ${today}::date) as until, (select count(*)::int from timetable_slot) as slots`.execute(
    tx,
  );
  const { until = null, slots = 0 } = rows[0] ?? {};
  if (!until) return attention('No term dates lie ahead, so what opens in term is closed', { href });
  if (slots === 0) return attention('The timetable is empty, so what opens at its times is closed', { href });
  return good(`Term dates until ${sayDay(until)}, and ${many(slots, 'slot')} in the timetable`, { href });
};

/** For each clause the documents and guidance that it points to, or that stand under it; all of them where it names none. */
export const registers: ReadEvidence = async ({ tx, now }) => {
  const href = '/registers';
  const lines = await registerStates(tx, now);
  return (clause) => {
    const named = lines.filter(
      (l) => l.clause === clause.id || (l.kind === 'document' ? clause.documents : clause.references)?.includes(l.id),
    );
    const meant = named.length > 0 ? named : lines;
    if (meant.length === 0) return none('No document is linked', { href });
    const open = meant.filter((l) => l.state !== 'current');
    if (open.length === 0) return good(`${many(meant.length, 'entry is', 'entries are')} current`, { href });
    return attention(`${outOf(open.length, meant.length, 'entry', 'entries')} missing or due for review`, { href });
  };
};

export const riskAssessment: ReadEvidence = async (facts: Facts) => {
  const { tx, now, policy } = facts;
  const today = dayIn(policy.compiled.timeZone, now);
  const { rows } = await sql<{ until: string | null }>`
    select max(r.next_review)::text as until from risk_assessment r
    where r.approved_on <= ${today}::date and not exists (select 1 from risk_assessment s where s.supersedes = r.id)`.execute(
    tx,
  );
  const until = rows[0]?.until ?? null;
  if (!until) return attention('No risk assessment is recorded');
  return until >= today
    ? good(`A risk assessment is in date until ${sayDay(until)}`)
    : attention(`The risk assessment was due for review on ${sayDay(until)}`);
};

const sayDay = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00Z`));
