import { sql } from 'kysely';
import { conflict, invalid, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { readNetwork } from './network.rules.ts';

export interface RegisteredAddress {
  readonly id: string;
  readonly cidr: string;
  readonly label: string;
  /** One of the two is set. */
  readonly person: string | null;
  readonly profile: string | null;
}

/** Every registered address and subnet, most specific first: the first that holds an address speaks for it. */
export async function registeredAddresses(tx: Tx): Promise<RegisteredAddress[]> {
  const rows = await tx
    .selectFrom('registered_address')
    .select(['id', 'cidr', 'label', 'person_id as person', 'profile'])
    .orderBy(sql`masklen(cidr)`, 'desc')
    .orderBy('cidr')
    .execute();
  return rows;
}

/** For whom an address stands: one person by user name, or everyone there by profile. */
export interface AddressInput {
  readonly cidr: string;
  readonly label: string;
  readonly username?: string;
  readonly profile?: string;
}

/** What the devices room must be told about policy, which comes later in the order of rooms. */
export interface ProfileSource {
  /** Profiles of the policy in force. */
  profiles(tx: Tx, now: number): Promise<readonly { readonly id: string; readonly name: string }[]>;
}

/** Register an address or subnet; gateways know it within seconds. */
export function addAddress(deps: Deps, by: Context, known: ProfileSource, input: AddressInput): Promise<string> {
  const cidr = readNetwork(input.cidr);
  const label = input.label.trim();
  if (label === '') {
    const message = 'Enter a name by which you will know this address, such as "Library computers".';
    throw invalid('devices.label', message, { label: message });
  }
  return deps.db.in(by, async (tx) => {
    const owner = await ownerOf(tx, known, deps.clock.now(), input);
    const row = await tx
      .insertInto('registered_address')
      .values({ school_id: by.school, cidr, label, ...owner })
      .onConflict((c) => c.columns(['school_id', 'cidr']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!row) {
      throw conflict('devices.twice', `${cidr} is registered already.`, 'Remove the entry first, then add it anew.');
    }
    await note(tx, deps, by, 'device.address.add', row.id, { cidr, ...owner });
    return row.id;
  });
}

/** Take an address out again: whoever is there counts as unidentified until they sign in. */
export function removeAddress(deps: Deps, by: Context, id: string): Promise<void> {
  return deps.db.in(by, async (tx) => {
    const row = await tx
      .deleteFrom('registered_address')
      .where('id', '=', id)
      .returning(['cidr', 'person_id', 'profile'])
      .executeTakeFirst();
    if (!row) throw notFound('this address');
    await note(tx, deps, by, 'device.address.remove', id, row);
  });
}

async function ownerOf(tx: Tx, known: ProfileSource, now: number, { username, profile }: AddressInput) {
  const name = username?.trim().toLowerCase() ?? '';
  if ((name !== '') === Boolean(profile)) {
    const message = 'Choose one: a profile for everyone at this address, or the person whose device it is.';
    throw invalid('devices.whose', message, { profile: message });
  }
  if (profile) {
    if ((await known.profiles(tx, now)).some((p) => p.id === profile)) return { profile, person_id: null };
    const message = 'The policy in force has no such profile.';
    throw invalid('devices.profile', message, { profile: message });
  }
  const person = await tx
    .selectFrom('person')
    .select('id')
    .where('username', '=', name)
    .where((eb) => eb.or([eb('left_on', 'is', null), eb('left_on', '>', sql<string>`current_date`)]))
    .executeTakeFirst();
  if (person) return { profile: null, person_id: person.id };
  const message = `Nobody here has the user name "${name}".`;
  throw invalid('devices.person', message, { username: message });
}

async function note(tx: Tx, deps: Deps, by: Context, action: string, id: string, detail: Record<string, unknown>) {
  await record(tx, {
    school: by.school,
    actor: by.person,
    action,
    object: { kind: 'registered_address', id },
    detail,
    at: deps.clock.now(),
  });
  await bumpSnapshot(tx, by.school);
}
