import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { forEach, schools } from '#platform/school.ts';
import { removeFile, sweepParts } from './files.ts';
import { readRing } from './keys.ts';
import { REMOVE_TASK } from './orders.service.ts';
import { rotate } from './rotate.service.ts';
import { ROTATE_TASK } from './seal.service.ts';

const SWEEP_TASK = 'evidence.sweep';

export function evidenceJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  return {
    tasks: {
      [SWEEP_TASK]: async () => {
        // Also makes the key file when Gatehouse first starts, so that it is in the first backup.
        readRing(deps.config);
        await forEach(await schools(deps.db), async ({ id }) => {
          const swept = await sweepParts(deps.config, id, Date.now());
          if (swept > 0) deps.log.info('evidence.swept', { school: id, files: swept });
        });
      },
      [ROTATE_TASK]: async () => {
        if (!readRing(deps.config).ours) {
          // Only whoever set the key can change it, and the log is where they look (docs/security.md).
          deps.log.warn('evidence.rotate-by-hand');
          return;
        }
        const { rewrapped, dropped } = await rotate(deps, (done) => deps.log.info('evidence.rotating', { done }));
        deps.log.info('evidence.rotated', { rewrapped, dropped: dropped.length });
      },
      [REMOVE_TASK]: async (payload) => {
        const { school, item } = payload as { school?: unknown; item?: unknown };
        if (isUuid(school) && isUuid(item)) await removeFile(deps.config, school, item);
      },
    },
    recurring: [{ task: SWEEP_TASK, cron: '17 * * * *', atStart: true }],
  };
}
