import { conflict, invalid, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { allTeaching, classSizes } from './classes.store.ts';
import { peopleByUsername } from './people.store.ts';

/** Write down that somebody teaches a class. It opens the live view of that class to them, so it stands in the ledger. */
export function giveClass(
  deps: Deps,
  viewer: Viewer,
  input: { readonly group: string; readonly username: string },
): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const known = (await classSizes(tx)).some((c) => c.group === input.group);
    const [person] = await peopleByUsername(tx, [input.username.trim().toLowerCase()]);
    const teaches = person?.kind === 'staff' && person.leftOn === null;
    if (!known || !person || !teaches) {
      throw invalid('class.input', 'Look at the marked fields.', {
        ...(!known && { group: 'Choose a class that has pupils' }),
        ...(!teaches && { username: 'Enter the username of somebody who works here' }),
      });
    }
    const already = (await allTeaching(tx)).some((t) => t.group === input.group && t.person === person.id);
    if (already) throw conflict('class.already', 'They teach this class already.');
    await give(tx, deps, by, person.id, input.group);
  });
}

/** Somebody does not teach a class any more. */
export function endClass(deps: Deps, viewer: Viewer, id: string): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const teaching = (await allTeaching(tx)).find((t) => t.id === id);
    if (!teaching) throw notFound('this class');
    await end(tx, deps, by, teaching);
  });
}

/** Make somebody's classes these and no others, as a file says them. */
export async function setClasses(
  tx: Tx,
  deps: Deps,
  by: Context,
  person: string,
  groups: readonly string[],
): Promise<void> {
  const now = (await allTeaching(tx)).filter((t) => t.person === person);
  for (const teaching of now) if (!groups.includes(teaching.group)) await end(tx, deps, by, teaching);
  for (const group of groups) if (!now.some((t) => t.group === group)) await give(tx, deps, by, person, group);
}

async function give(tx: Tx, deps: Deps, by: Context, person: string, group: string): Promise<void> {
  await tx
    .insertInto('class_teacher')
    .values({
      school_id: by.school,
      group_name: group,
      person_id: person,
      from_at: new Date(deps.clock.now()),
      given_by: by.person,
    })
    .execute();
  await note(tx, deps, by, 'class.give', person, group);
}

async function end(tx: Tx, deps: Deps, by: Context, t: { id: string; person: string; group: string }): Promise<void> {
  await tx
    .updateTable('class_teacher')
    .set({ ended_at: new Date(deps.clock.now()), ended_by: by.person })
    .where('id', '=', t.id)
    .execute();
  await note(tx, deps, by, 'class.end', t.person, t.group);
}

const note = (tx: Tx, deps: Deps, by: Context, action: string, person: string, group: string): Promise<void> =>
  record(tx, {
    school: by.school,
    actor: by.person,
    action,
    object: { kind: 'person', id: person },
    detail: { class: group },
    at: deps.clock.now(),
  });
