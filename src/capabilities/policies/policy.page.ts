import type {
  Category,
  CompiledCell,
  CompiledPolicy,
  CompiledProfile,
  OpenWindow,
  PolicyDocument,
} from '#policy/index.ts';

/** One answer in the table "who gets what". */
export interface AnswerCell {
  readonly answer: string;
  /** How it reads at a glance. */
  readonly tone: 'open' | 'closed' | 'partly';
  readonly detail: string | null;
  readonly rule: string | null;
  readonly clause: string | null;
}

export interface MatrixRow {
  readonly category: string;
  readonly name: string;
  /** One for each column, or a single one where everybody gets the same. */
  readonly cells: readonly AnswerCell[];
}

export interface Matrix {
  /** Profiles that get the same everywhere share a column. */
  readonly columns: readonly { readonly names: readonly string[]; readonly uncategorised: 'allow' | 'block' }[];
  readonly groups: readonly { readonly title: string; readonly rows: readonly MatrixRow[] }[];
}

const RISKS: readonly (readonly [Category['risk'], string])[] = [
  ['RSK-01', 'Content: what one may see'],
  ['RSK-02', 'Contact: whom one may meet'],
  ['RSK-03', 'Conduct: what one may do'],
  ['RSK-04', 'Commerce: what may cost money or data'],
  [null, 'Everything else'],
];

/** Who gets what: every category, every profile, the answer and the rule that gives it. */
export function whoGetsWhat(compiled: CompiledPolicy, categories: readonly Category[], search: string): Matrix {
  const columns = columnsOf(compiled.profiles);
  const wanted = search.trim().toLowerCase();
  const found = categories.filter((c) => `${c.id} ${c.name} ${c.about}`.toLowerCase().includes(wanted));
  return {
    columns: columns.map((profiles) => ({
      names: profiles.map((p) => p.name),
      uncategorised: profiles[0]?.uncategorised ?? 'block',
    })),
    groups: RISKS.map(([risk, title]) => ({
      title,
      rows: found
        .filter((c) => c.risk === risk)
        .map((c) => ({
          category: c.id,
          name: c.name,
          cells: onceIfSame(columns.map(([profile]) => answerFor(c, profile?.cells[c.id]?.[0]))),
        })),
    })).filter((g) => g.rows.length > 0),
  };
}

function onceIfSame(cells: readonly AnswerCell[]): readonly AnswerCell[] {
  return new Set(cells.map((c) => JSON.stringify(c))).size === 1 ? cells.slice(0, 1) : cells;
}

function columnsOf(profiles: readonly CompiledProfile[]): CompiledProfile[][] {
  const same = Object.groupBy(profiles, (p) => JSON.stringify([p.uncategorised, Object.entries(p.cells).sort()]));
  return Object.values(same).map((group) => group ?? []);
}

/** The strictest cell decides (GOV-34); illegal and help stand above every cell (FIL-02). */
function answerFor(category: Category, strictest: CompiledCell | undefined): AnswerCell {
  const by = { rule: strictest?.rule ?? null, clause: strictest?.clause ?? null };
  if (category.nature === 'illegal') return { answer: 'Never', tone: 'closed', detail: 'by law', ...by };
  if (category.nature === 'help') return { answer: 'Always', tone: 'open', detail: null, rule: null, clause: null };
  if (!strictest) return { answer: 'Open', tone: 'open', detail: null, rule: null, clause: null };
  const { cell } = strictest;
  const unsure = cell.unconfirmed ? 'the school is still to confirm this' : null;
  switch (cell.value) {
    case 'allowed':
      return { answer: 'Open', tone: 'open', detail: unsure, ...by };
    case 'illegal':
      return { answer: 'Never', tone: 'closed', detail: 'by law', ...by };
    case 'not-allowed':
      return { answer: 'Closed', tone: 'closed', detail: unsure, ...by };
    case 'permission':
      return { answer: 'With permission', tone: 'partly', detail: unsure, ...by };
    case 'selected':
    case 'nominated':
      return { answer: 'For people on a list', tone: 'partly', detail: unsure, ...by };
    case 'times': {
      if (cell.windows.length === 0) return { answer: 'Closed', tone: 'closed', detail: 'no times are set', ...by };
      return { answer: 'At times', tone: 'partly', detail: cell.windows.map(sayWindow).join('; '), ...by };
    }
  }
}

const DAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** "Mon–Fri 12:30–13:15" */
export function sayWindow({ days, from, to }: OpenWindow): string {
  const sorted = [...days].sort((a, b) => a - b);
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  const run = sorted.length > 2 && last - first === sorted.length - 1;
  const named = run ? `${DAYS[first]}–${DAYS[last]}` : sorted.map((d) => DAYS[d]).join(', ');
  return `${named} ${from}–${to}`;
}

/** Clauses under the headings they are printed under, in the document's order. */
export function sectionsOf(
  document: PolicyDocument,
): { title: string; clauses: PolicyDocument['clauses'][number][] }[] {
  const groups = Object.groupBy(document.clauses, (c) => c.section);
  return Object.entries(groups).map(([title, clauses]) => ({ title, clauses: clauses ?? [] }));
}
