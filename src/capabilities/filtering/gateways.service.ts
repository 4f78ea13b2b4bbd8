import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { invalid, Refusal } from '#core/errors.ts';
import { digestToken, newToken } from '#core/ids.ts';
import { type Context, type Db, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { GatewayStatus } from '#policy/feed.ts';

/** Something a gateway says of itself that people must know (FIL-20). */
export interface GatewayTrouble {
  readonly kind: 'away' | 'no-policy' | 'spool-failing';
  /** Its id. */
  readonly gateway: string;
  /** Epoch ms. */
  readonly from: number;
  /** Null while it lasts. */
  readonly until: number | null;
}
/** Monitoring is a later room; whoever wires the house says what becomes of trouble. It runs in the report's own transaction. */
export type OnGatewayTrouble = (tx: Tx, trouble: GatewayTrouble) => Promise<void>;

/** Take in a gateway and return its token, which is shown this once and kept only as a digest. */
export async function enrolGateway(tx: Tx, deps: Deps, by: Context, name: string): Promise<string> {
  const called = name.trim();
  if (called.length === 0 || called.length > 60) {
    const message = 'Enter a name for the gateway of up to 60 letters, such as "Main building".';
    throw invalid('gateway.name', message, { gateway: message });
  }
  const token = newToken();
  const row = await tx
    .insertInto('gateway')
    .values({
      school_id: by.school,
      name: called,
      token_digest: digestToken(token),
      enrolled_at: new Date(deps.clock.now()),
    })
    .onConflict((c) => c.columns(['school_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!row) {
    const message = 'There is a gateway of this name already. Give this one another name.';
    throw invalid('gateway.twice', message, { gateway: message });
  }
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'gateway.enrol',
    object: { kind: 'gateway', id: row.id },
    at: deps.clock.now(),
  });
  return token;
}

/** The gateway that asks, by its bearer token (RFC 6750). Throws where the token is missing or unknown. */
export async function gatewayOf(db: Db, request: FastifyRequest): Promise<{ id: string; school: string }> {
  const token = /^Bearer ([\w-]{20,200})$/.exec(request.headers.authorization ?? '')?.[1];
  if (token) {
    const { rows } = await db.outside((tx) =>
      sql<{ id: string; school_id: string }>`select * from gh_gateway(${digestToken(token)})`.execute(tx),
    );
    if (rows[0]) return { id: rows[0].id, school: rows[0].school_id };
  }
  throw new Refusal('unauthenticated', 'gateway.token', 'This is for gateways that were enrolled here.');
}

/** Keep what a gateway says of itself, and pass on what is new and bad about it. */
export function takeStatus(
  deps: Deps,
  gateway: { id: string; school: string },
  status: GatewayStatus,
  onTrouble: OnGatewayTrouble,
): Promise<void> {
  return deps.db.in(systemContext(gateway.school), async (tx) => {
    const row = await tx
      .selectFrom('gateway')
      .select('status')
      .where('id', '=', gateway.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    await tx
      .updateTable('gateway')
      .set({ status: JSON.stringify(status), seen_at: new Date(deps.clock.now()) })
      .where('id', '=', gateway.id)
      .execute();
    for (const news of troubleIn(row.status as Partial<GatewayStatus>, status, deps.clock.now())) {
      await onTrouble(tx, { gateway: gateway.id, ...news });
    }
  });
}

/** What is worse than in the report before. Each trouble is told once, not with every report. */
export function* troubleIn(
  before: Partial<GatewayStatus>,
  now: GatewayStatus,
  at: number,
): Generator<Pick<GatewayTrouble, 'kind' | 'from' | 'until'>> {
  if (now.awayFrom !== null && now.awayFrom !== before.awayFrom) {
    yield { kind: 'away', from: now.awayFrom, until: now.awayUntil };
  }
  if (now.snapshot === null && typeof before.snapshot === 'number') yield { kind: 'no-policy', from: at, until: null };
  if (now.spoolFailing && before.spoolFailing !== true) yield { kind: 'spool-failing', from: at, until: null };
}
