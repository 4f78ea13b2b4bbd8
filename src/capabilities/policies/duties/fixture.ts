import { TestClock } from '#core/clock.ts';
import { type Duty, type PolicyDocument, shippedPolicy } from '#policy/index.ts';
import type { TestDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { adoptPolicy } from '../policies.service.ts';
import { type Turn, turns } from './duties.store.ts';
import { keepDuties } from './notices.service.ts';

/** For tests: a monthly duty of the ICT manager, with `parts` in place of its own. */
export const dutyOf = (id: string, parts: Partial<Duty> = {}): Duty => ({
  id,
  title: `Duty ${id}`,
  owner: 'ict-manager',
  deputy: null,
  period: { every: 'month' },
  proposed: false,
  evidence: { form: 'checklist', text: 'A checklist, signed' },
  escalation: { role: 'head', afterDays: 2 },
  clause: 'roles.dsl',
  rows: [],
  ...parts,
});
export const CHECK = dutyOf('CAL-09', { title: 'Full security check' });

let config: TestSchool['deps']['config'] | undefined;

/** For tests: a school on the morning of 3 November 2026, with the secondary policy and these duties instead of its own. */
export async function schoolWith(t: TestDatabase, ...duties: readonly Duty[]): Promise<TestSchool> {
  const clock = new TestClock(Date.UTC(2026, 10, 3, 10));
  const school = await testSchool(t, { clock, ...(config && { config }) });
  config = school.deps.config;
  await adopt(school, { duties });
  await keepDuties(school.deps);
  return school;
}

/** For tests: the next version of the school's policy. */
export function adopt(school: TestSchool, parts: Partial<PolicyDocument>): Promise<{ number: number }> {
  const { context } = school.people.administrator;
  const document = { ...shippedPolicy('secondary-school'), ...parts };
  return school.deps.db.in(context, (tx) => adoptPolicy(tx, school.deps, context, document, { approver: null }));
}

/** For tests: a duty's turns as this person sees them, the latest first. */
export const turnsOf = (school: TestSchool, duty: string, part: Part = 'head'): Promise<Turn[]> =>
  school.deps.db.in(school.people[part].context, (tx) => turns(tx, school.clock.now(), { duty }));

/** For tests: nine in the morning of that day, with the job run. */
export async function moveTo(school: TestSchool, day: string): Promise<void> {
  const there = Temporal.ZonedDateTime.from(`${day}T09:00[Europe/London]`).epochMilliseconds;
  school.clock.advance(there - school.clock.now());
  await keepDuties(school.deps);
}
