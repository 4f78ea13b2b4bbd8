import { notFound, type Refusal } from '#core/errors.ts';
import { readAddress } from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type Person, searchPeople } from '#rooms/identity/index.ts';
import { profilesInForce, readMoment, taxonomy, writeMoment } from '#rooms/policies/index.ts';
import { hasDuty, type Viewer } from '#web/index.ts';
import { NAMERS } from './filtering.duties.ts';
import { explainAddress, isIllegal, isNeutral, judgeForAll, together } from './verdict.service.ts';
import { LEVEL_WORDS, sayReached, saySeen, seenOf, whatWouldChange } from './why.rules.ts';
import { why } from './why.service.ts';

/** What was typed into the form. */
export interface Typed {
  readonly address?: string;
  readonly profile?: string;
  /** Somebody by user name or full name. */
  readonly who?: string;
  readonly reason?: string;
  /** A moment on the school's wall clock; empty: now. */
  readonly at?: string;
}

/** The form, with what was typed and what is wrong with it. */
export async function whyForm(tx: Tx, deps: Deps, viewer: Viewer, values: Typed = {}, errors?: Refusal['fields']) {
  return {
    profiles: await profilesInForce(tx, deps.clock.now()),
    mayName: hasDuty(viewer, ...NAMERS),
    values,
    latest: writeMoment(deps.clock.now(), viewer.school.timeZone),
    ...(errors && { errors }),
  };
}

/** The answer about an address, to a profile or to one person; whoever asks about a person has said why by now. */
export async function whyPage(tx: Tx, deps: Deps, viewer: Viewer, typed: Typed, person: Person | null) {
  const form = await whyForm(tx, deps, viewer, typed);
  const wrong = (errors: Record<string, string>) => ({ ...form, errors });
  const address = readAddress(typed.address ?? '');
  if (!address) return wrong({ address: 'Enter a web address or the name of a site, such as example.com.' });
  const at = typed.at ? readMoment(typed.at, viewer.school.timeZone)?.getTime() : undefined;
  if (typed.at && at === undefined) return wrong({ at: 'Enter a day and a time, such as 3 November 2026, 10:20.' });
  if (at !== undefined && at > deps.clock.now()) return wrong({ at: 'Choose a time that is over, or leave it empty.' });
  const profile = typed.profile ?? form.profiles[0]?.id ?? '';
  if (!person && !form.profiles.some((p) => p.id === profile)) throw notFound('this profile');

  const seen = seenOf(typed.address ?? '', address);
  const who = person ? { person: person.id } : { profile };
  const found = await why(tx, deps, { address, who, at, seen });
  const { verdict, policy, past, lists } = found;
  const sealed = found.recorded.some((r) => r.category !== null && isIllegal(r.category));
  const neutral = sealed || (verdict !== null && isNeutral(verdict));
  const names = Object.fromEntries(taxonomy().categories.map((c) => [c.id, c.name]));
  // Lines of lists are known of the version in use only. Of illegal content nothing is shown (FIL-02, FIL-19).
  const quoted = verdict && !neutral && (lists?.inUse ?? false);
  const { matches, weighed } = quoted
    ? await explainAddress(tx, deps, viewer.school.id, address)
    : { matches: [], weighed: [] };
  const clause = verdict?.decision.because.clause;
  return {
    ...form,
    ...found,
    address,
    neutral,
    quoted,
    names,
    matches,
    weighed: weighed.map((w) => ({ ...w, needed: w.needs[found.level], so: sayReached(w, found.level) })),
    asWhom: person?.displayName ?? null,
    profileName: policy?.compiled.profiles.find((p) => p.id === found.profile)?.name ?? found.profile,
    clause: clause ? { id: clause, ...policy?.compiled.clauses[clause] } : null,
    seen: saySeen(seen),
    level: LEVEL_WORDS[found.level],
    changes: neutral ? [] : whatWouldChange(found, weighed, names),
    recorded: neutral ? [] : found.recorded,
    timeZone: viewer.school.timeZone,
    everyone: neutral || past || !verdict ? [] : together(await judgeForAll(tx, deps, address)),
  };
}

/** A person by user name, or by a name that only one person has. */
export async function findPerson(tx: Tx, who: string): Promise<Person | { readonly error: string }> {
  const found = await searchPeople(tx, who, { limit: 6 });
  const exact = found.find((p) => p.username === who.trim().toLowerCase());
  const [only, ...others] = exact ? [exact] : found;
  if (!only) return { error: `Nobody here is called “${who}”.` };
  if (others.length > 0) {
    return {
      error: `Several people match: ${found.map((p) => `${p.displayName} (${p.username})`).join(', ')}. Enter the user name.`,
    };
  }
  return only;
}
