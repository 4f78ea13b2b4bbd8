import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Pack } from 'tar-stream';
import { conflict, notFound } from '#core/errors.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { heading, list, note, paragraph, table } from '#platform/documents/index.ts';
import { containerSize } from './container.ts';
import { recordsOf } from './enter.ts';
import { wrapsOf } from './evidence.store.ts';
import { htmlFile, signerOf } from './export.service.ts';
import { fileOf, onDisk } from './files.ts';
import { orderIn } from './orders.service.ts';
import { CHECKING, type PackageFile, writePackage } from './package.ts';

const OPENER = new URL('./open-sealed.mjs', import.meta.url);

/**
 * EVI-07: what the police take away of sealed files, once two people have recorded their instruction: the containers as
 * they lie on disk and the outside body's wraps of their keys. Nobody in the school can open any of it, so this leaves the
 * machine by its command line, in the presence of whoever runs it and of the officer, and by no page.
 */
export function handOver(deps: Deps, school: string, orderId: string): Promise<Pack> {
  return deps.db.in(systemContext(school), async (tx) => {
    const order = await tx.selectFrom('evidence_order').selectAll().where('id', '=', orderId).executeTakeFirst();
    if (order?.kind !== 'hand-over') throw notFound('this order to hand over');
    const records = await recordsOf(tx, order.case_id);
    if (!orderIn(records, order.id).answer?.agreed) {
      throw conflict('evidence.hand-over', 'A second person has not agreed to this hand-over yet.');
    }
    const items = records.items.filter((i) => order.items.includes(i.id));
    const wraps = await wrapsOf(
      tx,
      items.map((i) => i.id),
      'outside',
    );
    const files: PackageFile[] = [];
    for (const item of items) {
      const wrapped = wraps.get(item.id)?.wrapped;
      if (!wrapped) throw conflict('evidence.hand-over.gone', `E${item.number} has been destroyed since.`);
      const path = fileOf(deps.config, school, item.id);
      const base = `sealed/E${String(item.number).padStart(3, '0')}`;
      files.push(
        // Read twice, so that the list of hashes can stand first: of the container, since nobody here knows its content.
        {
          path: `${base}.gatehouse`,
          size: containerSize(Number(item.size)),
          sha256: await hashFile(path),
          content: onDisk(path),
        },
        { path: `${base}.key`, text: wrapped },
      );
    }
    const index = htmlFile('Sealed evidence', [
      heading(1, 'Sealed evidence'),
      note(
        'These files may show the sexual abuse of a child. Nobody in the school has been able to open them since they were sealed.',
      ),
      paragraph(
        `For ${order.force}, reference ${order.force_reference}, on the instruction of ${order.officer} of ${order.instructed_on}.`,
      ),
      heading(2, 'How to check this package'),
      list([...CHECKING]),
      heading(2, 'How to open a file'),
      list([
        'The private key is held by the outside body whose key number stands below. Where it is, and only there:',
        'openssl pkeyutl -decrypt -inkey outside-private.pem -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -in sealed/E001.key -out E001.raw',
        'node open-sealed.mjs sealed/E001.gatehouse E001.raw E001',
        'open-sealed.mjs is short and says at its head how the container is made; it needs nothing but Node.js.',
      ]),
      table(
        'Items',
        ['Number', 'Taken in', 'Bytes', 'SHA-256 of the opened file', 'Opened by the key number'],
        items.map((i) => [
          `E${i.number}`,
          i.taken_at.toISOString(),
          i.size ?? '',
          i.sha256?.toString('hex') ?? '',
          wraps.get(i.id)?.keyId ?? '',
        ]),
      ),
    ]);
    const opener = readFileSync(OPENER, 'utf8');
    const all = [{ path: 'index.html', text: index }, { path: 'open-sealed.mjs', text: opener }, ...files];
    return writePackage(all, await signerOf(tx), new Date(deps.clock.now()));
  });
}

async function hashFile(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of onDisk(path)) hash.update(piece);
  return hash.digest();
}
