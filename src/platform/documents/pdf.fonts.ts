import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const FAMILY = '@fontsource/atkinson-hyperlegible-next';

/** The typeface comes in parts; a part holds the letters of its ranges, written as in CSS. */
const PARTS = ['latin', 'latin-ext'] as const;
const ranges = require(`${FAMILY}/unicode.json`) as Readonly<Record<(typeof PARTS)[number], string>>;
const HOLDS = PARTS.map((part) => ({
  part,
  spans: ranges[part].split(',').map((r) => {
    const [from = '', to = from] = r.replace('U+', '').split('-');
    return [Number.parseInt(from, 16), Number.parseInt(to, 16)] as const;
  }),
}));

export type Face = 'regular' | 'strong';
const WEIGHTS: Readonly<Record<Face, number>> = { regular: 400, strong: 700 };

/** The files of the typeface, by the name under which the writer knows them. */
export const FONT_FILES: ReadonlyMap<string, Buffer> = new Map(
  PARTS.flatMap((part) =>
    (Object.keys(WEIGHTS) as Face[]).map((face): [string, Buffer] => [
      fontName(part, face),
      readFileSync(require.resolve(`${FAMILY}/files/atkinson-hyperlegible-next-${part}-${WEIGHTS[face]}-normal.woff`)),
    ]),
  ),
);

function fontName(part: string, face: Face): string {
  return `${part} ${face}`;
}

/** Text cut where the part of the typeface changes: Łukasz needs two. A letter that no part holds becomes a question mark. */
export function runsOf(text: string, face: Face): { font: string; text: string }[] {
  const runs: { font: string; text: string }[] = [];
  for (const letter of text.normalize('NFC').replace(/\s/g, ' ')) {
    const code = letter.codePointAt(0) ?? 0;
    const part = HOLDS.find((p) => p.spans.some(([from, to]) => code >= from && code <= to))?.part;
    const font = fontName(part ?? 'latin', face);
    const last = runs.at(-1);
    if (last?.font === font) last.text += part ? letter : '?';
    else runs.push({ font, text: part ? letter : '?' });
  }
  return runs;
}
