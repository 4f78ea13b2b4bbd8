import { type Block, type DocumentModel, heading, list, paragraph, table } from '#platform/documents/index.ts';
import { custodyOf } from './search.standing.ts';
import type { Search } from './search.store.ts';

export interface ReceiptWords {
  readonly school: string;
  /** Where somebody who signs in writes a complaint. */
  readonly complaints: string;
  readonly pupil: string;
  /** A moment on the school's clock. */
  readonly time: (at: number) => string;
  readonly name: (holder: string) => string;
}

/**
 * SRC-22: the receipt for whoever's device was taken: what, when, by whom, where it is kept, when it was given back or
 * handed over. It tells nothing of why or of what was found, so it stays open when everything else is closed.
 * Null while nothing was taken.
 */
export function receiptOf(
  search: Pick<Search, 'reference' | 'documents' | 'entries'>,
  words: ReceiptWords,
): DocumentModel | null {
  const at = search.entries.findLastIndex((e) => e.action === 'confiscate');
  const taking = search.entries[at];
  const chain = custodyOf(search.entries.slice(at));
  const [first] = chain;
  if (!taking || !first) return null;
  const last = chain.at(-1) ?? first;
  const rows = chain.map((c) => [words.time(c.at), c.known ? words.name(c.holder) : c.holder, c.place, c.seal]);
  const blocks: Block[] = [
    heading(1, `Receipt ${search.reference}`),
    paragraph(
      `${words.school} has taken this into safe keeping. Keep this receipt: its number is all that you need to ask about it.`,
    ),
    table(
      'What was taken',
      ['What', 'As recorded'],
      [
        ['Thing', String(taking.detail.item)],
        ['Belongs to', words.pupil],
        ['Taken', words.time(first.at)],
        ['Taken by', words.name(taking.by ?? '')],
        ['Kept', first.place],
        ['Now', last === first ? 'Still kept there' : last.place],
      ],
    ),
    table('Where it has been', ['When', 'With', 'Place', 'Seal'], rows),
    heading(2, 'If you are not content'),
    paragraph(
      `You can complain about the search, about its being taken or about anything deleted. Somebody who had no part in it looks into it. Ask at the office for the complaints procedure, or sign in and write to us: ${words.complaints}`,
    ),
    ...(search.documents.length > 0
      ? [
          heading(2, 'Rules it was done under'),
          list(search.documents.map((d) => `${d.title}${d.edition ? `, version ${d.edition}` : ''}`)),
        ]
      : []),
    table(
      'Signatures',
      ['Who', 'Name, signature and day'],
      [
        ['For the school', ''],
        ['Pupil or parent', ''],
      ],
    ),
  ];
  return { title: `Receipt ${search.reference}`, author: words.school, language: 'en-GB', blocks };
}
