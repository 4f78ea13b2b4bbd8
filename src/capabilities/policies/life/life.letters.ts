import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { holders } from '#rooms/identity/index.ts';
import type { Viewer } from '#web/index.ts';
import type { Situation } from './drafts.facts.ts';
import type { Draft } from './drafts.store.ts';
import type { LifeState } from './life.workflow.ts';

export interface Reader {
  readonly id: string;
  readonly email: string | null;
}

/** Whoever has the next move learns of it; governors learn of every policy that was approved (GOV-05). */
export async function tellOfStep(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  draft: Pick<Draft, 'id' | 'author' | 'title'>,
  { from, to, situation }: { from: LifeState; to: LifeState; situation: Situation },
): Promise<void> {
  if (from === to) return;
  const letter = await letterFor(tx, draft, to, situation);
  if (!letter) return;
  const readers = letter.to.filter((r) => r.id !== viewer.person.id);
  await sendTo(tx, viewer.school.id, readers, {
    subject: letter.subject,
    body: `${letter.sentence}\n\nRead it here after signing in:\n${deps.config.pagesUrl}/policy/drafts/${draft.id}\n`,
    about: { kind: 'policy_draft', id: draft.id },
  });
}

async function letterFor(tx: Tx, draft: Pick<Draft, 'author' | 'title'>, to: LifeState, s: Situation) {
  const ofRoles = async (roles: readonly string[]) => (await Promise.all(roles.map((r) => holders(tx, r)))).flat();
  switch (to) {
    case 'consulting':
      return {
        to: await ofRoles(s.facts.unsigned),
        subject: 'A policy waits for your signature',
        sentence: `You are a reviewer of the draft “${draft.title}”. Please read it, then sign it or send it back.`,
      };
    case 'consulted':
      return {
        to: await ofRoles([s.approver]),
        subject: 'A policy waits for approval',
        sentence: `Every reviewer has signed the draft “${draft.title}”. It waits for its approval and the minute.`,
      };
    case 'approved':
      return {
        to: await governors(tx),
        subject: 'The online-safety policy was approved',
        sentence: `The draft “${draft.title}” was approved. The page says from when it holds and what is different.`,
      };
    case 'draft':
    case 'withdrawn':
      return {
        to: await people(tx, [draft.author]),
        subject: to === 'draft' ? 'A policy draft came back' : 'A policy draft was withdrawn',
        sentence: `The draft “${draft.title}” ${to === 'draft' ? 'was sent back to be worked on' : 'was withdrawn'}. The page says why.`,
      };
    default:
      return null;
  }
}

/** The same letter to each of them once, wherever there is an address. */
export async function sendTo(
  tx: Tx,
  school: string,
  readers: readonly Reader[],
  letter: { readonly subject: string; readonly body: string; readonly about: { kind: string; id: string } },
): Promise<void> {
  for (const { id, email } of new Map(readers.map((r) => [r.id, r])).values()) {
    if (email) await post(tx, { school, recipient: id, address: email, ...letter });
  }
}

const governors = (tx: Tx): Promise<Reader[]> =>
  tx.selectFrom('person').select(['id', 'email']).where('kind', '=', 'governor').where('left_on', 'is', null).execute();

const people = (tx: Tx, ids: readonly string[]): Promise<Reader[]> =>
  tx.selectFrom('person').select(['id', 'email']).where('id', 'in', ids).where('left_on', 'is', null).execute();
