import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { copiesOf, nameFor, needsCategory, readLocation, type SourceRow, sourcesOf } from './sources.rules.ts';
import { testFolder } from './testing.ts';

const row = (r: Partial<SourceRow>): SourceRow => ({
  name: 'mine',
  location: '/nowhere',
  kind: 'folder',
  category: null,
  origin: 'people',
  id: 'source-1',
  digest: null,
  ...r,
});

test('a source is named after its place, so that the mapping knows its words', () => {
  for (const [location, name] of [
    ['/srv/lists/ut1.tar.gz', 'ut1'],
    ['/srv/UT1_2026.tgz', 'ut1-2026'],
    ['/srv/hosts.txt', 'hosts'],
    ['https://lists.example/a/Games.list?x=1', 'games'],
    ['https://lists.example/', 'lists'],
  ] as const) {
    assert.equal(nameFor(location), name);
  }
  fc.assert(fc.property(fc.string(), (text) => /^[a-z0-9-]{1,40}$/.test(nameFor(text))));
});

test('a location is looked at: folder, archive, file or web address, or a refusal that says what is wrong', () => {
  const folder = testFolder({ 'all.tar.gz': '', 'hosts.txt': '' });
  assert.equal(readLocation(folder).kind, 'folder');
  assert.equal(readLocation(` ${join(folder, 'all.tar.gz')} `).kind, 'archive');
  assert.equal(readLocation(join(folder, 'hosts.txt')).kind, 'file');
  assert.equal(readLocation('https://lists.example/all.tar.gz').kind, 'url');
  for (const wrong of ['', '/no/such/place', '/dev/zero', 'https://', 'http://me:secret@lists.example/a']) {
    assert.throws(
      () => readLocation(wrong),
      (e) => e instanceof Refusal && e.fields?.location !== undefined,
      wrong,
    );
  }
});

test('a single list must say what it is, an archive must not', () => {
  assert.equal(needsCategory('file', '/srv/hosts'), true);
  assert.equal(needsCategory('url', 'https://lists.example/hosts'), true);
  assert.equal(needsCategory('url', 'https://lists.example/all.tar.gz'), false);
  assert.equal(needsCategory('folder', '/srv/lists'), false);
});

test('a folder of packages is as many sources, each under its own name', () => {
  const folder = testFolder({ 'ut1.tar.gz': '', 'games-only.tar.gz': '', 'README.md': '' });
  assert.deepEqual(
    copiesOf(row({ location: folder }), folder).map((s) => [s.name, s.kind, basename(s.path)]),
    [
      ['games-only', 'archive', 'games-only.tar.gz'],
      ['ut1', 'archive', 'ut1.tar.gz'],
    ],
  );
  const plain = testFolder({ 'games/domains': 'a.example' });
  assert.deepEqual(copiesOf(row({ location: plain }), plain), [{ name: 'mine', kind: 'folder', path: plain }]);
});

test('a list from the web is read from its version in use, and is none before', () => {
  const url = row({ kind: 'url', location: 'https://lists.example/hosts', category: 'games' });
  const downloads = testFolder({ 'source-1/abc': 'a.example' });
  assert.deepEqual(sourcesOf(url, downloads), []);
  assert.deepEqual(sourcesOf({ ...url, digest: 'gone' }, downloads), []);
  const path = join(downloads, 'source-1/abc');
  const inUse = { ...url, digest: 'abc' };
  assert.deepEqual(sourcesOf(inUse, downloads), [{ name: 'mine', kind: 'file', path, category: 'games' }]);
  const packed = { ...inUse, location: 'https://lists.example/all.tar.gz' };
  assert.deepEqual(sourcesOf(packed, downloads), [{ name: 'mine', kind: 'archive', path }]);
});
