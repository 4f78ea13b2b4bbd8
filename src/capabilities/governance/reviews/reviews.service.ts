import { dayIn, isDay } from '#core/days.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { personById } from '#rooms/identity/index.ts';
import { evidence } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { readFigures } from './figures.ts';
import {
  type Answer,
  ATTENDEE_PARTS,
  type Attendee,
  partsOf,
  type ReviewAction,
  type ReviewFacts,
  reviewWorkflow,
} from './review.workflow.ts';
import { itemsOf, type Review, reviewsOf, unassignedDuties } from './reviews.store.ts';
import { EDITION, isItem } from './standards.ts';

/** The duty of the policy's calendar that a signed review is evidence of. */
const DUTY = 'CAL-07';
const LONGEST = { text: 8000, evidence: 4000, action: 2000, name: 120 } as const;
const MOST_ATTENDEES = 20;

export const STAYS = 'This review is signed, and stays as it was signed.';

type Typed = { readonly nextOn?: string; readonly note?: string };

/** What the guards ask about a review as it stands; `null` before there is one. */
export async function factsOf(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  review: Review | null,
  typed: Typed = {},
): Promise<ReviewFacts> {
  const items = review ? await itemsOf(tx, review.id) : [];
  return {
    person: viewer.person.id,
    begunBy: review?.begunBy ?? viewer.person.id,
    another: (await reviewsOf(tx)).some((r) => r.state === 'draft' && r.id !== review?.id),
    answers: Object.fromEntries(items.map((i) => [i.item, i])),
    attendees: review?.attendees ?? [],
    gaps: review?.gaps ?? '',
    changes: review?.changes ?? '',
    unassigned: await unassignedDuties(tx),
    today: dayIn(viewer.school.timeZone, deps.clock.now()),
    nextOn: typed.nextOn ?? '',
    note: typed.note ?? '',
  };
}

/** Refuses with the table's own words; a guard's sentence stands at the field it is about. */
async function judge(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  review: Review | null,
  action: ReviewAction,
  typed: Typed = {},
) {
  const facts = await factsOf(tx, deps, viewer, review, typed);
  const verdict = reviewWorkflow.judge(review?.state ?? 'new', action, partsOf(viewer.duties), facts);
  if (verdict.ok) return facts;
  if (verdict.code === 'not-yours') throw forbidden('review.not-yours', 'It is not yours to do this with a review.');
  if (verdict.code === 'not-listed') throw conflict('review.state', STAYS);
  const field = verdict.guard === 'within' ? 'nextOn' : verdict.guard === 'said' ? 'note' : 'sign';
  throw invalid(`review.${verdict.guard}`, verdict.reason, { [field]: verdict.reason });
}

async function reviewById(tx: Tx, id: string): Promise<Review> {
  const review = (await reviewsOf(tx)).find((r) => r.id === id);
  if (!review) throw notFound('this review');
  return review;
}

const note = (
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  id: string,
  action: string,
  detail: Record<string, unknown> = {},
  text?: Record<string, string>,
) =>
  record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: `filter-review.${action}`,
    object: { kind: 'filter_review', id },
    detail,
    ...(text && { text }),
    at: deps.clock.now(),
  });

/** Begin the review of the time since the last one was signed; of the last twelve months where there is none. */
export function beginReview(deps: Deps, viewer: Viewer): Promise<string> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { today } = await judge(tx, deps, viewer, null, 'begin');
    const last = (await reviewsOf(tx)).find((r) => r.state === 'signed');
    const from = last?.signedOn ?? Temporal.PlainDate.from(today).subtract({ months: 12 }).toString();
    const id = newId(deps.clock.now());
    await tx
      .insertInto('filter_review')
      .values({
        id,
        school_id: viewer.school.id,
        edition: EDITION.edition,
        from_on: from,
        begun_by: viewer.person.id,
        begun_at: new Date(deps.clock.now()),
      })
      .execute();
    await note(tx, deps, viewer, id, 'begin', { from, edition: EDITION.edition });
    return id;
  });
}

export interface ItemInput {
  readonly answer: string;
  readonly evidence: string;
  readonly action: string;
  readonly owner: string;
  readonly due: string;
}

const ANSWERS: readonly Answer[] = ['met', 'part', 'not'];

/** Answer one item of the checklist (FIL-11). */
export function answerItem(deps: Deps, viewer: Viewer, id: string, item: string, input: ItemInput): Promise<void> {
  if (!isItem(item)) throw notFound('this item of the checklist');
  const answer = ANSWERS.find((a) => a === input.answer);
  const evidence = input.evidence.trim();
  const action = input.action.trim();
  const fields = {
    ...(!answer && { answer: 'Choose met, partly or not met.' }),
    ...(evidence.length > LONGEST.evidence && { evidence: `Use at most ${LONGEST.evidence} letters.` }),
    ...(action.length > LONGEST.action && { action: `Use at most ${LONGEST.action} letters.` }),
    ...(input.due !== '' && !isDay(input.due) && { due: 'Enter a day, such as 2026-11-03.' }),
  };
  return deps.db.in(contextOf(viewer), async (tx) => {
    const review = await reviewById(tx, id);
    await judge(tx, deps, viewer, review, 'save');
    const owner = input.owner === '' ? null : await personById(tx, input.owner);
    const stranger = owner === undefined || (owner && (owner.leftOn !== null || owner.kind === 'pupil'));
    const faults = { ...fields, ...(stranger && { owner: 'Choose somebody who works here.' }) };
    if (!answer || Object.keys(faults).length > 0) {
      throw invalid('review.item', 'This answer was not kept yet.', faults as Record<string, string>);
    }
    const row = {
      answer,
      evidence,
      action,
      action_owner: owner?.id ?? null,
      action_due: input.due || null,
      changed_by: viewer.person.id,
      changed_at: new Date(deps.clock.now()),
    };
    await tx
      .insertInto('filter_review_item')
      .values({ review_id: id, item, school_id: viewer.school.id, ...row })
      .onConflict((c) => c.columns(['review_id', 'item']).doUpdateSet(row))
      .execute();
    await note(tx, deps, viewer, id, 'answer', { item, answer, owner: row.action_owner }, { evidence, action });
  });
}

