import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { safetyFor, shippedPolicy } from '#policy/index.ts';
import { filtered } from '../testing.ts';
import { basic, exchangeRaw, get, origin, type Scene, scene } from './testing.ts';

const PROGRAM = Buffer.concat([Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), Buffer.alloc(200_000, 7)]);
const CLAUSE = 'filtering.gambling'; // the one clause that the test page knows
const refusing = (made: Scene, ...groups: string[]): void => {
  const refusedFiles = Object.fromEntries(groups.map((group) => [group, CLAUSE]));
  made.settings.safety = { unidentified: { safeSearch: true, youtube: 'strict', refusedFiles } };
};
const serving = async (t: Parameters<typeof origin>[0], listener: RequestListener) => {
  const made = await scene(t);
  refusing(made, 'executables', 'scripts');
  const { port } = await origin(t, listener);
  return { made, url: (path: string) => `http://files.example:${port}${path}` };
};

test('FIL-09 a program is refused by name, type, saved name and first bytes; the page names the rule and the clause', async (t) => {
  const { made, url } = await serving(t, (req, res) => {
    if (req.url === '/saved') res.setHeader('Content-Disposition', 'attachment; filename="tool.exe"');
    if (req.url === '/typed') res.setHeader('Content-Type', 'application/x-msdownload');
    if (req.url === '/gzip') res.setHeader('Content-Encoding', 'gzip');
    if (req.url === '/br') res.setHeader('Content-Encoding', 'br');
    const body = req.url === '/gzip' ? gzipSync(PROGRAM) : req.url === '/br' ? brotliCompressSync(PROGRAM) : PROGRAM;
    res.end(['/tool.exe', '/saved', '/typed'].includes(req.url ?? '') ? 'not even a program' : body);
  });
  for (const path of ['/tool.exe', '/saved', '/typed', '/innocent', '/picture.png', '/gzip', '/br']) {
    const answer = await get(made, url(path));
    assert.match(answer, /^HTTP\/1\.1 403/, path);
    assert.match(answer, /This file may not be fetched here/);
    assert.match(answer, /Programs may not be fetched here/);
    assert.match(answer, /FIL-09[\s\S]*Clause 4\.3/);
    assert.doesNotMatch(answer, /MZ\x90|not even a program|\/ask\?/);
    assert.deepEqual(
      made.recorder.events.slice(-2).map((e) => [e.host, e.outcome, e.rule]),
      [
        ['files.example', 'allow', 'profile'],
        ['files.example', 'block', 'FIL-09'],
      ],
      path,
    );
  }
  const line = await get(made, url('/tool.exe'), { Accept: 'application/octet-stream' });
  assert.match(line, /403[\s\S]*text\/plain[\s\S]*Programs may not be fetched[\s\S]*rule FIL-09/);
});

test('FIL-09 a program that comes byte by byte is refused before one byte of it has passed', async (t) => {
  const { made, url } = await serving(t, async (_req, res) => {
    res.setHeader('Content-Type', 'application/octet-stream');
    for (const byte of PROGRAM.subarray(0, 70)) {
      res.write(Buffer.of(byte));
      await new Promise((r) => setImmediate(r));
    }
    res.end(PROGRAM.subarray(70));
  });
  const answer = await get(made, url('/slow'));
  assert.match(answer, /^HTTP\/1\.1 403/);
  assert.doesNotMatch(answer, /MZ\x90/);
});

test('a program that pretends to be a shown type is cut off, and cannot pass for whole', async (t) => {
  const { made, url } = await serving(t, (_req, res) => {
    // Without a length the head goes to the client before anything of the body is known.
    res.writeHead(200, { 'Content-Type': 'text/plain' });
    res.flushHeaders();
    setTimeout(() => res.end(PROGRAM), 60);
  });
  const answer = await get(made, url('/notes.txt'));
  assert.match(answer, /^HTTP\/1\.1 200/);
  assert.doesNotMatch(answer, /MZ\x90/);
  assert.equal(made.recorder.events.at(-1)?.rule, 'FIL-09');
});

