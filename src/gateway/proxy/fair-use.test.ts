import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { systemClock } from '#core/clock.ts';
import { FairUseKeeper } from '../fair-use.ts';
import type { ProxyOptions } from './index.ts';
import { askTunnel, origin, type Scene, scene, TestRecorder, tlsOrigin } from './testing.ts';

const FAIR = 200_000;
/** So fast beyond it (bytes a second): half of what is above takes half a second. */
const SLOW = 400_000;
const MORE = 400_000;
/** What is beyond the fair amount, less the last piece, whose wait comes after it (milliseconds). */
const LEAST = ((MORE - FAIR - 70_000) / SLOW) * 1000;

async function limited(t: TestContext, more: Partial<ProxyOptions> = {}): Promise<Scene> {
  const recorder = new TestRecorder();
  const safety = { safeSearch: false, youtube: 'none' as const, refusedFiles: {} };
  const fairUse = { bytesAnHour: FAIR, bytesASecond: SLOW, clause: 'use.systems' };
  const settings = {
    allowedPrivate: ['127.0.0.0/8'],
    proxySignIn: 'accept' as const,
    safety: { unidentified: { ...safety, fairUse } },
  };
  const keeper = new FairUseKeeper(systemClock, () => settings, recorder);
  return Object.assign(await scene(t, { recorder, fairUse: keeper, settings: () => settings, ...more }), { recorder });
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; took: number }> {
  const began = performance.now();
  return { result: await work, took: performance.now() - began };
}

const slowedIn = ({ recorder }: Scene) => recorder.events.filter((e) => e.rule === 'UAR-17');

function exchange(s: Scene, port: number, body: Buffer | null): Promise<number> {
  return new Promise((resolve, reject) => {
    const host = `site.example:${port}`;
    const out = request(
      {
        host: '127.0.0.1',
        port: s.proxy.port,
        method: body ? 'POST' : 'GET',
        path: `http://${host}/`,
        headers: { host },
      },
      (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        answer.on('end', () => resolve(bytes));
      },
    );
    out.on('error', reject);
    out.end(body ?? undefined);
  });
}

test('UAR-17 a download beyond the fair amount arrives whole, slowly, and is recorded under its clause', async (t) => {
  const s = await limited(t);
  const site = await origin(t, (_req, res) => res.end(Buffer.alloc(MORE)));
  const first = await timed(exchange(s, site.port, null));
  assert.equal(first.result, MORE);
  assert.ok(first.took > LEAST, `took ${first.took} ms`);
  assert.deepEqual(
    slowedIn(s).map((e) => [e.host, e.outcome]),
    [['site.example', 'warn']],
  );
});

test('UAR-17 uploads count and slow down in the same way', async (t) => {
  const s = await limited(t);
  const site = await origin(t, (req, res) => {
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    req.on('end', () => res.end('x'.repeat(bytes === MORE ? 3 : 1)));
  });
  const sent = await timed(exchange(s, site.port, Buffer.alloc(MORE)));
  assert.equal(sent.result, 3, 'the site got all of it');
  assert.ok(sent.took > LEAST, `took ${sent.took} ms`);
  assert.equal(slowedIn(s).length, 1);
});

test('UAR-17 what goes through a tunnel counts too, in both directions', async (t) => {
  const port = await tlsOrigin(t);
  const s = await limited(t, { tunnelPorts: [port] });
  const { socket, answer } = await askTunnel(s.proxy.port, `site.example:${port}`);
  assert.match(answer, /^HTTP\/1\.1 200 /);
  const inner = connectTls({ socket, servername: 'site.example', rejectUnauthorized: false });
  t.after(() => inner.destroy());
  let back = 0;
  const all = new Promise<void>((resolve) => {
    inner.on('data', (chunk: Buffer) => {
      back += chunk.length;
      if (back >= MORE / 2) resolve();
    });
  });
  // An echo: half of it there, half of it back.
  const { took } = await timed(Promise.all([inner.write(Buffer.alloc(MORE / 2)), all]));
  assert.ok(took > LEAST / 2, `took ${took} ms`);
  assert.equal(slowedIn(s).length, 1);
});
