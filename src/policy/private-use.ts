import { resolveCell } from './resolve.ts';
import type { PolicyDocument, ResolvedCell, SchoolFacts } from './types.ts';

/** Rule of whatever the setting on private social media of staff decides (SOC-18). */
export const PRIVATE_USE = 'SOC-18';
const CATEGORY = 'social-media';

export interface PrivateUse {
  readonly rule: typeof PRIVATE_USE;
  readonly name: string;
  readonly action: 'use-social-media';
  readonly category: typeof CATEGORY;
  readonly clause: string | null;
  readonly cell: ResolvedCell;
}

/**
 * D18 as one more cell for staff, beside those of the tables: of all that speak, the strictest decides. Within reason
 * means so many minutes a day. While nobody has said how many, a program cannot count them, and the reading holds that
 * the school's contradiction K04 has until it is settled: only people on the list.
 */
export function privateUse(doc: PolicyDocument, school: SchoolFacts): PrivateUse {
  const clause =
    doc.clauses.find((c) => c.rows.includes(PRIVATE_USE)) ?? doc.clauses.find((c) => c.rows.includes('D18'));
  return {
    rule: PRIVATE_USE,
    name: 'Private social media of staff',
    action: 'use-social-media',
    category: CATEGORY,
    clause: clause?.id ?? null,
    cell: cellOf(doc, school),
  };
}

function cellOf(doc: PolicyDocument, school: SchoolFacts): ResolvedCell {
  const { value, minutesPerDay, windows = [] } = doc.settings.privateSocialMedia;
  if (value === 'never') return { value: 'not-allowed' };
  if (value === 'times') return resolveCell({ value: 'times', windows }, PRIVATE_USE, school);
  if (value === 'reasonable' && minutesPerDay !== null) {
    const used = (school.used ?? []).filter((lease) => lease.rule === PRIVATE_USE);
    return { value: 'quota', minutes: minutesPerDay, used: used.map(({ rule: _, ...lease }) => lease) };
  }
  // The list is the tables' own: nobody stands on two lists for one thing.
  const rules = doc.rules.filter((r) => r.categories.includes(CATEGORY));
  const cells = rules.flatMap(({ id, cells: { staff } }) => (staff ? [resolveCell(staff, id, school)] : []));
  return { value: 'selected', people: cells.flatMap((cell) => ('people' in cell ? cell.people : [])) };
}
