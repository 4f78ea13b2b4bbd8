import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { profilesInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import type { ActivityQuery } from './activity.routes.ts';
import { type ActivityRow, type ActivitySearch, hourly, parseKey, searchActivity } from './activity.search.ts';
import { shown } from './alerts.pages.ts';
import { type Bars, barsOf } from './chart.ts';
import { mayRead, openLookUps } from './look-up.service.ts';
import { localTime, timeRange } from './time.rules.ts';
import { OUTCOMES, somebody } from './words.ts';

const PAGE = 50;

/** Activity without names: a name shows only to whom an open look-up shows it (MON-11). */
export function activityPage(deps: Deps, viewer: Viewer, query: ActivityQuery) {
  const { search, typed } = read(deps, viewer, query);
  return deps.db.in(contextOf(viewer), async (tx) => {
    const found = await searchActivity(tx, { ...search, limit: PAGE + 1 });
    const rows = found.slice(0, PAGE);
    const bars = barsOf(await hourly(tx, search), search, viewer.school.timeZone);
    const params = paramsOf(typed);
    return {
      typed,
      bars,
      chart: `/activity/chart.svg?${params}`,
      narrowed: Boolean(search.host?.trim()) || search.group?.startsWith('year:'),
      rows: await withPeople(tx, deps, viewer, rows),
      next: found.length > PAGE ? `/activity?${paramsOf({ ...typed, after: rows.at(-1)?.key })}` : null,
      first: query.after ? `/activity?${params}` : null,
      ...(await choices(tx, deps.clock.now())),
    };
  });
}

/** The figures behind the chart, for the same question. */
export function activityBars(deps: Deps, viewer: Viewer, query: ActivityQuery): Promise<Bars> {
  const { search } = read(deps, viewer, query);
  return deps.db.in(contextOf(viewer), async (tx) => barsOf(await hourly(tx, search), search, viewer.school.timeZone));
}

/** One person's activity; null while no open look-up of this viewer covers them. */
export function personPage(deps: Deps, viewer: Viewer, id: string, query: ActivityQuery) {
  const { search, typed } = read(deps, viewer, query);
  return deps.db.in(contextOf(viewer), async (tx) => {
    if (!(await mayRead(tx, deps, viewer, id))) return null;
    const found = await searchActivity(tx, { ...search, person: id, limit: PAGE + 1 });
    const rows = found.slice(0, PAGE);
    const address = `/activity/person/${id}`;
    return {
      id,
      name: (await names(tx, [id])).get(id) ?? '',
      typed,
      rows: rows.map(shown),
      next: found.length > PAGE ? `${address}?${paramsOf({ ...typed, after: rows.at(-1)?.key })}` : null,
      first: query.after ? `${address}?${paramsOf(typed)}` : null,
      ...(await choices(tx, deps.clock.now())),
    };
  });
}

/** The question as it was typed, and as it is asked. */
function read(deps: Deps, viewer: Viewer, query: ActivityQuery) {
  const { timeZone } = viewer.school;
  const time = timeRange(query, deps.clock.now(), timeZone);
  const after = parseKey(query.after);
  const search: Omit<ActivitySearch, 'limit'> = {
    ...time,
    ...(query.category && { category: query.category === NONE ? '' : query.category }),
    ...(query.outcome && { outcome: query.outcome }),
    ...(query.group && { group: query.group }),
    ...(query.host && { host: query.host }),
    ...(after && { after }),
  };
  const typed: ActivityQuery = {
    from: localTime(time.from, timeZone),
    until: localTime(time.until, timeZone),
    category: query.category,
    outcome: query.outcome,
    group: query.group,
    host: query.host,
  };
  return { search, typed };
}

/** Stands for addresses that are in no category. */
const NONE = 'none';

const paramsOf = (query: ActivityQuery): string =>
  new URLSearchParams(Object.entries(query).filter((e): e is [string, string] => Boolean(e[1]))).toString();

async function choices(tx: Tx, now: number) {
  const years = await tx
    .selectFrom('person')
    .select('year_group')
    .distinct()
    .where('year_group', 'is not', null)
    .orderBy('year_group')
    .execute();
  return {
    categories: [
      ...taxonomy()
        .categories.map((c) => ({ value: c.id, text: c.name }))
        .sort((a, b) => a.text.localeCompare(b.text)),
      { value: NONE, text: 'No category' },
    ],
    outcomes: Object.entries(OUTCOMES).map(([value, text]) => ({ value, text })),
    groups: [
      ...years.map((y) => ({ value: `year:${y.year_group}`, text: `Year ${y.year_group}` })),
      ...(await profilesInForce(tx, now)).map((p) => ({ value: `profile:${p.id}`, text: `Filtered as: ${p.name}` })),
    ],
  };
}

async function withPeople(tx: Tx, deps: Deps, viewer: Viewer, rows: readonly ActivityRow[]) {
  const open = await openLookUps(tx, deps, viewer);
  const nameOf = await names(tx, [...open]);
  return rows.map((r) => {
    const { personId, ...rest } = shown(r);
    const known = personId !== null && open.has(personId);
    return {
      ...rest,
      // The id itself would lead to the person's page elsewhere, and so to the name.
      ...(known && { personId, name: nameOf.get(personId) }),
      somebody: somebody(personId === null ? null : { kind: r.kind ?? '', yearGroup: r.yearGroup }),
      signedIn: personId !== null,
    };
  });
}
