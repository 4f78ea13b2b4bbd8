import { meaning, stem } from './plain.ts';
import type { Topic, Vocabulary } from './vocabulary.ts';

/** How much of a phrase must be there where not all of it is. */
const MOST = 0.65;
/** What such a part of it is worth. */
const ALMOST = 0.85;
/** A question about people of whom the policy says nothing here is likely to mean something else. */
const UNSPOKEN = 0.6;
/** Of two that fit alike, the one with the question’s deed is meant, and the one that depends on time and place as it says. */
const DEED = 1.3;
const NUDGE = 1.05;
/** Below this only words were met that stand in every other question. */
const LEAST = 0.5;
/** How much of what was said a topic must account for; a bare kind of site more, since its words are everyday ones. */
const ACCOUNTED = { action: 0.4, category: 0.6 };

/** The topic whose words the question holds; the rarer the words, the better they tell. */
export function topicOf(
  text: string,
  normal: string,
  who: string,
  conditional: boolean,
  { topics, audienceOf, me }: Vocabulary,
): string | null {
  const said = new Set(meaning(text));
  const deeds = new Set(normal.split(' ').map(stem));
  const audience = who && who !== 'me' ? audienceOf(who) : me;
  const { rarity, weight } = weights(topics);
  const sum = (words: readonly string[], of: (word: string) => number) => words.reduce((all, w) => all + of(w), 0);
  let best: { what: string | null; score: number } = { what: null, score: LEAST };
  for (const { what, audiences, phrases, verb, conditional: depends } of topics) {
    const likely =
      (audience === null || audiences.includes(audience) ? 1 : UNSPOKEN) *
      (deeds.has(verb) || meaning(verb).some((w) => said.has(w)) ? DEED : 1) *
      (conditional && depends ? NUDGE : 1);
    for (const phrase of phrases) {
      const there = phrase.filter((w) => said.has(w));
      const whole = there.length === phrase.length;
      // "My phone in class" is not "bring a phone": the deed itself must be there.
      const done = !phrase.includes(verb) || said.has(verb);
      const most = done && there.length > 1 && sum(there, rarity) >= MOST * sum(phrase, rarity);
      const bare = phrase.every((w) => said.has(w) || FILLERS.has(w)) && there.length > 0;
      // "AI?" is enough for "AI tools", since nothing else is said.
      const all = done && there.length === said.size && there.some((w) => weight(w) === rarity(w));
      if (!whole && !bare && !most && !all) continue;
      const enough = what.startsWith('category:') ? ACCOUNTED.category : ACCOUNTED.action;
      if (sum(there, rarity) < enough * sum([...said], rarity)) continue;
      const score = sum(there, weight) * likely * (whole ? 1 : bare || most ? ALMOST : MOST);
      if (score > best.score) best = { what, score };
    }
  }
  return best.what;
}

/** These stand in questions of every kind. */
const COMMON: ReadonlySet<string> = new Set(meaning('school centre pupil staff teacher parent visitor site online'));

/** "Extremist content" is as good as "extremist sites". */
const FILLERS: ReadonlySet<string> = new Set(meaning('site website page content material'));

/** How much a word tells: the rarer, the more; and what one does tells less than with what. */
function weights(topics: readonly Topic[]): Record<'rarity' | 'weight', (word: string) => number> {
  const topicsWith = new Map<string, number>();
  for (const { phrases } of topics) {
    for (const word of new Set(phrases.flat())) topicsWith.set(word, (topicsWith.get(word) ?? 0) + 1);
  }
  const verbs = new Set(topics.map((t) => t.verb));
  const rarity = (word: string) =>
    (COMMON.has(word) ? 0.1 : 1) * Math.log(1 + topics.length / (topicsWith.get(word) ?? topics.length));
  return { rarity, weight: (word) => (verbs.has(word) ? 0.5 : 1) * rarity(word) };
}
