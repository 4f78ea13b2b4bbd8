import nodemailer from 'nodemailer';
import type { Clock } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { type Db, systemContext, type Tx } from './db.ts';
import { enqueue } from './jobs.ts';
import { schools } from './school.ts';

export interface Letter {
  readonly school: string;
  readonly recipient: string | null;
  readonly address: string;
  /** Never a child's name: subjects show on locked phones. */
  readonly subject: string;
  readonly body: string;
  readonly about: { readonly kind: string; readonly id: string };
}

export const SEND_MAIL = 'mail.send';
export const RESEND_MAIL = 'mail.resend';
const NO_SERVER = 'No mail server is set.';

/** Write the letter to the outbox and queue its sending, in the caller's transaction. */
export async function post(tx: Tx, letter: Letter): Promise<string> {
  // Nothing is read back: who causes a letter need not be able to read it.
  const id = newId();
  await tx
    .insertInto('mail')
    .values({
      id,
      school_id: letter.school,
      recipient: letter.recipient,
      address: letter.address,
      subject: letter.subject,
      body: letter.body,
      about_kind: letter.about.kind,
      about_id: letter.about.id,
    })
    .execute();
  await enqueue(tx, SEND_MAIL, { school: letter.school, mail: id });
  return id;
}

/**
 * The task behind the outbox. What the server answered is kept as proof of delivery (ALR-10); a failure is kept too, and
 * thrown, so that the queue tries again. GATEHOUSE_SMTP wins over the mail server set in the pages.
 */
export const sendMailTask =
  (db: Db, clock: Clock, smtpFromEnvironment: string | null) =>
  async (payload: unknown): Promise<void> => {
    const { school, mail: id } = payload as { school: string; mail: string };
    const context = systemContext(school);
    const { letter, settings } = await db.in(context, async (tx) => ({
      letter: await tx.selectFrom('mail').selectAll().where('id', '=', id).executeTakeFirst(),
      settings: (await tx.selectFrom('school').select('settings').executeTakeFirst())?.settings,
    }));
    if (!letter || letter.sent_at) return;
    const url = smtpFromEnvironment ?? settings?.mail?.url;
    const note = (values: { sent_at?: Date; response?: string; last_error: string | null }) =>
      db.in(context, (tx) =>
        tx
          .updateTable('mail')
          .set({ ...values, attempts: letter.attempts + 1 })
          .where('id', '=', id)
          .execute(),
      );
    // Trying again would not help; RESEND_MAIL looks for these once there is a server.
    if (!url) return void (await note({ last_error: NO_SERVER }));
    try {
      const transport = nodemailer.createTransport(url, { from: settings?.mail?.from ?? 'gatehouse@localhost' });
      const info = await transport.sendMail({ to: letter.address, subject: letter.subject, text: letter.body });
      await note({ sent_at: new Date(clock.now()), response: info.response, last_error: null });
    } catch (e) {
      await note({ last_error: e instanceof Error ? e.message : String(e) });
      throw e;
    }
  };

/** Every few minutes: letters that waited for a mail server go out when one has been set. */
export const resendMailTask = (db: Db, smtpFromEnvironment: string | null) => async (): Promise<void> => {
  for (const school of await schools(db)) {
    await db.in(systemContext(school.id), async (tx) => {
      const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
      if (!smtpFromEnvironment && !settings.mail) return;
      const waiting = await tx
        .selectFrom('mail')
        .select('id')
        .where('sent_at', 'is', null)
        .where('last_error', '=', NO_SERVER)
        .execute();
      for (const { id } of waiting)
        await enqueue(tx, SEND_MAIL, { school: school.id, mail: id }, { key: `mail ${id}` });
    });
  }
};
