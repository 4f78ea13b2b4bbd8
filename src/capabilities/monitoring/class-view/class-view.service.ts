import { forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import { type Context, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { forEach, schools } from '#platform/school.ts';
import { currentIndex } from '#rooms/filtering/index.ts';
import { classesOf, classSizes, names, pupilsIn } from '#rooms/identity/index.ts';
import { policyInForce, schoolFacts } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { IDLE, isTime, LEAST_REASON, LONGEST, PRIVATE, type PupilNow, pupilsNow, rulesOf } from './class-view.rules.ts';
import { currentLines, type Look, lookById, openLooks } from './class-view.store.ts';

/** The role under which somebody looks at a class that is not theirs; null where the policy gives them none. */
const otherRole = (viewer: Viewer, others: readonly string[]): string | null =>
  others.find((role) => hasDuty(viewer, role)) ?? null;

/** What a viewer may look at now, and why not where they may not. */
export async function standing(tx: Tx, deps: Deps, viewer: Viewer) {
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  const own = await classesOf(tx, viewer.person.id);
  const sizes = await classSizes(tx);
  const rules = policy ? rulesOf(policy.document) : null;
  return {
    own: sizes.filter((s) => own.includes(s.group)),
    others: sizes.filter((s) => !own.includes(s.group)),
    asRole: rules ? otherRole(viewer, rules.others) : null,
    shown: rules?.shown ?? false,
    open: rules !== null && isTime(rules, await schoolFacts(tx, now), now),
  };
}

/**
 * MON-10: open a class to one reader for the length of a lesson. Their own class needs no reason, being with it is one;
 * anybody else's needs a role that the policy names and a reason. The opening stands in the ledger at once.
 */
export function openLook(
  deps: Deps,
  viewer: Viewer,
  input: { readonly group: string; readonly reason: string },
): Promise<string> {
  const reason = input.reason.trim();
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const { own, others, asRole, open } = await standing(tx, deps, viewer);
    if (!open) throw forbidden('class-view.time', 'The policy does not let classes be looked at at this time.');
    const mine = own.some((c) => c.group === input.group);
    if (!mine && (asRole === null || !others.some((c) => c.group === input.group))) {
      throw forbidden('class-view.not-yours', 'You can look at the classes that you teach, and at no others.');
    }
    if (!mine && ([...reason].length < LEAST_REASON || [...reason].length > 500)) {
      throw invalid('class-view.reason', 'Say why you need to look at a class that is not yours.', {
        reason: `Write between ${LEAST_REASON} and 500 letters`,
      });
    }
    // One look at a time: nobody watches two rooms.
    for (const look of await openLooks(tx, viewer.person.id)) await closeLookIn(tx, deps, contextOf(viewer), look, now);
    const pupils = await pupilsIn(tx, input.group);
    const endsAt = new Date(now + LONGEST);
    const role = mine ? 'teacher' : (asRole ?? '');
    const { id } = await tx
      .insertInto('class_view')
      .values({
        school_id: viewer.school.id,
        group_name: input.group,
        by_person: viewer.person.id,
        as_role: role,
        reason: mine ? null : reason,
        pupils: pupils.map((p) => p.id),
        opened_at: new Date(now),
        ends_at: endsAt,
        seen_at: new Date(now),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'class-view.open',
      object: { kind: 'class_view', id },
      detail: { class: input.group, as: role, pupils: pupils.length, endsAt },
      ...(!mine && { text: { reason } }),
      at: now,
    });
    return id;
  });
}

export interface LookPage {
  readonly look: Look;
  /** Null once the look is over. */
  readonly pupils: readonly PupilNow[] | null;
}

/** The class as it is now, for whoever opened the look; and that they are still looking. */
export function lookAt(deps: Deps, viewer: Viewer, id: string): Promise<LookPage> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const look = await ownLook(tx, viewer, id);
    const now = deps.clock.now();
    if (look.closed_at) return { look, pupils: null };
    if (!(await stillMay(tx, deps, viewer, look, now))) {
      await closeLookIn(tx, deps, contextOf(viewer), look, Math.min(now, look.ends_at.getTime()));
      return { look: { ...look, closed_at: new Date(now) }, pupils: null };
    }
    await tx
      .updateTable('class_view')
      .set({ seen_at: new Date(now) })
      .where('id', '=', id)
      .execute();
    const known = await names(tx, look.pupils);
    const pupils = look.pupils.map((p) => ({ id: p, name: known.get(p) ?? '' }));
    const lines = await currentLines(tx, look.pupils, now);
    return { look, pupils: pupilsNow(pupils, lines, await privately(tx, deps)) };
  });
}

/**
 * The activity names one category of a site, the lists may know more: a site on health that is also about education stays
 * private. While the lists cannot be asked, every site is.
 */
async function privately(tx: Tx, deps: Deps): Promise<(host: string) => boolean> {
  const index = await currentIndex(deps, tx);
  return (host) => index === null || index.categoriesOf(index.find(host), 'careful').some((c) => PRIVATE.has(c));
}

/** A look ends with its time, with the class, and with the role or class that allowed it. */
async function stillMay(tx: Tx, deps: Deps, viewer: Viewer, look: Look, now: number): Promise<boolean> {
  if (now >= look.ends_at.getTime()) return false;
  const { own, asRole, open } = await standing(tx, deps, viewer);
  return open && (look.as_role === 'teacher' ? own.some((c) => c.group === look.group_name) : asRole === look.as_role);
}

/** Stop looking. */
export function closeLook(deps: Deps, viewer: Viewer, id: string): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const look = await ownLook(tx, viewer, id);
    if (!look.closed_at) await closeLookIn(tx, deps, by, look, deps.clock.now());
  });
}

/** Every minute: looks whose time is over, and those that nobody has been seen at. */
export async function closeIdleLooks(deps: Deps): Promise<void> {
  const now = deps.clock.now();
  await forEach(await schools(deps.db), ({ id }) =>
    deps.db.in(systemContext(id), async (tx) => {
      for (const look of await openLooks(tx)) {
        const last = Math.min(look.seen_at.getTime(), look.ends_at.getTime());
        const over = now >= look.ends_at.getTime() || now - last >= IDLE;
        if (over) await closeLookIn(tx, deps, systemContext(id), look, last);
      }
    }),
  );
}

async function closeLookIn(tx: Tx, deps: Deps, by: Context, look: Look, until: number): Promise<void> {
  const closed = await tx
    .updateTable('class_view')
    .set({ closed_at: new Date(Math.max(until, look.opened_at.getTime())) })
    .where('id', '=', look.id)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  if (closed.numUpdatedRows === 0n) return;
  await record(tx, {
    school: look.school_id,
    actor: by.person,
    action: 'class-view.close',
    object: { kind: 'class_view', id: look.id },
    detail: { class: look.group_name, from: look.opened_at, until: new Date(until) },
    at: deps.clock.now(),
  });
}

async function ownLook(tx: Tx, viewer: Viewer, id: string): Promise<Look> {
  const look = isUuid(id) ? await lookById(tx, id) : undefined;
  if (!look || look.by_person !== viewer.person.id) throw notFound('this look');
  return look;
}
