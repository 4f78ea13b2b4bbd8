import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { accessRule } from '#policy/index.ts';

/** A batch of a gateway's record, as monitoring takes it: once. */
export interface Batch {
  readonly school: string;
  readonly gateway: string;
  readonly number: number;
  readonly lines: readonly (ActivityEvent & { readonly line: number })[];
}

/**
 * INC-07, INC-21: of what was asked for, put down in the case what its investigators asked for on its computer while its
 * access was open. It happens in the transaction that takes the batch, so each visit is there once, or the batch is not.
 */
export async function recordVisits(tx: Tx, { school, gateway, number, lines }: Batch): Promise<void> {
  const known = lines.filter((l) => l.person !== null);
  if (known.length === 0) return;
  const first = known.reduce((t, l) => Math.min(t, l.t), Number.POSITIVE_INFINITY);
  const last = known.reduce((t, l) => Math.max(t, l.t), 0);
  const orders = await tx
    .selectFrom('access_order as o')
    .innerJoin('case_access as a', 'a.order_id', 'o.id')
    .leftJoin('access_order_end as e', 'e.order_id', 'o.id')
    .select(['o.id', 'a.case_id', 'o.reference', 'o.people', 'o.addresses', 'o.from_at'])
    .select(sql<Date>`least(o.until_at, e.at)`.as('to'))
    .where('o.kind', '=', 'examination')
    .where('o.from_at', '<=', new Date(last))
    .where('o.until_at', '>', new Date(first))
    .execute();
  const visits = orders.flatMap((o) =>
    known
      .filter((l) => o.people.includes(l.person ?? '') && o.addresses.includes(l.address))
      // A gateway may have opened something in the second before it heard of the end.
      .filter((l) => (l.t >= o.from_at.getTime() && l.t < o.to.getTime()) || l.rule === accessRule(o.reference))
      .map((l) => ({
        school_id: school,
        case_id: o.case_id,
        order_id: o.id,
        gateway_id: gateway,
        batch: number,
        line: l.line,
        at: new Date(l.t),
        person_id: l.person ?? '',
        second_id: o.people.find((p) => p !== l.person) ?? null,
        host: l.host,
        via: l.via,
        outcome: l.outcome,
        times: l.count,
      })),
  );
  for (let i = 0; i < visits.length; i += CHUNK)
    await tx
      .insertInto('case_visit')
      .values(visits.slice(i, i + CHUNK))
      .execute();
}
/** A statement takes 65,535 values. */
const CHUNK = 1000;

export interface Visit {
  readonly at: Date;
  readonly person: string;
  readonly second: string | null;
  readonly host: string;
  readonly via: 'dns' | 'proxy';
  readonly outcome: 'allow' | 'warn' | 'block';
  readonly times: number;
}

/** What was visited for a case, oldest first; `text` is looked for in the address. */
export async function visitsOf(tx: Tx, caseId: string, text = '', limit = 100_000): Promise<Visit[]> {
  const like = `%${text.trim().replace(/[\\%_]/g, '\\$&')}%`;
  return tx
    .selectFrom('case_visit')
    .select(['at', 'person_id as person', 'second_id as second', 'host', 'via', 'outcome', 'times'])
    .where('case_id', '=', caseId)
    .where('host', 'ilike', like)
    .orderBy('at')
    .orderBy('batch')
    .orderBy('line')
    .limit(limit)
    .execute();
}
