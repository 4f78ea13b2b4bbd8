import type { Tx } from '#platform/db.ts';
import { allTeaching, holders, type Person, personById } from '#rooms/identity/index.ts';
import type { To } from './actions.ts';

/** A person of the school as a task needs them. */
interface Somebody {
  readonly id: string;
  readonly displayName: string;
}

/** Works here now, and so can be given something to do. */
export async function works(tx: Tx, id: string): Promise<boolean> {
  const person = await personById(tx, id);
  return person !== undefined && person.leftOn === null && ['staff', 'governor', 'volunteer'].includes(person.kind);
}

/** Who may give a further sanction: the head, and whoever stands in for the head (SAN-33). */
export const mayGive = (tx: Tx): Promise<Somebody[]> => holders(tx, 'head');

/** SAN-25: of those who teach the pupil's form, whoever is a tutor; where none is, whoever teaches it. */
async function tutorsOf(tx: Tx, { groupName }: Person): Promise<Somebody[]> {
  if (!groupName) return [];
  const teaching = (await allTeaching(tx))
    .filter((t) => t.group === groupName)
    .map((t) => ({ id: t.person, displayName: t.name }));
  const tutors = new Set((await holders(tx, 'tutor')).map((h) => h.id));
  const own = teaching.filter((t) => tutors.has(t.id));
  return own.length > 0 ? own : teaching;
}

/** SAN-26. */
async function headsOf(tx: Tx, { yearGroup }: Person): Promise<Somebody[]> {
  if (yearGroup === null) return [];
  return tx
    .selectFrom('year_head as y')
    .innerJoin('person as p', 'p.id', 'y.person_id')
    .select(['p.id', 'p.display_name as displayName'])
    .where('y.year_group', '=', yearGroup)
    .where('y.ended_at', 'is', null)
    .where('p.left_on', 'is', null)
    .execute();
}

/** The first of these roles that anybody holds from whom the case is not kept. */
async function firstHolder(tx: Tx, roles: readonly string[], fit: (id: string) => boolean): Promise<Somebody[]> {
  for (const role of roles) {
    const free = (await holders(tx, role)).filter((h) => fit(h.id));
    if (free.length > 0) return free;
  }
  return [];
}

const ROLES: Readonly<Partial<Record<To, readonly string[]>>> = {
  head: ['head'],
  technical: ['filter-approver', 'ict-manager'],
  accounts: ['administrator', 'ict-manager'],
  'data-protection': ['data-protection-officer', 'head'],
};

/** Whom a task goes to, where the decision does not name somebody; undefined where nobody is known. */
export async function doerOf(
  tx: Tx,
  to: To,
  about: Person,
  manager: string,
  keptFrom: readonly string[],
): Promise<string | undefined> {
  const fit = (id: string) => !keptFrom.includes(id);
  if (to === 'case') return manager;
  const found =
    to === 'tutor'
      ? await tutorsOf(tx, about)
      : to === 'year-head'
        ? await headsOf(tx, about)
        : await firstHolder(tx, ROLES[to] ?? [], fit);
  return found.find((p) => fit(p.id))?.id;
}