export interface SummaryInput {
  readonly attendees: readonly { readonly name: string; readonly part: string }[];
  readonly gaps: string;
  readonly changes: string;
}

/** Who took part, the gaps that were found and what was changed (FIL-10, FIL-11, FIL-14). */
export function writeSummary(deps: Deps, viewer: Viewer, id: string, input: SummaryInput): Promise<void> {
  const attendees = input.attendees.map((a) => ({ name: a.name.trim(), part: a.part })).filter((a) => a.name !== '');
  const wrong = attendees.findIndex((a) => !(a.part in ATTENDEE_PARTS) || a.name.length > LONGEST.name);
  const fields = {
    ...(wrong >= 0 && { [`name-${wrong}`]: 'Enter a name, and what this person is here.' }),
    ...(attendees.length > MOST_ATTENDEES && { 'name-0': `Name at most ${MOST_ATTENDEES} people.` }),
    ...(input.gaps.length > LONGEST.text && { gaps: `Use at most ${LONGEST.text} letters.` }),
    ...(input.changes.length > LONGEST.text && { changes: `Use at most ${LONGEST.text} letters.` }),
  };
  if (Object.keys(fields).length > 0) throw invalid('review.summary', 'This was not kept yet.', fields);
  return deps.db.in(contextOf(viewer), async (tx) => {
    await judge(tx, deps, viewer, await reviewById(tx, id), 'save');
    await tx
      .updateTable('filter_review')
      .set({
        attendees: JSON.stringify(attendees satisfies readonly { name: string; part: string }[]),
        gaps: input.gaps.trim(),
        changes: input.changes.trim(),
      })
      .where('id', '=', id)
      .execute();
    await note(
      tx,
      deps,
      viewer,
      id,
      'write',
      { attendees: attendees.map((a) => (a as Attendee).part) },
      { names: attendees.map((a) => a.name).join('\n'), gaps: input.gaps, changes: input.changes },
    );
  });
}

/** Sign it. What Gatehouse knew then is kept with it, and it is the evidence of the policy's duty. */
export async function signReview(deps: Deps, viewer: Viewer, id: string, nextOn: string): Promise<void> {
  if (!isDay(nextOn)) throw invalid('review.next', 'Enter a day.', { nextOn: 'Enter a day, such as 2027-11-03.' });
  const read = (tx: Tx) => reviewById(tx, id);
  const draft = await deps.db.in(contextOf(viewer), async (tx) => {
    const review = await read(tx);
    await judge(tx, deps, viewer, review, 'sign', { nextOn });
    return review;
  });
  const figures = await readFigures(deps, viewer.school, startOf(draft.from, viewer.school.timeZone));
  await deps.db.in(contextOf(viewer), async (tx) => {
    // Judged again in the transaction that signs: somebody may have answered otherwise meanwhile.
    await tx.selectFrom('filter_review').select('id').where('id', '=', id).forUpdate().execute();
    const { today } = await judge(tx, deps, viewer, await read(tx), 'sign', { nextOn });
    await tx
      .updateTable('filter_review')
      .set({
        state: 'signed',
        signed_by: viewer.person.id,
        signed_at: new Date(deps.clock.now()),
        signed_on: today,
        next_on: nextOn,
        record: JSON.stringify(figures),
      })
      .where('id', '=', id)
      .execute();
    await note(tx, deps, viewer, id, 'sign', { nextOn });
    await evidence(tx, deps, contextOf(viewer), {
      duty: DUTY,
      text: `The yearly review of filtering and monitoring was signed; the next is due by ${nextOn}.`,
      about: { kind: 'filter_review', id },
    });
  });
}

/** Something to add to a signed review. */
export function addNote(deps: Deps, viewer: Viewer, id: string, text: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    await judge(tx, deps, viewer, await reviewById(tx, id), 'note', { note: text });
    if (text.length > LONGEST.evidence)
      throw invalid('review.note', 'Too long.', { note: 'Use at most 4,000 letters.' });
    await tx
      .insertInto('filter_review_note')
      .values({
        school_id: viewer.school.id,
        review_id: id,
        by_person: viewer.person.id,
        at: new Date(deps.clock.now()),
        text: text.trim(),
      })
      .execute();
    await note(tx, deps, viewer, id, 'note', {}, { text });
  });
}

/** The first moment of a day at the school. */
export const startOf = (day: string, timeZone: string): Date =>
  new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds);
