import { createHmac } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
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
  /** One connection of its own, for LISTEN. The caller releases it. */
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>;
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

export async function openDb(url: string, options: { pool?: number } = {}): Promise<Db> {
  const pool = new pg.Pool({ connectionString: url, max: options.pool ?? 10, options: '-c timezone=UTC' });
  // An idle connection that breaks is replaced at its next use; the error event must not end the process.
  pool.on('error', () => undefined);
  const kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    await refuseTooMuchPower(kysely);
  } catch (e) {
    await kysely.destroy();
    throw e;
  }
  return {
    in: (context, work) =>
      kysely.transaction().execute(async (tx) => {
        await sql`select set_config('gatehouse.school', ${context.school}, true),
                         set_config('gatehouse.person', ${context.person ?? ''}, true),
                         set_config('gatehouse.duties', ${context.duties.join(',')}, true)`.execute(tx);
        return work(tx);
      }),
    outside: (work) => kysely.transaction().execute(work),
    listen: (channel, heard) => listen(url, channel, heard),
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

/** LISTEN that comes back after the database was away; what was missed meanwhile is for the listener to look up. */
async function listen(url: string, channel: string, heard: (payload: string) => void): Promise<() => Promise<void>> {
  let open = true;
  let client: pg.Client | undefined;
  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: url });
    next.on('notification', (n) => heard(n.payload ?? ''));
    next.on('error', () => undefined);
    next.on('end', () => {
      if (open) setTimeout(() => void connect().catch(() => next.emit('end')), 500).unref();
    });
    await next.connect();
    await next.query(`listen ${pg.escapeIdentifier(channel)}`);
    client = next;
  };
  await connect();
  return async () => {
    open = false;
    await client?.end();
  };
}

/** Make the lesser roles, bring the database to this version, and install the job queue. Run by the owner, once at start. */
export async function migrate(ownerUrl: string, folder: string): Promise<void> {
  const owner = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool: new pg.Pool({ connectionString: ownerUrl, max: 2, options: '-c timezone=UTC' }),
    }),
  });
  try {
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
      await sql
        .raw(`${rows.length > 0 ? 'alter' : 'create'} role ${id} login nosuperuser nobypassrls password ${password}`)
        .execute(owner);
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
