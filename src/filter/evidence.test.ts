import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type Claim, counts, Evidence, loadEvidence, type TrustTable, trustErrors } from './evidence.ts';
import type { Source } from './index.ts';
import { compile, taxonomy, tempFolder, writeLists } from './test-lists.ts';

const shipped = loadEvidence(taxonomy);
const table: TrustTable = {
  needs: { '*': { careful: 6, usual: 10, sure: 15 }, gambling: { careful: 20, usual: 20, sure: 30 } },
  sources: { '*': { '*': 10 }, careful: { '*': 12 }, hasty: { '*': 5, games: 7 }, rash: { '*': 5 } },
  against: { positive: 6, vouched: 8 },
  platform: { names: 3, times: 2 },
  suffixes: [
    { points: 8, names: ['ac.uk', 'edu', 'gov.*'] },
    { points: 3, names: ['org.uk'] },
  ],
  good: { points: 6, categories: ['games'], words: ['math'] },
  wordPoints: { strong: 6, weak: 3 },
  words: { pornography: { strong: ['porn'], weak: ['adult'] }, games: { strong: ['arcade'], weak: [] } },
};
const evidence = new Evidence(table, taxonomy);

const says = (by: string, category: string): Claim => ({ by, category, points: evidence.points(by, category) });
const holds = (claims: Claim[], isPlatform = false) =>
  evidence
    .weigh(claims, isPlatform)
    .filter((w) => counts(w, 'usual'))
    .map((w) => w.category);

test('one hasty list closes nothing, two do, and a careful one does alone', () => {
  assert.deepEqual(holds([says('hasty', 'pornography')]), []);
  assert.deepEqual(holds([says('hasty', 'pornography'), says('rash', 'pornography')]), ['pornography']);
  assert.deepEqual(holds([says('careful', 'pornography')]), ['pornography']);
  assert.deepEqual(holds([says('careful', 'gambling')]), [], 'a category may need more');
  assert.deepEqual(holds([says('hasty', 'pornography'), says('hasty', 'pornography')]), [], 'twice the same voice');
});

test('a list nobody has judged is believed, since the school chose it', () => {
  assert.deepEqual(holds([says('of-our-own-choice', 'drugs')]), ['drugs']);
});

test('FIL-01 how much must be said depends on who asks: a strong suspicion, as usual, or certainty', () => {
  const reached = (...claims: Claim[]) => evidence.weigh(claims).map((w) => w.reached);
  assert.deepEqual(reached(says('hasty', 'pornography')), [null]);
  assert.deepEqual(reached(says('hasty', 'games')), ['careful'], '7 points of 6');
  assert.deepEqual(reached(says('careful', 'pornography')), ['usual'], '12 points of 10');
  assert.deepEqual(reached(says('careful', 'pornography'), says('hasty', 'pornography')), ['sure']);
  assert.deepEqual(reached(says('careful', 'gambling')), [null], 'a category may need more at every level');
  assert.deepEqual(reached({ by: 'us', category: 'games', points: 1000 }), ['sure'], 'our own word');
});

test('FIL-02, FIL-05, FIL-08 what the safety floor closes, and danger that is new today, is weighed alike for everybody', () => {
  for (const category of ['extremism', 'terrorism', 'malware', 'phishing']) {
    assert.deepEqual(new Set(Object.values(evidence.needs(category))).size, 1, category);
    assert.equal(evidence.needs(category).usual, 10);
  }
  const word: Claim = { by: 'hasty', category: 'child-abuse', points: 0 };
  assert.deepEqual(
    evidence.weigh([word]).map((w) => w.reached),
    ['sure'],
  );
});

test('a good word outweighs weak claims, and not strong ones', () => {
  const library: Claim = { by: 'careful', category: 'libraries', points: 12 };
  assert.deepEqual(holds([says('hasty', 'games'), says('rash', 'games'), library]), ['libraries']);
  assert.deepEqual(holds([says('hasty', 'games'), says('careful', 'games'), library]).toSorted(), [
    'games',
    'libraries',
  ]);
});

