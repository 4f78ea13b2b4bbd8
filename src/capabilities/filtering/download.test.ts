import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Refusal } from '#core/errors.ts';
import { Reach } from '#core/reach.ts';
import { type DownloadLimits, download, type Wanted } from './download.ts';
import { newKey, signed, testFolder } from './testing.ts';

const limits: DownloadLimits = { bytes: 1000, ms: 700, redirects: 3, idleMs: 5000, leastRate: 0 };
const fine = async () => undefined;
const at = (...urls: string[]): Wanted => ({ urls });
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
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
      const copy = await download(at(`${url}/1`), file, fine, here, limits);
      assert.equal(readFileSync(file, 'utf8'), 'a.example\n');
      assert.equal(copy?.digest, sha256('a.example\n'));
      assert.equal(copy.bytes, 10);
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
  [
    'a web page as if it were a list',
    (_q, r) => r.writeHead(200, { 'content-type': 'text/plain' }).end('\n<!DOCTYPE html><p>a.example</p>'),
    /web page instead/,
  ],
  ['what is packed unasked', (_q, r) => r.writeHead(200, { 'content-encoding': 'br' }).end('x'), /nobody asked for/],
  ['that nothing is new to somebody who has nothing', (_q, r) => r.writeHead(304).end(), /answered 304/],
  [
    'line after line without end',
    (_q, r) => {
      const timer = setInterval(() => r.write('a.example\n'), 5);
      r.on('close', () => clearInterval(timer));
    },
    /larger|did not come within/,
  ],
  ['nothing, for too long', (_q, r) => void r.writeHead(200).write('x'), /did not come within/],
];

for (const [what, answer, words] of WRONG) {
  test(`when the server sends ${what}, nothing is left behind and the sentence says why`, () =>
    serving(answer, async (url) => {
      const folder = testFolder();
      await assert.rejects(
        download(at(url), join(folder, 'list'), fine, here, limits),
        (e) => e instanceof Refusal && words.test(e.message),
      );
      assert.deepEqual(readdirSync(folder), []);
    }));
}

test('of several addresses the first good one is taken, and when none is, each says why', () =>
  serving(
    (request, response) => {
      if (request.url === '/good') response.end('a.example\n');
      else response.writeHead(500).end();
    },
    async (url) => {
      const file = join(testFolder(), 'list');
      const copy = await download(at(`${url}/bad`, 'http://10.0.0.1/', `${url}/good`), file, fine, here, limits);
      assert.equal(copy?.from, `${url}/good`);
      await assert.rejects(
        download(at(`${url}/bad`, 'http://10.0.0.1/'), file, fine, here, limits),
        /answered 500\. 10\.0\.0\.1: .*private network/,
      );
      const check = async (draft: string) => {
        if (readFileSync(draft, 'utf8').includes('a.example')) throw new Refusal('invalid', 'x', 'It is no list.');
      };
      await assert.rejects(download(at(`${url}/good`), file, check, here, limits), /no list/);
    },
  ));

test('only the server that gave a copy is asked whether it is still the newest', () => {
  const asked: (string | undefined)[] = [];
  return serving(
    (request, response) => {
      asked.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"1"' }).end('a.example\n');
    },
    async (url) => {
      const file = join(testFolder(), 'list');
      const copy = await download(at(url), file, fine, here, limits);
      const seen = { from: url, etag: copy?.etag ?? null, lastModified: null };
      assert.equal(await download({ ...at(url), seen }, file, fine, here, limits), null);
      assert.notEqual(await download({ ...at(`${url}/mirror`), seen }, file, fine, here, limits), null);
      assert.deepEqual(asked, [undefined, '"1"', undefined]);
    },
  );
});

test('a list packed by itself is unpacked, and refused when it ends too early or is damaged', async () => {
  const packed = gzipSync('a.example\n'.repeat(500));
  const damaged = Buffer.from(packed);
  damaged[20]! ^= 255;
  const answers: Record<string, Buffer> = { '/a.gz': packed, '/b.gz': packed.subarray(0, -9), '/c.gz': damaged };
  await serving(
    (request, response) => response.end(answers[request.url ?? '']),
    async (url) => {
      const folder = testFolder();
      const file = join(folder, 'list');
      const copy = await download({ ...at(`${url}/a.gz`), checksum: sha256(packed) }, file, fine, here, limits);
      assert.equal(copy?.digest, sha256(packed));
      assert.equal(readFileSync(file, 'utf8').length, 5000);
      await assert.rejects(download(at(`${url}/b.gz`), file, fine, here, limits), /ended before it was whole/);
      await assert.rejects(download(at(`${url}/c.gz`), file, fine, here, limits), /damaged/);
      assert.deepEqual(readdirSync(folder), []);
    },
  );
});

