import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { readConfig } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import type { TestDatabase } from '#testing/database.ts';
import { type TestSchool, type TestSchoolOptions, testSchool } from '#testing/web.ts';
import { actOnListChange } from './list-changes.service.ts';
import { listChanges } from './list-changes.store.ts';
import { compileLists } from './lists.service.ts';
import { ensureSources } from './sources.service.ts';

/** For tests of this room: a school whose lists are compiled, from the starter lists and what `lists` names. */
export async function filteringSchool(
  t: TestDatabase,
  options: TestSchoolOptions & { readonly lists?: string } = {},
): Promise<TestSchool> {
  const { lists, ...rest } = options;
  const env = { GATEHOUSE_DATA: testFolder(), ...(lists && { GATEHOUSE_LISTS: lists }) };
  const school = await testSchool(t, { policy: 'secondary-school', config: readConfig(env, '/'), ...rest });
  const by = systemContext(school.id);
  await t.db.in(by, (tx) => ensureSources(tx, school.deps, by));
  await compileLists(school.deps, school.id);
  return school;
}

/** The second person agrees to every change of the lists that waits. */
export async function agreeToAll(school: TestSchool): Promise<void> {
  const { viewer, context } = school.people.filterApprover;
  const waiting = await school.deps.db.in(context, (tx) => listChanges(tx));
  for (const { id, state } of waiting) {
    if (state === 'proposed') await actOnListChange(school.deps, viewer, id, 'approve', '');
  }
}

/** A folder that goes when the test process goes, with files by path. */
export function testFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lists-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A key of minisign's, with its public half as text. */
export function newKey(): { id: Buffer; privateKey: KeyObject; text: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const id = randomBytes(8);
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { id, privateKey, text: Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64') };
}

/** A signature as minisign writes it. */
export function signed(
  key: { id: Buffer; privateKey: KeyObject },
  data: Buffer,
  kind: 'Ed' | 'ED',
  comment = 'made up',
): string {
  const own = sign(null, kind === 'ED' ? createHash('blake2b512').update(data).digest() : data, key.privateKey);
  const whole = sign(null, Buffer.concat([own, Buffer.from(comment)]), key.privateKey);
  return [
    'untrusted comment: signature',
    Buffer.concat([Buffer.from(kind), key.id, own]).toString('base64'),
    `trusted comment: ${comment}`,
    whole.toString('base64'),
    '',
  ].join('\n');
}

/** A `.tar.gz` of these files. */
export async function packed(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return gzipSync(Buffer.concat((await Array.fromAsync(tar)) as Buffer[]));
}
