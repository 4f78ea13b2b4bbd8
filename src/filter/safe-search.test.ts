import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { safeAlias, safeHost } from './safe-search.ts';

/** `lists/safe-search.json` and the starter lists it goes with, as they lie there. */
const LISTS = new URL('../../lists/', import.meta.url);
interface Row {
  readonly name: string;
  readonly hosts: readonly string[];
}
const data = JSON.parse(readFileSync(new URL('safe-search.json', LISTS), 'utf8')) as {
  readonly search: readonly (Row & { readonly alias: string; readonly source: string; readonly proof: string })[];
  readonly without: readonly (Row & { readonly why: string })[];
  readonly alwaysSafe: readonly string[];
};
const starter = (category: string) =>
  readFileSync(new URL(`starter/${category}/domains`, LISTS), 'utf8')
    .split('\n')
    .filter((host) => host !== '' && !host.endsWith('.gatehouse-test.example'));
const SAFE = { safeSearch: true, youtube: 'strict' } as const;

test('every engine that the lists know shows safe results only, is made for children, or is closed to pupils', () => {
  // Names that hold no results themselves: they lead to one that does, and that one is held.
  const leadOn = ['duck.com', 'images.google.com', 'yahoo.co.uk', 'yahoo.com'];
  for (const host of starter('search-engines')) {
    const held = [host, `www.${host}`].some((h) => safeAlias(safeHost(h), SAFE) !== null);
    assert.ok(held || data.alwaysSafe.includes(host) || leadOn.includes(host), host);
  }
  assert.deepEqual(starter('unsafe-search').sort(), data.without.flatMap((row) => row.hosts).sort());
  for (const host of starter('unsafe-search')) assert.equal(safeHost(host), undefined, host);
});

test('every second name says where it is documented, and what is not in the provider’s own words says so', () => {
  for (const { name, hosts, alias, source, proof } of data.search) {
    assert.match(source, /^https:\/\//, name);
    assert.match(proof, /^(provider|in-use)$/, name);
    for (const host of hosts) {
      assert.equal(safeAlias(safeHost(host.replace('.*', '.co.uk')), SAFE), alias, host);
      assert.equal(safeAlias(safeHost(host.replace('.*', '.co.uk')), { ...SAFE, safeSearch: false }), null, host);
    }
  }
  const proven = data.search.filter((row) => row.proof === 'provider').map((row) => row.name);
  assert.deepEqual(proven, ['Google', 'Bing', 'DuckDuckGo', 'Brave', 'Pixabay']);
});

test('Google under every country’s name is held, and names that only look like it are not', () => {
  for (const end of ['com', 'co.uk', 'de', 'com.au', 'cat', 'ie', 'fr', 'co.jp', 'com.br']) {
    assert.equal(safeAlias(safeHost(`www.google.${end}`), SAFE), 'forcesafesearch.google.com', end);
  }
  for (const host of ['google.example.com', 'www.google.com.evil.example', 'notwww.google.com', 'mail.google.com']) {
    assert.equal(safeHost(host), undefined, host);
  }
});
