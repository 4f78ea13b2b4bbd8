import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { getPublicSuffix } from 'tldts';
import { bareSchool, compilePolicy, decide, SHIPPED_POLICIES, shippedPolicy } from '#policy/index.ts';
import { normaliseHost } from './index.ts';
import { compile, taxonomy } from './test-lists.ts';

/** The two sets of docs/proof-sets.md, held against the starter lists and the policies that ship with them. */
const LISTS = fileURLToPath(new URL('../../lists', import.meta.url));
const STARTER = { name: 'starter', kind: 'folder', path: join(LISTS, 'starter'), own: true } as const;

const hostsOf = (list: string): string[] =>
  readFileSync(join(LISTS, list, 'domains'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

const SETS = [
  { name: 'education', hosts: hostsOf('proof/education'), least: 500 },
  { name: 'crisis', hosts: hostsOf('proof/crisis'), least: 200 },
] as const;
const [education, crisis] = SETS;

/** Categories that some shipped policy closes to some pupil in the middle of a school day. */
function closedToPupils(): Set<string> {
  const at = Date.UTC(2026, 10, 23, 12, 0);
  const closed = new Set<string>();
  for (const id of SHIPPED_POLICIES) {
    const document = shippedPolicy(id);
    const policy = compilePolicy(document, taxonomy.categories, bareSchool('Europe/London'));
    for (const profile of document.profiles.filter((p) => p.audience === 'pupil')) {
      for (const category of taxonomy.categories) {
        const { outcome } = decide(policy, profile.id, { categories: [category.id], at });
        if (outcome !== 'allow') closed.add(category.id);
      }
    }
  }
  return closed;
}

for (const { name, hosts, least } of SETS) {
  test(`the ${name} set holds at least ${least} sites, each written once, as a plain host, and no public suffix`, () => {
    assert.ok(hosts.length >= least, `${hosts.length}`);
    assert.equal(new Set(hosts).size, hosts.length);
    for (const host of hosts) {
      assert.equal(normaliseHost(host), host);
      assert.notEqual(getPublicSuffix(host, { allowPrivateDomains: true }), host, host);
    }
  });
}

test('every crisis service of the proof set stands in the list that nothing can block', () => {
  const help = new Set(hostsOf('starter/help'));
  assert.deepEqual(
    crisis.hosts.filter((host) => !help.has(host)),
    [],
  );
});

test('every site of the education set stands in a starter list that vouches for it', async (t) => {
  const { index } = await compile(t, [STARTER]);
  const vouches = (host: string) => index.categoriesOf(index.find(host)).some((id) => taxonomy.vouching.has(id));
  assert.deepEqual(
    education.hosts.filter((host) => !vouches(host)),
    [],
  );
});

test('no starter list closes to pupils what the proof sets or a good starter list name', async (t) => {
  const { index } = await compile(t, [STARTER]);
  const closed = closedToPupils();
  assert.ok(closed.has('pornography') && closed.has('games') && !closed.has('news'));
  const good = readdirSync(STARTER.path).filter((id) =>
    ['positive', 'help'].includes(taxonomy.byId.get(id)?.nature ?? ''),
  );
  const hosts = [...education.hosts, ...crisis.hosts, ...good.flatMap((id) => hostsOf(`starter/${id}`))];
  const contradicted = hosts.flatMap((host) =>
    index
      .categoriesOf(index.find(host))
      .filter((id) => closed.has(id))
      .map((id) => `${host}: ${id}`),
  );
  assert.deepEqual(contradicted, []);
});
