import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { names } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { isOutcome, OUTCOMES } from '../case.facts.ts';
import { type IncidentType, typesOf } from '../case.types.ts';
import { CASE_STATES, type CaseState } from '../case.workflow.ts';
import { type CaseFile, ENDED, myReports } from '../cases.store.ts';
import { STATES } from '../cases.words.ts';
import { limitsOf } from '../clocks/index.ts';
import { csvOf } from './csv.ts';
import { type Figures, figuresOf } from './figures.ts';
import {
  addressOf,
  isNarrowed,
  keyOf,
  type ListQuery,
  lastMonths,
  readKey,
  SEVERITIES,
  searchOf,
} from './lists.query.ts';
import { countByMonth, countCases, lateAmong, listCases, openStates, placeOf } from './lists.store.ts';

const PAGE = 50;
const MONTHS = 12;

/** The list of cases. Read in the viewer's own context, so row security answers for it and for every count. */
export function casesPage(deps: Deps, viewer: Viewer, query: ListQuery) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const limits = await limitsOf(tx, now);
    const search = searchOf(query, viewer, limits, now);
    const found = await listCases(tx, { ...search, after: readKey(query.after), limit: PAGE + 1 });
    const cases = found.slice(0, PAGE);
    const last = cases.at(-1);
    const who = await names(tx, [...new Set(cases.flatMap((c) => c.manager ?? []))]);
    const late = await lateAmong(
      tx,
      cases.map((c) => c.id),
      limits,
      now,
    );
    const counts = await countCases(tx, search);
    const count = (states: readonly CaseState[]) => states.reduce((n, s) => n + (counts[s] ?? 0), 0);
    const open = count(openStates(CASE_STATES));
    return {
      cases: cases.map((c) => ({
        ...c,
        ...STATES[c.state],
        late: late.has(c.id),
        with: c.manager ? who.get(c.manager) : null,
      })),
      filters: [
        { value: 'open', text: 'Open', count: open },
        ...CASE_STATES.map((s) => ({ value: s, text: STATES[s].name, count: counts[s] ?? 0 })).filter(
          (f) => f.count > 0,
        ),
      ].map((f) => ({ ...f, current: f.value === (query.state ?? ''), href: addressOf(query, { state: f.value }) })),
      total: open + count(ENDED),
      narrowed: isNarrowed(query),
      query,
      all: addressOf(query, { state: '' }),
      csv: addressOf(query, {}, '/cases/list.csv'),
      first: query.after ? addressOf(query) : null,
      next: found.length > PAGE && last ? addressOf(query, { after: keyOf(last) }) : null,
      types: (await typesNow(tx, now)).map((t) => ({ value: t.id, text: t.name })),
      severities: Object.entries(SEVERITIES).map(([value, text]) => ({ value, text })),
      reports: await myReports(tx),
    };
  });
}

async function typesNow(tx: Tx, now: number): Promise<readonly IncidentType[]> {
  const document = (await policyInForce(tx, now))?.document;
  return document ? typesOf(document) : [];
}

/** CYB-08: how many cases of each kind were opened in each of the last months, of those that this viewer may see. */
export function monthlyFigures(deps: Deps, viewer: Viewer): Promise<Figures> {
  const now = deps.clock.now();
  const { timeZone } = viewer.school;
  const { months, from } = lastMonths(MONTHS, now, timeZone);
  return deps.db.in(contextOf(viewer), async (tx) =>
    figuresOf(await countByMonth(tx, from, timeZone), months, await typesNow(tx, now)),
  );
}

const HEAD = [
  'Reference',
  'Opened',
  'Happened',
  'State',
  'Severity',
  'First action due',
  'Outcome due',
  'Closed',
  'Outcome',
  'Types',
  'Title',
];
const NAMED = ['About', 'Touches', 'With'];
const BATCH = 1000;

/**
 * The list as a spreadsheet, by the same grants and filters, written in the ledger. Names stand in it only for those who keep
 * children safe. Of a case that was stopped nothing leaves but that it is there (EVI-03).
 */
export function exportCases(deps: Deps, viewer: Viewer, query: ListQuery): Promise<string> {
  const named = hasDuty(viewer, ...SAFEGUARDING_ROLES);
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const search = searchOf(query, viewer, await limitsOf(tx, now), now);
    const called = new Map((await typesNow(tx, now)).map((t) => [t.id, t.name]));
    const rows: string[][] = [];
    for (let page: CaseFile[] = [], after = readKey(undefined); ; after = placeOf(page.at(-1) as CaseFile)) {
      page = await listCases(tx, { ...search, after, limit: BATCH });
      const who = named ? await names(tx, [...new Set(page.flatMap(peopleOf))]) : new Map<string, string>();
      rows.push(...page.map((c) => [...cellsOf(c, called), ...(named ? namesIn(c, who) : [])]));
      if (page.length < BATCH) break;
    }
    const { q, after: _after, ...filters } = query;
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'case.export-list',
      object: { kind: 'school', id: viewer.school.id },
      detail: { ...filters, cases: rows.length, named },
      text: q ? { q } : {},
      at: now,
    });
    return csvOf([[...HEAD, ...(named ? NAMED : [])], ...rows]);
  });
}

const iso = (at: Date | null): string => at?.toISOString() ?? '';
const peopleOf = (c: CaseFile): string[] => [...c.subjects, ...c.affected, ...(c.manager ? [c.manager] : [])];

function cellsOf(c: CaseFile, types: ReadonlyMap<string, string>): string[] {
  const bare = [c.reference, iso(c.opened_at), c.happened_on, STATES[c.state].name];
  if (c.imagery) return [...bare, ...HEAD.slice(bare.length).map(() => '')];
  return [
    ...bare,
    SEVERITIES[c.severity],
    iso(c.first_action_due),
    iso(c.outcome_due),
    iso(c.closed_at),
    isOutcome(c.outcome ?? undefined) ? OUTCOMES[c.outcome as keyof typeof OUTCOMES] : '',
    c.types.map((t) => types.get(t) ?? t).join('; '),
    c.title,
  ];
}

function namesIn(c: CaseFile, who: ReadonlyMap<string, string>): string[] {
  if (c.imagery) return NAMED.map(() => '');
  const called = (ids: readonly string[]) => ids.map((id) => who.get(id) ?? '').join('; ');
  return [called(c.subjects), called(c.affected), called(c.manager ? [c.manager] : [])];
}
