import { dayIn } from '#core/days.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { giveFirstPassword } from './credentials.ts';
import { personById } from './people.store.ts';
import { tellSafeguarding } from './roles.letters.ts';
import { WATCHED } from './roles.rules.ts';
import { endAllRoles, lockRoles, refuseEmptying } from './roles.service.ts';
import { rolesHeld } from './roles.store.ts';
import { endSessions } from './sessions.ts';

/**
 * People whose account this viewer may not change. Whoever can reset a password can sign in with it, so those who may
 * read what concerns children are beyond the reach of those who only run the machines.
 */
export async function beyondReach(tx: Tx, viewer: Viewer): Promise<Set<string>> {
  if (viewer.duties.includes('administrator')) return new Set();
  const watched = await tx
    .selectFrom('role_holding')
    .select('person_id')
    .where('until_at', 'is', null)
    .where('role', 'in', WATCHED)
    .execute();
  return new Set(watched.map((w) => w.person_id));
}

/** Throws where somebody's account is beyond this viewer's reach. */
export async function refuseBeyondReach(tx: Tx, viewer: Viewer, person: string): Promise<void> {
  if ((await beyondReach(tx, viewer)).has(person)) {
    throw forbidden(
      'person.beyond-reach',
      'Only an administrator can change this person’s account.',
      'They hold a role with access to sensitive information. Ask an administrator.',
    );
  }
}

/** A new first password, for somebody who has forgotten theirs. Their sessions end, and they are told. */
export function resetPassword(deps: Deps, viewer: Viewer, id: string): Promise<{ firstPassword: string }> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const person = await personById(tx, id);
    if (!person) throw notFound('that person');
    if (person.leftOn !== null) throw conflict('person.left', 'This person has left and cannot sign in.');
    if (person.id === viewer.person.id) {
      throw conflict('password.own', 'Change your own password on My page.', 'You need the one you have now.');
    }
    await refuseBeyondReach(tx, viewer, id);
    const firstPassword = await giveFirstPassword(tx, deps, by, id);
    await endSessions(tx, deps, by, { person: id });
    await record(tx, {
      school: by.school,
      actor: by.person,
      action: 'password.reset',
      object: { kind: 'person', id },
      at: deps.clock.now(),
    });
    if (person.email) {
      await post(tx, {
        school: by.school,
        recipient: id,
        address: person.email,
        subject: 'Your Gatehouse password was reset',
        body: 'A new first password has just been made for your account, and you have been signed out everywhere. If you did not ask for this, tell your administrator or your safeguarding lead today.\n',
        about: { kind: 'person', id },
      });
    }
    await tellSafeguarding(tx, by.school, id, await rolesHeld(tx, id), {
      subject: 'Gatehouse: a password was reset',
      what: 'An administrator has made a new first password for somebody whose role carries access to sensitive information. Whoever has that password can sign in as them.',
    });
    return { firstPassword };
  });
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Close an account from a day on. When that day is here, sessions and roles end at once. */
export function markLeft(deps: Deps, viewer: Viewer, id: string, day: string): Promise<void> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    if (!DAY.test(day) || Number.isNaN(Date.parse(day))) {
      throw invalid('person.day', 'Enter the day from which the account is closed.', { day: 'Enter a day' });
    }
    if (id === viewer.person.id) throw conflict('person.self', 'You cannot close your own account.');
    const person = await personById(tx, id);
    if (!person) throw notFound('that person');
    await refuseBeyondReach(tx, viewer, id);
    await lockRoles(tx, by.school);
    await refuseEmptying(tx, id, await rolesHeld(tx, id));
    await tx.updateTable('person').set({ left_on: day }).where('id', '=', id).execute();
    await record(tx, {
      school: by.school,
      actor: by.person,
      action: 'person.leave',
      object: { kind: 'person', id },
      detail: { day },
      at: deps.clock.now(),
    });
    if (day <= dayIn(viewer.school.timeZone, deps.clock.now())) await closeAccount(tx, deps, by, id);
    await bumpSnapshot(tx, by.school);
  });
}

/** The day has come: nothing of the account stays open. */
export async function closeAccount(tx: Tx, deps: Deps, by: Context, person: string): Promise<void> {
  await endSessions(tx, deps, by, { person });
  await endAllRoles(tx, deps, by, person);
}