test('what a profile may fetch passes, byte for byte', async (t) => {
  const { made, url } = await serving(t, (_req, res) => res.end(PROGRAM));
  refusing(made, 'macros');
  const answer = await get(made, url('/tool.exe'));
  assert.match(answer, /^HTTP\/1\.1 200/);
  assert.ok(answer.endsWith(PROGRAM.toString('latin1')));
  // Nobody has said anything of this profile, so it has the strictest.
  made.settings.safety = {};
  assert.match(await get(made, url('/tool.exe')), /^HTTP\/1\.1 403/);
});

test('pages, pictures, short and empty answers and parts of files pass as they came', async (t) => {
  const { made, url } = await serving(t, (req, res) => {
    if (req.url === '/part') res.writeHead(206, { 'Content-Range': 'bytes 100-109/500' });
    if (req.url === '/none') res.writeHead(204);
    const bodies: Record<string, string> = {
      '/m': 'M',
      '/part': 'MZ\0\0\0\0\0\0\0\0',
      '/text': 'MZ is a code',
      '/none': '',
    };
    res.end(bodies[req.url ?? ''] ?? '<!doctype html>');
  });
  for (const [path, end] of [
    ['/page.exe.html', '<!doctype html>'],
    ['/m', '\r\nM'],
    ['/text', 'MZ is a code'],
    ['/part', 'MZ\0\0\0\0\0\0\0\0'],
    ['/none', '\r\n\r\n'],
  ] as const) {
    const answer = await get(made, url(path));
    assert.match(answer, /^HTTP\/1\.1 20/, path);
    const body = answer.replace(/\r\n[0-9a-f]+\r\n([\s\S]*)\r\n0\r\n\r\n$/, '\r\n$1');
    assert.ok(body.endsWith(end), `${path} ${JSON.stringify(answer.slice(-60))}`);
  }
  assert.match(
    await exchangeRaw(
      made.proxy.port,
      `HEAD ${url('/x.exe')} HTTP/1.1\r\nHost: files.example\r\nConnection: close\r\n\r\n`,
    ),
    /^HTTP\/1\.1 403/,
  );
});

test('an answer still streams: its first bytes are there before its last are sent', async (t) => {
  let finish = (): void => {};
  const { made, url } = await serving(t, (req, res) => {
    res.setHeader('Content-Type', req.url === '/events' ? 'text/event-stream' : 'application/octet-stream');
    res.flushHeaders();
    if (req.url !== '/events') res.write('PNG and not a program');
    finish = () => res.end();
  });
  for (const [path, seen] of [
    ['/events', /\r\n\r\n$/],
    ['/data', /PNG and not a program/],
  ] as const) {
    const head = `GET ${url(path)} HTTP/1.1\r\nHost: files.example\r\n\r\n`;
    assert.match(await exchangeRaw(made.proxy.port, head, seen), /^HTTP\/1\.1 200(?![\s\S]*no end\])/);
    finish();
  }
});

test('SEC-10 a program is refused to staff under the clause of the shipped policy, and the record says so', async (t) => {
  const made = await scene(t, { verify: async (name) => name });
  const { snapshot } = await filtered({ games: ['games.example'] });
  made.settings.safety = safetyFor(shippedPolicy('secondary-school'), snapshot.policy);
  const { port } = await origin(t, (_req, res) => res.end(PROGRAM));
  const asked = { 'Proxy-Authorization': basic('teacher', 'pw') };
  assert.match(await get(made, `http://files.example:${port}/tool.exe`, asked), /^HTTP\/1\.1 403/);
  const { person, host, outcome, rule } = made.recorder.events.at(-1) ?? {};
  assert.deepEqual([person, host, outcome, rule], ['teacher', 'files.example', 'block', 'FIL-09']);
  assert.equal(made.settings.safety.staff?.refusedFiles.executables, 'agreements.adult-form');
});

test('a person’s own profile counts', async (t) => {
  const made = await scene(t, { verify: async (name) => name });
  made.settings.safety = { staff: { safeSearch: false, youtube: 'none', refusedFiles: {} } };
  const { port } = await origin(t, (_req, res) => res.end(PROGRAM));
  const url = `http://files.example:${port}/tool.exe`;
  assert.match(await get(made, url), /^HTTP\/1\.1 403/);
  assert.match(await get(made, url, { 'Proxy-Authorization': basic('teacher', 'pw') }), /^HTTP\/1\.1 200/);
});
