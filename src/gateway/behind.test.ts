import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Filtered, filtered } from './testing.ts';

let gateway: Filtered;
before(async () => {
  gateway = await filtered({
    pornography: ['bad.example'],
    games: ['games.example', 'blog.example/games'],
    'child-abuse': ['dark.example'],
    'doh-resolver': ['1.1.1.1'],
    translation: ['translate.google.com', 'translate.goog'],
  });
});
const wire = (host: string) =>
  Buffer.concat([...host.split('.').map((l) => Buffer.from([l.length, ...Buffer.from(l)])), Buffer.of(0)]);
const judge = (host: string, path?: string, person = 'teacher') => {
  const client = gateway.state.identify('127.0.0.1', person);
  const judgement = gateway.state.judge(client, host, path);
  if (path === undefined && !host.includes(':')) {
    assert.deepEqual(gateway.state.judgeWire(client, wire(host), 0), judgement, 'DNS and proxy agree');
  }
  return judgement;
};

test('UAR-13 a closed site stays closed through a translator, an archive or a copy', () => {
  for (const [host, path] of [
    ['bad-example.translate.goog', undefined],
    ['www-bad-example.translate.goog', '/x'],
    ['translate.google.com', '/translate?u=http://bad.example/'],
    ['web.archive.org', '/web/2020/http://bad.example/'],
    ['web.archive.org', '/web/2020/http://translate.google.com/translate?u=bad.example'],
    ['bad-example.cdn.ampproject.org', undefined],
  ] as const) {
    const { outcome, because, categories } = judge(host, path);
    assert.equal(outcome, 'block', host);
    assert.equal(because.category, 'pornography');
    assert.deepEqual(categories, ['pornography']);
    assert.match(because.text, /(www\.)?bad\.example/);
  }
  assert.equal(judge('web.archive.org', '/web/2020/http://good.example/').outcome, 'allow');
  assert.equal(judge('good-example.translate.goog').outcome, 'allow');
});

test('a path within a wrapper counts as well', () => {
  assert.equal(judge('web.archive.org', '/web/2020/http://blog.example/', 'child').outcome, 'allow');
  const { outcome, because } = judge('web.archive.org', '/web/2020/http://blog.example/games/chess', 'child');
  assert.equal(outcome, 'block');
  assert.equal(because.category, 'games');
});

test('a name in foreign letters is judged as the name that it imitates, and says so', () => {
  const { outcome, because } = judge('xn--bd-7kc.example'); // bаd with a Cyrillic а
  assert.equal(outcome, 'block');
  assert.match(because.text, /looks like bad\.example/);
  assert.equal(judge('xn--bcher-kva.example').outcome, 'allow');
});

test('an IPv4 address is judged within an IPv6 one', () => {
  for (const host of ['64:ff9b::101:101', '2002:101:101::']) {
    const { outcome, because } = judge(host);
    assert.equal(outcome, 'block');
    assert.equal(because.category, 'doh-resolver');
  }
});

test('FIL-02 illegal content behind a wrapper is illegal content, in the same neutral words', () => {
  const plain = judge('dark.example');
  for (const [host, path] of [
    ['dark-example.translate.goog', undefined],
    ['web.archive.org', '/web/2020/http://dark.example/'],
  ] as const) {
    assert.deepEqual(judge(host, path), plain);
  }
});

test('what is wrapped too deep for anybody is closed', () => {
  const deep = `${'/web/2020/http://web.archive.org/save/http://archive.ph/http://web.archive.org'.repeat(4)}/web/2020/http://good.example/`;
  assert.equal(judge('web.archive.org', deep).because.rule, 'safety.wrapped');
});

test('a search that speaks of suicide is answered with help, and is an event of its category', () => {
  for (const person of ['child', 'teacher']) {
    const { outcome, because, categories } = judge('www.google.com', '/search?q=how+to+kill+myself', person);
    assert.equal(outcome, 'block');
    assert.equal(because.rule, 'safety.search');
    assert.equal(because.category, 'self-harm');
    assert.deepEqual(categories, ['self-harm']);
    assert.doesNotMatch(because.text, /kill/);
  }
  assert.notEqual(judge('www.google.com', '/search?q=suicide+squad').because.rule, 'safety.search');
});
