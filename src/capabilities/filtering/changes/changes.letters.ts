import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { holders, personById } from '#rooms/identity/index.ts';
import type { ChangeAction } from './changes.workflow.ts';

export interface About {
  readonly id: string;
  readonly school: string;
  readonly reference: string;
  readonly requester: string;
}

/** What is waited for, or what happened. Subjects name nobody and no site: they show on locked phones. */
const TO_DECIDE: Readonly<Partial<Record<ChangeAction, { subject: string; sentence: string }>>> = {
  ask: {
    subject: 'A site change waits for you',
    sentence: 'A colleague asks for a change of the filter. You are one of those who decide.',
  },
  'close-now': {
    subject: 'Sites were closed at once: please look',
    sentence: 'A colleague closed sites at once. It holds already; a second person must look at it within a day.',
  },
  'ask-to-lift': {
    subject: 'A closing is asked to be lifted',
    sentence: 'A colleague asks that closed sites be opened again. They stay closed until a second person agrees.',
  },
};
const TO_REQUESTER: Readonly<Partial<Record<ChangeAction, { subject: string; sentence: string }>>> = {
  approve: {
    subject: 'Your site change is decided',
    sentence: 'What you asked for was decided, site by site. It begins and ends by itself.',
  },
  refuse: { subject: 'Your site change is decided', sentence: 'What you asked for was refused. The page says why.' },
  withdraw: {
    subject: 'Your site change has ended',
    sentence: 'What you asked for was ended early. The page says why.',
  },
  keep: { subject: 'Your closing stays', sentence: 'A second person looked at what you closed; it stays closed.' },
  lift: { subject: 'Your closing was lifted', sentence: 'What you closed is open again. The page says why.' },
};

/** Whoever decides hears of what waits, whoever asked hears of what was decided; nobody hears of their own act. */
export async function tellOfStep(
  tx: Tx,
  deps: Deps,
  about: About,
  action: ChangeAction,
  actor: string,
  deciders: readonly string[],
): Promise<void> {
  const waiting = TO_DECIDE[action];
  if (waiting) {
    const people = (await Promise.all(deciders.map((role) => holders(tx, role)))).flat();
    for (const { id, email } of new Map(people.map((p) => [p.id, p])).values()) {
      if (id !== actor && id !== about.requester) await send(tx, deps, about, { id, email }, waiting);
      else if (id !== actor && action === 'ask-to-lift') await send(tx, deps, about, { id, email }, waiting);
    }
  }
  const decided = TO_REQUESTER[action];
  if (decided && actor !== about.requester) {
    const requester = await personById(tx, about.requester);
    if (requester) await send(tx, deps, about, requester, decided);
  }
}

/** A letter about one change; who has no address reads it on Today. */
export async function send(
  tx: Tx,
  deps: Deps,
  { id, school, reference }: About,
  to: { readonly id: string; readonly email: string | null },
  { subject, sentence }: { subject: string; sentence: string },
  kind = 'filter_change',
): Promise<void> {
  if (!to.email) return;
  const body = `${sentence}\n\nRead it here after signing in:\n${deps.config.pagesUrl}/filtering/changes/${reference}\n`;
  await post(tx, { school, recipient: to.id, address: to.email, subject, body, about: { kind, id } });
}
