import { dayIn } from '#core/days.ts';
import { invalid } from '#core/errors.ts';
import { type Context, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { PERSON_KINDS, type PersonKind } from '#policy/types.ts';
import { ADDRESS_TRIES, FREE_TRIES, passwordFaults, restAfter } from './password.rules.ts';
import { hashPassword, newFirstPassword, RANDOM, verifyPassword } from './password-hash.ts';
import { identityPolicy, passwordsFrom, schoolCalendar } from './policy.store.ts';
import { isRefusedHere } from './refusals.store.ts';

export interface Try {
  readonly school: string;
  readonly username: string;
  readonly password: string;
  readonly address: string;
  readonly via: 'page' | 'proxy';
  /** What the browser shows of its place, where it has one (refusals.store.ts). */
  readonly browser?: Buffer | undefined;
}

type Outcome =
  | 'ok'
  | 'wrong-password'
  | 'must-change'
  | 'locked'
  | 'left'
  | 'no-notice'
  | 'unknown'
  | 'too-many'
  | 'not-here';
export type TryResult =
  | { readonly outcome: 'ok'; readonly person: string; readonly mustChange: 'first' | 'due' | null }
  | { readonly outcome: Exclude<Outcome, 'ok'>; readonly person: string | null };

/**
 * Is this the person's password? A try is counted as wrong before the password is looked at and taken back when it was
 * right, so that a hundred tries at once are no more than a hundred in a row. The slow hash runs outside the
 * transactions, and also when its answer cannot matter: the time says nothing (password-hash.ts).
 */
export async function tryCredentials(deps: Deps, t: Try): Promise<TryResult> {
  const context = systemContext(t.school);
  const now = deps.clock.now();
  const found = await deps.db.in(context, (tx) => reserveTry(tx, t, now));
  const right = await verifyPassword(t.password, found.hash);
  return deps.db.in(context, async (tx) => {
    const result: TryResult =
      found.refused ?? (right ? await admit(tx, t, found, now) : { outcome: 'wrong-password', person: found.person });
    await tx
      .insertInto('sign_in_attempt')
      .values({
        school_id: t.school,
        person_id: result.person,
        at: new Date(now),
        address: t.address,
        via: t.via,
        outcome: result.outcome,
      })
      .execute();
    return result;
  });
}

/**
 * For the proxy: whose credentials these are, or null. A first password opens nothing there (IDA-03), nor one whose time is
 * over (IDA-04), nor any before its owner has accepted the monitoring notice on the sign-in page, since a proxy cannot show
 * it (MON-04).
 */
export async function verifyCredentials(deps: Deps, t: Try): Promise<string | null> {
  const result = await tryCredentials(deps, t);
  return result.outcome === 'ok' ? result.person : null;
}

interface Reserved {
  readonly person: string | null;
  readonly kind?: PersonKind;
  readonly hash: string | null;
  readonly refused: TryResult | null;
}

async function reserveTry(tx: Tx, t: Try, now: number): Promise<Reserved> {
  const refused = (outcome: Exclude<Outcome, 'ok'>, person: string | null, hash: string | null = null) => ({
    person,
    hash,
    refused: { outcome, person },
  });
  const tries = await tx
    .selectFrom('sign_in_attempt')
    .select((e) => e.fn.countAll<string>().as('wrong'))
    .where('address', '=', t.address)
    .where('outcome', '!=', 'ok')
    .where('at', '>', new Date(now - ADDRESS_TRIES.within))
    .executeTakeFirstOrThrow();
  if (Number(tries.wrong) >= ADDRESS_TRIES.count) return refused('too-many', null);

  const row = await tx
    .selectFrom('person')
    .innerJoin('credential', 'credential.person_id', 'person.id')
    .innerJoin('school', 'school.id', 'person.school_id')
    .select(['person.id', 'kind', 'left_on', 'password_hash', 'failed_count', 'locked_until', 'school.time_zone'])
    .where('username', '=', t.username.trim().toLowerCase())
    .forUpdate('credential')
    .executeTakeFirst();
  if (!row) return refused('unknown', null);
  if (row.left_on !== null && row.left_on <= dayIn(row.time_zone, now))
    return refused('left', row.id, row.password_hash);
  if (row.locked_until && row.locked_until.getTime() > now) return refused('locked', row.id, row.password_hash);

  const failed = row.failed_count + 1;
  await tx
    .updateTable('credential')
    .set({
      failed_count: failed,
      locked_until: failed >= FREE_TRIES ? new Date(now + restAfter(failed)) : null,
    })
    .where('person_id', '=', row.id)
    .execute();
  return { person: row.id, kind: row.kind, hash: row.password_hash, refused: null };
}

/** The password was right: take the counted try back, unless it is one that opens nothing here. */
async function admit(tx: Tx, t: Try, found: Reserved, now: number): Promise<TryResult> {
  const person = found.person ?? '';
  const row = await tx
    .updateTable('credential')
    .set({ failed_count: 0, locked_until: null })
    .where('person_id', '=', person)
    // A password that was changed while it was being checked is no longer the right one.
    .where('password_hash', '=', found.hash)
    .returning(['must_change', 'first_used_at', 'changed_at', 'notice_version'])
    .executeTakeFirst();
  if (!row) return { outcome: 'wrong-password', person };
  if (found.kind && (await isRefusedHere(tx, found.kind, t))) return { outcome: 'not-here', person };
  if (row.must_change) {
    if (t.via === 'proxy' || row.first_used_at) return { outcome: 'must-change', person };
    await tx
      .updateTable('credential')
      .set({ first_used_at: new Date(now) })
      .where('person_id', '=', person)
      .execute();
  }
  const from = row.must_change ? null : await passwordsFrom(tx, now, found.kind);
  const due = from !== null && row.changed_at < from;
  // It stays good for the change form however often that is left without choosing: its owner alone knows it.
  if (due && t.via === 'proxy') return { outcome: 'must-change', person };
  if (t.via === 'proxy' && row.notice_version === null && (await identityPolicy(tx, now)).notice) {
    return { outcome: 'no-notice', person };
  }
  return { outcome: 'ok', person, mustChange: row.must_change ? 'first' : due ? 'due' : null };
}

const KEPT_HASHES = 4;

/** Take a new password of somebody's own choosing, under the policy's rules (IDA-06); an old one is not taken again. */
export async function setPassword(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: { readonly person: string; readonly password: string },
): Promise<void> {
  const now = deps.clock.now();
  const { passwords } = await identityPolicy(tx, now);
  const row = await tx
    .selectFrom('person')
    .leftJoin('credential', 'credential.person_id', 'person.id')
    .select(['username', 'password_hash', 'previous_hashes'])
    .where('person.id', '=', input.person)
    .executeTakeFirstOrThrow();
  const faults = passwordFaults(input.password, passwords, row.username);
  if (faults.length > 0) {
    throw invalid('password.weak', 'Choose a stronger password.', { password: `It needs ${faults.join('; ')}.` });
  }
  const before = [row.password_hash, ...(row.previous_hashes ?? [])].filter((h) => h !== null);
  for (const hash of before) {
    if (await verifyPassword(input.password, hash)) {
      throw invalid('password.reused', 'Choose a password that you have not used here before.', {
        password: 'This password was used before.',
      });
    }
  }
  const values = {
    password_hash: await hashPassword(input.password),
    must_change: false,
    changed_at: new Date(now),
    first_used_at: null,
    previous_hashes: before.slice(0, KEPT_HASHES),
    failed_count: 0,
    locked_until: null,
  };
  await tx
    .insertInto('credential')
    .values({ person_id: input.person, school_id: by.school, ...values })
    .onConflict((c) => c.column('person_id').doUpdateSet(values))
    .execute();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'password.change',
    object: { kind: 'person', id: input.person },
    at: now,
  });
}

