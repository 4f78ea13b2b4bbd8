import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * How a file lies on disk: a header of 32 bytes, then chunks, each sealed by AES-256-GCM. The nonce of a chunk is its place
 * in the file (11 bytes) and a byte that is 1 in the last one alone: the STREAM construction of Hoang, Reyhanitabar, Rogaway
 * and Vizár (CRYPTO 2015), as age and Tink have it. So nothing can be changed, left out, put in another order, added or cut
 * off without being found, and what is given out was verified first. A key serves one file, so no nonce comes twice.
 * The header is authenticated with every chunk and names the item: one item's file does not pass for another's.
 */
const MAGIC = Buffer.from('GHEVID1\n');
const CHUNK = 64 * 1024;
const TAG = 16;
const HEADER = 32;

/** The file on disk is not what was written: changed, cut short, or another's. */
export class ContainerBroken extends Error {
  override name = 'ContainerBroken';
}

function headerOf(item: string): Buffer {
  const header = Buffer.alloc(HEADER);
  MAGIC.copy(header);
  Buffer.from(item.replaceAll('-', ''), 'hex').copy(header, 8);
  header.writeUInt32BE(CHUNK, 24);
  return header;
}

function nonceOf(place: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(place, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** How long the container of so many bytes is. */
export const containerSize = (size: number): number => HEADER + size + TAG * Math.max(1, Math.ceil(size / CHUNK));

/** The container of what `source` brings, piece by piece. */
export async function* encrypt(source: AsyncIterable<Buffer>, key: Buffer, item: string): AsyncGenerator<Buffer> {
  const header = headerOf(item);
  const seal = (chunk: Buffer, place: number, last: boolean) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(place, last)).setAAD(header);
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  };
  yield header;
  for await (const { chunk, place, last } of chunked(source, CHUNK)) yield seal(chunk, place, last);
}

/** What was put into the container; throws `ContainerBroken` before it would give out a byte that was not. */
export async function* decrypt(container: AsyncIterable<Buffer>, key: Buffer, item: string): AsyncGenerator<Buffer> {
  const header = headerOf(item);
  for await (const { chunk, place, last } of chunked(after(container, header), CHUNK + TAG)) {
    if (chunk.length < TAG) throw new ContainerBroken('the file was cut short');
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(place, last)).setAAD(header);
    decipher.setAuthTag(chunk.subarray(chunk.length - TAG));
    try {
      yield Buffer.concat([decipher.update(chunk.subarray(0, chunk.length - TAG)), decipher.final()]);
    } catch (cause) {
      throw new ContainerBroken(`piece ${place + 1} of the file is not as it was written`, { cause });
    }
  }
}

/** The rest of a container whose header is the expected one. */
async function* after(container: AsyncIterable<Buffer>, header: Buffer): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const piece of container) {
    if (head === null) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.length < HEADER) continue;
    if (!head.subarray(0, HEADER).equals(header)) throw new ContainerBroken('the file belongs to another item');
    yield head.subarray(HEADER);
    head = null;
  }
  if (head !== null) throw new ContainerBroken('the file was cut short');
}

/** Pieces of any size as chunks of one size; the last, which may be shorter or empty, says that it is the last. */
async function* chunked(
  source: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<{ chunk: Buffer; place: number; last: boolean }> {
  let held: Buffer[] = [];
  let length = 0;
  let place = 0;
  for await (const piece of source) {
    held.push(piece);
    length += piece.length;
    // A full chunk is kept back until more has come: it may be the last.
    if (length <= size) continue;
    let all = Buffer.concat(held);
    for (; all.length > size; all = all.subarray(size)) {
      yield { chunk: all.subarray(0, size), place: place++, last: false };
    }
    held = [all];
    length = all.length;
  }
  yield { chunk: Buffer.concat(held), place, last: true };
}
