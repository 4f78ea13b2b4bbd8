import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { forEach, schools } from '#platform/school.ts';
import { tellOverdue } from './search.letters.ts';
import { policyOfSearch } from './search.rules.ts';
import { handOverDue, standingOf } from './search.standing.ts';
import { findSearch, heldSearches, insertEntry } from './search.store.ts';
import { searchWorkflow } from './search.workflow.ts';

const REMIND = 'device-search.remind';

/** Police hand-overs that are late (SRC-16). Every minute, so that no job can be lost; an entry keeps each letter to once. */
export const searchJobs = (deps: Deps): { tasks: Tasks; recurring: Recurring[] } => ({
  tasks: { [REMIND]: () => remindAll(deps) },
  recurring: [{ task: REMIND, cron: '* * * * *' }],
});

export const remindAll = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), async ({ id: school }) => {
    const held = await deps.db.in(systemContext(school), heldSearches);
    await forEach(held, (reference) => remind(deps, school, reference));
  });

/** Those above are told that the police have not got the device, if the time for that has come. */
export const remind = (deps: Deps, school: string, reference: string): Promise<void> =>
  deps.db.in(systemContext(school), async (tx) => {
    const search = await findSearch(tx, reference, { lock: true });
    if (!search) return;
    const now = deps.clock.now();
    const { rules } = await policyOfSearch(tx, now, search);
    const standing = standingOf(search.entries);
    const due = handOverDue(standing, rules.handOver.minutes);
    if (due === null || due > now || !searchWorkflow.offered(search.state, ['clock']).includes('remind')) return;
    const told = await tellOverdue(tx, deps, search, rules.authorisedBy, standing.reminders.length);
    const number = (search.entries.at(-1)?.number ?? 0) + 1;
    const at = new Date(now);
    const detail = { told };
    await insertEntry(tx, search, {
      number,
      action: 'remind',
      from: search.state,
      to: search.state,
      by: null,
      at,
      detail,
    });
    const object = { kind: 'device_search', id: search.id };
    await record(tx, { school, actor: null, action: REMIND, object, detail, at: now });
  });
