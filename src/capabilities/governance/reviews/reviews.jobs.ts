import { dayIn } from '#core/days.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { forEach, type School, schools } from '#platform/school.ts';
import { type Holder, holders } from '#rooms/identity/index.ts';
import { dueOn } from './reviews.store.ts';

const REMIND = 'reviews.remind';

/** FIL-13: every morning, a review that is late is told to the lead governor. */
export const reviewsJobs = (deps: Deps): { tasks: Tasks; recurring: Recurring[] } => ({
  tasks: { [REMIND]: () => remindOfReviews(deps) },
  recurring: [{ task: REMIND, cron: '40 6 * * *', atStart: true }],
});

export const remindOfReviews = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), (school) => deps.db.in(systemContext(school.id), (tx) => remind(tx, deps, school)));

interface Notice {
  readonly recipient: string | null;
  readonly mail_id: string | null;
  readonly skipped: string | null;
}

async function remind(tx: Tx, deps: Deps, school: School): Promise<void> {
  const now = deps.clock.now();
  const due = await dueOn(tx, school.timeZone);
  if (!due || due.on >= dayIn(school.timeZone, now)) return;
  const told = await tx.selectFrom('filter_review_notice').select('recipient').where('due_on', '=', due.on).execute();
  const people = await leads(tx);
  const missing = people.filter((p) => !told.some((n) => n.recipient === p.id));
  const nobody = people.length === 0 && !told.some((n) => n.recipient === null);
  const notices: Notice[] = nobody ? [{ recipient: null, mail_id: null, skipped: 'nobody holds the role' }] : [];
  for (const { id, email } of missing) {
    const mail = email ? await post(tx, letter(deps, school, id, email, due.on)) : null;
    notices.push({ recipient: id, mail_id: mail, skipped: mail ? null : 'no e-mail address is known' });
  }
  if (notices.length === 0) return;
  await tx
    .insertInto('filter_review_notice')
    .values(notices.map((n) => ({ ...n, school_id: school.id, due_on: due.on, at: new Date(now) })))
    .execute();
  await record(tx, {
    school: school.id,
    actor: null,
    action: 'filter-review.late',
    object: { kind: 'school', id: school.id },
    detail: { due: due.on, told: missing.map((p) => p.id), nobody },
    at: now,
  });
}

/** The lead governor; where nobody is, the chair. Deputies are told with them. */
async function leads(tx: Tx): Promise<Holder[]> {
  const lead = await holders(tx, 'lead-governor');
  return lead.length > 0 ? lead : holders(tx, 'chair');
}

const letter = (deps: Deps, school: School, recipient: string, address: string, on: string) => ({
  school: school.id,
  recipient,
  address,
  subject: 'A yearly review is late',
  body: `The review of filtering and monitoring was due by ${on}. It is done at least every twelve months.\n\nSee how it stands, and sign it when it is done:\n${deps.config.pagesUrl}/reviews\n`,
  about: { kind: 'filter_review', id: on },
});
