import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestClock } from '#core/clock.ts';
import { buildIndex, type CategoryIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { bareSchool, compilePolicy, type Snapshot, shippedPolicy } from '#policy/index.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { GatewayState } from './state.ts';

const folder = temporaryFolder('evidence');
const clock = new TestClock(Date.UTC(2026, 10, 24, 10));
const taxonomy = loadTaxonomy();
let index: CategoryIndex;

/** What single sources say of a name that gives no hint: enough for a careful profile, as usual, and for everybody. */
const LISTS = {
  'sinfonietta/gambling': 'suspected.example',
  'ut1/gambling': 'believed.example',
  'of-our-own-choice/gambling': 'certain.example',
};
before(async () => {
  for (const [path, host] of Object.entries(LISTS)) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'domains'), `${host}\n`);
  }
  const sources = ['sinfonietta', 'ut1', 'of-our-own-choice'].map(
    (name) => ({ name, kind: 'folder', path: join(folder, name) }) as const,
  );
  await buildIndex(sources, taxonomy, loadMapping(taxonomy), join(folder, 'index'));
  index = loadIndex(join(folder, 'index'));
});
after(() => rmSync(folder, { recursive: true }));

const snapshot = (): Snapshot => ({
  format: 1,
  school: { id: 's', name: 'Ashgrove' },
  number: 1,
  issuedAt: 0,
  pagesUrl: 'http://127.0.0.1',
  policy: compilePolicy(shippedPolicy('secondary-school'), taxonomy.categories, bareSchool('Europe/London')),
  index: index.version,
  people: { year7: { profile: 'pupil-7' }, year8: { profile: 'pupil-8' }, teacher: { profile: 'staff' } },
  addresses: [],
  settings: { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'accept' },
});

test('FIL-01 one look-up, remembered for each profile: what is suspected closes for the careful, what is certain for all', () => {
  const state = new GatewayState(clock);
  state.use(snapshot(), index);
  const wire = (host: string) =>
    Buffer.concat([...host.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)])), Buffer.of(0)]);
  const expected = {
    'suspected.example': { year7: 'block', year8: 'allow', teacher: 'allow' },
    'believed.example': { year7: 'block', year8: 'block', teacher: 'allow' },
    'certain.example': { year7: 'block', year8: 'block', teacher: 'block' },
  };
  // In both orders and twice: what is remembered for one must never answer for another.
  for (const people of [['year7', 'year8', 'teacher'] as const, ['teacher', 'year8', 'year7'] as const]) {
    for (const [host, of] of Object.entries(expected)) {
      for (const who of [...people, ...people]) {
        const client = state.identify('10.0.0.1', who);
        assert.equal(state.judge(client, host).outcome, of[who], `${who} ${host}`);
        assert.equal(state.judgeWire(client, wire(`www.${host}`), 0).outcome, of[who], `${who} ${host}`);
      }
    }
  }
  const stranger = state.identify('10.0.0.9');
  for (const host of Object.keys(expected)) assert.equal(state.judge(stranger, host).outcome, 'block', host);
});

test('an older snapshot, without a word about evidence, answers as before', () => {
  const state = new GatewayState(clock);
  const { policy, ...rest } = snapshot();
  const profiles = policy.profiles.map(({ listEvidence: _, ...profile }) => profile);
  state.use({ ...rest, policy: { ...policy, profiles } }, index);
  const outcomes = ['suspected.example', 'believed.example', 'certain.example'].map(
    (host) => state.judge(state.identify('10.0.0.1', 'year7'), host).outcome,
  );
  assert.deepEqual(outcomes, ['allow', 'block', 'block']);
});
