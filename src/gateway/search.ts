import { graveCategory, searchTerms } from '#filter/search-terms.ts';
import type { Judgement } from './judge.ts';

/** The rule that the block page knows to answer with help and nothing else. */
export const SEARCH_HELP = 'safety.search';

/**
 * The judgement on a search that speaks of suicide or self-harm, `null` on every other request. `judge` says what the
 * policy thinks of that category; where it is open to this person, the search is too. The words themselves are
 * neither recorded nor passed on: the event says the category, and that is what alerts (MON-07).
 */
export function judgeSearch(host: string, path: string, judge: (category: string) => Judgement): Judgement | null {
  const terms = searchTerms(host, path);
  const category = terms === null ? null : graveCategory(terms);
  if (category === null) return null;
  const { outcome, because } = judge(category);
  if (outcome !== 'block' || because.category !== category) return null;
  const text = 'If you searched for this because life is hard just now: you matter, and talking to somebody helps.';
  return {
    outcome,
    because: { ...because, rule: SEARCH_HELP, text, remedy: 'ask' },
    categories: [category],
  };
}
