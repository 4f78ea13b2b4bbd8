import { type DocumentModel, renderBlock } from '#platform/documents/index.ts';

/** A form must look the same in ten years, so its page brings its few rules of style along and asks for nothing else. */
const STYLE = `
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #14201b; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1rem; }
h1, h2 { color: #17513f; line-height: 1.25; }
h2 { margin-top: 2.25rem; break-after: avoid; }
.gh-say { border-left: 4px solid #f2b632; padding: .25rem .75rem; }
.gh-table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #b9b3a5; padding: .4rem .6rem; text-align: left; vertical-align: top; min-width: 5rem; overflow-wrap: anywhere; white-space: pre-line; }
thead th { background: #efe9dd; }
th, td { min-width: 7rem; }
tbody th { font-weight: 600; }
main > :last-child td { height: 3rem; }
.govuk-visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media print { main { max-width: none; padding: 0; } tr { break-inside: avoid; } }
`;

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/** The form as a page that stands alone. */
export const formHtml = (document: DocumentModel): string => `<!doctype html>
<html lang="${document.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(document.title)} – ${escaped(document.author)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p>${escaped(document.author)}</p>
${document.blocks.map(renderBlock).join('\n')}
</main>
</body>
</html>
`;

/** What a browser may do with it: show it. */
export const FORM_CSP = "default-src 'none'; style-src 'unsafe-inline'";
