import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '#core/clock.ts';
import { buildIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { bareSchool, compilePolicy, type Snapshot, shippedPolicy } from '#policy/index.ts';
import { GatewayState } from './state.ts';

export interface Filtered {
  readonly state: GatewayState;
  readonly clock: TestClock;
  readonly snapshot: Snapshot;
}

/** A gateway's real judge: the shipped secondary policy over an index of these lists (category → hosts and addresses). */
export async function filtered(lists: Readonly<Record<string, readonly string[]>>): Promise<Filtered> {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-filtered-'));
  try {
    for (const [category, entries] of Object.entries(lists)) {
      mkdirSync(join(root, 'lists', category), { recursive: true });
      writeFileSync(join(root, 'lists', category, 'domains'), lines(entries.filter((e) => !e.includes('/'))));
      writeFileSync(join(root, 'lists', category, 'urls'), lines(entries.filter((e) => e.includes('/'))));
    }
    const taxonomy = loadTaxonomy();
    const sources = [{ name: 'ours', kind: 'folder', path: join(root, 'lists'), own: true }] as const;
    await buildIndex(sources, taxonomy, loadMapping(taxonomy), join(root, 'index'));
    const index = loadIndex(join(root, 'index'));
    const clock = new TestClock(Date.parse('2026-11-23T10:00:00Z'));
    const state = new GatewayState(clock);
    const snapshot: Snapshot = {
      format: 1,
      school: { id: 's', name: 'Ashgrove' },
      number: 1,
      issuedAt: 0,
      pagesUrl: 'https://gatehouse.ashgrove.example',
      policy: compilePolicy(shippedPolicy('secondary-school'), taxonomy.categories, bareSchool('Europe/London')),
      index: index.version,
      people: { child: { profile: 'pupil-8' }, teacher: { profile: 'staff' } },
      addresses: [],
      settings: { dnsBlock: 'page', allowedPrivate: ['127.0.0.0/8'], proxySignIn: 'accept' },
    };
    state.use(snapshot, index);
    return { state, clock, snapshot };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const lines = (entries: readonly string[]): string => entries.map((e) => `${e}\n`).join('');
