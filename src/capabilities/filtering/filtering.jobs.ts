import { existsSync } from 'node:fs';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { schools } from '#platform/school.ts';
import { countSeen, tendTools } from './ai-tools/index.ts';
import { closeChanges, sendMonth } from './changes/index.ts';
import { isDue } from './fetching.service.ts';
import { watchFreshness } from './freshness.service.ts';
import { COMPILE, compileLists, indexFile, isFree, newestVersion, requestCompile } from './lists.service.ts';
import type { OnListTrouble } from './lists.trouble.ts';
import { type OnProofTrouble, watchProofs } from './proof/index.ts';
import { slotsAreDue } from './slots.service.ts';
import { ensureSources } from './sources.service.ts';

const RECHECK = 'lists.recheck';
const TEND = 'lists.tend';
const CLOSE_CHANGES = 'changes.close';
const MONTH_OF_CHANGES = 'changes.month';
const TEND_AI_TOOLS = 'ai-tools.tend';
const COUNT_AI_SITES = 'ai-tools.seen';
const WATCH_PROOFS = 'proof.watch';

/** What filtering does by the clock and after commands. */
export function filteringJobs(
  deps: Deps,
  wiring: { onListTrouble: OnListTrouble; onProofTrouble?: OnProofTrouble },
): { tasks: Tasks; recurring: Recurring[] } {
  const everySchool = (work: (tx: Tx, school: string) => Promise<void>) => async () => {
    for (const { id } of await schools(deps.db)) await deps.db.in(systemContext(id), (tx) => work(tx, id));
  };
  return {
    tasks: {
      [COMPILE]: (payload) => {
        const { school, scheduled = false } = payload as { school: string; scheduled?: boolean };
        return compileLists(deps, school, { onTrouble: wiring.onListTrouble, scheduled });
      },
      [CLOSE_CHANGES]: () => closeChanges(deps),
      [MONTH_OF_CHANGES]: () => sendMonth(deps),
      [TEND_AI_TOOLS]: () => tendTools(deps),
      [COUNT_AI_SITES]: () => countSeen(deps),
      [WATCH_PROOFS]: () => watchProofs(deps, wiring.onProofTrouble ?? (async () => undefined)),
      [RECHECK]: everySchool((tx, school) => requestCompile(tx, deps, school)),
      [TEND]: everySchool(async (tx, school) => {
        await tendLists(tx, deps, school);
        await watchFreshness(tx, deps, school, wiring.onListTrouble);
      }),
    },
    recurring: [
      // FIL-03, CAL-06: what lies on this server is read anew each night; lists from the web have their own times.
      { task: RECHECK, cron: '30 3 * * *' },
      { task: TEND, cron: '* * * * *', atStart: true },
      // FCR-03: gateways end what is over by themselves; this writes down that they did.
      { task: CLOSE_CHANGES, cron: '* * * * *', atStart: true },
      { task: MONTH_OF_CHANGES, cron: '30 6 1 * *' },
      // AIG-05: gateways close what is over by themselves; this gives notice beforehand and writes it down.
      { task: TEND_AI_TOOLS, cron: '*/10 * * * *', atStart: true },
      { task: COUNT_AI_SITES, cron: '25 * * * *' },
      // FIL-05: that no proof came is found here, since a gateway that is gone cannot say it.
      { task: WATCH_PROOFS, cron: '*/10 * * * *', atStart: true },
    ],
  };
}

/**
 * Keep a school's lists as they should be without anybody asking: its first sources, what GATEHOUSE_LISTS says now, lists
 * from the web whose time has come, and a compilation that a crash cut short or whose file is gone.
 */
export async function tendLists(tx: Tx, deps: Deps, school: string): Promise<void> {
  const changed = await ensureSources(tx, deps, systemContext(school));
  const build = await tx.selectFrom('list_build').select('state').executeTakeFirst();
  const version = await newestVersion(tx);
  const cutShort = build?.state === 'running' && (await isFree(tx, school));
  const gone = build?.state === 'done' && (!version || !existsSync(indexFile(deps, version.sha256)));
  if (changed || !build || cutShort || gone) await requestCompile(tx, deps, school);
  // Whoever waits for a compilation gets what is due with it.
  else if (build.state !== 'waiting' && build.state !== 'running' && (await anythingDue(tx, deps))) {
    await requestCompile(tx, deps, school, { scheduled: true });
  }
}

async function anythingDue(tx: Tx, deps: Deps): Promise<boolean> {
  const sources = await tx
    .selectFrom('list_source')
    .select('next_check_at')
    .where('kind', '=', 'url')
    .where('enabled', '=', true)
    .execute();
  return sources.some((row) => isDue(row, deps.clock.now())) || slotsAreDue(tx, deps);
}
