import { sql } from 'kysely';
import { conflict, invalid, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { identityPolicy } from './policy.store.ts';
import { tellSafeguarding } from './roles.letters.ts';
import { GIVEN_ROLES, NEVER_EMPTY, roleTitle, whyFull, whyNotRole } from './roles.rules.ts';
import { holders, rolesHeld } from './roles.store.ts';

/** Why it is done, as it stands in the role's history; the ledger keeps a digest of it. */
interface Reason {
  readonly because?: string | null;
}

/** Give a role. Those who keep watch over children are told of every change in who may see what they see. */
export async function assignRole(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: { readonly person: string; readonly role: string; readonly rank: 'holder' | 'deputy' } & Reason,
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
  const because = reasonOf(input);
  if (input.rank === 'holder') {
    const { roles } = await identityPolicy(tx, now);
    const full = whyFull(
      role,
      roles,
      (await holders(tx, role, 'holder')).map((h) => h.displayName),
    );
    if (full) {
      throw conflict('role.full', full, 'End it there first, or hand it over in one step on the page Roles.');
    }
  }
  await tx
    .insertInto('role_holding')
    .values({
      school_id: by.school,
      person_id: input.person,
      role,
      rank: input.rank,
      from_at: new Date(now),
      assigned_by: by.person,
      given_because: because,
    })
    .execute();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'role.assign',
    object: { kind: 'person', id: input.person },
    detail: { role, rank: input.rank },
    ...(because && { text: { because } }),
    at: now,
  });
  // A profile may be for those who hold a role (FIL-06).
  await bumpSnapshot(tx, by.school);
  if (by.person) {
    await tellSafeguarding(tx, by.school, input.person, [role], {
      subject: 'Gatehouse: a role has been given',
      what: `Somebody has been given the role “${roleTitle(role)}” in Gatehouse, which carries access to sensitive information.`,
    });
  }
}

/** End a holding. The last administrator and the last safeguarding lead cannot be taken away: name another first. */
export async function endRole(tx: Tx, deps: Deps, by: Context, input: Which & Reason): Promise<void> {
  await lockRoles(tx, by.school);
  const held = await liveHolding(tx, input);
  await refuseEmptying(tx, held.person_id, [held.role]);
  await close(tx, deps, by, held.person_id, { holding: input.holding, because: reasonOf(input) });
}

/**
 * End one person's holding and give it to another in one step, so that the role is never empty between (ROL-09). Whoever
 * was its deputy is that no longer.
 */
export async function handOver(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: Which & Reason & { readonly to: string },
): Promise<void> {
  await lockRoles(tx, by.school);
  const held = await liveHolding(tx, input);
  const { role, rank } = held;
  if (held.person_id === input.to) throw conflict('role.same', 'This person holds the role already.');
  const because = reasonOf(input);
  await close(tx, deps, by, held.person_id, { holding: input.holding, because });
  const deputy = await tx
    .selectFrom('role_holding')
    .select('id')
    .where('person_id', '=', input.to)
    .where('role', '=', role)
    .where('rank', '=', 'deputy')
    .where('until_at', 'is', null)
    .executeTakeFirst();
  if (deputy) await close(tx, deps, by, input.to, { holding: deputy.id, because });
  await assignRole(tx, deps, by, { person: input.to, role, rank, because });
}

/** ROL-01: whoever was handed a role says that they take it on. Once is enough. */
export async function acceptRole(tx: Tx, deps: Deps, by: Context, which: Which): Promise<void> {
  if (!by.person) throw notFound('that role');
  const { holding } = which;
  const held = await liveHolding(tx, { ...which, person: by.person });
  const now = deps.clock.now();
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('role_acceptance')
    .values({ holding_id: holding, school_id: by.school, person_id: by.person, at: new Date(now) })
    .onConflict((c) => c.column('holding_id').doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return;
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'role.accept',
    object: { kind: 'person', id: by.person },
    detail: { role: held.role, rank: held.rank },
    at: now,
  });
}

/** A holding, and whose and of which role it is where the page that asks is about them. */
interface Which {
  readonly holding: string;
  readonly person?: string;
  readonly role?: string;
}

async function liveHolding(tx: Tx, { holding, person, role }: Which) {
  const held = await tx
    .selectFrom('role_holding')
    .select(['person_id', 'role', 'rank'])
    .where('id', '=', holding)
    .where('until_at', 'is', null)
    .$if(person !== undefined, (q) => q.where('person_id', '=', person ?? ''))
    .$if(role !== undefined, (q) => q.where('role', '=', role ?? ''))
    .executeTakeFirst();
  if (!held) throw notFound('that role');
  return held;
}

function reasonOf({ because }: Reason): string | null {
  const reason = because?.trim() || null;
  if (reason && reason.length > MAX_REASON) {
    throw invalid('role.because', 'The reason is too long.', { because: `Say it in at most ${MAX_REASON} characters` });
  }
  return reason;
}
const MAX_REASON = 500;

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

async function close(
  tx: Tx,
  deps: Deps,
  by: Context,
  person: string,
  { holding, because }: { readonly holding?: string; readonly because?: string | null } = {},
): Promise<void> {
  const now = deps.clock.now();
  const ended = await tx
    .updateTable('role_holding')
    .set({ until_at: new Date(now), ended_by: by.person, ended_because: because ?? null })
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
      ...(because && { text: { because } }),
      at: now,
    });
  }
  const roles = ended.map((e) => e.role);
  if (roles.length > 0) await bumpSnapshot(tx, by.school);
  await tellSafeguarding(tx, by.school, person, roles, {
    subject: 'Gatehouse: a role has ended',
    what: `Somebody no longer holds ${roles.map((r) => `the role “${roleTitle(r)}”`).join(' and ')} in Gatehouse.`,
  });
}
