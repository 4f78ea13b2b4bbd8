export { FORMATS, type Format, renderApart } from './apart.ts';
export { renderDocx } from './docx.ts';
export { find } from './find.ts';
export { renderBlock } from './html.ts';
export * from './model.ts';
export { renderPdf } from './pdf.ts';
