import { randomInt } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { SearchDocument } from '#platform/tables/device-search.ts';
import type { SearchAction, SearchState, Typed } from './search.facts.ts';
import type { Entry } from './search.standing.ts';

// Row security decides who sees which search (migrations/0021): nothing here filters by person, and nothing may.

export interface Search {
  readonly id: string;
  readonly school: string;
  readonly reference: string;
  readonly pupil: string;
  readonly device: string;
  readonly startedBy: string;
  readonly startedAt: Date;
  readonly policyNumber: number;
  readonly documents: readonly SearchDocument[];
  readonly state: SearchState;
  readonly entries: readonly Entry[];
  /** Whoever began it, and whom they brought in. */
  readonly searchers: readonly string[];
  /** The pupil, and whom it turned out to be about as well. */
  readonly about: readonly string[];
  readonly cases: readonly { readonly id: string; readonly reference: string }[];
}

const LAST_STATE = sql<SearchState>`(select e.to_state from device_search_entry e where e.search_id = s.id order by e.number desc limit 1)`;
const COLUMNS = [
  's.id',
  's.school_id as school',
  's.reference',
  's.pupil',
  's.device',
  's.started_by as startedBy',
  's.started_at as startedAt',
  's.policy_number as policyNumber',
  's.documents',
] as const;

/** One search with its whole story; undefined also where it is not this person's to see. `lock`: one writer at a time. */
export async function findSearch(
  tx: Tx,
  reference: string,
  options: { lock?: boolean } = {},
): Promise<Search | undefined> {
  if (options.lock)
    await sql`select pg_advisory_xact_lock(hashtextextended(${`device search ${reference}`}, 0))`.execute(tx);
  const row = await tx
    .selectFrom('device_search as s')
    .select([...COLUMNS, LAST_STATE.as('state')])
    .where('s.reference', '=', reference)
    .executeTakeFirst();
  if (!row) return undefined;
  const people = await tx
    .selectFrom('device_search_person')
    .select(['person_id as person', 'part'])
    .where('search_id', '=', row.id)
    .orderBy('at')
    .execute();
  const of = (part: 'searcher' | 'named') => people.filter((p) => p.part === part).map((p) => p.person);
  return {
    ...row,
    entries: await entriesOf(tx, row.id),
    searchers: [row.startedBy, ...of('searcher')],
    about: [row.pupil, ...of('named')],
    cases: await tx
      .selectFrom('device_search_case as l')
      .leftJoin('case_file as c', 'c.id', 'l.case_id')
      .select(['l.case_id as id', sql<string>`coalesce(c.reference, '')`.as('reference')])
      .where('l.search_id', '=', row.id)
      .orderBy('l.at')
      .execute(),
  };
}

const entriesOf = async (tx: Tx, search: string): Promise<Entry[]> => {
  const rows = await tx
    .selectFrom('device_search_entry')
    .select(['number', 'action', 'from_state as from', 'to_state as to', 'by_person as by', 'at', 'detail'])
    .where('search_id', '=', search)
    .orderBy('number')
    .execute();
  return rows as Entry[];
};

export interface SearchLine {
  readonly reference: string;
  readonly device: string;
  readonly pupil: string;
  readonly startedAt: Date;
  readonly startedBy: string;
  readonly state: SearchState;
}
const ENDED: readonly SearchState[] = ['returned', 'police', 'called-off'];

/** What waits for the DSL first, then what is open, the newest first. Looks for reference, device and the pupil's name. */
export async function listSearches(
  tx: Tx,
  asked: { text?: string | undefined; state?: SearchState | 'open' | undefined },
): Promise<SearchLine[]> {
  const text = asked.text?.trim();
  const like = `%${text?.replace(/[\\%_]/g, '\\$&')}%`;
  return tx
    .selectFrom('device_search as s')
    .innerJoin('person as p', 'p.id', 's.pupil')
    .innerJoin('person as b', 'b.id', 's.started_by')
    .select(['s.reference', 's.device', 's.started_at as startedAt', LAST_STATE.as('state')])
    .select(['p.display_name as pupil', 'b.display_name as startedBy'])
    .$if(Boolean(text), (q) =>
      q.where((e) =>
        e.or([e('s.reference', 'ilike', like), e('s.device', 'ilike', like), e('p.display_name', 'ilike', like)]),
      ),
    )
    .$if(asked.state === 'open', (q) => q.where(LAST_STATE, 'not in', [...ENDED]))
    .$if(asked.state !== undefined && asked.state !== 'open', (q) =>
      q.where(LAST_STATE, '=', asked.state as SearchState),
    )
    .orderBy(sql`${LAST_STATE} = 'dsl-decision'`, 'desc')
    .orderBy(sql`${LAST_STATE} in ('returned', 'police', 'called-off')`)
    .orderBy('s.started_at', 'desc')
    .limit(200)
    .execute();
}

