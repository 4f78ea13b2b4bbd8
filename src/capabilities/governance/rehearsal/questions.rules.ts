import { profileFor, UNIDENTIFIED } from '#policy/index.ts';
import type { Member } from './rehearsal.rules.ts';
import type { OpenQuestion } from './rehearsal.store.ts';
import { type Circumstances, judgeAt, type Side } from './side.ts';

/** What becomes of "please look at this site": open with the draft, open already, or closed as before. */
export const FATES = ['opens', 'open', 'closes', 'closed'] as const;
export type Fate = (typeof FATES)[number];

/** Open questions under the draft, and their sites. */
export interface Answered {
  readonly counts: Readonly<Record<Fate, number>>;
  readonly sites: readonly { readonly host: string; readonly fate: Fate; readonly questions: number }[];
}

/** Both policies asked again what people asked for, at the moment when they did. */
export function answers(
  before: Side,
  after: Side,
  members: readonly Member[],
  questions: readonly OpenQuestion[],
  circumstances: Circumstances,
): Answered {
  const known = new Map(members.map((m) => [m.id, m]));
  const counts = { opens: 0, open: 0, closes: 0, closed: 0 };
  const sites = new Map<string, { host: string; fate: Fate; questions: number }>();
  for (const { host, person, at } of questions) {
    const member = person === null ? undefined : known.get(person);
    const judge = judgeAt(circumstances, at);
    const ask = (side: Side) =>
      judge(side, { host, person, profile: member ? profileFor(side.document, member) : UNIDENTIFIED });
    const fate = fateOf(ask(before).outcome !== 'block', ask(after).outcome !== 'block');
    counts[fate]++;
    const key = `${fate} ${host}`;
    const site = sites.get(key) ?? { host, fate, questions: 0 };
    site.questions++;
    sites.set(key, site);
  }
  const order = (a: { fate: Fate; questions: number }, b: typeof a) =>
    FATES.indexOf(a.fate) - FATES.indexOf(b.fate) || b.questions - a.questions;
  return { counts, sites: [...sites.values()].sort(order) };
}

const fateOf = (was: boolean, is: boolean): Fate => (is ? (was ? 'open' : 'opens') : was ? 'closes' : 'closed');
