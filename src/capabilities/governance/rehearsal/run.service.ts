import { HOUR, SECOND } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { DatabaseAway, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { compilePolicy } from '#policy/index.ts';
import { changesHeld, currentIndex } from '#rooms/filtering/index.ts';
import { policyInForce, readDraft, schoolFacts, taxonomy } from '#rooms/policies/index.ts';
import { type Answered, answers } from './questions.rules.ts';
import { type Differences, type Replay, replay } from './rehearsal.rules.ts';
import {
  askedBetween,
  busyHours,
  members,
  openQuestions,
  type RehearsalRow,
  takeUp,
  tellProgress,
} from './rehearsal.store.ts';
import { noLists, noPolicy } from './rehearsal.words.ts';
import type { Circumstances, Side } from './side.ts';

/** What a rehearsal found out. */
export interface Result {
  readonly differences: Differences;
  readonly questions: Answered;
}

const TELL_EVERY = SECOND / 4;

type InSchool = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * Rehearse: replay what was recorded, hour by hour. It writes nothing but its own row, so a worker that was killed in
 * the middle leaves nothing behind, and the next one begins anew.
 */
export async function runRehearsal(deps: Deps, school: string, id: string): Promise<void> {
  const inSchool: InSchool = (work) => deps.db.in(systemContext(school), work);
  const rehearsal = await inSchool((tx) => takeUp(tx, id));
  if (!rehearsal) return;
  try {
    const { edit, against, stage, questions } = await inSchool((tx) => prepare(deps, tx, rehearsal));
    if (!(await inSchool((tx) => tellProgress(tx, rehearsal, { edit, against })))) return;
    if (!(await replayHours(inSchool, rehearsal, stage))) return;
    const result: Result = { differences: stage.differences(), questions };
    await inSchool((tx) => finish(tx, deps, rehearsal, result));
  } catch (e) {
    // While the database is away nothing can be written down; the queue tries again.
    if (e instanceof DatabaseAway) throw e;
    const error = e instanceof Refusal ? e.message : 'Something went wrong on our side. Try it again.';
    const ended_at = new Date(deps.clock.now());
    await inSchool((tx) => tellProgress(tx, rehearsal, { state: 'failed', error, ended_at }));
    if (!(e instanceof Refusal)) throw e;
  }
}

/** Both policies under the same facts and openings, and everybody whom they are asked about. */
async function prepare(deps: Deps, tx: Tx, { draft_id, from_at, until_at }: RehearsalRow) {
  const now = deps.clock.now();
  const [draft, inForce, index] = [
    await readDraft(tx, draft_id),
    await policyInForce(tx, now),
    await currentIndex(deps, tx),
  ];
  if (!inForce) throw noPolicy();
  if (!index) throw noLists();
  // Permissions that are over by now held when some of this was asked.
  const facts = await schoolFacts(tx, from_at.getTime());
  const side = (document: Side['document']): Side => ({
    document,
    compiled: compilePolicy(document, taxonomy().categories, facts),
  });
  const [before, after] = [side(inForce.document), side(draft.document)];
  const people = await members(tx);
  const span = { from: from_at.getTime(), until: Math.max(until_at.getTime(), now) };
  const circumstances: Circumstances = {
    categoriesOf: (host, level) => index.categoriesOf(index.find(host), level),
    changes: await changesHeld(tx, span, inForce.document, inForce.compiled.timeZone),
  };
  return {
    edit: draft.edit,
    against: inForce.number,
    stage: replay(before, after, people, circumstances),
    questions: answers(before, after, people, await openQuestions(tx), circumstances),
  };
}

/** True when the end was reached; false when it was cancelled or taken over. */
async function replayHours(inSchool: InSchool, rehearsal: RehearsalRow, stage: Replay): Promise<boolean> {
  const [from, until] = [rehearsal.from_at.getTime(), rehearsal.until_at.getTime()];
  const hours = await inSchool((tx) => busyHours(tx, rehearsal.from_at, rehearsal.until_at));
  const total = hours.reduce((sum, h) => sum + h.requests, 0);
  let done = 0;
  let told = 0;
  for (const { hour, requests } of hours) {
    if (performance.now() - told > TELL_EVERY) {
      if (!(await inSchool((tx) => tellProgress(tx, rehearsal, { done, total })))) return false;
      told = performance.now();
    }
    const end = Math.min(hour + HOUR, until);
    for (let at = Math.max(hour, from); at < end; ) {
      const next = Math.min(stage.steadyUntil(at), end);
      const since = at;
      stage.take(await inSchool((tx) => askedBetween(tx, since, next)), since);
      at = next;
    }
    done += requests;
  }
  return inSchool((tx) => tellProgress(tx, rehearsal, { done, total }));
}

async function finish(tx: Tx, deps: Deps, rehearsal: RehearsalRow, result: Result): Promise<void> {
  const ended_at = new Date(deps.clock.now());
  if (!(await tellProgress(tx, rehearsal, { state: 'done', result: JSON.stringify(result), ended_at }))) return;
  const { all, opens, stops } = result.differences;
  await record(tx, {
    school: rehearsal.school_id,
    actor: null,
    action: 'policy.draft.rehearsed',
    object: { kind: 'rehearsal', id: rehearsal.id },
    detail: { draft: rehearsal.draft_id, requests: all.requests, opens: opens.requests, stops: stops.requests },
    at: deps.clock.now(),
  });
}
