import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from 'dns-packet';
import { type Answering, address, ask, extendedErrors, type Scene, scene } from './testing.ts';

const FACES: Answering = ({ name, type }) => {
  if (type === 'A') return { answers: [address(name, name.startsWith('force') ? '192.0.2.10' : '192.0.2.99', 300)] };
  if (type === 'AAAA') return { answers: [{ type, name, ttl: 300, data: '2001:db8::10' }] };
  return { answers: [] };
};
const modes = (safeSearch: boolean, youtube: 'none' | 'moderate' | 'strict') => ({
  safeModes: () => ({ safeSearch, youtube }),
});
const answers = async (made: Scene, name: string, type = 'A') =>
  ((await ask(made.dns, name, { type, edns: 1232 })).answers ?? []).map((a: Answer) => [
    a.type,
    a.name,
    'data' in a ? String(a.data) : '',
  ]);

test('a search engine is, for a pupil, an alias of its safe face, with the addresses of that one', async (t) => {
  const made = await scene(t, FACES);
  for (const name of ['www.google.com', 'www.google.co.uk', 'WWW.Google.fr']) {
    assert.deepEqual(await answers(made, name), [
      ['CNAME', name, 'forcesafesearch.google.com'],
      ['A', 'forcesafesearch.google.com', '192.0.2.10'],
    ]);
  }
  assert.deepEqual(await answers(made, 'www.bing.com', 'AAAA'), [
    ['CNAME', 'www.bing.com', 'strict.bing.com'],
    ['AAAA', 'strict.bing.com', '2001:db8::10'],
  ]);
  assert.deepEqual((await answers(made, 'duckduckgo.com'))[0], ['CNAME', 'duckduckgo.com', 'safe.duckduckgo.com']);
  // The ordinary names were never asked for, the alias once for all Google names.
  assert.deepEqual(made.upstream.seen.map(({ name }) => name).sort(), [
    'forcesafesearch.google.com',
    'safe.duckduckgo.com',
    'strict.bing.com',
  ]);
  assert.equal(made.recorder.events.length, 5);
});

test('hints that would lead a browser past the alias are not given', async (t) => {
  const made = await scene(t, FACES);
  for (const type of ['UNKNOWN_65', 'UNKNOWN_64']) assert.deepEqual(await answers(made, 'www.google.com', type), []);
  const { answers: given, rcode } = await ask(made.dns, 'www.google.com', { type: 'UNKNOWN_65', edns: 1232 });
  assert.deepEqual([given, rcode], [[], 'NOERROR']);
  assert.equal(made.upstream.seen.length, 0);
});

test('YouTube is as strict as the profile says', async (t) => {
  const cname = async (youtube: 'none' | 'moderate' | 'strict') => {
    const made = await scene(t, FACES, modes(true, youtube));
    return (await answers(made, 'www.youtube.com'))[0];
  };
  assert.deepEqual(await cname('strict'), ['CNAME', 'www.youtube.com', 'restrict.youtube.com']);
  assert.deepEqual(await cname('moderate'), ['CNAME', 'www.youtube.com', 'restrictmoderate.youtube.com']);
  assert.deepEqual(await cname('none'), ['A', 'www.youtube.com', '192.0.2.99']);
});

test('who may search freely gets the ordinary answer, and it does not reach a pupil through the cache', async (t) => {
  const made = await scene(t, FACES, {
    safeModes: (profile) => ({ safeSearch: profile !== 'staff', youtube: 'none' }),
  });
  made.judge.profiles.set('127.0.0.2', 'staff');
  const staff = await ask(made.dns, 'www.google.com', { from: '127.0.0.2' });
  assert.deepEqual(
    staff.answers?.map((a) => a.type),
    ['A'],
  );
  for (let again = 0; again < 2; again++) assert.equal((await answers(made, 'www.google.com'))[0]?.[0], 'CNAME');
  assert.equal(((await ask(made.dns, 'www.google.com', { from: '127.0.0.2' })).answers ?? []).length, 1);
});

test('the answer says that it was changed, is short-lived, and is a failure rather than the ordinary one', async (t) => {
  const made = await scene(t, FACES);
  const safe = await ask(made.dns, 'www.google.com', { edns: 1232 });
  assert.deepEqual(extendedErrors(safe), [{ code: 4, text: 'Safe search is on here.' }]);
  assert.ok(safe.answers?.every((a) => 'ttl' in a && (a.ttl ?? 0) <= 60));
  const broken = await scene(t, ({ name }) => (name.startsWith('force') ? { flags: 2 } : { answers: [address(name)] }));
  assert.equal((await ask(broken.dns, 'www.google.com')).rcode, 'SERVFAIL');
});

test('a blocked search engine stays blocked', async (t) => {
  const made = await scene(t, FACES);
  made.judge.blocked.set('www.google.com', {});
  assert.deepEqual(await answers(made, 'www.google.com'), [['A', 'www.google.com', '192.0.2.80']]);
});
