import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { holders } from '#rooms/identity/index.ts';
import { policyInForce } from '../policies.service.ts';
import { POLICY_EDITORS } from './drafts.facts.ts';
import { sendTo } from './life.letters.ts';
import { datesOf } from './version.state.ts';
import { listVersions } from './versions.store.ts';

/** A review takes about a month: whoever does it is reminded that long before. */
const NOTICE = 30 * DAY;

export interface ReviewDue {
  readonly version: string;
  readonly number: number;
  /** `YYYY-MM-DD`: the first day on which the review is due. */
  readonly on: string;
  readonly stage: 'soon' | 'due';
}

/** Is the review of the policy in force due, or soon to be (GOV-04, GOV-08)? Null while there is time. */
export async function reviewDue(tx: Tx, now: number): Promise<ReviewDue | null> {
  const policy = await policyInForce(tx, now);
  if (!policy) return null;
  const all = await listVersions(tx);
  const version = all.find((v) => v.number === policy.number);
  const { timeZone } = policy.compiled;
  const from = version ? datesOf(version, all, timeZone).reviewFrom : Number.POSITIVE_INFINITY;
  if (!version || from - now > NOTICE) return null;
  return {
    version: version.id,
    number: version.number,
    on: dayIn(timeZone, from),
    stage: from <= now ? 'due' : 'soon',
  };
}

/** Remind editors and reviewers a month before and on the day, once each (GOV-04). */
export async function remindOfReview(tx: Tx, deps: Deps, school: string): Promise<void> {
  const now = deps.clock.now();
  const due = await reviewDue(tx, now);
  const policy = await policyInForce(tx, now);
  if (!due || !policy) return;
  const about = { kind: `policy_review_${due.stage}`, id: due.version };
  const sent = await tx
    .selectFrom('mail')
    .select('id')
    .where('about_kind', '=', about.kind)
    .where('about_id', '=', about.id)
    .executeTakeFirst();
  if (sent) return;
  const roles = [...POLICY_EDITORS, ...policy.document.meta.reviewers];
  const readers = (await Promise.all(roles.map((r) => holders(tx, r)))).flat();
  await sendTo(tx, school, readers, {
    subject:
      due.stage === 'due'
        ? 'The online-safety policy is due for review'
        : 'The online-safety policy is soon due for review',
    body: `The review of version ${due.number} of the online-safety policy is due on ${due.on}.\n\nBegin a draft here after signing in:\n${deps.config.pagesUrl}/policy/versions\n`,
    about,
  });
}
