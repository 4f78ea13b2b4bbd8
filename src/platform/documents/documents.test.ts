import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPdf } from '#testing/pdf.ts';
import { readZip } from '#testing/zip.ts';
import {
  type Block,
  type DocumentModel,
  find,
  heading,
  list,
  note,
  paragraph,
  renderBlock,
  renderDocx,
  renderPdf,
  table,
} from './index.ts';

const AT = new Date(Date.UTC(2026, 10, 3, 10));
const document: DocumentModel = {
  title: 'Online safety policy of Ŵyn & Łukasz School',
  author: 'Ashgrove School',
  language: 'en-GB',
  blocks: [
    heading(1, 'Online safety policy'),
    paragraph([
      { text: 'Read ' },
      { text: 'clause 1.1', href: '#first.one' },
      { text: ' and ' },
      { text: 'this', href: 'https://guidance.example/a?b=1&c' },
    ]),
    heading(2, 'First part', 'first'),
    paragraph('Nobody’s name is Łukasz <script>alert(1)</script>.', { id: 'first.one', number: '1.1' }),
    note('To be confirmed.'),
    list(['One thing', [{ text: 'Another', strong: true }]]),
    table(
      'Who may what',
      ['Action', 'Staff', 'Pupils'],
      [
        ['Games', 'Allowed', 'Not allowed'],
        ['Help', 'Always open'],
      ],
    ),
    heading(2, 'Second part', 'second'),
    paragraph('The end.'),
  ],
};
const bare = (text: string) => text.replace(/\s/g, '');

test('a page escapes what people wrote, and follows no address that could run something', () => {
  const html = document.blocks.map(renderBlock).join('');
  assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;') && !html.includes('<script'));
  assert.ok(html.includes('<h2 class="govuk-heading-m" id="first">First part</h2>'));
  assert.ok(html.includes('href="https://guidance.example/a?b=1&amp;c"'));
  assert.ok(html.includes('<td colspan="2">Always open</td>') && html.includes('<th scope="row">Games</th>'));
  for (const href of ['javascript:alert(1)', '//evil.example', 'data:text/html,x', ' javascript:x']) {
    assert.equal(renderBlock(paragraph([{ text: 'x', href }])), '<p class="govuk-body">x</p>');
  }
});

test('whatever the words are, a page holds no tag and no attribute but its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'<>"\'&= aonclick/'.split('')), maxLength: 40 }), (words) => {
      const html = renderBlock(table(words, [words], [[[{ text: words, href: `https://${words}` }]]]));
      const own = renderBlock(table('', [''], [[[{ text: '', href: 'https://' }]]]));
      assert.equal(html.replace(/[^<>]/g, ''), own.replace(/[^<>]/g, ''));
      assert.equal(html.split('"').length, own.split('"').length);
    }),
  );
});

test('the PDF is tagged: title, language, bookmarks, headings, lists, links and tables with their headers', async () => {
  const bytes = await renderPdf(document, AT);
  const pdf = readPdf(bytes);
  assert.match(pdf.catalog, /\/MarkInfo \d+ 0 R/);
  assert.match(bytes.toString('latin1'), /\/Marked true/);
  assert.match(pdf.catalog, /\/Lang \(en-GB\)/);
  assert.match(bytes.toString('latin1'), /\/DisplayDocTitle true/);
  assert.deepEqual([...pdf.bookmarks].sort(), ['First part', 'Online safety policy', 'Second part']);
  const tree = pdf.tags.map((t) => `${' '.repeat(t.depth - 1)}${t.type}`).join('\n');
  assert.equal(
    tree,
    'Document\n H1\n P\n  Link\n  Link\n H2\n P\n P\n L\n  LI\n   Lbl\n   LBody\n  LI\n   Lbl\n   LBody\n Table\n  Caption\n  TR\n   TH\n   TH\n   TH\n  TR\n   TH\n   TD\n   TD\n  TR\n   TH\n   TD\n H2\n P',
  );
  const attributes = pdf.tags.filter((t) => t.type.startsWith('T') && t.attributes).map((t) => t.attributes);
  assert.equal(attributes.filter((a) => a.includes('/Scope /Column')).length, 3);
  assert.equal(attributes.filter((a) => a.includes('/Scope /Row')).length, 2);
  assert.equal(attributes.filter((a) => a.includes('/ColSpan 2')).length, 1);
  for (const text of [
    'Nobody’s name is Łukasz <script>alert(1)</script>.',
    '1.1',
    'Always open',
    'To be confirmed.',
    'Another',
  ]) {
    assert.ok(pdf.text.includes(bare(text)), text);
  }
  // Every typeface is embedded: Helvetica, which readers replace, is not there.
  assert.doesNotMatch(bytes.toString('latin1'), /Helvetica/);
  assert.match(bytes.toString('latin1'), /\/FontFile2/);
});

