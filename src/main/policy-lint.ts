import { readFileSync, statSync } from 'node:fs';
import { isDay } from '#core/days.ts';
import { invalid } from '#core/errors.ts';
import { loadTaxonomy } from '#filter/index.ts';
import {
  LINT_CODES,
  type Lint,
  lint,
  type PolicyDocument,
  parsePolicy,
  type Severity,
  unsettled,
} from '#policy/index.ts';

/** Contradictions that no decision has settled; 1 is for what is no policy at all, 2 for a wrong command. */
const UNSETTLED = 3;
/** Far more than the parser takes: what is larger is not even read. */
const MAX_BYTES = 64 * 1024 * 1024;

/** `policy lint FILE`: prints everything contradictory, wrong or open in a policy file. Needs no database. */
export function policyLint(file: string, options: { json: boolean; today: string | undefined }): number {
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  if (!isDay(today)) throw invalid('policy-lint.today', `"${today}" is not a day; write one such as 2026-09-01.`);
  const taxonomy = loadTaxonomy().categories;
  const doc = parsePolicy(readBytes(file), file, taxonomy);
  const lints = lint(doc, { today, taxonomy });
  console.log(options.json ? JSON.stringify(lints, null, 2) : inWords(file, doc, lints));
  return unsettled(lints).length > 0 ? UNSETTLED : 0;
}

function readBytes(file: string): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, which is no policy`);
    return readFileSync(file);
  } catch (e) {
    throw invalid('policy-lint.unreadable', `${file} cannot be read: ${e instanceof Error ? e.message : String(e)}.`);
  }
}

const HEADINGS: Readonly<Record<Severity, string>> = {
  clash: 'Contradictions',
  warning: 'To put right',
  question: 'Questions for the school',
};

function inWords(file: string, doc: PolicyDocument, lints: readonly Lint[]): string {
  const lines = [`${file}: ${doc.title}, version ${doc.version}`];
  for (const [severity, heading] of Object.entries(HEADINGS)) {
    const found = lints.filter((l) => l.severity === severity);
    if (found.length === 0) continue;
    lines.push('', `${heading} (${found.length})`);
    for (const [code, same] of Map.groupBy(found, (l) => l.code)) {
      lines.push(`  ${LINT_CODES[code].name}`, ...same.flatMap((l) => say(doc, l)));
    }
  }
  const left = unsettled(lints).length;
  lines.push(
    '',
    left === 0
      ? 'No contradiction is unsettled.'
      : `Contradictions not settled: ${left}. Until then the stricter rule holds.`,
  );
  return lines.join('\n');
}

function say(doc: PolicyDocument, { severity, key, title, text, where, interim, settled }: Lint): string[] {
  const clauses = doc.clauses.filter((c) => where.some((w) => w.clause === c.id)).map((c) => c.number);
  const place = clauses.length > 0 ? `clause ${clauses.join(', ')}` : where[0]?.pointer;
  const held = settled ? `settled: ${settled.decision}` : interim && `until settled: ${interim}`;
  return [
    `    - ${title} [${place}]`,
    ...(severity === 'clash' ? [`      ${text}`, ...(held ? [`      ${held}`] : []), `      its name: ${key}`] : []),
  ];
}
