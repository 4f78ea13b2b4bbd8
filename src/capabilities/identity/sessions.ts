import ipaddr from 'ipaddr.js';
import { sql } from 'kysely';
import { HOUR, MINUTE } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { digestToken, newToken } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpPresence } from '#platform/school.ts';
import type { Viewer, WebOptions } from '#web/index.ts';

/** However busy: a school day and its evening. */
export const SESSION_LENGTH = 12 * HOUR;
/** Without a page being opened. */
export const SESSION_IDLE = 2 * HOUR;
/** How stale `seen_at` may be: a session is written once in a while, not with every page. */
const TOUCH_EVERY = 10 * MINUTE;

/** The address as the filter knows it: an IPv4 client on a dual-stack socket is an IPv4 client. */
export const clientAddress = (ip: string): string => ipaddr.process(ip).toString();

export interface NewSession {
  readonly person: string;
  readonly address: string;
  readonly userAgent: string;
  /** Only the form to change it is open: a first password, or one whose time is over. Nothing is said yet about who sits there. */
  readonly mustChange: 'first' | 'due' | null;
  /** Version of the policy whose monitoring notice was shown and accepted (MON-04). */
  readonly notice: number;
}

/** Begin a session; returns its token, of which only the digest is kept. */
export async function startSession(tx: Tx, deps: Deps, by: Context, s: NewSession): Promise<string> {
  const token = newToken();
  const digest = digestToken(token);
  const now = deps.clock.now();
  if (!s.mustChange) await unbind(tx, s.address);
  await tx
    .insertInto('web_session')
    .values({
      digest,
      school_id: by.school,
      person_id: s.person,
      csrf: newToken(),
      address: s.address,
      user_agent: s.userAgent.slice(0, 300),
      created_at: new Date(now),
      seen_at: new Date(now),
      ends_at: new Date(now + SESSION_LENGTH),
      binds_address: !s.mustChange,
      must_change: s.mustChange === 'due',
    })
    .execute();
  if (s.notice > 0) {
    await tx.updateTable('credential').set({ notice_version: s.notice }).where('person_id', '=', s.person).execute();
  }
  await record(tx, {
    school: by.school,
    actor: s.person,
    action: 'session.start',
    object: { kind: 'person', id: s.person },
    detail: { notice: s.notice, firstPassword: s.mustChange === 'first', passwordDue: s.mustChange === 'due' },
    at: now,
  });
  if (!s.mustChange) await bumpPresence(tx, by.school);
  return token;
}

/** Whoever signed in at this address before is no longer the one who sits there. */
const unbind = (tx: Tx, address: string) =>
  tx
    .updateTable('web_session')
    .set({ binds_address: false })
    .where('address', '=', address)
    .where('ended_at', 'is', null)
    .where('binds_address', '=', true)
    .execute();

/** Session token → viewer, read anew with every page: a role that was ended a second ago is gone. */
export const authenticate =
  (deps: Deps): WebOptions['authenticate'] =>
  async (token, request) => {
    const digest = digestToken(token);
    const { rows } = await deps.db.outside((tx) =>
      sql<{ school_id: string; person_id: string }>`select * from gh_session(${digest})`.execute(tx),
    );
    const owner = rows[0];
    if (!owner) return null;
    const context: Context = { school: owner.school_id, person: owner.person_id, duties: [] };
    return deps.db.in(context, (tx) => viewerFor(tx, deps, digest, clientAddress(request.ip)));
  };

