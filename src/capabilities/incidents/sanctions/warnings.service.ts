import { sql } from 'kysely';
import { conflict, notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { contextOf, type Viewer } from '#web/index.ts';

export interface Warning {
  readonly id: string;
  readonly text: string;
  readonly givenAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly withdrawnAt: Date | null;
}

/** SAN-32: the warnings of whoever asks, the latest first: their words, and nothing of the case. */
export const warningsOf = (tx: Tx, person: string): Promise<Warning[]> =>
  tx
    .selectFrom('sanction_warning')
    .select(['sanction_id as id', 'text', 'given_at as givenAt'])
    .select(['acknowledged_at as acknowledgedAt', 'withdrawn_at as withdrawnAt'])
    .where('person_id', '=', person)
    .orderBy('given_at', 'desc')
    .execute();

/** Whoever is warned says that they have read it; the task that waits for it ends by that. */
export function acknowledge(deps: Deps, viewer: Viewer, id: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const warning = isUuid(id) ? (await warningsOf(tx, viewer.person.id)).find((w) => w.id === id) : undefined;
    if (!warning) throw notFound('this warning');
    const now = deps.clock.now();
    const { rows } = await sql<{
      read: string | null;
    }>`select gh_warning_read(${id}, ${new Date(now)}) as read`.execute(tx);
    if (!rows[0]?.read) throw conflict('warning.read', 'There is nothing more to say to this one.');
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'warning.acknowledge',
      object: { kind: 'warning', id },
      at: now,
    });
  });
}
