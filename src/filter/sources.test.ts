import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { Refusal } from '#core/errors.ts';
import { buildIndex, type Source } from './index.ts';
import { listFiles } from './sources.ts';
import { compile, mapping, taxonomy, tempFolder, writeLists } from './test-lists.ts';

const LISTS = {
  'games/domains': 'a.example\nb.example\n',
  'games/urls': 'c.example/play\n',
  'gambling/domains': '0.0.0.0 d.example\n',
  'gambling/usage': 'not.a.list.example\n',
};

async function tarGz(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

async function archive(t: TestContext, prefix: string): Promise<Source> {
  const path = join(tempFolder(t), 'lists.tar.gz');
  const files = Object.fromEntries(Object.entries(LISTS).map(([name, content]) => [prefix + name, content]));
  writeFileSync(path, await tarGz(files));
  return { name: 'test', kind: 'archive', path };
}

test('a folder and an archive of the same lists give the same index, with or without a leading folder', async (t) => {
  const layouts: Source[] = [
    { name: 'test', kind: 'folder', path: writeLists(tempFolder(t), LISTS) },
    {
      name: 'test',
      kind: 'folder',
      path: join(
        writeLists(tempFolder(t), Object.fromEntries(Object.entries(LISTS).map(([n, c]) => [`blacklists/${n}`, c]))),
      ),
    },
    await archive(t, ''),
    await archive(t, './'),
    await archive(t, 'blacklists/'),
  ];
  for (const layout of layouts) {
    const { index, report } = await compile(t, [layout]);
    assert.deepEqual(
      ['a.example', 'www.b.example', 'd.example', 'c.example', 'not.a.list.example'].map((host) =>
        index.categoriesOf(index.find(host)),
      ),
      [['games'], ['games'], ['gambling'], [], []],
    );
    assert.deepEqual(index.categoriesOf(index.findUrl('c.example', '/play/now')), ['games']);
    assert.deepEqual(report.perSource, [
      { source: 'test', domains: 3, urls: 1, refused: 0, ignored: [], outweighed: {}, suffixes: [], contradicting: [] },
    ]);
  }
});

test('a single file stands for the category it is said to', async (t) => {
  const folder = writeLists(tempFolder(t), {
    'hosts.txt': '127.0.0.1 localhost\n0.0.0.0 a.example b.example\n',
    'plain.txt': 'c.example\n',
  });
  const { index } = await compile(t, [
    { name: 'one', kind: 'file', path: join(folder, 'hosts.txt'), category: 'porn' },
    { name: 'two', kind: 'file', path: join(folder, 'plain.txt'), category: 'news' },
  ]);
  assert.deepEqual(
    ['a.example', 'b.example', 'c.example', 'localhost'].map((h) => index.categoriesOf(index.find(h))[0]),
    ['pornography', 'pornography', 'news', undefined],
  );
});

test('a source that cannot be read stops the build with one clear sentence, and the index in use stays', async (t) => {
  const folder = tempFolder(t);
  const good = await tarGz(LISTS);
  const plainFile = join(writeLists(folder, { 'plain.txt': 'a.example\n', 'empty/readme': 'nothing' }), 'plain.txt');
  const cut = join(folder, 'cut.tar.gz');
  writeFileSync(cut, good);
  truncateSync(cut, good.length - 20);
  const shortTar = join(folder, 'short.tar.gz');
  writeFileSync(shortTar, gzipSync(Buffer.concat([Buffer.from('games/domains'), Buffer.alloc(700)])));
  const out = join(folder, 'index');
  writeFileSync(out, 'the index in use');
  for (const [source, words] of [
    [{ kind: 'folder', path: join(folder, 'none') }, /it is not there/],
    [{ kind: 'archive', path: join(folder, 'none.tar.gz') }, /it is not there/],
    [{ kind: 'file', path: join(folder, 'none.txt'), category: 'games' }, /it is not there/],
    [{ kind: 'file', path: plainFile }, /which category/],
    [{ kind: 'file', path: folder, category: 'games' }, /it is a folder/],
    [{ kind: 'folder', path: plainFile }, /it is a file/],
    [{ kind: 'folder', path: join(folder, 'empty') }, /holds no list/],
    [{ kind: 'archive', path: plainFile }, /damaged, or no \.tar\.gz/],
    [{ kind: 'archive', path: cut }, /ends too early/],
    [{ kind: 'archive', path: shortTar }, /cannot be read/],
  ] as const) {
    await assert.rejects(buildIndex([{ name: 'bad', ...source }], taxonomy, mapping, out), (e) => {
      assert.ok(e instanceof Refusal, String(e));
      assert.equal(e.code, 'filter.source.unreadable');
      assert.match(e.message, words);
      return true;
    });
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('draft')),
    [],
  );
});

test('no damage to an archive does more than refuse it', async (t) => {
  const folder = tempFolder(t);
  const good = await tarGz(LISTS);
  const path = join(folder, 'lists.tar.gz');
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(40), async (at, xor, cut) => {
      const bad = Buffer.from(good.subarray(0, good.length - cut));
      if (at < bad.length) bad[at]! ^= xor;
      writeFileSync(path, bad);
      await buildIndex([{ name: 'bad', kind: 'archive', path }], taxonomy, mapping, join(folder, 'index')).catch((e) =>
        assert.ok(e instanceof Refusal, String(e)),
      );
    }),
    { numRuns: 100 },
  );
});

test('an archive that unpacks without end is stopped, and folders are walked no deeper than lists lie', async (t) => {
  const path = join(tempFolder(t), 'bomb.tar.gz');
  writeFileSync(path, await tarGz({ 'games/readme': 'x'.repeat(100_000), 'games/domains': 'a.example\n' }));
  const read = async (source: Source, most?: number) => {
    const found: string[] = [];
    for await (const list of listFiles(source, most)) {
      found.push(list.outside);
      for await (const _ of list.chunks);
    }
    return found;
  };
  const bomb: Source = { name: 'bomb', kind: 'archive', path };
  await assert.rejects(read(bomb, 50_000), /"bomb" .*unpacks to more than any list holds/);
  assert.deepEqual(await read(bomb, 200_000), ['games']);
  const deep = writeLists(tempFolder(t), { 'a/b/domains': 'a.example\n', 'a/b/c/d/domains': 'b.example\n' });
  assert.deepEqual(await read({ name: 'deep', kind: 'folder', path: deep }), ['b']);
});
