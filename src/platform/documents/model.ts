/**
 * A document as data: what stands in it, not how it looks. One model gives the page, the PDF and the Word file, so the
 * three can never say different things (design: documents).
 */
export interface DocumentModel {
  readonly title: string;
  /** Whose document it is: a school's name. */
  readonly author: string;
  /** BCP 47: `en-GB`. */
  readonly language: string;
  readonly blocks: readonly Block[];
}

export type Block = Heading | Paragraph | List | Table | Note;

export interface Heading {
  readonly kind: 'heading';
  readonly level: 1 | 2 | 3;
  readonly text: string;
  readonly id?: string;
}

/** `number` stands in front and is the paragraph's own address: a clause. */
export interface Paragraph {
  readonly kind: 'paragraph';
  readonly text: Rich;
  readonly id?: string;
  readonly number?: string;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Rich[];
}

/** The first cell of a row is its heading. A row that is shorter than `head` gives its last cell all columns that are left. */
export interface Table {
  readonly kind: 'table';
  readonly caption: string;
  /** The heading above it says the same: the caption is kept for those who cannot see that. */
  readonly underHeading?: boolean;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Rich[])[];
}

/** Something that the reader should not pass over. */
export interface Note {
  readonly kind: 'note';
  readonly text: Rich;
}

/** Text, or pieces of text of which some are strong or lead somewhere. */
export type Rich = string | readonly Piece[];
export interface Piece {
  readonly text: string;
  readonly strong?: boolean;
  /** `#id` within the document, or a whole address. Files leave out what leads to a page of ours (`/…`). */
  readonly href?: string;
}

export const heading = (level: Heading['level'], text: string, id?: string): Heading => ({
  kind: 'heading',
  level,
  text,
  ...(id !== undefined && { id }),
});
export const paragraph = (text: Rich, more: Pick<Paragraph, 'id' | 'number'> = {}): Paragraph => ({
  kind: 'paragraph',
  text,
  ...more,
});
export const list = (items: readonly Rich[]): List => ({ kind: 'list', items });
export const table = (caption: string, head: readonly string[], rows: readonly (readonly Rich[])[]): Table => ({
  kind: 'table',
  caption,
  head,
  rows,
});
/** A heading with the one table that stands under it. */
export const headedTable = (above: Heading, head: Table['head'], rows: Table['rows']): Block[] => [
  above,
  { ...table(above.text, head, rows), underHeading: true },
];
export const note = (text: Rich): Note => ({ kind: 'note', text });

export const pieces = (text: Rich): readonly Piece[] => (typeof text === 'string' ? [{ text }] : text);
export const plain = (text: Rich): string =>
  pieces(text)
    .map((p) => p.text)
    .join('');

/** How many columns each cell of a row takes. */
export const spans = (row: readonly Rich[], columns: number): number[] =>
  row.map((_, i) => (i === row.length - 1 ? columns - i : 1));
