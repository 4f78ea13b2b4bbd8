import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { holders, personById } from '#rooms/identity/index.ts';
import type { ListChangeAction } from './list-changes.workflow.ts';

interface Words {
  readonly subject: string;
  readonly sentence: string;
}

/** What waits for somebody. Subjects name nobody and no site: they show on locked phones. */
const TO_DECIDE: Readonly<Partial<Record<ListChangeAction, Words>>> = {
  propose: {
    subject: 'A change of the filter’s lists waits for you',
    sentence:
      'A colleague asks for a change of the filter’s lists that may open sites. Nothing happens until one of you agrees.',
  },
  'apply-now': {
    subject: 'The filter’s lists were changed: please look',
    sentence:
      'A colleague changed the filter’s lists so that more is closed. It holds already; a second person must look at it.',
  },
};
const TO_REQUESTER: Readonly<Partial<Record<ListChangeAction, Words>>> = {
  approve: {
    subject: 'Your change of the lists is agreed',
    sentence: 'A second person agreed to what you asked for. The lists are being compiled.',
  },
  refuse: {
    subject: 'Your change of the lists is refused',
    sentence: 'A second person refused what you asked for. The page says why.',
  },
  undo: {
    subject: 'Your change of the lists is undone',
    sentence: 'A second person looked at what you changed and undid it. The page says why.',
  },
};

/** Whoever decides hears of what waits, whoever asked of what was decided; nobody hears of their own act. */
export async function tellOfListChange(
  tx: Tx,
  deps: Deps,
  change: { readonly id: string; readonly school: string; readonly requester: string },
  action: ListChangeAction,
  actor: string,
  deciders: readonly string[],
): Promise<void> {
  const send = async (to: { readonly id: string; readonly email: string | null }, { subject, sentence }: Words) => {
    if (!to.email) return;
    const body = `${sentence}\n\nRead it here after signing in:\n${deps.config.pagesUrl}/filtering/lists/changes\n`;
    const about = { kind: 'list_change', id: change.id };
    await post(tx, { school: change.school, recipient: to.id, address: to.email, subject, body, about });
  };
  const waiting = TO_DECIDE[action];
  if (waiting) {
    const people = (await Promise.all(deciders.map((role) => holders(tx, role)))).flat();
    for (const person of new Map(people.map((p) => [p.id, p])).values()) {
      if (person.id !== actor) await send(person, waiting);
    }
  }
  const decided = TO_REQUESTER[action];
  const requester = decided && actor !== change.requester ? await personById(tx, change.requester) : undefined;
  if (decided && requester) await send(requester, decided);
}
