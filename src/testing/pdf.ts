import { inflateSync } from 'node:zlib';

/** What a test wants to know of a PDF that pdfkit wrote: read back from its bytes, not from what was asked for. */
export interface ReadPdf {
  /** All text that a screen reader reads, without any white space: lines break where the page does. */
  readonly text: string;
  /** Types of the structure tree in reading order, each with the depth at which it stands. */
  readonly tags: readonly { readonly type: string; readonly depth: number; readonly attributes: string }[];
  readonly catalog: string;
  readonly bookmarks: readonly string[];
  readonly pages: number;
}

export function readPdf(bytes: Buffer): ReadPdf {
  const objects = new Map<string, { head: string; stream: Buffer | null }>();
  const raw = bytes.toString('latin1');
  for (const m of raw.matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) {
    const [, id = '', body = ''] = m;
    const [head = '', rest] = body.split(/\nstream\n/, 2);
    const packed = rest === undefined ? null : Buffer.from(rest.replace(/\nendstream$/, ''), 'latin1');
    objects.set(id, { head, stream: packed && head.includes('/FlateDecode') ? inflateSync(packed) : packed });
  }
  const all = [...objects.values()];
  const fonts = new Map(
    all.flatMap(({ head }) => [...head.matchAll(/\/(F\d+) (\d+) 0 R/g)].map((m) => [m[1] ?? '', m[2] ?? ''] as const)),
  );
  const letters = new Map(
    [...fonts].map(([name, id]) => {
      const map = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id)?.head ?? '')?.[1];
      return [name, readCMap(objects.get(map ?? '')?.stream?.toString('latin1') ?? '')] as const;
    }),
  );
  const pages = all.filter((o) => /\/Type \/Page\n/.test(o.head));
  const text = pages
    .map((p) => objects.get(/\/Contents (\d+) 0 R/.exec(p.head)?.[1] ?? '')?.stream?.toString('latin1') ?? '')
    .map((content) => textOf(content, letters))
    .join('');
  return {
    text: text.replace(/\s/g, ''),
    tags: tagsOf(objects),
    catalog: all.find((o) => o.head.includes('/Type /Catalog'))?.head ?? '',
    bookmarks: all
      .flatMap(({ head }) => (head.includes('/Parent') ? [/\/Title \((.*)\)/.exec(head)?.[1] ?? []] : []))
      .flat(),
    pages: pages.length,
  };
}

/** Glyph number → text, from the ranges that pdfkit writes. */
function readCMap(cmap: string): Map<number, string> {
  const letters = new Map<number, string>();
  for (const m of cmap.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/gi)) {
    const from = Number.parseInt(m[1] ?? '0', 16);
    [...(m[2] ?? '').matchAll(/<([0-9a-f ]+)>/gi)].forEach((one, i) => {
      const units = (one[1] ?? '').replace(/ /g, '').match(/.{4}/g) ?? [];
      letters.set(from + i, String.fromCharCode(...units.map((u) => Number.parseInt(u, 16))));
    });
  }
  return letters;
}

function textOf(content: string, letters: ReadonlyMap<string, Map<number, string>>): string {
  let font: Map<number, string> | undefined;
  let text = '';
  const marks: string[] = [];
  const tokens = /\/(\w+) (?:<<[\s\S]*?>> BDC|BMC)|^EMC$|^\/(F\d+) [\d.]+ Tf|^\[(.*)\] TJ/gm;
  for (const [token, mark, named, shown] of content.matchAll(tokens)) {
    if (mark) marks.push(mark);
    else if (token === 'EMC') marks.pop();
    else if (named) font = letters.get(named);
    if (!shown || marks.includes('Artifact')) continue;
    for (const m of shown.matchAll(/<([0-9a-f]+)>/gi)) {
      for (const glyph of m[1]?.match(/.{4}/g) ?? []) text += font?.get(Number.parseInt(glyph, 16)) ?? '\uFFFD';
    }
  }
  return text;
}

function tagsOf(objects: ReadonlyMap<string, { head: string }>): ReadPdf['tags'][number][] {
  const found: ReadPdf['tags'][number][] = [];
  const walk = (id: string, depth: number) => {
    const head = objects.get(id)?.head ?? '';
    const type = /\/S \/(\w+)/.exec(head)?.[1];
    if (type && !head.includes('/Type /StructTreeRoot')) {
      found.push({ type, depth, attributes: /\/A <<([\s\S]*?)>>/.exec(head)?.[1]?.replace(/\s+/g, ' ').trim() ?? '' });
    }
    const children = /\/K \[([^\]]*)\]/.exec(head)?.[1] ?? '';
    const own = children.replace(/<<[\s\S]*?>>/g, '');
    for (const m of own.matchAll(/(\d+) 0 R/g)) walk(m[1] ?? '', depth + 1);
  };
  for (const [id, { head }] of objects) if (head.includes('/Type /StructTreeRoot')) walk(id, 0);
  return found;
}
