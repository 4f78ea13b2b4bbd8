import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeHost, safePath } from '#filter/safe-search.ts';
import { askTunnel, basic, get, origin, realHello, scene, tlsOrigin } from './testing.ts';

const staff = { refusedFiles: {}, safeSearch: false, youtube: 'none' } as const;
const signedIn = { verify: async (name: string) => name };
const asStaff = { 'Proxy-Authorization': basic('teacher', 'pw') };

test('a plain search goes to the safe face under its own name, and asks for safe results in words', async (t) => {
  const resolved: string[] = [];
  const made = await scene(t, {
    ...signedIn,
    resolve: async (host) => {
      resolved.push(host);
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  made.settings.safety = { staff };
  const site = await origin(t, (req, res) => res.end(`${req.headers.host} ${req.url}`));
  const url = `http://www.google.co.uk:${site.port}/search?safe=off&q=cats&%73afe=off`;
  const pupil = await get(made, url);
  assert.match(pupil, new RegExp(`www\\.google\\.co\\.uk:${site.port} /search\\?q=cats&safe=active$`));
  assert.match(await get(made, url, asStaff), /\/search\?safe=off&q=cats&%73afe=off$/);
  assert.deepEqual(resolved, ['forcesafesearch.google.com', 'www.google.co.uk']);
  assert.deepEqual(
    made.recorder.events.map((e) => e.host),
    ['www.google.co.uk', 'www.google.co.uk'],
  );
});

test('a tunnel to a search engine leads to its safe face, and the server name stays', async (t) => {
  const port = await tlsOrigin(t);
  const resolved: string[] = [];
  const made = await scene(t, {
    tunnelPorts: [port],
    resolve: async (host) => {
      resolved.push(host);
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  const { answer, socket } = await askTunnel(made.proxy.port, `www.youtube.com:${port}`);
  assert.match(answer, / 200 /);
  const { connect } = await import('node:tls');
  const line = await new Promise<string>((resolve, reject) => {
    const tls = connect({ socket, servername: 'www.youtube.com', rejectUnauthorized: false });
    tls.once('data', (bytes) => resolve(bytes.toString()));
    tls.once('error', reject);
    t.after(() => tls.destroy());
  });
  assert.equal(line, 'name www.youtube.com\n');
  assert.deepEqual(resolved, ['restrict.youtube.com']);
});

test('a search engine that is only named inside a tunnel to somewhere else is refused where safe search is on', async (t) => {
  const port = await tlsOrigin(t);
  const made = await scene(t, { tunnelPorts: [port], ...signedIn });
  made.settings.safety = { staff };
  const attempt = async (headers: string): Promise<string> => {
    const { socket } = await askTunnel(made.proxy.port, `mail.google.com:${port}`, headers);
    socket.write(await realHello('www.google.com'));
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    socket.destroy();
    return first[0] === 21 ? 'refused' : 'open';
  };
  assert.equal(await attempt(''), 'refused');
  assert.equal(made.recorder.events.at(-1)?.rule, 'proxy.safe-search');
  assert.equal(await attempt(`Proxy-Authorization: ${asStaff['Proxy-Authorization']}\r\n`), 'open');
});

test('whatever a search asks for, it asks for safe results once and last, and for everything else as before', () => {
  const google = safeHost('www.google.com');
  assert.ok(google);
  fc.assert(
    fc.property(fc.webQueryParameters(), (query) => {
      const before = new URLSearchParams(query);
      const after = new URLSearchParams(safePath(google, `/search?${query}`).slice('/search?'.length));
      assert.deepEqual(after.getAll('safe'), ['active']);
      before.delete('safe');
      after.delete('safe');
      assert.equal(after.toString(), before.toString());
    }),
  );
  assert.equal(safePath(google, '/maps?q=x'), '/maps?q=x');
});
