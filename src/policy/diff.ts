import { at } from './locate.ts';
import { isCell, isPeriod, sayKey, sayValue } from './say.ts';
import type { PolicyDocument } from './types.ts';
import { diffWords, type Mark } from './word-diff.ts';

export type { Mark } from './word-diff.ts';

/** One thing that is different between two documents. */
export interface Change {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly where: {
    /** Key of the document's part, and how it is called. */
    readonly section: string;
    readonly title: string;
    /** Of the entry: a clause, a rule, a duty; null where the part is one thing. */
    readonly id: string | null;
    /** JSON Pointer (RFC 6901), in the new document, or in the old one for what was removed. */
    readonly pointer: string;
    /** The clause it stands under. */
    readonly clause: string | null;
  };
  /** One plain sentence. */
  readonly said: string;
  /** What it was and is, in words; null where there was or is nothing. */
  readonly was: string | null;
  readonly now: string | null;
  /** For a text: word by word. */
  readonly words?: readonly Mark[];
}

/** Parts of a document in the order in which people look for them, and what one entry is called. */
export const SECTIONS: Readonly<Record<string, readonly [title: string, one: string]>> = {
  title: ['Title', ''],
  version: ['Version', ''],
  model: ['Model', ''],
  id: ['Id', ''],
  format: ['Format', ''],
  meta: ['Cover', ''],
  clauses: ['Clauses', 'Clause'],
  rules: ['What is allowed', 'Rule'],
  profiles: ['Profiles', 'Profile'],
  devices: ['Devices', 'Device'],
  roles: ['Roles', 'Role'],
  recipients: ['Who gets what', 'Recipients of'],
  duties: ['Duties', 'Duty'],
  monitoring: ['Monitoring', ''],
  incidents: ['Incidents', ''],
  sanctions: ['Sanctions', ''],
  deviceSearch: ['Search of devices', ''],
  passwords: ['Passwords', ''],
  notice: ['Notice', ''],
  retention: ['Retention', ''],
  agreements: ['Agreements', 'Agreement'],
  selfAudit: ['Self-audit', ''],
  curriculum: ['Curriculum', 'Outcome'],
  training: ['Training', 'Training'],
  documents: ['Linked documents', 'Document'],
  references: ['References', 'Reference'],
  modules: ['Modules', ''],
  settings: ['Settings', ''],
  findings: ['Findings', 'Finding'],
  settled: ['Decisions', 'Decision'],
};

/**
 * Clause by clause and cell by cell, how one document became another (GOV-33). Entries are told apart by their ids, so
 * their order says nothing, but where it decides: profiles, steps of an escalation, and whom a report goes to first.
 */
export function diffPolicies(old: PolicyDocument, now: PolicyDocument): Change[] {
  const keys = new Set([...Object.keys(SECTIONS), ...Object.keys(old), ...Object.keys(now)]);
  return [...keys].flatMap((key) => [
    ...compare(old[key as keyof PolicyDocument], now[key as keyof PolicyDocument], {
      section: key,
      pointer: `/${key}`,
      oldPointer: `/${key}`,
      thing: '',
      path: [],
      id: null,
      clause: null,
    }),
  ]);
}

/** Where we are while walking down both documents. */
interface Place {
  readonly section: string;
  readonly pointer: string;
  readonly oldPointer: string;
  /** The entry, as people call it; '' outside one. */
  readonly thing: string;
  /** Keys below the entry, in words. */
  readonly path: readonly string[];
  readonly id: string | null;
  readonly clause: string | null;
}

type Item = Readonly<Record<string, unknown>>;
const isItem = (v: unknown): v is Item => typeof v === 'object' && v !== null && !Array.isArray(v);

function* compare(old: unknown, now: unknown, place: Place): Generator<Change> {
  if (canonical(old) === canonical(now)) return;
  if (Array.isArray(old) && Array.isArray(now)) yield* compareLists(old, now, place);
  else if (isItem(old) && isItem(now) && !isWhole(old) && !isWhole(now)) yield* compareItems(old, now, place);
  else yield leaf(old, now, place);
}

/** What reads better as one value than part by part. */
const isWhole = (v: Item): boolean => isCell(v) || isPeriod(v);

function* compareItems(old: Item, now: Item, place: Place): Generator<Change> {
  const clause = clauseOf(now) ?? clauseOf(old) ?? place.clause;
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    yield* compare(old[key], now[key], {
      ...place,
      clause,
      pointer: at(place.pointer, key),
      oldPointer: at(place.oldPointer, key),
      path: [...place.path, sayKey(key)],
    });
  }
}

const clauseOf = (item: Item): string | null => (typeof item.clause === 'string' ? item.clause : null);

function* compareLists(old: readonly unknown[], now: readonly unknown[], place: Place): Generator<Change> {
  const [before, after] = [keyed(old), keyed(now)];
  if (!before || !after) return yield* compareBags(old, now, place);
  for (const [key, { item, index }] of before) {
    if (!after.has(key)) yield gone(item, within(place, item, key, null, index));
  }
  for (const [key, { item, index }] of after) {
    const was = before.get(key);
    const here = within(place, item, key, index, was?.index ?? null);
    if (was) yield* compare(was.item, item, here);
    else yield come(item, here);
  }
  const stayed = [...after.keys()].filter((key) => before.has(key));
  const order = [...before.keys()].filter((key) => after.has(key));
  if (ORDERED.test(place.pointer) && stayed.join('\n') !== order.join('\n')) {
    yield change('changed', place, order.join(', '), stayed.join(', '), 'the order');
  }
}

