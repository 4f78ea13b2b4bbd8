import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import { type DownloadLimits, download } from './download.ts';
import { testFolder } from './testing.ts';

const limits: DownloadLimits = { bytes: 1000, ms: 700, redirects: 3 };
const fine = async () => undefined;
const here = new Reach(['127.0.0.0/8']);

/** A web server that answers so, for as long as `work` takes. */
async function serving<T>(answer: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a list is fetched, through a few redirects', () =>
  serving(
    (request, response) => {
      if (request.url === '/list') response.end('a.example\n');
      else response.writeHead(302, { location: request.url === '/1' ? '/2' : '/list' }).end();
    },
    async (url) => {
      const file = join(testFolder(), 'sub', 'list');
      await download(`${url}/1`, file, fine, here, limits);
      assert.equal(readFileSync(file, 'utf8'), 'a.example\n');
    },
  ));

const WRONG: readonly (readonly [string, RequestListener, RegExp])[] = [
  ['redirects without end', (_q, r) => r.writeHead(302, { location: '/again' }).end(), /without end/],
  [
    'a redirect away from the web',
    (_q, r) => r.writeHead(302, { location: 'file:///etc/hosts' }).end(),
    /no web address/,
  ],
  ['an error', (_q, r) => r.writeHead(503).end('busy'), /answered 503/],
  ['an empty file', (_q, r) => r.end(), /empty file/],
  [
    'more than is said to be allowed',
    (_q, r) => r.writeHead(200, { 'content-length': '5000' }).end('x'.repeat(5000)),
    /larger/,
  ],
  [
    'more than is allowed, without saying',
    (_q, r) => {
      r.write('x'.repeat(900));
      r.end('y'.repeat(900));
    },
    /larger/,
  ],
  [
    'half a file',
    (_q, r) => void r.writeHead(200, { 'content-length': '500' }).write('x', () => r.destroy()),
    /could not be fetched/,
  ],
  ['nothing, for too long', (_q, r) => void r.writeHead(200).write('x'), /did not come within/],
];

for (const [what, answer, words] of WRONG) {
  test(`when the server sends ${what}, the last good copy stays and the sentence says why`, () =>
    serving(answer, async (url) => {
      const folder = testFolder({ list: 'good.example\n' });
      const file = join(folder, 'list');
      await assert.rejects(
        download(url, file, fine, here, limits),
        (e) => e instanceof Refusal && words.test(e.message),
      );
      assert.equal(readFileSync(file, 'utf8'), 'good.example\n');
      assert.deepEqual(readdirSync(folder), ['list']);
    }));
}

test('a copy that does not pass its check does not replace the good one', () =>
  serving(
    (_request, response) => response.end('<html>'),
    async (url) => {
      const file = join(testFolder(), 'list');
      writeFileSync(file, 'good.example\n');
      const check = () => Promise.reject(new Refusal('invalid', 'lists.empty', 'It is no list.'));
      await assert.rejects(download(url, file, check, here, limits), /no list/);
      assert.equal(readFileSync(file, 'utf8'), 'good.example\n');
    },
  ));

test('no list source leads into the school’s own network, neither at once nor by a redirect or a name', async () => {
  const asked: string[] = [];
  await serving(
    (request, response) => {
      asked.push(`${request.headers.host}${request.url}`);
      if (request.url?.startsWith('/to/')) response.writeHead(302, { location: request.url.slice(4) }).end();
      else response.end('secret.example\n');
    },
    async (url) => {
      const { port } = new URL(url);
      const file = join(testFolder(), 'list');
      const walls = async (from: string, reach: Reach) =>
        assert.rejects(download(from, file, fine, reach, limits), /lies in a private network/, from);
      const nowhere = new Reach([]);
      for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433'])
        await walls(`http://${host}:${port}/`, nowhere);
      await walls('http://169.254.169.254/latest/meta-data', nowhere);
      assert.deepEqual(asked, [], 'nothing was even asked');
      // A public server that sends on to a private one: here 127.0.0.1 plays the public one.
      const onlyHere = new Reach(['127.0.0.1/32']);
      await walls(`${url}/to/http://127.0.0.2:${port}/`, onlyHere);
      await walls(`${url}/to/http://10.0.0.1/`, onlyHere);
      assert.equal(asked.length, 2, 'only the redirects were');
    },
  );
});
