import { sql } from 'kysely';
import { DAY, MINUTE } from '#core/clock.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { forEach, schools } from '#platform/school.ts';
import { changeRule, LEADING_ROLES } from '#policy/index.ts';
import { holders } from '#rooms/identity/index.ts';
import { send } from './changes.letters.ts';
import { stateOf, TECHNICAL } from './changes.step.ts';
import { changesOf, type FilterChange, HOLDING } from './changes.store.ts';

/** Gateways deliver within seconds; one that was cut off for a moment still counts. */
const SETTLES = 10 * MINUTE;
/** FIL-04: what one person closed is looked at by a second within a day. */
export const REVIEW_WITHIN = DAY;

export interface Visits {
  readonly madeAt: Date;
  readonly visits: readonly { readonly host: string; readonly visits: number; readonly people: number }[];
}

export async function reportOf(tx: Tx, change: string): Promise<Visits | null> {
  const row = await tx
    .selectFrom('filter_change_report')
    .select(['made_at as madeAt', 'visits'])
    .where('change_id', '=', change)
    .executeTakeFirst();
  return row ?? null;
}

/** Every minute: write down what the clock ended, with what was visited under it, and remind of what nobody looked at. */
export async function closeChanges(deps: Deps): Promise<void> {
  await forEach(await schools(deps.db), ({ id }) => deps.db.in(systemContext(id), (tx) => closeFor(tx, deps, id)));
}

async function closeFor(tx: Tx, deps: Deps, school: string): Promise<void> {
  const now = deps.clock.now();
  const ended = await changesOf(tx, { states: ['withdrawn', 'expired'], since: new Date(now - 2 * DAY) });
  for (const change of [...(await changesOf(tx, { states: ['asked', ...HOLDING] })), ...ended]) {
    if (change.state === 'to-review') await remind(tx, deps, school, change, now);
    const at = endOf(change, now);
    if (at === null || now - at < SETTLES || (await reportOf(tx, change.id))) continue;
    if (stateOf(change, now) === 'expired' && change.state !== 'expired') await expire(tx, deps, school, change, at);
    if (change.steps.some((s) => s.to === 'approved' || s.to === 'to-review')) await report(tx, deps, school, change);
  }
}

/** FCR-09: on the first of a month whoever oversees filtering is led to the report of the month before. */
export async function sendMonth(deps: Deps): Promise<void> {
  const now = deps.clock.now();
  await forEach(await schools(deps.db), ({ id: school, timeZone }) =>
    deps.db.in(systemContext(school), async (tx) => {
      const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
      const month = today.toPlainYearMonth().subtract({ months: 1 }).toString();
      const people = (await Promise.all(TOLD_MONTHLY.map((role) => holders(tx, role)))).flat();
      for (const { id, email } of new Map(people.map((p) => [p.id, p])).values()) {
        if (!email) continue;
        await post(tx, {
          school,
          recipient: id,
          address: email,
          subject: 'The month’s changes of the filter',
          body: `Who asked for sites to be opened or closed last month, who agreed, and how soon:\n${deps.config.pagesUrl}/filtering/changes/report?month=${month}\n`,
          about: { kind: 'filter_changes', id: month },
        });
      }
    }),
  );
}
const TOLD_MONTHLY = [...LEADING_ROLES, 'coordinator', 'lead-governor'];

/** When a change came to its end; null while it has not. */
function endOf(change: FilterChange, now: number): number | null {
  const last = change.steps.at(-1);
  if (change.state === 'withdrawn' || change.state === 'expired') return last?.at.getTime() ?? null;
  return stateOf(change, now) === 'expired' ? (change.until?.getTime() ?? null) : null;
}

/** It ended at its time whether or not this was running; the step is dated so. */
async function expire(tx: Tx, deps: Deps, school: string, change: FilterChange, ended: number): Promise<void> {
  await tx
    .insertInto('filter_change_step')
    .values({
      change_id: change.id,
      number: (change.steps.at(-1)?.number ?? 0) + 1,
      school_id: school,
      action: 'end',
      to_state: 'expired',
      by_person: null,
      at: new Date(ended),
      reason: null,
    })
    .execute();
  await note(tx, deps, school, change, 'filter-change.end');
}

/** What was visited, or stopped, under this change: its name is the rule of each decision. Counts, no people. */
async function report(tx: Tx, deps: Deps, school: string, change: FilterChange): Promise<void> {
  const { rows } = await sql<{ host: string; visits: string; people: string }>`
    select host, sum(count) as visits, count(distinct person_id) as people from activity
    where school_id = ${school} and rule = ${changeRule(change.reference)} and at >= ${change.createdAt}
    group by host order by visits desc, host limit 500`.execute(tx);
  const visits = rows.map((r) => ({ host: r.host, visits: Number(r.visits), people: Number(r.people) }));
  await tx
    .insertInto('filter_change_report')
    .values({
      change_id: change.id,
      school_id: school,
      made_at: new Date(deps.clock.now()),
      visits: JSON.stringify(visits),
    })
    .execute();
  await note(tx, deps, school, change, 'filter-change.report');
}

const OVERDUE = 'filter_change_overdue';

/** Once: whoever may review it, and whoever leads on safeguarding, since one person alone has closed it for a day. */
async function remind(tx: Tx, deps: Deps, school: string, change: FilterChange, now: number): Promise<void> {
  const since = change.steps.findLast((s) => s.to === 'to-review')?.at.getTime() ?? now;
  if (now - since < REVIEW_WITHIN) return;
  const sent = await tx
    .selectFrom('mail')
    .select('id')
    .where('about_kind', '=', OVERDUE)
    .where('about_id', '=', change.id)
    .executeTakeFirst();
  if (sent) return;
  const people = (await Promise.all([...TECHNICAL, ...LEADING_ROLES].map((role) => holders(tx, role)))).flat();
  const letter = {
    subject: 'A closing has waited a day for a second look',
    sentence: 'Sites were closed by one person more than a day ago, and nobody else has looked at it yet.',
  };
  for (const person of new Map(people.map((p) => [p.id, p])).values()) {
    if (person.id !== change.requester) await send(tx, deps, { ...change, school }, person, letter, OVERDUE);
  }
}

const note = (tx: Tx, deps: Deps, school: string, change: FilterChange, action: string): Promise<void> =>
  record(tx, {
    school,
    actor: null,
    action,
    object: { kind: 'filter_change', id: change.id },
    detail: { reference: change.reference },
    at: deps.clock.now(),
  });
