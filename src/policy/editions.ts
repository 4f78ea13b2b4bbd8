/**
 * The newest editions of guidance that schools rest their policies on, by the id of the reference. `edition` is the
 * year of the edition and `asOf` the day from which it is the one to use. Only what its publisher has dated stands
 * here; a reference that does not is judged by its review date alone.
 */
export interface Edition {
  readonly edition: string;
  readonly asOf: string;
}

const EDITIONS: Readonly<Record<string, Edition>> = {
  'computing-programmes': { edition: '2013', asOf: '2013-09-11' },
  'cyber-bullying-advice': { edition: '2014', asOf: '2014-11-01' },
  'preventing-bullying': { edition: '2017', asOf: '2017-07-04' },
  'searching-screening': { edition: '2022', asOf: '2022-09-01' },
  'teaching-online-safety': { edition: '2023', asOf: '2023-01-12' },
  'filtering-standards': { edition: '2023', asOf: '2023-03-29' },
  prevent: { edition: '2023', asOf: '2023-12-31' },
  rshe: { edition: '2025', asOf: '2026-09-01' },
};

/** Keeping children safe in education is issued anew for each school year, in force from 1 September. */
const EACH_SEPTEMBER: ReadonlySet<string> = new Set(['kcsie']);

/** The edition to use on a day; null where this table knows of none. */
export function newestEdition(reference: string, today: string): Edition | null {
  if (EACH_SEPTEMBER.has(reference)) {
    const year = Number(today.slice(0, 4)) - (today.slice(5) < '09-01' ? 1 : 0);
    return { edition: String(year), asOf: `${year}-09-01` };
  }
  const known = Object.hasOwn(EDITIONS, reference) ? EDITIONS[reference] : undefined;
  return known && known.asOf <= today ? known : null;
}
