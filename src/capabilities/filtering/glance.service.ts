import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import type { BuildReport } from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { GatewayStatus } from '#policy/feed.ts';
import { newestVersion } from './lists.service.ts';
import { slotStates } from './slots.service.ts';
import { gatewaySettings, newestNumbers } from './snapshot.service.ts';

/** Lists are read anew each night; two missed nights are late (FIL-03, CAL-06). */
const LATE = 2 * DAY;
/** Gateways report at least once a minute. */
const SILENT = 3 * MINUTE;

/** How filtering stands: lists, sources, gateways. */
export async function filteringAtAGlance(tx: Tx, deps: Deps) {
  const now = deps.clock.now();
  const version = await newestVersion(tx);
  const report = version?.report as BuildReport | undefined;
  const [build, numbers] = [await tx.selectFrom('list_build').selectAll().executeTakeFirst(), await newestNumbers(tx)];
  const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
  const sources = await tx
    .selectFrom('list_source')
    .selectAll()
    .where('retired', '=', false)
    .orderBy('added_at')
    .orderBy('id')
    .execute();
  const held = await tx.selectFrom('list_source_version').select('source_id').where('state', '=', 'held').execute();
  const slots = await slotStates(tx, now);
  const gateways = await tx.selectFrom('gateway').select(['id', 'name', 'seen_at', 'status']).orderBy('name').execute();
  return {
    version,
    report,
    build,
    running: build?.state === 'running' || build?.state === 'waiting',
    late: version ? now - version.built_at.getTime() > LATE : false,
    slots,
    illegalSupplied: slots.every((s) => s.state !== 'not-supplied'),
    settings: gatewaySettings(settings),
    sources: sources.map((s) => ({
      ...s,
      held: held.some((h) => h.source_id === s.id),
      late: s.enabled && s.checked_at !== null && now - s.checked_at.getTime() > s.max_age_hours * HOUR,
    })),
    gateways: gateways.map(({ status, ...g }) => {
      const said = status as Partial<GatewayStatus>;
      return {
        ...g,
        ...said,
        silent: !g.seen_at || now - g.seen_at.getTime() > SILENT,
        behind: (said.snapshot ?? 0) < numbers.snapshot,
      };
    }),
  };
}
