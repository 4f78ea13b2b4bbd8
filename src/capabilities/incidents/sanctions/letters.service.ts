import { createHash } from 'node:crypto';
import { dayIn } from '#core/days.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type DocumentModel, heading, paragraph } from '#platform/documents/index.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { personById } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import type { CaseSide, Handled } from './case-side.ts';
import { LETTER_TEMPLATES, REPLY } from './letters.data.ts';
import { findLetter, type Letter, type Parent, parentsOf } from './letters.store.ts';
import { sanctionsOf } from './sanctions.store.ts';
import { dayWords, fill } from './words.ts';

/** A letter as its form has it. */
export interface LetterInput {
  readonly child: string;
  readonly template: string;
  /** Parents with an account; none: on paper, to whoever stands in `addressee`. */
  readonly parents: readonly string[];
  readonly title: string;
  readonly body: string;
}

/** The children whom a case is about or touches: whose parents may be written to. */
export async function childrenIn(tx: Tx, { file }: Handled): Promise<{ id: string; name: string }[]> {
  const ids = [...file.subjects, ...file.affected];
  if (ids.length === 0) return [];
  return tx
    .selectFrom('person')
    .select(['id', 'display_name as name'])
    .where('id', 'in', ids)
    .where('kind', '=', 'pupil')
    .orderBy('display_name')
    .execute();
}

/** A template with what the case knows put in, to be read and changed before it goes. */
export async function draftLetter(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  handled: Handled,
  child: string,
  template: string,
) {
  const of = LETTER_TEMPLATES.find((t) => t.id === template) ?? LETTER_TEMPLATES[0];
  const person = await personById(tx, child);
  const parents = await parentsOf(tx, child, handled.keptFrom);
  const decided = (await sanctionsOf(tx, handled.file.id)).filter((s) => s.person_id === child && s.decided_at);
  const sanctions = (await policyInForce(tx, deps.clock.now()))?.document.sanctions;
  const named = (who: 'pupil' | 'staff', id: string) =>
    (sanctions?.[who].table ?? sanctions?.[who].mapping)?.actions.find((a) => a.id === id)?.name ?? id;
  const values = {
    parent: parents.map((p) => p.name).join(' and ') || 'parent or carer',
    child: person?.displayName ?? 'your child',
    school: viewer.school.name,
    date: dayWords(dayIn(viewer.school.timeZone, deps.clock.now())),
    what: [...new Set(decided.map((s) => s.type_name))].join('; ') || 'the rules for going online',
    actions: decided.flatMap((s) => s.actions.map((a) => `- ${named(s.who, a)}`)).join('\n') || '- We talk with them.',
    sender: viewer.person.displayName,
    reply: parents.length > 0 ? REPLY.page : REPLY.paper,
  };
  return { parents, title: fill(of?.title ?? '', values), body: fill(of?.body ?? '', values) };
}

export const hashOf = (letter: Pick<Letter, 'title' | 'body'>): Buffer =>
  createHash('sha256').update(`${letter.title}\n\n${letter.body}`).digest();

/**
 * SAN-30: send a letter. It is kept as it went, with its hash; parents with an address hear that it is there, in a message
 * that names nobody; and the case says that they were told. Where the safeguarding lead decided that they are not told yet
 * it does not go.
 */
export function sendLetter(
  deps: Deps,
  side: CaseSide,
  viewer: Viewer,
  which: string,
  input: LetterInput,
): Promise<string[]> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const handled = await side.handled(tx, viewer, which);
    if (!handled) throw notFound('this case');
    if (!handled.handler) throw forbidden('letter.not-yours', 'Only those who handle this case write to parents.');
    if (handled.parents === 'withheld')
      throw conflict(
        'letter.withheld',
        'The safeguarding lead decided that they are not told for now.',
        'The lead records first that they may be told.',
      );
    const parents = await addresseesOf(tx, handled, input);
    const now = deps.clock.now();
    const sha256 = hashOf(input);
    const to: (Parent | null)[] = parents.length > 0 ? parents : [null];
    const ids: string[] = [];
    for (const parent of to) {
      const id = newId(now);
      ids.push(id);
      await tx
        .insertInto('parent_letter')
        .values({
          id,
          school_id: viewer.school.id,
          case_id: handled.file.id,
          child_id: input.child,
          parent_id: parent?.id ?? null,
          template: input.template,
          title: input.title.trim(),
          body: input.body,
          sha256,
          way: parent ? 'page' : 'paper',
          sent_by: viewer.person.id,
          sent_at: new Date(now),
        })
        .execute();
      await record(tx, {
        school: viewer.school.id,
        actor: viewer.person.id,
        action: 'letter.send',
        object: { kind: 'parent-letter', id },
        detail: { case: handled.file.id, sha256: sha256.toString('hex'), way: parent ? 'page' : 'paper' },
        at: now,
      });
      if (parent?.email) await announce(deps, tx, viewer, id, parent);
    }
    await side.step(tx, viewer, handled.file.id, {
      action: 'inform',
      text: `Letter “${input.title.trim()}” ${parents.length > 0 ? `to ${parents.map((p) => p.name).join(' and ')}` : 'on paper'}, SHA-256 ${sha256.toString('hex')}.`,
      detail: { decision: 'told' },
    });
    return ids;
  });
}

