import { createHmac } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeWorkerUtils } from 'graphile-worker';
import { Kysely, type Migration, Migrator, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { Refusal } from '#core/errors.ts';
import type { Database } from './schema.ts';

// A DATE is a day on a calendar, not an instant: leave it as text.
pg.types.setTypeParser(pg.types.builtins.DATE, (v) => v);

/** A transaction that knows for whom it works. Row security reads the same facts (migrations/0001). */
export type Tx = Transaction<Database>;

export interface Context {
  readonly school: string;
  /** Null for the system's own work. */
  readonly person: string | null;
  /** Product roles the person holds now, or `system`. */
  readonly duties: readonly string[];
}

export const systemContext = (school: string): Context => ({ school, person: null, duties: ['system'] });

export interface Db {
  /** One transaction in a context: everything in it happens, or nothing. */
  in<T>(context: Context, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A transaction before any context is known: row security shows it nothing but what functions hand out. */
  outside<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * One connection of its own, for LISTEN. The caller releases it. It comes back after the database was away; `missed`
   * says that it did, since what was told meanwhile was not heard.
   */
  listen(channel: string, heard: (payload: string) => void, missed?: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const APP = 'gatehouse_app';
const JOBS = 'gatehouse_jobs';

/** The URL of a lesser role: its password follows from the owner's, so every process can work it out. */
export function roleUrl(ownerUrl: string, role: typeof APP | typeof JOBS): string {
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = rolePassword(ownerUrl, role);
  return url.toString();
}
export const appUrl = (ownerUrl: string): string => roleUrl(ownerUrl, APP);
export const jobsUrl = (ownerUrl: string): string => roleUrl(ownerUrl, JOBS);

const rolePassword = (ownerUrl: string, role: string) =>
  createHmac('sha256', decodeURIComponent(new URL(ownerUrl).password))
    .update(role)
    .digest('base64url');

/** The database is not there, or went away in the middle of something, which then did not happen as far as anybody was told. */
export class DatabaseAway extends Error {
  override name = 'DatabaseAway';
  readonly code: string | undefined;
  constructor(cause: unknown) {
    super('The database is away.', { cause });
    this.code = codeOf(cause);
  }
}

/** SQLSTATE classes 08 (connection) and 57P (shutdown, start), and what the socket and `pg` say instead of one. */
const AWAY_CODE = /^(08...|57P..|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const AWAY_WORDS = /^Connection terminated|not queryable/;

const codeOf = (e: unknown): string | undefined =>
  e instanceof Error && 'code' in e && typeof e.code === 'string' ? e.code : undefined;

const awayOr = (e: unknown): unknown =>
  AWAY_CODE.test(codeOf(e) ?? '') || (e instanceof Error && AWAY_WORDS.test(e.message)) ? new DatabaseAway(e) : e;

const ignore = () => undefined;

/** A client that outlives the database: a connection that breaks fails its queries, and its error event ends nothing. */
export function clientOf(url: string): pg.Client {
  const client = new pg.Client({ connectionString: url });
  return client.on('error', ignore);
}

/** The same for a pool, whose clients at work are its own and not the pool's concern. */
export function poolOf(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max, options: '-c timezone=UTC' });
  return pool.on('error', ignore).on('connect', (client) => client.on('error', ignore));
}

export async function openDb(url: string, options: { pool?: number } = {}): Promise<Db> {
  const kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool: poolOf(url, options.pool ?? 10) }) });
  const transaction = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    kysely
      .transaction()
      .execute(work)
      .catch((e) => {
        throw awayOr(e);
      });
  try {
    await refuseUnreachable(kysely);
    await refuseTooMuchPower(kysely);
  } catch (e) {
    await kysely.destroy();
    throw e;
  }
  return {
    in: (context, work) =>
      transaction(async (tx) => {
        await sql`select set_config('gatehouse.school', ${context.school}, true),
                         set_config('gatehouse.person', ${context.person ?? ''}, true),
                         set_config('gatehouse.duties', ${context.duties.join(',')}, true)`.execute(tx);
        return work(tx);
      }),
    outside: transaction,
    listen: (channel, heard, missed) => listen(url, channel, heard, missed),
    close: () => kysely.destroy(),
  };
}

/** Row security means nothing to a role that owns the tables or may bypass it, so such a role is not accepted. */
async function refuseTooMuchPower(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ name: string; power: string | null }>`
    select current_user as name,
      case when rolsuper then 'is a superuser' when rolbypassrls then 'may bypass row security'
           when exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where n.nspname = 'public' and c.relkind in ('r', 'p') and pg_has_role(current_user, c.relowner, 'member'))
             then 'owns tables' end as power
    from pg_roles where rolname = current_user`.execute(db);
  const role = rows[0];
  if (role?.power) {
    throw new Refusal(
      'unavailable',
      'db.role',
      `The database role ${role.name} ${role.power}; Gatehouse works only as a role that cannot.`,
    );
  }
}