async function viewerFor(tx: Tx, deps: Deps, digest: Buffer, address: string): Promise<Viewer | null> {
  const now = deps.clock.now();
  const row = await tx
    .selectFrom('web_session as s')
    .innerJoin('person as p', 'p.id', 's.person_id')
    .innerJoin('credential as c', 'c.person_id', 's.person_id')
    .innerJoin('school', 'school.id', 's.school_id')
    .select([
      's.csrf',
      's.seen_at',
      's.ends_at',
      's.binds_address',
      's.must_change as due',
      sql<string>`host(s.address)`.as('address'),
    ])
    .select(['p.id', 'p.username', 'p.display_name', 'p.kind', 'p.year_group', 'p.left_on', 'c.must_change'])
    .select(['school.id as school', 'school.slug', 'school.name', 'school.time_zone'])
    .select((e) =>
      e
        .selectFrom('role_holding as r')
        .whereRef('r.person_id', '=', 'p.id')
        .where('r.until_at', 'is', null)
        .select(sql<string[]>`coalesce(array_agg(r.role), '{}')`.as('roles'))
        .as('roles'),
    )
    .where('s.digest', '=', digest)
    .where('s.ended_at', 'is', null)
    .where('s.ends_at', '>', new Date(now))
    .where('s.seen_at', '>', new Date(now - SESSION_IDLE))
    .executeTakeFirst();
  if (!row || (row.left_on !== null && row.left_on <= dayIn(row.time_zone, now))) return null;
  if (now - row.seen_at.getTime() > TOUCH_EVERY || (row.binds_address && row.address !== address)) {
    await touch(tx, digest, row, address, now);
  }
  return {
    school: { id: row.school, slug: row.slug, name: row.name, timeZone: row.time_zone },
    person: {
      id: row.id,
      username: row.username,
      displayName: row.display_name,
      kind: row.kind,
      yearGroup: row.year_group,
    },
    duties: [...new Set([row.kind, ...(row.roles ?? [])])],
    csrf: row.csrf,
    mustChange: row.must_change || row.due,
  };
}

/** Still there, perhaps at another address: the filter follows. */
async function touch(
  tx: Tx,
  digest: Buffer,
  session: { school: string; address: string; binds_address: boolean },
  address: string,
  now: number,
): Promise<void> {
  if (session.binds_address && session.address !== address) await unbind(tx, address);
  await tx
    .updateTable('web_session')
    .set({ seen_at: new Date(now), address })
    .where('digest', '=', digest)
    .execute();
  if (session.binds_address) await bumpPresence(tx, session.school);
}

/** End a person's sessions: one, all, or all but one. The filter forgets them at once. */
export async function endSessions(
  tx: Tx,
  deps: Deps,
  by: Context,
  which: { readonly person: string; readonly only?: Buffer; readonly except?: Buffer },
): Promise<number> {
  const ended = await tx
    .updateTable('web_session')
    .set({ ended_at: new Date(deps.clock.now()) })
    .where('person_id', '=', which.person)
    .where('ended_at', 'is', null)
    .$if(which.only !== undefined, (q) => q.where('digest', '=', which.only ?? Buffer.alloc(0)))
    .$if(which.except !== undefined, (q) => q.where('digest', '!=', which.except ?? Buffer.alloc(0)))
    .returning('digest')
    .execute();
  if (ended.length === 0) return 0;
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'session.end',
    object: { kind: 'person', id: which.person },
    detail: { sessions: ended.length },
    at: deps.clock.now(),
  });
  await bumpPresence(tx, by.school);
  return ended.length;
}

/** Who is signed in where, for the gateway. */
export async function presence(tx: Tx, now: number): Promise<Record<string, { person: string; until: number }>> {
  const rows = await tx
    .selectFrom('web_session')
    .select([sql<string>`host(address)`.as('address'), 'person_id', 'seen_at', 'ends_at'])
    .where('ended_at', 'is', null)
    .where('binds_address', '=', true)
    .where('ends_at', '>', new Date(now))
    .where('seen_at', '>', new Date(now - SESSION_IDLE))
    .orderBy('created_at')
    .execute();
  return Object.fromEntries(
    rows.map((r) => [
      r.address,
      { person: r.person_id, until: Math.min(r.ends_at.getTime(), r.seen_at.getTime() + SESSION_IDLE) },
    ]),
  );
}

export interface SessionRow {
  readonly digest: Buffer;
  readonly address: string;
  readonly user_agent: string;
  readonly created_at: Date;
  readonly seen_at: Date;
}

/** A person's sessions that still live, the latest first. */
export const liveSessions = (tx: Tx, person: string, now: number): Promise<SessionRow[]> =>
  tx
    .selectFrom('web_session')
    .select(['digest', sql<string>`host(address)`.as('address'), 'user_agent', 'created_at', 'seen_at'])
    .where('person_id', '=', person)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', new Date(now))
    .where('seen_at', '>', new Date(now - SESSION_IDLE))
    .orderBy('created_at', 'desc')
    .execute();
