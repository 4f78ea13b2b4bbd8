import { type Block, paragraph, type Rich, table } from '#platform/documents/index.ts';
import type {
  Category,
  CompiledCell,
  CompiledPolicy,
  CompiledProfile,
  EvidenceLevel,
  OpenWindow,
} from '#policy/index.ts';
import { part, sayDays, type Words } from './policy.words.ts';

/** One answer in the table "who gets what". */
export interface AnswerCell {
  readonly answer: string;
  readonly tone: 'open' | 'closed' | 'partly';
  readonly detail: string | null;
  readonly rule: string | null;
  readonly clause: string | null;
}

const RISKS: readonly (readonly [Category['risk'], string])[] = [
  ['RSK-01', 'Content: what one may see'],
  ['RSK-02', 'Contact: whom one may meet'],
  ['RSK-03', 'Conduct: what one may do'],
  ['RSK-04', 'Commerce: what may cost money or data'],
  [null, 'Every other kind of site'],
];

/** Every kind of site and every profile, made from what the filter obeys, so that it can say nothing else. */
export function whoGetsWhat(compiled: CompiledPolicy, categories: readonly Category[], words: Words): Block[] {
  const columns = columnsOf(compiled.profiles);
  const head = ['Kind of site', ...columns.map((profiles) => profiles.map((p) => p.name).join(', '))];
  const say = (cell: AnswerCell): Rich => [
    { text: cell.answer, strong: cell.tone !== 'open' },
    ...(cell.detail ? [{ text: ` (${cell.detail})` }] : []),
    ...(cell.clause ? words.under(cell.clause) : []),
  ];
  const row = (c: Category): Rich[] => {
    const answers = columns.map(([profile]) => answerFor(c, profile?.cells[c.id]?.[0]));
    const [first] = answers;
    const same = first && answers.length > 1 && new Set(answers.map((a) => JSON.stringify(a))).size === 1;
    return [c.name, ...(same ? [[{ text: 'Everybody: ' }, ...(say(first) as [])]] : answers.map(say))];
  };
  return [
    part('who-gets-what', 'Who gets what on the web'),
    paragraph(
      'Every kind of site, and what the filter answers, with the clause that says so. Where a site is of several kinds, the strictest answer counts; help and support services are always open.',
    ),
    ...RISKS.map(([risk, title]) => table(title, head, categories.filter((c) => c.risk === risk).map(row))),
    table('Sites on no list', head, [
      ['Any such site', ...columns.map(([p]) => (p?.uncategorised === 'allow' ? 'Open' : 'Closed'))],
    ]),
    table('How sure the lists must be that a site is of some kind', head, [
      ['Any kind', ...columns.map(([p]) => SURENESS[p?.listEvidence ?? 'usual'])],
    ]),
  ];
}

const SURENESS: Readonly<Record<EvidenceLevel, string>> = {
  careful: 'A strong suspicion is enough',
  usual: 'As sure as usual',
  sure: 'Certain',
};

/** Profiles that get the same everywhere share a column. */
export function columnsOf(profiles: readonly CompiledProfile[]): CompiledProfile[][] {
  return [
    ...Map.groupBy(profiles, (p) =>
      JSON.stringify([p.uncategorised, p.listEvidence ?? 'usual', Object.entries(p.cells).sort()]),
    ).values(),
  ];
}

/** The strictest cell decides (GOV-34); illegal and help stand above every cell (FIL-02). */
export function answerFor(category: Category, strictest: CompiledCell | undefined): AnswerCell {
  const by = { rule: strictest?.rule ?? null, clause: strictest?.clause ?? null };
  if (category.nature === 'illegal') return { answer: 'Never', tone: 'closed', detail: 'by law', ...by };
  if (category.nature === 'help') return { answer: 'Always', tone: 'open', detail: null, rule: null, clause: null };
  if (!strictest) return { answer: 'Open', tone: 'open', detail: null, rule: null, clause: null };
  const { cell } = strictest;
  const unsure = cell.unconfirmed ? 'to be confirmed' : null;
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
    case 'quota':
      return { answer: 'For a while each day', tone: 'partly', detail: `${cell.minutes} minutes`, ...by };
    case 'times': {
      if (cell.windows.length === 0) return { answer: 'Closed', tone: 'closed', detail: 'no times are set', ...by };
      return { answer: 'At times', tone: 'partly', detail: cell.windows.map(sayWindow).join('; '), ...by };
    }
  }
}

/** "Mon–Fri 12:30–13:15" */
export const sayWindow = ({ days, from, to, dates }: OpenWindow): string =>
  `${sayDays(days)} ${from}–${to}${dates ? ' in term' : ''}`;
