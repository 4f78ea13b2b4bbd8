import type { Enrolment } from '#gateway/feed/control-client.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { RESEND_MAIL, resendMailTask, SEND_MAIL, sendMailTask } from '#platform/mail.ts';
import { devicesRoom } from '#rooms/devices/index.ts';
import { filteringJobs, filteringRoom } from '#rooms/filtering/index.ts';
import { governanceJobs, governanceRoom } from '#rooms/governance/index.ts';
import { authenticate, identityJobs, identityRoom } from '#rooms/identity/index.ts';
import { incidentsJobs, incidentsRoom, recordVisits } from '#rooms/incidents/index.ts';
import { healthAlert, listAlert, lookUp, monitoringJobs, monitoringRoom, proofAlert } from '#rooms/monitoring/index.ts';
import { policiesJobs, policiesRoom, profilesInForce } from '#rooms/policies/index.ts';
import { createWebApp, type WebApp, type WebOptions } from '#web/index.ts';

/** Every room of the house, in the order of the imports fence. */
export function createControl(
  deps: Deps,
  onEnrolled: (enrolment: Omit<Enrolment, 'control'>) => void,
  options: Pick<WebOptions, 'rateLimit'> = {},
): Promise<WebApp> {
  return createWebApp({
    clock: deps.clock,
    log: deps.log,
    pagesUrl: deps.config.pagesUrl,
    authenticate: authenticate(deps),
    ...options,
    rooms: [
      identityRoom(deps),
      devicesRoom(deps, { profiles: profilesInForce }),
      policiesRoom(deps),
      filteringRoom(deps, {
        onGatewayTrouble: (tx, trouble) => healthAlert(tx, deps, trouble),
        onLookUp: (viewer, input) => lookUp(deps, viewer, input),
        onProofTrouble: (tx, trouble) => proofAlert(tx, deps, trouble),
      }),
      monitoringRoom(deps, { onBatch: recordVisits }),
      incidentsRoom(deps),
      governanceRoom(deps, { onEnrolled }),
    ],
  });
}

/** Everything that happens by the clock or after a command. */
export function allJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  const rooms = [
    identityJobs(deps),
    policiesJobs(deps),
    filteringJobs(deps, {
      onListTrouble: (tx, trouble) => listAlert(tx, deps, trouble),
      onProofTrouble: (tx, trouble) => proofAlert(tx, deps, trouble),
    }),
    monitoringJobs(deps),
    incidentsJobs(deps),
    governanceJobs(deps),
  ];
  const { db, clock, config } = deps;
  const mail: Tasks = {
    [SEND_MAIL]: sendMailTask(db, clock, config.smtp),
    [RESEND_MAIL]: resendMailTask(db, config.smtp),
  };
  return {
    tasks: Object.assign(mail, ...rooms.map((r) => r.tasks)),
    recurring: [{ task: RESEND_MAIL, cron: '*/5 * * * *', atStart: true }, ...rooms.flatMap((r) => r.recurring)],
  };
}
