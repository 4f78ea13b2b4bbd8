import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './imports.ts';

export interface Row {
  readonly id: string;
  readonly text: string;
}
export interface Proof {
  readonly id: string;
  readonly test: string;
  readonly file: string;
}

/** `FIL-02`, `AGR-T03`, `D15`, or a whole run of rows: `CAL-01..58`. */
const ID = /\b([A-Z]{3}-|AGR-T|[DK])(\d{2})(?:\.\.(\d{2}))?\b/g;

/**
 * The catalogue's rows: every table line that begins with an id. Terms of agreements stand behind their role; duties
 * (CAL), differences (D) and clashes (K) are rows of Parts 2 and 4.
 */
export function catalogue(text: string): Row[] {
  const lines = text.matchAll(/^\| ((?:[A-Z]{3}-\d{2})|(?:AGR-T\d{2})|(?:[DK]\d{2}))(?: \[D\])? \| ([^|]+)\|(.*)$/gm);
  return [...lines].map((m) => ({
    id: m[1] ?? '',
    text: (m[1]?.startsWith('AGR-T') ? (m[3]?.split('|')[0] ?? '') : (m[2] ?? '')).trim(),
  }));
}

const sectionOf = (id: string): string => (id.startsWith('AGR-T') ? 'AGR-T' : (/^[A-Z]+/.exec(id)?.[0] ?? id));

/** Titles of tests that name a row: the string after `test(`, `it(` or `describe(`. */
export function proofs(file: string, text: string): Proof[] {
  const titles = [...text.matchAll(/\b(?:test|it|describe)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gs)].map(
    (m) => m[2] ?? '',
  );
  return titles.flatMap((title) => idsIn(title).map((id) => ({ id, test: title.replace(/\s+/g, ' '), file })));
}

function idsIn(title: string): string[] {
  return [...title.matchAll(ID)].flatMap(([, section = '', from = '', to = from]) =>
    Array.from(
      { length: Math.max(0, Number(to) - Number(from)) + 1 },
      (_, i) => section + String(Number(from) + i).padStart(2, '0'),
    ),
  );
}

export function report(rows: readonly Row[], found: readonly Proof[]): string {
  const byId = Map.groupBy(found, (p) => p.id);
  const sections = Map.groupBy(rows, (r) => sectionOf(r.id));
  const proven = rows.filter((r) => byId.has(r.id)).length;
  const lines = [
    '# Traceability',
    '',
    'Made by `npm run traceability` from the titles of the tests; do not edit. A row without a test is not yet claimed.',
    '',
    `${proven} of ${rows.length} rows of [the catalogue](requirements.md) are named by at least one test.`,
    '',
    '| Section | Rows | Named by a test |',
    '|---|---|---|',
    ...[...sections].map(([s, rs]) => `| ${s} | ${rs.length} | ${rs.filter((r) => byId.has(r.id)).length} |`),
    '',
    '## Rows and their tests',
    '',
  ];
  for (const r of rows.filter((x) => byId.has(x.id))) {
    lines.push(`- **${r.id}** ${r.text}`, ...(byId.get(r.id) ?? []).map((p) => `  - ${p.test} (\`${p.file}\`)`));
  }
  lines.push(
    '',
    '## Rows without a test',
    '',
    rows
      .filter((r) => !byId.has(r.id))
      .map((r) => r.id)
      .join(', '),
    '',
  );
  return lines.join('\n');
}

export function read(): { rows: Row[]; found: Proof[]; unknown: Proof[] } {
  const rows = catalogue(readFileSync(join(ROOT, 'docs/requirements.md'), 'utf8'));
  const ids = new Set(rows.map((r) => r.id));
  const found = globSync('{src,e2e,tools}/**/*.test.ts', { cwd: ROOT })
    .sort()
    .filter((f) => !f.startsWith('tools/'))
    .flatMap((f) => proofs(f, readFileSync(join(ROOT, f), 'utf8')));
  return { rows, found, unknown: found.filter((p) => !ids.has(p.id)) };
}

if (import.meta.main) {
  const { rows, found, unknown } = read();
  for (const p of unknown)
    console.error(`${p.file}: "${p.test}" names ${p.id}, which is no row of docs/requirements.md`);
  if (unknown.length > 0) process.exit(1);
  writeFileSync(join(ROOT, 'docs/traceability.md'), report(rows, found));
  console.log(`docs/traceability.md: ${new Set(found.map((p) => p.id)).size} of ${rows.length} rows named by a test.`);
}
