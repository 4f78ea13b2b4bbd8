import { sql } from 'kysely';
import { conflict, invalid, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { GIVEN_ROLES, NEVER_EMPTY, roleTitle, WATCHED, whyNotRole } from './roles.rules.ts';

export interface Holder {
  readonly id: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly rank: 'holder' | 'deputy';
}

/** Who holds a role now, the holder before deputies, in the order in which they took it on. Leavers are not among them. */
export const holders = (tx: Tx, role: string, rank?: 'holder' | 'deputy'): Promise<Holder[]> =>
  tx
    .selectFrom('role_holding as r')
    .innerJoin('person as p', 'p.id', 'r.person_id')
    .select(['p.id', 'p.display_name as displayName', 'p.email', 'r.rank'])
    .where('r.role', '=', role)
    .where('r.until_at', 'is', null)
    .$if(rank !== undefined, (q) => q.where('r.rank', '=', rank ?? 'holder'))
    .where((e) => e.or([e('p.left_on', 'is', null), e('p.left_on', '>', sql<string>`current_date`)]))
    .orderBy(sql`r.rank = 'deputy'`)
    .orderBy('r.from_at')
    .execute();

/** Give a role. Those who keep watch over children are told of every change in who may see what they see. */
export async function assignRole(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: { readonly person: string; readonly role: string; readonly rank: 'holder' | 'deputy' },
): Promise<void> {
  const role = GIVEN_ROLES.find((r) => r === input.role);
  if (!role) throw invalid('role.unknown', 'Choose one of the roles in the list.', { role: 'Choose a role' });
  await lockRoles(tx, by.school);
  const person = await tx
    .selectFrom('person')
    .select(['kind', 'left_on'])
    .where('id', '=', input.person)
    .executeTakeFirst();
  if (!person) throw notFound('that person');
  if (person.left_on !== null)
    throw conflict('role.left', 'This person has left, or is about to, and cannot take a role.');
  const why = whyNotRole(role, person.kind, await rolesHeld(tx, input.person));
  if (why) throw conflict('role.refused', why);

  const now = deps.clock.now();
  await tx
    .insertInto('role_holding')
    .values({
      school_id: by.school,
      person_id: input.person,
      role,
      rank: input.rank,
      from_at: new Date(now),
      assigned_by: by.person,
    })
    .execute();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'role.assign',
    object: { kind: 'person', id: input.person },
    detail: { role, rank: input.rank },
    at: now,
  });
  if (by.person) {
    await tellSafeguarding(tx, by.school, input.person, [role], {
      subject: 'Gatehouse: a role has been given',
      what: `Somebody has been given the role “${roleTitle(role)}” in Gatehouse, which carries access to sensitive information.`,
    });
  }
}

/** The roles a person holds now. */
export const rolesHeld = async (tx: Tx, person: string): Promise<string[]> =>
  (
    await tx
      .selectFrom('role_holding')
      .select('role')
      .where('person_id', '=', person)
      .where('until_at', 'is', null)
      .execute()
  ).map((h) => h.role);

/**
 * Tell those who keep watch over children what was done to the account of somebody with one of these roles; nothing
 * where none of them is watched. The letter names nobody: it may be read over a shoulder.
 */
export async function tellSafeguarding(
  tx: Tx,
  school: string,
  about: string,
  roles: readonly string[],
  letter: { readonly subject: string; readonly what: string },
): Promise<void> {
  if (!WATCHED.some((r) => roles.includes(r))) return;
  const watchers = [...(await holders(tx, 'dsl')), ...(await holders(tx, 'head'))];
  for (const { id, email } of new Map(watchers.map((w) => [w.id, w])).values()) {
    if (!email || id === about) continue;
    await post(tx, {
      school,
      recipient: id,
      address: email,
      subject: letter.subject,
      body: `${letter.what} Sign in and open People to see who it is. If you did not expect this, speak to the head today.\n`,
      about: { kind: 'person', id: about },
    });
  }
}

/** End a holding. The last administrator and the last safeguarding lead cannot be taken away: name another first. */
export async function endRole(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: { readonly person: string; readonly holding: string },
): Promise<void> {
  await lockRoles(tx, by.school);
  const holding = await tx
    .selectFrom('role_holding')
    .select(['person_id', 'role', 'rank'])
    .where('id', '=', input.holding)
    .where('person_id', '=', input.person)
    .where('until_at', 'is', null)
    .executeTakeFirst();
  if (!holding) throw notFound('that role');
  await refuseEmptying(tx, holding.person_id, [holding.role]);
  await close(tx, deps, by, holding.person_id, input.holding);
}

/** End all of a leaver's roles. */
export async function endAllRoles(tx: Tx, deps: Deps, by: Context, person: string): Promise<void> {
  await close(tx, deps, by, person);
}

/** Would the school stand without a role it needs if this person's were gone? Those who are about to leave do not count. */
export async function refuseEmptying(tx: Tx, person: string, roles: readonly string[]): Promise<void> {
  for (const role of NEVER_EMPTY.filter((r) => roles.includes(r))) {
    const others = await tx
      .selectFrom('role_holding as r')
      .innerJoin('person as p', 'p.id', 'r.person_id')
      .select('r.id')
      .where('r.role', '=', role)
      .where('r.until_at', 'is', null)
      .where('r.person_id', '!=', person)
      .where('p.left_on', 'is', null)
      .executeTakeFirst();
    if (!others) {
      throw conflict(
        'role.last',
        `This is the only ${roleTitle(role).toLowerCase()}.`,
        'Give the role to somebody else first, then end it here.',
      );
    }
  }
}

/** Changes of roles happen one after the other, so that two administrators cannot remove each other at once. */
export async function lockRoles(tx: Tx, school: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('gatehouse.roles'), hashtext(${school}))`.execute(tx);
}

async function close(tx: Tx, deps: Deps, by: Context, person: string, holding?: string): Promise<void> {
  const now = deps.clock.now();
  const ended = await tx
    .updateTable('role_holding')
    .set({ until_at: new Date(now), ended_by: by.person })
    .where('person_id', '=', person)
    .where('until_at', 'is', null)
    .$if(holding !== undefined, (q) => q.where('id', '=', holding ?? ''))
    .returning(['role', 'rank'])
    .execute();
  for (const { role, rank } of ended) {
    await record(tx, {
      school: by.school,
      actor: by.person,
      action: 'role.end',
      object: { kind: 'person', id: person },
      detail: { role, rank },
      at: now,
    });
  }
  const roles = ended.map((e) => e.role);
  await tellSafeguarding(tx, by.school, person, roles, {
    subject: 'Gatehouse: a role has ended',
    what: `Somebody no longer holds ${roles.map((r) => `the role “${roleTitle(r)}”`).join(' and ')} in Gatehouse.`,
  });
}
