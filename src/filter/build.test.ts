import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildIndex, loadIndex } from './index.ts';
import { compile, mapping, SEED, taxonomy, tempFolder, writeLists } from './test-lists.ts';

test('the report counts what was taken, refused, left out on purpose and unmapped', async (t) => {
  const lists = writeLists(tempFolder(t), {
    'games/domains': [
      'a.example',
      'a.example',
      'b.example',
      'com',
      'what is this',
      '!!!',
      'still junk',
      '1.2.3',
      'and more junk',
      'junk again',
    ],
    'porn/domains': ['a.example'],
    'porn/urls': ['a.example/x', 'a.example/X/'],
    'whitelist/domains': ['c.example'],
    'unheard-of/domains': ['d.example'],
    'unheard-of/urls': ['d.example/x'],
  });
  const progress: string[] = [];
  const report = await buildIndex(
    [{ name: 'test', kind: 'folder', path: lists }],
    taxonomy,
    mapping,
    join(lists, 'index'),
    {
      onProgress: ({ list, names }) => progress.push(`${list} ${names}`),
    },
  );
  assert.equal(report.domains, 2);
  assert.equal(report.urls, 1);
  assert.deepEqual(report.perSource, [
    {
      source: 'test',
      domains: 4,
      urls: 2,
      refused: 6,
      ignored: ['whitelist'],
      outweighed: {},
      suffixes: [],
      contradicting: [],
    },
  ]);
  assert.deepEqual(report.perCategory, { games: 2, pornography: 2 });
  assert.deepEqual(report.unmapped, [{ source: 'test', outside: 'unheard-of' }]);
  assert.equal(report.refused.length, 1);
  assert.equal(report.refused[0]?.list, 'test: games/domains');
  assert.deepEqual(report.refused[0]?.reasons, {
    'only one label': 1,
    'more than one name and no address before them': 4,
    'not a host name': 1,
  });
  assert.deepEqual(report.refused[0]?.examples[0], { number: 4, line: 'com', why: 'only one label' });
  assert.equal(report.refused[0]?.examples.length, 5);
  assert.ok(progress.includes('test: games/domains 2'));
  const index = loadIndex(join(lists, 'index'));
  for (const host of ['c.example', 'd.example']) assert.equal(index.find(host), 0);
});

test('a list of illegal content shows no line, not even a refused one', async (t) => {
  const { report } = await compile(t, { 'child-abuse/domains': ['illegal name here', 'com'] });
  assert.deepEqual(report.refused, [
    {
      list: 'test: child-abuse/domains',
      reasons: { 'more than one name and no address before them': 1, 'only one label': 1 },
      examples: [],
    },
  ]);
});

test('names are in the index only as hashes', async (t) => {
  const { file } = await compile(t, {
    'child-abuse/domains': ['secret-name.example'],
    'games/urls': ['play.example/secret-path'],
  });
  const bytes = readFileSync(file, 'latin1');
  assert.ok(!bytes.includes('secret') && !bytes.includes('play.example'));
});

test('the version is the file’s SHA-256; same lists and seed give the same, another seed another', async (t) => {
  const lists = { 'games/domains': ['a.example', 'b.example'], 'news/domains': ['b.example'] };
  const one = await compile(t, lists);
  const two = await compile(t, lists);
  assert.equal(one.report.version, createHash('sha256').update(readFileSync(one.file)).digest('hex'));
  assert.equal(one.index.version, one.report.version);
  assert.equal(two.report.version, one.report.version);
  const other = await buildIndex(one.sources, taxonomy, mapping, one.file, { seed: [SEED[0], SEED[1] + 1] });
  assert.notEqual(other.version, one.report.version);
  const index = loadIndex(one.file);
  assert.deepEqual(index.categoriesOf(index.find('b.example')), ['games', 'news']);
});

test('no lists at all make an index that lists nothing', async (t) => {
  const file = join(tempFolder(t), 'index');
  const report = await buildIndex([], taxonomy, mapping, file);
  assert.equal(report.domains, 0);
  assert.equal(loadIndex(file).find('a.example'), 0);
});
