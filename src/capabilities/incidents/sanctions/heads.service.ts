import { invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { works } from './people.ts';

/** Who heads each year that has pupils, or had a head: SAN-26 sends tasks to them. */
export async function yearHeads(tx: Tx): Promise<{ year: number; person: string | null; name: string | null }[]> {
  const years = await tx
    .selectFrom('person')
    .select('year_group as year')
    .distinct()
    .where('kind', '=', 'pupil')
    .where('left_on', 'is', null)
    .where('year_group', 'is not', null)
    .execute();
  const heads = await tx
    .selectFrom('year_head as y')
    .innerJoin('person as p', 'p.id', 'y.person_id')
    .select(['y.year_group as year', 'p.id as person', 'p.display_name as name'])
    .where('y.ended_at', 'is', null)
    .execute();
  const all = new Set([...years.flatMap((y) => (y.year === null ? [] : [y.year])), ...heads.map((h) => h.year)]);
  return [...all]
    .sort((a, b) => a - b)
    .map((year) => heads.find((h) => h.year === year) ?? { year, person: null, name: null });
}

/** Name who heads a year, or nobody; who did before stays on record. */
export function nameHead(deps: Deps, viewer: Viewer, year: number, person: string | null): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    if (person && !(await works(tx, person)))
      throw invalid('year-head.person', 'Choose somebody who works here.', {
        person: 'Choose somebody who works here.',
      });
    const at = new Date(deps.clock.now());
    const { school } = viewer;
    await tx
      .updateTable('year_head')
      .set({ ended_at: at })
      .where('year_group', '=', year)
      .where('ended_at', 'is', null)
      .execute();
    if (person)
      await tx
        .insertInto('year_head')
        .values({
          id: newId(at.getTime()),
          school_id: school.id,
          year_group: year,
          person_id: person,
          named_by: viewer.person.id,
          from_at: at,
        })
        .execute();
    await record(tx, {
      school: school.id,
      actor: viewer.person.id,
      action: 'year-head.name',
      object: { kind: 'year', id: String(year) },
      detail: { person },
      at: at.getTime(),
    });
  });
}
