import { sql } from 'kysely';
import type { Context, Tx } from '#platform/db.ts';
import type { PersonKind } from '#policy/types.ts';

/** What the browser of a computer that is set apart keeps, so that it is known at whatever address it is. */
export const PLACE_COOKIE = 'gatehouse-place';

/** A computer at which pupils are not let in, on the pages and at the proxy (INC-06). */
export interface Place {
  readonly id: string;
  readonly address: string;
  /** Digest of its place cookie. */
  readonly browser: Buffer;
}

/** Let no pupil in there; said again when it has moved to another address. */
export async function refusePupils(tx: Tx, by: Context, { id, address, browser }: Place): Promise<void> {
  await tx
    .insertInto('sign_in_refusal')
    .values({ of: id, school_id: by.school, kind: 'pupil', address, browser })
    .onConflict((c) => c.column('of').doUpdateSet({ address, browser }))
    .execute();
}

/** Let them in again. */
export async function letPupilsIn(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('sign_in_refusal').where('of', '=', id).execute();
}

/** Is somebody of this kind refused at this address, or in this browser? */
export async function isRefusedHere(
  tx: Tx,
  kind: PersonKind,
  at: { readonly address: string; readonly browser?: Buffer | undefined },
): Promise<boolean> {
  if (kind !== 'pupil') return false;
  const row = await tx
    .selectFrom('sign_in_refusal')
    .select('of')
    .where((e) =>
      e.or([
        e('address', '=', sql<string>`${at.address}::inet`),
        ...(at.browser ? [e('browser', '=', at.browser)] : []),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
