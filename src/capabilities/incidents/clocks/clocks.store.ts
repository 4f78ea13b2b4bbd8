import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import type { CaseFile } from '../cases.store.ts';
import { type Limits, STAGE_IDS, STAGES, type Stage } from './clocks.rules.ts';

/** Without a policy nothing is timed but what stands in the row. */
const NO_LIMITS: Limits = { acknowledge: null, allegation: null, recordDays: null };

export async function limitsOf(tx: Tx, now: number): Promise<Limits> {
  const document = (await policyInForce(tx, now))?.document;
  if (!document) return NO_LIMITS;
  const within = (report: 'concern' | 'staff-allegation') =>
    document.recipients.find((r) => r.report === report)?.within ?? null;
  return {
    acknowledge: within('concern'),
    allegation: within('staff-allegation'),
    recordDays: document.incidents.externalRecord?.withinDays ?? null,
  };
}

type Condition = RawBuilder<boolean>;

/** Each stage's lateness over rows of `case_file`, as `running` has it for one case. */
const LATE: Readonly<Record<Stage, (limits: Limits, now: Date) => Condition>> = {
  acknowledge: ({ acknowledge, allegation }, now) =>
    sql`state = 'reported' and opened_at + case when restricted then ${allegation}::int else ${acknowledge}::int end
      * interval '1 minute' <= ${now}::timestamptz`,
  'first-action': (_, now) => sql`first_action_at is null and first_action_due <= ${now}::timestamptz`,
  outcome: (_, now) =>
    sql`outcome is null and state not in ('resolved', 'police-hold') and outcome_due <= ${now}::timestamptz`,
  record: ({ recordDays }, now) => sql`opened_at + ${recordDays}::int * interval '1 day' <= ${now}::timestamptz
    and ${REOPENED} + ${recordDays}::int * interval '1 day' <= ${now}::timestamptz
    and not exists (select from case_entry e where e.case_id = case_file.id and e.action = 'record' and e.at >= ${REOPENED})`,
};
const REOPENED = sql`coalesce(
  (select max(r.at) from case_entry r where r.case_id = case_file.id and r.action = 'reopen'), case_file.opened_at)`;

/** Open cases in which something is late; with `untold` only where nobody has been told of it yet. */
export function lateSql(limits: Limits, now: number, untold = false): Condition {
  const at = new Date(now);
  const stages = STAGE_IDS.map((stage) => {
    const late = LATE[stage](limits, at);
    return untold ? sql`(escalated & ${STAGES[stage].bit}::int = 0 and ${late})` : sql`(${late})`;
  });
  return sql<boolean>`(case_file.pressing > 0 and (${sql.join(stages, sql` or `)}))`;
}

/** Cases of which something is late, whatever the reader may see of them, oldest first. */
export async function lateCases(tx: Tx, now: number, options: { untold?: boolean } = {}): Promise<CaseFile[]> {
  const rows = await tx
    .selectFrom('case_file')
    .selectAll()
    .where(lateSql(await limitsOf(tx, now), now, options.untold))
    .orderBy('opened_at')
    .execute();
  return rows as CaseFile[];
}
