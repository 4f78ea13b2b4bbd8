import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import fc from 'fast-check';
import { buildIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import {
  bareSchool,
  compilePolicy,
  newSigningKeys,
  open,
  type Presence,
  type Snapshot,
  seal,
  shippedPolicy,
} from '#policy/index.ts';
import { ControlClient } from './control-client.ts';
import { Feed, type Parts } from './feed.ts';

const root = mkdtempSync(join(tmpdir(), 'gatehouse-feed-'));
const keys = newSigningKeys();
const stranger = newSigningKeys();
let index: { sha256: string; data: Buffer };
let server: Server;
let answers: { status: number; body: string }[] = [];
let served: Buffer;
let n = 0;
let token = '';

before(async () => {
  const lists = join(root, 'lists');
  mkdirSync(join(lists, 'games'), { recursive: true });
  writeFileSync(join(lists, 'games', 'domains'), 'games.example\n');
  const file = join(root, 'index');
  const report = await buildIndex(
    [{ name: 'own', kind: 'folder', path: lists }],
    loadTaxonomy(),
    loadMapping(loadTaxonomy()),
    file,
  );
  index = { sha256: report.version, data: readFileSync(file) };
  served = index.data;
  server = createServer((request, response) => {
    if (request.url?.startsWith('/gateway/index/')) return void response.end(served);
    // A request of an earlier feed, aborted but already under way, takes no answer from the present one.
    const next = request.headers.authorization === `Bearer ${token}` ? answers.shift() : undefined;
    if (!next) return void setTimeout(() => response.writeHead(204).end(), 50);
    response.writeHead(next.status, { 'content-type': 'application/json' }).end(next.body);
  });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
});
afterEach(() => {
  served = index.data;
  answers = [];
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(root, { recursive: true });
});

const snapshot = (number: number): Snapshot => ({
  format: 1,
  school: { id: 's', name: 'Ashgrove' },
  number,
  issuedAt: 0,
  pagesUrl: 'http://127.0.0.1',
  policy: compilePolicy(shippedPolicy('secondary-school'), loadTaxonomy().categories, bareSchool('Europe/London')),
  index: index.sha256,
  people: {},
  addresses: [],
  settings: { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'accept' },
});
const presence = (number: number): Presence => ({ format: 1, number, issuedAt: 0, sessions: {} });
const send = (parts: { snapshot?: string; presence?: string }) =>
  answers.push({ status: 200, body: JSON.stringify(parts) });

/** A feed that has run until `done` says so. */
async function follow(folder: string, done: (seen: Seen) => boolean): Promise<Seen> {
  token = String(n++);
  const seen: Seen = { ready: [], presence: [], refused: [], unkept: [] };
  const control = new ControlClient({
    control: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    publicKey: keys.publicKey,
  });
  const feed = new Feed(folder, keys.publicKey, control, {
    ready: (p) => seen.ready.push(p),
    presence: (p) => seen.presence.push(p),
    refused: (what, reason) => seen.refused.push(`${what}: ${reason}`),
    unkept: (what, reason) => seen.unkept.push(`${what}: ${reason}`),
    reachable: () => undefined,
  });
  await feed.restore();
  const running = feed.run();
  for (let i = 0; i < 200 && !done(seen); i++) await new Promise((r) => setTimeout(r, 20));
  feed.stop();
  await running;
  assert.ok(done(seen), `seen: ${JSON.stringify({ ...seen, ready: seen.ready.length })}`);
  return seen;
}
interface Seen {
  ready: Parts[];
  presence: Presence[];
  refused: string[];
  unkept: string[];
}
const folder = () => join(root, `state-${n++}`);

test('FIL-20 a gateway that starts without control uses the last snapshot and index it was given', async () => {
  const at = folder();
  send({ snapshot: seal(snapshot(5), keys.privateKey), presence: seal(presence(1), keys.privateKey) });
  const first = await follow(at, (s) => s.ready.length === 1);
  assert.notEqual(first.ready[0]?.index.find('games.example'), 0);
  const again = await follow(at, (s) => s.ready.length === 1);
  assert.equal(again.ready[0]?.snapshot.number, 5);
  assert.equal(again.ready[0]?.presence?.number, 1);
});

test('FIL-20 a snapshot that another key signed, or with one changed byte, is refused and the last good one stays', async () => {
  const at = folder();
  send({ snapshot: seal(snapshot(5), keys.privateKey) });
  await follow(at, (s) => s.ready.length === 1);
  send({ snapshot: seal(snapshot(6), stranger.privateKey) });
  send({ snapshot: seal(snapshot(7), keys.privateKey).replace('Ashgrove', 'Ashgrave') });
  const seen = await follow(at, (s) => s.refused.length >= 2);
  assert.deepEqual(
    seen.ready.map((r) => r.snapshot.number),
    [5],
  );
  assert.match(seen.refused.join(' '), /the signature does not match/);
});

test('FIL-20 an older snapshot is never gone back to', async () => {
  const at = folder();
  send({ snapshot: seal(snapshot(9), keys.privateKey) });
  await follow(at, (s) => s.ready.length === 1);
  send({ snapshot: seal(snapshot(8), keys.privateKey) });
  const seen = await follow(at, (s) => s.refused.length === 1);
  assert.match(seen.refused[0] ?? '', /number 8 is not newer than 9/);
});

test('FIL-20 a snapshot broken on disk is refused at start, and control’s newest is used instead', async () => {
  const at = folder();
  send({ snapshot: seal(snapshot(5), keys.privateKey) });
  await follow(at, (s) => s.ready.length === 1);
  writeFileSync(join(at, 'snapshot.sealed'), readFileSync(join(at, 'snapshot.sealed')).subarray(0, 900));
  send({ snapshot: seal(snapshot(6), keys.privateKey) });
  const seen = await follow(at, (s) => s.ready.length === 1);
  assert.match(seen.refused[0] ?? '', /snapshot\.sealed/);
  assert.equal(seen.ready[0]?.snapshot.number, 6);
});

test('FIL-20 an index that is broken on disk or on the way is refused; the whole one is fetched and used', async () => {
  const at = folder();
  served = Buffer.from(index.data);
  served[served.length - 3] = (served[served.length - 3] ?? 0) ^ 1;
  const sealed = seal(snapshot(5), keys.privateKey);
  send({ snapshot: sealed });
  const bad = await follow(at, (s) => s.refused.length === 1);
  assert.match(bad.refused[0] ?? '', /not what the snapshot names/);
  served = index.data;
  send({ snapshot: sealed });
  await follow(at, (s) => s.ready.length === 1);

  const file = join(at, 'index', readdirSync(join(at, 'index'))[0] ?? '');
  writeFileSync(file, index.data.subarray(0, 100));
  send({ snapshot: seal(snapshot(6), keys.privateKey) });
  const seen = await follow(at, (s) => s.ready.length === 1);
  assert.match(seen.refused[0] ?? '', /^index/);
  assert.equal(seen.ready[0]?.snapshot.number, 6);
});

test('FIL-20 an index that is whole but not the one its name says is refused, and the right one fetched', async () => {
  const at = folder();
  send({ snapshot: seal(snapshot(5), keys.privateKey) });
  await follow(at, (s) => s.ready.length === 1);
  const other = join(root, 'other');
  await buildIndex([], loadTaxonomy(), loadMapping(loadTaxonomy()), other);
  writeFileSync(join(at, 'index', `${index.sha256}.idx`), readFileSync(other));
  send({ snapshot: seal(snapshot(6), keys.privateKey) });
  const seen = await follow(at, (s) => s.ready.length === 1);
  assert.match(seen.refused[0] ?? '', /another index than its name says/);
  assert.notEqual(seen.ready[0]?.index.find('games.example'), 0);
});

test('FIL-20 where the disk takes nothing, what is new is obeyed all the same, and that it could not be kept is said', async () => {
  const at = folder();
  send({ snapshot: seal(snapshot(5), keys.privateKey), presence: seal(presence(1), keys.privateKey) });
  await follow(at, (s) => s.ready.length === 1);
  // Folders stand where the files beside would be written.
  for (const name of ['snapshot.sealed.new', 'presence.sealed.new']) mkdirSync(join(at, name));
  send({ snapshot: seal(snapshot(6), keys.privateKey), presence: seal(presence(2), keys.privateKey) });
  const seen = await follow(at, (s) => s.ready.length === 2 && s.presence.length === 1);
  assert.equal(seen.ready[1]?.snapshot.number, 6);
  assert.match(seen.unkept.join(' '), /presence\.sealed: EISDIR.*snapshot\.sealed: EISDIR/);
});

test('opening a sealed part never throws, whatever it is given', () => {
  const good = seal(presence(1), keys.privateKey);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc
          .tuple(fc.nat(good.length), fc.string({ maxLength: 3 }))
          .map(([i, s]) => good.slice(0, i) + s + good.slice(i + 1)),
      ),
      (text) => {
        const opened = open<Presence>(text, keys.publicKey);
        assert.ok(
          opened.ok
            ? text === good || JSON.stringify(opened.part) === JSON.stringify(presence(1))
            : opened.reason.length > 0,
        );
      },
    ),
  );
});
