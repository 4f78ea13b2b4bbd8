import { createHash } from 'node:crypto';
import type { Deps } from '#platform/deps.ts';
import { type Format, renderApart } from '#platform/documents/index.ts';
import type { School } from '#platform/school.ts';
import { readPolicy } from './living-policy.pages.ts';

/** Anybody may ask, and a file is a second or two of work: each is made once for as long as what it says stays the same. */
const made = new Map<string, Promise<Buffer>>();
const KEPT = 16;

/** The policy in force as a file; null while there is none. A file goes from hand to hand, so no holder is named in it. */
export async function policyFile(deps: Deps, school: School, format: Format): Promise<Buffer | null> {
  const read = await readPolicy(deps, school, null);
  if (!read) return null;
  const { policy, model } = read;
  const key = createHash('sha256')
    .update(`${format} ${JSON.stringify(model)}`)
    .digest('hex');
  let file = made.get(key);
  if (!file) {
    file = renderApart(format, model, policy.from);
    if (made.size >= KEPT) made.clear();
    made.set(key, file);
    file.catch(() => made.delete(key));
  }
  return file;
}
