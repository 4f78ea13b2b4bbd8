import type { Tx } from '#platform/db.ts';
import type { OrderKind } from '#policy/index.ts';

/** An order as the case shows it. */
export interface CaseOrder {
  readonly id: string;
  readonly kind: OrderKind;
  readonly reference: string;
  readonly people: readonly string[];
  readonly addresses: readonly string[];
  readonly computer: string | null;
  readonly device: string | null;
  readonly level: 'internet' | 'network' | null;
  readonly from: Date;
  readonly until: Date | null;
  readonly ended: Date | null;
}

/** Everything that was ordered for a case, the latest first; as much of it as whoever asks may see of the case. */
export const ordersOf = (tx: Tx, caseId: string): Promise<CaseOrder[]> =>
  orders(tx).where('a.case_id', '=', caseId).orderBy('o.placed_at', 'desc').execute();

export const findOrder = (tx: Tx, id: string): Promise<CaseOrder | undefined> =>
  orders(tx).where('o.id', '=', id).executeTakeFirst();

const orders = (tx: Tx) =>
  tx
    .selectFrom('case_access as a')
    .innerJoin('access_order as o', 'o.id', 'a.order_id')
    .leftJoin('access_order_end as e', 'e.order_id', 'o.id')
    .select(['o.id', 'o.kind', 'o.reference', 'o.people', 'o.addresses', 'a.computer_id as computer'])
    .select(['a.device', 'a.level', 'o.from_at as from', 'o.until_at as until', 'e.at as ended']);

/** Does it hold, or will it? */
export const holds = ({ until, ended }: Pick<CaseOrder, 'until' | 'ended'>, now: number): boolean =>
  ended === null && (until === null || until.getTime() > now);

export async function linkOrder(
  tx: Tx,
  school: string,
  link: { order: string; case: string; computer?: string; device?: string; level?: 'internet' | 'network' },
): Promise<void> {
  const { order, computer, device, level } = link;
  await tx
    .insertInto('case_access')
    .values({
      order_id: order,
      school_id: school,
      case_id: link.case,
      computer_id: computer ?? null,
      device: device ?? null,
      level: level ?? null,
    })
    .execute();
}
