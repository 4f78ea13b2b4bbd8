import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { systemClock } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { readConfig } from '#platform/config.ts';
import { appUrl, migrate, openDb, systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { createLog } from '#platform/log.ts';
import { startPostgres } from '#platform/postgres.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { newSigningKeys, shippedPolicy } from '#policy/index.ts';
import { enrolGateway } from '#rooms/filtering/index.ts';
import { monitoringRoom } from '#rooms/monitoring/index.ts';
import { adoptPolicy } from '#rooms/policies/index.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { createWebApp } from '#web/index.ts';
import type { Figure } from './run.ts';

const PUPILS = 1200;
/** What a spool's segment holds when a gateway catches up (gateway/spool, 2 MiB). */
const LINES = 6000;
const BATCHES = 30;

/**
 * Activity through the real route into the real store, which writes to disk: parsed, checked, stored, counted by hour,
 * looked at by both detectors, digested into the ledger. One event in twenty was blocked.
 */
export async function run(): Promise<Figure[]> {
  const folder = temporaryFolder('ingest-bench');
  const postgres = await startPostgres(join(folder, 'postgres'));
  try {
    await migrate(postgres.url, resolve(import.meta.dirname, '../migrations'));
    const db = await openDb(appUrl(postgres.url));
    const deps: Deps = { db, clock: systemClock, log: createLog('bench', () => {}), config: readConfig({}, folder) };
    const { people, tokens } = await school(deps, postgres.url);
    const app = await createWebApp({
      clock: deps.clock,
      log: deps.log,
      pagesUrl: deps.config.pagesUrl,
      authenticate: async () => null,
      rooms: [monitoringRoom(deps)],
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const [first = '', second = ''] = tokens;
    const post = courier(url);
    await catchUp(post, people, [first], 5);
    const one = await catchUp(post, people, [first], BATCHES);
    const two = await catchUp(post, people, [first, second], BATCHES / 2);
    const calm = await trickle(post, people, first);
    await app.close();
    await db.close();
    return [
      { name: 'activity events ingested, one gateway', value: one, unit: 'events/s' },
      { name: 'activity events ingested, two gateways at once', value: two, unit: 'events/s' },
      { name: 'a batch of ten events, p99', value: calm, unit: 'ms' },
    ];
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function school(deps: Deps, ownerUrl: string): Promise<{ people: string[]; tokens: string[] }> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const id = newId();
  const people = Array.from({ length: PUPILS }, () => newId());
  const keys = newSigningKeys();
  await owner.query('insert into installation (signing_private, signing_public, ledger_key) values ($1, $2, $3)', [
    keys.privateKey,
    keys.publicKey,
    randomBytes(32),
  ]);
  await owner.query(`insert into school (id, slug, name) values ($1, 'bench', 'Bench School')`, [id]);
  await owner.query(
    `insert into person (id, school_id, username, display_name, kind, year_group)
     select p, $1, 'pupil-' || n, 'Pupil ' || n, 'pupil', 7 + n % 5 from unnest($2::uuid[]) with ordinality as u (p, n)`,
    [id, people],
  );
  await owner.end();
  const context = systemContext(id);
  const tokens = await deps.db.in(context, async (tx) => {
    await adoptPolicy(tx, deps, context, shippedPolicy('secondary-school'), { approver: null });
    return [await enrolGateway(tx, deps, context, 'One'), await enrolGateway(tx, deps, context, 'Two')];
  });
  return { people, tokens };
}

type Post = (token: string, body: string) => Promise<number>;

/** Delivers a batch under the next number; answers how many events were taken. */
function courier(url: string): Post {
  let number = Date.now();
  return async (token, body) => {
    const answer = await fetch(`${url}/gateway/activity?batch=${++number}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body,
    });
    const { accepted } = (await answer.json()) as { accepted?: number };
    if (accepted === undefined) throw new Error(`the batch was refused with ${answer.status}`);
    return accepted;
  };
}

/** Gateways that were cut off deliver what they hold, each one batch after another; events per second. */
async function catchUp(post: Post, people: readonly string[], tokens: readonly string[], each: number) {
  const held = tokens.map((token) => ({
    token,
    bodies: Array.from({ length: each }, (_, n) => batch(people, LINES, Date.now() - (each - n) * LINES)),
  }));
  const start = performance.now();
  const taken = await Promise.all(
    held.map(async ({ token, bodies }) => {
      let events = 0;
      for (const body of bodies) events += await post(token, body);
      return events;
    }),
  );
  return (taken.reduce((a, b) => a + b, 0) / (performance.now() - start)) * 1000;
}

/** A gateway on an ordinary day: few events, often; p99 in ms. */
async function trickle(post: Post, people: readonly string[], token: string): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    await post(token, batch(people, 10, Date.now()));
    took.push(performance.now() - start);
  }
  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? 0;
}

/** A plausible minute of a school: many sites, a few categories, one in twenty blocked. */
function batch(people: readonly string[], lines: number, from: number): string {
  const kinds = ['games', 'gambling', 'dating', 'weapons', 'drugs', 'alcohol', 'piracy', 'hacking', 'violence'];
  // Most of what is blocked is advertising; the rest is many people trying once, which the detectors must look at too.
  const stopped = (i: number) =>
    i % 100 === 0 ? (kinds[Math.floor(Math.random() * kinds.length)] ?? 'games') : 'advertising';
  const categories = [null, 'education', 'news', 'social', 'games', 'streaming', 'advertising'];
  return Array.from({ length: lines }, (_, i): string => {
    const blocked = i % 20 === 0;
    const event: ActivityEvent = {
      t: from + i,
      via: i % 3 === 0 ? 'proxy' : 'dns',
      person: people[Math.floor(Math.random() * people.length)] ?? null,
      device: null,
      address: `10.0.${i % 200}.${i % 250}`,
      profile: `pupil-${7 + (i % 5)}`,
      host: `www.site${(i * 31) % 4000}.example`,
      category: blocked ? stopped(i) : (categories[i % categories.length] ?? null),
      outcome: blocked ? 'block' : 'allow',
      rule: blocked ? 'UAR-20' : 'profile',
      clause: blocked ? 'filtering.games' : null,
      snapshot: 12,
      list: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0',
      count: 1,
    };
    return JSON.stringify(event);
  }).join('\n');
}
