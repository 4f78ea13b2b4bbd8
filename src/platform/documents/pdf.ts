import type { Block, DocumentModel, Heading, List, Note, Paragraph } from './model.ts';
import { writeTable } from './pdf.table.ts';
import { type Tag, TaggedPdf } from './pdf.text.ts';

const MARGINS = { top: 64, bottom: 64, left: 60, right: 60 };
const BODY = 11;
const HEADINGS: Readonly<Record<Heading['level'], { size: number; before: number; after: number }>> = {
  1: { size: 24, before: 0, after: 10 },
  2: { size: 16, before: 16, after: 6 },
  3: { size: 12.5, before: 10, after: 4 },
};
/** Where the words of a numbered paragraph and of a list's item begin. */
const NUMBER = 38;
const BULLET = 14;
const BAR = '#f2b632';
const SOFT = '#474d48';
/** The width that the page's number takes at its foot. */
const PAGE_NUMBER = 90;

/**
 * The document as tagged PDF (ISO 32000 14.8): headings, lists and tables are what they are to a screen reader, with
 * language, title and bookmarks. `at`: when it was made.
 */
export function renderPdf(document: DocumentModel, at: Date): Promise<Buffer> {
  const ids = new Set(document.blocks.flatMap((b) => ('id' in b && b.id !== undefined ? [b.id] : [])));
  const pdf = new TaggedPdf(
    {
      size: 'A4',
      margins: MARGINS,
      pdfVersion: '1.7',
      tagged: true,
      lang: document.language,
      displayTitle: true,
      bufferPages: true,
      // pdfkit would begin with Helvetica, which is not embedded.
      font: null as unknown as string,
      info: { Title: document.title, Author: document.author, Creator: 'Gatehouse', CreationDate: at },
    },
    ids,
  );
  const whole = collect(pdf);
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  const bookmarks = new Bookmarks(pdf);
  for (const block of document.blocks) writeBlock(pdf, root, block, bookmarks);
  root.end();
  numberPages(pdf, document);
  pdf.end();
  return whole;
}

function writeBlock(pdf: TaggedPdf, root: Tag, block: Block, bookmarks: Bookmarks): void {
  pdf.fontSize(BODY);
  if (block.kind === 'table') writeTable(pdf, root, block);
  else if (block.kind === 'heading') writeHeading(pdf, root, block, bookmarks);
  else if (block.kind === 'list') writeList(pdf, root, block);
  else writeParagraph(pdf, root, block);
}

function writeList(pdf: TaggedPdf, root: Tag, { items }: List): void {
  const list = pdf.struct('L');
  root.add(list);
  for (const item of items) {
    pdf.room(2 * BODY);
    const y = pdf.y;
    const [li, label, body] = [pdf.struct('LI'), pdf.struct('Lbl'), pdf.struct('LBody')];
    list.add(li);
    li.add(label);
    pdf.write(label, '•', { x: pdf.left, y, width: BULLET });
    li.add(body);
    pdf.write(body, item, { x: pdf.left + BULLET, y, width: pdf.innerWidth - BULLET });
    li.end();
    pdf.y += 2;
  }
  list.end();
  pdf.y += 6;
}

function writeParagraph(pdf: TaggedPdf, root: Tag, block: Paragraph | Note): void {
  const { left } = pdf;
  const number = block.kind === 'paragraph' ? block.number : undefined;
  const indent = block.kind === 'note' ? BULLET : number === undefined ? 0 : NUMBER;
  const width = pdf.innerWidth - indent;
  const height = pdf.heightOf(block.text, width);
  pdf.room(Math.min(height, block.kind === 'note' ? pdf.innerHeight : 2.5 * BODY));
  const y = pdf.y;
  if (block.kind === 'paragraph' && block.id !== undefined) pdf.addNamedDestination(block.id, 'XYZ', left, y, null);
  if (block.kind === 'note')
    pdf.decorate(() =>
      pdf
        .rect(left, y - 2, 4, height + 4)
        .fill(BAR)
        .fillColor('black'),
    );
  const p = pdf.struct('P');
  root.add(p);
  if (number !== undefined) pdf.write(p, `${number} `, { x: left, y, width: NUMBER }, 'strong');
  pdf.write(p, block.text, { x: left + indent, y, width });
  p.end();
  pdf.y += 7;
}

function writeHeading(pdf: TaggedPdf, root: Tag, { level, text, id }: Heading, bookmarks: Bookmarks): void {
  const { size, before, after } = HEADINGS[level];
  pdf.y += pdf.y > MARGINS.top ? before : 0;
  pdf.fontSize(size);
  // A heading stands with what it is the heading of.
  pdf.room(pdf.heightOf(text, pdf.innerWidth, 'strong') + 60);
  if (id !== undefined) pdf.addNamedDestination(id, 'XYZ', pdf.left, pdf.y, null);
  bookmarks.add(level, text);
  const heading = pdf.struct(`H${level}`);
  root.add(heading);
  pdf.write(heading, text, { x: pdf.left, y: pdf.y, width: pdf.innerWidth }, 'strong');
  heading.end();
  pdf.y += after;
}

/** The outline beside the pages, as deep as the headings. */
class Bookmarks {
  readonly #pdf: TaggedPdf;
  readonly #open: { level: number; item: PDFKit.PDFOutline }[] = [];
  constructor(pdf: TaggedPdf) {
    this.#pdf = pdf;
  }
  add(level: number, text: string): void {
    while ((this.#open.at(-1)?.level ?? 0) >= level) this.#open.pop();
    const parent = this.#open.at(-1)?.item ?? this.#pdf.outline;
    this.#open.push({ level, item: parent.addItem(text, { expanded: level === 1 }) });
  }
}

function numberPages(pdf: TaggedPdf, { title, author }: DocumentModel): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    pdf.switchToPage(page);
    // Else a line in the margin would begin a new page.
    pdf.page.margins.bottom = 0;
    pdf.decorate(() => {
      const place = { x: pdf.left, y: pdf.page.height - 44, width: pdf.innerWidth };
      pdf.fontSize(8.5).fillColor(SOFT);
      pdf.write(null, `${author}: ${title}`, { ...place, width: pdf.innerWidth - PAGE_NUMBER });
      const number = `Page ${page + 1} of ${count}`;
      pdf.write(null, number, { ...place, x: place.x + place.width - pdf.widthOf(number) - 1 });
    }, 'Pagination');
  }
}

function collect(pdf: TaggedPdf): Promise<Buffer> {
  const parts: Buffer[] = [];
  return new Promise((resolve, reject) => {
    pdf.on('data', (part: Buffer) => parts.push(part));
    pdf.on('end', () => resolve(Buffer.concat(parts)));
    pdf.on('error', reject);
  });
}
