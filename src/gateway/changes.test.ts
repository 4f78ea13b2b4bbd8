import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { MINUTE, TestClock } from '#core/clock.ts';
import { buildIndex, type CategoryIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { bareSchool, changeFor, compilePolicy, type LiveChange, type Snapshot, shippedPolicy } from '#policy/index.ts';
import { GatewayState } from './state.ts';

const root = mkdtempSync(join(tmpdir(), 'gatehouse-changes-'));
let index: CategoryIndex;
const CATEGORIES = ['games', 'extremism', 'terrorism', 'phishing', 'malware', 'help', 'child-abuse', 'grooming'];
after(() => rmSync(root, { recursive: true }));
before(async () => {
  for (const category of CATEGORIES) {
    mkdirSync(join(root, 'lists', category), { recursive: true });
    writeFileSync(join(root, 'lists', category, 'domains'), `${category}.example\n`);
  }
  const taxonomy = loadTaxonomy();
  const lists = [{ name: 'ours', kind: 'folder', path: join(root, 'lists'), own: true }] as const;
  await buildIndex(lists, taxonomy, loadMapping(taxonomy), join(root, 'index'));
  index = loadIndex(join(root, 'index'));
});

const policy = compilePolicy(shippedPolicy('secondary-school'), loadTaxonomy().categories, bareSchool('Europe/London'));
/** A lesson from five past eleven to five past twelve. */
const FROM = Date.parse('2026-11-05T11:05:00Z');
const UNTIL = Date.parse('2026-11-05T12:05:00Z');
const change = (more: Partial<LiveChange> = {}): LiveChange => ({
  reference: 'F7K2QM',
  effect: 'open',
  hosts: ['extremism.example'],
  from: FROM,
  until: UNTIL,
  people: ['in9B'],
  profiles: null,
  text: 'Open to 9B until 12:05 (request F7K2QM).',
  clause: null,
  ...more,
});

function gateway(changes: readonly LiveChange[], at = FROM) {
  const clock = new TestClock(at);
  const state = new GatewayState(clock);
  const snapshot: Snapshot = {
    format: 1,
    school: { id: 's', name: 'Ashgrove' },
    number: 1,
    issuedAt: 0,
    pagesUrl: 'http://127.0.0.1',
    policy,
    index: index.version,
    people: { in9B: { profile: 'pupil-9' }, in9C: { profile: 'pupil-9' }, teacher: { profile: 'staff' } },
    addresses: [],
    settings: { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'accept' },
    changes,
  };
  state.use(snapshot, index);
  const ask = (person: string | undefined, host: string) => {
    const client = state.identify('127.0.0.1', person);
    const named = state.judge(client, host);
    assert.deepEqual(state.judgeWire(client, wire(host), 0), named, `${host} in wire form`);
    return named;
  };
  return { clock, state, ask, outcome: (person: string | undefined, host: string) => ask(person, host).outcome };
}

const wire = (host: string) =>
  Buffer.concat([...host.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)])), Buffer.of(0)]);

test('FCR-08 an opening is for its sites and its class: everybody else, and every other site, stays closed', () => {
  const { ask, outcome } = gateway([change()]);
  const opened = ask('in9B', 'archive.extremism.example');
  assert.equal(opened.outcome, 'allow');
  assert.deepEqual(opened.because, {
    rule: 'change.F7K2QM',
    category: 'extremism',
    clause: opened.because.clause,
    text: 'Open to 9B until 12:05 (request F7K2QM).',
    remedy: null,
  });
  assert.equal(outcome('in9C', 'extremism.example'), 'block');
  assert.equal(outcome(undefined, 'extremism.example'), 'block');
  assert.equal(outcome('teacher', 'extremism.example'), 'block');
  assert.equal(outcome('in9B', 'games.example'), 'block');
  assert.equal(outcome('in9B', 'notextremism.example'), outcome('in9C', 'notextremism.example'));
});

test('FCR-03 an opening begins and ends at its milliseconds by the gateway’s own clock, with nothing new from control', () => {
  const { clock, outcome } = gateway([change()], FROM - 1);
  assert.equal(outcome('in9B', 'extremism.example'), 'block');
  clock.advance(1);
  assert.equal(outcome('in9B', 'extremism.example'), 'allow');
  clock.advance(UNTIL - FROM - 1);
  assert.equal(outcome('in9B', 'extremism.example'), 'allow');
  clock.advance(1);
  assert.equal(outcome('in9B', 'extremism.example'), 'block');
});

