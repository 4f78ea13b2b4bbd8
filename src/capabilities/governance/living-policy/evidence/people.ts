import { sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { LEADING_ROLES, profileFor, UNIDENTIFIED } from '#policy/index.ts';
import { liveHoldings, overduePasswords } from '#rooms/identity/index.ts';
import { rolesState } from '#rooms/policies/index.ts';
import { many } from '../../today/line.ts';
import { listed } from '../policy.words.ts';
import { attention, type Facts, good, none, outOf, type ReadEvidence } from './types.ts';

/** Evidence of accounts, sign-in, passwords and roles. Numbers only: who it is stands on the pages of those who look after it. */

export const accounts: ReadEvidence = async (facts) => {
  const href = '/people';
  const { rows } = await sql<{ people: number; accounts: number; leavers: number }>`
    select count(*) filter (where here)::int as people,
      count(*) filter (where here and c.person_id is not null)::int as accounts,
      count(*) filter (where not here and exists (
        select 1 from web_session s where s.person_id = p.id and s.ended_at is null and s.ends_at > ${new Date(facts.now)}))::int as leavers
    from (select id, left_on is null or left_on > ${today(facts)}::date as here from person) p
    left join credential c on c.person_id = p.id`.execute(facts.tx);
  const { people = 0, accounts: held = 0, leavers = 0 } = rows[0] ?? {};
  if (leavers > 0) return attention(`${many(leavers, 'leaver is', 'leavers are')} still signed in`, { href });
  if (people === 0) return none('Nobody has an account yet', { href });
  return good(`${outOf(held, people, 'person', 'people')} can sign in, each with an account of their own`, { href });
};

export const signIn: ReadEvidence = async ({ tx, now }) => {
  const { rows } = await sql<{ ok: number; refused: number; last: Date | null }>`
    select count(*) filter (where outcome = 'ok')::int as ok, count(*) filter (where outcome <> 'ok')::int as refused, max(at) as last
    from sign_in_attempt where at > ${new Date(now - DAY)}`.execute(tx);
  const { ok = 0, refused = 0, last = null } = rows[0] ?? {};
  if (ok + refused === 0) return none('Nobody signed in within the last 24 hours');
  return good(`${many(ok, 'sign-in')} and ${many(refused, 'refusal')} in the last 24 hours`, { at: last });
};

const LONG = 30 * DAY;

export const firstPasswords: ReadEvidence = async (facts) => {
  const href = '/people';
  const waiting = here(facts).where('must_change', '=', true).where('first_used_at', 'is', null);
  const [all, long] = [await count(waiting), await count(waiting.where('changed_at', '<', new Date(facts.now - LONG)))];
  if (long > 0)
    return attention(`${many(long, 'first password has', 'first passwords have')} waited for more than 30 days`, {
      href,
    });
  return all === 0
    ? good('No first password is waiting to be used', { href })
    : good(`${many(all, 'first password waits', 'first passwords wait')} to be used, none for more than 30 days`, {
        href,
      });
};

export const passwordRotation: ReadEvidence = async ({ tx, now }) => {
  const found = await overduePasswords(tx, now);
  if (!found) return none('The policy in force orders no regular change');
  const { since, overdue, people } = found;
  if (!since) return attention('No term dates are known, so no change falls due');
  if (overdue === 0) return good('Everybody has chosen a new password since the change fell due', { at: since });
  return good(`${outOf(overdue, people, 'person', 'people')} will be asked for a new password at the next sign-in`, {
    at: since,
  });
};

export const notice: ReadEvidence = async (facts) => {
  const [people, unread] = [await count(here(facts)), await count(here(facts).where('notice_version', 'is', null))];
  if (people === 0) return none('Nobody has an account yet');
  if (unread === 0) return good(`All ${many(people, 'person has', 'people have')} read the notice`);
  return good(
    `${outOf(unread, people, 'account has', 'accounts have')} not read the notice, and cannot be used before it is read`,
  );
};

export const profiles: ReadEvidence = async (facts) => {
  const groups = await facts.tx
    .selectFrom('person')
    .select((e) => ['kind', 'year_group', e.fn.countAll<string>().as('n')])
    .where((e) => e.or([e('left_on', 'is', null), e('left_on', '>', today(facts))]))
    .groupBy(['kind', 'year_group'])
    .execute();
  const all = groups.reduce((sum, g) => sum + Number(g.n), 0);
  const without = groups
    .filter((g) => profileFor(facts.policy.document, { kind: g.kind, year: g.year_group }) === UNIDENTIFIED)
    .reduce((sum, g) => sum + Number(g.n), 0);
  if (without === 0) return good(`Each of ${many(all, 'person', 'people')} has a profile of the policy`);
  return attention(`${outOf(without, all, 'person', 'people')} fit no profile and get the strictest answers`, {
    href: '/people',
  });
};

/** For each clause the roles that it speaks of; a clause that names none is kept by all of them. */
export const roles: ReadEvidence = async ({ tx, now, policy }) => {
  const href = '/roles';
  const short = (await rolesState(tx, now))?.short ?? [];
  return (clause) => {
    const defined = policy.document.roles.filter((r) => r.clause === clause.id).map((r) => r.id);
    const meant = new Set<string>([...defined, ...(clause.roles ?? [])]);
    const open = meant.size === 0 ? short : short.filter((s) => meant.has(s.role));
    if (open.length > 0) return attention(`Too few people hold ${listed(open.map((s) => s.title))}`, { href });
    return good(meant.size === 0 ? 'Every role of the policy has enough people' : 'Held by enough people', { href });
  };
};

/** FIL-04: no single person both runs the system and leads on safeguarding, and two look after the filter. */
export const twoPeople: ReadEvidence = async ({ tx, now }) => {
  const href = '/roles';
  const held = Map.groupBy(await liveHoldings(tx, now), (h) => h.person);
  const both = [...held.values()].some((all) => {
    const has = (role: string) => all.some((h) => h.role === role);
    return has('administrator') && LEADING_ROLES.some(has);
  });
  if (both) return attention('One person holds both', { href });
  if ((await rolesState(tx, now))?.filterAlone)
    return attention('Fewer than two people look after the filter', { href });
  return good('Nobody holds both, and at least two people look after the filter', { href });
};

const today = ({ policy, now }: Facts): string => dayIn(policy.compiled.timeZone, now);

/** Accounts of people who have not left. */
const here = (facts: Facts) =>
  facts.tx
    .selectFrom('credential')
    .innerJoin('person', 'person.id', 'credential.person_id')
    .where((e) => e.or([e('left_on', 'is', null), e('left_on', '>', today(facts))]));

const count = async (query: ReturnType<typeof here>): Promise<number> => {
  const row = await query.select((e) => e.fn.countAll<string>().as('n')).executeTakeFirstOrThrow();
  return Number(row.n);
};