test('a long table goes over pages: no row is cut, the head is read once and seen on each', async () => {
  const rows = Array.from({ length: 120 }, (_, i) => [`Row ${i}`, 'a word or two '.repeat(i % 9), 'b']);
  const pdf = readPdf(await renderPdf({ ...document, blocks: [table('Long', ['Name', 'Words', 'More'], rows)] }, AT));
  assert.ok(pdf.pages > 2, `${pdf.pages} pages`);
  assert.equal(pdf.tags.filter((t) => t.type === 'TR').length, 121);
  assert.equal(pdf.text.split('NameWordsMore').length, 2);
});

test('a cell as long as a page and a table with twenty columns still fit', async () => {
  const cell = 'Everyone may ask for a site and is answered. '.repeat(90);
  const wide = Array.from({ length: 20 }, (_, i) => `Column number ${i}`);
  const blocks = [table('Tall', ['A', 'B', 'C'], [['x', cell, cell]]), table('Wide', wide, [wide, wide])];
  const pdf = readPdf(await renderPdf({ ...document, blocks }, AT));
  assert.ok(pdf.text.includes(bare(cell)));
  assert.ok(pdf.pages <= 4, `${pdf.pages} pages`);
});

test('the Word file has real headings, a table whose head repeats, links to its own places, and its language', async () => {
  const files = readZip(await renderDocx(document));
  const xml = files.get('word/document.xml') ?? '';
  assert.equal(xml.split('<w:pStyle w:val="Heading2"/>').length, 3);
  assert.equal(xml.split('<w:tblHeader/>').length, 2);
  assert.match(xml, /<w:gridSpan w:val="2"\/>/);
  const anchor = /<w:hyperlink[^>]*w:anchor="([^"]+)"/.exec(xml)?.[1];
  assert.ok(anchor && xml.includes(`w:name="${anchor}"`));
  assert.match(xml, /Łukasz &lt;script&gt;/);
  assert.match(files.get('word/styles.xml') ?? '', /<w:lang w:val="en-GB"\/>/);
  assert.match(
    files.get('docProps/core.xml') ?? '',
    /<dc:title>Online safety policy of Ŵyn &amp; Łukasz School<\/dc:title>/,
  );
});

test('searching keeps what holds every word, under its headings, and rows of tables one by one', () => {
  const blocks = (search: string): Block[] => [...find(document, search).blocks];
  assert.deepEqual(blocks('  '), document.blocks);
  assert.deepEqual(blocks('ŁUKASZ name'), [document.blocks[0], document.blocks[2], document.blocks[3]]);
  assert.deepEqual(blocks('second'), [document.blocks[0], document.blocks[7], document.blocks[8]]);
  const [, , games] = blocks('games');
  assert.equal(games?.kind === 'table' && games.rows.length, 1);
  assert.deepEqual(blocks('no such word'), []);
});

test('any text at all becomes a PDF and a Word file', async () => {
  const words = fc.string({ unit: 'binary', maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(words, words, async (a, b) => {
      const blocks = [
        heading(2, a || 'x', 'id'),
        paragraph(b, { id: a, number: '1' }),
        list([a]),
        table(b, ['h'], [[a]]),
      ];
      const model = { ...document, title: a, blocks };
      assert.equal((await renderPdf(model, AT)).subarray(0, 5).toString(), '%PDF-');
      const xml = readZip(await renderDocx(model)).get('word/document.xml') ?? '';
      assert.match(xml, /^<\?xml[^<]*<w:document/);
      assert.doesNotMatch(xml, /[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/u);
    }),
    { numRuns: 15 },
  );
});
