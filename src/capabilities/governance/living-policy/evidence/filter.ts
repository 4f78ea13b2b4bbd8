import { sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { decide, safetyFor, UNIDENTIFIED } from '#policy/index.ts';
import { aiToolsStanding, proofStanding } from '#rooms/filtering/index.ts';
import { many, span } from '../../today/line.ts';
import { attention, type Evidence, type Facts, good, none, type ReadEvidence } from './types.ts';

/** Evidence of the filter: its gateways, its lists, what it decides now, and what it recorded. */

const LISTS = '/filtering/lists';

export const lists: ReadEvidence = ({ filtering, now }) => {
  const { version, sources, late } = filtering;
  if (!version) return attention('No category list is loaded yet', { href: LISTS });
  const at = version.built_at;
  const broken = sources.filter((s) => s.enabled && s.last_error !== null);
  if (broken.length > 0) return attention(`${many(broken.length, 'list')} could not be read`, { at, href: LISTS });
  const text = `Filter lists ${span(now - at.getTime())} old`;
  return late ? attention(text, { at, href: LISTS }) : good(text, { at, href: LISTS });
};

export const gateways: ReadEvidence = ({ filtering }) => {
  const href = '/filtering';
  const { gateways: all } = filtering;
  if (all.length === 0) return attention('No gateway is enrolled: nothing is filtered', { href });
  const silent = all.filter((g) => g.silent);
  if (silent.length > 0)
    return attention(`${many(silent.length, 'gateway')} of ${all.length} not heard from`, { href });
  return good(`${all.length === 1 ? 'The gateway is' : `All ${all.length} gateways are`} at work`, {
    at: latest(filtering),
    href,
  });
};

/** With nothing newer to obey a gateway goes on with what it has; with nothing at all it closes everything (FIL-20). */
export const failClosed: ReadEvidence = ({ filtering }) => {
  const href = '/filtering';
  const { gateways: all } = filtering;
  if (all.length === 0) return none('No gateway is enrolled', { href });
  const behind = all.filter((g) => g.behind || g.silent);
  if (behind.length > 0)
    return attention(`${many(behind.length, 'gateway')} of ${all.length} may obey an older version`, { href });
  return good('Every gateway obeys the version in force', { at: latest(filtering), href });
};

const latest = ({ gateways: all }: Facts['filtering']): Date | null =>
  all.reduce<Date | null>((last, g) => (g.seen_at && (!last || g.seen_at > last) ? g.seen_at : last), null);

/** What the policy in force decides now for these kinds of site, and whether a list supplies any such site. */
const kindsOfSite =
  (what: string, categories: (facts: Facts) => readonly string[], audiences: readonly string[]): ReadEvidence =>
  (facts) => {
    const { policy, filtering, now } = facts;
    const kinds = categories(facts);
    const profiles = policy.compiled.profiles.filter((p) => audiences.includes(p.audience) || p.id === UNIDENTIFIED);
    const open = profiles.filter((p) =>
      kinds.some((c) => decide(policy.compiled, p.id, { categories: [c], at: now }).outcome !== 'block'),
    );
    if (open.length > 0) return attention(`Open under ${many(open.length, 'profile')}`);
    const closed = `Closed under all ${profiles.length} profiles that it is meant for`;
    const listed = kinds.some((c) => (filtering.report?.perCategory[c] ?? 0) > 1);
    if (!listed) return attention(`${closed}, but no list of ${what} is loaded`, { href: LISTS });
    return good(`${closed}; a list of ${what} is loaded`, { at: filtering.version?.built_at ?? null, href: LISTS });
  };

const EVERYONE = ['staff', 'pupil', 'guest'];
const ofNature =
  (nature: string) =>
  ({ policy }: Facts) =>
    Object.entries(policy.compiled.categories).flatMap(([id, c]) => (c.nature === nature ? [id] : []));

export const illegalContent = kindsOfSite('illegal content', ofNature('illegal'), EVERYONE);
export const extremism = kindsOfSite('extremist sites', () => ['extremism', 'terrorism'], ['pupil']);
export const dangerousSites = kindsOfSite('dangerous sites', () => ['malware', 'phishing'], EVERYONE);

/** FIL-05: what the gateways found when they asked themselves through their own sockets; the worst of them speaks. */
export const proof: ReadEvidence = async ({ tx, now, policy }) => {
  const href = '/filtering/proof';
  const gateways = await proofStanding(tx, now);
  if (gateways.length === 0) return attention('No gateway is enrolled: nothing can be proved', { href });
  const overdue = gateways.find((g) => g.state === 'overdue');
  if (overdue) {
    return attention(`Gateway “${overdue.name}” has not proved for ${span(now - overdue.provenAt)} that it filters`, {
      href,
    });
  }
  const runs = gateways.flatMap((g) => g.last ?? []);
  const latest = runs.toSorted((a, b) => a.endedAt.getTime() - b.endedAt.getTime()).at(-1);
  if (!latest || runs.length < gateways.length) return attention('A gateway waits for its first proof', { href });
  const sum = (key: 'asked' | 'wrong' | 'unanswered') => runs.reduce((n, r) => n + r[key], 0);
  const silent = sum('unanswered') > 0 ? `, ${sum('unanswered').toLocaleString('en-GB')} not answered` : '';
  const counts = `${many(sum('asked'), 'question')}, ${sum('wrong').toLocaleString('en-GB')} wrong${silent}`;
  const text = `Last proved ${clockTime(policy.compiled.timeZone, latest.endedAt, now)}, ${counts}`;
  const well = runs.every((r) => r.standing === 'proved');
  return (well ? good : attention)(text, { at: latest.endedAt, href });
};

/** "03:10 today", "03:10 yesterday" */
function clockTime(timeZone: string, at: Date, now: number): string {
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
  return `${time} ${dayIn(timeZone, at) === dayIn(timeZone, now) ? 'today' : 'yesterday'}`;
}

export const helpOpen: ReadEvidence = (facts): Evidence => {
  const { policy, now } = facts;
  const { profiles } = policy.compiled;
  const closed = profiles.filter((p) =>
    ofNature('help')(facts).some(
      (c) => decide(policy.compiled, p.id, { categories: [c], at: now }).outcome !== 'allow',
    ),
  );
  return closed.length === 0
    ? good(`Open under all ${profiles.length} profiles, people not signed in included`)
    : attention(`Closed under ${many(closed.length, 'profile')}`);
};

export const blockPage: ReadEvidence = async ({ tx, now }) => {
  const { rows } = await sql<{ n: string }>`
    select coalesce(sum(requests), 0) as n from activity_hourly where outcome = 'block' and hour > ${new Date(now - DAY)}`.execute(
    tx,
  );
  const n = Number(rows[0]?.n ?? 0);
  if (n === 0) return none('Nobody was stopped in the last 24 hours');
  return good(`${many(n, 'visit was', 'visits were')} stopped in the last 24 hours, each with its reason`, {
    href: '/activity',
  });
};

const WAIT = 3 * DAY;

export const siteQuestions: ReadEvidence = async ({ tx, now }) => {
  const href = '/filtering/questions';
  const { rows } = await sql<{ open: number; oldest: Date | null; answered: number }>`
    select count(*) filter (where answered_at is null)::int as open, min(asked_at) filter (where answered_at is null) as oldest,
      count(*) filter (where answered_at > ${new Date(now - 30 * DAY)})::int as answered from site_question`.execute(
    tx,
  );
  const { open = 0, oldest = null, answered = 0 } = rows[0] ?? {};
  if (open === 0 && answered === 0) return none('Nobody has asked within 30 days', { href });
  const text = `${many(answered, 'question')} answered in 30 days, ${open.toLocaleString('en-GB')} open`;
  if (!oldest || now - oldest.getTime() < WAIT) return good(text, { href });
  return attention(`${text}, the oldest for ${span(now - oldest.getTime())}`, { at: oldest, href });
};

/** Where each change stands is its last step; one that is live has not yet met its end. */
export const filterChanges: ReadEvidence = async ({ tx, now }) => {
  const href = '/filtering/changes';
  const { rows } = await sql<{ asked: number; live: number; review: number }>`
    select count(*) filter (where s.to_state = 'asked')::int as asked,
      count(*) filter (where s.to_state = 'approved' and c.from_at <= ${new Date(now)} and (c.until_at is null or c.until_at > ${new Date(now)}))::int as live,
      count(*) filter (where s.to_state = 'to-review')::int as review
    from filter_change c cross join lateral (
      select to_state from filter_change_step where change_id = c.id order by number desc limit 1) s`.execute(tx);
  const { asked = 0, live = 0, review = 0 } = rows[0] ?? {};
  const text = `${many(live, 'change')} in force, ${asked.toLocaleString('en-GB')} to decide`;
  if (review > 0) return attention(`${text}, ${many(review, 'emergency closing')} to review`, { href });
  return live + asked === 0 ? none('No change has been asked for', { href }) : good(text, { href });
};

/** UAR-17: the figures that gateways hold people to, and how often somebody came up against them. */
export const fairUse: ReadEvidence = async ({ tx, now, policy }) => {
  const limits = Object.values(safetyFor(policy.document, policy.compiled)).filter((s) => s.fairUse !== undefined);
  if (limits.length === 0) return attention('The policy does not say how much is fair, so nobody is slowed down');
  // A warning that is about no kind of site is about how much was moved (gateway/fair-use.ts).
  const { rows } = await sql<{ n: string }>`
    select coalesce(sum(requests), 0) as n from activity_hourly
    where outcome = 'warn' and category = '' and hour > ${new Date(now - DAY)}`.execute(tx);
  const n = Number(rows[0]?.n ?? 0);
  const held = `${many(limits.length, 'profile')} held to a fair share`;
  return good(
    `${held}; ${n === 0 ? 'nobody went beyond it' : `${many(n, 'transfer')} slowed down`} in the last 24 hours`,
    {
      href: '/activity',
    },
  );
};

/** AIG-01, AIG-05: what is open after its assessment, and what waits for somebody. */
export const aiTools: ReadEvidence = async ({ tx, now }) => {
  const href = '/filtering/ai-tools';
  const { approved, trial, reviewDue, toAssess, toDecide, closed } = await aiToolsStanding(tx, now);
  const open = `${many(approved, 'tool')} approved${trial > 0 ? `, ${trial} on trial` : ''}`;
  const waiting = [
    ...(toAssess > 0 ? [`${toAssess} to assess`] : []),
    ...(toDecide > 0 ? [`${toDecide} to decide`] : []),
  ].join(', ');
  const text = [open, ...(waiting ? [waiting] : [])].join(', ');
  if (reviewDue > 0) return attention(`${text}, ${many(reviewDue, 'review')} due`, { href });
  return approved + trial + toAssess + toDecide + closed === 0
    ? none('No AI tool stands on the register, and all are closed', { href })
    : good(`${text}; all others closed`, { href });
};

/** The batches in which gateways bring what they recorded: nothing here tells of any person. */
const lastBatch = async ({ tx }: Facts) =>
  tx.selectFrom('activity_batch').select(['received_at']).orderBy('received_at', 'desc').limit(1).executeTakeFirst();

export const activity: ReadEvidence = async (facts) => {
  const href = '/activity';
  const last = await lastBatch(facts);
  if (!last) return none('Nothing has been recorded yet', { href });
  const { rows } = await sql<{ n: string }>`
    select coalesce(sum(requests), 0) as n from activity_hourly where hour > ${new Date(facts.now - DAY)}`.execute(
    facts.tx,
  );
  return good(`${many(Number(rows[0]?.n ?? 0), 'decision')} recorded in the last 24 hours`, {
    at: last.received_at,
    href,
  });
};

/** Detectors look at each batch as it comes in. How many alerts they raised is told only to those whose duty it is. */
export const detectors: ReadEvidence = async (facts) => {
  const last = await lastBatch(facts);
  if (!last) return none('Nothing has come in yet that could be looked at');
  return good('Everything that came in has been looked at', { at: last.received_at });
};