/** One clear sentence at start, instead of the fault of whatever was asked first. */
async function refuseUnreachable(db: Kysely<Database>): Promise<void> {
  try {
    await sql`select 1`.execute(db);
  } catch (cause) {
    throw new Refusal(
      'unavailable',
      'db.unreachable',
      `The database cannot be used (${codeOf(cause) ?? 'no connection'}); if it is your own, check DATABASE_URL.`,
      { cause },
    );
  }
}

const LISTEN_AGAIN = 500;

async function listen(
  url: string,
  channel: string,
  heard: (payload: string) => void,
  missed?: () => void,
): Promise<() => Promise<void>> {
  let open = true;
  let client: pg.Client;
  const connect = async (): Promise<void> => {
    client = clientOf(url);
    client.on('notification', (n) => heard(n.payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (e) {
      await client.end();
      throw e;
    }
    client.once('end', again);
  };
  const again = async (): Promise<void> => {
    await sleep(LISTEN_AGAIN, undefined, { ref: false });
    if (!open) return;
    await connect().then(missed, again);
  };
  await connect();
  return async () => {
    open = false;
    await client.end();
  };
}

/** Make the lesser roles, bring the database to this version, and install the job queue. Run by the owner, once at start. */
export async function migrate(ownerUrl: string, folder: string): Promise<void> {
  const owner = new Kysely<Database>({ dialect: new PostgresDialect({ pool: poolOf(ownerUrl, 2) }) });
  try {
    await refuseUnreachable(owner);
    await ensureRoles(owner, ownerUrl);
    await installQueue(jobsUrl(ownerUrl));
    const files = (await fs.readdir(folder)).filter((f) => f.endsWith('.sql')).sort();
    await refuseNewerDatabase(owner, files);
    const migrator = new Migrator({
      db: owner,
      provider: {
        getMigrations: async () =>
          Object.fromEntries(
            await Promise.all(
              files.map(async (f): Promise<[string, Migration]> => {
                const text = await fs.readFile(join(folder, f), 'utf8');
                return [f.replace(/\.sql$/, ''), { up: async (db) => void (await sql.raw(text).execute(db)) }];
              }),
            ),
          ),
      },
    });
    // The migrator reports instead of throwing.
    const { error } = await migrator.migrateToLatest();
    if (error) throw error;
  } finally {
    await owner.destroy();
  }
}

async function ensureRoles(owner: Kysely<Database>, ownerUrl: string): Promise<void> {
  for (const role of [APP, JOBS] as const) {
    const password = pg.escapeLiteral(rolePassword(ownerUrl, role));
    const id = pg.escapeIdentifier(role);
    try {
      const { rows } = await sql`select 1 from pg_roles where rolname = ${role}`.execute(owner);
      await sql.raw(`${rows.length > 0 ? 'alter' : 'create'} role ${id} login password ${password}`).execute(owner);
    } catch (cause) {
      throw new Refusal(
        'unavailable',
        'db.roles',
        `The owner in DATABASE_URL may not make the role ${role}; give it CREATEROLE.`,
        { cause },
      );
    }
  }
  await sql.raw(`grant ${JOBS} to current_user`).execute(owner);
  const { rows } = await sql<{ name: string }>`select quote_ident(current_database()) as name`.execute(owner);
  await sql
    .raw(
      `grant create, connect on database ${rows[0]?.name} to ${JOBS}; grant connect on database ${rows[0]?.name} to ${APP}`,
    )
    .execute(owner);
  await sql.raw(`grant create on schema public to ${JOBS}`).execute(owner);
}

async function installQueue(url: string): Promise<void> {
  const utils = await makeWorkerUtils({ connectionString: url });
  try {
    await utils.migrate();
  } finally {
    await utils.release();
  }
}

async function refuseNewerDatabase(owner: Kysely<Database>, files: string[]): Promise<void> {
  const { rows: exists } = await sql<{ t: string | null }>`select to_regclass('kysely_migration')::text as t`.execute(
    owner,
  );
  if (!exists[0]?.t) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(owner);
  const unknown = rows.map((r) => r.name).filter((n) => !files.includes(`${n}.sql`));
  if (unknown.length > 0) {
    throw new Refusal(
      'conflict',
      'db.newer',
      `The database is newer than this program (it holds "${unknown.at(-1)}"); start the newer program, or restore a backup made by this one.`,
    );
  }
}
