import { DAY, HOUR, SECOND } from '#core/clock.ts';
import { conflict, Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import { type Context, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { fetchOutside } from '#platform/outside.ts';
import { forEach, schools } from '#platform/school.ts';
import { lastBoundary, schoolCalendar } from '#rooms/identity/index.ts';
import { webAddress } from './registers.rules.ts';
import { type KeptEntry, lastLinkRun, registers } from './registers.store.ts';

export const CHECK_LINKS = 'registers.links';

/** Where no term dates are entered, about three times a year. */
const WITHOUT_TERMS = 120 * DAY;
/** A run that did not end in this time was lost with its worker. */
const LOST = HOUR;
const LIMITS = { ms: 15 * SECOND, redirects: 5 };

/** Begin to look at all links, unless somebody did already. Returns how many there are. */
export async function startLinkCheck(tx: Tx, deps: Deps, by: Context): Promise<number> {
  const now = deps.clock.now();
  const last = await lastLinkRun(tx);
  if (last && !last.finishedAt) {
    if (now - last.startedAt.getTime() < LOST) {
      throw conflict('links.busy', 'The links are being looked at just now.', 'Look again in a few minutes.');
    }
    await finish(tx, last.id, now);
  }
  const links = (await linked(tx, now)).length;
  const { id } = await tx
    .insertInto('link_check_run')
    .values({ school_id: by.school, started_at: new Date(now), asked_by: by.person, links })
    .returning('id')
    .executeTakeFirstOrThrow();
  await enqueue(tx, CHECK_LINKS, { school: by.school, run: id });
  return links;
}

/** The latest entries of what the policy in force names that are kept on the web. */
async function linked(tx: Tx, now: number): Promise<(KeptEntry & { url: URL })[]> {
  const lines = (await registers(tx, now))?.lines ?? [];
  return lines.flatMap(({ entry }) => {
    const url = entry ? webAddress(entry.location) : null;
    return entry && url ? [{ ...entry, url }] : [];
  });
}

/** CAL-42: every day ask whether this term's look at the links has been taken, and begin it where not. */
export const checkLinksEachTerm = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), (school) =>
    deps.db.in(systemContext(school.id), async (tx) => {
      const now = deps.clock.now();
      const { terms, timeZone } = await schoolCalendar(tx);
      const since = lastBoundary({ every: 'term' }, terms, now, timeZone) ?? now - WITHOUT_TERMS;
      const last = await lastLinkRun(tx);
      if (last && last.startedAt.getTime() >= since) return;
      if ((await linked(tx, now)).length > 0) await startLinkCheck(tx, deps, systemContext(school.id));
    }),
  );

/** Look at each link in turn. What has been looked at in this run is not asked again when the task is run twice. */
export async function checkLinks(deps: Deps, school: string, run: string): Promise<void> {
  const context = systemContext(school);
  const { entries, reach } = await deps.db.in(context, async (tx) => {
    const done = await tx.selectFrom('link_check').select('entry_id').where('run_id', '=', run).execute();
    const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
    const all = await linked(tx, deps.clock.now());
    return {
      entries: all.filter((e) => !done.some((d) => d.entry_id === e.id)),
      reach: new Reach(settings.allowedPrivate ?? []),
    };
  });
  for (const { id, url } of entries) {
    const found = await look(url, reach);
    await deps.db.in(context, async (tx) => {
      await tx
        .insertInto('link_check')
        .values({ run_id: run, entry_id: id, school_id: school, at: new Date(deps.clock.now()), ...found })
        .onConflict((c) => c.columns(['run_id', 'entry_id']).doNothing())
        .execute();
      await count(tx, run);
    });
  }
  await deps.db.in(context, async (tx) => {
    const now = deps.clock.now();
    const ended = await finish(tx, run, now);
    if (!ended) return;
    const detail = { links: ended.looked_at, broken: ended.broken };
    const object = { kind: 'link_check_run', id: run };
    await record(tx, { school, actor: null, action: 'register.links-checked', object, detail, at: now });
  });
}

const finish = (tx: Tx, run: string, now: number) =>
  tx
    .updateTable('link_check_run')
    .set({ finished_at: new Date(now) })
    .where('id', '=', run)
    .where('finished_at', 'is', null)
    .returning(['looked_at', 'broken'])
    .executeTakeFirst();

async function count(tx: Tx, run: string): Promise<void> {
  const { all, broken } = await tx
    .selectFrom('link_check')
    .select((e) => [
      e.fn.countAll<string>().as('all'),
      e.fn.countAll<string>().filterWhere('outcome', '=', 'broken').as('broken'),
    ])
    .where('run_id', '=', run)
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('link_check_run')
    .set({ looked_at: Number(all), broken: Number(broken) })
    .where('id', '=', run)
    .execute();
}

interface Found {
  readonly outcome: 'ok' | 'sign-in' | 'broken';
  readonly status: number | null;
  readonly text: string;
}

/** What stands at an address: only the answer's first line is read. */
export async function look(url: URL, reach: Reach, limits = LIMITS): Promise<Found> {
  const signal = AbortSignal.timeout(limits.ms);
  try {
    const response = await fetchOutside(url, { reach, signal }, limits.redirects);
    response.destroy();
    const status = response.statusCode ?? 0;
    if (status >= 200 && status <= 299) return { outcome: 'ok', status, text: 'It answers.' };
    if (status === 401 || status === 403) {
      const text = 'It answers only after a sign-in, so nobody could see whether the document is there.';
      return { outcome: 'sign-in', status, text };
    }
    return { outcome: 'broken', status, text: `The server answered ${status}.` };
  } catch (e) {
    if (e instanceof Refusal) return { outcome: 'broken', status: null, text: e.message };
    if (signal.aborted) {
      return { outcome: 'broken', status: null, text: `It did not answer within ${limits.ms / SECOND} seconds.` };
    }
    const code = e instanceof Error && 'code' in e ? ` (${String(e.code)})` : '';
    return { outcome: 'broken', status: null, text: `It could not be reached${code}.` };
  }
}
