import { existsSync } from 'node:fs';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { schools } from '#platform/school.ts';
import { COMPILE, compileLists, indexFile, isFree, newestVersion, requestCompile } from './lists.service.ts';
import { ensureSources } from './sources.service.ts';

const RECHECK = 'lists.recheck';
const TEND = 'lists.tend';

/** What filtering does by the clock and after commands. */
export function filteringJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  const everySchool = (work: (tx: Tx, school: string) => Promise<void>) => async () => {
    for (const { id } of await schools(deps.db)) await deps.db.in(systemContext(id), (tx) => work(tx, id));
  };
  return {
    tasks: {
      [COMPILE]: (payload) => compileLists(deps, (payload as { school: string }).school),
      [RECHECK]: everySchool((tx, school) => requestCompile(tx, deps, school)),
      [TEND]: everySchool((tx, school) => tendLists(tx, deps, school)),
    },
    recurring: [
      // FIL-03, CAL-06: every list is read anew each night.
      { task: RECHECK, cron: '30 3 * * *' },
      { task: TEND, cron: '* * * * *', atStart: true },
    ],
  };
}

/**
 * Keep a school's lists as they should be without anybody asking: its first sources, what GATEHOUSE_LISTS says now, and
 * a compilation that a crash cut short or whose file is gone.
 */
export async function tendLists(tx: Tx, deps: Deps, school: string): Promise<void> {
  const changed = await ensureSources(tx, deps, systemContext(school));
  const build = await tx.selectFrom('list_build').select('state').executeTakeFirst();
  const version = await newestVersion(tx);
  const cutShort = build?.state === 'running' && (await isFree(tx, school));
  const gone = build?.state === 'done' && (!version || !existsSync(indexFile(deps, version.sha256)));
  if (changed || !build || cutShort || gone) await requestCompile(tx, deps, school);
}
