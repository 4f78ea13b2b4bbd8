import { randomInt } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { conflict } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Database, EvidenceLine, RouteStep } from '#platform/schema.ts';

export type Alert = Selectable<Database['alert']>;
export type Detector = Alert['detector'];
export type { EvidenceLine, RouteStep };

/** Channel on which the live pages hear of alerts; the payload is `<school> <alert>`. */
export const ALERT_CHANNEL = 'gatehouse_alert';

export const notifyAlert = (tx: Tx, school: string, alert: string) =>
  sql`select pg_notify(${ALERT_CHANNEL}, ${`${school} ${alert}`})`.execute(tx);

/** One at a time in a school: two controls that find the same thing at the same moment raise one alert. */
export const lockAlerts = (tx: Tx, school: string) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`gatehouse.alerts ${school}`}, 0))`.execute(tx);

/** Letters and digits that nobody mixes up on the telephone. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Random, because a gap in running numbers would tell that there is an alert one may not see. */
const newReference = () => `A-${Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;

/** How many lines an alert keeps: those that raised it and the latest. */
const KEPT_LINES = 20;
const boundEvidence = (lines: readonly EvidenceLine[]): EvidenceLine[] =>
  lines.length <= KEPT_LINES ? [...lines] : [...lines.slice(0, KEPT_LINES / 2), ...lines.slice(-KEPT_LINES / 2)];

export async function insertAlert(
  tx: Tx,
  row: Pick<Alert, 'school_id' | 'subject' | 'detector' | 'category' | 'urgency' | 'clause' | 'open_key' | 'hits'> & {
    kept_from: string[];
    evidence: readonly EvidenceLine[];
    route: readonly RouteStep[] | null;
    raised_at: Date;
    last_hit_at: Date;
  },
): Promise<Alert> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const made = await tx
      .insertInto('alert')
      .values({
        ...row,
        reference: newReference(),
        evidence: JSON.stringify(boundEvidence(row.evidence)),
        route: row.route && JSON.stringify(row.route),
      })
      .onConflict((c) => c.columns(['school_id', 'reference']).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (made) return made;
  }
  throw conflict('alert.reference', 'No free reference was found for an alert. Try again.');
}

/** The latest alert about the same matter that is not closed. */
export const openAlertOf = (tx: Tx, openKey: string): Promise<Alert | undefined> =>
  tx
    .selectFrom('alert')
    .selectAll()
    .where('open_key', '=', openKey)
    .where('state', '!=', 'closed')
    .orderBy('raised_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst();

/** An alert, or undefined when there is none or the context may not see it. `lock` before a change. */
export const findAlert = (tx: Tx, id: string, options: { lock?: boolean } = {}): Promise<Alert | undefined> =>
  tx
    .selectFrom('alert')
    .selectAll()
    .where('id', '=', id)
    .$if(options.lock === true, (q) => q.forUpdate())
    .executeTakeFirst();

export async function addHits(tx: Tx, alert: Alert, lines: readonly EvidenceLine[], lastHit: Date): Promise<void> {
  await tx
    .updateTable('alert')
    .set({
      hits: alert.hits + lines.length,
      last_hit_at: new Date(Math.max(alert.last_hit_at.getTime(), lastHit.getTime())),
      evidence: JSON.stringify(boundEvidence([...alert.evidence, ...lines])),
    })
    .where('id', '=', alert.id)
    .execute();
}

export type AlertChange = Partial<
  Pick<
    Alert,
    | 'state'
    | 'step'
    | 'due_at'
    | 'acknowledged_by'
    | 'acknowledged_at'
    | 'closed_by'
    | 'closed_at'
    | 'closing_reason'
    | 'case_id'
    | 'told'
  >
>;

export const changeAlert = (tx: Tx, id: string, change: AlertChange) =>
  tx.updateTable('alert').set(change).where('id', '=', id).execute();

export interface AlertSearch {
  readonly state: 'open' | 'closed' | 'all';
  /** Reference or category. */
  readonly text?: string;
  /** Categories whose names hold the text. */
  readonly categories?: readonly string[];
  readonly limit?: number;
}

/** What the context may see, urgent and unacknowledged first. */
export function searchAlerts(tx: Tx, search: AlertSearch): Promise<Alert[]> {
  return tx
    .selectFrom('alert')
    .selectAll()
    .$if(search.state === 'open', (q) => q.where('state', 'in', ['raised', 'acknowledged']))
    .$if(search.state === 'closed', (q) => q.where('state', 'in', ['in-case', 'closed']))
    .$if(Boolean(search.text), (q) =>
      q.where((e) =>
        e.or([
          e('reference', 'ilike', `%${(search.text ?? '').replace(/[\\%_]/g, '\\$&')}%`),
          ...(search.categories?.length ? [e('category', 'in', search.categories)] : []),
        ]),
      ),
    )
    .orderBy(sql`array_position('{raised,acknowledged,in-case,closed}', state)`)
    .orderBy(sql`urgency <> 'urgent'`)
    .orderBy('last_hit_at', 'desc')
    .limit(search.limit ?? 100)
    .execute();
}

/** Alerts of this school whose time to acknowledge is over. */
export const overdueAlerts = (tx: Tx, now: Date): Promise<{ id: string }[]> =>
  tx
    .selectFrom('alert')
    .select('id')
    .where('state', '=', 'raised')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .execute();

export const insertNotice = (
  tx: Tx,
  row: {
    school_id: string;
    alert_id: string;
    recipient: string | null;
    step: number;
    at: Date;
    mail_id: string | null;
    skipped: string | null;
  },
) => tx.insertInto('alert_notice').values(row).execute();

/** Who was told and when, and what the mail server answered (ALR-10). */
export const noticesOf = (tx: Tx, alert: string) =>
  tx
    .selectFrom('alert_notice as n')
    .leftJoin('mail as m', 'm.id', 'n.mail_id')
    .select(['n.recipient', 'n.step', 'n.at', 'n.mail_id', 'n.skipped', 'm.sent_at', 'm.response', 'm.last_error'])
    .where('n.alert_id', '=', alert)
    .orderBy('n.at')
    .orderBy('n.id')
    .execute();
