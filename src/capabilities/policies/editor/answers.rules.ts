import { scopeOf } from '#policy/clashes.ts';
import {
  type Applies,
  type Audience,
  type Cell,
  type PolicyDocument,
  privateUse,
  type ResolvedCell,
  type SchoolFacts,
  STRICTNESS,
} from '#policy/index.ts';
import { resolveCell } from '#policy/resolve.ts';
import { sayWindow } from '#policy/say.ts';

/** What a person meets: `key` tells two answers apart, `said` is how people read it. */
export interface Answer {
  readonly key: string;
  readonly said: string;
}
export const OPEN: Answer = { key: 'open', said: 'open' };
export const CLOSED: Answer = { key: 'closed', said: 'closed' };

/** What several cells come to: one that closes decides alone, conditions must all be met. */
export function together(
  doc: PolicyDocument,
  facts: SchoolFacts,
  cells: readonly { rule: string; cell: ResolvedCell }[],
): Answer {
  const answers = cells.map(({ rule, cell }) => one(cell, () => written(doc, facts, rule, cell)));
  if (answers.some((a) => a.key === CLOSED.key)) return answers.find((a) => a.key === CLOSED.key) ?? CLOSED;
  const conditions = [...new Map(answers.filter((a) => a.key !== OPEN.key).map((a) => [a.key, a])).values()];
  if (conditions.length === 0) return OPEN;
  return {
    key: conditions
      .map((a) => a.key)
      .sort()
      .join(),
    said: conditions.map((a) => a.said).join(', and '),
  };
}

/** The cell as the document has it: "at lunch" reads better than the timetable's minutes. */
function written(doc: PolicyDocument, facts: SchoolFacts, rule: string, cell: ResolvedCell): Cell | undefined {
  const cells = Object.values(doc.rules.find((r) => r.id === rule)?.cells ?? {});
  return cells.find((c) => JSON.stringify(resolveCell(c, rule, facts)) === JSON.stringify(cell));
}

function one(cell: ResolvedCell, asWritten: () => Cell | undefined): Answer {
  switch (cell.value) {
    case 'allowed':
      return OPEN;
    case 'not-allowed':
    case 'illegal':
      return CLOSED;
    case 'times': {
      if (cell.windows.length === 0) return { ...CLOSED, said: 'closed, since no times are set or known' };
      const own = asWritten();
      const windows = own?.value === 'times' ? own.windows.map(sayWindow).join('; ') : 'at certain times';
      return { key: JSON.stringify(cell.windows), said: `open ${windows}` };
    }
    case 'quota':
      return { key: `quota ${cell.minutes}`, said: `open for ${cell.minutes} minutes a day` };
    case 'permission':
      return { key: 'permission', said: 'open only with permission' };
    case 'selected':
    case 'nominated': {
      const { length } = cell.people;
      if (length === 0) return { ...CLOSED, said: 'closed, since nobody is named' };
      const key = JSON.stringify(cell.people.map((p) => p.person).sort());
      return { key, said: `open only to ${length === 1 ? 'the one person' : `the ${length} people`} named` };
    }
  }
}

interface SpokenRule {
  readonly rule: string;
  readonly applies: Applies | undefined;
  readonly cell: ResolvedCell;
}

/** As compile-may.ts hears them: an action's own rules, and others about the same kinds of site. */
export function spoken(doc: PolicyDocument, action: string, audience: Audience, facts: SchoolFacts): SpokenRule[] {
  const own = doc.rules.filter((r) => r.action === action);
  const kinds = new Set(own.flatMap((r) => r.categories));
  const related = doc.rules.filter((r) => r.action !== action && r.categories.some((c) => kinds.has(c)));
  const use = privateUse(doc, facts);
  const privately = audience === 'staff' && kinds.has(use.category) ? [{ ...use, applies: undefined }] : [];
  const rules = [...own, ...related].flatMap((r) => {
    const cell = r.cells[audience];
    return cell
      ? [{ rule: r.id, applies: kinds.size === 0 ? r.applies : undefined, cell: resolveCell(cell, r.id, facts) }]
      : [];
  });
  return [...rules, ...privately];
}

export function answerAt(doc: PolicyDocument, facts: SchoolFacts, rules: readonly SpokenRule[], point: string): Answer {
  const here = rules.filter((r) => scopeOf(r.applies).has(point));
  if (here.length === 0) return { ...CLOSED, said: 'closed, since nothing is said' };
  const answer = together(doc, facts, here);
  const strictest = Math.max(...here.map((r) => STRICTNESS[r.cell.value]));
  const unsure = here.some((r) => r.cell.unconfirmed && STRICTNESS[r.cell.value] === strictest);
  if (answer.key === CLOSED.key || !unsure) return answer;
  return { key: `${answer.key}?`, said: `${answer.said}, still to be confirmed` };
}