test('FIL-02 nothing outweighs a word about illegal content', () => {
  const claims: Claim[] = [
    { by: 'rash', category: 'child-abuse', points: 0 },
    { by: 'careful', category: 'education', points: 1000 },
    { by: 'us', category: null, points: 1000 },
  ];
  assert.ok(holds(claims, true).includes('child-abuse'));
});

test('the name itself supports a claim and makes none', () => {
  assert.equal(evidence.nameSuggests('www.best-porn.example', 'pornography'), 6);
  assert.equal(evidence.nameSuggests('adult-education.example', 'pornography'), 3);
  assert.equal(evidence.nameSuggests('best-porn.example', 'gambling'), 0);
  assert.equal(evidence.nameSuggests('arcade.example', 'games'), 6);
  assert.equal(evidence.nameSuggests('anything.example', 'games'), 0, 'no weak word is no word');
  assert.equal(evidence.nameSuggests('street.arcade', 'games'), 0, 'an ending is nothing that somebody chose to say');
});

test('words of learning speak for a site where a kind only sometimes does harm, and never for pornography', () => {
  const source = { name: 'careful' };
  const against = (host: string, category: string) =>
    evidence.weigh(evidence.claims(source, host, category, false)).map((w) => w.against);
  assert.deepEqual(against('mathgames.example', 'games'), [6]);
  assert.deepEqual(against('mathgames.example', 'pornography'), [0]);
});

test('endings that only some may use speak for a site', () => {
  const cases = { 'www.a.ac.uk': 8, 'ac.uk': 8, 'mac.uk': 0, 'a.edu': 8, 'x.gov.ie': 8, 'gov.com': 0, 'a.org.uk': 3 };
  for (const [host, points] of Object.entries({ ...cases, 'a.com': 0, uk: 0, '10.1.2.3': 0, '': 0 }))
    assert.equal(evidence.suffixSpeaks(host), points, host);
});

test('whatever is claimed, more voices never close less, and more good words never close more', () => {
  const claim = fc.record({
    by: fc.constantFrom('a', 'hasty', 'rash', 'careful'),
    category: fc.constantFrom('games', 'pornography', 'malware', 'libraries', null),
    points: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(claim), claim, (claims, more) => {
      const bad = (of: Claim[]) => new Set(holds(of).filter((c) => c !== 'libraries'));
      const [before, after] = [bad(claims), bad([...claims, more])];
      const speaksFor = more.category === null || more.category === 'libraries';
      const [small, large] = speaksFor ? [after, before] : [before, after];
      assert.ok([...small].every((c) => large.has(c)));
    }),
  );
});

test('whatever is claimed, what counts where the lists must be surer counts where less is enough', async (t) => {
  const sources = ['bonappetit', 'ut1', 'mypdns', 'trustpositif', 'of-our-own-choice'];
  const kinds = ['pornography', 'gambling', 'drugs', 'games', 'malware', 'libraries'];
  const hosts = ['a.example', 'casino.a.example', 'b.org.uk', 'mathgames.example', 'c.ac.uk', 'x.b.org.uk'];
  const said = fc.uniqueArray(
    fc.tuple(fc.constantFrom(...sources), fc.constantFrom(...kinds), fc.constantFrom(...hosts)),
    { maxLength: 12, selector: (line) => line.join(' ') },
  );
  await fc.assert(
    fc.asyncProperty(said, async (lines) => {
      const lists: Record<string, Record<string, string[]>> = {};
      for (const [source, kind, host] of lines) {
        const file = `${kind}/domains`;
        lists[source] = { ...lists[source], [file]: [...(lists[source]?.[file] ?? []), host] };
      }
      const { index } = await compile(t, from(t, lists));
      for (const host of hosts) {
        const [careful, usual, sure] = (['careful', 'usual', 'sure'] as const).map(
          (level) => new Set(index.categoriesOf(index.find(host), level)),
        );
        assert.ok(careful && usual && sure);
        assert.ok(sure.isSubsetOf(usual) && usual.isSubsetOf(careful), host);
        assert.equal(careful.has('malware'), sure.has('malware'), host);
        assert.equal(careful.has('libraries'), sure.has('libraries'), host);
      }
    }),
    { numRuns: 40 },
  );
});

