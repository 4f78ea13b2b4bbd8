import { systemContext } from '#platform/db.ts';
import { type NewAlert, raise } from '#rooms/monitoring/index.ts';
import type { TestSchool } from '#testing/web.ts';
import type { Step } from './case.judge.ts';

/** For this room's tests: an urgent alert about this person, changed as wanted. */
export const alertAbout = (s: TestSchool, subject: string | null, more: Partial<NewAlert> = {}) =>
  s.deps.db.in(systemContext(s.id), (tx) =>
    raise(tx, s.deps, {
      school: s.id,
      subject,
      detector: 'grave',
      category: 'self-harm',
      urgency: 'urgent',
      clause: null,
      lines: [
        {
          at: new Date(s.clock.now()).toISOString(),
          host: 'x.example',
          category: 'self-harm',
          outcome: 'block',
          via: 'dns',
        },
      ],
      openKey: null,
      ...more,
    }),
  );

/** From the first help to the end of a case in which nobody’s conduct is in question. */
export async function endCase<T>(
  step: (action: Step['action'], more: Omit<Step, 'action'>) => Promise<T>,
  outcome: string,
): Promise<T> {
  const text = 'Spoke with her and rang home.';
  await step('support', { text });
  await step('inform', { text, detail: { decision: 'told' } });
  await step('record', { detail: { reference: 'R-1' } });
  await step('resolve', { text, outcome });
  return step('close', {});
}
