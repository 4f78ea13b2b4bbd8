import { type Behind, behind } from '#filter/disguise.ts';
import type { Judgement } from './judge.ts';

/** An honest address has one layer or two; what hides deeper is not looked for but closed. */
const MOST_LAYERS = 8;

const HOW: Readonly<Record<Behind['how'], (host: string) => string>> = {
  lookalike: (host) => `This address is written so that it looks like ${host}.`,
  embedded: (host) => `This address leads to ${host}.`,
  translator: (host) => `This address opens ${host} through a translator.`,
  archive: (host) => `This address opens a stored copy of ${host}.`,
  cache: (host) => `This address opens a copy of ${host}.`,
  redirect: (host) => `This address leads on to ${host}.`,
  reader: (host) => `This address opens ${host} through another site.`,
};

const TOO_DEEP: Judgement = {
  outcome: 'block',
  because: {
    rule: 'safety.wrapped',
    category: null,
    clause: null,
    text: 'This address is wrapped in so many others that nobody can tell where it leads.',
    remedy: null,
  },
  categories: [],
};

/**
 * Judge what an address stands for besides itself: the site that a translator or a copy would show, the name that it
 * imitates. The strictest answer holds, and says which address it speaks of.
 */
export function withBehind(
  outer: Judgement,
  host: string,
  path: string | undefined,
  judge: (host: string, path: string | undefined) => Judgement,
): Judgement {
  const first = behind(host, path);
  if (first.length === 0) return outer;
  let strictest = outer;
  const waiting = [...first];
  for (let layers = 0; ; layers++) {
    const inner = waiting.shift();
    if (inner === undefined) return strictest;
    if (layers === MOST_LAYERS) return isIllegal(strictest) ? strictest : TOO_DEEP;
    strictest = stricter(strictest, inner, judge(inner.host, inner.path));
    waiting.push(...behind(inner.host, inner.path));
  }
}

const RANK = { allow: 0, warn: 1, block: 2 } as const;
const isIllegal = ({ because }: Judgement): boolean => because.rule === 'safety.illegal';
const rank = (judgement: Judgement): number => (isIllegal(judgement) ? 3 : RANK[judgement.outcome]);

function stricter(outer: Judgement, behind: Behind, inner: Judgement): Judgement {
  if (rank(inner) <= rank(outer)) return outer;
  // Of illegal content nothing is said, not even where it is (FIL-19).
  if (isIllegal(inner)) return inner;
  const text = `${HOW[behind.how](behind.host)} ${inner.because.text}`;
  return { ...inner, because: { ...inner.because, text } };
}
