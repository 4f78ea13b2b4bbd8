import { plain, type Rich, spans, type Table } from './model.ts';
import type { Tag, TaggedPdf } from './pdf.text.ts';

const PAD = 4;
/** Letters become smaller until the widest words of all columns stand side by side and no row is taller than a page. */
const SIZES = [9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6];
/** Wider than this and more width helps a column no more than another. */
const ENOUGH = 240;
const LINE = '#b8b0a2';
const GROUND = '#efe9dd';

/** A real table: header cells know whether they speak for a column or a row, and the head is repeated on every page. */
export function writeTable(pdf: TaggedPdf, parent: Tag, table: Table): void {
  const element = pdf.struct('Table', { title: table.caption });
  parent.add(element);
  if (!table.underHeading) writeCaption(pdf, element, table.caption);
  const columns = fit(pdf, table);
  const head = table.head;
  const headHeight = heightOfRow(pdf, head, columns, true);
  writeRow(pdf, element, head, columns, headHeight, 'head');
  for (const row of table.rows) {
    const height = heightOfRow(pdf, row, columns, false);
    if (pdf.y + height > pdf.page.height - pdf.page.margins.bottom) {
      pdf.addPage();
      pdf.decorate(() => drawCells(pdf, head, columns, headHeight));
    }
    writeRow(pdf, element, row, columns, height, 'body');
  }
  element.end();
  pdf.y += 12;
}

function writeCaption(pdf: TaggedPdf, element: Tag, text: string): void {
  pdf.fontSize(10.5);
  pdf.room(pdf.heightOf(text, pdf.innerWidth, 'strong') + 60);
  const caption = pdf.struct('Caption');
  element.add(caption);
  pdf.write(caption, text, { x: pdf.left, y: pdf.y, width: pdf.innerWidth }, 'strong');
  caption.end();
  pdf.y += 3;
}

/** The width of each column, with the size of letters set. */
function fit(pdf: TaggedPdf, table: Table): number[] {
  const full = table.rows.filter((row) => row.length === table.head.length);
  const cellsOf = (i: number) => full.map((row) => plain(row[i] ?? ''));
  let widths: number[] = [];
  for (const size of SIZES) {
    pdf.fontSize(size);
    const columns = table.head.map((head, i) => {
      const texts = [head, ...cellsOf(i)];
      const widest = (parts: string[]) => Math.max(...parts.map((t) => pdf.widthOf(t, 'strong'))) + 2 * PAD + 1;
      const least = widest(texts.flatMap((t) => t.split(/\s+/)));
      return { least, most: Math.max(least, Math.min(ENOUGH, widest(texts))) };
    });
    const least = columns.reduce((sum, c) => sum + c.least, 0);
    const wish = columns.reduce((sum, c) => sum + c.most - c.least, 0);
    const spare = pdf.innerWidth - least;
    widths =
      spare < 0
        ? columns.map((c) => (c.least * pdf.innerWidth) / least)
        : columns.map((c) => c.least + (wish > 0 ? (spare * (c.most - c.least)) / wish : spare / columns.length));
    const tallest = Math.max(0, ...table.rows.map((row) => heightOfRow(pdf, row, widths, false)));
    if (spare >= 0 && tallest < pdf.innerHeight - 60) break;
  }
  return widths;
}

function heightOfRow(pdf: TaggedPdf, row: readonly Rich[], columns: readonly number[], head: boolean): number {
  const heights = places(row, columns).map(({ cell, width }, i) =>
    pdf.heightOf(cell, width - 2 * PAD, head || i === 0 ? 'strong' : 'regular'),
  );
  return Math.max(...heights) + 2 * PAD;
}

/** Each cell with the place it takes from the left, and over how many columns. */
function places(row: readonly Rich[], columns: readonly number[]) {
  const wide = spans(row, columns.length);
  let from = 0;
  let x = 0;
  return row.map((cell, i) => {
    const span = wide[i] ?? 1;
    const width = columns.slice(from, from + span).reduce((sum, w) => sum + w, 0);
    const place = { cell, x, width, span };
    from += span;
    x += width;
    return place;
  });
}

type Part = 'head' | 'body';

function writeRow(
  pdf: TaggedPdf,
  table: Tag,
  row: readonly Rich[],
  columns: readonly number[],
  height: number,
  part: Part,
): void {
  if (part === 'head') pdf.decorate(() => ground(pdf, height));
  const element = pdf.struct('TR');
  table.add(element);
  const top = pdf.y;
  places(row, columns).forEach(({ cell, x, width, span }, i) => {
    const isHeader = part === 'head' || i === 0;
    const scope = part === 'head' ? 'Column' : 'Row';
    const tag = isHeader ? pdf.cell('TH', { Scope: scope }, span) : pdf.cell('TD', {}, span);
    element.add(tag);
    const face = isHeader ? 'strong' : 'regular';
    pdf.write(tag, cell, { x: pdf.left + x + PAD, y: top + PAD, width: width - 2 * PAD }, face);
    tag.end();
  });
  element.end();
  pdf.y = top + height;
  pdf.decorate(() => rule(pdf));
}

/** The same row for the eye only. */
function drawCells(pdf: TaggedPdf, row: readonly Rich[], columns: readonly number[], height: number): void {
  ground(pdf, height);
  const top = pdf.y;
  for (const { cell, x, width } of places(row, columns)) {
    pdf.write(null, cell, { x: pdf.left + x + PAD, y: top + PAD, width: width - 2 * PAD }, 'strong');
  }
  pdf.y = top + height;
  rule(pdf);
}

function ground(pdf: TaggedPdf, height: number): void {
  pdf.rect(pdf.left, pdf.y, pdf.innerWidth, height).fill(GROUND);
  pdf.fillColor('black');
}

function rule(pdf: TaggedPdf): void {
  pdf
    .moveTo(pdf.left, pdf.y)
    .lineTo(pdf.left + pdf.innerWidth, pdf.y)
    .lineWidth(0.5)
    .stroke(LINE);
}
