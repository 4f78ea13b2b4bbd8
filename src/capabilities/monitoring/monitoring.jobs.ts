import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { closeIdleLooks } from './class-view/class-view.service.ts';
import { ESCALATE, escalate, sweep } from './escalation.service.ts';
import { watchGateways } from './health.service.ts';
import { prepareDays } from './ingest.service.ts';
import { deleteExpired } from './retention.service.ts';

/** What this room does by the clock. */
export function monitoringJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  return {
    tasks: {
      [ESCALATE]: async (payload) => {
        const { school, alert } = payload as { school: string; alert: string };
        await escalate(deps, school, alert);
      },
      'alerts.sweep': () => sweep(deps),
      'gateways.watch': () => watchGateways(deps),
      'class-views.close': () => closeIdleLooks(deps),
      'activity.prepare': () => prepareDays(deps),
      'activity.retention': () => deleteExpired(deps),
    },
    recurring: [
      { task: 'alerts.sweep', cron: '* * * * *' },
      { task: 'gateways.watch', cron: '* * * * *' },
      { task: 'class-views.close', cron: '* * * * *' },
      { task: 'activity.prepare', cron: '5 * * * *', atStart: true },
      { task: 'activity.retention', cron: '17 2 * * *' },
    ],
  };
}
