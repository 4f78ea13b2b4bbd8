import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadTaxonomy } from '#filter/index.ts';
import { safeAlias, safeHost } from '#filter/safe-search.ts';
import { bareSchool, compilePolicy, SHIPPED_POLICIES, type Snapshot, shippedPolicy } from '#policy/index.ts';
import { HELP_LINES } from './block-page/help.ts';
import { ask, scene as dnsScene } from './dns/testing.ts';
import { askTunnel, basic, get, origin, scene } from './proxy/testing.ts';
import { filtered } from './testing.ts';

/** Help is never blocked, whatever way somebody takes: plain HTTP, a tunnel of which only the name is seen, or DNS alone. */

const LISTS = new URL('../../lists/', import.meta.url);
const json = (name: string) => JSON.parse(readFileSync(new URL(name, LISTS), 'utf8'));
const starter = (category: string): string[] =>
  readFileSync(new URL(`starter/${category}/domains`, LISTS), 'utf8')
    .split('\n')
    .filter(Boolean);
const engines = json('search.json').engines as { name: string; hosts: string[]; paths: string[]; parameter: string }[];
const plain = (pattern: string) => pattern.replace(/^\*\./, 'uk.').replace(/\.\*$/, '.co.uk');

const lists = {
  help: starter('help'),
  'search-engines': starter('search-engines'),
  'unsafe-search': starter('unsafe-search'),
  'self-harm': ['dark-thoughts.example'],
  gambling: ['childline.org.uk'],
};
const helpHosts = HELP_LINES.map(({ site }) => new URL(site).hostname);
const signedIn = { verify: async (name: string) => name };
const as = (person: string) => ({ 'Proxy-Authorization': basic(person, 'pw') });
const WHO: readonly (readonly [string, Record<string, string>])[] = [
  ['a pupil', as('child')],
  ['a teacher', as('teacher')],
  ['nobody known', {}],
];

test('ALR-09 on every engine that we can read, a search that speaks of suicide brings people who listen, even where the engine is closed', async (t) => {
  const { state } = await filtered(lists);
  const made = await scene(t, { judge: state, ...signedIn });
  for (const { name, hosts, paths, parameter } of engines) {
    for (const host of hosts.map(plain)) {
      const [who, headers] = WHO[host.length % WHO.length] ?? ['', {}];
      const url = `http://${host}${paths[0]}?${new URLSearchParams({ [parameter]: 'I want to die' })}`;
      const answer = await get(made, url, headers);
      assert.match(answer, /^HTTP\/1\.1 403[\s\S]*You are not alone[\s\S]*0800 1111[\s\S]*116 123/, `${name} ${who}`);
      assert.doesNotMatch(answer, /want to die|closed here|<dt>Rule/i, `${name}: neither their words nor a rule`);
    }
  }
  assert.ok(made.recorder.events.every((e) => e.rule === 'safety.search'));
});

test('ALR-09 a closed site about self-harm says something kind first, then where help is, then the rest', async (t) => {
  const { state } = await filtered(lists);
  const made = await scene(t, { judge: state, ...signedIn });
  for (const [who, headers] of WHO) {
    const answer = await get(made, 'http://www.dark-thoughts.example/', headers);
    const order = [/you do not have to carry it alone/, /0800 1111/, /<h1>This site is closed here/];
    const places = order.map((words) => answer.search(words));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      who,
    );
    assert.ok(
      places.every((place) => place > 0),
      who,
    );
  }
});

