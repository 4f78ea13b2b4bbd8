import { dayIn } from '#core/days.ts';
import { conflict, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type DocumentModel, headedTable, heading, note, paragraph } from '#platform/documents/index.ts';
import { record } from '#platform/ledger.ts';
import type { School } from '#platform/school.ts';
import type { SummaryFigures } from '#platform/tables/closing.ts';
import { occurrences } from '#policy/calendar.ts';
import { schoolCalendar } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { typesOf } from '../case.types.ts';
import { type Counted, summaryOf, summaryRows } from './figures.ts';

export interface Term {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly over: boolean;
}
export interface Published extends Omit<Term, 'over'> {
  readonly id: string;
  readonly figures: SummaryFigures;
  readonly at: Date;
}

const YEARS_BACK = 2 * 365 * 86_400_000;

/** Terms of the last two years and this one, newest first. */
async function termsOf(tx: Tx, now: number): Promise<Term[]> {
  const calendar = await schoolCalendar(tx);
  const day = (at: number) => dayIn(calendar.timeZone, at);
  return occurrences({ every: 'term' }, calendar, now - YEARS_BACK, now)
    .map((o) => ({ name: o.key, from: day(o.opens), to: day(o.due), over: o.due < now }))
    .reverse();
}

const instant = (day: string, timeZone: string, later = 0): Date =>
  new Date(Temporal.PlainDate.from(day).add({ days: later }).toZonedDateTime(timeZone).epochMilliseconds);

/** Counted as whoever looks sees them: cases that only few may see are in nobody else's figures. */
async function figuresOf(tx: Tx, viewer: Viewer, term: Term, now: number): Promise<SummaryFigures> {
  const { timeZone } = viewer.school;
  const cases: Counted[] = await tx
    .selectFrom('case_file')
    .select(['types', 'opened_at', 'first_action_at', 'closed_at'])
    .where('opened_at', '>=', instant(term.from, timeZone))
    .where('opened_at', '<', instant(term.to, timeZone, 1))
    .execute();
  const document = (await policyInForce(tx, now))?.document;
  return summaryOf(cases, document ? typesOf(document) : []);
}

export function draftPage(deps: Deps, viewer: Viewer, wanted: string | undefined) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const terms = await termsOf(tx, now);
    const term = terms.find((t) => t.name === wanted) ?? terms[0];
    if (!term) throw notFound('a term');
    const figures = await figuresOf(tx, viewer, term, now);
    return { terms, term, figures, rows: summaryRows(figures), published: await publishedIn(tx) };
  });
}

export const draftFigures = async (deps: Deps, viewer: Viewer, wanted: string): Promise<SummaryFigures> =>
  (await draftPage(deps, viewer, wanted)).figures;

/** What was published, the latest of each term, newest first. */
export async function publishedIn(tx: Tx): Promise<Published[]> {
  const rows = await tx
    .selectFrom('case_summary')
    .distinctOn('from_on')
    .select(['id', 'term as name', 'from_on as from', 'to_on as to', 'figures', 'published_at as at'])
    .orderBy('from_on', 'desc')
    .orderBy('published_at', 'desc')
    .execute();
  return rows;
}

export const publishedOf = (deps: Deps, school: Pick<School, 'id'>): Promise<Published[]> =>
  deps.db.in(systemContext(school.id), publishedIn);

/** SAN-03: the act of whoever leads. The figures are counted once more and fixed as they are now. */
export function publishSummary(deps: Deps, viewer: Viewer, wanted: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const term = (await termsOf(tx, now)).find((t) => t.name === wanted);
    if (!term) throw invalid('case.summary.term', 'Choose a term.', { term: 'Choose a term.' });
    if (!term.over) throw conflict('case.summary.early', 'This term is not over, so its figures would still change.');
    const figures = await figuresOf(tx, viewer, term, now);
    const id = newId(now);
    await tx
      .insertInto('case_summary')
      .values({
        id,
        school_id: viewer.school.id,
        term: term.name,
        from_on: term.from,
        to_on: term.to,
        figures: JSON.stringify(figures),
        published_by: viewer.person.id,
        published_at: new Date(now),
      })
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'case.summary.publish',
      object: { kind: 'case_summary', id },
      detail: { term: term.name, figures },
      at: now,
    });
  });
}

/** The same as a file. */
export function summaryDocument(
  school: string,
  term: Pick<Term, 'name' | 'from' | 'to'>,
  figures: SummaryFigures,
): DocumentModel {
  const title = `Online-safety incidents, ${term.name}`;
  const { figures: totals, types } = summaryRows(figures);
  return {
    title,
    author: school,
    language: 'en-GB',
    blocks: [
      heading(1, title),
      paragraph(`Incidents that were reported between ${term.from} and ${term.to}, and how fast they were dealt with.`),
      note(EXPLAINED),
      ...headedTable(heading(2, 'Altogether'), ['What', 'How many'], totals),
      ...(types.length > 0 ? headedTable(heading(2, 'By type'), ['Type', 'Incidents'], types) : []),
    ],
  };
}

export const EXPLAINED =
  'Nobody can be made out from these figures: numbers below five are not shown, nor are numbers from which those could be worked out. Something that was of two types counts under each. What only very few people may know of is not counted.';
