import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { ComplaintState } from './complaint.workflow.ts';

// Row security keeps a complaint from whoever searched and whom it is about (migrations/0021).

export interface Complaint {
  readonly id: string;
  readonly reference: string;
  readonly words: string;
  readonly receipt: string | null;
  readonly madeBy: string | null;
  readonly onBehalf: string | null;
  readonly receivedBy: string;
  readonly at: Date;
  readonly search: string | null;
  readonly state: ComplaintState;
  readonly handler: string | null;
}

const complaints = (tx: Tx) =>
  tx
    .selectFrom('device_search_complaint as c')
    .select([
      'c.id',
      'c.reference',
      'c.words',
      'c.receipt',
      'c.made_by as madeBy',
      'c.on_behalf as onBehalf',
      'c.received_by as receivedBy',
      'c.at',
    ])
    .select(sql<string | null>`gh_complaint_search(c.id)`.as('search'))
    .select(
      sql<ComplaintState>`(select l.to_state from device_search_complaint_step l where l.complaint_id = c.id order by l.number desc limit 1)`.as(
        'state',
      ),
    )
    .select(
      sql<
        string | null
      >`(select l.handler from device_search_complaint_step l where l.complaint_id = c.id and l.handler is not null order by l.number desc limit 1)`.as(
        'handler',
      ),
    );

/** Those that this person may read: of one search, or all; what waits comes first. */
export async function listComplaints(
  tx: Tx,
  asked: { search?: string; text?: string | undefined } = {},
): Promise<Complaint[]> {
  const text = asked.text?.trim();
  const like = `%${text?.replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await complaints(tx)
    .$if(Boolean(text), (q) => q.where((e) => e.or([e('c.reference', 'ilike', like), e('c.words', 'ilike', like)])))
    .$if(asked.search !== undefined, (q) => q.where(sql<boolean>`gh_complaint_search(c.id) = ${asked.search}`))
    .orderBy('c.at', 'desc')
    .limit(200)
    .execute();
  return rows.sort((a, b) => Number(a.state === 'answered') - Number(b.state === 'answered'));
}

export async function findComplaint(
  tx: Tx,
  reference: string,
  options: { lock?: boolean } = {},
): Promise<Complaint | undefined> {
  if (options.lock)
    await sql`select pg_advisory_xact_lock(hashtextextended(${`complaint ${reference}`}, 0))`.execute(tx);
  return complaints(tx).where('c.reference', '=', reference).executeTakeFirst();
}

export interface ComplaintStep {
  readonly number: number;
  readonly action: string;
  readonly by: string;
  readonly at: Date;
  readonly handler: string | null;
  readonly outcome: string | null;
  readonly text: string;
}
export const stepsOf = (tx: Tx, complaint: string): Promise<ComplaintStep[]> =>
  tx
    .selectFrom('device_search_complaint_step')
    .select(['number', 'action', 'by_person as by', 'at', 'handler', 'outcome', 'text'])
    .where('complaint_id', '=', complaint)
    .orderBy('number')
    .execute();

export interface MyComplaint {
  readonly reference: string;
  readonly words: string;
  readonly at: Date;
  readonly state: ComplaintState;
  readonly outcome: string | null;
  readonly answer: string | null;
  readonly answered_at: Date | null;
}
/** What somebody sees of their own complaints: how they stand and the answer, and nothing of the search. */
export const myComplaints = async (tx: Tx): Promise<MyComplaint[]> =>
  (await sql<MyComplaint>`select * from gh_my_search_complaints()`.execute(tx)).rows;

/** Has this person any part in the search that it is about? Asked of the database, which also knows searches that one may not read. */
export async function isClosedTo(tx: Tx, complaint: string, person: string): Promise<boolean> {
  const { rows } = await sql<{
    closed: boolean;
  }>`select gh_complaint_is_closed_to(${complaint}, ${person}) as closed`.execute(tx);
  return rows[0]?.closed ?? true;
}
