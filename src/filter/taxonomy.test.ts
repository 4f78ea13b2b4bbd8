import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parseLine } from './formats.ts';
import { loadMapping, mappingErrors } from './mapping.ts';
import { HEADINGS, loadTaxonomy, taxonomyErrors } from './taxonomy.ts';
import { compile, mapping, taxonomy, tempFolder, writeLists } from './test-lists.ts';

const STARTER = fileURLToPath(new URL('../../lists/starter', import.meta.url));
const { categories, byId } = taxonomy;

/** The sub-classes the catalogue names in each row. */
const SUB_CLASSES = {
  'RSK-01': ['pornography', 'self-harm', 'hate', 'fake-news', 'extremism', 'child-abuse', 'terrorism'],
  'RSK-02': ['grooming', 'chat', 'social-media'],
  'RSK-03': ['intimate-images', 'bullying'],
  'RSK-04': ['gambling', 'advertising', 'phishing', 'scams'],
} as const;

test('the sub-classes that the catalogue names in each class of risk are filter categories of that class', () => {
  for (const [row, ids] of Object.entries(SUB_CLASSES)) for (const id of ids) assert.equal(byId.get(id)?.risk, row, id);
});

test('a category without a risk class is neutral, positive, technical or help, and says no heading', () => {
  for (const c of categories) {
    if (c.risk === null) assert.equal(c.heading, null, c.id);
    if (c.nature === 'positive' || c.nature === 'help') assert.equal(c.risk, null, c.id);
    if (c.heading !== null) assert.ok(c.nature === 'ordinary' || c.nature === 'illegal', c.id);
  }
});

test('every heading of appropriate filtering has a category', () => {
  for (const heading of HEADINGS)
    assert.ok(
      categories.some((c) => c.heading === heading),
      heading,
    );
});

test('every user-action row that speaks of places on the web has a category, and no other row does', () => {
  const rows = new Set(categories.flatMap((c) => c.uar));
  const wanted = [3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25].map(
    (n) => `UAR-${String(n).padStart(2, '0')}`,
  );
  assert.deepEqual([...rows].sort(), wanted);
});

test('the shipped starter lists cover every category, without a refused line or an unmapped name', async (t) => {
  const { index, report } = await compile(t, [{ name: 'starter', kind: 'folder', path: STARTER, own: true }]);
  assert.deepEqual(report.refused, []);
  assert.deepEqual(report.unmapped, []);
  assert.deepEqual(readdirSync(STARTER).sort(), categories.map((c) => c.id).sort());
  for (const c of categories) {
    assert.deepEqual(index.categoriesOf(index.find(`${c.id}.gatehouse-test.example`)), [c.id]);
    assert.ok(c.id in report.perCategory);
  }
});

test('no real address stands in the starter lists where an address itself would do harm', () => {
  for (const id of [
    'child-abuse',
    'terrorism',
    'extreme-pornography',
    'extremism',
    'grooming',
    'self-harm',
    'eating-disorders',
    'intimate-images',
    'stalkerware',
  ]) {
    assert.deepEqual(readdirSync(join(STARTER, id)), ['domains']);
    assert.equal(readFileSync(join(STARTER, id, 'domains'), 'utf8'), `${id}.gatehouse-test.example\n`);
  }
});

test('crisis and help services are in no starter list that could speak against them', async (t) => {
  const { index } = await compile(t, [{ name: 'starter', kind: 'folder', path: STARTER, own: true }]);
  const lines = readFileSync(join(STARTER, 'help/domains'), 'utf8').trim().split('\n');
  for (const host of ['childline.org.uk', 'samaritans.org', 'nspcc.org.uk', 'report.iwf.org.uk', 'talktofrank.com'])
    assert.ok(lines.includes(host), host);
  for (const line of lines) {
    assert.equal(
      parseLine(line, () => {}),
      null,
    );
    for (const id of index.categoriesOf(index.find(line)))
      assert.ok(['help', 'positive'].includes(byId.get(id)?.nature ?? ''), `${line}: ${id}`);
  }
});

test('an outside name is looked up under its source, then under *, then in the taxonomy', () => {
  assert.equal(mapping.resolve('blocklistproject', 'crypto'), 'cryptojacking');
  assert.equal(mapping.resolve('another', 'crypto'), 'crypto-currency');
  assert.equal(mapping.resolve('UT1', 'Drogue'), 'drugs');
  assert.equal(mapping.resolve('another', 'gambling'), 'gambling');
  assert.equal(mapping.resolve('ut1', 'examen_pix'), null);
  for (const name of ['never-heard-of', '__proto__', 'constructor'])
    assert.equal(mapping.resolve('ut1', name), undefined);
});

test('a mistake in the taxonomy or in the mapping is named exactly', (t) => {
  const good = {
    id: 'games',
    name: 'Games',
    about: 'Games.',
    risk: 'RSK-03',
    heading: null,
    uar: ['UAR-19'],
    nature: 'ordinary',
  };
  const errors = (change: object) => taxonomyErrors({ categories: [{ ...good, ...change }], vouching: [], urgent: [] });
  assert.deepEqual(errors({}), []);
  assert.deepEqual(errors({ risk: 'RSK-09' }), [
    'category "games": "risk" must be RSK-01, RSK-02, RSK-03, RSK-04 or null',
  ]);
  assert.deepEqual(errors({ nature: 'bad' }), [
    'category "games": "nature" must be one of: ordinary, illegal, help, positive, technical',
  ]);
  assert.deepEqual(errors({ nature: 'illegal', risk: null }), [
    'category "games": an illegal category needs a risk class',
  ]);
  assert.deepEqual(errors({ extra: 1 }), ['category "games": unknown field "extra"']);
  assert.deepEqual(errors({ uar: ['UAR-1'] }), ['category "games": "uar" must be a list of rows such as UAR-20']);
  assert.deepEqual(taxonomyErrors({ categories: [good, good], vouching: [], urgent: [] }), [
    'category "games": stands twice',
  ]);
  const illegal = { ...good, id: 'worst', nature: 'illegal' };
  assert.deepEqual(taxonomyErrors({ categories: [good, illegal], vouching: ['games', 'worst', 'none'] }), [
    '"vouching": worst is illegal content',
    '"vouching": there is no category "none"',
    '"urgent" must be a list of categories',
  ]);
  assert.deepEqual(taxonomyErrors([]), ['"categories" must be a list of at least one category']);
  assert.deepEqual(mappingErrors({ '*': { porn: 'filth', x: null } }, taxonomy), [
    '"*" → "porn": there is no category "filth"',
  ]);
  assert.deepEqual(mappingErrors({ ut1: [] }, taxonomy), ['"ut1" must be an object: outside name → category or null']);

  const folder = writeLists(tempFolder(t), { 'taxonomy.json': '{ "categories": [ {} ] }', 'mapping.json': 'not JSON' });
  assert.throws(() => loadTaxonomy(join(folder, 'taxonomy.json')), { code: 'filter.taxonomy.invalid' });
  assert.throws(() => loadTaxonomy(join(folder, 'none.json')), { code: 'filter.taxonomy.unreadable' });
  assert.throws(() => loadMapping(taxonomy, join(folder, 'mapping.json')), { code: 'filter.mapping.unreadable' });
});

test('no document can break the checks', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      assert.ok(Array.isArray(taxonomyErrors(json)) && Array.isArray(taxonomyErrors({ categories: [json] })));
      assert.ok(Array.isArray(mappingErrors(json, taxonomy)) && Array.isArray(mappingErrors({ '*': json }, taxonomy)));
    }),
  );
});