/** Is the password this person's own choice, and not one they were given? */
export const hasChosenPassword = async (tx: Tx, person: string): Promise<boolean> =>
  (await tx.selectFrom('credential').select('must_change').where('person_id', '=', person).executeTakeFirst())
    ?.must_change === false;

/** Give a new first password in place of whatever there was. It is returned to be shown once and kept only as a hash. */
export async function giveFirstPassword(tx: Tx, deps: Deps, by: Context, person: string): Promise<string> {
  const password = newFirstPassword();
  const hash = await hashPassword(password, RANDOM);
  const before = await tx
    .selectFrom('credential')
    .select(['password_hash', 'previous_hashes'])
    .where('person_id', '=', person)
    .forUpdate()
    .executeTakeFirst();
  const values = {
    password_hash: hash,
    must_change: true,
    changed_at: new Date(deps.clock.now()),
    first_used_at: null,
    previous_hashes: before ? [before.password_hash, ...before.previous_hashes].slice(0, KEPT_HASHES) : [],
    failed_count: 0,
    locked_until: null,
  };
  await tx
    .insertInto('credential')
    .values({ person_id: person, school_id: by.school, ...values })
    .onConflict((c) => c.column('person_id').doUpdateSet(values))
    .execute();
  return password;
}

/** How far the change of passwords that the policy orders has come (IDA-04, CAL-01); null where it orders none. */
export async function overduePasswords(
  tx: Tx,
  now: number,
): Promise<{ readonly since: Date | null; readonly overdue: number; readonly people: number } | null> {
  const { rotation } = (await identityPolicy(tx, now)).passwords;
  if (!rotation) return null;
  const since = await passwordsFrom(tx, now);
  const today = dayIn((await schoolCalendar(tx)).timeZone, now);
  const { people, overdue } = await tx
    .selectFrom('credential')
    .innerJoin('person', 'person.id', 'credential.person_id')
    .select((e) => [
      e.fn.countAll<string>().as('people'),
      e.fn
        .countAll<string>()
        .filterWhere('changed_at', '<', since ?? new Date(0))
        .as('overdue'),
    ])
    .where((e) => e.or([e('left_on', 'is', null), e('left_on', '>', today)]))
    .where('kind', 'in', rotation.for ?? PERSON_KINDS)
    .executeTakeFirstOrThrow();
  return { since, overdue: Number(overdue), people: Number(people) };
}
