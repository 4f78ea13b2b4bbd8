import { readFileSync } from 'node:fs';

/**
 * For tests: the requirements catalogue as people read it (docs/requirements.md), so that the shipped documents are
 * held against its tables and not against a copy of them.
 */

export type School = 'G' | 'B';
export type Line = Readonly<Record<string, string>>;

const LINES = readFileSync(new URL('../../docs/requirements.md', import.meta.url), 'utf8').split('\n');

const cells = (line: string): string[] =>
  line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim());

/** The first table at or below line `start`: its lines by the names of its columns. */
function tableFrom(start: number): Line[] {
  const head = LINES.findIndex((line, i) => i >= start && line.startsWith('|'));
  const end = LINES.findIndex((line, i) => i > head && !line.startsWith('|'));
  const columns = cells(LINES[head] ?? '');
  return LINES.slice(head + 2, end).map((line) => {
    const values = cells(line);
    return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? '']));
  });
}

function heading(text: string): number {
  const found = LINES.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').startsWith(text));
  if (found < 0) throw new Error(`docs/requirements.md has no heading "${text}"`);
  return found;
}

/** The table of a matrix of Part 1, such as `G-1`. */
export const matrix = (id: string): Line[] => tableFrom(heading(`Matrix ${id}.`));

/** The rows a matrix stands for, as its heading says: "→ COM-01..10" is COM-01, COM-02 and so on. */
export function rowsOfMatrix(id: string): string[] {
  const [, section, from, to] = /→ ([A-Z]{3})-(\d\d)\.\.(\d\d)$/.exec(LINES[heading(`Matrix ${id}.`)] ?? '') ?? [];
  if (!section) throw new Error(`the heading of matrix ${id} names no rows`);
  const count = Number(to) - Number(from) + 1;
  return Array.from({ length: count }, (_, i) => `${section}-${String(Number(from) + i).padStart(2, '0')}`);
}

/** Every row that cites a line of this school's policy, derived rows too. */
export const rowsCiting = (school: School): string[] =>
  LINES.filter((line) => /^\| [A-Z]{3}-\d\d( \[D\])? \|/.test(line))
    .map(cells)
    .filter((row) => new RegExp(`\\b${school}\\d+`).test(row[3] ?? ''))
    .map((row) => (row[0] ?? '').replace(' [D]', ''));

export interface CalendarRow {
  readonly id: string;
  /** The period stands in the school's own policy; otherwise it is a proposal. */
  readonly ordered: boolean;
}

/**
 * The duties of a school (Part 4). A period is ordered where it begins in bold and the school is named without a
 * restriction: "weekly (**regularly**)" is a proposal, and so is "B (G: set)" for G.
 */
export const calendarOf = (school: School): CalendarRow[] =>
  tableFrom(heading('Part 4'))
    .filter(({ School: of = '' }) => of === 'both' || new RegExp(`\\b${school}\\b`).test(of))
    .map(({ ID: id = '', Period: period = '', School: of = '' }) => ({
      id,
      ordered: period.startsWith('**') && !of.includes(`(${school}`),
    }));