test('mistakes in the table are named', () => {
  assert.deepEqual(trustErrors(table, taxonomy), []);
  assert.deepEqual(trustErrors(shipped.table, taxonomy), []);
  const bad = {
    ...table,
    needs: {
      knitting: { careful: 1, usual: 2, sure: 3 },
      games: { careful: 9, usual: 8, sure: 10 },
      drugs: { usual: 1 },
    },
    sources: { x: { '*': -1 } },
    words: { games: { strong: ['A B'] } },
  };
  const errors = trustErrors(bad, taxonomy).join('; ');
  for (const part of ['knitting', 'needs.games', 'needs.drugs', 'sources.x.*', 'words.games'])
    assert.ok(errors.includes(part), `${part}: ${errors}`);
  fc.assert(fc.property(fc.jsonValue(), (json) => Array.isArray(trustErrors(json, taxonomy))));
});

/** Sources under the names that lists/trust.json judges. */
const from = (
  t: TestContext,
  sources: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
): Source[] =>
  Object.entries(sources).map(([name, lists]) => ({
    name,
    kind: 'folder',
    path: writeLists(join(tempFolder(t), name), lists),
  }));

test('in the compiled index a claim stands only with support, and the report counts what did not', async (t) => {
  const { index, report } = await compile(
    t,
    from(t, {
      bonappetit: { 'adult/domains': ['paper.example', 'both.example', 'hot-porn.example', 'rescue.org.uk'] },
      trustpositif: { 'adult/domains': ['both.example', 'rescue.org.uk'] },
    }),
  );
  const said = (host: string) => index.categoriesOf(index.find(host));
  assert.deepEqual(said('paper.example'), []);
  assert.deepEqual(said('www.both.example'), ['pornography']);
  assert.deepEqual(said('hot-porn.example'), ['pornography']);
  assert.deepEqual(said('rescue.org.uk'), []);
  assert.deepEqual(
    report.perSource.map((s) => s.outweighed),
    [{ pornography: 2 }, { pornography: 1 }],
  );
});

test('a list that turns hostile cannot take a public suffix, a platform or a government with it', async (t) => {
  const tenants = Array.from({ length: shipped.table.platform.names + 1 }, (_, i) => `shop${i}.mall.example`);
  const { index, report } = await compile(
    t,
    from(t, {
      ut1: {
        'phishing/domains': ['co.uk', 'gov.uk', 'sch.uk', 'github.io', 'bad.github.io', 'www.gov.uk', 'mall.example'],
        'malware/domains': tenants,
      },
    }),
  );
  const said = (host: string) => index.categoriesOf(index.find(host));
  for (const host of ['any.co.uk', 'school.sch.uk', 'a.github.io', 'www.gov.uk', 'tenant.mall.example'])
    assert.deepEqual(said(host), [], host);
  assert.deepEqual(said('bad.github.io'), ['phishing']);
  assert.deepEqual(said('shop7.mall.example'), ['malware']);
  assert.deepEqual(report.perSource[0]?.suffixes, ['co.uk', 'gov.uk', 'sch.uk', 'github.io']);
});

test('lists of hosting services may name what many share', async (t) => {
  const { index } = await compile(t, from(t, { shadowwhisperer: { 'dynamic/domains': ['hopto.org'] } }));
  assert.deepEqual(index.categoriesOf(index.find('a.hopto.org')), ['dynamic-dns']);
});
