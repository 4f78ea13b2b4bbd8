import { type Html, html, Html as Raw } from './html.ts';
import { STYLE } from './style.ts';

const SHEET = new Raw(`<style>${STYLE}</style>`);

/** A gatehouse: two towers and the gate between them. */
const MARK = html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path d="M3 29V7h2v2h2V7h2v2h2V7h1v6h8V7h1v2h2V7h2v2h2V7h2v22h-8v-6a5 5 0 0 0-10 0v6z"/></svg>`;

/** The frame of every page the gateway answers with. Complete in itself: nothing is loaded from anywhere. */
export function layout(school: string, title: string, main: Html, footer: string | null = null): string {
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – ${school}</title>
${SHEET}
</head>
<body>
<header>${MARK}<span>${school}</span></header>
<main>
${main}
</main>
<footer>${footer === null ? null : html`<p>${footer}</p>`}</footer>
</body>
</html>
`.text;
}
