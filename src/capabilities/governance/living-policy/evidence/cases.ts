import { type RawBuilder, sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { liveHoldings } from '#rooms/identity/index.ts';
import { lateCases, SENIOR_ROLES } from '#rooms/incidents/index.ts';
import { many } from '../../today/line.ts';
import { attention, type Evidence, type Facts, good, none, type ReadEvidence } from './types.ts';

/**
 * Evidence of what follows when something went wrong. Only what is kept from no adult is counted: those who read this may
 * be whom a case is about, and one more than yesterday would tell them (INC-05). Pupils never read it.
 */

const APART = 'what is kept from an adult is not counted';
const HREF = '/cases';
const FROM_ADULTS = (people: RawBuilder<unknown>) =>
  sql`exists (select from person p where p.id = any (${people}) and p.kind <> 'pupil')`;
const COUNTED = sql`not c.restricted and cardinality(c.subjects) > 0 and not ${FROM_ADULTS(sql`c.subjects || c.conflicted`)}`;

async function open({ tx }: Facts): Promise<{ open: number; halted: number }> {
  const { rows } = await sql<{ open: number; halted: number }>`
    select count(*)::int as open, count(*) filter (where c.state = 'halted')::int as halted
    from case_file c where c.state not in ('closed', 'referred-out') and ${COUNTED}`.execute(tx);
  return rows[0] ?? { open: 0, halted: 0 };
}

/** How many of these cases are counted. */
async function counted({ tx }: Facts, cases: readonly { readonly id: string }[]): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from case_file c where c.id = any (${cases.map((c) => c.id)}::uuid[]) and ${COUNTED}`.execute(
    tx,
  );
  return rows[0]?.n ?? 0;
}
const late = async (facts: Facts, untold = false): Promise<number> =>
  counted(facts, await lateCases(facts.tx, facts.now, { untold }));

export const procedure: ReadEvidence = async (facts) => {
  const [all, behind] = [(await open(facts)).open, await late(facts)];
  const text = `${many(all, 'case')} open, ${behind} late; ${APART}`;
  return (behind > 0 ? attention : good)(text, { href: HREF });
};

/** INC-27, SAN-01: what is over the policy’s times now, and whether those who must know of it were told. */
export const clocks: ReadEvidence = async (facts) => {
  const [behind, untold] = [await late(facts), await late(facts, true)];
  if (behind === 0) return good(`No case is late; ${APART}`, { href: HREF });
  const told = untold === 0 ? 'whoever must know was told' : `nobody was told yet of ${untold}`;
  return attention(`${many(behind, 'case is', 'cases are')} late, ${told}; ${APART}`, { href: HREF });
};

/** MON-10: looks at a class, each of which stands on record with who looked, when and why. */
export const classView: ReadEvidence = async ({ tx, now }) => {
  const href = '/class/looks';
  const { rows } = await sql<{ n: number; last: Date | null }>`
    select count(*)::int as n, max(opened_at) as last from class_view where opened_at > ${new Date(now - 30 * DAY)}`.execute(
    tx,
  );
  const { n = 0, last = null } = rows[0] ?? {};
  if (n === 0) return none('Nobody has looked at a class within 30 days', { href });
  return good(`${many(n, 'look')} at a class in 30 days, each on record`, { at: last, href });
};

/** INC-04: are there as many seniors as an examination needs? */
export const team: ReadEvidence = async ({ tx, now, policy }) => {
  const needed = policy.document.incidents.seniors;
  const held = (await liveHoldings(tx, now)).filter((h) => SENIOR_ROLES.has(h.role));
  const seniors = new Set(held.map((h) => h.person)).size;
  const text = `${many(seniors, 'person', 'people')} can act as seniors, ${needed} needed before anything is examined`;
  return (seniors < needed ? attention : good)(text, { href: '/roles' });
};

/** EVI-03, EVI-04: what in the database itself closes a case that was stopped (migrations/0028). */
const LOCKS = [
  ['case_file', 'imagery'],
  ['case_file', 'sealed'],
  ['evidence_item', 'sound'],
  ['evidence_event', 'sound'],
  ['evidence_seal', 'sound'],
] as const;

export const imageryLock: ReadEvidence = async (facts) => {
  const { rows } = await sql<{ locks: number }>`
    select count(*)::int as locks from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'public'::regnamespace and t.tgenabled in ('O', 'A')
      and (c.relname::text, t.tgname::text) in (${sql.join(LOCKS.map(([table, name]) => sql`(${table}, ${name})`))})`.execute(
    facts.tx,
  );
  if ((rows[0]?.locks ?? 0) < LOCKS.length) return attention('The database would not close a case that is stopped');
  const { halted } = await open(facts);
  const now = halted === 0 ? 'No case is stopped now' : `${many(halted, 'case is', 'cases are')} stopped now`;
  return good(`${now}, and the database lets no file in or out of one; ${APART}`);
};

export const vault: ReadEvidence = async ({ tx, outsideKey }) => {
  const { rows } = await sql<{ held: number; sealed: number }>`
    select count(*)::int as held, count(*) filter (where ${did(['seal'])})::int as sealed
    from evidence_item i join case_file c on c.id = i.case_id
    where ${COUNTED} and not ${did(['dispose', 'destroy'])}`.execute(tx);
  const { held = 0, sealed = 0 } = rows[0] ?? {};
  const text = `${many(held, 'item is', 'items are')} held, ${sealed} sealed`;
  return outsideKey
    ? good(`${text}; the key of the body outside is set; ${APART}`)
    : attention(`${text}; the key of a body outside is not set, so the vault takes no files; ${APART}`);
};
const did = (actions: readonly string[]) =>
  sql`exists (select from evidence_event e where e.item_id = i.id and e.action = any (${[...actions]}::text[]))`;

/** INC-06: only where the policy asks for a computer set apart does none mean that nothing can be examined. */
export const designatedComputer: ReadEvidence = async ({ tx, policy }) => {
  const href = '/cases/computers';
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from designated_computer where retired_at is null`.execute(tx);
  const n = rows[0]?.n ?? 0;
  if (n > 0)
    return good(`${many(n, 'computer is', 'computers are')} set apart, each known by a key of its own`, { href });
  return policy.document.incidents.designatedComputer
    ? attention('No computer is set apart, so nothing can be examined', { href })
    : none('The policy asks for no computer set apart', { href });
};

