import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import { names } from '#rooms/identity/index.ts';
import { type Field, formOf } from './search.forms.ts';
import type { SearchPolicy } from './search.rules.ts';
import type { Entry } from './search.standing.ts';
import type { Search } from './search.store.ts';
import { ENTRY } from './search.words.ts';

export interface StoryLine {
  readonly at: Date;
  readonly title: string;
  readonly by: string;
  readonly rows: readonly {
    readonly label: string;
    readonly value: string;
    readonly at?: Date;
    readonly warn?: string;
  }[];
}

interface Edition {
  readonly title: string;
  readonly edition: string;
  readonly stale: string | null;
}

/** What happened, entry by entry, each with the answers of its form. */
export async function storyOf(tx: Tx, search: Search, policy: SearchPolicy): Promise<StoryLine[]> {
  const ids = search.entries.flatMap((e) => [e.by, ...Object.values(e.detail)]).filter(isUuid);
  const who = await names(tx, ids);
  return search.entries.map((e) => ({
    at: e.at,
    title: ENTRY[e.action],
    by: e.by ? (who.get(e.by) ?? 'somebody') : 'Gatehouse',
    rows: [...rowsOf(e, policy, who), ...editionsOf(e)],
  }));
}

function rowsOf(entry: Entry, policy: SearchPolicy, who: ReadonlyMap<string, string>): StoryLine['rows'] {
  return (formOf(entry.action)?.fields ?? []).flatMap((field) => {
    const value = entry.detail[field.name];
    if (typeof value !== 'string' || value === '') return [];
    if (field.kind === 'time') return [{ label: field.label, value: '', at: new Date(value) }];
    return [{ label: field.label, value: wordsOf(field, value, policy, who) }];
  });
}

function wordsOf(field: Field, value: string, { rules }: SearchPolicy, who: ReadonlyMap<string, string>): string {
  if (field.kind === 'person' || field.kind === 'find') return who.get(value) ?? 'somebody';
  if (field.kind === 'tick') return 'Yes';
  const { options } = field;
  if (options === 'grounds' || options === 'banned' || options === 'reasons') {
    return rules[options].find((o) => o.id === value)?.text ?? value;
  }
  return typeof options === 'object' ? (options[value] ?? value) : value;
}

const editionsOf = ({ detail }: Entry): StoryLine['rows'] =>
  Array.isArray(detail.editions)
    ? (detail.editions as Edition[]).map(({ title, edition, stale }) => ({
        label: title,
        value: edition,
        ...(stale && { warn: stale }),
      }))
    : [];
