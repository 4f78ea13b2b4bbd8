import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { HOUR, TestClock } from '#core/clock.ts';
import { buildIndex, type CategoryIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { bareSchool, compilePolicy, type Snapshot, shippedPolicy } from '#policy/index.ts';
import { BatchingRecorder } from './recorder.ts';
import { GatewayState } from './state.ts';

const root = mkdtempSync(join(tmpdir(), 'gatehouse-state-'));
const clock = new TestClock(Date.parse('2026-11-23T10:00:00Z'));
let index: CategoryIndex;
after(() => rmSync(root, { recursive: true }));
before(async () => {
  for (const category of ['games', 'phishing', 'help', 'child-abuse', 'pornography']) {
    mkdirSync(join(root, 'lists', category), { recursive: true });
    writeFileSync(join(root, 'lists', category, 'domains'), `${category}.example\n`);
  }
  // Our own list names a help service, which another calls pornography; and nobody but us may name one.
  mkdirSync(join(root, 'ours', 'help'), { recursive: true });
  writeFileSync(join(root, 'ours', 'help', 'domains'), 'helpline.example\n');
  writeFileSync(join(root, 'lists', 'help', 'domains'), 'pretended.example\n');
  writeFileSync(
    join(root, 'lists', 'pornography', 'domains'),
    'pornography.example\nhelpline.example\npretended.example\n',
  );
  const taxonomy = loadTaxonomy();
  await buildIndex(
    [
      { name: 'ours', kind: 'folder', path: join(root, 'ours'), own: true },
      { name: 'other', kind: 'folder', path: join(root, 'lists') },
    ],
    taxonomy,
    loadMapping(taxonomy),
    join(root, 'index'),
  );
  index = loadIndex(join(root, 'index'));
});

const snapshot = (change: Partial<Snapshot> = {}): Snapshot => ({
  format: 1,
  school: { id: 's', name: 'Ashgrove' },
  number: 1,
  issuedAt: 0,
  pagesUrl: 'http://127.0.0.1',
  policy: compilePolicy(shippedPolicy('secondary-school'), loadTaxonomy().categories, bareSchool('Europe/London')),
  index: index.version,
  people: { child: { profile: 'pupil-7' }, teacher: { profile: 'staff' } },
  addresses: [
    { cidr: '10.1.2.0/24', profile: 'staff', person: null, device: null },
    { cidr: '10.0.0.0/8', profile: 'guest', person: null, device: null },
    { cidr: '2001:db8::/32', profile: 'staff', person: null, device: null },
    { cidr: '10.9.9.9/32', profile: 'unidentified', person: 'child', device: null },
  ].sort((a, b) => Number(b.cidr.split('/')[1]) - Number(a.cidr.split('/')[1])),
  settings: { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'accept' },
  ...change,
});
const ready = () => {
  const state = new GatewayState(clock);
  state.use(snapshot(), index);
  return state;
};
const wire = (host: string) =>
  Buffer.concat([...host.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)])), Buffer.of(0)]);

test('FIL-20 without a snapshot everything is blocked, for everybody, by every question', () => {
  const state = new GatewayState(clock);
  for (const person of [undefined, 'teacher']) {
    const client = state.identify('127.0.0.1', person);
    assert.equal(client.profile, 'unidentified');
    for (const j of [
      state.judge(client, 'school.example'),
      state.judge(client, 'help.example', '/'),
      state.judgeWire(client, wire('school.example'), 0),
    ]) {
      assert.equal(j.outcome, 'block');
      assert.equal(j.because.rule, 'no-policy');
    }
  }
});

test('FIL-01 a client is known by credentials, then session, then registered address; otherwise it is unidentified', () => {
  const state = ready();
  state.usePresence({
    format: 1,
    number: 1,
    issuedAt: 0,
    sessions: { '10.1.2.3': { person: 'child', until: clock.now() + HOUR } },
  });
  const who = (address: string, person?: string) => {
    const c = state.identify(address, person);
    return `${c.how} ${c.profile}`;
  };
  assert.equal(who('10.1.2.3', 'teacher'), 'credentials staff');
  assert.equal(who('10.1.2.3'), 'session pupil-7');
  assert.equal(who('::ffff:10.1.2.4'), 'registered staff');
  assert.equal(who('10.7.7.7'), 'registered guest');
  assert.equal(who('10.9.9.9'), 'registered pupil-7');
  assert.equal(who('2001:db8::1'), 'registered staff');
  assert.equal(who('192.0.2.1'), 'unidentified unidentified');
  assert.equal(who('192.0.2.1', 'somebody who left'), 'unidentified unidentified');
  clock.advance(2 * HOUR);
  assert.equal(who('10.1.2.3'), 'registered staff', 'the session has ended');
});

test('FIL-06 the answer follows the person, and is the same for a name and for its wire form', () => {
  const state = ready();
  for (const host of ['games.example', 'sub.games.example', 'phishing.example', 'unlisted.example']) {
    for (const person of ['child', 'teacher']) {
      const client = state.identify('127.0.0.1', person);
      assert.deepEqual(state.judge(client, host), state.judgeWire(client, wire(host), 0), `${person} ${host}`);
    }
  }
  assert.equal(state.judge(state.identify('127.0.0.1', 'child'), 'games.example').outcome, 'block');
});

