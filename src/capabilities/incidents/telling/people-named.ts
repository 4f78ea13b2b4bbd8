import type { Tx } from '#platform/db.ts';
import { type Person, searchPeople } from '#rooms/identity/index.ts';

export interface Named {
  /** Of whom there is only one by this name. */
  readonly sure: readonly Person[];
  /** Everybody it could be: a report is kept from them all, since it may be about any. */
  readonly possible: readonly Person[];
}

const MOST = 20;
const MOST_NAMESAKES = 10;
const plain = (name: string) => name.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();

/** The names that somebody wrote, one to a line. */
export const namesIn = (text: string): string[] =>
  [...new Set(text.split(/[\n,;]+/).map((n) => n.replace(/\s+/g, ' ').trim()))].filter((n) => n !== '').slice(0, MOST);

/** People of the school who are called exactly so. Whoever wrote the names learns nothing of what was found. */
export async function peopleNamed(tx: Tx, text: string): Promise<Named> {
  const sure = new Map<string, Person>();
  const possible = new Map<string, Person>();
  for (const name of namesIn(text)) {
    const found = (await searchPeople(tx, name, { limit: MOST_NAMESAKES })).filter(
      (p) => plain(p.displayName) === plain(name),
    );
    for (const p of found) possible.set(p.id, p);
    if (found.length === 1 && found[0]) sure.set(found[0].id, found[0]);
  }
  return { sure: [...sure.values()], possible: [...possible.values()] };
}
