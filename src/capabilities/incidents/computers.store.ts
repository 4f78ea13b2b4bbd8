import type { Tx } from '#platform/db.ts';

/** The computers that are set apart for examinations (INC-06) and still in use. */
export const computersOf = (tx: Tx): Promise<{ id: string; name: string; place: string }[]> =>
  tx
    .selectFrom('designated_computer')
    .select(['id', 'name', 'place'])
    .where('retired_at', 'is', null)
    .orderBy('name')
    .execute();
