import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { type RoleId, SAFEGUARDING_ROLES } from '#policy/types.ts';
import { contextOf, type Viewer } from '#web/index.ts';

/** May somebody tell this school something without saying who they are? Unless the school said no. */
export async function namelessAllowed(tx: Tx): Promise<boolean> {
  const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
  return settings.tellNameless !== false;
}

/** Who sets that. */
export const SETTING_DUTIES: readonly RoleId[] = SAFEGUARDING_ROLES;

export const setNameless = (deps: Deps, viewer: Viewer, allowed: boolean): Promise<void> =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const { settings } = await tx.selectFrom('school').select('settings').forUpdate().executeTakeFirstOrThrow();
    await tx
      .updateTable('school')
      .set({ settings: JSON.stringify({ ...settings, tellNameless: allowed }) })
      .where('id', '=', viewer.school.id)
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'settings.telling',
      object: { kind: 'school', id: viewer.school.id },
      detail: { nameless: allowed },
      at: deps.clock.now(),
    });
  });
