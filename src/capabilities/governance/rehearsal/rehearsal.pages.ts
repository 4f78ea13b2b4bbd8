import { DAY, HOUR } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { POLICY_EDITORS, taxonomy } from '#rooms/policies/index.ts';
import type { ChartSize } from '#web/chart.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { rehearsalChart } from './rehearsal.chart.ts';
import type { Differences, Turn } from './rehearsal.rules.ts';
import { choices, readRehearsal, seesSites } from './rehearsal.service.ts';
import { oldestActivity, type RehearsalRow } from './rehearsal.store.ts';
import { byWhom, FATE_WORDS, groupName, groupPlace, headline, reasonName, TURNS } from './rehearsal.words.ts';
import type { Result } from './run.service.ts';
import type { Tallied } from './tally.ts';

/** The page of a draft's rehearsal: how far it is, or what it found. */
export async function rehearsalPage(deps: Deps, viewer: Viewer, draftId: string, q = '') {
  const now = deps.clock.now();
  const { draft, inForce, last } = await deps.db.in(contextOf(viewer), (tx) => readRehearsal(tx, viewer, draftId, now));
  // Only the moment of it; not everybody who reads the page may read activity.
  const oldest = await deps.db.in(systemContext(viewer.school.id), oldestActivity);
  return {
    draft: { id: draft.id, title: draft.title, edit: draft.edit },
    mayStart: hasDuty(viewer, ...POLICY_EDITORS),
    choices: choices(oldest, now),
    oldest,
    last: last && { ...last, days: daysOf(last), ...progressOf(last) },
    running: last?.state === 'waiting' || last?.state === 'running',
    staleEdit: last !== undefined && last.edit !== draft.edit,
    staleVersion: last && inForce !== null && last.against !== inForce ? inForce : null,
    found: last?.result ? found(last.result as Result, daysOf(last), seesSites(viewer), q.trim()) : null,
    q,
  };
}

/** How far a rehearsal is, for the page that watches it. */
export async function rehearsalProgress(deps: Deps, viewer: Viewer, draftId: string) {
  const now = deps.clock.now();
  const { last } = await deps.db.in(contextOf(viewer), (tx) => readRehearsal(tx, viewer, draftId, now));
  return last ? { state: last.state, ...progressOf(last) } : null;
}

export async function rehearsalSvg(deps: Deps, viewer: Viewer, draftId: string, size?: ChartSize) {
  const now = deps.clock.now();
  const { last } = await deps.db.in(contextOf(viewer), (tx) => readRehearsal(tx, viewer, draftId, now));
  return last?.result ? rehearsalChart(groupsOf((last.result as Result).differences), size) : null;
}

/** Days begun; a rehearsal starts with a full hour, which makes no day more. */
const daysOf = (row: RehearsalRow): number =>
  Math.max(1, Math.ceil((row.until_at.getTime() - row.from_at.getTime() - HOUR) / DAY));

const progressOf = (row: RehearsalRow) => ({ done: Number(row.done), total: Number(row.total) });

/** A count with its people in words: small numbers of them are not told. */
const said = <T extends Tallied>({ people: _, ...t }: T) => ({ ...t, bySaid: byWhom({ ...t, people: _ }) });
const saidTurns = (c: Readonly<Record<Turn, Tallied>>) => ({ opens: said(c.opens), stops: said(c.stops) });

function found({ differences, questions }: Result, days: number, sites: boolean, q: string) {
  const matching = <T extends { readonly host: string }>(rows: readonly T[]) =>
    rows.filter((r) => r.host.includes(q.toLowerCase()));
  return {
    headline: headline(differences, days),
    changed: differences.opens.requests + differences.stops.requests > 0,
    groups: groupsOf(differences),
    categories: differences.categories.map(({ category, ...c }) => ({
      ...saidTurns(c),
      name: category === null ? 'No category' : (taxonomy().byId.get(category)?.name ?? category),
    })),
    reasons: differences.reasons.map((r) => ({
      ...said(r),
      change: TURNS[r.turn],
      before: reasonName(r.before),
      after: reasonName(r.after),
    })),
    questions: Object.entries(FATE_WORDS).map(([fate, words]) => ({
      ...words,
      count: questions.counts[fate as keyof typeof FATE_WORDS],
    })),
    asked: Object.values(questions.counts).reduce((a, b) => a + b, 0),
    seesSites: sites,
    sites: sites ? matching(differences.sites).map((s) => ({ ...said(s), change: TURNS[s.turn] })) : [],
    askedSites: sites ? matching(questions.sites).map((s) => ({ ...s, ...FATE_WORDS[s.fate] })) : [],
  };
}

const groupsOf = ({ groups }: Differences) =>
  groups
    .toSorted((a, b) => groupPlace(a.group) - groupPlace(b.group))
    .map((g) => ({ ...g, ...saidTurns(g), all: said(g.all), name: groupName(g.group, g.before) }));
