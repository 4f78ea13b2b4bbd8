import type { CaseEntry } from './cases.store.ts';

/** A contact with somebody outside the school: what was passed on, on which basis, and what came back. */
export interface Contact {
  readonly service: string;
  readonly at: Date;
  readonly by: string | undefined;
  readonly basis: string;
  readonly passed: string;
  readonly reply: string;
}

/** INC-11, INC-32: every contact with another service, one service after the other, each from its first contact on. */
export function contactsOf(
  entries: readonly Pick<CaseEntry, 'action' | 'at' | 'by_person' | 'text' | 'detail'>[],
  names: ReadonlyMap<string, string>,
): Contact[] {
  const said = (value: unknown) => (typeof value === 'string' ? value : '');
  return entries
    .filter((e) => e.action === 'contact')
    .map((e) => ({
      service: said(e.detail.body),
      at: e.at,
      by: names.get(e.by_person ?? ''),
      basis: said(e.detail.basis),
      passed: e.text,
      reply: said(e.detail.reply),
    }))
    .sort((a, b) => a.service.localeCompare(b.service));
}
