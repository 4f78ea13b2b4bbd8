import { invalid } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import { holders } from '#rooms/identity/index.ts';
import { peopleNamed } from './people-named.ts';
import { reportRoles } from './recipients.ts';

/** Whom a report is about, as far as whoever told says. */
export interface About {
  /** Of whom it is known to be about; and everybody it may be about, from whom it is kept. */
  readonly subjects: readonly string[];
  readonly keptFrom: readonly string[];
  readonly aboutHead: boolean;
  readonly aboutAdult: boolean;
}

/** Everybody who holds the role that was chosen, and those named. */
export async function aboutWhom(
  tx: Tx,
  now: number,
  told: { readonly role: string | null; readonly who: string },
): Promise<About> {
  if (told.role !== null && !(await reportRoles(tx, now)).some((r) => r.role === told.role)) {
    const text = 'Choose one of the people in the list.';
    throw invalid('tell.role', text, { role: text });
  }
  const ofRole = told.role === null ? [] : await holders(tx, told.role);
  const principal = ofRole.filter((p) => p.rank === 'holder');
  const named = await peopleNamed(tx, told.who);
  const subjects = [...(principal.length === 1 ? principal.map((p) => p.id) : []), ...named.sure.map((p) => p.id)];
  const keptFrom = [...new Set([...ofRole.map((p) => p.id), ...named.possible.map((p) => p.id)])];
  const heads = await holders(tx, 'head');
  const works = named.sure.some((p) => p.kind !== 'pupil' && p.kind !== 'parent');
  return {
    subjects: [...new Set(subjects)],
    keptFrom,
    aboutHead: heads.some((h) => keptFrom.includes(h.id)),
    aboutAdult: told.role !== null || works,
  };
}
