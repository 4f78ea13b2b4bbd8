import { DAY, HOUR } from '#core/clock.ts';
import { conflict, forbidden, invalid } from '#core/errors.ts';
import { type Context, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { currentIndex } from '#rooms/filtering/index.ts';
import { LOOK_UP_DUTIES } from '#rooms/monitoring/index.ts';
import { type Draft, POLICY_EDITORS, policyInForce, readDraft, whoDecides } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { lastRehearsal, oldestActivity, tellPages } from './rehearsal.store.ts';
import { noLists, noPolicy } from './rehearsal.words.ts';

export const REHEARSE = 'policy.rehearse';

/** How many days back a rehearsal may look. */
export const DAYS_BACK = [1, 7, 14, 30] as const;

/** The choices that differ: one that reaches beyond everything recorded is enough. */
export function choices(oldest: number | null, now: number): number[] {
  const enough = DAYS_BACK.find((days) => oldest === null || now - days * DAY <= oldest);
  return DAYS_BACK.filter((days) => enough === undefined || days <= enough);
}

/** Begin to rehearse a draft (GOV-33). It changes nothing, so every editor may, at every step of its life. */
export function startRehearsal(deps: Deps, viewer: Viewer, draftId: string, days: number): Promise<string> {
  const school = viewer.school.id;
  return deps.db.in(contextOf(viewer), async (tx) => {
    const draft = await readDraft(tx, draftId);
    refuseOthers(viewer);
    if (!DAYS_BACK.some((d) => d === days)) {
      throw invalid('rehearsal.days', 'Choose how far back to look.', { days: 'Choose one of the times in the list.' });
    }
    const now = deps.clock.now();
    const inForce = await policyInForce(tx, now);
    if (!inForce) throw noPolicy();
    if (!(await currentIndex(deps, tx))) throw noLists();
    const from = Math.max(now - days * DAY, (await oldestActivity(tx)) ?? 0);
    const row = await tx
      .insertInto('rehearsal')
      .values({
        school_id: school,
        draft_id: draft.id,
        edit: draft.edit,
        against: inForce.number,
        state: 'waiting',
        from_at: new Date(Math.min(Math.floor(from / HOUR) * HOUR, now - 1)),
        until_at: new Date(now),
        by_person: viewer.person.id,
        at: new Date(now),
      })
      // The school's one place is taken (migrations/0011).
      .onConflict((c) => c.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!row) {
      throw conflict(
        'rehearsal.busy',
        'A draft is being rehearsed just now, and one at a time is enough for the machine.',
        'Wait for it to end, or cancel it on the page of its draft.',
      );
    }
    await tx.deleteFrom('rehearsal').where('draft_id', '=', draft.id).where('id', '<>', row.id).execute();
    await enqueue(tx, REHEARSE, { school, rehearsal: row.id });
    const detail = { draft: draft.id, edit: draft.edit, days };
    await note(tx, deps, contextOf(viewer), 'policy.draft.rehearse', row.id, detail);
    return row.id;
  });
}

/** Give up a rehearsal that has not ended; the worker notices within a moment. */
export function cancelRehearsal(deps: Deps, viewer: Viewer, draftId: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const draft = await readDraft(tx, draftId);
    refuseOthers(viewer);
    const row = await tx
      .updateTable('rehearsal')
      .set({ state: 'cancelled', ended_at: new Date(deps.clock.now()) })
      .where('draft_id', '=', draft.id)
      .where('state', 'in', ['waiting', 'running'])
      .returning('id')
      .executeTakeFirst();
    if (!row) throw conflict('rehearsal.ended', 'No rehearsal of this draft is running any more.');
    await tellPages(tx, draft.id);
    await note(tx, deps, contextOf(viewer), 'policy.draft.rehearse-cancelled', row.id, { draft: draft.id });
  });
}

/** The draft with its last rehearsal, for those who may read it. */
export async function readRehearsal(tx: Tx, viewer: Viewer, draftId: string, now: number) {
  const draft = await readDraft(tx, draftId);
  const inForce = await policyInForce(tx, now);
  if (!mayRead(viewer, draft, inForce?.document.meta ?? null)) throw notYours();
  return { draft, inForce: inForce?.number ?? null, last: await lastRehearsal(tx, draft.id) };
}

type Meta = Draft['document']['meta'];

/** Whoever writes, signs or approves the draft, and whoever may read the activity itself. */
function mayRead(viewer: Viewer, draft: Draft, inForce: Meta | null): boolean {
  const { reviewers, approver } = whoDecides(draft.document.meta, inForce);
  return hasDuty(viewer, ...POLICY_EDITORS, ...reviewers, approver, ...LOOK_UP_DUTIES);
}

/** Sites are activity, and shown only to whom activity is (MON-11). */
export const seesSites = (viewer: Viewer): boolean => hasDuty(viewer, ...LOOK_UP_DUTIES);

/** Sites of a result are activity too, and go when it goes (MON-12). */
export const forgetRehearsals = (deps: Deps, school: string): Promise<void> =>
  deps.db.in(systemContext(school), async (tx) => {
    const now = deps.clock.now();
    const policy = await policyInForce(tx, now);
    if (!policy) return;
    const oldest = new Date(now - policy.document.retention.activityDays * DAY);
    await tx.deleteFrom('rehearsal').where('from_at', '<', oldest).where('ended_at', 'is not', null).execute();
  });

function refuseOthers(viewer: Viewer): void {
  if (hasDuty(viewer, ...POLICY_EDITORS)) return;
  throw notYours();
}

const notYours = () =>
  forbidden(
    'rehearsal.not-yours',
    'A rehearsal is begun by those who write policies, and read by those who sign or approve them.',
  );

const note = (
  tx: Tx,
  deps: Deps,
  by: Context,
  action: string,
  id: string,
  detail: Record<string, unknown>,
): Promise<void> =>
  record(tx, {
    school: by.school,
    actor: by.person,
    action,
    object: { kind: 'rehearsal', id },
    detail,
    at: deps.clock.now(),
  });
