import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import type { Viewer } from '#web/index.ts';

export interface CaseRef {
  readonly id: string;
  readonly reference: string;
}

/** Whoever leads on the case learns of it at once, unless they logged it themselves. */
export async function tellLead(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  file: CaseRef & { readonly urgency: 'urgent' | 'soon' },
  lead: readonly string[],
): Promise<void> {
  const subject = `${file.urgency === 'urgent' ? 'Urgent: a' : 'A'} concern was logged: ${file.reference}`;
  for (const person of lead) {
    await tell(deps, tx, viewer, file, person, subject, 'A concern was logged in Gatehouse and waits for you.');
  }
}

/** Whoever is given a case is told, unless they took it themselves. */
export function tellManager(deps: Deps, tx: Tx, viewer: Viewer, file: CaseRef, person: string): Promise<void> {
  const subject = `A case was given to you: ${file.reference}`;
  return tell(deps, tx, viewer, file, person, subject, 'A case was given to you in Gatehouse.');
}

/** A letter to somebody with a part in the case. It says neither what the case is about nor whom (ALR-10). */
async function tell(
  deps: Deps,
  tx: Tx,
  viewer: Pick<Viewer, 'school' | 'person'>,
  file: CaseRef,
  person: string,
  subject: string,
  sentence: string,
): Promise<void> {
  if (person === viewer.person.id) return;
  const to = await tx.selectFrom('person').select('email').where('id', '=', person).executeTakeFirst();
  if (!to?.email) return;
  await post(tx, {
    school: viewer.school.id,
    recipient: person,
    address: to.email,
    subject,
    body: `${sentence}\n\nRead it here after signing in:\n${deps.config.pagesUrl}/cases/${file.reference}\n\nPlease do not pass this letter on.\n`,
    about: { kind: 'case', id: file.id },
  });
}

/** Somebody joins the team. */
export function tellMember(deps: Deps, tx: Tx, viewer: Viewer, file: CaseRef, person: string): Promise<void> {
  const subject = `You are asked to join a team: ${file.reference}`;
  return tell(deps, tx, viewer, file, person, subject, 'You are asked to take part in a case in Gatehouse.');
}

/** EVI-04: a case was stopped. Nobody learns from the letter what it is about. */
export async function tellHalted(
  deps: Deps,
  tx: Tx,
  viewer: Pick<Viewer, 'school' | 'person'>,
  file: CaseRef,
  people: readonly string[],
): Promise<void> {
  const sentence =
    'A case was stopped in Gatehouse and needs you at once. Do not open or copy anything; read it first.';
  for (const person of people)
    await tell(deps, tx, viewer, file, person, `Urgent: a case was stopped: ${file.reference}`, sentence);
}
