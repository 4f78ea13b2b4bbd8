import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type pg from 'pg';
import { systemClock } from '#core/clock.ts';
import { digestToken, newToken } from '#core/ids.ts';
import { type Config, dataPaths } from '#platform/config.ts';
import { appUrl, clientOf, migrate, openDb } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { BEGIN_ERA } from '#platform/ledger.ts';
import { createLog } from '#platform/log.ts';
import { type RunningPostgres, startPostgres } from '#platform/postgres.ts';
import { newSigningKeys } from '#policy/index.ts';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Where a running Gatehouse tells its own command line how to reach the database. Readable by its user alone. */
const urlFile = (config: Config) => join(dataPaths(config.data).control, 'database-url');

export interface Store {
  readonly ownerUrl: string;
  /** Null when the database is the school's own (DATABASE_URL). */
  readonly postgres: RunningPostgres | null;
  stop(): Promise<void>;
}

/** Start or reach the database, bring it to this version, and make the installation's keys on first use. */
export async function openStore(config: Config, port?: number): Promise<Store> {
  const paths = dataPaths(config.data);
  const postgres = config.databaseUrl ? null : await startPostgres(paths.postgres, { port });
  const ownerUrl = config.databaseUrl ?? postgres?.url ?? '';
  try {
    await migrate(ownerUrl, join(ROOT, 'migrations'));
    await ensureInstallation(ownerUrl);
    mkdirSync(paths.control, { recursive: true, mode: 0o700 });
    writeFileSync(urlFile(config), ownerUrl, { mode: 0o600 });
  } catch (e) {
    await postgres?.stop();
    throw e;
  }
  return {
    ownerUrl,
    postgres,
    async stop() {
      rmSync(urlFile(config), { force: true });
      await postgres?.stop();
    },
  };
}

/** The database of the Gatehouse that is running on this data folder, or null. */
export const runningDatabase = (config: Config): string | null =>
  config.databaseUrl ?? (existsSync(urlFile(config)) ? readFileSync(urlFile(config), 'utf8') : null);

export async function depsFor(config: Config, ownerUrl: string, process_: string): Promise<Deps> {
  return { db: await openDb(appUrl(ownerUrl)), clock: systemClock, log: createLog(process_), config };
}

async function ensureInstallation(ownerUrl: string): Promise<void> {
  const keys = newSigningKeys();
  await asOwner(ownerUrl, async (c) => {
    await c.query(
      'insert into installation (signing_private, signing_public, ledger_key) values ($1, $2, $3) on conflict do nothing',
      [keys.privateKey, keys.publicKey, randomBytes(32)],
    );
    await c.query(BEGIN_ERA);
  });
}

/** A fresh one-time setup token, unless there is a school already. Earlier links stop working. */
export async function newSetupToken(ownerUrl: string): Promise<string | null> {
  return asOwner(ownerUrl, async (c) => {
    const { rows } = await c.query<{ n: string }>('select count(*) as n from school');
    if (rows[0]?.n !== '0') return null;
    const token = newToken(18);
    await c.query('update installation set setup_digest = $1', [digestToken(token)]);
    return token;
  });
}

async function asOwner<T>(url: string, work: (c: pg.Client) => Promise<T>): Promise<T> {
  const client = clientOf(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
