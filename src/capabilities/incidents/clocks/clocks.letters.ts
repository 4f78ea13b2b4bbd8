import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import type { CaseFile } from '../cases.store.ts';
import type { Stage } from './clocks.rules.ts';

const SENTENCES: Readonly<Record<Stage, string>> = {
  acknowledge: 'A concern was logged in Gatehouse, and nobody has taken it up in the time that the policy sets.',
  'first-action': 'A case in Gatehouse has had no first action in the time that the policy sets.',
  outcome: 'A case in Gatehouse has no outcome in the time that the policy sets.',
  record: 'A case in Gatehouse is not in the safeguarding record system yet, and the time for it is over.',
};
const SUBJECTS: Readonly<Record<Stage, string>> = {
  acknowledge: 'Nobody has taken up a concern',
  'first-action': 'A first action is late',
  outcome: 'An outcome is late',
  record: 'An entry in the record system is late',
};

/**
 * Tell these people that something is late. Neither subject nor text says what the case is about or whom (ALR-10). A stranger to
 * the case, whom the policy has it escalated to without making them read it, learns that it waits and whom to ask.
 */
export async function writeLate(
  tx: Tx,
  deps: Deps,
  file: Pick<CaseFile, 'id' | 'school_id' | 'reference'>,
  stage: Stage,
  people: readonly string[],
  strangers: ReadonlySet<string>,
): Promise<void> {
  if (people.length === 0) return;
  const rows = await tx.selectFrom('person').select(['id', 'email']).where('id', 'in', people).execute();
  for (const { id, email } of rows) {
    if (!email) continue;
    const what = strangers.has(id)
      ? 'You are told because the policy says so. Please see that whoever leads on safeguarding gets to it; what it is about stays with them.'
      : `Read it here after signing in:\n${deps.config.pagesUrl}/cases/${file.reference}`;
    await post(tx, {
      school: file.school_id,
      recipient: id,
      address: email,
      subject: `${SUBJECTS[stage]}: ${file.reference}`,
      body: `${SENTENCES[stage]}\n\n${what}\n\nPlease do not pass this letter on.\n`,
      about: { kind: 'case', id: file.id },
    });
  }
}
