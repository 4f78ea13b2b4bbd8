import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, renderApart, renderBlock } from '#platform/documents/index.ts';
import { SHIPPED_POLICIES } from '#policy/index.ts';
import { SETTINGS } from '#policy/settings.ts';
import { readPdf } from '#testing/pdf.ts';
import { readZip } from '#testing/zip.ts';
import { published } from './fixture.ts';
import { policyDocumentModel } from './policy.model.ts';

const bare = (text: string) => text.replace(/\s/g, '');
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&apos;': "'",
};
const unescaped = (markup: string) => markup.replace(/<[^>]*>/g, '').replace(/&[a-z0-9#]+;/g, (e) => ENTITIES[e] ?? e);

test('GOV-33 page, PDF and Word file of either policy hold every clause, rule, duty, term, outcome and document', async () => {
  for (const id of SHIPPED_POLICIES) {
    const { document: d, ...rest } = published(id);
    const model = policyDocumentModel({ document: d, ...rest });
    const html = bare(unescaped(model.blocks.map(renderBlock).join('')));
    const pdf = readPdf(await renderApart('pdf', model, new Date(0)));
    const docx = bare(unescaped(readZip(await renderApart('docx', model, new Date(0))).get('word/document.xml') ?? ''));
    const said = [
      ...d.clauses.flatMap((c) => [c.text, c.number, c.section]),
      ...d.rules.map((r) => r.name),
      ...d.roles.flatMap((r) => [r.title, ...r.duties]),
      ...d.devices.map((c) => c.name),
      ...d.duties.flatMap((x) => [x.title, x.evidence.text]),
      ...d.agreements.flatMap((a) => [a.title, ...a.terms.map((t) => t.text)]),
      ...d.selfAudit.questions.flatMap((q) => [q.text, q.followUp]),
      ...d.curriculum.map((o) => o.text),
      ...d.training.flatMap((t) => [t.title, t.text]),
      ...d.retention.classes.map((c) => c.name),
      ...d.documents.map((x) => x.title),
      ...d.references.map((r) => r.title),
      ...d.findings.flatMap((f) => [f.title, f.text, f.interim]),
      ...(d.sanctions.pupil.table?.incidents ?? []).filter((i) => i.inPolicy).map((i) => i.name),
      ...SETTINGS.map((s) => s.say(d)),
      d.notice.text,
    ].map(bare);
    assert.ok(said.length > 500, `${said.length} texts`);
    for (const text of said) {
      assert.ok(html.includes(text), `${id} page: ${text}`);
      assert.ok(pdf.text.includes(text), `${id} PDF: ${text}`);
      assert.ok(docx.includes(text), `${id} Word: ${text}`);
    }
    assert.equal(
      pdf.tags.filter((t) => t.type === 'Table').length,
      model.blocks.filter((b) => b.kind === 'table').length,
    );
    assert.ok(pdf.bookmarks.length > 30 && pdf.tags.some((t) => t.type === 'H3'));
  }
});

test('matrices read as words: no code of the document is shown to people', () => {
  for (const id of SHIPPED_POLICIES) {
    const model = policyDocumentModel(published(id));
    const cells = model.blocks.flatMap((b) => (b.kind === 'table' ? b.rows.flat().map(plain) : []));
    for (const cell of cells) {
      assert.doesNotMatch(
        cell,
        /not-allowed|not-available|INTERNET_ONLY|half-term|academic-year|\bundefined\b|\bnull\b|\bNaN\b|\[object/,
      );
    }
  }
});

test('what nobody has confirmed is marked so in either policy, and nothing else is', () => {
  for (const id of SHIPPED_POLICIES) {
    const published_ = published(id);
    const { rules, devices } = published_.document;
    const rows = policyDocumentModel(published_).blocks.flatMap((b) => (b.kind === 'table' ? b.rows : []));
    for (const { name, cells } of rules) {
      const row = rows.find((r) => plain(r[0] ?? '').startsWith(name));
      const marked = row?.filter((c) => plain(c).includes('to be confirmed')).length;
      assert.equal(marked, Object.values(cells).filter((c) => c.unconfirmed).length, `${id} ${name}`);
    }
    const unsure = rows.filter((r) => devices.some((d) => d.unconfirmed && plain(r[0] ?? '').startsWith(d.name)));
    assert.ok(unsure.every((r) => r.some((c) => plain(c).includes('to be confirmed'))));
  }
});

test('every link within the document leads to something in it', () => {
  for (const id of SHIPPED_POLICIES) {
    const html = policyDocumentModel(published(id)).blocks.map(renderBlock).join('');
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]);
    assert.equal(new Set(ids).size, ids.length);
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map((m) => m[1]);
    assert.ok(links.length > 300);
    assert.deepEqual(
      links.filter((l) => !ids.includes(l)),
      [],
    );
  }
});

test('who holds a role stands there only for readers who may know', () => {
  const holders = new Map([
    ['dsl', ['Dina Sharp', 'Dev Mistry (deputy)']],
    ['head', []],
  ]);
  const text = (held: typeof holders | null) =>
    policyDocumentModel({ ...published('secondary-school'), holders: held })
      .blocks.map((b) => ('text' in b ? plain(b.text) : ''))
      .join('\n');
  assert.match(text(holders), /Held by Dina Sharp and Dev Mistry \(deputy\)\.[\s\S]*Held by nobody yet\./);
  assert.doesNotMatch(text(null), /Dina|nobody yet/);
});
