import { type Selectable, sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import type { Database } from '#platform/schema.ts';
import type { FollowUpKind } from '#platform/tables/closing.ts';
import type { Viewer } from '#web/index.ts';

export type FollowUp = Selectable<Database['case_follow_up']>;

// Row security decides who sees what (migrations/0029): whoever owns a follow-up sees it and nothing else of its case.

export const isKind = (text: unknown): text is FollowUpKind =>
  text === 'filter' || text === 'curriculum' || text === 'risk' || text === 'training';

/** What a case taught becomes somebody's task, and they are told by a letter that says nothing of the case. */
export async function giveFollowUp(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  what: { case: string; kind: FollowUpKind; text: string; owner: string; due: string },
): Promise<void> {
  const now = deps.clock.now();
  const id = newId(now);
  await tx
    .insertInto('case_follow_up')
    .values({
      id,
      school_id: viewer.school.id,
      case_id: what.case,
      kind: what.kind,
      text: what.text.trim(),
      owner: what.owner,
      due: what.due,
      given_by: viewer.person.id,
      given_at: new Date(now),
    })
    .execute();
  const to = await tx.selectFrom('person').select('email').where('id', '=', what.owner).executeTakeFirst();
  if (!to?.email || what.owner === viewer.person.id) return;
  await post(tx, {
    school: viewer.school.id,
    recipient: what.owner,
    address: to.email,
    subject: 'Something to follow up was given to you',
    body: `Something that the school learned is yours to follow up, by ${what.due}.\n\nRead it here after signing in:\n${deps.config.pagesUrl}/cases/follow-ups\n`,
    about: { kind: 'case_follow_up', id },
  });
}

export const FOLLOW_UP_STATES = ['open', 'late', 'done'] as const;
export type FollowUpState = (typeof FOLLOW_UP_STATES)[number];

export async function followUps(
  tx: Tx,
  search: {
    readonly state?: FollowUpState | undefined;
    readonly kind?: FollowUpKind | undefined;
    readonly text?: string;
  },
  today: string,
): Promise<FollowUp[]> {
  let query = tx.selectFrom('case_follow_up').selectAll();
  const { state, kind, text } = search;
  if (state) query = query.where('done_at', state === 'done' ? 'is not' : 'is', null);
  if (state === 'late') query = query.where('due', '<', today);
  if (kind) query = query.where('kind', '=', kind);
  if (text?.trim()) query = query.where('text', 'ilike', `%${text.trim().replace(/[\\%_]/g, '\\$&')}%`);
  return query.orderBy(sql`done_at is not null`).orderBy('due').orderBy('id').limit(300).execute();
}

/** For Today: what is this person's to do, and how much of it is late. */
export async function myFollowUps(tx: Tx, viewer: Viewer, now: number): Promise<{ open: number; late: number }> {
  const today = dayIn(viewer.school.timeZone, now);
  const mine = (await followUps(tx, { state: 'open' }, today)).filter((f) => f.owner === viewer.person.id);
  return { open: mine.length, late: mine.filter((f) => f.due < today).length };
}

/** Lessons are asked for as long as a closing is fresh. */
const ASKED_FOR = 60 * DAY;

/** Cases closed lately of which nobody has said what is to be learned, newest first. */
export async function closedWithoutLessons(
  tx: Tx,
  now: number,
): Promise<{ reference: string; title: string; closed_at: Date | null }[]> {
  return tx
    .selectFrom('case_file as c')
    .select(['c.reference', 'c.title', 'c.closed_at'])
    .where('c.state', '=', 'closed')
    .where('c.disposed_at', 'is', null)
    .where('c.closed_at', '>', new Date(now - ASKED_FOR))
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('case_entry as x')
            .select('x.id')
            .whereRef('x.case_id', '=', 'c.id')
            .where('x.action', '=', 'lessons'),
        ),
      ),
    )
    .orderBy('c.closed_at', 'desc')
    .limit(100)
    .execute();
}
