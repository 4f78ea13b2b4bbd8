import { MINUTE } from '#core/clock.ts';
import type { PasswordRules } from '#policy/types.ts';

/** What holds until a school has adopted a policy. */
export const RULES_WITHOUT_POLICY: PasswordRules = { rotation: null, minLength: 10, classes: [], clause: '' };

const CLASSES: Readonly<Record<PasswordRules['classes'][number], { has: RegExp; name: string }>> = {
  upper: { has: /\p{Lu}/u, name: 'a capital letter' },
  lower: { has: /\p{Ll}/u, name: 'a small letter' },
  digit: { has: /\p{Nd}/u, name: 'a number' },
  symbol: { has: /[^\p{L}\p{N}\s]/u, name: 'a special character such as ! or %' },
};

const MAX_LENGTH = 200;

/** Everything that keeps this from being a good password under the school's rules, in words for whoever typed it (IDA-06). */
export function passwordFaults(password: string, rules: PasswordRules, username: string): string[] {
  const faults: string[] = [];
  const length = [...password].length;
  if (length < rules.minLength) faults.push(`at least ${rules.minLength} characters (this has ${length})`);
  if (length > MAX_LENGTH) faults.push(`at most ${MAX_LENGTH} characters`);
  for (const c of rules.classes) if (!CLASSES[c].has.test(password)) faults.push(CLASSES[c].name);
  if (username.length > 2 && password.toLowerCase().includes(username)) faults.push('words other than your username');
  return faults;
}

/** The rules as one sentence, to be read before choosing. */
export function passwordAdvice(rules: PasswordRules): string {
  const names = rules.classes.map((c) => CLASSES[c].name);
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0];
  return `At least ${rules.minLength} characters${list ? `, with ${list}` : ''}. Three or four unconnected words make a good one.`;
}

/** Wrong tries before an account rests. */
export const FREE_TRIES = 5;
const LONGEST_REST = 15 * MINUTE;

/** How long the account rests after this many wrong tries in a row: a minute after the fifth, then twice as long each time. */
export function restAfter(wrongTries: number): number {
  return wrongTries < FREE_TRIES ? 0 : Math.min(LONGEST_REST, MINUTE * 2 ** (wrongTries - FREE_TRIES));
}

/** Wrong tries from one address, on any accounts, before it has to wait: one guesser with a list of usernames. */
export const ADDRESS_TRIES = { count: 60, within: 5 * MINUTE };
