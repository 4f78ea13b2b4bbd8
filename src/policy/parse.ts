import { Compile } from 'typebox/compile';
import { invalid, Refusal } from '#core/errors.ts';
import { floorFaults } from './floor.ts';
import { graphFaults } from './graph.ts';
import { at, type Fault, locate, show } from './locate.ts';
import { PolicySchema } from './schema.ts';
import type { Category, PolicyDocument } from './types.ts';

/** A policy of a large school is about 100 KiB; whatever is far beyond that is a mistake or an attack. */
const MAX_LENGTH = 4 * 1024 * 1024;
const MAX_LISTED = 25;

const shape = Compile(PolicySchema);

/**
 * Reads a policy document, or refuses with every fault located: file, JSON Pointer, what was expected and what
 * was found. With a taxonomy, categories are checked as well, and the safety floor with them.
 */
export function parsePolicy(text: string, file: string, taxonomy?: readonly Category[]): PolicyDocument {
  if (text.length > MAX_LENGTH) {
    throw refuse(file, [{ path: '', expected: `at most ${MAX_LENGTH} characters`, found: `${text.length}` }]);
  }
  const value = readJson(text, file);
  if (!shape.Check(value)) throw refuse(file, [...locate(PolicySchema, value)]);
  const doc: PolicyDocument = value;
  checkPolicy(doc, file, taxonomy);
  return doc;
}

/** The checks beyond the shape, for a document that is already one. */
export function checkPolicy(doc: PolicyDocument, file: string, taxonomy?: readonly Category[]): void {
  const faults = graphFaults(doc);
  if (taxonomy) faults.push(...categoryFaults(doc, taxonomy), ...floorFaults(doc, taxonomy));
  if (faults.length > 0) throw refuse(file, faults);
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    const why = e instanceof Error ? e.message : String(e);
    throw new Refusal('invalid', 'policy.not-json', `${file} is not JSON: ${why}.`, { cause: e });
  }
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

function refuse(file: string, faults: readonly Fault[]): Refusal {
  const listed = faults.slice(0, MAX_LISTED);
  const lines = listed.map((f) => `  ${f.path || '/'}: expected ${f.expected}; found ${f.found}`);
  if (faults.length > MAX_LISTED) lines.push(`  and ${faults.length - MAX_LISTED} more`);
  return invalid(
    'policy.invalid',
    [`${file} is not a policy this program can keep:`, ...lines].join('\n'),
    Object.fromEntries(listed.map((f) => [f.path, `expected ${f.expected}; found ${f.found}`])),
    'Correct the places listed and load the document again.',
  );
}