test('a checksum that stands beside the list, or is given, must be the one of what came', async () => {
  const list = 'a.example\n';
  await serving(
    (request, response) => {
      if (request.url === '/good.sha256') response.end(`${sha256(list)}  good\n`);
      else if (request.url === '/bad.sha256') response.end(`${sha256('other')}  bad\n`);
      else if (request.url?.endsWith('.sha256')) response.writeHead(404).end();
      else response.end(list);
    },
    async (url) => {
      const file = join(testFolder(), 'list');
      const get = (path: string, checksum: string) =>
        download({ ...at(`${url}/${path}`), checksum }, file, fine, here, limits);
      assert.ok(await get('good', 'beside'));
      assert.ok(await get('good', sha256(list)));
      await assert.rejects(get('bad', 'beside'), /checksum is not the one/);
      await assert.rejects(get('good', sha256('other')), /checksum is not the one/);
      await assert.rejects(get('nothing', 'beside'), /Nothing that proves it .* answered 404/);
    },
  );
});

test('what opens one server is not shown to another that it sends on to', async () => {
  const shown: (string | undefined)[] = [];
  await serving(
    (request, response) => {
      shown.push(request.headers.authorization);
      response.end('a.example\n');
    },
    (other) =>
      serving(
        (request, response) => {
          shown.push(request.headers.authorization);
          response.writeHead(302, { location: request.url === '/1' ? '/2' : other }).end();
        },
        async (url) => {
          const wanted = { ...at(`${url}/1`), authorization: 'Bearer made-up' };
          await download(wanted, join(testFolder(), 'list'), fine, here, limits);
          assert.deepEqual(shown, ['Bearer made-up', 'Bearer made-up', undefined]);
        },
      ),
  );
});

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
        assert.rejects(download(at(from), file, fine, reach, limits), /lies in a private network/, from);
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

test('a server that sends a byte now and then, or nothing, is left before it has kept all lists waiting', async () => {
  const patient: DownloadLimits = { ...limits, ms: 60_000, idleMs: 200, leastRate: 1000 };
  const drips: RequestListener = (_q, r) => {
    r.writeHead(200, { 'content-length': '900' });
    const timer = setInterval(() => r.write('a'), 40);
    r.on('close', () => clearInterval(timer));
  };
  const answers: readonly RequestListener[] = [
    drips,
    (_q, r) => void r.writeHead(200, { 'content-length': '900' }).write('a.example'),
    () => undefined,
  ];
  for (const answer of answers) {
    await serving(answer, async (url) => {
      const folder = testFolder();
      const began = performance.now();
      await assert.rejects(
        download(at(url), join(folder, 'list'), fine, here, patient),
        (e) => e instanceof Refusal && /so slowly that it never ends/.test(e.message),
      );
      assert.ok(performance.now() - began < 5000);
      assert.deepEqual(readdirSync(folder), []);
    });
  }
});

test('a list with a signature is taken only when it is signed with that very key, whatever else stands beside it', () => {
  const one = newKey();
  const list = 'a.example\n';
  const beside = new Map<string, string>();
  return serving(
    ({ url = '' }, r) => {
      const body = url === '/list' ? list : beside.get(url);
      if (body === undefined) r.writeHead(404).end();
      else r.end(body);
    },
    async (url) => {
      const take = () =>
        download({ ...at(`${url}/list`), publicKey: one.text }, join(testFolder(), 'l'), fine, here, limits);
      const refused = (words: RegExp) => assert.rejects(take(), (e) => e instanceof Refusal && words.test(e.message));
      await refused(/Nothing that proves it/);
      beside.set('/list.minisig', signed(newKey(), Buffer.from(list), 'ED'));
      await refused(/another key/);
      beside.set('/list.minisig', signed(one, Buffer.from('b.example\n'), 'ED'));
      await refused(/not right/);
      beside.set('/list.minisig', '<html>signed</html>');
      await refused(/./);
      beside.set('/list.minisig', 'x'.repeat(20_000));
      await refused(/too long/);
      beside.set('/list.minisig', signed(one, Buffer.from(list), 'ED'));
      assert.equal((await take())?.bytes, list.length);
    },
  );
});
