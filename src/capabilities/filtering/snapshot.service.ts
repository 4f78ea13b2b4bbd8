import { dayIn } from '#core/days.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { SchoolSettings } from '#platform/schema.ts';
import {
  type GatewaySettings,
  type PolicyDocument,
  profileFor,
  type Snapshot,
  safetyFor,
  seal,
  UNIDENTIFIED,
} from '#policy/index.ts';
import { isSingle, registeredAddresses } from '#rooms/devices/index.ts';
import { liveHoldings, presence } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { liveOrders } from './access/orders.ts';
import { liveChanges } from './changes/changes.snapshot.ts';
import { newestVersion } from './lists.service.ts';

/** What gateways obey where the school has set nothing else. */
export const gatewaySettings = (settings: SchoolSettings): GatewaySettings => ({
  dnsBlock: settings.dnsBlock ?? 'page',
  allowedPrivate: settings.allowedPrivate ?? [],
  proxySignIn: settings.proxySignIn ?? 'accept',
});

/** Numbers of the newest snapshot and presence of the school. */
export async function newestNumbers(tx: Tx): Promise<{ snapshot: number; presence: number }> {
  const row = await tx.selectFrom('school').select(['snapshot_number', 'presence_number']).executeTakeFirstOrThrow();
  return { snapshot: Number(row.snapshot_number), presence: Number(row.presence_number) };
}

/**
 * Everything a gateway needs, as it is now; null while no policy is in force, and then gateways deny. The number is read
 * first: should something change meanwhile, the snapshot is newer than its number says, and the change has its own.
 */
export async function buildSnapshot(tx: Tx, deps: Deps): Promise<Snapshot | null> {
  const school = await tx
    .selectFrom('school')
    .select(['id', 'name', 'time_zone', 'snapshot_number', 'settings'])
    .executeTakeFirstOrThrow();
  const policy = await policyInForce(tx, deps.clock.now());
  if (!policy) return null;
  const people = await peopleOf(tx, policy.document, deps.clock.now(), school.time_zone);
  const addresses = (await registeredAddresses(tx)).map(({ id, cidr, person, profile }) => ({
    cidr,
    person,
    profile: profile ?? people[person ?? '']?.profile ?? UNIDENTIFIED,
    device: isSingle(cidr) ? id : null,
  }));
  return {
    format: 1,
    school: { id: school.id, name: school.name },
    number: Number(school.snapshot_number),
    issuedAt: deps.clock.now(),
    pagesUrl: deps.config.pagesUrl,
    policy: policy.compiled,
    index: (await newestVersion(tx))?.sha256 ?? null,
    people,
    addresses,
    settings: { ...gatewaySettings(school.settings), safety: safetyFor(policy.document, policy.compiled) },
    changes: [
      ...(await liveChanges(tx, deps.clock.now(), policy.document, school.time_zone)),
      ...(await liveOrders(tx, deps, school.time_zone)),
    ],
  };
}

/** Whoever is at the school on that day, by the school's own calendar, with the profile the policy gives them. */
async function peopleOf(
  tx: Tx,
  document: PolicyDocument,
  now: number,
  timeZone: string,
): Promise<Record<string, { profile: string }>> {
  const day = dayIn(timeZone, now);
  const rows = await tx
    .selectFrom('person')
    .select(['id', 'kind', 'year_group as year', 'group_name as group'])
    .where((e) => e.or([e('left_on', 'is', null), e('left_on', '>', day)]))
    .execute();
  const held = Map.groupBy(await liveHoldings(tx, now), (h) => h.person);
  return Object.fromEntries(
    rows.map(({ id, ...person }) => {
      const roles = (held.get(id) ?? []).map((h) => h.role);
      return [id, { profile: profileFor(document, { ...person, roles }) }];
    }),
  );
}

/** The newest sealed snapshot of each school: every gateway gets the same bytes. */
const sealed = new Map<string, { number: number; text: string }>();

/** The snapshot as gateways take it. */
export function sealedSnapshot(deps: Deps, school: string): Promise<string | null> {
  return deps.db.in(systemContext(school), async (tx) => {
    const { snapshot: number } = await newestNumbers(tx);
    const have = sealed.get(school);
    if (have?.number === number) return have.text;
    const snapshot = await buildSnapshot(tx, deps);
    if (!snapshot) return null;
    const text = seal(snapshot, await signingKey(tx));
    sealed.set(school, { number: snapshot.number, text });
    return text;
  });
}

/** Who is signed in where, as gateways take it. */
export function sealedPresence(deps: Deps, school: string): Promise<string> {
  return deps.db.in(systemContext(school), async (tx) => {
    const { presence: number } = await newestNumbers(tx);
    const now = deps.clock.now();
    const part = { format: 1, number, issuedAt: now, sessions: await presence(tx, now) } as const;
    return seal(part, await signingKey(tx));
  });
}

const signingKey = async (tx: Tx): Promise<string> =>
  (await tx.selectFrom('installation').select('signing_private').executeTakeFirstOrThrow()).signing_private;
