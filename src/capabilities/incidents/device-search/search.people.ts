import { sql } from 'kysely';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Viewer } from '#web/index.ts';
import { liveSearchers } from './authorised.store.ts';
import type { PersonFacts } from './search.facts.ts';

/** May whoever acts search at this moment? They are on the live list, or hold the role that keeps it (SRC-01). */
export const mayStart = async (tx: Tx, viewer: Viewer, authorisedBy: string, now: number): Promise<boolean> =>
  viewer.duties.includes(authorisedBy) || (await liveSearchers(tx, now)).has(viewer.person.id);

/** What the guards must know of the people whom a form names, by field. */
export async function peopleFacts(
  tx: Tx,
  named: Readonly<Record<string, string>>,
  authorisedBy: string,
  now: number,
): Promise<Record<string, PersonFacts>> {
  const ids = Object.values(named).filter(isUuid);
  if (ids.length === 0) return {};
  const rows = await tx
    .selectFrom('person as p')
    .select(['p.id', 'p.kind', sql<boolean>`coalesce(p.left_on <= current_date, false)`.as('left')])
    .select(
      sql<string[]>`array(select r.role from role_holding r where r.person_id = p.id and r.until_at is null)`.as(
        'roles',
      ),
    )
    .where('p.id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute();
  const list = await liveSearchers(tx, now);
  const found = new Map(
    rows.map((r) => [r.id, { ...r, authorised: !r.left && (list.has(r.id) || r.roles.includes(authorisedBy)) }]),
  );
  return Object.fromEntries(
    Object.entries(named).flatMap(([field, id]) => {
      const person = found.get(id);
      return person ? [[field, person]] : [];
    }),
  );
}
