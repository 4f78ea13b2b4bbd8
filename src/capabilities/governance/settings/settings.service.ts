import { sql } from 'kysely';
import { invalid, notFound, type Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import type { SchoolSettings } from '#platform/schema.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { isTimeZone } from '#policy/windows.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { isEmail, type MailServer, mailFaults, mailUrl, readMailUrl } from '../mail-server.rules.ts';
import { type Term, termFaults } from '../terms.rules.ts';

/** Each change is one transaction: check, change, entry; and a new snapshot where gateways must know of it. */
const change = (
  deps: Deps,
  viewer: Viewer,
  what: { action: string; gateways?: boolean },
  work: (tx: Tx) => Promise<Record<string, unknown>>,
): Promise<void> =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const detail = await work(tx);
    const school = viewer.school.id;
    await record(tx, {
      school,
      actor: viewer.person.id,
      action: `settings.${what.action}`,
      object: { kind: 'school', id: school },
      detail,
      at: deps.clock.now(),
    });
    if (what.gateways) await bumpSnapshot(tx, school);
  });

const refuseFaults = (code: string, faults: Readonly<Record<string, string>>): void => {
  if (Object.keys(faults).length > 0) throw invalid(code, 'Some of this needs another look.', { ...faults });
};

export const changeSchool = (deps: Deps, viewer: Viewer, input: { name: string; timeZone: string }): Promise<void> =>
  change(deps, viewer, { action: 'school', gateways: true }, async (tx) => {
    const name = input.name.trim();
    // Characters as the database counts them: one sign may be two units of a string.
    const { length } = [...name];
    refuseFaults('settings.school', {
      ...((length < 2 || length > 120) && { name: 'Give the school’s name, 2 to 120 letters.' }),
      ...(!isTimeZone(input.timeZone) && { timeZone: 'Give a time zone such as Europe/London.' }),
    });
    await tx
      .updateTable('school')
      .set({ name, time_zone: input.timeZone })
      .where('id', '=', viewer.school.id)
      .execute();
    return { name, timeZone: input.timeZone };
  });

export const addSite = (deps: Deps, viewer: Viewer, input: { name: string }): Promise<void> =>
  change(deps, viewer, { action: 'site.add' }, async (tx) => {
    const name = input.name.trim();
    refuseFaults('settings.site', { ...((name.length < 1 || name.length > 120) && { site: 'Give the site a name.' }) });
    const taken = await tx.selectFrom('site').select('id').where('name', '=', name).executeTakeFirst();
    if (taken) refuseFaults('settings.site', { site: `There is a site called “${name}” already.` });
    await tx.insertInto('site').values({ school_id: viewer.school.id, name }).execute();
    return { name };
  });

export const addTerm = (deps: Deps, viewer: Viewer, term: Term): Promise<void> =>
  change(deps, viewer, { action: 'term.add', gateways: true }, async (tx) => {
    // The school's row stands for its calendar: two who add at once come one after the other.
    await tx.selectFrom('school').select('id').forUpdate().execute();
    refuseFaults('settings.term', termFaults(term, await termsOf(tx)));
    await tx
      .insertInto('term')
      .values({
        school_id: viewer.school.id,
        name: term.name.trim(),
        starts: term.starts,
        ends: term.ends,
        half_term_starts: term.halfTermStarts || null,
        half_term_ends: term.halfTermEnds || null,
      })
      .execute();
    return { ...term };
  });

export const removeTerm = (deps: Deps, viewer: Viewer, id: string): Promise<void> =>
  change(deps, viewer, { action: 'term.remove', gateways: true }, async (tx) => {
    const gone = await tx
      .deleteFrom('term')
      .where('id', '=', id)
      .returning(['name', 'starts', 'ends'])
      .executeTakeFirst();
    if (!gone) throw notFound('this term');
    return gone;
  });

export async function termsOf(tx: Tx): Promise<(Term & { id: string })[]> {
  const rows = await tx.selectFrom('term').selectAll().orderBy('starts').execute();
  return rows.map((r) => ({
    id: r.id,
    name: r.name,
    starts: r.starts,
    ends: r.ends,
    halfTermStarts: r.half_term_starts ?? undefined,
    halfTermEnds: r.half_term_ends ?? undefined,
  }));
}

/** Change some settings of the school; the others stay as they are. */
export async function mergeSettings(tx: Tx, school: string, part: Partial<SchoolSettings>): Promise<void> {
  await tx
    .updateTable('school')
    .set({ settings: sql<string>`settings || ${JSON.stringify(part)}::jsonb` })
    .where('id', '=', school)
    .execute();
}

export const changeFilter = (
  deps: Deps,
  viewer: Viewer,
  input: { dnsBlock: 'page' | 'nxdomain'; proxySignIn: 'ask' | 'accept' },
): Promise<void> =>
  change(deps, viewer, { action: 'filter', gateways: true }, async (tx) => {
    await mergeSettings(tx, viewer.school.id, input);
    return input;
  });

/**
 * An empty password keeps the one there is, but only for the same server and user name: whoever may name another server
 * must not have the password sent there. The entry says which server, never the password.
 */
export const changeMail = (deps: Deps, viewer: Viewer, input: MailServer): Promise<void> =>
  change(deps, viewer, { action: 'mail' }, async (tx) => {
    refuseFaults('settings.mail', mailFaults(input));
    const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
    const before = settings.mail ? readMailUrl(settings.mail.url, settings.mail.from) : null;
    const same = before?.host === input.host && before.username === (input.username || undefined);
    const password = input.password || (same ? before?.password : undefined);
    await mergeSettings(tx, viewer.school.id, { mail: { url: mailUrl({ ...input, password }), from: input.from } });
    return { host: input.host, port: input.port, security: input.security, newPassword: Boolean(input.password) };
  });

export const TEST_LETTER = 'settings.mail-test';

/** "Send me a test letter": what the server answers is shown on the page. */
export function sendTestLetter(deps: Deps, viewer: Viewer): Promise<void> {
  return change(deps, viewer, { action: 'mail.test' }, async (tx) => {
    const to = await tx.selectFrom('person').select('email').where('id', '=', viewer.person.id).executeTakeFirst();
    if (!to?.email || !isEmail(to.email)) throw noAddress();
    const mail = await post(tx, {
      school: viewer.school.id,
      recipient: viewer.person.id,
      address: to.email,
      subject: 'Test letter from Gatehouse',
      body: 'If you can read this, Gatehouse can send letters. Nothing else is to be done.\n',
      about: { kind: TEST_LETTER, id: viewer.person.id },
    });
    return { mail };
  });
}

const noAddress = (): Refusal =>
  invalid('settings.mail.no-address', 'You have no e-mail address here.', {
    test: 'You have no e-mail address in your account. Have one added under People, then try again.',
  });
