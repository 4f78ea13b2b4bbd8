import { dayIn, isDay } from '#core/days.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid, newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { authorisations, isLive } from './authorised.store.ts';
import { searchPolicy } from './search.rules.ts';

export interface AuthorisationForm {
  readonly person: string;
  /** Days, `YYYY-MM-DD`; no last day: until it is ended. */
  readonly from: string;
  readonly until: string;
  readonly because: string;
}

/** SRC-01: the principal authorises somebody to search, from a day to a day. */
export function authorise(deps: Deps, viewer: Viewer, form: AuthorisationForm): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    await keeper(tx, viewer, now);
    const { timeZone } = viewer.school;
    const today = dayIn(timeZone, now);
    const wrong: Record<string, string> = {};
    if (!(await worksHere(tx, form.person)) || form.person === viewer.person.id) {
      wrong.person = 'Choose a member of staff. You need no authorisation of your own.';
    }
    if (!isDay(form.from) || form.from < today) wrong.from = 'Give today or a later day.';
    if (form.until && (!isDay(form.until) || form.until < form.from))
      wrong.until = 'Give the last day, not before the first, or leave it empty.';
    if (form.because.trim().length < 3) wrong.because = 'Say why: their training, their post.';
    const open = wrong.person ? [] : await authorisations(tx, form.person);
    if (open.some((a) => a.endedAt === null && (a.until === null || a.until.getTime() > now))) {
      wrong.person = 'They are authorised already. End that first, to give other days.';
    }
    if (Object.keys(wrong).length > 0)
      throw invalid('device-search.authorise.invalid', 'Some of this needs another look.', wrong);
    const from = form.from === today ? now : startOf(form.from, timeZone);
    const until = form.until ? startOf(dayAfter(form.until), timeZone) : null;
    const id = newId(now);
    await tx
      .insertInto('search_authorisation')
      .values({
        id,
        school_id: viewer.school.id,
        person_id: form.person,
        from_at: new Date(from),
        until_at: until === null ? null : new Date(until),
        because: form.because.trim(),
        authorised_by: viewer.person.id,
        at: new Date(now),
      })
      .execute();
    await note(
      tx,
      viewer,
      'authorise',
      id,
      { person: form.person, from: form.from, until: form.until },
      form.because,
      now,
    );
  });
}

/** It ends at once. What was done under it stays as it was. */
export function endAuthorisation(deps: Deps, viewer: Viewer, id: string, because: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    await keeper(tx, viewer, now);
    const found = isUuid(id) ? (await authorisations(tx)).find((a) => a.id === id) : undefined;
    if (!found) throw notFound('this authorisation');
    if (found.endedAt !== null || (found.until !== null && found.until.getTime() <= now)) {
      throw conflict('device-search.end.over', 'This authorisation is over already.');
    }
    if (because.trim().length < 3) {
      throw invalid('device-search.end.because', 'Say why it ends.', { because: 'Say why it ends.' });
    }
    await tx
      .insertInto('search_authorisation_end')
      .values({
        authorisation_id: id,
        school_id: viewer.school.id,
        ended_by: viewer.person.id,
        because: because.trim(),
        at: new Date(now),
      })
      .execute();
    await note(tx, viewer, 'end-authorisation', id, { person: found.person, live: isLive(found, now) }, because, now);
  });
}

/** Only whoever holds the role that the policy names keeps the list. */
async function keeper(tx: Tx, viewer: Viewer, now: number): Promise<void> {
  const { rules } = await searchPolicy(tx, now);
  if (!viewer.duties.includes(rules.authorisedBy)) {
    throw forbidden('device-search.authorise.not-yours', 'Only the principal says who may search.');
  }
}

async function worksHere(tx: Tx, person: string): Promise<boolean> {
  if (!isUuid(person)) return false;
  const row = await tx
    .selectFrom('person')
    .select('id')
    .where('id', '=', person)
    .where('kind', '=', 'staff')
    .where('left_on', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

const startOf = (day: string, timeZone: string): number =>
  Temporal.PlainDate.from(day).toZonedDateTime({ timeZone }).epochMilliseconds;
const dayAfter = (day: string): string => Temporal.PlainDate.from(day).add({ days: 1 }).toString();

const note = (
  tx: Tx,
  viewer: Viewer,
  act: string,
  id: string,
  detail: Record<string, unknown>,
  because: string,
  at: number,
) =>
  record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: `device-search.${act}`,
    object: { kind: 'search_authorisation', id },
    detail,
    text: { because },
    at,
  });
