import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { appUrl, type Db, openDb } from '#platform/db.ts';

export interface TestDatabase {
  readonly db: Db;
  readonly ownerUrl: string;
  /** Ask as the owner, past row security: only to look at what the application must not be able to see or do. */
  asOwner<R extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  drop(): Promise<void>;
}

/** A database of its own for one test file, copied from the migrated template; the application's role connects to it. */
export async function testDatabase(): Promise<TestDatabase> {
  const template = process.env.TEST_OWNER_URL;
  if (!template) throw new Error('Run tests with "npm test": it starts the database (src/testing/global-setup.ts).');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: template.replace(/\/gatehouse$/, '/postgres') });
  await admin.connect();
  await admin.query(`create database ${name} template gatehouse`);
  await admin.query(`grant connect on database ${name} to gatehouse_app, gatehouse_jobs`);
  const ownerUrl = template.replace(/\/gatehouse$/, `/${name}`);
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 1, options: '-c timezone=UTC' });
  owner.on('error', () => undefined);
  const db = await openDb(appUrl(ownerUrl));
  return {
    db,
    ownerUrl,
    asOwner: async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await owner.query<R>(text, values)).rows,
    drop: async () => {
      await db.close();
      await owner.end();
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
    },
  };
}
