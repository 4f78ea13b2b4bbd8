import { sql } from 'kysely';
import { conflict, invalid, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { type Person, peopleByUsername } from './people.store.ts';

/** A parent and a child who belong together; both are here. */
export interface ParentLink {
  readonly id: string;
  readonly parent: { readonly id: string; readonly name: string; readonly username: string };
  readonly child: {
    readonly id: string;
    readonly name: string;
    readonly username: string;
    readonly group: string | null;
    readonly year: number | null;
  };
}

/** Every link that holds, by the child's name; row security leaves a parent only their own. */
export async function parentLinks(tx: Tx, only: { readonly parent?: string } = {}): Promise<ParentLink[]> {
  const rows = await tx
    .selectFrom('parent_link as l')
    .innerJoin('person as p', 'p.id', 'l.parent_id')
    .innerJoin('person as c', 'c.id', 'l.child_id')
    .select(['l.id', 'p.id as parent', 'p.display_name as parentName', 'p.username as parentUsername'])
    .select(['c.id as child', 'c.display_name as childName', 'c.username as childUsername'])
    .select(['c.group_name as group', 'c.year_group as year'])
    .where('l.ended_at', 'is', null)
    .where((e) =>
      e.and(
        (['p', 'c'] as const).map((t) =>
          e.or([e(`${t}.left_on`, 'is', null), e(`${t}.left_on`, '>', sql<string>`current_date`)]),
        ),
      ),
    )
    .$if(only.parent !== undefined, (q) => q.where('l.parent_id', '=', only.parent ?? ''))
    .orderBy('c.display_name')
    .orderBy('p.display_name')
    .execute();
  return rows.map((r) => ({
    id: r.id,
    parent: { id: r.parent, name: r.parentName, username: r.parentUsername },
    child: { id: r.child, name: r.childName, username: r.childUsername, group: r.group, year: r.year },
  }));
}

/** PAR-08: the children of whoever is signed in, and nobody else's. */
export const childrenOf = async (tx: Tx, parent: string): Promise<ParentLink['child'][]> =>
  (await parentLinks(tx, { parent })).map((l) => l.child);

const MOST_LINES = 5000;

interface Pair {
  readonly line: number;
  readonly parent: string;
  readonly child: string;
}

/** One pair of usernames to a line, with a comma, semicolon or tab between; a first line of headings is passed over. */
export function readPairs(text: string): { pairs: Pair[]; faults: string[] } {
  const pairs: Pair[] = [];
  const faults: string[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, i) => {
    const cells = raw.split(/[,;\t]/).map((c) =>
      c
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim()
        .toLowerCase(),
    );
    const [parent = '', child = '', ...rest] = cells;
    if (cells.every((c) => c === '') || (i === 0 && parent === 'parent')) return;
    if (!parent || !child || rest.some((c) => c !== '')) {
      faults.push(`Line ${i + 1}: write the parent’s username, a comma, and the child’s.`);
    } else pairs.push({ line: i + 1, parent, child });
  });
  return { pairs, faults };
}

/** Link what each line says, all of it or nothing; what is linked already stays. Returns how many are new. */
export function linkParents(deps: Deps, viewer: Viewer, text: string): Promise<number> {
  const { pairs, faults } = readPairs(text);
  if (pairs.length + faults.length === 0)
    throw refused(['Write at least one line: a parent’s username and a child’s.']);
  if (pairs.length > MOST_LINES) throw refused([`Use at most ${MOST_LINES.toLocaleString('en-GB')} lines at a time.`]);
  return deps.db.in(contextOf(viewer), async (tx) => {
    const found = await peopleByUsername(tx, [...new Set(pairs.flatMap((p) => [p.parent, p.child]))]);
    const people = new Map(found.map((p) => [p.username, p]));
    const wrong = pairs.flatMap(({ line, parent, child }) => [
      ...why(line, parent, people.get(parent), 'parent'),
      ...why(line, child, people.get(child), 'pupil'),
    ]);
    if (faults.length + wrong.length > 0) throw refused([...faults, ...wrong]);
    const at = new Date(deps.clock.now());
    const rows = pairs.map((p) => ({
      school_id: viewer.school.id,
      parent_id: people.get(p.parent)?.id ?? '',
      child_id: people.get(p.child)?.id ?? '',
      linked_by: viewer.person.id,
      linked_at: at,
    }));
    const made = await tx
      .insertInto('parent_link')
      .values(rows)
      .onConflict((c) => c.columns(['parent_id', 'child_id']).where('ended_at', 'is', null).doNothing())
      .returning(['id', 'parent_id', 'child_id'])
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'parents.link',
      object: { kind: 'school', id: viewer.school.id },
      detail: { links: made.map((m) => [m.id, m.parent_id, m.child_id]) },
      at: at.getTime(),
    });
    return made.length;
  });
}

function why(line: number, username: string, person: Person | undefined, kind: 'parent' | 'pupil'): string[] {
  if (!person || person.leftOn !== null) return [`Line ${line}: nobody here has the username “${username}”.`];
  return person.kind === kind ? [] : [`Line ${line}: “${username}” is not a ${kind}’s account.`];
}

const SHOWN = 10;
function refused(faults: readonly string[]) {
  const more = faults.length > SHOWN ? ` And ${faults.length - SHOWN} more.` : '';
  return invalid('parents.lines', 'Nothing was linked yet.', { pairs: `${faults.slice(0, SHOWN).join(' ')}${more}` });
}

/** They no longer belong together here: the parent reads nothing about the child from now on. */
export function endParentLink(deps: Deps, viewer: Viewer, id: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const link = (await parentLinks(tx)).find((l) => l.id === id);
    if (!link) throw notFound('this link');
    const done = await tx
      .updateTable('parent_link')
      .set({ ended_by: viewer.person.id, ended_at: new Date(deps.clock.now()) })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    if (done.numUpdatedRows === 0n) throw conflict('parents.ended', 'This link has ended already.');
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'parents.unlink',
      object: { kind: 'parent_link', id },
      detail: { parent: link.parent.id, child: link.child.id },
      at: deps.clock.now(),
    });
  });
}
