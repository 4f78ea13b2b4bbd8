import { type ChartColour, type ChartSize, rowChart } from '#web/chart.ts';
import { type Counts, KEEPING, KEEPING_WORDS, type Keeping } from './coverage.ts';

const COLOURS: Readonly<Record<Keeping, ChartColour>> = {
  attention: 'lamp',
  evidenced: 'green',
  duty: 'mint',
  unevidenced: 'clay',
  unkept: 'sand',
};

/** A bar for each section, as long as it has clauses. A picture of the table that stands below it, and nothing more. */
export const coverageChart = (
  sections: readonly { readonly title: string; readonly counts: Counts }[],
  size?: ChartSize,
): string =>
  rowChart({
    size,
    row: 30,
    stacked: true,
    labels: sections.map((s) => s.title),
    series: KEEPING.map((state) => ({
      name: KEEPING_WORDS[state].name,
      colour: COLOURS[state],
      data: sections.map((s) => s.counts[state]),
    })),
  });
