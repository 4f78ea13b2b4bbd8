/** What the policy calls bullying online (CYB-01): all four of these. */
export const TESTS = ['online', 'repeated', 'intended', 'imbalance'] as const;

export type BullyingVerdict = 'is' | 'is-not' | 'open';

/** What the four answers come to. One "no" is enough that it is not; one "not sure" leaves it open. */
export function bullyingVerdict(answers: Readonly<Record<string, unknown>>): BullyingVerdict {
  const given = TESTS.map((t) => answers[t]);
  if (given.includes('no')) return 'is-not';
  return given.every((a) => a === 'yes') ? 'is' : 'open';
}

export const VERDICT_WORDS: Readonly<Record<BullyingVerdict, string>> = {
  is: 'By the policy this is bullying.',
  'is-not': 'By the policy this is not bullying. It may still be something else: look whether its type is right.',
  open: 'It is not certain yet whether this is bullying. Answer the questions again once more is known.',
};