/** Lists in which whoever comes first is asked or taken first. */
const ORDERED = /^\/profiles$|^\/monitoring\/escalation$|^\/recipients\/\d+\/to$/;

/** Entries by what tells them apart, or null where nothing does. */
function keyed(list: readonly unknown[]): Map<string, { item: Item; index: number }> | null {
  const found = new Map<string, { item: Item; index: number }>();
  for (const [index, item] of list.entries()) {
    const key = isItem(item) ? keyOf(item) : null;
    if (key === null || !isItem(item) || found.has(key)) return null;
    found.set(key, { item, index });
  }
  return found;
}

function keyOf(item: Item): string | null {
  const { id, report, clash, severity, row, who, number, role, rank, kind } = item;
  const key =
    id ??
    report ??
    clash ??
    severity ??
    (row && who ? `${row} ${who}` : null) ??
    number ??
    (role && rank ? `${role} ${rank}` : null) ??
    kind;
  return typeof key === 'string' || typeof key === 'number' ? String(key) : null;
}

/** Lists of plain values, and of entries that nothing tells apart: what came and what went. */
function* compareBags(old: readonly unknown[], now: readonly unknown[], place: Place): Generator<Change> {
  const left = (from: readonly unknown[], other: readonly unknown[]) => {
    const rest = other.map(canonical);
    return from.filter((v) => {
      const i = rest.indexOf(canonical(v));
      if (i >= 0) rest.splice(i, 1);
      return i < 0;
    });
  };
  const [went, came] = [left(old, now), left(now, old)];
  const ordered = ORDERED.test(place.pointer);
  // In another order only: no change, but where the order decides.
  if (went.length === 0 && came.length === 0 && !ordered) return;
  yield change('changed', place, sayValue(old), sayValue(now));
}

/** One step down into an entry of a list. */
function within(place: Place, item: Item, key: string, index: number | null, oldIndex: number | null): Place {
  const top = place.path.length === 0 && place.thing === '';
  const name = nameOf(item, key);
  const clause = place.section === 'clauses' && top ? key : (clauseOf(item) ?? place.clause);
  const [, one = ''] = SECTIONS[place.section] ?? [];
  return {
    ...place,
    clause,
    id: top ? key : place.id,
    thing: top ? [one, name].filter(Boolean).join(' ') : place.thing,
    path: top ? [] : [...place.path, name],
    pointer: index === null ? place.pointer : at(place.pointer, String(index)),
    oldPointer: oldIndex === null ? place.oldPointer : at(place.oldPointer, String(oldIndex)),
  };
}

/** How people call an entry: a clause by its number, a rule by id and name, the rest by their title. */
function nameOf(item: Item, key: string): string {
  if (typeof item.section === 'string' && typeof item.number === 'string') return item.number;
  const title = item.name ?? item.title ?? (typeof item.text === 'string' ? short(item.text) : null);
  if (typeof title !== 'string') return sayKey(key);
  return /^[A-Z]/.test(key) ? `${key} “${title}”` : `“${title}”`;
}

const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

const gone = (item: Item, place: Place): Change => change('removed', place, sayItem(item), null);
const come = (item: Item, place: Place): Change => change('added', place, null, sayItem(item));

/** A whole entry: its text where it has one, else all that its name does not say already. */
function sayItem(item: Item): string {
  if (typeof item.text === 'string') return item.text;
  return sayValue(Object.fromEntries(Object.entries(item).filter(([key]) => !NAMING.has(key))));
}
const NAMING: ReadonlySet<string> = new Set(['id', 'name', 'title', 'clause', 'rows', 'report']);

function leaf(old: unknown, now: unknown, place: Place): Change {
  const words =
    typeof old === 'string' && typeof now === 'string' && isText(old, now) ? diffWords(old, now) : undefined;
  const made = change('changed', place, sayValue(old), sayValue(now));
  return words ? { ...made, words } : made;
}

/** More than a word or a name. */
const isText = (...texts: string[]): boolean => texts.some((text) => text.length > 40);

function change(kind: Change['kind'], place: Place, was: string | null, now: string | null, what?: string): Change {
  const { section, id, clause, thing, path } = place;
  const [title = section] = SECTIONS[section] ?? [];
  const subject = [thing || title, ...path, ...(what ? [what] : [])].join(', ');
  const pointer = kind === 'removed' ? place.oldPointer : place.pointer;
  return { kind, where: { section, title, id, pointer, clause }, said: sentence(kind, subject, was, now), was, now };
}

function sentence(kind: Change['kind'], subject: string, was: string | null, now: string | null): string {
  if (kind === 'added') return `${subject} is new.`;
  if (kind === 'removed') return `${subject} is gone.`;
  return (was ?? '').length + (now ?? '').length > 200
    ? `${subject} reads differently.`
    : `${subject}: was ${was ?? 'not set'}, is now ${now ?? 'not set'}.`;
}

/** The same text for the same value, whatever the order of its keys; what is left out is no value. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, v) =>
      isItem(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
    ) ?? 'nothing'
  );
}
