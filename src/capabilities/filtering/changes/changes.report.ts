import type { Tx } from '#platform/db.ts';
import type { Viewer } from '#web/index.ts';
import { type ChangeLine, linesFor } from './changes.pages.ts';

/** A month on the school's calendar, `YYYY-MM`. */
export interface Month {
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
}

export function readMonth(text: string | undefined, now: number, timeZone: string): Month {
  const today = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toPlainYearMonth();
  const wanted = /^\d{4}-(0[1-9]|1[0-2])$/.test(text ?? '') ? Temporal.PlainYearMonth.from(text ?? '') : today;
  const start = (month: Temporal.PlainYearMonth) =>
    new Date(month.toPlainDate({ day: 1 }).toZonedDateTime(timeZone).epochMilliseconds);
  return { name: wanted.toString(), from: start(wanted), to: start(wanted.add({ months: 1 })) };
}

/**
 * FCR-09: every request of a month with its decision and the time that took, for whoever oversees filtering; and FIL-07,
 * FIL-18: what was reported as closed too much or too little, and how soon it was answered.
 */
export async function monthReport(tx: Tx, viewer: Viewer, now: number, asked?: string) {
  const month = readMonth(asked, now, viewer.school.timeZone);
  const within = (at: Date | null | undefined) => at != null && at >= month.from && at < month.to;
  const { lines } = await linesFor(tx, viewer, now, month.from);
  const rows = lines
    .filter((l) => l.state !== 'draft' && l.steps.some((s) => within(s.at)))
    .map((l) => ({ ...l, askedAt: stepAt(l, 'ask', 'restrict', 'close-now'), hours: hoursToDecide(l) }));
  const did = (...actions: readonly string[]) =>
    rows.filter((r) => r.steps.some((s) => actions.includes(s.action) && within(s.at))).length;
  const questions = await tx
    .selectFrom('site_question')
    .select(['asked_at as at', 'answered_at as answeredAt'])
    .where('asked_at', '>=', month.from)
    .where('asked_at', '<', month.to)
    .execute();
  const reports = await tx
    .selectFrom('site_report')
    .select(['at', 'decided_at as answeredAt', 'decision'])
    .where('at', '>=', month.from)
    .where('at', '<', month.to)
    .execute();
  return {
    month,
    rows,
    counts: {
      asked: did('ask'),
      approved: did('approve'),
      refused: did('refuse'),
      atOnce: did('close-now'),
      lessons: did('restrict'),
      live: rows.filter((r) => r.state === 'live').length,
    },
    averageHours: mean(rows.flatMap((r) => (r.hours === null ? [] : [r.hours]))),
    overBlocks: answered(questions),
    underBlocks: { ...answered(reports), closed: reports.filter((r) => r.decision === 'block').length },
  };
}
export type MonthReport = Awaited<ReturnType<typeof monthReport>>;

const HOURS = 3_600_000;
const stepAt = (line: ChangeLine, ...actions: readonly string[]): Date | null =>
  line.steps.find((s) => actions.includes(s.action))?.at ?? null;
const mean = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((sum, n) => sum + n, 0) / numbers.length;

function hoursToDecide(line: ChangeLine): number | null {
  const [asked, decided] = [stepAt(line, 'ask', 'close-now'), stepAt(line, 'approve', 'refuse', 'keep', 'lift')];
  return asked && decided ? (decided.getTime() - asked.getTime()) / HOURS : null;
}

/** How many there were, how many were answered, and how long that took on average. */
export const answered = (all: readonly { readonly at: Date; readonly answeredAt: Date | null }[]) => ({
  count: all.length,
  answered: all.filter((x) => x.answeredAt !== null).length,
  hours: mean(all.flatMap((x) => (x.answeredAt ? [(x.answeredAt.getTime() - x.at.getTime()) / HOURS] : []))),
});

/** The rows as a spreadsheet reads them. A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvOf({ rows }: MonthReport): string {
  const head = [
    'Request',
    'Kind',
    'State',
    'For',
    'Topic',
    'Sites',
    'Asked by',
    'Asked',
    'Hours to decide',
    'From',
    'Until',
  ];
  const lines = rows.map((r) => [
    r.reference,
    r.kindName,
    r.tag.text,
    r.whom,
    r.topic,
    r.hosts.join(' '),
    r.by,
    r.askedAt?.toISOString() ?? '',
    r.hours === null ? '' : r.hours.toFixed(1),
    r.from?.toISOString() ?? '',
    r.until?.toISOString() ?? '',
  ]);
  return [head, ...lines].map((cells) => cells.map(cell).join(',')).join('\r\n');
}

const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
