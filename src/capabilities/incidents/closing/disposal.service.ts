import { sql } from 'kysely';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { standingOf } from '../case.judge.ts';
import { enter } from '../cases.service.ts';
import { type CaseFile, findCase } from '../cases.store.ts';
import { eventsOf, holdsOf, itemsOf, keptUntil, stateOf } from '../evidence/index.ts';
import { type Disposal, disposalsOf } from './disposal.store.ts';
import { formsOf } from './form.store.ts';

const REASON = 10;

/** Until when a closed case is kept: by the policy of then or of now, whichever asks for longer. Null: nobody knows. */
export async function keptUntilNow(tx: Tx, file: CaseFile, now: number): Promise<Date | null> {
  const then = (await formsOf(tx, file.id)).map((f) => f.keep_until);
  const today = await keptUntil(tx, { id: file.id, reference: file.reference, closedAt: file.closed_at }, now);
  const all = [...then, today];
  if (all.length < 2 || all.includes(null)) return null;
  return new Date(Math.max(...all.map((d) => d?.getTime() ?? 0)));
}

/** EVI-10: why the case cannot be disposed of now; null where two people may. The database asks the same (migrations/0029). */
export async function whyKept(tx: Tx, file: CaseFile, now: number): Promise<string | null> {
  if (file.disposed_at) return 'It was disposed of.';
  if (file.state !== 'closed') return 'The case is not closed.';
  if (file.imagery) return 'It may be about an image of a child’s abuse, and the police have not said otherwise.';
  const until = await keptUntilNow(tx, file, now);
  if (until === null) return 'The policy did not say for how long cases are kept when this one was closed.';
  if (until.getTime() > now) return 'Its time is not over.';
  const holds = await holdsOf(tx, file.id);
  if (holds.some((h) => !h.ended)) return 'It is held, for the police or an appeal. The hold must end first.';
  const events = await eventsOf(tx, file.id);
  const left = (await itemsOf(tx, file.id)).filter(
    (i) => !['disposed', 'destroyed'].includes(stateOf(i, events, holds)),
  );
  return left.length > 0 ? `Its evidence goes first: ${left.map((i) => `E${i.number}`).join(', ')}.` : null;
}

/** Those who answer for the school's records of children; whoever only worked on a case disposes of nothing. */
async function mayDispose(deps: Deps, tx: Tx, viewer: Viewer, which: string): Promise<CaseFile> {
  const file = await findCase(tx, which, { lock: true });
  if (!file) throw notFound('this case');
  const { facts } = await standingOf(tx, viewer, file, deps.clock.now());
  if (!facts.parts.some((p) => p === 'lead' || p === 'deputy' || p === 'head'))
    throw forbidden(
      'case.disposal.not-yours',
      'Whoever leads on safeguarding disposes of cases, with a second of them.',
    );
  const kept = await whyKept(tx, file, deps.clock.now());
  if (kept) throw conflict('case.disposal.kept', `This case is kept. ${kept}`);
  return file;
}

/** The first of two says that it is to go, and why. Nothing happens yet. */
export function proposeDisposal(deps: Deps, viewer: Viewer, which: string, reason: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const file = await mayDispose(deps, tx, viewer, which);
    if ([...reason.trim()].length < REASON)
      throw invalid('case.disposal.reason', 'Say why it is no longer needed.', {
        reason: `Say why it is no longer needed, in ${REASON} characters or more.`,
      });
    if ((await disposalsOf(tx, file.id)).some((d) => d.answer === null))
      throw conflict('case.disposal.waits', 'Somebody has proposed it already, and a second person has to answer.');
    const now = deps.clock.now();
    const id = newId(now);
    await tx
      .insertInto('case_disposal')
      .values({
        id,
        school_id: viewer.school.id,
        case_id: file.id,
        reason: reason.trim(),
        by_person: viewer.person.id,
        at: new Date(now),
      })
      .execute();
    await said(deps, tx, viewer, file, 'proposed', reason.trim(), id);
  });
}

/** The second agrees, and words and people are gone in the same moment; or refuses, and it stays as it was. */
export function answerDisposal(
  deps: Deps,
  viewer: Viewer,
  which: string,
  id: string,
  { agreed, reason }: { agreed: boolean; reason: string },
): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const file = await mayDispose(deps, tx, viewer, which);
    const disposal: Disposal | undefined = (await disposalsOf(tx, file.id)).find((d) => d.id === id);
    if (!disposal) throw notFound('this proposal');
    if (disposal.answer) throw conflict('case.disposal.answered', 'This was answered already.');
    if (disposal.by_person === viewer.person.id)
      throw forbidden('case.disposal.second', 'A second person must answer what you proposed.');
    const at = new Date(deps.clock.now());
    await tx
      .insertInto('case_disposal_answer')
      .values({
        disposal_id: id,
        school_id: viewer.school.id,
        agreed,
        reason: reason.trim(),
        by_person: viewer.person.id,
        at,
      })
      .execute();
    if (agreed) await sql`select gh_dispose_case(${id}, ${at})`.execute(tx);
    await said(deps, tx, viewer, file, agreed ? 'agreed' : 'refused', agreed ? '' : reason.trim(), id);
  });
}

const said = (deps: Deps, tx: Tx, viewer: Viewer, file: CaseFile, what: string, text: string, id: string) =>
  enter(deps, tx, viewer, file, {
    action: `disposal.${what}`,
    from: file.state,
    to: file.state,
    text,
    detail: { disposal: id },
  });
