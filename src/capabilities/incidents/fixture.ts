import { systemContext, type Tx } from '#platform/db.ts';
import { type NewAlert, raise } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import type { Step } from './case.judge.ts';
import type { CaseRef } from './case.letters.ts';
import { type LoggedConcern, logCase, type Taken, takeStep } from './cases.service.ts';
import { incidentsRoom } from './index.ts';

/** What the tests of one file stand on. */
export interface CaseStage {
  readonly t: TestDatabase;
  readonly s: TestSchool;
  readonly pages: Pages;
  /** In the database as this person. */
  as<T>(part: Part, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Somebody, of the staff unless said, logs that something happened, with Zed in it. */
  log(more?: Partial<LoggedConcern>, by?: Part): Promise<CaseRef>;
  /** A step with words that are long enough for every form. */
  step(by: Part, which: string, action: Step['action'], more?: Omit<Partial<Step>, 'action'>): Promise<Taken>;
  close(): Promise<void>;
}

/** For a room's tests: a secondary school with its policy in force and the pages of this room. */
export async function caseStage(): Promise<CaseStage> {
  const t = await testDatabase();
  const s = await testSchool(t, { policy: 'secondary-school' });
  const pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  return {
    t,
    s,
    pages,
    as: (part, work) => t.db.in(s.people[part].context, work),
    log: (more = {}, by = 'staff') =>
      logCase(s.deps, s.people[by].viewer, {
        title: 'Something that happened',
        category: null,
        urgency: 'soon',
        happenedOn: '2026-11-02',
        people: [s.people.year8.id],
        text: 'Told to me at the end of the lesson.',
        ...more,
      }),
    step: (by, which, action, more = {}) =>
      takeStep(s.deps, s.people[by].viewer, which, {
        action,
        text: 'In words that somebody else understands.',
        ...more,
      }),
    close: async () => {
      await pages.close();
      await t.drop();
    },
  };
}

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
