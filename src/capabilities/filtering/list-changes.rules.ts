import { isDeepStrictEqual } from 'node:util';
import type { ListChangeKind, ListChangeState } from '#platform/tables/filtering.ts';
import type { Category, CompiledPolicy } from '#policy/index.ts';
import type { ListChangeAction } from './list-changes.workflow.ts';

/** A school's own reading of a source's words: a category, or null to leave the word out. */
export type Words = Readonly<Record<string, string | null>>;

/** What people may change about a source. */
export interface SourceState {
  readonly enabled: boolean;
  readonly retired: boolean;
  readonly location: string;
  readonly mirrors: readonly string[];
  readonly every_hours: number;
  readonly max_age_hours: number;
  readonly checksum: string | null;
  readonly public_key: string | null;
  readonly words: Words;
  readonly trust: number;
  readonly most_bytes: number | null;
  readonly most_names: number | null;
  readonly least_kept: number;
  readonly most_growth: number;
}
export type SourcePatch = { readonly [K in keyof SourceState]?: SourceState[K] };

/** What comes of a site's being in a category, by the policy in force. */
export interface Effect {
  /** For somebody it is closed at some time. */
  readonly closes: boolean;
  /** For somebody it can open a site that would be closed without it. */
  readonly opens: boolean;
}

/**
 * Good words outweigh what other lists say. And where unknown sites are closed, a site that is known as something harmless
 * is opened by that alone.
 */
export function effectOf(policy: CompiledPolicy | null, { id, nature }: Category): Effect {
  const cells = policy?.profiles.map((p) => ({ ...p, cells: p.cells[id] ?? [] })) ?? [];
  const shut: readonly string[] = ['not-allowed', 'illegal'];
  const isShut = (p: (typeof cells)[number]) => p.cells.some(({ cell }) => shut.includes(cell.value));
  return {
    closes:
      nature === 'illegal' || policy === null || cells.some((p) => p.cells.some((c) => c.cell.value !== 'allowed')),
    opens:
      nature === 'positive' ||
      nature === 'help' ||
      (nature !== 'illegal' && cells.some((p) => p.uncategorised === 'block' && !isShut(p))),
  };
}

export interface OpeningFacts {
  /** How a word of this source reads with these words of the school's own; null where it is left out or unknown. */
  readonly reads: (word: string, words: Words) => { readonly category: string | null } & Effect;
  /** Can the source, once it is on, open a site? */
  readonly canOpen: boolean;
}

type Opens<K extends keyof SourceState> = (
  was: SourceState[K],
  is: SourceState[K],
  facts: OpeningFacts,
) => string | null;

const when =
  <T>(opens: (was: T, is: T) => boolean, why: string) =>
  (was: T, is: T): string | null =>
    opens(was, is) ? why : null;
const LESS_PROOF = 'Less proves that a list is what its publisher made.';
const LESS_HELD = 'Less is held for people to look at.';

/** For each thing that may change: does the change open a site that is closed, or let one be opened unseen? (FIL-04) */
export const OPENS: { readonly [K in keyof SourceState]: Opens<K> } = {
  enabled: (was, is, { canOpen }) =>
    was && !is
      ? 'Whatever this source alone closes is opened.'
      : !was && is && canOpen
        ? 'It may also speak for sites, or name harmless kinds, and so open what is closed now.'
        : null,
  // What is removed is switched off as well, and that says it.
  retired: () => null,
  location: when((was, is) => was !== is, 'The list comes from another place, and may hold less.'),
  mirrors: when((was, is) => is.some((m) => !was.includes(m)), 'The list may come from another place, and hold less.'),
  every_hours: when((was, is) => is > was, 'New dangers are closed later.'),
  max_age_hours: when((was, is) => is > was, 'People hear later that the list is old.'),
  checksum: when((was, is) => was !== null && was !== is, LESS_PROOF),
  public_key: when((was, is) => was !== null && was !== is, LESS_PROOF),
  words: (was, is, { reads }) => {
    for (const word of new Set([...Object.keys(was), ...Object.keys(is)])) {
      const [before, after] = [reads(word, was), reads(word, is)];
      if (before.category === after.category) continue;
      if (before.closes) return `What it lists as “${word}” is not closed for that any more.`;
      if (after.opens) return `What it lists as “${word}” may be opened by that.`;
    }
    return null;
  },
  trust: when((was, is) => is < was, 'Its word counts for less, so less is closed on it.'),
  most_bytes: () => null,
  most_names: () => null,
  least_kept: when((was, is) => is < was, LESS_HELD),
  most_growth: when((was, is) => is > was, LESS_HELD),
};

