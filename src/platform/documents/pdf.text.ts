import PDFDocument from 'pdfkit';
import { pieces, plain, type Rich } from './model.ts';
import { type Face, FONT_FILES, runsOf } from './pdf.fonts.ts';

export type Tag = ReturnType<PDFKit.PDFDocument['struct']>;

/** pdfkit tags links to other addresses by itself, and those within the document only through this. */
export class TaggedPdf extends PDFDocument {
  #link: Tag | null = null;
  /** Paragraphs that links within the document may lead to. */
  readonly #targets: ReadonlySet<string>;

  constructor(options: PDFKit.PDFDocumentOptions, targets: ReadonlySet<string>) {
    super(options);
    this.#targets = targets;
    for (const [name, file] of FONT_FILES) this.registerFont(name, file);
  }

  override goTo(x: number, y: number, w: number, h: number, name: string): this {
    const tagged = this.#link && { structParent: this.#link, Contents: new String(name) };
    return super.goTo(x, y, w, h, name, { ...tagged } as PDFKit.Mixins.AnnotationOption);
  }

  /** Text in its place under a tag (or none, for the eye only), at the size that is set. Afterwards `y` is below it. */
  write(parent: Tag | null, text: Rich, place: { x: number; y: number; width: number }, face: Face = 'regular'): void {
    const runs = pieces(text).flatMap((p) =>
      runsOf(p.text, p.strong ? 'strong' : face).map((run) => ({ ...run, ...this.#target(p.href) })),
    );
    runs.forEach(({ font, text, ...target }, i) => {
      const options = { width: place.width, continued: i < runs.length - 1, ...target };
      const draw = () => {
        this.font(font);
        if (i === 0) this.text(text, place.x, place.y, options);
        else this.text(text, options);
      };
      if (!parent) draw();
      else if (!('underline' in target)) parent.add(draw);
      else this.#writeLink(parent, text, draw);
    });
  }

  #writeLink(parent: Tag, text: string, draw: () => void): void {
    const link = this.struct('Link', { alt: text });
    parent.add(link);
    this.#link = link;
    link.add(draw);
    link.end();
    this.#link = null;
  }

  /** Only addresses that mean something outside our pages. */
  #target(href: string | undefined): PDFKit.Mixins.TextOptions {
    if (href?.startsWith('#')) {
      return this.#targets.has(href.slice(1)) ? { goTo: href.slice(1), underline: true } : {};
    }
    return href && /^https?:/.test(href) ? { link: href, underline: true } : {};
  }

  /** A cell of a table with its attributes, of which pdfkit knows only the scope. */
  cell(type: 'TH' | 'TD', attributes: { readonly Scope?: 'Column' | 'Row' }, columns: number): Tag {
    const all = { ...attributes, ...(columns > 1 && { ColSpan: columns }) };
    const cell = this.struct(type) as Tag & { readonly dictionary: { readonly data: Record<string, unknown> } };
    if (Object.keys(all).length > 0) cell.dictionary.data.A = { O: 'Table', ...all };
    return cell;
  }

  heightOf(text: Rich, width: number, face: Face = 'regular'): number {
    this.font(`latin ${face}`);
    return this.heightOfString(plain(text), { width });
  }

  widthOf(text: string, face: Face = 'regular'): number {
    this.font(`latin ${face}`);
    return this.widthOfString(text);
  }

  get left(): number {
    return this.page.margins.left;
  }
  get innerWidth(): number {
    return this.page.width - this.page.margins.left - this.page.margins.right;
  }
  get innerHeight(): number {
    return this.page.height - this.page.margins.top - this.page.margins.bottom;
  }
  /** Begin a page unless this much still fits on the one there is. */
  room(height: number): void {
    if (this.y + height > this.page.height - this.page.margins.bottom) this.addPage();
  }

  /** What is drawn for the eye only, and what a screen reader leaves out. */
  decorate(draw: () => void, type: 'Layout' | 'Pagination' = 'Layout'): void {
    this.markContent('Artifact', { type });
    draw();
    this.endMarkedContent();
  }
}
