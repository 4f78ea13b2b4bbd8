import { isDay } from '#core/days.ts';
import { CONTROL_IDS } from './controls.ts';
import { type Fault, type Node, show, type Visited } from './locate.ts';
import { ClauseId, Day, Role } from './shapes.ts';
import type { PolicyDocument } from './types.ts';

/** What stands twice in a list whose entries are told apart by an id. */
export function* unique(_doc: PolicyDocument, visited: readonly Visited[]): Generator<Fault> {
  for (const { path, schema, value } of visited) {
    if (!Array.isArray(value)) continue;
    const keys = ['id', ...(KEYED[path] ?? [])].filter((key) => schema.items?.properties?.[key]);
    for (const key of keys) {
      const seen = new Set<unknown>();
      for (const [i, item] of value.entries()) {
        if (seen.has(item[key])) {
          yield { path: `${path}/${i}/${key}`, expected: `each ${key} once`, found: `${show(item[key])} again` };
        }
        seen.add(item[key]);
      }
    }
  }
}

/** Lists whose entries are told apart by something else than an id. */
const KEYED: Readonly<Record<string, readonly string[]>> = {
  '/clauses': ['number'],
  '/incidents/clocks': ['severity'],
  '/selfAudit/questions': ['number'],
  '/settled': ['clash'],
};

/** Texts and days that only look like ones: PostgreSQL keeps neither NUL nor half a surrogate pair; a text with one could be checked but never stored. */
export function* texts(_doc: PolicyDocument, visited: readonly Visited[]): Generator<Fault> {
  for (const { path, schema, value } of visited) {
    if (schema.type !== 'string' || typeof value !== 'string') continue;
    if (value.includes('\0')) yield { path, expected: 'a text without NUL characters', found: show(value) };
    else if (!value.isWellFormed()) yield { path, expected: 'a text of whole characters', found: show(value) };
    else if (same(schema, Day) && !isDay(value)) {
      yield { path, expected: 'a day of the calendar', found: show(value) };
    }
  }
}

/** Shapes are copied where they are optional; their pattern or list of values stays the same one. */
const same = (schema: Node, shape: Node): boolean => schema.pattern === shape.pattern && schema.enum === shape.enum;

/** Every clause and every role that the document names, wherever its shape says that one stands. */
export function* named(doc: PolicyDocument, visited: readonly Visited[]): Generator<Fault> {
  const clauses = new Set<unknown>(doc.clauses.map((c) => c.id));
  const roles = new Set<unknown>(doc.roles.map((r) => r.id));
  for (const { path, schema, value } of visited) {
    if (same(schema, ClauseId) && !clauses.has(value)) {
      yield { path, expected: 'the id of a clause of this document', found: show(value) };
    }
    if (same(schema, Role) && !roles.has(value)) {
      yield { path, expected: 'a role that this document defines', found: show(value) };
    }
  }
}

/** What is named by a plain id, which no shape tells from any other. */
export function* listed(doc: PolicyDocument): Generator<Fault> {
  const registers = {
    documents: new Set(doc.documents.map((d) => d.id)),
    references: new Set(doc.references.map((r) => r.id)),
    roles: new Set<string>(doc.roles.map((r) => r.id)),
    controls: CONTROL_IDS,
  };
  const document = 'the id of a document in /documents';
  const expected = {
    documents: document,
    references: 'the id of a reference in /references',
    roles: 'a role that this document defines',
    controls: 'a control that this program has',
  };
  for (const [i, clause] of doc.clauses.entries()) {
    for (const list of ['documents', 'references', 'roles', 'controls'] as const) {
      for (const [j, id] of (clause[list] ?? []).entries()) {
        if (registers[list].has(id)) continue;
        yield { path: `/clauses/${i}/${list}/${j}`, expected: expected[list], found: show(id) };
      }
    }
  }
  const elsewhere: [path: string, id: string | null][] = [
    ['/sanctions/pupil/procedure', doc.sanctions.pupil.procedure],
    ['/sanctions/staff/procedure', doc.sanctions.staff.procedure],
    ['/selfAudit/document', doc.selfAudit.document],
    ...doc.agreements.map((a, i): [string, string | null] => [`/agreements/${i}/document`, a.document]),
  ];
  for (const [path, id] of elsewhere) {
    if (id !== null && !registers.documents.has(id)) yield { path, expected: document, found: show(id) };
  }
}
