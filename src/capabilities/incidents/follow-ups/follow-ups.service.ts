import { dayIn } from '#core/days.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { FollowUpKind } from '#platform/tables/closing.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { closedWithoutLessons, type FollowUpState, followUps } from './follow-ups.store.ts';

/** What each kind is, and where it is carried on. Only changes of the filter have a place of their own yet. */
export const KINDS: Readonly<Record<FollowUpKind, { name: string; where: string; href?: string }>> = {
  filter: {
    name: 'Filter',
    where: 'Ask for the change of the filter, then say here what came of it.',
    href: '/filtering/changes',
  },
  curriculum: {
    name: 'Curriculum',
    where: 'The curriculum has no place here yet: carry it out where you plan lessons, then say so here.',
  },
  risk: {
    name: 'Risk assessment',
    where: 'Risk assessments have no place here yet: put it into yours, then say so here.',
  },
  training: {
    name: 'Training',
    where: 'Training has no place here yet: arrange it, then say here when it took place.',
  },
};

export interface FollowUpQuery {
  readonly q?: string | undefined;
  readonly state?: FollowUpState | '' | undefined;
  readonly kind?: FollowUpKind | '' | undefined;
}

export function followUpsPage(deps: Deps, viewer: Viewer, query: FollowUpQuery) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const today = dayIn(viewer.school.timeZone, now);
    const list = await followUps(
      tx,
      { state: query.state || undefined, kind: query.kind || undefined, text: query.q ?? '' },
      today,
    );
    const who = await names(tx, [...new Set(list.flatMap((f) => [f.owner, f.given_by]))]);
    const leads = hasDuty(viewer, ...SAFEGUARDING_ROLES);
    return {
      query,
      kinds: Object.entries(KINDS).map(([value, k]) => ({ value, text: k.name })),
      followUps: list.map((f) => ({
        ...f,
        ...KINDS[f.kind],
        with: who.get(f.owner) ?? 'somebody who has left',
        by: who.get(f.given_by),
        late: f.done_at === null && f.due < today,
        mine: f.done_at === null && (leads || f.owner === viewer.person.id),
      })),
      waiting: leads ? await closedWithoutLessons(tx, now) : [],
    };
  });
}

/** What was done about it, in the words of whoever did it or leads. */
export function finishFollowUp(deps: Deps, viewer: Viewer, id: string, text: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const row = isUuid(id)
      ? await tx.selectFrom('case_follow_up').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
      : undefined;
    if (!row) throw notFound('this follow-up');
    if (row.owner !== viewer.person.id && !hasDuty(viewer, ...SAFEGUARDING_ROLES))
      throw forbidden('follow-up.not-yours', 'Whoever it was given to says when it is done.');
    if (row.done_at) throw conflict('follow-up.done', 'This was done already.');
    if (text.trim().length < 3)
      throw invalid('follow-up.text', 'Say what was done.', { [`text-${id}`]: 'Say what was done, in a few words.' });
    const now = deps.clock.now();
    await tx
      .updateTable('case_follow_up')
      .set({ done_at: new Date(now), done_by: viewer.person.id, done_text: text.trim() })
      .where('id', '=', id)
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'follow-up.done',
      object: { kind: 'case_follow_up', id },
      text: { text: text.trim() },
      at: now,
    });
  });
}
