import { SETTINGS, type Setting } from './settings.table.ts';
import type { PolicyDocument } from './types.ts';

export { SETTINGS, type Setting } from './settings.table.ts';

/** What a document answers to one of D01–D43: the values that stand at its places, in their order; null where none does. */
export function readSetting(doc: PolicyDocument, id: string): readonly unknown[] {
  return settingOf(id).at.map((pointer) => valueAt(doc, pointer));
}

/** The same as a plain sentence for people. */
export function explainSetting(doc: PolicyDocument, id: string): string {
  return settingOf(id).say(doc);
}

function settingOf(id: string): Setting {
  const found = SETTINGS.find((s) => s.id === id);
  if (!found) throw new RangeError(`There is no setting "${id}"; write one from "D01" to "D43".`);
  return found;
}

/**
 * What stands at a place of a document, null where nothing does. A JSON Pointer (RFC 6901) with two liberties, because
 * places in lists shift: a step into a list may be an entry's id (for recipients their report), and `*` is every entry.
 */
export function valueAt(node: unknown, pointer: string): unknown {
  const [, step, ...rest] = pointer.split('/');
  if (step === undefined) return node ?? null;
  const below = rest.map((s) => `/${s}`).join('');
  if (step === '*') return isObject(node) ? Object.values(node).map((entry) => valueAt(entry, below)) : null;
  if (Array.isArray(node) && !/^\d+$/.test(step)) {
    return valueAt(
      node.find((entry) => isObject(entry) && (entry.id === step || entry.report === step)),
      below,
    );
  }
  return valueAt(isObject(node) && Object.hasOwn(node, step) ? node[step] : undefined, below);
}

const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null;
