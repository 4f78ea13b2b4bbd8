import { newestEdition } from './editions.ts';
import type { Found, LintContext } from './lint.ts';
import type { PolicyDocument } from './types.ts';

/** What has grown old by a day, or will: the period, the review, the guidance (GOV-02, GOV-04, GOV-08, GOV-14). */
export function* ageing(doc: PolicyDocument, { today }: LintContext): Generator<Found> {
  yield* period(doc, today);
  yield* review(doc, today);
  yield* editions(doc, today);
  yield* unread(doc, today);
}

function* period({ meta }: PolicyDocument, today: string): Generator<Found> {
  const { to } = meta.period;
  if (to === null || to >= today) return;
  yield {
    code: 'period-over',
    key: 'period-over',
    title: `The period of this policy ended on ${sayDay(to)}`,
    text: 'It goes on being obeyed, since a school without a policy would be closed altogether. Renew it.',
    where: [{ pointer: '/meta/period/to', clause: null }],
  };
}

/** GOV-04, GOV-08: the review that the cover states, and the one that the cycle of the text gives. */
function* review({ meta }: PolicyDocument, today: string): Generator<Found> {
  const { nextReview, reviewMonths } = meta;
  const bases = [meta.lastReviewed, meta.approvedOn].filter((day) => day !== null);
  const [computed] = bases.map((day) => monthsAfter(day, reviewMonths));
  const due = [nextReview, computed].filter((day) => day != null).sort()[0];
  const where = [{ pointer: '/meta/nextReview', clause: null }];
  if (due === undefined) return;
  if (nextReview !== null && computed && !bases.some((day) => monthsAfter(day, reviewMonths) === nextReview)) {
    const from = meta.lastReviewed === null ? 'approved' : 'reviewed';
    yield {
      code: 'next-review',
      key: `next-review:${nextReview}:${computed}`,
      title: `The cover says next review ${sayDay(nextReview)}, the cycle says ${sayDay(computed)}`,
      text: `It was last ${from} on ${sayDay(bases[0] ?? computed)}, and its cycle is ${reviewMonths} months.`,
      where,
      interim: `The earlier day holds: ${sayDay(due)}.`,
    };
  }
  if (due >= today) return;
  yield {
    code: 'review-overdue',
    key: `review-overdue:${due}`,
    title: `The review was due on ${sayDay(due)}`,
    text: 'Begin a draft, have it signed by its reviewers and approved; the next review is then counted from that day.',
    where,
  };
}

/** GOV-14: a new edition means a task to review. */
function* editions({ references }: PolicyDocument, today: string): Generator<Found> {
  const unknown = [...references.entries()].filter(([, r]) => r.edition === null && DATED.has(r.kind));
  for (const [i, { id, title, edition, clause }] of references.entries()) {
    const newest = newestEdition(id, today);
    const year = edition?.match(/\b(?:19|20)\d\d\b/g)?.at(-1);
    if (!newest || !year || year >= newest.edition) continue;
    yield {
      code: 'edition-old',
      key: `edition-old:${id}:${newest.edition}`,
      title: `${title}: the ${year} edition was consulted, and the one to use is of ${newest.edition}`,
      text: `In use since ${sayDay(newest.asOf)}. Read it, change what it changes, and write its year here.`,
      where: [{ pointer: `/references/${i}/edition`, clause }],
    };
  }
  for (const [i, { id, title, clause }] of unknown) {
    const newest = newestEdition(id, today);
    yield {
      code: 'edition-unknown',
      key: `edition-unknown:${id}`,
      title: `Which edition of “${title}” was consulted?`,
      text: newest ? `The one to use is of ${newest.edition}.` : 'The policy names it without a date.',
      where: [{ pointer: `/references/${i}/edition`, clause }],
    };
  }
}

/** Guidance that comes in editions; an Act is amended, and a contract is the school's own. */
const DATED: ReadonlySet<string> = new Set(['statutory', 'advice', 'standard']);

function* unread({ meta, references }: PolicyDocument, today: string): Generator<Found> {
  const since = meta.lastReviewed ?? meta.approvedOn;
  if (since === null) return;
  const due = [...references.entries()].filter(([, r]) => monthsAfter(since, r.reviewMonths) < today);
  if (due.length === 0) return;
  yield {
    code: 'guidance-unread',
    key: 'guidance-unread',
    title: `Guidance not read again since ${sayDay(since)}: ${due.length} of ${references.length}`,
    text: `${due.map(([, r]) => r.title).join('; ')}.`,
    where: due.map(([i, r]) => ({ pointer: `/references/${i}`, clause: r.clause })),
  };
}

const monthsAfter = (day: string, months: number): string => Temporal.PlainDate.from(day).add({ months }).toString();

const sayDay = (day: string): string =>
  Temporal.PlainDate.from(day).toLocaleString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
