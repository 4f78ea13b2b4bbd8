import { rmSync } from 'node:fs';
import { systemClock } from '#core/clock.ts';
import { depsFor, openStore } from '#main/installation.ts';
import { createControl } from '#main/rooms.ts';
import { readConfig } from '#platform/config.ts';
import { seedDemo } from '#rooms/governance/index.ts';
import { temporaryFolder } from '#testing/folder.ts';
import type { Figure } from './run.ts';

const PAGES = ['/', '/alerts', '/activity', '/cases', '/people', '/filtering', '/policy', '/me'];
const ROUNDS = 30;

/** Pages of the demonstration school (1,200 pupils, two weeks of activity) over real HTTP and PostgreSQL, four at a time. */
export async function run(): Promise<Figure[]> {
  const folder = temporaryFolder('bench');
  const config = readConfig({ GATEHOUSE_DATA: folder, GATEHOUSE_HTTP: '127.0.0.1:0' }, folder);
  const store = await openStore(config);
  const deps = await depsFor(config, store.ownerUrl, 'bench');
  const quiet = { ...deps, log: { info: () => undefined, warn: () => undefined, error: () => undefined } };
  const began = systemClock.now();
  const signIns = await seedDemo(quiet);
  const seeding = systemClock.now() - began;
  // One browser asks for more than a person would; the limit is not what is measured.
  const app = await createControl(quiet, () => undefined, { rateLimit: 1_000_000 });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  try {
    const dsl = signIns.find((s) => s.username === 'demo-dsl');
    const cookie = await signIn(address, dsl?.username ?? '', dsl?.password ?? '');
    const figures: Figure[] = [{ name: 'pages: demonstration school seeded in', value: seeding / 1000, unit: 's' }];
    const all: number[] = [];
    for (const path of PAGES) {
      const times = await measure(address + path, cookie);
      all.push(...times);
      figures.push({ name: `pages: ${path} p95`, value: p95(times), unit: 'ms' });
    }
    return [...figures, { name: 'pages: all p95', value: p95(all), unit: 'ms' }];
  } finally {
    await app.close();
    await deps.db.close();
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function signIn(address: string, username: string, password: string): Promise<string> {
  const form = await (await fetch(`${address}/sign-in`)).text();
  const value = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(form)?.[1] ?? '';
  const answer = await fetch(`${address}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({
      username,
      password,
      school: value('school'),
      next: value('next'),
      notice: value('notice'),
    }),
  });
  const cookie = answer.headers.getSetCookie().find((c) => c.startsWith('gatehouse-session='));
  if (!cookie) throw new Error(`sign-in answered ${answer.status}`);
  return cookie.split(';')[0] ?? '';
}

async function measure(url: string, cookie: string): Promise<number[]> {
  const times: number[] = [];
  const one = async () => {
    const from = performance.now();
    const answer = await fetch(url, { headers: { cookie } });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
    times.push(performance.now() - from);
  };
  await one();
  times.length = 0;
  for (let i = 0; i < ROUNDS; i++) await Promise.all([one(), one(), one(), one()]);
  return times;
}

const p95 = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? 0;
