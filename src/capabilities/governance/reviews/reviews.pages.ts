import { dayIn } from '#core/days.ts';
import { conflict, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { renderBlock } from '#platform/documents/index.ts';
import { liveHoldings, names } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { type Figures, readFigures } from './figures.ts';
import { ANSWER_WORDS, dutyLines, figureBlocks, reviewDocument } from './review.document.ts';
import { ATTENDEE_PARTS, aYearFrom, partsOf, reviewWorkflow } from './review.workflow.ts';
import { factsOf, STAYS, startOf } from './reviews.service.ts';
import { dueOn, itemsOf, notesOf, type Review, reviewsOf, unassignedDuties } from './reviews.store.ts';
import { editionState, ITEMS, STANDARDS } from './standards.ts';

const LEAST_ATTENDEES = 6;

/** Every review, when the next is due, and what this reader may begin. */
export function reviewsPage(deps: Deps, viewer: Viewer, q: string) {
  const { timeZone } = viewer.school;
  return deps.db.in(contextOf(viewer), async (tx) => {
    const today = dayIn(timeZone, deps.clock.now());
    const all = await reviewsOf(tx);
    const who = await names(
      tx,
      all.flatMap((r) => [r.begunBy, r.signedBy]).filter((p) => p !== null),
    );
    const due = await dueOn(tx, timeZone);
    const wanted = q.trim().toLowerCase();
    const lines = all.map((r) => ({ ...r, begunByName: who.get(r.begunBy), signedByName: who.get(r.signedBy ?? '') }));
    const draft = all.find((r) => r.state === 'draft');
    const mine = partsOf(viewer.duties);
    return {
      q,
      any: all.length > 0,
      reviews: lines.filter((r) =>
        [r.signedOn, r.from, r.gaps, r.changes, r.signedByName, r.begunByName, ...r.attendees.map((a) => a.name)]
          .join('\n')
          .toLowerCase()
          .includes(wanted),
      ),
      due,
      late: due !== null && due.on < today,
      draft,
      mayBegin: !draft && reviewWorkflow.offered('new', mine).includes('begin'),
      unassigned: await unassignedDuties(tx),
    };
  });
}

const live = (deps: Deps, viewer: Viewer, review: Review): Promise<Figures> =>
  review.record
    ? Promise.resolve(review.record)
    : readFigures(deps, viewer.school, startOf(review.from, viewer.school.timeZone));

async function load(tx: Tx, id: string) {
  const review = (await reviewsOf(tx)).find((r) => r.id === id);
  if (!review) throw notFound('this review');
  const items = await itemsOf(tx, id);
  const notes = await notesOf(tx, id);
  const people = [
    review.begunBy,
    review.signedBy,
    ...items.flatMap((i) => [i.owner, i.changedBy]),
    ...notes.map((n) => n.by),
  ];
  return { review, items, notes, who: await names(tx, [...new Set(people.filter((p) => p !== null))]) };
}

/** One review: its checklist, who took part, and what Gatehouse knows. */
export async function reviewPage(deps: Deps, viewer: Viewer, id: string, search: { q: string; answer: string }) {
  const { timeZone } = viewer.school;
  const page = await deps.db.in(contextOf(viewer), async (tx) => {
    const loaded = await load(tx, id);
    const facts = await factsOf(tx, deps, viewer, loaded.review, {
      nextOn: aYearFrom(dayIn(timeZone, deps.clock.now())),
    });
    const verdict = reviewWorkflow.judge(loaded.review.state, 'sign', partsOf(viewer.duties), facts);
    return { ...loaded, facts, hurdle: verdict.ok ? null : verdict.reason, code: verdict.ok ? null : verdict.code };
  });
  const { review, items, who, facts } = page;
  const offered = reviewWorkflow.offered(review.state, partsOf(viewer.duties));
  const figures = await live(deps, viewer, review);
  const byItem = new Map(items.map((i) => [i.item, i]));
  const wanted = search.q.trim().toLowerCase();
  const fits = (item: (typeof ITEMS)[number]) => {
    const a = byItem.get(item.id);
    if (search.answer !== '' && (a?.answer ?? 'open') !== search.answer) return false;
    return [item.asks, item.evidence, a?.evidence, a?.action].join('\n').toLowerCase().includes(wanted);
  };
  const rest = LEAST_ATTENDEES - review.attendees.length;
  return {
    review: { ...review, begunByName: who.get(review.begunBy), signedByName: who.get(review.signedBy ?? '') },
    search_: search,
    answers: [
      ...Object.entries(ANSWER_WORDS).map(([value, w]) => ({ value, text: w.text })),
      { value: 'open', text: 'Open' },
    ],
    words: ANSWER_WORDS,
    standards: STANDARDS.map((s) => ({
      ...s,
      items: s.items.filter(fits).map((i) => {
        const a = byItem.get(i.id);
        return { ...i, answer: a && { ...a, ownerName: who.get(a.owner ?? '') } };
      }),
    })).filter((s) => s.items.length > 0),
    count: { all: ITEMS.length, answered: items.length },
    edition: editionState(facts.today),
    duties: dutyLines(facts.unassigned),
    unassigned: facts.unassigned,
    attendees: [...review.attendees, ...Array.from({ length: Math.max(2, rest) }, () => ({ name: '', part: '' }))],
    parts: Object.entries(ATTENDEE_PARTS).map(([value, text]) => ({ value, text })),
    partNames: ATTENDEE_PARTS,
    notes: page.notes.map((n) => ({ ...n, who: who.get(n.by) ?? '' })),
    figures: figureBlocks(figures, timeZone).map(renderBlock),
    maySave: offered.includes('save'),
    maySign: offered.includes('sign'),
    mayNote: offered.includes('note'),
    hurdle: page.hurdle,
    latest: aYearFrom(facts.today),
    today: facts.today,
  };
}

/** One item of the checklist, to be answered. */
export function itemPage(deps: Deps, viewer: Viewer, id: string, item: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { review, items, who } = await load(tx, id);
    const standard = STANDARDS.find((s) => s.items.some((i) => i.id === item));
    const asked = standard?.items.find((i) => i.id === item);
    if (!standard || !asked) throw notFound('this item of the checklist');
    if (review.state === 'signed') throw conflict('review.state', STAYS);
    const answer = items.find((i) => i.item === item);
    const people = new Map((await liveHoldings(tx, deps.clock.now())).map((h) => [h.person, h.name]));
    if (answer?.owner) people.set(answer.owner, who.get(answer.owner) ?? '');
    return {
      review,
      standard,
      asked,
      values: {
        answer: answer?.answer ?? '',
        evidence: answer?.evidence ?? '',
        action: answer?.action ?? '',
        owner: answer?.owner ?? '',
        due: answer?.due ?? '',
      },
      words: ANSWER_WORDS,
      owners: [
        { value: '', text: 'Nobody yet' },
        ...[...people].map(([value, text]) => ({ value, text })).sort((a, b) => a.text.localeCompare(b.text)),
      ],
    };
  });
}

/** The review as a document. */
export async function reviewFileModel(deps: Deps, viewer: Viewer, id: string) {
  const { review, items, notes, who } = await deps.db.in(contextOf(viewer), (tx) => load(tx, id));
  const figures = await live(deps, viewer, review);
  const names = who;
  return { review, model: reviewDocument(viewer.school, review, items, notes, figures, names) };
}
