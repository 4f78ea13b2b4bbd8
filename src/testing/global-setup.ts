import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { migrate } from '#platform/db.ts';
import { type RunningPostgres, startPostgres } from '#platform/postgres.ts';
import { temporaryFolder } from './folder.ts';

/** One PostgreSQL for the whole test run, with a migrated template that each test copies (testing/database.ts). */
let server: RunningPostgres | undefined;
let folder: string | undefined;

export async function globalSetup(): Promise<void> {
  folder = temporaryFolder('test');
  server = await startPostgres(join(folder, 'postgres'), { fast: true });
  try {
    await prepare(server);
  } catch (e) {
    await globalTeardown();
    throw e;
  }
}

async function prepare(server: RunningPostgres): Promise<void> {
  await migrate(server.url, resolve(import.meta.dirname, '../../migrations'));
  const admin = new pg.Client({ connectionString: server.url.replace(/\/gatehouse$/, '/postgres') });
  await admin.connect();
  await admin.query('alter database gatehouse is_template true');
  await admin.end();
  process.env.TEST_OWNER_URL = server.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
}
