import { dayIn } from '#core/days.ts';
import { invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { refuseBeyondReach } from './accounts.service.ts';
import { setClasses } from './classes.service.ts';
import { hashPassword, newFirstPassword, RANDOM } from './password-hash.ts';
import { type NewPerson, type PersonInput, readPerson } from './people.rules.ts';
import { peopleByUsername, personById } from './people.store.ts';
import { tellSafeguarding } from './roles.letters.ts';
import { WATCHED } from './roles.rules.ts';
import { rolesHeld } from './roles.store.ts';

export interface CreatedPerson {
  readonly id: string;
  readonly username: string;
  readonly firstPassword: string;
}

/** Rows in one INSERT; PostgreSQL takes 65,535 parameters. */
const CHUNK = 1000;

/** Make people with a first password each, which is returned once and kept only as a hash (IDA-01, IDA-03). */
export async function createPeople(
  tx: Tx,
  deps: Deps,
  by: Context,
  people: readonly NewPerson[],
): Promise<CreatedPerson[]> {
  const now = deps.clock.now();
  const { time_zone } = await tx.selectFrom('school').select('time_zone').executeTakeFirstOrThrow();
  const made: CreatedPerson[] = [];
  for (let at = 0; at < people.length; at += CHUNK) {
    const chunk = people.slice(at, at + CHUNK);
    const created = await Promise.all(
      chunk.map(async (p) => {
        const firstPassword = newFirstPassword();
        return { p, id: newId(now), firstPassword, hash: await hashPassword(firstPassword, RANDOM) };
      }),
    );
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('person')
      .values(
        created.map(({ p, id }) => ({
          id,
          school_id: by.school,
          username: p.username.toLowerCase(),
          display_name: p.displayName,
          kind: p.kind,
          year_group: p.yearGroup ?? null,
          group_name: p.groupName ?? null,
          email: p.email ?? null,
          joined_on: dayIn(time_zone, now),
          created_at: new Date(now),
        })),
      )
      .onConflict((c) => c.columns(['school_id', 'username']).doNothing())
      .executeTakeFirstOrThrow();
    if (Number(numInsertedOrUpdatedRows) !== chunk.length) throw usernameTaken();
    await tx
      .insertInto('credential')
      .values(
        created.map(({ id, hash }) => ({
          person_id: id,
          school_id: by.school,
          password_hash: hash,
          changed_at: new Date(now),
        })),
      )
      .execute();
    for (const { p, id } of created) if (p.classes) await setClasses(tx, deps, by, id, p.classes);
    made.push(...created.map(({ p, id, firstPassword }) => ({ id, username: p.username, firstPassword })));
  }
  await bumpSnapshot(tx, by.school);
  return made;
}

const usernameTaken = () =>
  invalid('person.username-taken', 'Somebody already has this username.', {
    username: 'This username is taken, also by people who have left: every username belongs to one person for good',
  });

/** Make one person. */
export async function createPerson(
  tx: Tx,
  deps: Deps,
  by: Context,
  person: NewPerson,
): Promise<{ id: string; firstPassword: string }> {
  const [made] = await createPeople(tx, deps, by, [person]);
  if (!made) throw new Error('nobody was made');
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'person.create',
    object: { kind: 'person', id: made.id },
    detail: { kind: person.kind, yearGroup: person.yearGroup ?? null },
    text: { username: person.username, displayName: person.displayName },
    at: deps.clock.now(),
  });
  return { id: made.id, firstPassword: made.firstPassword };
}

/** The form "Add a person". */
export function addPerson(
  deps: Deps,
  viewer: Viewer,
  input: PersonInput,
): Promise<{ id: string; firstPassword: string }> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const read = readPerson(input);
    if ('faults' in read) throw invalid('person.invalid', 'Look at the marked fields.', read.faults);
    if ((await peopleByUsername(tx, [read.person.username])).length > 0) throw usernameTaken();
    return createPerson(tx, deps, by, read.person);
  });
}

/** Change what is known of a person. The username and the kind stay: they are who the records are about. */
export function updatePerson(
  deps: Deps,
  viewer: Viewer,
  id: string,
  input: Pick<PersonInput, 'displayName' | 'yearGroup' | 'groupName' | 'email'>,
): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const person = await personById(tx, id);
    if (!person) throw notFound('that person');
    await refuseBeyondReach(tx, viewer, id);
    const read = readPerson({ ...input, username: person.username, kind: person.kind });
    if ('faults' in read) throw invalid('person.invalid', 'Look at the marked fields.', read.faults);
    await changePerson(tx, deps, by, id, read.person);
    await bumpSnapshot(tx, by.school);
  });
}

/** Write changed details, with the ledger's entry. */
export async function changePerson(tx: Tx, deps: Deps, by: Context, id: string, p: NewPerson): Promise<void> {
  if (p.email !== undefined) await tellOfNewAddress(tx, by, id, p.email);
  await tx
    .updateTable('person')
    .set({
      display_name: p.displayName,
      year_group: p.yearGroup ?? null,
      group_name: p.groupName,
      email: p.email,
    })
    .where('id', '=', id)
    .execute();
  if (p.classes) await setClasses(tx, deps, by, id, p.classes);
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'person.update',
    object: { kind: 'person', id },
    detail: { yearGroup: p.yearGroup ?? null },
    text: { displayName: p.displayName },
    at: deps.clock.now(),
  });
}

/** Letters about an account, alerts among them, go to its address: where that is watched, changing it is told at the old one too. */
async function tellOfNewAddress(tx: Tx, by: Context, id: string, email: string | null): Promise<void> {
  const before = (await personById(tx, id))?.email ?? null;
  if (before === email || by.person === id) return;
  const roles = await rolesHeld(tx, id);
  await tellSafeguarding(tx, by.school, id, roles, {
    subject: 'Gatehouse: an e-mail address was changed',
    what: 'An administrator has changed the e-mail address of somebody whose role carries access to sensitive information. Letters to them go to the new address.',
  });
  if (!before || !WATCHED.some((r) => roles.includes(r))) return;
  await post(tx, {
    school: by.school,
    recipient: id,
    address: before,
    subject: 'Your e-mail address in Gatehouse was changed',
    body: 'Letters from Gatehouse, alerts among them, no longer go to this address. If you did not ask for this, tell your head or your safeguarding lead today.\n',
    about: { kind: 'person', id },
  });
}
