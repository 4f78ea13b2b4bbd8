import { type Block, pieces, type Rich, spans } from './model.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

/** Only addresses that lead somewhere; `javascript:` and its like are text. */
const SAFE = /^(#|\/(?!\/)|https?:\/\/|mailto:)/;

const rich = (text: Rich): string =>
  pieces(text)
    .map((p) => {
      const words = p.strong ? `<strong>${escaped(p.text)}</strong>` : escaped(p.text);
      return p.href && SAFE.test(p.href) ? `<a class="govuk-link" href="${escaped(p.href)}">${words}</a>` : words;
    })
    .join('');

const idOf = (id: string | undefined): string => (id === undefined ? '' : ` id="${escaped(id)}"`);
const SIZE = { 1: 'l', 2: 'm', 3: 's' } as const;

/** One block as HTML in the look of our pages. Everything that was written by people is escaped here. */
export function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level} class="govuk-heading-${SIZE[block.level]}"${idOf(block.id)}>${escaped(block.text)}</h${block.level}>`;
    case 'paragraph': {
      if (block.number === undefined) return `<p class="govuk-body"${idOf(block.id)}>${rich(block.text)}</p>`;
      const number = escaped(block.number);
      const anchor = block.id
        ? `<a class="gh-clause__number govuk-link" href="#${escaped(block.id)}" aria-label="Clause ${number}">${number}</a>`
        : `<span class="gh-clause__number">${number}</span>`;
      return `<p class="govuk-body gh-clause"${idOf(block.id)}>${anchor} <span>${rich(block.text)}</span></p>`;
    }
    case 'list':
      return `<ul class="govuk-list govuk-list--bullet">${block.items.map((i) => `<li>${rich(i)}</li>`).join('')}</ul>`;
    case 'note':
      return `<p class="gh-say">${rich(block.text)}</p>`;
    case 'table': {
      const head = block.head.map((h) => `<th scope="col">${escaped(h)}</th>`).join('');
      const rows = block.rows.map((row) => {
        const wide = spans(row, block.head.length);
        const cells = row.map((cell, i) => {
          const span = (wide[i] ?? 1) > 1 ? ` colspan="${wide[i]}"` : '';
          return i === 0 ? `<th scope="row"${span}>${rich(cell)}</th>` : `<td${span}>${rich(cell)}</td>`;
        });
        return `<tr>${cells.join('')}</tr>`;
      });
      const caption = escaped(block.caption);
      return `<div class="gh-table gh-table__region" role="region" aria-label="${caption}" tabindex="0"><table class="gh-matrix"><caption${block.underHeading ? ' class="govuk-visually-hidden"' : ''}>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
    }
  }
}
