import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { type Address, readAddress } from '#filter/index.ts';
import { type Context, systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import type { School } from '#platform/school.ts';
import { UNIDENTIFIED } from '#policy/index.ts';
import { personById } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { isNeutral, judgeFor } from './verdict.service.ts';

/** Who answers every question; teachers answer those of pupils, who are theirs to talk to (FCR-01). */
export const ANSWERERS = ['ict-manager', 'filter-approver'] as const;

export type AskResult =
  /** Taken down; people will look at it. */
  | { readonly kind: 'taken'; readonly id: string }
  /** It is open to this person as it is. */
  | { readonly kind: 'open'; readonly host: string }
  /** Of this nothing may be asked, and nothing is said (FIL-02, FIL-19). */
  | { readonly kind: 'never' };

/**
 * "Please look at this site." Nothing is opened by it: somebody reads it and answers in words. Whoever is not signed in
 * may ask too; it is marked so.
 */
export async function ask(
  deps: Deps,
  school: School,
  viewer: Viewer | null,
  input: { readonly site: string; readonly reason: string },
): Promise<AskResult> {
  const address = readAddress(input.site);
  const reason = input.reason.trim();
  const fields = {
    ...(!address && { site: 'Enter the address of the site, such as example.com.' }),
    ...(reason.length < 5 && { reason: 'Say in a sentence what you need the site for.' }),
  };
  if (!address || reason.length < 5) throw invalid('ask.input', 'Something is missing.', fields);
  const by = viewer ? contextOf(viewer) : { school: school.id, person: null, duties: [] };
  const { strict, verdict } = await asTheFilter(deps, by, address);
  return deps.db.in(by, async (tx) => {
    const note = (action: string, id: string, detail: Record<string, unknown>, text: Record<string, string>) =>
      record(tx, {
        school: by.school,
        actor: by.person,
        action,
        object: { kind: 'site_question', id },
        detail: { signedIn: by.person !== null, ...detail },
        text: { host: address.host, ...text },
        at: deps.clock.now(),
      });
    if (isNeutral(strict)) {
      // That somebody tried is kept (FIL-02); what they wrote is not.
      await note('question.refused', newId(deps.clock.now()), {}, {});
      return { kind: 'never' };
    }
    if (by.person && verdict.decision.outcome === 'allow') return { kind: 'open', host: address.host };
    if (by.person && (await alreadyAsked(tx, by.person, address.host))) {
      throw conflict('ask.twice', 'You have asked for this site already.', 'Somebody will look at it and answer you.');
    }
    const { id } = await tx
      .insertInto('site_question')
      .values({
        school_id: by.school,
        asked_by: by.person,
        asked_at: new Date(deps.clock.now()),
        host: address.host,
        reason,
        because: JSON.stringify({ ...verdict.decision.because, profile: verdict.profile, list: verdict.list }),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await note('question.ask', id, { rule: verdict.decision.because.rule }, { reason });
    return { kind: 'taken', id };
  });
}

/**
 * What gateways would answer a stranger and this person. Openings are hidden from whoever may not read requests, and yet
 * hold for them, so the system asks; of its answer, only whether the site is open is told.
 */
const asTheFilter = (deps: Deps, { school, person }: Context, address: Address) =>
  deps.db.in(systemContext(school), async (tx) => {
    const strict = await judgeFor(tx, deps, { profile: UNIDENTIFIED, ...address });
    return { strict, verdict: person ? await judgeFor(tx, deps, { person, ...address }) : strict };
  });

const alreadyAsked = async (tx: Tx, person: string, host: string): Promise<boolean> =>
  (await tx
    .selectFrom('site_question')
    .select('id')
    .where('asked_by', '=', person)
    .where('kind', '=', 'site')
    .where('host', '=', host)
    .where('answered_at', 'is', null)
    .executeTakeFirst()) !== undefined;

export interface SiteQuestion {
  readonly id: string;
  readonly askedAt: Date;
  readonly host: string;
  readonly reason: string;
  readonly because: { readonly text?: string; readonly rule?: string; readonly category?: string | null };
  /** Null when nobody was signed in, or when the name is not needed to answer. */
  readonly askedBy: string | null;
  readonly asker: 'pupil' | 'adult' | 'not-signed-in';
  readonly answer: string | null;
  readonly answeredAt: Date | null;
}

/** Questions that this viewer answers, open ones first, the oldest on top; then the answered ones, newest first. */
export async function questionsFor(tx: Tx, viewer: Viewer, search: string): Promise<SiteQuestion[]> {
  const answersAll = hasDuty(viewer, ...ANSWERERS);
  const teaches = hasDuty(viewer, 'teacher');
  const rows = await tx
    .selectFrom('site_question as q')
    .leftJoin('person as p', 'p.id', 'q.asked_by')
    .select([
      'q.id',
      'q.asked_at as askedAt',
      'q.host',
      'q.reason',
      'q.because',
      'p.display_name as name',
      'p.kind',
      'q.answer',
      'q.answered_at as answeredAt',
    ])
    .where('q.kind', '=', 'site')
    .$if(!answersAll, (q) => q.where('p.kind', '=', 'pupil'))
    .where((e) => e.or([e('q.host', 'ilike', `%${literal(search)}%`), e('q.reason', 'ilike', `%${literal(search)}%`)]))
    .orderBy((e) => e('q.answered_at', 'is', null), 'desc')
    .orderBy('q.answered_at', 'desc')
    .orderBy('q.asked_at')
    .limit(200)
    .execute();
  return rows.map(({ name, kind, ...q }) => ({
    ...q,
    because: q.because,
    asker: kind === null ? 'not-signed-in' : kind === 'pupil' ? 'pupil' : 'adult',
    // To decide about a site nobody needs the child's name; their teacher does, to talk to them.
    askedBy: kind === 'pupil' && !teaches ? null : name,
  }));
}

/** What one person has asked, for their own page. */
export const questionsOf = (tx: Tx, person: string) =>
  tx
    .selectFrom('site_question')
    .select(['id', 'host', 'asked_at as askedAt', 'answer', 'answered_at as answeredAt'])
    .where('asked_by', '=', person)
    .where('kind', '=', 'site')
    .orderBy('asked_at', 'desc')
    .limit(20)
    .execute();

/** Answer in words; the asker reads them on the page where they asked, and by mail where they have an address. */
export function answerQuestion(deps: Deps, viewer: Viewer, id: string, words: string): Promise<void> {
  const answer = words.trim();
  if (answer.length < 2) throw invalid('ask.answer', 'Write an answer.', { answer: 'Write an answer.' });
  return deps.db.in(contextOf(viewer), async (tx) => {
    const question = await tx
      .selectFrom('site_question')
      .select(['asked_by', 'answered_at'])
      .where('id', '=', id)
      .where('kind', '=', 'site')
      .forUpdate()
      .executeTakeFirst();
    if (!question) throw notFound('this question');
    const asker = question.asked_by ? await personById(tx, question.asked_by) : undefined;
    if (!hasDuty(viewer, ...ANSWERERS) && asker?.kind !== 'pupil') throw notFound('this question');
    if (question.asked_by === viewer.person.id) {
      throw forbidden('ask.own', 'Somebody else must answer what you asked yourself.');
    }
    if (question.answered_at) throw conflict('ask.answered', 'Somebody has answered this question already.');
    await answerWith(tx, deps, viewer, id, answer);
  });
}

/** Keeps the answer and tells whoever asked. Who may answer is checked before; what is answered already stays so. */
export async function answerWith(tx: Tx, deps: Deps, viewer: Viewer, id: string, answer: string): Promise<void> {
  const now = deps.clock.now();
  const question = await tx
    .updateTable('site_question')
    .set({ answer, answered_by: viewer.person.id, answered_at: new Date(now) })
    .where('id', '=', id)
    .where('answered_at', 'is', null)
    .returning('asked_by')
    .executeTakeFirst();
  if (!question) return;
  await record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: 'question.answer',
    object: { kind: 'site_question', id },
    text: { answer },
    at: now,
  });
  const asker = question.asked_by ? await personById(tx, question.asked_by) : undefined;
  if (!asker?.email) return;
  await post(tx, {
    school: viewer.school.id,
    recipient: asker.id,
    address: asker.email,
    subject: 'An answer to what you asked about a site',
    body: `You asked the school to look at a site. The answer:\n\n${answer}\n\nYour question and the answer stand at ${deps.config.pagesUrl}/ask\n`,
    about: { kind: 'site_question', id },
  });
}

/** `%` and `_` typed by a person are letters, not wildcards. */
const literal = (text: string): string => text.trim().replace(/[\\%_]/g, '\\$&');
