import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { comesRound, type Duty, dueAfter, occurrences, type SchoolCalendar } from '#policy/index.ts';
import { schoolCalendar } from '#rooms/identity/index.ts';
import { type PolicyInForce, policyInForce } from '../policies.service.ts';
import { mayGive } from './duties.rules.ts';
import { insertTurns, lastTurns, type NewTurn, type Turn, turns } from './duties.store.ts';

/**
 * Write down every turn that has begun by now, as the policy in force has it. Safe to run at any time and twice. A turn
 * that began under an earlier version keeps its dates; the new version speaks from the first turn that begins under it.
 */
export async function openTurns(tx: Tx, deps: Deps, school: string): Promise<void> {
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  if (!policy) return;
  const last = await lastTurns(
    tx,
    policy.document.duties.map((d) => d.id),
  );
  const begun = newTurns(policy, await schoolCalendar(tx), last, now);
  const opened = await insertTurns(tx, school, begun);
  if (opened.length === 0) return;
  await record(tx, {
    school,
    actor: null,
    action: 'duty.open',
    object: { kind: 'policy', id: String(policy.number) },
    detail: { turns: opened.map((o) => `${o.duty} ${o.key}`) },
    at: now,
  });
}

function newTurns(
  policy: Pick<PolicyInForce, 'document' | 'from' | 'number'>,
  calendar: SchoolCalendar,
  last: ReadonlyMap<string, { readonly policy: number; readonly due: number }>,
  now: number,
): NewTurn[] {
  const since = policy.from.getTime();
  return policy.document.duties.flatMap((duty) => {
    const before = last.get(duty.id);
    const goesOn = before?.policy === policy.number;
    if (!comesRound(duty.period) || (goesOn && before.due >= now)) return [];
    return occurrences(duty.period, calendar, goesOn ? Math.max(since, before.due) : since, now)
      .filter((o) => goesOn || !before || before.due <= since || o.opens >= since)
      .map((o) => ({ ...o, duty, policy: policy.number, about: null, by: null }));
  });
}

/**
 * Something happened that a duty follows: its clock starts. `key` keeps one event from being counted twice; returns null
 * where it stands already, or where the policy in force has no such duty.
 */
export async function beginDuty(
  tx: Tx,
  deps: Deps,
  by: Context,
  event: { readonly duty: string; readonly at: number; readonly about: string; readonly key?: string },
): Promise<string | null> {
  const policy = await policyInForce(tx, deps.clock.now());
  const duty = policy?.document.duties.find((d) => d.id === event.duty);
  if (!policy || !duty || comesRound(duty.period)) return null;
  const [turn] = await insertTurns(tx, by.school, [
    {
      duty,
      key: `event ${event.key ?? newId(deps.clock.now())}`,
      opens: event.at,
      due: dueAfter(duty.period, event.at),
      assumed: false,
      policy: policy.number,
      about: event.about,
      by: by.person,
    },
  ]);
  if (!turn) return null;
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'duty.begin',
    object: { kind: 'duty_occurrence', id: turn.id },
    detail: { duty: duty.id },
    text: { about: event.about },
    at: deps.clock.now(),
  });
  return turn.id;
}

export interface Given {
  readonly text: string;
  readonly nil?: boolean;
  readonly reference?: string | null;
  /** What in Gatehouse it is about. */
  readonly about?: { readonly kind: string; readonly id: string };
}

/**
 * Evidence from another room: what Gatehouse did by itself, or what a person's command there amounts to. It goes to the
 * turn with that key, else to the one running now; what Gatehouse says by itself is written once a turn. Returns the
 * turn, or null where the policy in force has no such duty or nothing needed saying.
 */
export async function evidence(
  tx: Tx,
  deps: Deps,
  by: Context,
  given: Given & { readonly duty: string; readonly key?: string },
): Promise<string | null> {
  await openTurns(tx, deps, by.school);
  const now = deps.clock.now();
  const all = await turns(tx, now, { duty: given.duty, since: now });
  const turn = given.key === undefined ? all[0] : all.find((t) => t.key === given.key);
  // Where the policy asks for somebody's word, the program's own does not do.
  const own = by.person === null;
  if (!turn || (own && (turn.doneAt !== null || turn.terms.evidence.form !== 'automatic'))) return null;
  await insertEvidence(tx, deps, by, turn, given);
  return turn.id;
}

const LONGEST = 4000;

/** Evidence that somebody gives on the page. */
export async function giveEvidence(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: {
    readonly duty: string;
    readonly occurrence: string;
    readonly text: string;
    readonly nil: boolean;
    readonly reference: string;
  },
): Promise<void> {
  const turn = (await turns(tx, deps.clock.now(), { duty: input.duty })).find((t) => t.id === input.occurrence);
  if (!turn) throw notFound('this turn of the duty');
  if (!mayGive(by.duties, turn.terms)) {
    throw forbidden(
      'duty.not-yours',
      'This duty is answered for by somebody else.',
      'Ask whoever owns it to say that it was done.',
    );
  }
  const text = input.text.trim();
  const reference = input.reference.trim();
  const fields = {
    ...(text.length < 3 &&
      !input.nil && { text: 'Write down what was done, or tick that there was nothing to report.' }),
    ...(text.length > LONGEST && { text: `Use at most ${LONGEST} letters.` }),
    ...(reference.length > 300 && { reference: 'Use at most 300 letters.' }),
  };
  if (Object.keys(fields).length > 0) throw invalid('duty.evidence', 'The evidence was not kept yet.', fields);
  await insertEvidence(tx, deps, by, turn, {
    text: text || 'Nothing to report.',
    nil: input.nil,
    reference: reference || null,
  });
}

async function insertEvidence(tx: Tx, deps: Deps, by: Context, turn: Turn, given: Given): Promise<void> {
  const now = deps.clock.now();
  await tx
    .insertInto('duty_evidence')
    .values({
      school_id: by.school,
      occurrence_id: turn.id,
      at: new Date(now),
      by_person: by.person,
      nil: given.nil ?? false,
      text: given.text,
      reference: given.reference ?? null,
      object_kind: given.about?.kind ?? null,
      object_id: given.about?.id ?? null,
    })
    .execute();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'duty.evidence',
    object: { kind: 'duty_occurrence', id: turn.id },
    detail: { duty: turn.duty, key: turn.key, nil: given.nil ?? false, about: given.about },
    text: { text: given.text },
    at: now,
  });
}

/** What somebody types who says that an event happened; at most a year ago and never ahead. */
export async function sayHappened(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: { readonly duty: Duty; readonly at: number | null; readonly about: string },
): Promise<void> {
  if (!mayGive(by.duties, input.duty)) {
    throw forbidden(
      'duty.not-yours',
      'This duty is answered for by somebody else.',
      'Tell whoever owns it what happened.',
    );
  }
  const now = deps.clock.now();
  const about = input.about.trim();
  const inTime = input.at !== null && input.at <= now && input.at > now - LONGEST_AGO;
  const fields = {
    ...((about.length < 3 || about.length > 300) && { about: 'Say in 3 to 300 letters what happened, without names.' }),
    ...(!inTime && { at: 'Give the day and time when it happened, within the last year.' }),
  };
  if (Object.keys(fields).length > 0) throw invalid('duty.event', 'The clock was not started yet.', fields);
  const turn = await beginDuty(tx, deps, by, { duty: input.duty.id, at: input.at ?? now, about });
  if (turn === null) throw conflict('duty.no-event', 'The policy in force no longer has this duty.');
}

const LONGEST_AGO = 366 * 24 * 60 * 60 * 1000;
