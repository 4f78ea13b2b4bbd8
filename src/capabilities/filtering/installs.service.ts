import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { readAddress } from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { UNIDENTIFIED } from '#policy/index.ts';
import { holders, names, personById } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { KEEPERS } from './filtering.duties.ts';
import { OUTCOMES, type ProgramInput, programFaults, readOutcome } from './installs.rules.ts';
import { isNeutral, judgeFor } from './verdict.service.ts';

/**
 * SEC-10: nobody fetches or installs programs themselves; whoever works here and needs one asks those who look after the
 * computers. `never`: of that address nothing may be asked, and nothing is said (FIL-02).
 */
export function askForProgram(deps: Deps, viewer: Viewer, input: ProgramInput): Promise<'taken' | 'never'> {
  const address = readAddress(input.site);
  const fields = {
    ...programFaults(input),
    ...(!address && { site: 'Give the address where the program is found, such as example.com.' }),
  };
  if (!address || Object.keys(fields).length > 0) {
    throw invalid('program.input', 'Some of this needs another look.', fields);
  }
  return deps.db.in(contextOf(viewer), async (tx) => {
    const verdict = await judgeFor(tx, deps, { profile: UNIDENTIFIED, ...address });
    const now = deps.clock.now();
    if (isNeutral(verdict)) {
      await note(tx, viewer, 'program.never', newId(now), {}, { host: address.host }, now);
      return 'never';
    }
    const { id } = await tx
      .insertInto('site_question')
      .values({
        school_id: viewer.school.id,
        kind: 'program',
        asked_by: viewer.person.id,
        asked_at: new Date(now),
        host: address.host,
        program: input.program.trim(),
        device: input.device.trim() || null,
        reason: input.reason.trim(),
        because: JSON.stringify(verdict.decision.because),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await note(tx, viewer, 'program.ask', id, {}, { program: input.program.trim(), reason: input.reason.trim() }, now);
    for (const keeper of await holders(tx, 'ict-manager')) {
      if (keeper.id === viewer.person.id || !keeper.email) continue;
      await post(tx, {
        school: viewer.school.id,
        recipient: keeper.id,
        address: keeper.email,
        subject: 'A colleague asks for a program',
        body: `A colleague asks for a program on a school device. Read what for, and answer, after signing in:\n${deps.config.pagesUrl}/filtering/programs\n`,
        about: { kind: 'site_question', id },
      });
    }
    return 'taken';
  });
}

/** Say what becomes of a request, in words that reach whoever asked. */
export function answerProgram(
  deps: Deps,
  viewer: Viewer,
  id: string,
  input: { readonly outcome: string; readonly answer: string },
): Promise<void> {
  const outcome = readOutcome(input.outcome);
  const answer = input.answer.trim();
  const fields = {
    ...(!outcome && { [`outcome-${id}`]: 'Choose what becomes of it.' }),
    ...([...answer].length < 5 && { [`answer-${id}`]: 'Say it in a sentence that the person who asked will read.' }),
  };
  if (!outcome || Object.keys(fields).length > 0) {
    throw invalid('program.answer', 'Some of this needs another look.', fields);
  }
  return deps.db.in(contextOf(viewer), async (tx) => {
    const request = await tx
      .selectFrom('site_question')
      .select(['asked_by', 'answered_at', 'program'])
      .where('id', '=', id)
      .where('kind', '=', 'program')
      .forUpdate()
      .executeTakeFirst();
    if (!request) throw notFound('this request');
    if (request.asked_by === viewer.person.id) {
      throw forbidden('program.own', 'Somebody else must answer what you asked for yourself.');
    }
    if (request.answered_at) throw conflict('program.answered', 'Somebody has answered this request already.');
    const now = deps.clock.now();
    await tx
      .updateTable('site_question')
      .set({ outcome, answer, answered_by: viewer.person.id, answered_at: new Date(now) })
      .where('id', '=', id)
      .execute();
    await note(tx, viewer, 'program.answer', id, { outcome }, { answer }, now);
    const asker = request.asked_by ? await personById(tx, request.asked_by) : undefined;
    if (!asker?.email) return;
    await post(tx, {
      school: viewer.school.id,
      recipient: asker.id,
      address: asker.email,
      subject: 'An answer about the program you asked for',
      body: `You asked for the program “${request.program}”. ${OUTCOMES[outcome].text}.\n\n${answer}\n\nYour request and the answer stand at ${deps.config.pagesUrl}/ask/program\n`,
      about: { kind: 'site_question', id },
    });
  });
}

export interface ProgramRequest {
  readonly id: string;
  readonly program: string;
  readonly device: string | null;
  readonly host: string;
  readonly reason: string;
  readonly askedAt: Date;
  readonly askedBy: string;
  readonly mine: boolean;
  readonly outcome: (typeof OUTCOMES)[keyof typeof OUTCOMES] | null;
  readonly answer: string | null;
  readonly answeredAt: Date | null;
  readonly answeredBy: string | null;
}

/** Requests, open ones first and the oldest on top, then the answered ones; `mine`: only the viewer's own. */
export async function programRequests(
  tx: Tx,
  viewer: Viewer,
  { q = '', mine = false }: { readonly q?: string; readonly mine?: boolean } = {},
): Promise<ProgramRequest[]> {
  const rows = await tx
    .selectFrom('site_question')
    .selectAll()
    .where('kind', '=', 'program')
    .$if(mine, (query) => query.where('asked_by', '=', viewer.person.id))
    .orderBy((e) => e('answered_at', 'is', null), 'desc')
    .orderBy('answered_at', 'desc')
    .orderBy('asked_at')
    .limit(500)
    .execute();
  const who = await names(tx, [...new Set(rows.flatMap((r) => [r.asked_by ?? [], r.answered_by ?? []].flat()))]);
  const wanted = q.trim().toLowerCase();
  return rows
    .map((r) => ({
      id: r.id,
      program: r.program ?? '',
      device: r.device,
      host: r.host,
      reason: r.reason,
      askedAt: r.asked_at,
      askedBy: who.get(r.asked_by ?? '') ?? '',
      mine: r.asked_by === viewer.person.id,
      outcome: r.outcome ? OUTCOMES[r.outcome] : null,
      answer: r.answer,
      answeredAt: r.answered_at,
      answeredBy: who.get(r.answered_by ?? '') ?? null,
    }))
    .filter((r) =>
      [r.program, r.device, r.host, r.reason, r.askedBy, r.answer, r.outcome?.text]
        .join('\n')
        .toLowerCase()
        .includes(wanted),
    );
}

/** Requests that wait for an answer from this viewer: for Today. */
export async function programsWaiting(tx: Tx, viewer: Viewer): Promise<number> {
  if (!KEEPERS.some((d) => viewer.duties.includes(d))) return 0;
  return (await programRequests(tx, viewer)).filter((r) => r.answeredAt === null && !r.mine).length;
}

const note = (
  tx: Tx,
  viewer: Viewer,
  action: string,
  id: string,
  detail: Readonly<Record<string, string>>,
  text: Readonly<Record<string, string>>,
  at: number,
) =>
  record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action,
    object: { kind: 'site_question', id },
    detail,
    text,
    at,
  });
