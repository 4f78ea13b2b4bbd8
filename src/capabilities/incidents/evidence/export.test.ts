import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { extract, type Pack } from 'tar-stream';
import { Refusal } from '#core/errors.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { exportCase } from './export.service.ts';
import { openFile } from './files.service.ts';
import { fileOf } from './files.ts';
import { clamd, outsidePrivate, type Vault, vault } from './fixture.ts';
import { handOver } from './hand-over.service.ts';
import { answer, propose } from './orders.service.ts';
import { plainName } from './package.ts';
import { sealEvidence } from './seal.service.ts';

let t: TestDatabase;
let v: Vault;
const folder = temporaryFolder('export');
before(async () => {
  t = await testDatabase();
  v = await vault(t);
});
after(async () => {
  rmSync(folder, { recursive: true });
  await t.drop();
});

const ASK = { reason: 'Asked for by the officer in charge', force: 'Ashshire Police', forceReference: 'AS-2026-0001' };
const give = (which: string) => exportCase(v.school.deps, v.side, v.as('dsl'), which, ASK);

async function unpack(archive: Pack, name: string): Promise<string> {
  const into = join(folder, name);
  const reader = extract();
  archive.on('error', (e) => reader.destroy(e));
  archive.pipe(reader);
  for await (const entry of reader) {
    const path = join(into, entry.header.name);
    mkdirSync(dirname(path), { recursive: true });
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    writeFileSync(path, Buffer.concat(pieces));
  }
  return into;
}

/** As the instructions in the package have it, with the tools themselves where this machine has them. */
function checks(at: string): boolean {
  const sums = readFileSync(join(at, 'SHA256SUMS'), 'utf8');
  const hashed = sums
    .trim()
    .split('\n')
    .every(
      (l) =>
        createHash('sha256')
          .update(readFileSync(join(at, l.slice(66))))
          .digest('hex') === l.slice(0, 64),
    );
  const signed = verify(
    null,
    Buffer.from(sums),
    createPublicKey(readFileSync(join(at, 'signing-key.pem'))),
    readFileSync(join(at, 'SHA256SUMS.sig')),
  );
  const shell = (tool: string, ...args: string[]) => {
    const run = spawnSync(tool, args, { cwd: at });
    return run.error ? null : run.status === 0;
  };
  assert.equal(shell('sha256sum', '-c', 'SHA256SUMS') ?? hashed, hashed);
  const openssl = [
    'pkeyutl',
    '-verify',
    '-pubin',
    '-inkey',
    'signing-key.pem',
    '-rawin',
    '-in',
    'SHA256SUMS',
    '-sigfile',
    'SHA256SUMS.sig',
  ];
  assert.equal(shell('openssl', ...openssl) ?? signed, signed);
  return hashed && signed;
}

test('EVI-08 INC-21 an export for the police holds every file, index, custody, log and visits, and checks with sha256sum and openssl', async () => {
  const file = await v.openCase();
  const contents = [randomBytes(200_000), Buffer.from('<script>alert(1)</script>')];
  for (const [i, content] of contents.entries())
    await v.take(file.reference, content, { name: `../${i} <b>Zoë’s\n.png`, description: '<b>Bold</b> words' });
  const { name, archive } = await give(file.reference);
  assert.equal(name, `${file.reference}-evidence.tar`);
  const at = await unpack(archive, 'whole');
  assert.equal(checks(at), true);
  const files = readdirSync(join(at, 'files')).sort();
  assert.deepEqual(
    files.map((f) => f.slice(0, 5)),
    ['E001-', 'E002-'],
  );
  for (const [i, f] of files.entries()) assert.ok(readFileSync(join(at, 'files', f)).equals(contents[i]!));
  const index = readFileSync(join(at, 'index.html'), 'utf8');
  for (const part of [
    'Ashshire Police',
    'AS-2026-0001',
    'Dina Sharp',
    'Chain of custody',
    'A line from the case',
    'https://bad.example/page',
    'Not scanned',
  ]) {
    assert.ok(index.includes(part), part);
  }
  assert.doesNotMatch(index, /<b>|<script/);
  const log = v.entries.filter((e) => e.action === 'evidence.export' && e.caseId === file.id);
  assert.equal(log.length, 1);

  writeFileSync(join(at, 'index.html'), `${index} `);
  assert.equal(checks(at), false, 'a changed file is found');
  writeFileSync(join(at, 'index.html'), index);
  const sums = readFileSync(join(at, 'SHA256SUMS'), 'utf8');
  writeFileSync(join(at, 'SHA256SUMS'), sums.split('\n').slice(1).join('\n'));
  assert.equal(checks(at), false, 'a list with a line less is found');
});

