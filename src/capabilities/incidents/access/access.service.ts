import { sql } from 'kysely';
import { HOUR } from '#core/clock.ts';
import { conflict, invalid, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { isSingle, registeredAddresses } from '#rooms/devices/index.ts';
import { endOrder, placeOrder } from '#rooms/filtering/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { provenAddress } from '../computers/index.ts';
import { findOrder, holds, linkOrder, ordersOf } from './access.store.ts';

/** How long an examination's access lasts; no policy says. It can be opened anew as often as the seniors are there. */
export const EXAMINATION_LASTS = 2 * HOUR;

/** The steps of an examination that open access, and for whom. */
export interface Examination {
  readonly case: string;
  readonly computer: string | null;
  /** The seniors who are signed in to the case. */
  readonly people: readonly string[];
}

/**
 * INC-07: for the seniors who are signed in to the case, on its computer where it has just proved itself, everything that
 * may be opened at all is open for a while. What was open before ends; the database ends it with the examination
 * (migrations/0024). A case without such a computer gets no access: its people examine with what they have.
 */
export async function openExamination(deps: Deps, tx: Tx, by: Context, examination: Examination): Promise<void> {
  const now = deps.clock.now();
  const { case: caseId, computer, people } = examination;
  const nobody: string[] = [];
  await sql`select gh_end_examination(${caseId}, ${nobody}::uuid[], ${new Date(now)})`.execute(tx);
  const address = computer && by.person ? await provenAddress(tx, by.person, computer, new Date(now)) : null;
  if (!computer || !address || people.length === 0) return;
  const until = now + EXAMINATION_LASTS;
  const order = await placeOrder(tx, deps, by, { kind: 'examination', people, addresses: [address], from: now, until });
  await linkOrder(tx, by.school, { order, case: caseId, computer });
}

/** Registered addresses that stand for one device, as a form offers them. */
export async function singleAddresses(tx: Tx): Promise<{ value: string; text: string }[]> {
  const all = await registeredAddresses(tx);
  return all.filter((a) => isSingle(a.cidr)).map((a) => ({ value: a.id, text: `${a.label} (${bare(a.cidr)})` }));
}
const bare = (cidr: string): string => cidr.replace(/\/\d+$/, '');

/** INC-19: from that address nothing is reached any more but Gatehouse's own pages, until the device is released. */
export async function isolate(
  deps: Deps,
  tx: Tx,
  by: Context,
  input: { readonly case: string; readonly address: string; readonly device: string },
): Promise<void> {
  const registered = (await registeredAddresses(tx)).find((a) => a.id === input.address && isSingle(a.cidr));
  if (!registered)
    throw invalid('case.isolate.address', 'Choose an address from the list.', { address: 'Choose from the list.' });
  const address = bare(registered.cidr);
  const orders = await ordersOf(tx, input.case);
  const already = orders.some(
    (o) => o.kind === 'isolation' && o.addresses.includes(address) && holds(o, deps.clock.now()),
  );
  if (already) throw conflict('case.isolate.already', `${registered.label} is isolated already.`);
  const order = await placeOrder(tx, deps, by, {
    kind: 'isolation',
    addresses: [address],
    from: deps.clock.now(),
    until: null,
  });
  await linkOrder(tx, by.school, { order, case: input.case, device: `${input.device} at ${registered.label}` });
}

/** Devices that are isolated for this case now, as a form offers them. */
export async function isolatedDevices(tx: Tx, caseId: string, now: number): Promise<{ value: string; text: string }[]> {
  const orders = await ordersOf(tx, caseId);
  return orders
    .filter((o) => o.kind === 'isolation' && holds(o, now))
    .map((o) => ({ value: o.id, text: o.device ?? o.addresses.join(', ') }));
}

/** The device may go on the network again: it went back to its owner, or to the police. */
export async function releaseDevice(deps: Deps, tx: Tx, by: Context, caseId: string, order: string): Promise<void> {
  const isolated = await isolatedDevices(tx, caseId, deps.clock.now());
  if (!isolated.some((o) => o.value === order))
    throw invalid('case.release-device.isolation', 'Choose a device that is isolated.', { isolation: 'Choose one.' });
  await endOrder(tx, deps, by, order);
}

export interface Removal {
  readonly case: string;
  readonly person: string;
  /** `internet` leaves the school's own services alone, `network` closes them too. */
  readonly level: 'internet' | 'network';
  readonly from: Date;
  readonly until: Date;
  /** Sites that an exam or course needs, which stay as they are for this person. */
  readonly keeps: readonly string[];
}

/**
 * SAN-31: take somebody's access away at the filter, now and in sessions that are open. Help, telling and what their exams
 * need stay; at the end gateways give it back by their own clocks. The caller has decided that it may be done.
 */
export async function removeAccess(deps: Deps, tx: Tx, by: Context, removal: Removal): Promise<string> {
  const { case: caseId, person, level, keeps } = removal;
  const [now, from, until] = [deps.clock.now(), removal.from.getTime(), removal.until.getTime()];
  if (until <= from || until <= now)
    throw invalid('access.until', 'Access is taken away until a moment that is still to come.', {
      until: 'Give a day and time that are still to come.',
    });
  const school = level === 'internet' ? await schoolsOwn(tx, now) : [];
  const order = await placeOrder(tx, deps, by, {
    kind: 'removal',
    people: [person],
    keeps: [...keeps, ...school],
    from,
    until,
  });
  await linkOrder(tx, by.school, { order, case: caseId, level });
  return order;
}

/** Give it back before its end: an appeal was upheld, or the purpose is reached. Once it is over this does nothing. */
export async function restoreAccess(deps: Deps, tx: Tx, by: Context, id: string): Promise<void> {
  const order = await findOrder(tx, id);
  if (order?.kind !== 'removal') throw notFound('this removal of access');
  if (holds(order, deps.clock.now())) await endOrder(tx, deps, by, id);
}

/** The school's own services, as far as the policy names them: its mail. */
async function schoolsOwn(tx: Tx, now: number): Promise<readonly string[]> {
  return (await policyInForce(tx, now))?.document.settings.schoolMail?.hosts ?? [];
}