/** SRC-01..23, in a school whose policy has that part (D23). */
export const deviceSearch: ReadEvidence = async ({ tx, now, policy: { document } }) => {
  const href = '/device-searches';
  if (!document.modules.deviceSearch || !document.deviceSearch) return none('The policy has no searching of devices');
  const at = new Date(now);
  const { rows } = await sql<{ open: number; may: number }>`
    select (select count(*)::int from device_search s where
        (select e.to_state from device_search_entry e where e.search_id = s.id order by e.number desc limit 1)
          not in ('returned', 'police', 'called-off')
        and not exists (select from device_search_person n join person p on p.id = n.person_id
          where n.search_id = s.id and n.part = 'named' and p.kind <> 'pupil')) as open,
      (select count(distinct a.person_id)::int from search_authorisation a join person p on p.id = a.person_id
        where a.from_at <= ${at} and (a.until_at is null or a.until_at > ${at})
        and (p.left_on is null or p.left_on > ${at}::date)
        and not exists (select from search_authorisation_end x where x.authorisation_id = a.id)) as may`.execute(tx);
  const { open = 0, may = 0 } = rows[0] ?? {};
  if (may === 0) return attention('Nobody is on the list of those who may search', { href });
  const searches = open === 1 ? '1 search is' : `${open.toLocaleString('en-GB')} searches are`;
  return good(`${many(may, 'person', 'people')} may search, ${searches} open; ${APART}`, { href });
};

/** ALR-02 to ALR-06, FIL-15: what people told the school, and whether somebody took it up in the policy’s time. */
export const telling: ReadEvidence = async ({ tx, now }): Promise<Evidence> => {
  const href = '/told';
  const { rows } = await sql<{ told: number; waiting: number; late: number }>`
    select count(*) filter (where r.told_at > ${new Date(now - 30 * DAY)})::int as told,
      count(*) filter (where ${WAITS})::int as waiting,
      count(*) filter (where ${WAITS} and r.due_at <= ${new Date(now)})::int as late
    from report r left join alert a on a.id = r.alert_id left join case_file c on c.id = coalesce(r.case_id, a.case_id)
    where not ${FROM_ADULTS(sql`r.kept_from || coalesce(a.kept_from, '{}') || coalesce(c.subjects || c.conflicted, '{}')`)}
      and not coalesce(c.restricted, false)`.execute(tx);
  const { told = 0, waiting = 0, late = 0 } = rows[0] ?? {};
  if (told + waiting === 0)
    return none('Nobody has told the school anything in 30 days that is counted here', { href });
  const text = `${many(told, 'report')} in 30 days, ${waiting} to be taken up now; ${APART}`;
  return (late > 0 ? attention : good)(text, { href });
};
/** SAN-02, SAN-05..34: what was decided from the policy's menu, and the work that follows from it. */
export const sanctionsMenu: ReadEvidence = async ({ tx, now }): Promise<Evidence> => {
  const { rows } = await sql<{ decided: number; open: number; late: number }>`
    select (select count(*)::int from sanction s join case_file c on c.id = s.case_id
        where ${COUNTED} and s.decided_at > ${new Date(now - 30 * DAY)}) as decided,
      count(*) filter (where t.state in ('given', 'accepted', 'returned'))::int as open,
      count(*) filter (where t.state in ('given', 'accepted', 'returned') and t.due <= ${new Date(now)})::int as late
    from case_task t join case_file c on c.id = t.case_id where ${COUNTED}`.execute(tx);
  const { decided = 0, open = 0, late = 0 } = rows[0] ?? {};
  if (decided + open === 0)
    return none('Nothing was decided from the menu in 30 days that is counted here', { href: HREF });
  const text = `${many(decided, 'decision')} in 30 days, ${many(open, 'task')} open, ${late} late; ${APART}`;
  return (late > 0 ? attention : good)(text, { href: HREF });
};

const WAITS = sql`r.state = 'received' and coalesce(a.state, 'raised') = 'raised'`;
