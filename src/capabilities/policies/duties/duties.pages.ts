import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { ASSUMED, comesRound, type Duty, type PolicyDocument } from '#policy/index.ts';
import { type Holder, holders, names, roleTitle, schoolCalendar } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { policyInForce } from '../policies.service.ts';
import { answerable, isMine, isOfMany, mayGive, maySee, seesAll } from './duties.rules.ts';
import { storyOf, type Turn, turns } from './duties.store.ts';
import { FORMS, NOTICE_WORDS, ownerWords, periodWords, STATES } from './duties.words.ts';
import { type Standing, standingOf, standings } from './standing.ts';

export interface Search {
  readonly q?: string | undefined;
  readonly show?: string | undefined;
  readonly owner?: string | undefined;
}

/** Those who work for the school see duties and how they stand; everybody sees what the policy asks of them. */
export const WORKS_HERE = ['staff', 'governor'];

/** The list: mine first, what is late first among them. */
export function listPage(deps: Deps, viewer: Viewer, search: Search) {
  const now = deps.clock.now();
  return deps.db.in(contextOf(viewer), async (tx) => {
    const policy = (await policyInForce(tx, now))?.document ?? null;
    if (!hasDuty(viewer, ...WORKS_HERE)) return { policy, asked: askedOf(viewer, policy) };
    const seen = (await standings(tx, now)).filter((s) => maySee(viewer.duties, s.duty));
    const found = seen.filter((s) => matches(s, viewer, search, policy));
    const rows = found
      .map((s) => ({ ...row(s, policy), mine: isMine(viewer.duties, s.duty) }))
      .sort((a, b) => Number(b.mine) - Number(a.mine) || URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state));
    return {
      policy,
      asked: askedOf(viewer, policy),
      rows,
      total: seen.length,
      late: seen.filter(isLate).length,
      ...filters(search, seen, policy),
      assumed: seen.some((s) => s.current?.assumed) ? ASSUMED : null,
      seesAll: seesAll(viewer.duties),
    };
  });
}

const URGENCY: readonly Standing['state'][] = ['late', 'missed', 'due', 'waiting', 'done-late', 'done'];

export const isLate = (s: Standing): boolean => s.state === 'late' || s.state === 'missed';

export function matches(s: Standing, viewer: Viewer, search: Search, policy: PolicyDocument | null): boolean {
  const { show, owner } = search;
  const text = search.q?.trim().toLowerCase() ?? '';
  const words = `${s.duty.id} ${s.duty.title} ${ownerWords(s.duty.owner, policy?.roles ?? [])}`.toLowerCase();
  return (
    words.includes(text) &&
    (!owner || s.duty.owner === owner || s.duty.deputy === owner) &&
    (show !== 'mine' || isMine(viewer.duties, s.duty)) &&
    (show !== 'late' || isLate(s))
  );
}

/** The search as it was typed, and the owners there are to choose from. */
export function filters(search: Search, seen: readonly Standing[], policy: PolicyDocument | null) {
  const { q = '', show = '', owner = '' } = search;
  const owners = [...new Set(seen.map((s) => s.duty.owner))]
    .map((value) => ({ value, text: ownerWords(value, policy?.roles ?? []) }))
    .sort((a, b) => a.text.localeCompare(b.text));
  const given = Object.entries({ q, show, owner }).filter(([, value]) => value !== '');
  return { q, show, owner, owners, query: new URLSearchParams(given).toString() };
}

function row(s: Standing, policy: PolicyDocument | null) {
  return {
    id: s.duty.id,
    title: s.duty.title,
    owner: ownerWords(s.duty.owner, policy?.roles ?? []),
    period: periodWords(s.duty.period),
    proposed: s.duty.proposed,
    state: s.state,
    tag: STATES[s.state],
    due: s.due,
    doneAt: s.doneAt,
    missed: s.missed,
    inPolicy: s.clause !== null,
  };
}

/** ROL-06, ROL-07: the policy's own words for each role that this person has. */
function askedOf(viewer: Viewer, policy: PolicyDocument | null) {
  if (!policy) return [];
  return policy.roles
    .filter((r) => viewer.duties.includes(r.id) && r.duties.length > 0)
    .map((r) => ({ title: r.title, clause: r.clause, duties: r.duties }));
}

