import { dayIn, isDay } from '#core/days.ts';
import { invalid, notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { policyInForce } from '../policies.service.ts';
import { itemsOf, latestReview, type RegisterItem, webAddress } from './registers.rules.ts';

/** What somebody typed about a document or a reference. */
export interface Supply {
  readonly edition: string;
  readonly location: string;
  readonly reviewedOn: string;
  readonly nextReview: string;
  readonly note: string;
}

/** Record that a document was supplied or guidance was checked. Nothing recorded before is changed. */
export function recordSupply(
  deps: Deps,
  viewer: Viewer,
  which: { readonly kind: RegisterItem['kind']; readonly id: string },
  typed: Supply,
): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const now = deps.clock.now();
    const policy = await policyInForce(tx, now);
    const item = policy && itemsOf(policy.document).find((i) => i.kind === which.kind && i.id === which.id);
    if (!item) throw notFound('this document in the policy in force');
    const supply = checked(item, typed, dayIn(viewer.school.timeZone, now));
    const { id } = await tx
      .insertInto('register_entry')
      .values({
        school_id: by.school,
        kind: item.kind,
        item: item.id,
        edition: supply.edition,
        location: supply.location || null,
        reviewed_on: supply.reviewedOn,
        next_review: supply.nextReview,
        note: supply.note || null,
        by_person: viewer.person.id,
        at: new Date(now),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await record(tx, {
      school: by.school,
      actor: by.person,
      action: 'register.record',
      object: { kind: item.kind, id: item.id },
      detail: { entry: id, reviewedOn: supply.reviewedOn, nextReview: supply.nextReview },
      text: { edition: supply.edition, location: supply.location },
      at: now,
    });
  });
}

const MAX = { edition: 80, location: 500, note: 500 } as const;

/** The same in good order, or an error that says field by field what to put right. */
function checked(item: RegisterItem, typed: Supply, today: string): Supply {
  const edition = typed.edition.trim();
  const location = typed.location.trim();
  const note = typed.note.trim();
  const { reviewedOn } = typed;
  const latest = isDay(reviewedOn) ? latestReview(reviewedOn, item.reviewMonths) : null;
  const nextReview = typed.nextReview || (latest ?? '');
  const wrong: Record<string, string> = {};
  if (!edition) {
    wrong.edition =
      item.kind === 'document'
        ? 'Give its version, or the date it bears'
        : 'Give the edition you consulted, as its publisher dates it';
  } else if (edition.length > MAX.edition) wrong.edition = `Use at most ${MAX.edition} characters`;
  const fault = locationFault(item, location);
  if (fault) wrong.location = fault;
  if (latest === null || reviewedOn > today)
    wrong.reviewedOn = 'Give the day on which it was looked at, not later than today';
  else if (!isDay(nextReview) || nextReview <= reviewedOn) wrong.nextReview = 'Give a day after the review';
  else if (nextReview > latest) {
    wrong.nextReview = `The policy has it reviewed every ${item.reviewMonths} months: choose ${latest} or an earlier day`;
  }
  if (note.length > MAX.note) wrong.note = `Use at most ${MAX.note} characters`;
  if (Object.keys(wrong).length > 0) throw invalid('register.invalid', 'Some of this needs another look.', wrong);
  return { edition, location, note, reviewedOn, nextReview };
}

function locationFault(item: RegisterItem, location: string): string | null {
  if (!location) return item.kind === 'document' ? 'Say where it is kept: a web address, or in words' : null;
  if (location.length > MAX.location) return `Use at most ${MAX.location} characters`;
  const url = webAddress(location);
  if (/^https?:/i.test(location) && !url) return 'This is not a whole web address';
  // It is shown to everybody who works here.
  if (url && (url.username || url.password)) return 'Leave out the user name and password';
  return null;
}