test('FCR-03 an opening without an end opens nothing', () => {
  assert.equal(gateway([change({ until: null })]).outcome('in9B', 'extremism.example'), 'block');
});

test('FCR-07 FIL-02 FIL-08 illegal and dangerous sites stay closed at the gateway whatever a change says', () => {
  const hosts = CATEGORIES.map((c) => `${c}.example`);
  const everybody = { people: null, profiles: null };
  const { outcome, ask } = gateway([change({ hosts, ...everybody })]);
  for (const person of ['in9B', 'teacher', undefined]) {
    for (const never of ['child-abuse', 'terrorism', 'grooming', 'phishing', 'malware']) {
      assert.equal(outcome(person, `${never}.example`), 'block', `${never} for ${person}`);
      assert.doesNotMatch(ask(person, `${never}.example`).because.rule, /^change/);
    }
    assert.equal(outcome(person, 'games.example'), 'allow');
  }
});

test('FIL-20 no change opens anything for a profile that the policy does not know', () => {
  const { state } = gateway([change({ people: null, profiles: ['ghost'] })]);
  const stranger = state.identify('127.0.0.1');
  assert.equal(state.judge({ ...stranger, profile: 'ghost' }, 'extremism.example').outcome, 'block');
});

test('FIL-04 a closing wins over an opening, holds until it is lifted, and never closes help', () => {
  const closing = change({
    reference: 'BLOCK2',
    effect: 'block',
    people: null,
    until: null,
    hosts: ['extremism.example', 'fine.example', 'help.example'],
  });
  const { ask, outcome, clock } = gateway([change(), closing]);
  assert.equal(outcome('in9B', 'extremism.example'), 'block');
  assert.deepEqual(
    [outcome('teacher', 'www.fine.example'), ask('teacher', 'fine.example').because.rule],
    ['block', 'change.BLOCK2'],
  );
  assert.equal(outcome('in9B', 'help.example'), 'allow');
  clock.advance(400 * 24 * 60 * MINUTE);
  assert.equal(outcome('teacher', 'fine.example'), 'block');
});

test('FIL-17 during a lesson with a list the class gets its sites and help, and nothing else; others are not concerned', () => {
  const lesson = change({ effect: 'only-these', hosts: ['history.example', 'games.example'] });
  const { ask, outcome, clock } = gateway([lesson]);
  assert.equal(outcome('in9B', 'www.history.example'), outcome('in9C', 'www.history.example'));
  assert.equal(outcome('in9B', 'help.example'), 'allow');
  assert.equal(outcome('teacher', 'other.example'), 'allow');
  const other = ask('in9B', 'other.example');
  assert.deepEqual([other.outcome, other.because.remedy], ['block', 'wait']);
  assert.equal(outcome('in9B', 'games.example'), 'block', 'the list opens nothing that the filter closes');
  clock.advance(UNTIL - FROM);
  assert.equal(outcome('in9B', 'other.example'), outcome('in9C', 'other.example'));
});

test('FCR-08 the table at the gateway and the walk over names of the pages find the same change for every question', () => {
  const hosts = ['a.example', 'b.a.example', 'c.test', 'extremism.example'];
  const someHosts = fc.subarray(hosts, { minLength: 1 });
  const some = fc.record({
    effect: fc.constantFrom('open', 'block', 'only-these'),
    hosts: someHosts,
    people: fc.option(fc.subarray(['in9B', 'in9C'], { minLength: 1 })),
    from: fc.integer({ min: FROM - 2, max: FROM + 2 }),
    until: fc.option(fc.integer({ min: FROM + 3, max: FROM + 5 })),
  });
  fc.assert(
    fc.property(
      fc.array(some, { maxLength: 4 }),
      fc.constantFrom(...hosts, 'x.b.a.example', 'xa.example', 'other.test'),
      fc.constantFrom('in9B', 'in9C'),
      fc.integer({ min: FROM - 3, max: FROM + 6 }),
      (drawn, host, person, at) => {
        const changes = drawn.map((d, i) => change({ ...d, reference: `R${i}` }));
        const found = changeFor(changes, { person, profile: 'pupil-9' }, host, at);
        const { because, outcome } = gateway(changes, at).ask(person, host);
        const plain = gateway([], at).ask(person, host);
        if (found === null) assert.deepEqual([outcome, because.rule], [plain.outcome, plain.because.rule]);
        else if ((found.effect === 'open') === (plain.outcome === 'block')) assert.match(because.rule, /^change\.R/);
        else assert.deepEqual([outcome, because.rule], [plain.outcome, plain.because.rule]);
      },
    ),
  );
});
