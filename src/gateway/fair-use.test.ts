import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE, TestClock } from '#core/clock.ts';
import type { GatewaySettings } from '#policy/snapshot.ts';
import { FairUseKeeper } from './fair-use.ts';
import type { Client, Judgement } from './judge.ts';

const MB = 1e6;
const LIMIT = { bytesAnHour: 100 * MB, bytesASecond: MB, clause: 'use.systems' };

function scene() {
  const clock = new TestClock(1_800_000_000_000);
  const safety = (fairUse?: typeof LIMIT) => ({
    safeSearch: true,
    youtube: 'strict' as const,
    refusedFiles: {},
    ...(fairUse && { fairUse }),
  });
  const settings: { safety: GatewaySettings['safety'] } = { safety: { pupil: safety(LIMIT), staff: safety() } };
  const recorded: { client: Client; host: string; judgement: Judgement }[] = [];
  const recorder = {
    record: (client: Client, _via: string, host: string, judgement: Judgement) =>
      void recorded.push({ client, host, judgement }),
  };
  const keeper = () => new FairUseKeeper(clock, () => settings, recorder);
  return { clock, settings, recorded, keeper, safety };
}
const client = (more: Partial<Client> = {}): Client => ({
  address: '10.0.0.7',
  person: null,
  device: null,
  profile: 'pupil',
  how: 'session',
  ...more,
});

test('UAR-17 beyond a fair hour a person goes on slowly over all connections together, and it is recorded once', () => {
  const s = scene();
  const keeper = s.keeper();
  const child = client({ person: 'child' });
  const one = keeper.paceOf(child, 'films.example');
  const other = keeper.paceOf(client({ person: 'child', address: '10.0.0.8' }), 'games.example');
  assert.equal(one?.(60 * MB), 0);
  assert.equal(other?.(40 * MB), 0, 'exactly as much as is fair');
  assert.equal(s.recorded.length, 0);
  assert.equal(one?.(MB), 1000, 'a megabyte takes a second');
  assert.equal(other?.(MB), 2000, 'and the next waits for the one before, wherever it comes from');
  assert.equal(s.recorded.length, 1);
  const [{ client: who, host, judgement } = assert.fail()] = s.recorded;
  assert.deepEqual([who.person, host, judgement.outcome], ['child', 'films.example', 'warn']);
  assert.deepEqual([judgement.because.rule, judgement.because.clause], ['UAR-17', 'use.systems']);
  assert.match(judgement.because.text, /More than 100 MB .* an hour.*slowly/);
  // Nobody is held for ever: however much waits, a page comes within seconds.
  for (let i = 0; i < 100; i++) one?.(MB);
  assert.ok((one?.(1) ?? 0) <= 20_000);
});

test('UAR-17 an hour later all is as before, and a second time is recorded anew', () => {
  const s = scene();
  const pace = s.keeper().paceOf(client({ person: 'child' }), 'films.example');
  pace?.(100 * MB);
  assert.ok((pace?.(MB) ?? 0) > 0);
  s.clock.advance(50 * MINUTE);
  assert.ok((pace?.(1) ?? 0) > 0, 'the hour is not over');
  s.clock.advance(15 * MINUTE);
  assert.equal(pace?.(MB), 0);
  assert.ok((pace?.(100 * MB) ?? 0) > 0);
  assert.equal(s.recorded.length, 2);
});

test('UAR-17 one person’s haste slows nobody else, and who is not limited is not even counted', () => {
  const s = scene();
  const keeper = s.keeper();
  keeper.paceOf(client({ person: 'child' }), 'films.example')?.(200 * MB);
  assert.equal(keeper.paceOf(client({ person: 'friend' }), 'films.example')?.(MB), 0, 'another at the same address');
  assert.equal(keeper.paceOf(client(), 'films.example')?.(MB), 0, 'nobody signed in');
  assert.equal(keeper.paceOf(client({ profile: 'staff', person: 'teacher' }), 'films.example'), null);
});

test('UAR-17 a new policy holds at once for what is under way', () => {
  const s = scene();
  const pace = s.keeper().paceOf(client({ person: 'child' }), 'films.example');
  assert.equal(pace?.(50 * MB), 0);
  s.settings.safety = { pupil: s.safety({ ...LIMIT, bytesAnHour: 10 * MB }) };
  assert.ok((pace?.(MB) ?? 0) > 0);
  s.settings.safety = { pupil: s.safety() };
  assert.equal(pace?.(MB), 0);
});

test('UAR-17 threads count together: what one has moved holds in the other', () => {
  const s = scene();
  const [here, there] = [s.keeper(), s.keeper()];
  here.paceOf(client({ person: 'child' }), 'films.example')?.(100 * MB);
  assert.equal(there.paceOf(client({ person: 'child' }), 'films.example')?.(1), 0, 'not said yet');
  there.add(here.take());
  assert.deepEqual(here.take(), [], 'said once');
  assert.ok((there.paceOf(client({ person: 'child' }), 'films.example')?.(MB) ?? 0) > 0);
  assert.deepEqual(there.take(), [['child', MB + 1]], 'and only what moved here is passed on');
});
