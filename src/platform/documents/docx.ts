import {
  Bookmark,
  Document,
  ExternalHyperlink,
  Footer,
  HeadingLevel,
  InternalHyperlink,
  Packer,
  PageNumber,
  Paragraph,
  type ParagraphChild,
  Table,
  TableCell,
  TableRow,
  TextRun,
  WidthType,
} from 'docx';
import { type Block, type DocumentModel, pieces, type Rich, spans } from './model.ts';

const LEVELS = { 1: HeadingLevel.HEADING_1, 2: HeadingLevel.HEADING_2, 3: HeadingLevel.HEADING_3 } as const;
const FONT = 'Atkinson Hyperlegible Next';
const GREEN = '17513F';
const GROUND = 'EFE9DD';
const heading = (size: number, before: number) => ({
  run: { font: FONT, size, bold: true, color: GREEN },
  paragraph: { spacing: { before, after: 120 }, keepNext: true },
});

/** The document as a Word file that people can go on writing in: real headings, lists and tables with a head that repeats. */
export function renderDocx(document: DocumentModel): Promise<Buffer> {
  const names = bookmarkNames(document.blocks);
  const language = { value: document.language };
  const file = new Document({
    title: written(document.title),
    creator: written(document.author),
    lastModifiedBy: written(document.author),
    styles: {
      default: {
        document: { run: { font: FONT, size: 22, language }, paragraph: { spacing: { after: 120, line: 276 } } },
        heading1: heading(44, 0),
        heading2: heading(30, 360),
        heading3: heading(24, 240),
      },
    },
    sections: [
      {
        footers: { default: footer(document) },
        children: document.blocks.flatMap((block) => childrenOf(block, names)),
      },
    ],
  });
  return Packer.toBuffer(file);
}

/** XML 1.0 (2.2) has no place for some characters, and Word opens no file that holds one. */
const written = (text: string): string =>
  text.toWellFormed().replace(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');

/** Word takes letters, digits and underscores, forty at most; the names of clauses have dots. */
const bookmarkNames = (blocks: readonly Block[]): ReadonlyMap<string, string> =>
  new Map(
    blocks
      .flatMap((b) => ('id' in b && b.id !== undefined ? [b.id] : []))
      .map((id, i) => [id, `b${i}_${id.replace(/[^a-zA-Z0-9]/g, '_')}`.slice(0, 40)]),
  );

type Names = ReadonlyMap<string, string>;

function childrenOf(block: Block, names: Names): (Paragraph | Table)[] {
  switch (block.kind) {
    case 'heading':
      return [
        new Paragraph({ heading: LEVELS[block.level], children: marked(runs(block.text, names), block.id, names) }),
      ];
    case 'paragraph': {
      const number =
        block.number === undefined ? [] : [new TextRun({ text: `${written(block.number)}\u2002`, bold: true })];
      return [new Paragraph({ children: marked([...number, ...runs(block.text, names)], block.id, names) })];
    }
    case 'note':
      return [
        new Paragraph({
          children: runs(block.text, names),
          indent: { left: 200 },
          border: { left: { style: 'single', size: 24, space: 8, color: 'F2B632' } },
        }),
      ];
    case 'list':
      return block.items.map((item) => new Paragraph({ bullet: { level: 0 }, children: runs(item, names) }));
    case 'table':
      return [
        ...(block.underHeading ? [] : [captionOf(block.caption)]),
        tableOf(block, names),
        // Word joins tables that nothing stands between.
        new Paragraph({ children: [] }),
      ];
  }
}

const captionOf = (caption: string): Paragraph =>
  new Paragraph({
    keepNext: true,
    spacing: { before: 200 },
    children: [new TextRun({ text: written(caption), bold: true })],
  });

function tableOf({ head, rows }: Extract<Block, { kind: 'table' }>, names: Names): Table {
  const cell = (text: Rich, strong: boolean, columnSpan = 1) =>
    new TableCell({
      columnSpan,
      margins: { top: 60, bottom: 60, left: 90, right: 90 },
      children: [new Paragraph({ spacing: { after: 0 }, children: runs(text, names, strong) })],
    });
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    rows: [
      new TableRow({
        tableHeader: true,
        cantSplit: true,
        children: head.map(
          (h) =>
            new TableCell({
              shading: { fill: GROUND },
              margins: { top: 60, bottom: 60, left: 90, right: 90 },
              children: [
                new Paragraph({ spacing: { after: 0 }, children: [new TextRun({ text: written(h), bold: true })] }),
              ],
            }),
        ),
      }),
      ...rows.map((row) => {
        const wide = spans(row, head.length);
        return new TableRow({ cantSplit: true, children: row.map((c, i) => cell(c, i === 0, wide[i])) });
      }),
    ],
  });
}

const marked = (children: ParagraphChild[], id: string | undefined, names: Names): ParagraphChild[] => {
  const name = id === undefined ? undefined : names.get(id);
  return name === undefined ? children : [new Bookmark({ id: name, children })];
};

/** Addresses of our own pages mean nothing in a file; their words stay. */
const runs = (text: Rich, names: Names, strong = false): ParagraphChild[] =>
  pieces(text).map((piece) => {
    const inner = names.get(piece.href?.replace(/^#/, '') ?? '');
    const outer = piece.href && /^https?:/.test(piece.href) ? piece.href : null;
    const run = new TextRun({
      text: written(piece.text),
      bold: strong || piece.strong === true,
      ...((inner || outer) && { style: 'Hyperlink' }),
    });
    if (inner) return new InternalHyperlink({ anchor: inner, children: [run] });
    return outer ? new ExternalHyperlink({ link: outer, children: [run] }) : run;
  });

const footer = ({ title, author }: DocumentModel): Footer =>
  new Footer({
    children: [
      new Paragraph({
        children: [
          new TextRun({
            size: 17,
            children: [written(`${author}: ${title}. Page `), PageNumber.CURRENT, ' of ', PageNumber.TOTAL_PAGES],
          }),
        ],
      }),
    ],
  });
