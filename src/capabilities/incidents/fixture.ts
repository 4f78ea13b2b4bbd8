import { systemContext } from '#platform/db.ts';
import { type NewAlert, raise } from '#rooms/monitoring/index.ts';
import type { TestSchool } from '#testing/web.ts';

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
