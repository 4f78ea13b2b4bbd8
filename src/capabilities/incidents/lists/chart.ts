import { type ChartColour, type ChartSize, columnChart } from '#web/chart.ts';
import { type Figures, GROUPS, type Group } from './figures.ts';

const COLOURS: Readonly<Record<Group, ChartColour>> = {
  crime: 'pine',
  harm: 'leaf',
  conduct: 'mint',
  wellbeing: 'lamp',
  systems: 'bronze',
  open: 'stone',
};

/** Cases by month and kind: a picture of the table that stands below it. */
export const casesSvg = (figures: Figures, timeZone: string, size?: ChartSize): string =>
  columnChart({
    size,
    labels: figures.months.map((m) => monthName(m, timeZone)),
    series: (Object.keys(GROUPS) as Group[]).map((group) => ({
      name: GROUPS[group],
      colour: COLOURS[group],
      data: figures.groups[group],
    })),
  });

/** "Nov 2026". */
export const monthName = (month: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone }).format(
    new Date(`${month}-15T12:00Z`),
  );
