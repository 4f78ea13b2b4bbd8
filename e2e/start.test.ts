import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { createWorld, eventually, type Running, type World } from './harness.ts';

let world: World;
let running: Running;
before(async () => {
  world = await createWorld();
  running = await world.start();
});
after(() => world?.close());

/** Start with these settings; it must end by itself, with one sentence and a code that is not 0. */
async function refused(options: Parameters<World['launch']>[0], sentence: RegExp): Promise<void> {
  const { output, exited } = await world.launch(options);
  assert.notEqual(await exited, 0);
  const said = output()
    .split('\n')
    .filter((l) => l.trim() && !l.includes('ExperimentalWarning'));
  assert.match(output(), sentence);
  assert.ok(said.length <= 2, `one clear sentence, not:\n${output()}`);
}

test('on a fresh folder it prints three addresses and a setup link that opens', async () => {
  const text = running.output();
  assert.match(text, /Pages {3}http:\/\/127\.0\.0\.1:\d+/);
  assert.match(text, /DNS {5}127\.0\.0\.1:\d+ \(UDP and TCP\)/);
  assert.match(text, /Proxy {3}127\.0\.0\.1:\d+/);
  const [link] = /http:\S+\/setup\/\S+/.exec(text) ?? [];
  assert.equal((await fetch(link ?? '')).status, 200);
});

test('--help shows every setting and ends well', async () => {
  const { output, exited } = await world.launch({ args: ['--help'] });
  assert.equal(await exited, 0);
  for (const name of [
    'GATEHOUSE_DATA',
    'GATEHOUSE_HTTP',
    'GATEHOUSE_DNS',
    'GATEHOUSE_PROXY',
    'GATEHOUSE_UPSTREAM_DNS',
    'GATEHOUSE_LISTS',
    'GATEHOUSE_SMTP',
    'DATABASE_URL',
  ]) {
    assert.ok(output().includes(name), name);
  }
});

test('a wrong value is refused in one sentence', () =>
  refused(
    { env: { GATEHOUSE_DNS: 'everywhere' } },
    /GATEHOUSE_DNS is "everywhere", but it must be an IP address and a port/,
  ));

test('an unknown option is refused', () => refused({ args: ['--faster'] }, /"--faster" is not an option/));

test('a taken port is refused, and the sentence names the setting, for each of the four', async () => {
  const taken = createServer();
  await new Promise<void>((r) => taken.listen(0, '127.0.0.1', () => r()));
  const { port } = taken.address() as { port: number };
  for (const name of ['http', 'dns', 'proxy', 'block'] as const) {
    await refused(
      { ports: { [name]: port } },
      new RegExp(`127\\.0\\.0\\.1:${port} is taken by another program; set GATEHOUSE_${name.toUpperCase()} `),
    );
  }
  taken.close();
});

test('a data folder that another run uses is refused', () =>
  refused({ data: running.data }, /is in use by another run of Gatehouse \(process \d+\)/));

test('a data folder that cannot be made is refused', async () => {
  const file = join(world.folder, 'a-file');
  writeFileSync(file, '');
  await refused({ data: file }, /The data folder .* cannot be used \(E[A-Z]+\); set GATEHOUSE_DATA/);
});

test('a database that is newer than the program is refused', async () => {
  const url = readFileSync(join(running.data, 'control', 'database-url'), 'utf8');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2099')`);
  try {
    await refused(
      { env: { DATABASE_URL: url } },
      /The database is newer than this program \(it holds "9999-from-the-future"\)/,
    );
  } finally {
    await client.query(`delete from kysely_migration where name like '9999%'`);
    await client.end();
  }
});

test('each process that is killed comes back, and PostgreSQL too', async () => {
  for (const name of ['control', 'worker', 'gateway', 'postgres'] as const) {
    const before = await running.child(name);
    process.kill(before, 'SIGKILL');
    await eventually(async () => (await running.child(name)) !== before, 20_000);
    await eventually(async () => (await fetch(`${running.pages}/sign-in`)).status < 500, 20_000);
  }
});

test('SIGTERM stops it cleanly: code 0, no process left, the folder free again', async () => {
  const pids = await Promise.all(
    (['control', 'worker', 'gateway', 'postgres'] as const).map((n) => eventually(() => running.child(n), 20_000)),
  );
  running.kill('SIGTERM');
  assert.equal(await running.exited, 0);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), /ESRCH/);
  assert.ok(!existsSync(join(running.data, 'lock')));
});

test('killed itself with kill -9 it leaves no children behind, and starts again on the same folder and ports', async () => {
  const first = await world.start({ data: join(world.folder, 'killed') });
  const pids = await Promise.all((['control', 'worker', 'gateway'] as const).map((n) => first.child(n)));
  first.kill('SIGKILL');
  await first.exited;
  for (const pid of pids) {
    await eventually(() => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  }
  const second = await world.start({
    data: first.data,
    ports: {
      http: Number(new URL(first.pages).port),
      dns: first.dns.port,
      proxy: first.proxy.port,
      block: first.block.port,
    },
  });
  assert.match(second.output(), /\/setup\//);
  await second.stop();
});

test('a file sets the school up while it runs, and mistakes in it are located', async () => {
  const it = await world.start();
  const cli = async (file: string) => {
    const { spawnSync } = await import('node:child_process');
    return spawnSync(process.execPath, ['src/main/cli.ts', 'setup', '--file', file], {
      encoding: 'utf8',
      env: { ...process.env, GATEHOUSE_DATA: it.data, GATEHOUSE_HTTP: it.pages.slice(7) },
    });
  };
  const example = JSON.parse(readFileSync('docs/school.example.json', 'utf8'));
  const wrong = join(world.folder, 'wrong.json');
  writeFileSync(wrong, JSON.stringify({ ...example, dsl: example.administrator, polcy: 1 }));
  const no = await cli(wrong);
  assert.notEqual(no.status, 0);
  assert.match(no.stderr, /dsl|administrator/);
  assert.match(no.stderr, /polcy/);
  const yes = await cli('docs/school.example.json');
  assert.equal(yes.status, 0, yes.stderr);
  assert.match(yes.stdout, /r\.alder {2}\S+/);
  await eventually(async () => (await fetch(`${it.pages}/sign-in`)).status === 200);
  await it.said(/snapshot\.used/, 30_000);
  await it.stop();
});
