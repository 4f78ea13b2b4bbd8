import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { LiveChange } from '#policy/index.ts';
import { contextOf, renderBlockPage } from './block-page/index.ts';
import { type Filtered, filtered } from './testing.ts';

/** Orders of a case at the gateway's own judge: what an examination opens, what isolation and removal close. */
let f: Filtered;
const LISTS = {
  'child-abuse': ['never.example'],
  terrorism: ['recruits.example'],
  phishing: ['phish.example'],
  extremism: ['speeches.example'],
  'ai-chat': ['chat.example'],
  games: ['games.example'],
  help: ['listen.example'],
};
const HOUR = 3_600_000;
let from: number;
before(async () => {
  f = await filtered(LISTS);
  from = f.clock.now();
});

const order = (more: Partial<LiveChange>): LiveChange => ({
  reference: 'A-7KQ2MX',
  effect: 'withdrawn',
  hosts: [],
  from,
  until: from + HOUR,
  people: null,
  profiles: null,
  text: 'By order.',
  clause: null,
  ...more,
});
function obey(...changes: LiveChange[]): void {
  if (!f.state.index) throw new Error('no index');
  f.state.use({ ...f.snapshot, changes }, f.state.index);
}
const wire = (host: string) =>
  Buffer.concat([...host.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)])), Buffer.of(0)]);
function ask(person: string | undefined, address: string, host: string) {
  const client = f.state.identify(address, person);
  const judged = f.state.judge(client, host);
  assert.deepEqual(f.state.judgeWire(client, wire(host), 0).because, judged.because, `${host} in wire form`);
  return judged;
}
const outcome = (...of: Parameters<typeof ask>) => ask(...of).outcome;

const examination = () =>
  order({ order: 'examination', effect: 'open', people: ['teacher'], addresses: ['10.0.0.7'], text: 'Open.' });

test('INC-07 an examination opens to its people on its computer what anybody could be opened, and nowhere else', () => {
  obey(examination());
  const opened = ask('teacher', '10.0.0.7', 'www.speeches.example');
  assert.deepEqual([opened.outcome, opened.because.rule], ['allow', 'access.A-7KQ2MX']);
  assert.equal(outcome('teacher', '10.0.0.7', 'chat.example'), 'allow');
  assert.equal(outcome('teacher', '10.0.0.8', 'speeches.example'), 'block', 'another machine');
  assert.equal(outcome('child', '10.0.0.7', 'speeches.example'), 'block', 'another person on it');
  assert.equal(outcome(undefined, '10.0.0.7', 'speeches.example'), 'block', 'nobody known on it');
});

test('FIL-02 EVI-03 INC-07 what is illegal or dangerous stays closed to investigators too', () => {
  obey(examination());
  for (const host of ['never.example', 'recruits.example', 'phish.example'])
    assert.equal(outcome('teacher', '10.0.0.7', host), 'block', host);
});

test('INC-07 an examination’s access ends at its millisecond by the gateway’s own clock', () => {
  obey(examination());
  f.clock.advance(HOUR - 1);
  assert.equal(outcome('teacher', '10.0.0.7', 'speeches.example'), 'allow');
  f.clock.advance(1);
  assert.equal(outcome('teacher', '10.0.0.7', 'speeches.example'), 'block');
  from = f.clock.now();
});

test('INC-19 an isolated device reaches Gatehouse’s own pages and nothing else, whoever signs in on it, without an end', () => {
  obey(
    order({
      order: 'isolation',
      addresses: ['10.0.0.9'],
      until: null,
      hosts: ['gatehouse.ashgrove.example'],
    }),
  );
  for (const person of ['teacher', 'child', undefined]) {
    assert.equal(outcome(person, '10.0.0.9', 'fine.example'), 'block');
    assert.equal(outcome(person, '10.0.0.9', 'listen.example'), 'block', 'nobody is to use it at all');
  }
  assert.equal(outcome('teacher', '10.0.0.9', 'gatehouse.ashgrove.example'), 'allow');
  assert.equal(outcome('teacher', '10.0.0.10', 'fine.example'), 'allow');
  f.clock.advance(1000 * HOUR);
  assert.equal(outcome('teacher', '10.0.0.9', 'fine.example'), 'block');
  from = f.clock.now();
});

test('SAN-31 whose access is taken away keeps help, telling and what exams need, wherever they are, until it comes back by itself', () => {
  const opening = order({ reference: 'F7K2QM', effect: 'open', hosts: ['speeches.example'], people: ['teacher'] });
  const lesson = order({ reference: 'L7K2QM', effect: 'only-these', hosts: ['fine.example'], people: ['teacher'] });
  obey(
    order({ order: 'removal', people: ['teacher'], hosts: ['exams.example', 'gatehouse.ashgrove.example'] }),
    opening,
    lesson,
  );
  for (const address of ['10.0.0.1', '10.0.0.2']) {
    assert.equal(outcome('teacher', address, 'fine.example'), 'block', 'a lesson’s list gives nothing back');
    assert.equal(outcome('teacher', address, 'speeches.example'), 'block', 'nor does an opening');
    assert.equal(outcome('teacher', address, 'listen.example'), 'allow');
  }
  obey(order({ order: 'removal', people: ['teacher'], hosts: ['exams.example', 'gatehouse.ashgrove.example'] }));
  assert.equal(outcome('teacher', '10.0.0.1', 'paper.exams.example'), 'allow');
  assert.equal(outcome('teacher', '10.0.0.1', 'gatehouse.ashgrove.example'), 'allow');
  f.clock.advance(HOUR);
  assert.equal(outcome('teacher', '10.0.0.1', 'fine.example'), 'allow');
  from = f.clock.now();
});

test('SAN-31 ALR-09 the block page says until when, and that telling still works', () => {
  obey(order({ order: 'removal', people: ['teacher'], text: 'Taken away until Friday 27 November, 15:00.' }));
  const judged = ask('teacher', '10.0.0.1', 'fine.example');
  const page = renderBlockPage(contextOf(f.snapshot), judged, 'fine.example', f.state.identify('10.0.0.1', 'teacher'));
  assert.match(page, /This is closed for now/);
  assert.match(page, /until Friday 27 November, 15:00/);
  assert.match(page, /always tell someone at school/);
  assert.match(page, /gatehouse\.ashgrove\.example\/tell/);
  assert.doesNotMatch(page, /Ask for this site/);
});

test('INC-19 isolation wins over an examination at the same address', () => {
  obey(examination(), order({ reference: 'A-ZZZZZZ', order: 'isolation', addresses: ['10.0.0.7'], until: null }));
  assert.equal(outcome('teacher', '10.0.0.7', 'speeches.example'), 'block');
  assert.equal(ask('teacher', '10.0.0.7', 'fine.example').because.rule, 'access.A-ZZZZZZ');
});
