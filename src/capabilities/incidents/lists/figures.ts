import { anyMarked, type IncidentType } from '../case.types.ts';
import type { MonthCount } from './lists.store.ts';

/** Bars of the chart, gravest first. A case stands in the gravest of its types, so a bar is as high as there are cases. */
export const GROUPS = {
  crime: 'May be a crime',
  harm: 'Harm to somebody',
  conduct: 'Conduct',
  wellbeing: 'Wellbeing',
  systems: 'Systems',
  open: 'Not classified yet',
} as const;
export type Group = keyof typeof GROUPS;
const GROUP_IDS = Object.keys(GROUPS) as Group[];

export interface Figures {
  /** `YYYY-MM`, oldest first; every row of figures has one for each. */
  readonly months: readonly string[];
  readonly groups: Readonly<Record<Group, readonly number[]>>;
  /** A case about two types counts under each. */
  readonly types: readonly { readonly name: string; readonly counts: readonly number[]; readonly total: number }[];
  readonly all: readonly number[];
  /** CYB-08: cases of bullying online, each once. */
  readonly bullying: readonly number[];
}

export function figuresOf(
  counts: readonly MonthCount[],
  months: readonly string[],
  types: readonly IncidentType[],
): Figures {
  const known = new Map(types.map((t) => [t.id, t]));
  const monthly = (counting: (c: MonthCount) => boolean) =>
    months.map((m) => counts.filter((c) => c.month === m && counting(c)).reduce((n, c) => n + c.cases, 0));
  const groupOf = (c: MonthCount): Group =>
    c.types.length === 0
      ? 'open'
      : (GROUP_IDS.find((g) => c.types.some((t) => (known.get(t)?.group ?? 'conduct') === g)) ?? 'open');
  const inGroup = (group: Group) => monthly((c) => groupOf(c) === group);
  const seen = [...new Set(counts.flatMap((c) => c.types))];
  return {
    months,
    groups: {
      crime: inGroup('crime'),
      harm: inGroup('harm'),
      conduct: inGroup('conduct'),
      wellbeing: inGroup('wellbeing'),
      systems: inGroup('systems'),
      open: inGroup('open'),
    },
    types: seen
      .map((id) => {
        const each = monthly((c) => c.types.includes(id));
        return { name: known.get(id)?.name ?? id, counts: each, total: each.reduce((a, b) => a + b, 0) };
      })
      .sort((a, b) => b.total - a.total || a.name.localeCompare(b.name)),
    all: monthly(() => true),
    bullying: monthly((c) => anyMarked(c.types, 'bullying')),
  };
}
