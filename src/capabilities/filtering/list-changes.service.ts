import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';

export interface ListChange {
  /** As the ledger calls it. */
  readonly action: string;
  readonly source: string;
  /** May it open a site that is closed now? */
  readonly opens: boolean;
  readonly detail: Readonly<Record<string, string>>;
}

/**
 * The one door for what people change in the lists. Whoever opens something needs a second person (FCR-02): that process
 * takes hold here, by keeping `make` for the approver. Until it does, a change is made at once and its author recorded.
 */
export async function proposeChange(
  tx: Tx,
  deps: Deps,
  by: Context,
  change: ListChange,
  make: () => Promise<void>,
): Promise<void> {
  await make();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: change.action,
    object: { kind: 'list_source', id: change.source },
    detail: { ...change.detail, opens: change.opens },
    at: deps.clock.now(),
  });
}
