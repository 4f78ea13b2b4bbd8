import type { SummaryFigures } from '#platform/tables/closing.ts';
import { type ChartSize, rowChart } from '#web/chart.ts';

/** A name of a type takes up to four lines beside its bar. */
const ROW = 68;

/** A bar for each type whose number is shown; the table beside it says the same and names the others. */
export function summarySvg(figures: SummaryFigures, size?: ChartSize): string {
  const shown = figures.types.filter((t) => t.cases !== null);
  return rowChart({
    size,
    row: ROW,
    wrapped: true,
    labels: shown.map((t) => t.name),
    series: [{ name: 'Incidents', colour: 'leaf', data: shown.map((t) => t.cases) }],
  });
}