/** Whoever begins a search need not be able to read it back, so nothing is. */
export async function insertSearch(
  tx: Tx,
  search: Pick<
    Search,
    'id' | 'school' | 'reference' | 'pupil' | 'device' | 'startedBy' | 'startedAt' | 'policyNumber' | 'documents'
  >,
): Promise<void> {
  await tx
    .insertInto('device_search')
    .values({
      id: search.id,
      school_id: search.school,
      reference: search.reference,
      pupil: search.pupil,
      device: search.device,
      started_by: search.startedBy,
      started_at: search.startedAt,
      policy_number: search.policyNumber,
      documents: JSON.stringify(search.documents),
    })
    .execute();
}

export async function insertEntry(tx: Tx, search: Pick<Search, 'id' | 'school'>, entry: Entry): Promise<void> {
  await tx
    .insertInto('device_search_entry')
    .values({
      search_id: search.id,
      number: entry.number,
      school_id: search.school,
      action: entry.action,
      from_state: entry.from,
      to_state: entry.to,
      by_person: entry.by,
      at: entry.at,
      detail: JSON.stringify(entry.detail),
    })
    .execute();
}

export async function insertPerson(
  tx: Tx,
  search: Pick<Search, 'id' | 'school'>,
  person: { readonly id: string; readonly part: 'searcher' | 'named'; readonly at: Date },
): Promise<void> {
  await tx
    .insertInto('device_search_person')
    .values({ search_id: search.id, person_id: person.id, part: person.part, school_id: search.school, at: person.at })
    .execute();
}

export async function insertCaseLink(
  tx: Tx,
  search: Pick<Search, 'id' | 'school'>,
  caseId: string,
  at: Date,
): Promise<void> {
  await tx
    .insertInto('device_search_case')
    .values({ search_id: search.id, case_id: caseId, school_id: search.school, at })
    .onConflict((c) => c.doNothing())
    .execute();
}

/** The searches that led to a case, for the case's own page. */
export const searchesOfCase = (tx: Tx, caseId: string): Promise<{ reference: string; state: SearchState }[]> =>
  tx
    .selectFrom('device_search_case as l')
    .innerJoin('device_search as s', 's.id', 'l.search_id')
    .select(['s.reference', LAST_STATE.as('state')])
    .where('l.case_id', '=', caseId)
    .orderBy('l.at')
    .execute();

/** SRC-19: is another device of this pupil with the DSL? Known to whoever may begin a search, whoever else may read it. */
export async function isLocked(tx: Tx, pupil: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`select gh_device_is_locked(${pupil}) as locked`.execute(tx);
  return rows[0]?.locked ?? true;
}

/** Searches in which a device should be with the police, for the clock; asked in the system's context. */
export async function heldSearches(tx: Tx): Promise<string[]> {
  const rows = await tx
    .selectFrom('device_search as s')
    .select('s.reference')
    .where(LAST_STATE, 'in', ['searched', 'confiscated', 'examined', 'deleted', 'dsl-decision'])
    .execute();
  return rows.map((r) => r.reference);
}

export interface Draft {
  readonly about: string;
  readonly action: SearchAction | string;
  readonly typed: Typed;
  readonly at: Date;
}

/** What this person had typed into a step and not finished. `about`: a search's reference, or `new`. */
export const draftOf = (tx: Tx, about: string, action: string): Promise<Draft | undefined> =>
  tx
    .selectFrom('device_search_draft')
    .select(['about', 'action', 'typed', 'at'])
    .where('about', '=', about)
    .where('action', '=', action)
    .executeTakeFirst();

export const draftsOf = (tx: Tx): Promise<Draft[]> =>
  tx.selectFrom('device_search_draft').select(['about', 'action', 'typed', 'at']).orderBy('at', 'desc').execute();

export async function keepDraft(
  tx: Tx,
  draft: {
    readonly person: string;
    readonly school: string;
    readonly about: string;
    readonly action: string;
    readonly typed: Typed;
    readonly at: Date;
  },
): Promise<void> {
  const typed = JSON.stringify(draft.typed);
  await tx
    .insertInto('device_search_draft')
    .values({
      person_id: draft.person,
      school_id: draft.school,
      about: draft.about,
      action: draft.action,
      typed,
      at: draft.at,
    })
    .onConflict((c) => c.columns(['person_id', 'about', 'action']).doUpdateSet({ typed, at: draft.at }))
    .execute();
}

export async function dropDraft(tx: Tx, about: string, action: string): Promise<void> {
  await tx.deleteFrom('device_search_draft').where('about', '=', about).where('action', '=', action).execute();
}

const LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
/** `D-7KQ2MX`: random, so that no gap in a row of numbers tells anybody of a search. */
export const newReference = (kind: 'D' | 'K'): string =>
  `${kind}-${Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;