test('EVI-09 a file that is not as it was taken in breaks the export off', async () => {
  const file = await v.openCase();
  const { item } = await v.take(file.id, randomBytes(200_000));
  const path = fileOf(v.config, v.school.id, item);
  const bytes = readFileSync(path);
  bytes[100_000]! ^= 1;
  writeFileSync(path, bytes);
  const { archive } = await give(file.id);
  await assert.rejects(unpack(archive, 'broken'));
  const [broken] = await t.asOwner("select 1 from evidence_event where item_id = $1 and action = 'broken'", [item]);
  assert.ok(broken);
});

test('EVI-09 an infected file is never opened here, and goes to the police in an export that says so', async (ctx) => {
  const { port, server } = await clamd(() => 'stream: Test.Signature FOUND');
  ctx.after(() => server.close());
  const w = await vault(t, { clamd: { host: '127.0.0.1', port } });
  const file = await w.openCase();
  const content = randomBytes(1000);
  const { item } = await w.take(file.id, content);
  const opening = openFile(
    w.school.deps,
    w.side,
    w.as('dsl'),
    file.id,
    item,
    'Needed for the meeting with the parents',
  );
  await assert.rejects(opening, /virus scanner found something/);
  const { archive } = await exportCase(w.school.deps, w.side, w.as('dsl'), file.id, ASK);
  const at = await unpack(archive, 'infected');
  assert.ok(readFileSync(join(at, 'files', 'E001-chat.png')).equals(content));
  assert.match(readFileSync(join(at, 'index.html'), 'utf8'), /Infected: Test\.Signature/);
});

test('EVI-08 an export says to whom and why, or is none', async () => {
  const file = await v.openCase();
  await v.take(file.id, randomBytes(10));
  for (const missing of ['reason', 'force', 'forceReference'] as const) {
    const asked = exportCase(v.school.deps, v.side, v.as('dsl'), file.id, { ...ASK, [missing]: ' ' });
    await assert.rejects(asked, (e) => e instanceof Refusal && e.fields?.[missing] !== undefined);
  }
});

test('EVI-07 what the police take of a sealed case is closed to the school, and bit for bit the file once the outside body opens it', async () => {
  const file = await v.openCase();
  const content = randomBytes(150_000);
  const { item } = await v.take(file.id, content);
  await t.db.in(v.school.people.dsl.context, (tx) => sealEvidence(v.school.deps, tx, file.id));
  const order = {
    kind: 'hand-over' as const,
    items: [item],
    officer: 'DC Example',
    instructedOn: '2026-11-03',
    ...ASK,
  };
  const { id } = await propose(v.school.deps, v.side, v.as('dsl'), file.id, order);
  await assert.rejects(handOver(v.school.deps, v.school.id, id), /second person/);
  await answer(v.school.deps, v.side, v.as('head'), file.id, id, { agreed: true, reason: '' });
  const at = await unpack(await handOver(v.school.deps, v.school.id, id), 'sealed');
  assert.equal(checks(at), true);
  for (const f of readdirSync(join(at, 'sealed')))
    assert.equal(readFileSync(join(at, 'sealed', f)).includes(content.subarray(0, 32)), false);

  // With the outside body's private key, by the commands of the package's own index.
  const pem = outsidePrivate.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(at, 'outside-private.pem'), pem);
  const openssl = [
    'pkeyutl',
    '-decrypt',
    '-inkey',
    'outside-private.pem',
    '-pkeyopt',
    'rsa_padding_mode:oaep',
    '-pkeyopt',
    'rsa_oaep_md:sha256',
    '-in',
    'sealed/E001.key',
    '-out',
    'E001.raw',
  ];
  const run = spawnSync('openssl', openssl, { cwd: at });
  if (run.error) {
    const { privateDecrypt } = await import('node:crypto');
    writeFileSync(
      join(at, 'E001.raw'),
      privateDecrypt({ key: outsidePrivate, oaepHash: 'sha256' }, readFileSync(join(at, 'sealed/E001.key'))),
    );
  }
  const said = execFileSync(process.execPath, ['open-sealed.mjs', 'sealed/E001.gatehouse', 'E001.raw', 'E001'], {
    cwd: at,
    encoding: 'utf8',
  });
  assert.ok(readFileSync(join(at, 'E001')).equals(content));
  assert.match(readFileSync(join(at, 'index.html'), 'utf8'), new RegExp(said.slice(0, 64)));
  const damaged = readFileSync(join(at, 'sealed/E001.gatehouse'));
  writeFileSync(join(at, 'short.gatehouse'), damaged.subarray(0, 32 + 65_552));
  assert.notEqual(
    spawnSync(process.execPath, ['open-sealed.mjs', 'short.gatehouse', 'E001.raw', 'short'], { cwd: at }).status,
    0,
  );
  assert.ok(existsSync(join(at, 'open-sealed.mjs')));
});

test('names in a package are plain, whatever a file was called', () => {
  assert.equal(plainName('Zoë’s chat.png'), 'Zoe-s-chat.png');
  assert.equal(plainName('../../etc/passwd'), 'etc-passwd');
  assert.equal(plainName('…'), 'file');
  assert.ok(plainName('x'.repeat(300)).length <= 80);
});
