import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { invalid } from '#core/errors.ts';

/** Read one of the data files in `lists/`, or refuse it with every mistake named. */
export function readData<T extends TSchema>(
  name: string,
  schema: T,
  file: string = fileURLToPath(new URL(`../../lists/${name}`, import.meta.url)),
): Static<T> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (e) {
    throw invalid('filter.data.unreadable', `${file} cannot be read: ${e instanceof Error ? e.message : String(e)}`);
  }
  const errors = Value.Errors(schema, json).map((e) => `${e.instancePath || '/'} ${e.message}`);
  if (errors.length > 0) throw invalid('filter.data.invalid', `${file}: ${errors.join('; ')}.`);
  return json as Static<T>;
}
