import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { explainHost, type Source } from './index.ts';
import { compile, mapping, taxonomy, tempFolder, writeLists } from './test-lists.ts';

/** Our own list and one of somebody else's, which errs. */
function sources(t: TestContext, theirs: Readonly<Record<string, readonly string[]>>): Source[] {
  const folder = tempFolder(t);
  const ours = {
    'search-engines/domains': ['www.find.example', 'find.example'],
    'education/domains': ['books.example', 'learn.portal.example'],
    'social-media/domains': ['books.example', 'faces.example'],
    'help/domains': ['help.example'],
  };
  return [
    { name: 'ours', kind: 'folder', path: writeLists(join(folder, 'ours'), ours), own: true },
    { name: 'theirs', kind: 'folder', path: writeLists(join(folder, 'theirs'), theirs) },
  ];
}

test('what another list says against our own word for a site is not taken, and is reported', async (t) => {
  const from = sources(t, {
    'porn/domains': ['find.example', 'www.books.example', 'portal.example', 'help.example', 'real.example'],
    'piracy/domains': ['books.example', 'pirates.books.example'],
    'porn/urls': ['books.example/backroom'],
  });
  const { index, report } = await compile(t, from);
  const said = (host: string) => index.categoriesOf(index.find(host));
  assert.deepEqual(said('find.example'), ['search-engines']);
  assert.deepEqual(said('www.books.example').toSorted(), ['education', 'social-media']);
  assert.deepEqual(said('portal.example'), [], 'a parent would drag our name along');
  assert.deepEqual(said('learn.portal.example'), ['education']);
  assert.deepEqual(said('help.example'), ['help']);
  assert.deepEqual(said('real.example'), ['pornography']);
  assert.ok(said('pirates.books.example').includes('piracy'), 'a name below ours may be what they say');
  assert.ok(index.categoriesOf(index.findUrl('books.example', '/backroom')).includes('pornography'));
  const theirs = report.perSource[1];
  assert.equal(theirs?.domains, 2);
  assert.deepEqual(theirs?.contradicting.map((c) => `${c.name} ${c.category}`).toSorted(), [
    'books.example piracy',
    'find.example pornography',
    'help.example pornography',
    'portal.example pornography',
    'www.books.example pornography',
  ]);
});

test('where our own list says the same, good, or nothing that vouches, nothing is overruled', async (t) => {
  const from = sources(t, {
    'search-engines/domains': ['find.example'],
    'libraries/domains': ['find.example'],
    'social-media/domains': ['books.example'],
    'porn/domains': ['faces.example'],
  });
  const { index, report } = await compile(t, from);
  assert.deepEqual(report.perSource[1]?.contradicting, []);
  assert.ok(index.categoriesOf(index.find('faces.example')).includes('pornography'));
  assert.ok(index.categoriesOf(index.find('find.example')).includes('libraries'));
});

test('FIL-02 illegal content is believed of every site on the word of one list', async (t) => {
  const grave = ['child-abuse', 'terrorism', 'extreme-pornography'];
  const from = sources(t, Object.fromEntries(grave.map((c) => [`${c}/domains`, ['find.example', 'portal.example']])));
  const { index } = await compile(t, from);
  for (const host of ['find.example', 'learn.portal.example']) {
    const said = index.categoriesOf(index.find(host));
    assert.deepEqual(
      grave.filter((c) => !said.includes(c)),
      [],
      host,
    );
  }
});

test('FIL-08 malware and phishing are believed at once of any site but those we vouch for, and of those on a second word', async (t) => {
  const lists = { 'malware/domains': ['find.example', 'new.example'], 'phishing/domains': ['learn.portal.example'] };
  const theirs = sources(t, lists);
  const one = await compile(t, theirs);
  assert.deepEqual(one.index.categoriesOf(one.index.find('find.example')), ['search-engines']);
  assert.deepEqual(one.index.categoriesOf(one.index.find('new.example')), ['malware']);
  const others = { name: 'others', kind: 'folder', path: writeLists(join(tempFolder(t), 'others'), lists) } as const;
  const two = await compile(t, [...theirs, others]);
  assert.ok(two.index.categoriesOf(two.index.find('find.example')).includes('malware'));
  assert.ok(two.index.categoriesOf(two.index.find('learn.portal.example')).includes('phishing'));
});

test('only our own lists name help services, since nothing closes those', async (t) => {
  const from = sources(t, { 'help/domains': ['casino.example'], 'gambling/domains': ['casino.example'] });
  const { index, report } = await compile(t, from);
  assert.deepEqual(index.categoriesOf(index.find('casino.example')), ['gambling']);
  assert.deepEqual(report.perSource[1]?.ignored, ['help']);
});

test('whoever asks why a site is open is shown which list was not believed', async (t) => {
  const from = sources(t, { 'porn/domains': ['find.example', 'real.example'], 'help/domains': ['real.example'] });
  const told = async (host: string) =>
    (await explainHost(from, taxonomy, mapping, host)).matches.map((m) => [m.source, m.category, m.contradicts]);
  assert.deepEqual(await told('www.find.example'), [
    ['ours', 'search-engines', false],
    ['ours', 'search-engines', false],
    ['theirs', 'pornography', true],
  ]);
  assert.deepEqual(await told('real.example'), [
    ['theirs', null, false],
    ['theirs', 'pornography', false],
  ]);
});

test('the shipped lists vouch for what schools use every day, and for nothing that is closed to children', () => {
  for (const id of taxonomy.vouching) {
    const category = taxonomy.byId.get(id);
    assert.ok(category?.nature !== 'illegal' && (category?.heading ?? null) === null, id);
  }
  assert.deepEqual([...taxonomy.urgent], ['malware', 'phishing']);
});
