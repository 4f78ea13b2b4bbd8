import { type ChartColour, type ChartSize, rowChart } from '#web/chart.ts';
import type { Turn } from './rehearsal.rules.ts';
import { TURNS } from './rehearsal.words.ts';

const COLOURS = { opens: 'mint', stops: 'green' } as const satisfies Record<string, ChartColour>;

/** Two bars for each group: a picture of the table that stands below it. */
export const rehearsalChart = (
  groups: readonly (Readonly<Record<Turn, { readonly requests: number }>> & { readonly name: string })[],
  size?: ChartSize,
): string =>
  rowChart({
    size,
    row: 44,
    labels: groups.map((g) => g.name),
    series: (['opens', 'stops'] as const).map((turn) => ({
      name: TURNS[turn],
      colour: COLOURS[turn],
      data: groups.map((g) => g[turn].requests),
    })),
  });
