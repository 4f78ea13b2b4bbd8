import { type Block, type DocumentModel, type Heading, plain, type Rich } from './model.ts';

/**
 * The part of a document in which every word of `search` is found: whole paragraphs, items of lists, rows of tables, with
 * the headings they stand under. What a heading says finds everything under it. Nothing searched for finds everything.
 */
export function find(document: DocumentModel, search: string): DocumentModel {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return document;
  const has = (text: string) => words.every((w) => text.toLowerCase().includes(w));
  const found: Block[] = [];
  let above: Heading[] = [];
  let underFoundHeading = 0;
  for (const block of document.blocks) {
    if (block.kind === 'heading') {
      above = [...above.filter((h) => h.level < block.level), block];
      if (underFoundHeading >= block.level) underFoundHeading = 0;
      if (underFoundHeading === 0 && block.level > 1 && has(block.text)) underFoundHeading = block.level;
      continue;
    }
    const part = underFoundHeading > 0 ? block : partOf(block, has);
    if (!part) continue;
    found.push(...above.filter((h) => !found.includes(h)), part);
  }
  return { ...document, blocks: found };
}

function partOf(block: Exclude<Block, Heading>, has: (text: string) => boolean): Block | null {
  const hit = (texts: readonly Rich[]) => has(texts.map(plain).join(' '));
  switch (block.kind) {
    case 'paragraph':
      return hit([block.number ?? '', block.text]) ? block : null;
    case 'note':
      return hit([block.text]) ? block : null;
    case 'list': {
      const items = block.items.filter((i) => hit([i]));
      return items.length > 0 ? { ...block, items } : null;
    }
    case 'table': {
      if (has(block.caption)) return block;
      const rows = block.rows.filter(hit);
      return rows.length > 0 ? { ...block, rows } : null;
    }
  }
}
