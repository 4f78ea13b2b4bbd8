import { randomInt } from 'node:crypto';
import { newId } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import type { LiveChange, OrderKind } from '#policy/index.ts';
import { sayMoment } from '../changes/changes.rules.ts';

/** What gateways are to do for a case; which case, they do not learn. */
export interface NewOrder {
  readonly kind: OrderKind;
  readonly people?: readonly string[];
  readonly addresses?: readonly string[];
  readonly keeps?: readonly string[];
  readonly from: number;
  readonly until: number | null;
}

const LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
const newReference = (): string => `A-${Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;

/** Place an order; gateways obey it within two seconds. */
export async function placeOrder(tx: Tx, deps: Deps, by: Context, order: NewOrder): Promise<string> {
  const now = deps.clock.now();
  const id = newId(now);
  const { kind, people = [], addresses = [], keeps = [], from, until } = order;
  await tx
    .insertInto('access_order')
    .values({
      id,
      school_id: by.school,
      reference: newReference(),
      kind,
      people: [...people],
      addresses: [...addresses],
      keeps: [...keeps],
      from_at: new Date(from),
      until_at: until === null ? null : new Date(until),
      placed_by: by.person,
      placed_at: new Date(now),
    })
    .execute();
  await note(tx, deps, by, `access.${kind}`, id, { from, until });
  return id;
}

/** End it before its time. The caller has seen that it is theirs to end and goes on. */
export async function endOrder(tx: Tx, deps: Deps, by: Context, id: string): Promise<void> {
  await tx
    .insertInto('access_order_end')
    .values({ order_id: id, school_id: by.school, by_person: by.person, at: new Date(deps.clock.now()) })
    .execute();
  await note(tx, deps, by, 'access.end', id, {});
}

async function note(tx: Tx, deps: Deps, by: Context, action: string, id: string, detail: Record<string, unknown>) {
  const at = deps.clock.now();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action,
    object: { kind: 'access_order', id },
    detail,
    at,
  });
  await bumpSnapshot(tx, by.school);
}

/** Orders that hold now or will, as gateways obey them by their own clocks. Only the system reads them all. */
export async function liveOrders(tx: Tx, deps: Deps, timeZone: string): Promise<LiveChange[]> {
  const rows = await tx
    .selectFrom('access_order as o')
    .leftJoin('access_order_end as e', 'e.order_id', 'o.id')
    .select(['o.reference', 'o.kind', 'o.people', 'o.addresses', 'o.keeps', 'o.from_at', 'o.until_at'])
    .where('e.order_id', 'is', null)
    .where((e) => e.or([e('o.until_at', 'is', null), e('o.until_at', '>', new Date(deps.clock.now()))]))
    .orderBy('o.placed_at')
    .execute();
  const pages = URL.parse(deps.config.pagesUrl)?.hostname;
  return rows.map((o) => ({
    reference: o.reference,
    order: o.kind,
    effect: o.kind === 'examination' ? 'open' : 'withdrawn',
    hosts: o.kind === 'examination' ? [] : [...o.keeps, ...(pages ? [pages] : [])],
    from: o.from_at.getTime(),
    until: o.until_at?.getTime() ?? null,
    people: o.kind === 'isolation' ? null : o.people,
    profiles: null,
    ...(o.kind !== 'removal' && { addresses: o.addresses }),
    text: TEXT[o.kind](o.until_at ? sayMoment(o.until_at.getTime(), timeZone) : ''),
    clause: null,
  }));
}

/** What whoever meets it reads; names nobody and no case. */
const TEXT: Readonly<Record<OrderKind, (until: string) => string>> = {
  examination: (until) => `Open until ${until} for an examination that is recorded.`,
  isolation: () =>
    'The school has set this device aside, and it reaches nothing. Please stop using it and tell a member of staff.',
  removal: (until) =>
    `The school has taken your access away until ${until}. It comes back by itself. Getting help and telling someone work as before.`,
};
