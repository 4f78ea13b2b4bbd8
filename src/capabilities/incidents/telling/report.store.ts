import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { ReportState } from './report.workflow.ts';

type Row = Selectable<Database['report']>;
/** A report as it stands: whoever takes up its alert has taken it up. */
export type Report = Row;
export type Line = Selectable<Database['report_line']>;

// Row security decides who sees which report, and whose name (migrations/0023): nothing here filters by person.

const withAlert = (tx: Tx) =>
  tx
    .selectFrom('report as r')
    .leftJoin('alert as a', 'a.id', 'r.alert_id')
    .selectAll('r')
    .select([
      sql<ReportState>`case when r.state = 'received' and a.state <> 'raised' then 'acknowledged' else r.state end`.as(
        'state',
      ),
      sql<string | null>`coalesce(r.acknowledged_by, a.acknowledged_by)`.as('acknowledged_by'),
      sql<Date | null>`coalesce(r.acknowledged_at, a.acknowledged_at)`.as('acknowledged_at'),
    ]);

/** Undefined also where it is not this person's to see. `lock` before a change. */
export const findReport = (tx: Tx, reference: string, options: { lock?: boolean } = {}): Promise<Report | undefined> =>
  withAlert(tx)
    .where('r.reference', '=', reference)
    .$if(options.lock === true, (q) => q.forUpdate('r'))
    .executeTakeFirst();

export const findByCode = (tx: Tx, digest: Buffer, options: { lock?: boolean } = {}): Promise<Report | undefined> =>
  withAlert(tx)
    .where('r.code_digest', '=', digest)
    .$if(options.lock === true, (q) => q.forUpdate('r'))
    .executeTakeFirst();

export interface ReportSearch {
  readonly text?: string;
  readonly open?: boolean;
}

/** What waits first. */
export async function listReports(tx: Tx, search: ReportSearch): Promise<Report[]> {
  const text = search.text?.trim();
  const like = `%${(text ?? '').replace(/[\\%_]/g, '\\$&')}%`;
  return withAlert(tx)
    .$if(search.open === true, (q) => q.where('r.state', 'not in', ['fixed', 'closed']))
    .$if(Boolean(text), (q) => q.where((e) => e.or([e('r.reference', 'ilike', like), e('r.words', 'ilike', like)])))
    .orderBy(sql`array_position('{received,acknowledged,answered,fixed,closed}', r.state)`)
    .orderBy('r.told_at', 'desc')
    .limit(100)
    .execute();
}

export const insertReport = (tx: Tx, row: Insertable<Database['report']>) =>
  tx.insertInto('report').values(row).execute();
export const insertTeller = (tx: Tx, row: Insertable<Database['report_teller']>) =>
  tx.insertInto('report_teller').values(row).execute();
export const insertLine = (tx: Tx, row: Insertable<Database['report_line']>) =>
  tx.insertInto('report_line').values(row).execute();
export const insertNotice = (tx: Tx, row: Insertable<Database['report_notice']>) =>
  tx.insertInto('report_notice').values(row).execute();

export const changeReport = (tx: Tx, id: string, change: Updateable<Database['report']>) =>
  tx.updateTable('report').set(change).where('id', '=', id).execute();

export const linesOf = (tx: Tx, report: string): Promise<Line[]> =>
  tx.selectFrom('report_line').selectAll().where('report_id', '=', report).orderBy('at').orderBy('id').execute();

/** Who told; undefined where their name is not for this reader (CYB-04). */
export const tellerOf = (tx: Tx, report: string) =>
  tx.selectFrom('report_teller').selectAll().where('report_id', '=', report).executeTakeFirst();

export interface Notice {
  readonly at: Date;
  readonly recipient: string | null;
  readonly mail_id: string | null;
  readonly skipped: string | null;
  readonly sent_at: Date | null;
  readonly response: string | null;
  readonly last_error: string | null;
  readonly attempts: number | null;
}

/** Who was told and when, and what became of each letter (FIL-15). */
export async function noticesOf(tx: Tx, report: string): Promise<Notice[]> {
  const { rows } = await sql<Notice>`
    select n.at, n.recipient, n.mail_id, n.skipped, d.sent_at, d.response, d.last_error, d.attempts
    from report_notice n left join lateral gh_report_delivery(n.mail_id) d on true
    where n.report_id = ${report} order by n.at, n.id`.execute(tx);
  return rows;
}

/** Reports of this school whose time to take them up is over. */
export const overdueReports = (tx: Tx, now: Date): Promise<{ reference: string }[]> =>
  tx
    .selectFrom('report')
    .select('reference')
    .where('state', '=', 'received')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .execute();

/** "Prompt" is within a day of what happened: the policy asks for a report at once and names no time. */
const PROMPT = '24 hours';

/**
 * SAN-18: did this person themself tell the school, promptly, that they had met such material? `since` is when it happened;
 * a report from the block page of that category counts, and one that says that something came up unlooked for.
 */
export async function promptReportExists(
  tx: Tx,
  about: { readonly person: string; readonly category: string; readonly since: Date },
): Promise<boolean> {
  const { rows } = await sql<{ told: boolean }>`
    select gh_prompt_report(${about.person}, ${about.category}, ${about.since}, ${about.since}::timestamptz + ${PROMPT}::interval) as told`.execute(
    tx,
  );
  return rows[0]?.told === true;
}
