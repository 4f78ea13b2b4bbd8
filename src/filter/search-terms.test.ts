import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { graveCategory, searchTerms } from './search-terms.ts';

const terms = (url: string) => {
  const { hostname, pathname, search } = new URL(url);
  return searchTerms(hostname, pathname + search);
};

test('what somebody searches for is read from the address of each large engine', () => {
  for (const url of [
    'http://www.google.co.uk/search?hl=en&q=rock+pools',
    'http://www.google.com/%73earch/?q=rock%20pools',
    'http://www.bing.com/images/search?q=rock+pools&first=1',
    'http://uk.search.yahoo.com/search?p=rock+pools',
    'http://duckduckgo.com/?q=rock+pools',
    'http://www.youtube.com/results?search_query=rock+pools',
    'http://en.wikipedia.org/w/index.php?search=rock+pools',
  ]) {
    assert.equal(terms(url), 'rock pools', url);
  }
  for (const url of [
    'http://www.google.com/maps?q=leeds',
    'http://shop.example/search?q=x',
    'http://www.bing.com/search',
  ])
    assert.equal(terms(url), null, url);
});

test('a search for a way to die is heard, however it is typed', () => {
  for (const text of [
    'how to kill myself',
    'I want to DIE',
    'i  want-to die!!',
    'don’t want to live anymore',
    'Suicide   methods',
    'kíll myself',
  ]) {
    assert.equal(graveCategory(text), 'self-harm', text);
  }
});

test('homework, help and films are not taken for it', () => {
  for (const text of [
    'suicide squad trailer',
    'causes of suicide in romeo and juliet',
    'suicide prevention charity',
    'self harm help',
    'skill myself at chess',
    'how to dye a shirt',
    'how did henry viii die',
    'cut paper',
    'kill a mockingbird myself and others',
  ]) {
    assert.equal(graveCategory(text), null, text);
  }
});

test('no text makes either of them throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.webPath(), (text, path) => {
      graveCategory(text);
      searchTerms('www.google.com', `${path}?q=${text}`);
    }),
  );
});