async function addresseesOf(tx: Tx, handled: Handled, input: LetterInput): Promise<Parent[]> {
  const wrong: Record<string, string> = {};
  if (!(await childrenIn(tx, handled)).some((c) => c.id === input.child))
    wrong.child = 'Choose a child whom this case is about or touches.';
  if (!LETTER_TEMPLATES.some((t) => t.id === input.template)) wrong.template = 'Choose from the list.';
  const { length } = [...input.title.trim()];
  if (length < 3 || length > 200) wrong.title = 'Give the letter a title of 3 to 200 characters.';
  if (input.body.trim().length < 20) wrong.body = 'Write the letter.';
  const open = /\{(\w+)\}/.exec(`${input.title} ${input.body}`);
  if (open) wrong.body = `“${open[0]}” still stands in the letter. Put in what belongs there.`;
  const linked = await parentsOf(tx, input.child, handled.keptFrom);
  const parents = linked.filter((p) => input.parents.includes(p.id));
  if (parents.length !== new Set(input.parents).size) wrong.parents = 'Choose from the list.';
  const [first] = Object.values(wrong);
  if (first) throw invalid('letter.invalid', first, wrong);
  return parents;
}

const announce = (deps: Deps, tx: Tx, viewer: Viewer, id: string, parent: Parent) =>
  post(tx, {
    school: viewer.school.id,
    recipient: parent.id,
    address: parent.email ?? '',
    subject: `A letter from ${viewer.school.name}`,
    body: `A letter from ${viewer.school.name} is there for you.\n\nRead and answer it here after signing in:\n${deps.config.pagesUrl}/letters/${id}\n`,
    about: { kind: 'parent-letter', id },
  });

/** A parent has it before them; the first time counts. */
export function openLetter(deps: Deps, viewer: Viewer, id: string): Promise<Letter> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const letter = await findLetter(tx, id);
    if (!letter) throw notFound('this letter');
    if (letter.parent_id === viewer.person.id && !letter.read_at)
      await tx
        .updateTable('parent_letter')
        .set({ read_at: new Date(deps.clock.now()) })
        .where('id', '=', letter.id)
        .execute();
    return letter;
  });
}

/** What a parent answers, or what somebody of the team writes down of an answer by telephone or on paper. */
export function replyTo(deps: Deps, viewer: Viewer, id: string, text: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const letter = await findLetter(tx, id);
    if (!letter) throw notFound('this letter');
    if (text.trim().length < 2) throw invalid('letter.reply', 'Write the answer.', { text: 'Write the answer.' });
    const now = deps.clock.now();
    const reply = newId(now);
    await tx
      .insertInto('parent_letter_reply')
      .values({
        id: reply,
        school_id: viewer.school.id,
        letter_id: letter.id,
        by_person: viewer.person.id,
        at: new Date(now),
        text: text.trim(),
      })
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'letter.reply',
      object: { kind: 'parent-letter', id: letter.id },
      detail: { reply },
      text: { text: text.trim() },
      at: now,
    });
  });
}

/** The letter for paper and PDF. */
export const letterModel = (letter: Pick<Letter, 'title' | 'body'>, school: string): DocumentModel => ({
  title: letter.title,
  author: school,
  language: 'en-GB',
  blocks: [
    heading(1, letter.title),
    ...letter.body
      .split(/\n{2,}/)
      .flatMap((p) => p.split('\n').map((line) => line.trim()))
      .filter(Boolean)
      .map((line) => paragraph(line)),
  ],
});
