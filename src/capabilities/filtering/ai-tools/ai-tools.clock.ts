import { sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { forEach, schools } from '#platform/school.ts';
import { ENDED, ENDS_SOON, tellOfEnd } from './ai-tools.letters.ts';
import { type AiTool, aiTools, endsOf, stateOf } from './ai-tools.store.ts';
import { AI_KINDS, noticeOf, walkedBy } from './ai-tools.workflow.ts';

/** How many days are counted anew each time: a gateway may have been cut off for a weekend. */
const COUNTED_AGAIN = 4;
export const SEEN_DAYS = 90;

/** Every few minutes: write down what the clock did (gateways did it by themselves), and give notice of what ends. */
export const tendTools = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), ({ id }) =>
    deps.db.in(systemContext(id), async (tx) => {
      const now = deps.clock.now();
      for (const tool of await aiTools(tx)) {
        for (const opening of tool.held?.openings ?? []) {
          const { from, until } = opening;
          const about = `${tool.id} ${until}`;
          if (noticeOf(from, until) <= now && until > now) await once(tx, deps, id, tool, ENDS_SOON, about);
          if (until <= now) await once(tx, deps, id, tool, ENDED, about);
        }
        await follow(tx, id, tool, now);
      }
    }),
  );

async function once(tx: Tx, deps: Deps, school: string, tool: AiTool, kind: string, about: string): Promise<void> {
  const sent = await tx
    .selectFrom('mail')
    .select('id')
    .where('about_kind', '=', kind)
    .where('about_id', '=', about)
    .executeTakeFirst();
  if (!sent) await tellOfEnd(tx, deps, school, tool, kind === ENDED, about);
}

/** The clock's steps, each dated when it came about. */
async function follow(tx: Tx, school: string, tool: AiTool, now: number): Promise<void> {
  const ends = endsOf(tool);
  const due = Math.min(...ends.map((e) => e.notice));
  const over = Math.max(...ends.map((e) => e.end));
  let number = tool.steps.at(-1)?.number ?? 0;
  const passed = [
    ...(tool.state === 'approved' && stateOf(tool, now) !== 'approved'
      ? [['fall-due', 'review-due', due] as const]
      : []),
    ...(walkedBy(tool.state, ends, now) === 'closed' && tool.state !== 'closed'
      ? [['lapse', 'closed', over] as const]
      : []),
  ];
  for (const [action, to, at] of passed) {
    number++;
    await tx
      .insertInto('ai_tool_step')
      .values({
        tool_id: tool.id,
        number,
        school_id: school,
        action,
        to_state: to,
        by_person: null,
        at: new Date(at),
        reason: null,
        assessment_id: null,
      })
      .execute();
    const object = { kind: 'ai_tool', id: tool.id };
    await record(tx, { school, actor: null, action: `ai-tool.${action}`, object, detail: { to }, at: now });
  }
}

/** Every hour: how often AI sites were asked for on each day, by site alone. The same days may be counted again. */
export const countSeen = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), ({ id: school, timeZone }) =>
    deps.db.in(systemContext(school), async (tx) => {
      const today = Temporal.PlainDate.from(dayIn(timeZone, deps.clock.now()));
      const from = today.subtract({ days: COUNTED_AGAIN - 1 }).toZonedDateTime(timeZone).epochMilliseconds;
      await sql`
        insert into ai_host_seen (school_id, day, host, requests, stopped)
        select ${school}, (at at time zone ${timeZone})::date, host, sum(count), coalesce(sum(count) filter (where outcome = 'block'), 0)
        from activity where school_id = ${school} and at >= ${new Date(from)} and category = any(${[...AI_KINDS]}::text[])
        group by 2, 3
        on conflict (school_id, day, host) do update set requests = excluded.requests, stopped = excluded.stopped`.execute(
        tx,
      );
      const last = dayIn(timeZone, deps.clock.now() - SEEN_DAYS * DAY);
      await tx.deleteFrom('ai_host_seen').where('day', '<', last).execute();
    }),
  );
