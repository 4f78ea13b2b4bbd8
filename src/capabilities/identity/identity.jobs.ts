import { HOUR } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { bumpPresence, bumpSnapshot, schools } from '#platform/school.ts';
import { closeAccount } from './accounts.service.ts';
import { SESSION_IDLE } from './sessions.ts';

const SWEEP = 'identity.sweep';
const PREVIEW_KEPT = HOUR;

/** Every hour: end what has run out. */
export function identityJobs(deps: Deps): { tasks: Tasks; recurring: Recurring[] } {
  return { tasks: { [SWEEP]: () => sweep(deps) }, recurring: [{ task: SWEEP, cron: '5 * * * *' }] };
}

async function sweep(deps: Deps): Promise<void> {
  for (const school of await schools(deps.db)) {
    const context = systemContext(school.id);
    const now = deps.clock.now();
    await deps.db.in(context, async (tx) => {
      const expired = await tx
        .updateTable('web_session')
        .set({ ended_at: new Date(now) })
        .where('ended_at', 'is', null)
        .where((e) => e.or([e('ends_at', '<=', new Date(now)), e('seen_at', '<=', new Date(now - SESSION_IDLE))]))
        .returning('binds_address')
        .execute();
      if (expired.some((s) => s.binds_address)) await bumpPresence(tx, school.id);

      await tx
        .deleteFrom('import_preview')
        .where('created_at', '<', new Date(now - PREVIEW_KEPT))
        .execute();

      const leavers = await tx
        .selectFrom('person')
        .select('id')
        .where('left_on', '<=', dayIn(school.timeZone, now))
        .where((e) =>
          e.or([
            e.exists(
              e
                .selectFrom('web_session as s')
                .select('s.digest')
                .whereRef('s.person_id', '=', 'person.id')
                .where('s.ended_at', 'is', null),
            ),
            e.exists(
              e
                .selectFrom('role_holding as r')
                .select('r.id')
                .whereRef('r.person_id', '=', 'person.id')
                .where('r.until_at', 'is', null),
            ),
          ]),
        )
        .execute();
      for (const { id } of leavers) await closeAccount(tx, deps, context, id);
      // Whoever leaves today is left out of the gateways' people from the first hour on, signed in or not.
      const firstHour = dayIn(school.timeZone, now) !== dayIn(school.timeZone, now - HOUR);
      if (leavers.length > 0 || firstHour) await bumpSnapshot(tx, school.id);
    });
  }
}