test('ALR-09 FIL-19 the places that the page names open for every profile of both policies, also against lists and closings', async () => {
  const { state, snapshot, clock } = await filtered(lists);
  const { index } = state;
  assert.ok(index);
  for (const id of SHIPPED_POLICIES) {
    const policy = compilePolicy(shippedPolicy(id), loadTaxonomy().categories, bareSchool('Europe/London'));
    const closing = {
      reference: 'ABCDEF',
      effect: 'block',
      from: 0,
      until: null,
      people: null,
      profiles: null,
    } as const;
    const changes: Snapshot['changes'] = [{ ...closing, hosts: helpHosts, text: 'Closed.', clause: null }];
    const addresses = policy.profiles.map(({ id: profile }, i) => ({
      cidr: `10.0.0.${i}/32`,
      profile,
      person: null,
      device: null,
    }));
    state.use({ ...snapshot, policy, addresses, changes }, index);
    for (const [i, { id: profile }] of policy.profiles.entries()) {
      for (const host of helpHosts) {
        const { outcome, because } = state.judge(state.identify(`10.0.0.${i}`), host);
        assert.deepEqual([outcome, because.rule], ['allow', 'safety.help'], `${id} ${profile} ${host}`);
      }
    }
  }
  assert.ok(clock.now() > 0);
});

test('ALR-09 where only the name is seen, help opens and a search engine leads to its safe face or not at all', async (t) => {
  const { state } = await filtered(lists);
  const resolved: string[] = [];
  const site = await origin(t, (_req, res) => res.end());
  const made = await scene(t, {
    judge: state,
    ...signedIn,
    tunnelPorts: [site.port],
    resolve: async (host) => {
      resolved.push(host);
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  const connect = async (host: string, headers: Record<string, string>) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const { answer, socket } = await askTunnel(made.proxy.port, `${host}:${site.port}`, lines.join(''));
    socket.destroy();
    return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
  };
  for (const host of helpHosts)
    for (const [who, headers] of WHO) assert.equal(await connect(host, headers), '200', who);
  const child = as('child');
  const open = new Set<string>();
  for (const host of engines.flatMap((e) => e.hosts).map(plain)) {
    resolved.length = 0;
    const status = await connect(host, child);
    const alias = safeAlias(safeHost(host), { safeSearch: true, youtube: 'strict' });
    if (alias) assert.deepEqual([status, ...resolved], ['200', alias], host);
    else if (status === '200') open.add(host);
  }
  for (const host of starter('unsafe-search')) assert.equal(await connect(`www.${host}`, child), '403', host);
  // What stays open besides shows no results of its own: it leads on, is itself a safe face, or is made for children.
  const harmless =
    /^(google\.co\.uk|(images|news)\.google\.co\.uk|(forcesafesearch\.google|strict\.bing|safe\.duckduckgo|(forcesafe|safe)\.search\.brave)\.com|strict-safe-search\.ecosia\.org|familysearch\.yandex\.ru|youtube\.com|.*\.wikipedia\.org|(www\.)?(kiddle\.co|qwantjunior\.com|swiggle\.org\.uk|swisscows\.com)|(www\.|old\.)?reddit\.com)$/;
  for (const host of open) assert.match(host, harmless);
});

test('ALR-09 over DNS alone, help is answered, engines are their safe faces, and those that have none lead to the page', async (t) => {
  const { state, snapshot } = await filtered(lists);
  const { index } = state;
  assert.ok(index);
  state.use(
    { ...snapshot, addresses: [{ cidr: '127.0.0.1/32', profile: 'pupil-8', person: null, device: null }] },
    index,
  );
  const made = await dnsScene(t, undefined, { judge: state });
  const first = async (name: string) => {
    const [answer] = (await ask(made.dns, name)).answers ?? [];
    return answer && 'data' in answer ? `${answer.type} ${answer.data}` : '';
  };
  for (const host of helpHosts) assert.equal(await first(host), 'A 192.0.2.1', host);
  assert.equal(await first('www.google.co.uk'), 'CNAME forcesafesearch.google.com');
  assert.equal(await first('duckduckgo.com'), 'CNAME safe.duckduckgo.com');
  for (const host of ['search.yahoo.com', 'uk.search.yahoo.com', 'www.startpage.com', 'html.duckduckgo.com']) {
    assert.equal(await first(host), 'A 192.0.2.80', host);
  }
  assert.equal(await first('www.dark-thoughts.example'), 'A 192.0.2.80');
});
