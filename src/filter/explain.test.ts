import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { explainHost, type Source } from './index.ts';
import { mapping, taxonomy, tempFolder, writeLists } from './test-lists.ts';

test('every line that speaks of a host is shown with its list, and no other', async (t) => {
  const folder = writeLists(tempFolder(t), {
    'ut1/jeux/domains': ['play.example'],
    'ut1/drogue/domains': ['xplay.example', 'play.example.org', 'PLAY.example.', 'www.play.example'],
    'ut1/special/domains': ['play.example'],
    'ut1/games/urls': ['play.example/Chess', 'play.example/cards', 'play.example/chessboard'],
    'hosts.txt': ['0.0.0.0 a.example play.example # play.example', '# play.example'],
  });
  const sources: Source[] = [
    { name: 'ut1', kind: 'folder', path: join(folder, 'ut1') },
    { name: 'other', kind: 'file', path: join(folder, 'hosts.txt'), category: 'gambling' },
  ];
  const lines = (await explainHost(sources, taxonomy, mapping, 'www.play.example', '/chess/1')).matches.map(
    (m) => `${m.source} ${m.outsideCategory} ${m.category} ${m.listed}`,
  );
  assert.deepEqual(lines.sort(), [
    'other gambling gambling play.example',
    'ut1 drogue drugs play.example',
    'ut1 drogue drugs www.play.example',
    'ut1 games games play.example/chess',
    'ut1 jeux null play.example',
    'ut1 special null play.example',
  ]);
  assert.equal((await explainHost(sources, taxonomy, mapping, 'lay.example')).matches.length, 0);
});

test('names in other scripts and addresses are explained too', async (t) => {
  const folder = writeLists(tempFolder(t), { 'games/domains': ['Bücher.example', '192.0.2.7', '2.7.example'] });
  const sources: Source[] = [{ name: 'test', kind: 'folder', path: folder }];
  const listed = async (host: string) =>
    (await explainHost(sources, taxonomy, mapping, host)).matches.map((m) => m.listed);
  assert.deepEqual(await listed('xn--bcher-kva.example'), ['xn--bcher-kva.example']);
  assert.deepEqual(await listed('192.0.2.7'), ['192.0.2.7']);
  assert.deepEqual(await listed('1.192.0.2.7'), []);
});
