import { Compile } from 'typebox/compile';
import { invalid, type Refusal } from '#core/errors.ts';
import { floorFaults } from './floor.ts';
import { graphFaults } from './graph.ts';
import { readJson } from './json.ts';
import { at, type Fault, locate, show } from './locate.ts';
import { PolicySchema } from './schema.ts';
import type { Category, PolicyDocument } from './types.ts';

const MAX_LISTED = 25;
/** A file full of mistakes is not worth counting them all. */
const MAX_COUNTED = 1000;

const shape = Compile(PolicySchema);

/**
 * Reads a policy document, from a file's bytes or a text, or refuses with every fault located: file, JSON Pointer, what
 * was expected and what was found. With a taxonomy, categories are checked as well, and the safety floor with them.
 */
export function parsePolicy(source: string | Uint8Array, file: string, taxonomy?: readonly Category[]): PolicyDocument {
  const { value, repeated } = readJson(source, file);
  if (repeated.length > 0) {
    throw refuse(
      file,
      repeated.map((path) => ({ path, expected: 'each key once', found: 'the same key again' })),
    );
  }
  const doc = value as PolicyDocument;
  checkPolicy(doc, file, taxonomy);
  return doc;
}

/**
 * The same checks for a value that is no text. Shape comes first: what fits it is no deeper than the schema, so that
 * nothing after it can go round in circles, whatever it is given.
 */
export function checkPolicy(doc: PolicyDocument, file: string, taxonomy?: readonly Category[]): void {
  if (!shape.Check(doc)) throw refuse(file, locate(PolicySchema, doc));
  const faults = graphFaults(doc);
  if (taxonomy) faults.push(...categoryFaults(doc, taxonomy), ...floorFaults(doc, taxonomy));
  if (faults.length > 0) throw refuse(file, faults);
}

function* categoryFaults(doc: PolicyDocument, taxonomy: readonly Category[]): Generator<Fault> {
  const known = new Set(taxonomy.map((c) => c.id));
  for (const [path, category] of categoryReferences(doc)) {
    if (!known.has(category)) yield { path, expected: 'a category of the taxonomy', found: show(category) };
  }
}

/** Every place that names a category. */
function* categoryReferences(doc: PolicyDocument): Generator<readonly [path: string, category: string]> {
  for (const [i, rule] of doc.rules.entries()) {
    for (const [c, category] of rule.categories.entries()) yield [`/rules/${i}/categories/${c}`, category];
  }
  for (const [i, profile] of doc.profiles.entries()) {
    for (const category of Object.keys(profile.blocks)) yield [at(`/profiles/${i}/blocks`, category), category];
  }
  for (const [c, category] of doc.monitoring.repeated.except.entries()) {
    yield [`/monitoring/repeated/except/${c}`, category];
  }
  for (const category of Object.keys(doc.monitoring.grave)) yield [at('/monitoring/grave', category), category];
}

function refuse(file: string, faults: Iterable<Fault>): Refusal {
  const listed: Fault[] = [];
  let more = 0;
  for (const fault of faults) {
    if (listed.length < MAX_LISTED) listed.push(fault);
    else if (++more === MAX_COUNTED) break;
  }
  const lines = listed.map((f) => `  ${f.path || '/'}: expected ${f.expected}; found ${f.found}`);
  if (more > 0) lines.push(`  and ${more === MAX_COUNTED ? 'at least ' : ''}${more} more`);
  return invalid(
    'policy.invalid',
    [`${file} is not a policy this program can keep:`, ...lines].join('\n'),
    Object.fromEntries(listed.map((f) => [f.path, `expected ${f.expected}; found ${f.found}`])),
    'Correct the places listed and load the document again.',
  );
}
