import type { DeviceSearch } from '#policy/sections.ts';
import type { PersonKind } from '#policy/types.ts';

/** Where a search stands (Part 3b of the catalogue, and `called-off` for one that never came about). */
export type SearchState =
  | 'grounds'
  | 'advice'
  | 'ready'
  | 'searched'
  | 'confiscated'
  | 'examined'
  | 'returned'
  | 'deleted'
  | 'police'
  | 'dsl-decision'
  | 'called-off';

export type SearchAction =
  | 'start'
  | 'reassess'
  | 'ground'
  | 'advise'
  | 'explain'
  | 'cooperate'
  | 'search'
  | 'confiscate'
  | 'examine'
  | 'finding'
  | 'evidence'
  | 'consider'
  | 'respond'
  | 'refusal'
  | 'delete'
  | 'hand-over'
  | 'return'
  | 'move'
  | 'suspect'
  | 'decide'
  | 'bring-in'
  | 'involve'
  | 'note'
  | 'call-off'
  | 'remind';

/**
 * What somebody is to a search. `authorised`: may begin one (SRC-01). `searcher`: began this one, or was brought in by
 * whoever did. `dsl`: the lead or a deputy. `head`: holds the role that authorises. The clock is nobody.
 */
export type SearchActor = 'authorised' | 'searcher' | 'dsl' | 'head' | 'clock';

/** What was typed into a step's form, by field. */
export type Typed = Readonly<Record<string, string>>;

/** A person whom the form names. */
export interface PersonFacts {
  readonly id: string;
  readonly kind: PersonKind;
  readonly left: boolean;
  /** On the live list, or holder of the role that authorises. */
  readonly authorised: boolean;
  readonly roles: readonly string[];
}

/** Who had the device, from when; `gap` says what does not fit what was recorded before (EVI-08). */
export interface Custody {
  readonly at: number;
  readonly holder: string;
  /** The holder is somebody with an account here. */
  readonly known: boolean;
  readonly place: string;
  readonly seal: string;
  readonly gap: string | null;
}

/** What the entries of a search come to (search.standing.ts). */
export interface Standing {
  readonly startedAt: number;
  readonly urgent: boolean;
  readonly grounds: number;
  /** SRC-04: evidence of an offence was a ground, so nothing is deleted from this device, ever. */
  readonly offence: boolean;
  readonly advised: boolean;
  readonly explained: boolean;
  readonly taken: { readonly item: string; readonly at: number } | null;
  readonly custody: readonly Custody[];
  readonly examined: boolean;
  readonly finding: 'nothing' | 'unsuitable' | null;
  readonly evidence: 'yes' | 'no' | 'unsure' | null;
  readonly considered: boolean;
  readonly responded: boolean;
  readonly refused: boolean;
  readonly suspected: boolean;
  readonly decision: string | null;
  /** SRC-16: since when the police should have the device; null where they need not, or have it. */
  readonly handOverSince: number | null;
  readonly reminders: readonly number[];
}

/** What the guards look at: the search as it is, and what is being asked. */
export interface SearchFacts {
  readonly now: number;
  readonly by: string;
  readonly byRoles: readonly string[];
  /** Whoever acts may search at this moment. */
  readonly authorised: boolean;
  readonly policy: DeviceSearch;
  /** Whom it is about: the pupil, and whoever was named since. */
  readonly about: readonly string[];
  readonly searchers: readonly string[];
  readonly standing: Standing;
  readonly typed: Typed;
  readonly people: Readonly<Record<string, PersonFacts>>;
  /** The time that was typed; null where it cannot be read. */
  readonly when: number | null;
  /** Another device of this pupil waits for the DSL. */
  readonly lockedElsewhere: boolean;
  /** Guidance whose edition must be named in a decision (SRC-21). */
  readonly guidance: readonly string[];
}
