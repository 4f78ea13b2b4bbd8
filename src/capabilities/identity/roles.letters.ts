import type { Tx } from '#platform/db.ts';
import { post } from '#platform/mail.ts';
import { WATCHED } from './roles.rules.ts';
import { holders } from './roles.store.ts';

/**
 * Tell those who keep watch over children what was done to the account of somebody with one of these roles; nothing
 * where none of them is watched. The letter names nobody: it may be read over a shoulder.
 */
export async function tellSafeguarding(
  tx: Tx,
  school: string,
  about: string,
  roles: readonly string[],
  letter: { readonly subject: string; readonly what: string },
): Promise<void> {
  if (!WATCHED.some((r) => roles.includes(r))) return;
  const watchers = [...(await holders(tx, 'dsl')), ...(await holders(tx, 'head'))];
  for (const { id, email } of new Map(watchers.map((w) => [w.id, w])).values()) {
    if (!email || id === about) continue;
    await post(tx, {
      school,
      recipient: id,
      address: email,
      subject: letter.subject,
      body: `${letter.what} Sign in and open People to see who it is. If you did not expect this, speak to the head today.\n`,
      about: { kind: 'person', id: about },
    });
  }
}