/** Why this change may open something, or null when it only closes. */
export function whyOpens(before: SourceState, patch: SourcePatch, facts: OpeningFacts): string | null {
  const why = (Object.keys(patch) as (keyof SourceState)[]).flatMap((key) => whyOne(key, before, patch, facts) ?? []);
  return why.length > 0 ? [...new Set(why)].join(' ') : null;
}

function whyOne<K extends keyof SourceState>(key: K, before: SourceState, patch: SourcePatch, facts: OpeningFacts) {
  const is = patch[key] as SourceState[K] | undefined;
  return is === undefined ? null : OPENS[key](before[key], is, facts);
}

/** What of a patch is different from how things stand. */
export const differing = (before: SourceState, patch: SourcePatch): SourcePatch =>
  Object.fromEntries(
    (Object.keys(patch) as (keyof SourceState)[])
      .filter((key) => patch[key] !== undefined && !isDeepStrictEqual(before[key], patch[key]))
      .map((key) => [key, patch[key]]),
  );

/** The same keys, as they stand. */
export const partOf = (state: SourceState, patch: SourcePatch): SourcePatch =>
  Object.fromEntries((Object.keys(patch) as (keyof SourceState)[]).map((key) => [key, state[key]]));

/** Does the source stand so? */
export const standsSo = (state: SourceState, part: SourcePatch): boolean =>
  Object.keys(differing(state, part)).length === 0;

export const KIND_WORDS: Readonly<Record<ListChangeKind, string>> = {
  add: 'Add the source',
  on: 'Switch the source on',
  off: 'Switch the source off',
  remove: 'Remove the source',
  settings: 'Change how the source is read',
  words: 'Read its categories differently',
  version: 'Use another version',
};

export const STATE_WORDS: Readonly<Record<ListChangeState, { text: string; tone: 'amber' | 'calm' | 'quiet' }>> = {
  proposed: { text: 'Waits for a second person', tone: 'amber' },
  applied: { text: 'Agreed and done', tone: 'calm' },
  refused: { text: 'Refused', tone: 'quiet' },
  withdrawn: { text: 'Taken back', tone: 'quiet' },
  'to-review': { text: 'Holds; to be looked at', tone: 'amber' },
  reviewed: { text: 'Looked at', tone: 'calm' },
  undone: { text: 'Undone', tone: 'quiet' },
};

export const STEP_WORDS: Readonly<Record<ListChangeAction, string>> = {
  propose: 'asked for it',
  'apply-now': 'did it',
  approve: 'agreed',
  refuse: 'refused',
  withdraw: 'took it back',
  review: 'looked at it',
  undo: 'undid it',
};

/** How the things that may change are called on pages. */
export const FIELD_WORDS: Readonly<Record<keyof SourceState, string>> = {
  enabled: 'In use',
  retired: 'Removed',
  location: 'Place',
  mirrors: 'Mirrors',
  every_hours: 'Asked every so many hours',
  max_age_hours: 'Alert when older than so many hours',
  checksum: 'Checksum',
  public_key: 'Public key',
  words: 'Its words for categories',
  trust: 'Trust, in hundredths',
  most_bytes: 'Most bytes',
  most_names: 'Most names',
  least_kept: 'Held when less than so many hundredths are left',
  most_growth: 'Held when it grows more than so many times',
};
