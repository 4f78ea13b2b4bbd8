import { DAY, HOUR } from '#core/clock.ts';
import {
  type Block,
  type DocumentModel,
  headedTable,
  heading,
  note,
  paragraph,
  table,
} from '#platform/documents/index.ts';
import { many } from '../today/line.ts';
import type { AnswerTimes } from './answers.rules.ts';
import type { Figures } from './figures.ts';
import { type Answer, ATTENDEE_PARTS } from './review.workflow.ts';
import type { Review, ReviewItem } from './reviews.store.ts';
import { RESPONSIBILITIES, STANDARDS } from './standards.ts';

export const ANSWER_WORDS: Readonly<Record<Answer, { text: string; tone: 'calm' | 'amber' }>> = {
  met: { text: 'Met', tone: 'calm' },
  part: { text: 'Partly met', tone: 'amber' },
  not: { text: 'Not met', tone: 'amber' },
};

/** A review as one document, of which its file is made. `names` are those of everybody in it. */
export function reviewDocument(
  school: { readonly name: string; readonly timeZone: string },
  review: Review,
  items: readonly ReviewItem[],
  notes: readonly { readonly at: Date; readonly by: string; readonly text: string }[],
  figures: Figures,
  names: ReadonlyMap<string, string>,
): DocumentModel {
  const who = (id: string | null) => (id === null ? '' : (names.get(id) ?? ''));
  const title = `Review of filtering and monitoring, ${review.signedOn ?? 'draft'}`;
  return {
    title: `${title}: ${school.name}`,
    author: school.name,
    language: 'en-GB',
    blocks: [
      heading(1, title),
      note(
        review.signedOn
          ? `Signed by ${who(review.signedBy)} on ${review.signedOn}. The next review is due by ${review.nextOn}.`
          : 'This is a draft. Nobody has signed it.',
      ),
      paragraph(`Time under review: from ${review.from}. Standards of the edition ${review.edition}.`),
      ...headedTable(
        heading(2, 'Who took part'),
        ['Name', 'As'],
        review.attendees.map((a) => [a.name, ATTENDEE_PARTS[a.part]]),
      ),
      heading(2, 'Gaps that were found'),
      paragraph(review.gaps || 'Not written yet.'),
      heading(2, 'What was changed'),
      paragraph(review.changes || 'Not written yet.'),
      ...STANDARDS.flatMap((s) =>
        headedTable(
          heading(2, s.title, s.id),
          ['Item', 'Answer', 'Evidence', 'Action', 'Who, by when'],
          s.items.map((i) => {
            const a = items.find((x) => x.item === i.id);
            return [
              i.asks,
              a ? ANSWER_WORDS[a.answer].text : 'Open',
              a?.evidence ?? '',
              a?.action ?? '',
              [who(a?.owner ?? null), a?.due ?? ''].filter(Boolean).join(', '),
            ];
          }),
        ),
      ),
      ...figureBlocks(figures, school.timeZone),
      ...(notes.length > 0
        ? [
            heading(2, 'Addenda'),
            ...notes.map((n) => paragraph(`${who(n.by)}, ${moment(n.at, school.timeZone)}: ${n.text}`)),
          ]
        : []),
    ],
  };
}

/** What Gatehouse knows: answers to reports (FIL-07), tests and coverage (FIL-10), changes (FIL-14). */
export function figureBlocks(figures: Figures, timeZone: string): Block[] {
  return [
    heading(2, 'What Gatehouse knows', 'figures'),
    paragraph(
      `As at ${moment(figures.at, timeZone)}, counted from ${moment(figures.from, timeZone)}.${figures.policy ? ` Policy in force: “${figures.policy.title}”, version ${figures.policy.number}.` : ' No policy is in force.'}`,
    ),
    ...headedTable(
      heading(3, 'Reports and how long people waited for an answer', 'answers'),
      ['Report', 'Came in', 'Answered', 'Open now', 'Median', '90 in 100 within', 'Longest'],
      [
        ['Wrongly closed', ...times(figures.overBlock)],
        ['Should be closed', ...times(figures.underBlock)],
      ],
    ),
    heading(3, 'Tests of the filter', 'tests'),
    paragraph(
      figures.tests
        ? `${many(figures.tests.runs, 'run')} with ${many(figures.tests.requests, 'request')}, ${many(figures.tests.failures, 'failure')}; the last ${figures.tests.lastAt ? moment(figures.tests.lastAt, timeZone) : 'never'}.`
        : 'Not run yet in this time. Test by hand on each kind of device, and write the results under the item on tests.',
    ),
    ...headedTable(
      heading(3, 'Changes in that time', 'changed'),
      ['What', 'Times'],
      figures.changed.map((c) => [c.what, c.times.toLocaleString('en-GB')]),
    ),
    heading(3, 'Coverage per class of device', 'coverage'),
    ...[...Map.groupBy(figures.devices, (d) => d.device)].map(([device, rows]) =>
      table(
        device,
        ['Where', 'Who', 'Filtered', 'Monitored', 'Not covered'],
        rows.map((r) => [r.where, r.who, r.filtered || 'No', r.monitored || 'No', r.not || 'As below']),
      ),
    ),
    ...headedTable(
      heading(3, 'Not covered on any device', 'not-covered'),
      ['What', 'What would change it'],
      figures.coverage.filter((s) => s.about === 'not').map((s) => [s.text, s.change]),
    ),
  ];
}

/** FIL-12, for the page: every duty, and whether somebody holds it. */
export const dutyLines = (unassigned: readonly string[]) =>
  RESPONSIBILITIES.map(({ duty }) => ({ duty, held: !unassigned.includes(duty) }));

const times = (t: AnswerTimes): string[] => [
  t.asked.toLocaleString('en-GB'),
  t.answered.toLocaleString('en-GB'),
  t.openNow.toLocaleString('en-GB'),
  wait(t.median),
  wait(t.p90),
  wait(t.longest),
];

/** "3 hours", "2.5 days": as people say how long they waited. */
export function wait(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < HOUR) return many(Math.max(1, Math.round(ms / 60_000)), 'minute');
  const [size, word] = ms < 2 * DAY ? [HOUR, 'hour'] : [DAY, 'day'];
  return many(Math.round((ms / size) * 10) / 10, word);
}

const moment = (at: Date | string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone }).format(new Date(at));
