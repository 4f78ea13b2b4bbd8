import { dayIn } from '#core/days.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { parentLinks, personById } from '#rooms/identity/index.ts';
import type { Viewer } from '#web/index.ts';
import { isKeptFrom } from '../cases.rules.ts';
import { type CaseFile, entriesOf } from '../cases.store.ts';

/**
 * SAN-03: those who are entitled to know learn that it was dealt with, by letter and on a page of their own; nothing of how,
 * and nobody's name but their own child's. Whoever works on the case knows it, and whoever it is kept from learns nothing.
 */
export async function tellItWasDealtWith(deps: Deps, tx: Tx, viewer: Viewer, file: CaseFile): Promise<void> {
  const knows = new Set([viewer.person.id, file.manager, ...file.team]);
  const told = (id: string) => !knows.has(id) && !isKeptFrom(file, id);
  if (file.opened_by && file.source === 'logged' && told(file.opened_by)) {
    const on = dayIn(viewer.school.timeZone, file.opened_at);
    await give(deps, tx, viewer, file, {
      to: file.opened_by,
      part: 'reporter',
      text: `What you logged on ${on}, with the receipt ${file.reference}, was dealt with. Thank you for telling us. What came of it, and for whom, is kept between few people.`,
    });
  }
  if (!(await parentsWereTold(tx, file.id))) return;
  for (const link of await parentLinks(tx)) {
    if (!file.affected.includes(link.child.id) || !told(link.parent.id)) continue;
    await give(deps, tx, viewer, file, {
      to: link.parent.id,
      part: 'parent',
      text: `What we told you about, which touched ${link.child.name}, was dealt with. We cannot say what followed for others. If something like it happens again, or you want to talk about it, please tell us at once.`,
    });
  }
}

/** The last word on telling parents; those who were not told at first do not learn of it by a notice (SAN-30). */
const parentsWereTold = async (tx: Tx, caseId: string): Promise<boolean> =>
  (await entriesOf(tx, caseId)).findLast((e) => e.action === 'inform')?.detail.decision === 'told';

async function give(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  file: CaseFile,
  { to, part, text }: { to: string; part: 'reporter' | 'parent'; text: string },
): Promise<void> {
  const now = deps.clock.now();
  const id = newId(now);
  const person = await personById(tx, to);
  if (!person || person.leftOn !== null) return;
  await tx
    .insertInto('case_notice')
    .values({
      id,
      school_id: viewer.school.id,
      case_id: file.id,
      to_person: to,
      as_part: part,
      text,
      at: new Date(now),
    })
    .execute();
  if (!person.email) return;
  await post(tx, {
    school: viewer.school.id,
    recipient: to,
    address: person.email,
    subject: 'Something that you know of was dealt with',
    body: `Something that you know of was dealt with.\n\nRead it here after signing in:\n${deps.config.pagesUrl}/me/notices\n`,
    about: { kind: 'case_notice', id },
  });
}

export interface Notice {
  readonly id: string;
  readonly text: string;
  readonly at: Date;
  readonly read_at: Date | null;
}

/** What this person was told, newest first. */
export const noticesTo = (tx: Tx, person: string): Promise<Notice[]> =>
  tx
    .selectFrom('case_notice')
    .select(['id', 'text', 'at', 'read_at'])
    .where('to_person', '=', person)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute();

export const noticeRead = async (tx: Tx, person: string, id: string, at: Date): Promise<void> => {
  await tx
    .updateTable('case_notice')
    .set({ read_at: at })
    .where('id', '=', id)
    .where('to_person', '=', person)
    .where('read_at', 'is', null)
    .execute();
};
