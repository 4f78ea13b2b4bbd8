import { DAY, MINUTE } from '#core/clock.ts';
import { profileFor, UNIDENTIFIED } from '#policy/index.ts';
import { programsWaiting, slotStates } from '#rooms/filtering/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { countOf, type Line, many, type ReadLines, span } from './line.ts';

export const siteQuestions: ReadLines = async (tx) => {
  const n = await countOf(
    tx
      .selectFrom('site_question')
      .select((e) => e.fn.countAll<string>().as('n'))
      .where('answered_at', 'is', null)
      .where('kind', '=', 'site'),
  );
  if (n === 0) return [];
  const text = `${many(n, 'question')} about a blocked site to answer`;
  return [{ tone: 'amber', text, href: '/filtering/questions' }];
};

/** SEC-10: programs that colleagues asked for. */
export const programRequests: ReadLines = async (tx, viewer) => {
  const n = await programsWaiting(tx, viewer);
  if (n === 0) return [];
  return [{ tone: 'amber', text: `${many(n, 'request')} for a program to answer`, href: '/filtering/programs' }];
};

/** Older lists let new dangers through. */
const STALE = 2 * DAY;

/** FIL-02, FIL-03: without these lists, or with old ones, what is worst may be open now. */
export const illegalLists: ReadLines = async (tx, _viewer, now) => {
  const slots = await slotStates(tx, now);
  const href = '/filtering#slots';
  const of = (state: (typeof slots)[number]['state']) => slots.filter((s) => s.state === state).map((s) => s.title);
  const lines: Line[] = [];
  const [missing, late] = [of('not-supplied'), of('late')];
  if (missing.length > 0) {
    lines.push({
      tone: 'danger',
      text:
        missing.length === slots.length
          ? 'No list of illegal content is supplied'
          : 'A list of illegal content is not supplied',
      href,
      note: missing.join('; '),
    });
  }
  if (late.length > 0) {
    lines.push({ tone: 'danger', text: 'A list of illegal content is over 12 hours old', href, note: late.join('; ') });
  }
  return lines;
};

/** A version of a list that differs so much that somebody must decide. */
export const heldLists: ReadLines = async (tx) => {
  const held = await tx
    .selectFrom('list_source_version as v')
    .innerJoin('list_source as s', 's.id', 'v.source_id')
    .select(['s.id', 's.name', 'v.reason'])
    .where('v.state', '=', 'held')
    .where('s.enabled', '=', true)
    .execute();
  return held.map(({ id, name, reason }) => ({
    tone: 'amber',
    text: `A new version of the list “${name}” waits for a decision`,
    href: `/filtering/lists/${id}`,
    ...(reason && { note: reason }),
  }));
};

export const listAge: ReadLines = async (tx, _viewer, now) => {
  const href = '/filtering/lists';
  const broken = await tx
    .selectFrom('list_source')
    .select('name')
    .where('enabled', '=', true)
    .where('last_error', 'is not', null)
    .execute();
  const lines = broken.map((s): Line => ({ tone: 'amber', text: `The list “${s.name}” could not be read`, href }));
  const stale = await tx
    .selectFrom('list_source')
    .select(['id', 'name'])
    .where('enabled', '=', true)
    .where('stale_since', 'is not', null)
    .where('last_error', 'is', null)
    .execute();
  for (const { id, name } of stale) {
    lines.push({ tone: 'amber', text: `The list “${name}” is out of date`, href: `${href}/${id}` });
  }
  const last = await tx
    .selectFrom('list_version')
    .select('built_at')
    .orderBy('built_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!last) return [...lines, { tone: 'amber', text: 'No category list is loaded yet', href }];
  const age = now - last.built_at.getTime();
  return [...lines, { tone: age > STALE ? 'amber' : 'quiet', text: `Category lists: ${span(age)} old`, href }];
};

/** A gateway says how it is every few seconds; two minutes of silence are too long. */
const SILENCE = 2 * MINUTE;

export const gateways: ReadLines = async (tx, _viewer, now) => {
  const href = '/filtering';
  const all = await tx.selectFrom('gateway').select(['name', 'seen_at', 'status']).orderBy('name').execute();
  if (all.length === 0) return [{ tone: 'amber', text: 'No gateway is enrolled: nothing is filtered', href }];
  const heard = all.filter((g) => g.seen_at && now - g.seen_at.getTime() < SILENCE);
  const silent = all.filter((g) => !heard.includes(g));
  const troubled = heard.filter((g) => g.status.spoolFailing === true || g.status.snapshot === null);
  return [
    ...silent.map(
      (g): Line => ({
        tone: 'amber',
        text: `Gateway “${g.name}” ${g.seen_at ? `was last heard ${span(now - g.seen_at.getTime())} ago` : 'has not been heard yet'}`,
        href,
        note: 'While it runs it goes on filtering with what it knows.',
      }),
    ),
    ...troubled.map((g): Line => ({ tone: 'amber', text: `Gateway “${g.name}” needs a look`, href })),
    ...(heard.length > 0
      ? [{ tone: 'quiet' as const, text: `Gateways at work: ${heard.length} of ${all.length}`, href }]
      : []),
  ];
};

export const failedMail: ReadLines = async (tx) => {
  const n = await countOf(
    tx
      .selectFrom('mail')
      .select((e) => e.fn.countAll<string>().as('n'))
      .where('sent_at', 'is', null)
      .where('last_error', 'is not', null),
  );
  if (n === 0) return [];
  const text = `${many(n, 'letter')} could not be sent`;
  return [{ tone: 'amber', text, href: '/settings#mail', note: 'They are tried again by themselves.' }];
};

export const policyMissing: ReadLines = async (tx, _viewer, now) => {
  if (await policyInForce(tx, now)) return [];
  return [{ tone: 'amber', text: 'No policy is in force: everything is closed', href: '/policy' }];
};

/** Accounts that no profile of the policy takes get the strictest: most often a pupil without a year. */
export const peopleWithoutProfile: ReadLines = async (tx, _viewer, now) => {
  const policy = await policyInForce(tx, now);
  if (!policy) return [];
  const groups = await tx
    .selectFrom('person')
    .select((e) => ['kind', 'year_group', e.fn.countAll<string>().as('n')])
    .where('left_on', 'is', null)
    .groupBy(['kind', 'year_group'])
    .execute();
  const n = groups
    .filter((g) => profileFor(policy.document, { kind: g.kind, year: g.year_group }) === UNIDENTIFIED)
    .reduce((sum, g) => sum + Number(g.n), 0);
  if (n === 0) return [];
  const text = `${many(n, 'person', 'people')} whom no profile of the policy takes`;
  return [{ tone: 'amber', text, href: '/people', note: 'They get the strictest one until it is put right.' }];
};

export const lastDay: ReadLines = async (tx, _viewer, now) => {
  const rows = await tx
    .selectFrom('activity_hourly')
    .select((e) => ['outcome', e.fn.sum<string>('requests').as('n')])
    .where('hour', '>', new Date(now - DAY))
    .groupBy('outcome')
    .execute();
  const of = (wanted: (outcome: string) => boolean) =>
    rows.filter((r) => wanted(r.outcome)).reduce((sum, r) => sum + Number(r.n), 0);
  const text = `${many(
    of(() => true),
    'request',
  )} in the last 24 hours, ${of((o) => o === 'block').toLocaleString('en-GB')} stopped`;
  return [{ tone: 'calm', text, href: '/activity' }];
};
