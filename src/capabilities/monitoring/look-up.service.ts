import { sql } from 'kysely';
import { MINUTE } from '#core/clock.ts';
import { forbidden, invalid, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { contextOf, type Viewer } from '#web/index.ts';

/** How long a reason opens one person's activity to the one who gave it. */
export const LOOK_UP_MINUTES = 30;
const REASON_LETTERS = 10;

export interface LookUp {
  readonly about: string;
  readonly reason: string;
  readonly alert?: string | null;
}

/**
 * MON-11: looking up a named person needs a reason, and is itself recorded. A try without one is refused, and recorded
 * too; nobody looks up themself, since whoever is under question would be their own investigator.
 */
export async function lookUp(deps: Deps, viewer: Viewer, input: LookUp): Promise<void> {
  const reason = input.reason.trim();
  // Characters as the database counts them: one sign may be two units of a string.
  const { length } = [...reason];
  const refusal =
    input.about === viewer.person.id
      ? forbidden('look-up.self', 'You cannot look up yourself. Ask the safeguarding lead or the head.')
      : length < REASON_LETTERS || length > 500
        ? invalid('look-up.reason', 'Say why you need to know.', {
            reason: `Write between ${REASON_LETTERS} and 500 letters, such as what was reported and by whom.`,
          })
        : null;
  if (refusal) {
    await deps.db.in(contextOf(viewer), (tx) => noteRefused(tx, deps, viewer, input.about, refusal.code));
    throw refusal;
  }
  await deps.db.in(contextOf(viewer), (tx) => grantLookUp(tx, deps, viewer, { ...input, reason }));
}

/** Write the look-up down; while an earlier one is open nothing is added. */
export async function grantLookUp(tx: Tx, deps: Deps, viewer: Viewer, input: LookUp): Promise<void> {
  const person = await tx.selectFrom('person').select('id').where('id', '=', input.about).executeTakeFirst();
  if (!person) throw notFound('that person');
  if (await mayRead(tx, deps, viewer, input.about)) return;
  const now = deps.clock.now();
  await tx
    .insertInto('look_up')
    .values({
      school_id: viewer.school.id,
      by_person: viewer.person.id,
      about_person: input.about,
      reason: input.reason,
      alert_id: input.alert ?? null,
      at: new Date(now),
      ends_at: new Date(now + LOOK_UP_MINUTES * MINUTE),
    })
    .execute();
  await record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: 'activity.look-up',
    object: { kind: 'person', id: input.about },
    detail: input.alert ? { alert: input.alert } : {},
    text: { reason: input.reason },
    at: now,
  });
}

/** Does an open look-up of this viewer cover that person? */
export const mayRead = async (tx: Tx, deps: Deps, viewer: Viewer, about: string): Promise<boolean> =>
  (await openLookUps(tx, deps, viewer)).has(about);

/** Whom this viewer may read by name at this moment. */
export async function openLookUps(tx: Tx, deps: Deps, viewer: Viewer): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('look_up')
    .select('about_person')
    .where('by_person', '=', viewer.person.id)
    .where('ends_at', '>', new Date(deps.clock.now()))
    .execute();
  return new Set(rows.map((r) => r.about_person));
}

/** Somebody tried to read a person's activity without a reason. */
export const noteRefused = (tx: Tx, deps: Deps, viewer: Viewer, about: string, code: string): Promise<void> =>
  record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: 'activity.look-up-refused',
    object: { kind: 'person', id: about },
    detail: { code },
    at: deps.clock.now(),
  });

/** Who looked whom up and why, newest first; never those about the reader (row security). */
export const lookUps = (tx: Tx, search: { text: string; limit: number }) =>
  tx
    .selectFrom('look_up as l')
    .innerJoin('person as by', 'by.id', 'l.by_person')
    .innerJoin('person as about', 'about.id', 'l.about_person')
    .select([
      'l.id',
      'l.at',
      'l.ends_at',
      'l.reason',
      'l.alert_id',
      'by.display_name as by',
      'about.display_name as about',
    ])
    .$if(search.text !== '', (q) =>
      q.where(
        sql<boolean>`(by.display_name || ' ' || about.display_name || ' ' || l.reason) ilike ${like(search.text)}`,
      ),
    )
    .orderBy('l.at', 'desc')
    .limit(search.limit)
    .execute();

/** Letters as they were typed, anywhere in the text. */
export const like = (text: string): string => `%${text.trim().replace(/[\\%_]/g, '\\$&')}%`;