/** One duty with every turn of it, its evidence and who was told. */
export function dutyPage(deps: Deps, viewer: Viewer, id: string) {
  const now = deps.clock.now();
  return deps.db.in(contextOf(viewer), async (tx) => {
    const policy = await policyInForce(tx, now);
    const all = await turns(tx, now, { duty: id, limit: SHOWN });
    const inForce = policy?.document.duties.find((d) => d.id === id);
    const duty = inForce ?? all[0]?.terms;
    if (!duty || !maySee(viewer.duties, duty)) throw notFound('this duty');
    const roles = policy?.document.roles ?? [];
    const standing = standingOf(duty, all, await schoolCalendar(tx), now);
    return {
      duty,
      inPolicy: inForce !== undefined,
      clause: inForce ? { id: duty.clause, number: policy?.compiled.clauses[duty.clause]?.number } : null,
      period: periodWords(duty.period),
      form: FORMS[duty.evidence.form],
      ofMany: isOfMany(duty.owner),
      owner: await whoHolds(tx, duty.owner, policy?.document ?? null),
      deputy: duty.deputy ? await whoHolds(tx, duty.deputy, policy?.document ?? null) : null,
      second: await whoHolds(tx, duty.escalation.role, policy?.document ?? null),
      answerable: answerable(duty).map((r) => roleTitle(r, roles)),
      standing: STATES[standing.state],
      due: standing.due,
      turns: await withStory(tx, all, viewer.school.timeZone),
      open: openChoices(all, viewer),
      assumed: standing.current?.assumed ? ASSUMED : null,
      follows: !comesRound(duty.period) && inForce ? duty.period.after : null,
      can: { give: mayGive(viewer.duties, duty), begin: inForce !== undefined && mayGive(viewer.duties, duty) },
      nowThere: localNow(now, viewer.school.timeZone),
    };
  });
}

const SHOWN = 60;

async function whoHolds(tx: Tx, role: Duty['owner'], policy: PolicyDocument | null) {
  const named = role !== 'system' && !isOfMany(role) && role !== 'governor';
  const people: Holder[] = named ? await holders(tx, role) : [];
  return { title: ownerWords(role, policy?.roles ?? []), people, vacant: named && people.length === 0 };
}

/** Turns that evidence can be given for: what is still to be done first, the latest of them first. */
function openChoices(all: readonly Turn[], viewer: Viewer) {
  const may = all.filter((t) => mayGive(viewer.duties, t.terms));
  const open = may.filter((t) => t.doneAt === null);
  return [...open, ...may.filter((t) => t.doneAt !== null).slice(0, 1)].map((t) => ({
    value: t.id,
    text: `${spanOf(t, viewer.school.timeZone)} (${STATES[t.state].text.toLowerCase()})`,
  }));
}

/** "2 September 2026 to 18 December 2026"; what follows an event is named by it. */
function spanOf(t: Turn, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone });
  if (t.about !== null) return `${t.about}, ${format.format(t.opens)}`;
  const [from, to] = [format.format(t.opens), format.format(t.due ?? t.opens)];
  return from === to ? from : `${from} to ${to}`;
}

async function withStory(tx: Tx, all: readonly Turn[], timeZone: string) {
  const { evidence, notices } = await storyOf(
    tx,
    all.map((t) => t.id),
  );
  const people = [...evidence.map((e) => e.by_person), ...notices.map((n) => n.recipient)];
  const nameOf = await names(tx, [...new Set(people.filter((p) => p !== null))]);
  const who = (id: string | null) => (id === null ? null : (nameOf.get(id) ?? 'somebody who is no longer here'));
  return all.map((t) => ({
    ...t,
    span: spanOf(t, timeZone),
    tag: STATES[t.state],
    evidence: evidence
      .filter((e) => e.occurrence_id === t.id)
      .map((e) => ({
        at: e.at,
        who: who(e.by_person) ?? 'Gatehouse',
        text: e.text,
        nil: e.nil,
        reference: e.reference,
      })),
    notices: notices
      .filter((n) => n.occurrence_id === t.id)
      .map((n) => ({ at: n.at, what: NOTICE_WORDS[n.kind], who: who(n.recipient), skipped: n.skipped })),
  }));
}

/** The value of a `datetime-local` field. */
const localNow = (now: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' });
