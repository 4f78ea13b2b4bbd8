import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { type Holder, holders, personById } from '#rooms/identity/index.ts';
import type { PrivateTargetAction } from './private.workflow.ts';

export const PRIVATE_TARGETS = '/settings/private';

/** Subjects hold no address and no name: they show on locked phones. */
const WAITS = {
  subject: 'An opening of the school’s own network waits for you',
  sentence:
    'An administrator asks that the proxy may reach more of the school’s own addresses. Nothing is open until one of you agrees.',
};
const DECIDED: Readonly<Partial<Record<PrivateTargetAction, { subject: string; sentence: string }>>> = {
  agree: {
    subject: 'Your opening of the school’s own network is agreed',
    sentence: 'A second person agreed to what you asked for. Gateways follow within seconds.',
  },
  refuse: {
    subject: 'Your opening of the school’s own network is refused',
    sentence: 'A second person refused what you asked for. The page says why.',
  },
};

/** Each person once who holds one of these roles, but not this one. */
export async function othersWith(tx: Tx, roles: readonly string[], person: string): Promise<Holder[]> {
  const all = (await Promise.all(roles.map((role) => holders(tx, role)))).flat();
  return [...new Map(all.map((h) => [h.id, h])).values()].filter((h) => h.id !== person);
}

/** Whoever may decide hears of what waits, whoever asked of what was decided; nobody hears of their own act. */
export async function tellOfPrivateTargets(
  tx: Tx,
  deps: Deps,
  proposal: { readonly id: string; readonly school: string; readonly requester: string },
  action: PrivateTargetAction,
  deciders: readonly string[],
): Promise<void> {
  const words = action === 'propose' ? WAITS : DECIDED[action];
  if (!words) return;
  const requester = await personById(tx, proposal.requester);
  const people =
    action === 'propose' ? await othersWith(tx, deciders, proposal.requester) : requester ? [requester] : [];
  const body = `${words.sentence}\n\nRead it here after signing in:\n${deps.config.pagesUrl}${PRIVATE_TARGETS}\n`;
  const about = { kind: 'private_target_proposal', id: proposal.id };
  for (const { id, email } of people) {
    if (!email) continue;
    await post(tx, { school: proposal.school, recipient: id, address: email, subject: words.subject, body, about });
  }
}
