import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import { holders } from '#rooms/identity/index.ts';
import type { Figures } from './figures.ts';
import { type Answer, type Answered, type Attendee, aYearFrom, type ReviewState } from './review.workflow.ts';
import { RESPONSIBILITIES } from './standards.ts';

export interface Review {
  readonly id: string;
  readonly state: ReviewState;
  readonly edition: string;
  /** First day of the time under review. */
  readonly from: string;
  readonly begunBy: string;
  readonly begunAt: Date;
  readonly attendees: readonly Attendee[];
  readonly gaps: string;
  readonly changes: string;
  readonly signedBy: string | null;
  readonly signedAt: Date | null;
  readonly signedOn: string | null;
  readonly nextOn: string | null;
  /** As they were when it was signed. */
  readonly record: Figures | null;
}
export interface ReviewItem extends Answered {
  readonly item: string;
  readonly due: string | null;
  readonly changedBy: string;
  readonly changedAt: Date;
}

/** All reviews, the newest first. */
export async function reviewsOf(tx: Tx): Promise<Review[]> {
  const rows = await tx.selectFrom('filter_review').selectAll().orderBy('begun_at', 'desc').execute();
  return rows.map((r) => ({
    id: r.id,
    state: r.state,
    edition: r.edition,
    from: r.from_on,
    begunBy: r.begun_by,
    begunAt: r.begun_at,
    attendees: r.attendees as Attendee[],
    gaps: r.gaps,
    changes: r.changes,
    signedBy: r.signed_by,
    signedAt: r.signed_at,
    signedOn: r.signed_on,
    nextOn: r.next_on,
    record: r.record as Figures | null,
  }));
}

export async function itemsOf(tx: Tx, review: string): Promise<ReviewItem[]> {
  const rows = await tx.selectFrom('filter_review_item').selectAll().where('review_id', '=', review).execute();
  return rows.map((r) => ({
    item: r.item,
    answer: r.answer as Answer,
    evidence: r.evidence,
    action: r.action,
    owner: r.action_owner,
    due: r.action_due,
    changedBy: r.changed_by,
    changedAt: r.changed_at,
  }));
}

export const notesOf = (tx: Tx, review: string) =>
  tx
    .selectFrom('filter_review_note')
    .select(['at', 'by_person as by', 'text'])
    .where('review_id', '=', review)
    .orderBy('at')
    .execute();

/** FIL-12: duties that nobody holds now. */
export async function unassignedDuties(tx: Tx): Promise<string[]> {
  const open: string[] = [];
  for (const { duty, roles } of RESPONSIBILITIES) {
    const held = await Promise.all(roles.map((role) => holders(tx, role, 'holder')));
    if (held.flat().length === 0) open.push(duty);
  }
  return open;
}

/**
 * FIL-13: the day by which the next review is to be signed: what the last one says, at most a year after it. Before the first
 * review, a year after the school's first policy came into force; null while there has been none.
 */
export async function dueOn(tx: Tx, timeZone: string): Promise<{ on: string; first: boolean } | null> {
  const last = (await reviewsOf(tx)).find((r) => r.state === 'signed');
  if (last?.nextOn) return { on: last.nextOn, first: false };
  const policy = await tx
    .selectFrom('policy_version')
    .select('in_force_from')
    .orderBy('in_force_from')
    .limit(1)
    .executeTakeFirst();
  return policy ? { on: aYearFrom(dayIn(timeZone, policy.in_force_from)), first: true } : null;
}
