import { conflict, invalid } from '#core/errors.ts';
import { type Clause, type PolicyDocument, PolicySchema } from '#policy/index.ts';
import { visit } from '#policy/locate.ts';
import { ClauseId } from '#policy/shapes.ts';

/** What of a clause people write; the rest of it ties it to the catalogue and stays. */
export interface ClauseForm {
  readonly number: string;
  readonly section: string;
  readonly text: string;
  readonly controls: readonly string[];
  readonly documents: readonly string[];
  readonly references: readonly string[];
  readonly roles: readonly string[];
  /** The id of the clause that it is to stand after; '' at the beginning, null where it is. */
  readonly after: string | null;
}

/** Where the document names a clause, in words: "Rule COM-08", "Duty CAL-07". */
export function citedBy(doc: PolicyDocument, clause: string): string[] {
  const pattern = (ClauseId as { pattern?: string }).pattern;
  const places = [...visit(PolicySchema, doc)].filter(
    (v) => v.value === clause && v.schema.pattern === pattern && !/^\/clauses\/\d+\/id$/.test(v.path),
  );
  return [...new Set(places.map((v) => placeName(doc, v.path)))];
}

const ONE: Readonly<Record<string, string>> = {
  rules: 'rule',
  profiles: 'profile',
  devices: 'device class',
  roles: 'role',
  recipients: 'recipients of',
  duties: 'duty',
  agreements: 'agreement',
  curriculum: 'outcome',
  training: 'training',
  documents: 'document',
  references: 'reference',
  classes: 'records',
  findings: 'finding',
};

function placeName(doc: PolicyDocument, path: string): string {
  const steps = path.split('/').slice(1);
  let node: unknown = doc;
  for (const [i, step] of steps.entries()) {
    const list = steps[i - 1] ?? '';
    node = (node as Record<string, unknown>)[step];
    if (!/^\d+$/.test(step) || !ONE[list]) continue;
    const { id, report, name, title } = node as Record<string, unknown>;
    return `${ONE[list]} ${name || title ? `“${name ?? title}”` : (report ?? id)}`;
  }
  return `the part on ${(steps[0] ?? '').replaceAll('-', ' ')}`;
}

/** The document with this clause written so, and moved where it was asked to stand. */
export function writeClause(doc: PolicyDocument, id: string, form: ClauseForm): PolicyDocument {
  const now = doc.clauses.find((c) => c.id === id);
  if (!now) throw conflict('policy.clause.gone', 'This clause is not in the draft any more.');
  const clause = { ...now, ...written(form) };
  return form.after === null || form.after === id
    ? { ...doc, clauses: doc.clauses.map((c) => (c.id === id ? clause : c)) }
    : {
        ...doc,
        clauses: placed(
          doc.clauses.filter((c) => c.id !== id),
          clause,
          form.after,
        ),
      };
}

/** The document with one clause more; its id is made of its section and number, since nobody should have to think of one. */
export function addClause(doc: PolicyDocument, form: ClauseForm): { document: PolicyDocument; id: string } {
  const slug = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^[-0-9]+|-+$/g, '');
  const base = `${slug(form.section) || 'clause'}.${
    form.number
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'new'
  }`.slice(0, 70);
  let id = base;
  for (let n = 2; doc.clauses.some((c) => c.id === id); n++) id = `${base}-${n}`;
  const last = doc.clauses.findLast((c) => c.section === form.section.trim());
  const clause = { id, rows: [], ...written(form) };
  const after = form.after ?? last?.id ?? doc.clauses.at(-1)?.id ?? '';
  return { document: { ...doc, clauses: placed(doc.clauses, clause, after) }, id };
}

/** Nothing that something rests on is taken away. */
export function removeClause(doc: PolicyDocument, id: string): PolicyDocument {
  const cited = citedBy(doc, id);
  if (cited.length > 0) {
    const list = cited.length > 8 ? [...cited.slice(0, 8), `${cited.length - 8} more`] : cited;
    const said = `It is still cited by ${new Intl.ListFormat('en-GB').format(list)}.`;
    throw invalid('policy.clause.cited', `This clause cannot be removed. ${said}`, {
      remove: `${said} Point these to another clause first.`,
    });
  }
  return { ...doc, clauses: doc.clauses.filter((c) => c.id !== id) };
}

type Written = Pick<Clause, 'number' | 'section' | 'text'> &
  Pick<Clause, 'controls' | 'documents' | 'references' | 'roles'>;

function written(form: ClauseForm): Written {
  const { number, section, text, controls, documents, references, roles } = form;
  return {
    number: number.trim(),
    section: section.trim(),
    text: text.replaceAll('\r\n', '\n').trim(),
    controls,
    documents,
    references,
    roles,
  };
}

function placed(clauses: readonly Clause[], clause: Clause, after: string): Clause[] {
  const at = after === '' ? 0 : clauses.findIndex((c) => c.id === after) + 1;
  return [...clauses.slice(0, at), clause, ...clauses.slice(at)];
}
