import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import type { Holder } from '#rooms/identity/index.ts';
import { KIND } from './kinds.ts';
import { insertNotice, type Report } from './report.store.ts';

export type NoticeWhy = 'new' | 'waits' | 'more';
const SENTENCE: Readonly<Record<NoticeWhy, string>> = {
  new: 'It waits for somebody to take it up.',
  waits: 'Nobody has taken it up in the time that the policy sets, so it comes to you.',
  more: 'Whoever told us has written again.',
};

/** Tell these people of a report, each by letter, and note it. No name and no word of the report stands in a letter. */
export async function tellOf(
  tx: Tx,
  deps: Deps,
  report: Pick<Report, 'id' | 'school_id' | 'reference' | 'kind'>,
  people: readonly Pick<Holder, 'id' | 'email'>[],
  { step, why }: { step: number; why: NoticeWhy },
): Promise<void> {
  const at = new Date(deps.clock.now());
  const school = report.school_id;
  for (const { id, email } of people) {
    const mail = email
      ? await post(tx, {
          school,
          recipient: id,
          address: email,
          subject: `${KIND[report.kind].subject}: ${report.reference}`,
          body: [
            `${KIND[report.kind].name} (${report.reference})`,
            SENTENCE[why],
            '',
            'Read it here after signing in:',
            `${deps.config.pagesUrl}/told/${report.reference}`,
            '',
            'This message holds no names. Please do not pass it on.',
          ].join('\n'),
          about: { kind: 'report', id: report.id },
        })
      : null;
    await insertNotice(tx, {
      school_id: school,
      report_id: report.id,
      at,
      step,
      recipient: id,
      mail_id: mail,
      skipped: null,
    });
  }
  if (people.length === 0) {
    const skipped = 'Nobody holds a role that it goes to at this step, or it is kept from all of them.';
    await insertNotice(tx, {
      school_id: school,
      report_id: report.id,
      at,
      step,
      recipient: null,
      mail_id: null,
      skipped,
    });
  }
}