test('a help service is never blocked because a list calls it something else, by anybody or nobody', () => {
  const state = ready();
  for (const person of ['child', 'teacher', undefined]) {
    const client = state.identify('127.0.0.1', person);
    assert.equal(state.judge(client, 'www.helpline.example').outcome, 'allow');
    assert.equal(state.judge(client, 'helpline.example').because.rule, 'safety.help');
    assert.equal(
      state.judge(client, 'pretended.example').outcome,
      'block',
      'an outside list opens nothing by calling it help',
    );
  }
});

test('FIL-02 the illegal list blocks whoever asks, and offers no way round', () => {
  const state = ready();
  for (const person of ['child', 'teacher', undefined]) {
    const j = state.judge(state.identify('10.1.2.3', person), 'child-abuse.example');
    assert.deepEqual([j.outcome, j.because.rule, j.because.remedy], ['block', 'safety.illegal', null]);
  }
});

test('MON-01 identical decisions within a batch are one event that counts them; different ones are not merged', () => {
  const state = ready();
  const recorder = new BatchingRecorder(clock, () => ({ snapshot: 1, list: 'x' }));
  const child = state.identify('10.0.0.5', 'child');
  const teacher = state.identify('10.0.0.5', 'teacher');
  for (const [client, host] of [
    [child, 'a.example'],
    [child, 'a.example'],
    [teacher, 'a.example'],
    [child, 'games.example'],
  ] as const) {
    recorder.record(client, 'dns', host, state.judge(client, host));
  }
  const events = recorder.take();
  assert.deepEqual(
    events.map((e) => [e.person, e.host, e.outcome, e.count]),
    [
      ['child', 'a.example', 'allow', 2],
      ['teacher', 'a.example', 'allow', 1],
      ['child', 'games.example', 'block', 1],
    ],
  );
  assert.deepEqual(recorder.take(), []);
});

test('COM-12 a permission opens from its first millisecond to its last, and only to whom it was given', () => {
  const moving = new TestClock(Date.parse('2026-11-23T10:00:00Z'));
  const [from, until] = [moving.now() + HOUR, moving.now() + 2 * HOUR];
  const document = shippedPolicy('secondary-school');
  const byPermission = { value: 'permission' } as const;
  const rules = document.rules.map((r) =>
    r.categories.includes('games') ? { ...r, cells: { ...r.cells, pupil: byPermission } } : r,
  );
  const grants = document.rules
    .filter((r) => r.categories.includes('games'))
    .map(({ id }) => ({ rule: id, person: 'child', from, until }));
  const school = { ...bareSchool('Europe/London'), grants };
  const state = new GatewayState(moving);
  const people = { child: { profile: 'pupil-7' }, friend: { profile: 'pupil-7' } };
  const policy = compilePolicy({ ...document, rules }, loadTaxonomy().categories, school);
  state.use(snapshot({ policy, people }), index);
  const answers = () =>
    ['child', 'friend'].map((person) => state.judge(state.identify('127.0.0.1', person), 'games.example').outcome);
  const seen = [0, HOUR - 1, 1, HOUR - 1, 1, HOUR].map((ms) => {
    moving.advance(ms);
    return answers().join(' ');
  });
  assert.deepEqual(seen, ['block block', 'block block', 'allow block', 'allow block', 'block block', 'block block']);
  moving.advance(-1.5 * HOUR);
  assert.deepEqual(answers(), ['allow', 'block'], 'a clock that is set back is believed');
});

test('UAR-19 a window in term time opens and closes by itself, with nothing new from control', () => {
  const moving = new TestClock(Date.parse('2026-12-18T12:00:00Z'));
  const document = shippedPolicy('secondary-school');
  const lunch = { value: 'times', windows: [{ slots: ['lunch'], term: true }] } as const;
  const rules = document.rules.map((r) =>
    r.categories.includes('games') ? { ...r, cells: { staff: lunch, pupil: lunch, guest: lunch } } : r,
  );
  const school = {
    ...bareSchool('Europe/London'),
    terms: [
      { from: '2026-09-01', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
      { from: '2027-01-04', to: '2027-03-25', halfTerm: null },
    ],
    slots: [{ kind: 'lunch', days: [1, 2, 3, 4, 5], from: '12:20', to: '13:05' } as const],
  };
  const state = new GatewayState(moving);
  state.use(snapshot({ policy: compilePolicy({ ...document, rules }, loadTaxonomy().categories, school) }), index);
  const judge = () => state.judge(state.identify('127.0.0.1', 'child'), 'games.example');
  const at = (time: string) => {
    moving.advance(Date.parse(time) - moving.now());
    return judge().outcome;
  };
  assert.equal(judge().outcome, 'block');
  assert.equal(at('2026-12-18T12:20:00Z'), 'allow');
  assert.equal(at('2026-12-18T13:05:00Z'), 'block');
  assert.match(judge().because.text, /they open on Monday 4 January at 12:20\.$/);
  assert.equal(at('2026-12-21T12:30:00Z'), 'block', 'a Monday in the holidays');
  assert.equal(at('2027-01-04T12:20:00Z'), 'allow');
});
