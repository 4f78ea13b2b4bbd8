import { type RawBuilder, sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';

/** How long a first password may lie about before somebody should ask why. */
const FIRST_PASSWORD_DAYS = 14;

interface Concern {
  /** On the person's line. */
  readonly text: string;
  /** What to do about it. */
  readonly todo: string;
}

/** Ways in which an account stands outside the rules (IDA-05), as the list of people shows them. */
export const CONCERNS = {
  'first-password': {
    text: `No password chosen in ${FIRST_PASSWORD_DAYS} days`,
    todo: 'Hand over a new first password, or close the account if nobody uses it.',
  },
  'no-sign-in': { text: 'No way to sign in', todo: 'Make a first password for them.' },
  resting: {
    text: 'Resting after wrong passwords',
    todo: 'It opens by itself within a quarter of an hour. Ask whether it was they who tried.',
  },
  'leaver-with-role': { text: 'Left, but still holds a role', todo: 'End the role.' },
  'no-year': {
    text: 'Pupil without a year group',
    todo: 'Enter the year group. Until then they get the strictest filtering.',
  },
} as const satisfies Record<string, Concern>;
export type ConcernId = keyof typeof CONCERNS;

/** The concerns about a row of `person`, as an array of ids; one place for the list, its filter and its count. */
export function concernsAbout(now: number, timeZone: string): RawBuilder<ConcernId[]> {
  const on = dayIn(timeZone, now);
  const stale = new Date(now - FIRST_PASSWORD_DAYS * DAY);
  const holds: Readonly<Record<ConcernId, RawBuilder<boolean>>> = {
    'first-password': sql`person.left_on is null and exists (select 1 from credential c
      where c.person_id = person.id and c.must_change and c.changed_at < ${stale})`,
    'no-sign-in': sql`person.left_on is null and not exists (select 1 from credential c where c.person_id = person.id)`,
    resting: sql`person.left_on is null and exists (select 1 from credential c
      where c.person_id = person.id and c.locked_until > ${new Date(now)})`,
    'leaver-with-role': sql`person.left_on <= ${on}::date and exists (select 1 from role_holding r
      where r.person_id = person.id and r.until_at is null)`,
    'no-year': sql`person.left_on is null and person.kind = 'pupil' and person.year_group is null`,
  };
  const cases = Object.entries(holds).map(([id, condition]) => sql`case when ${condition} then ${id} end`);
  return sql`array_remove(array[${sql.join(cases)}]::text[], null)`;
}
