// Opens a container of Gatehouse's evidence vault with the file's raw key of 32 bytes:
//   node open-sealed.mjs CONTAINER RAW-KEY OUTPUT
// The container: a header of 32 bytes ("GHEVID1\n", the item's id, the chunk size as 4 bytes, 4 bytes of nought), then
// chunks of 65,536 bytes and a tag of 16, the last one shorter. Each is AES-256-GCM; the nonce of 12 bytes is the chunk's
// place, counted from nought in the first 11, and 1 in the last byte for the last chunk alone; the header is the associated
// data. The output is written only as far as it was verified.
import { createDecipheriv, createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';

const [, , container, rawKey, output] = process.argv;
if (!output) {
  console.error('Usage: node open-sealed.mjs CONTAINER RAW-KEY OUTPUT');
  process.exit(2);
}
const key = readFileSync(rawKey);
const input = openSync(container, 'r');
const { size } = fstatSync(input);
const header = Buffer.alloc(32);
readSync(input, header, 0, 32, 0);
const chunk = header.readUInt32BE(24) + 16;
const out = openSync(output, 'wx', 0o600);
const hash = createHash('sha256');
for (let at = 32, place = 0; at < size; place++) {
  const sealed = Buffer.alloc(Math.min(chunk, size - at));
  readSync(input, sealed, 0, sealed.length, at);
  at += sealed.length;
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(place, 5, 6);
  nonce[11] = at === size ? 1 : 0;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(header);
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  hash.update(plain);
  writeSync(out, plain);
}
closeSync(out);
console.log(`${hash.digest('hex')}  ${output}`);
