import { LINT_CODES, type Lint, type PolicyDocument, type Severity } from '#policy/index.ts';

/** What the reader asked to see. */
export interface Asked {
  readonly q?: string;
  readonly kind?: string;
}

export const KINDS: readonly { readonly value: Severity | 'settled'; readonly text: string; readonly one: string }[] = [
  { value: 'clash', text: 'Contradictions', one: 'Contradiction' },
  { value: 'warning', text: 'To put right', one: 'To put right' },
  { value: 'question', text: 'Questions', one: 'Question' },
  { value: 'settled', text: 'Settled', one: 'Settled' },
];

const kindOf = (l: Lint): Severity | 'settled' => (l.settled ? 'settled' : l.severity);

/** The findings under their headings, each with the clauses it is about, in the order of the document. */
export function checkPage(document: PolicyDocument, lints: readonly Lint[], asked: Asked) {
  const wanted = (asked.q ?? '').trim().toLowerCase();
  const shown = lints
    .map((l) => ({
      ...l,
      kind: kindOf(l),
      clauses: document.clauses.filter((c) => l.where.some((w) => w.clause === c.id)),
    }))
    .filter((l) => !asked.kind || l.kind === asked.kind)
    .filter((l) =>
      [
        l.title,
        l.text,
        l.interim,
        LINT_CODES[l.code].name,
        ...l.clauses.map((c) => c.number),
        ...l.where.map((w) => w.pointer),
      ]
        .join('\n')
        .toLowerCase()
        .includes(wanted),
    );
  return {
    total: lints.length,
    counts: KINDS.map(({ value, text }) => ({ text, value, n: lints.filter((l) => kindOf(l) === value).length })),
    groups: KINDS.map(({ value, text }) => ({
      kind: value,
      title: text,
      // Within a heading, what is of one sort stands together.
      sorts: [
        ...Map.groupBy(
          shown.filter((l) => l.kind === value),
          (l) => l.code,
        ),
      ].map(([code, found]) => ({
        title: LINT_CODES[code].name,
        found,
      })),
    })).filter((g) => g.sorts.length > 0),
  };
}
