import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from './decide.ts';
import { compiled } from './fixture.ts';
import { safetyFor } from './safety.ts';
import { shippedPolicy } from './shipped.ts';
import { safetyOf } from './snapshot.ts';
import { type PolicyDocument, type Profile, UNIDENTIFIED } from './types.ts';

const safety = (doc: PolicyDocument) => safetyFor(doc, compiled(doc));
const PROGRAMS = ['executables', 'scripts', 'disk-images'];

test('every pupil profile, guests and the unidentified search safely, in both shipped policies', () => {
  for (const id of ['secondary-school', 'tuition-centre'] as const) {
    const doc = shippedPolicy(id);
    for (const { id: profile, audience } of doc.profiles) {
      const { safeSearch, youtube } = safetyOf({ safety: safety(doc) }, profile);
      assert.deepEqual([safeSearch, youtube !== 'none'], audience === 'staff' ? [false, false] : [true, true], profile);
    }
    assert.equal(safety(doc).unidentified?.youtube, 'strict');
  }
});

test('SEC-10 staff may not fetch programs, under the clause that says so', () => {
  for (const [id, clause] of [
    ['secondary-school', 'agreements.adult-form'],
    ['tuition-centre', 'use.programs'],
  ] as const) {
    const refused = safety(shippedPolicy(id)).staff?.refusedFiles;
    for (const group of PROGRAMS) assert.equal(refused?.[group], clause, `${id} ${group}`);
  }
});

test('FIL-09 what a policy leaves open is not refused, and anything between open and closed is', () => {
  const doc = shippedPolicy('tuition-centre');
  const withStaff = (value: 'allowed' | 'permission'): PolicyDocument => ({
    ...doc,
    rules: doc.rules.map((r) =>
      r.action === 'fetch-programs' ? { ...r, cells: { ...r.cells, staff: { value } } } : r,
    ),
  });
  const refused = (value: 'allowed' | 'permission') => Object.keys(safety(withStaff(value)).staff?.refusedFiles ?? {});
  assert.deepEqual(refused('allowed'), ['macros']);
  assert.deepEqual(refused('permission'), [...PROGRAMS, 'macros']);
  // Open to staff is not open to somebody who might be a pupil.
  assert.ok('executables' in (safety(withStaff('allowed')).unidentified?.refusedFiles ?? {}));
});

test('UAR-17 where a policy forbids unfair use, each profile has the amount of its audience, and a stranger the least', () => {
  const doc = shippedPolicy('tuition-centre');
  for (const { id, audience } of doc.profiles.filter((p) => p.id !== UNIDENTIFIED)) {
    const megabytes = { staff: 8000, pupil: 3000, guest: 1500 }[audience];
    const held = { bytesAnHour: megabytes * 1e6, bytesASecond: 250_000, clause: 'use.systems' };
    assert.deepEqual(safety(doc)[id]?.fairUse, held, id);
  }
  assert.equal(safety(doc)[UNIDENTIFIED]?.fairUse?.bytesAnHour, 1500e6);
  // A policy without the rule holds nobody to it, nor does one that names no figures.
  assert.ok(Object.values(safety(shippedPolicy('secondary-school'))).every((s) => s.fairUse === undefined));
  const { fairUse: _, ...settings } = doc.settings;
  assert.ok(Object.values(safety({ ...doc, settings })).every((s) => s.fairUse === undefined));
});

test('a profile of which nothing is said has the strictest', () => {
  for (const settings of [{}, { safety: {} }]) {
    for (const profile of ['staff', 'constructor', '__proto__']) {
      const { safeSearch, youtube, refusedFiles } = safetyOf(settings, profile);
      assert.deepEqual([safeSearch, youtube, Object.keys(refusedFiles).length], [true, 'strict', 4]);
    }
  }
});

/** A shipped document whose profile of this id has these settings. */
const withSafety = (id: 'secondary-school' | 'tuition-centre', profile: string, safety: Profile['safety']) => {
  const doc = shippedPolicy(id);
  return { ...doc, profiles: doc.profiles.map((p) => (p.id === profile && safety ? { ...p, safety } : p)) };
};
const modes = (doc: PolicyDocument, profile: string) => {
  const { safeSearch, youtube } = safetyOf({ safety: safety(doc) }, profile);
  return `${safeSearch} ${youtube}`;
};
const closesUnsafe = (doc: PolicyDocument, profile: string) =>
  decide(compiled(doc), profile, { categories: ['unsafe-search'], at: 0 }).outcome === 'block';

test('a school sets safe search and YouTube for each profile, up to the strictest for everybody', () => {
  const doc = (profile: string, s: Profile['safety']) => withSafety('secondary-school', profile, s);
  assert.equal(modes(doc('staff', {}), 'staff'), 'false none');
  assert.equal(modes(doc('staff', { safeSearch: true, youtube: 'moderate' }), 'staff'), 'true moderate');
  assert.equal(modes(doc('pupil-7', { youtube: 'strict' }), 'pupil-7'), 'true strict');
  assert.equal(modes(doc('pupil-7', { youtube: 'strict' }), 'pupil-8'), 'true moderate', 'and for no other');
  assert.equal(modes(doc('guest', { youtube: 'moderate' }), 'guest'), 'true moderate');
});

test('no document lets pupils, guests or strangers search freely, or watch without restriction: it is refused with its place', () => {
  for (const id of ['secondary-school', 'tuition-centre'] as const) {
    for (const [i, { id: profile, audience }] of shippedPolicy(id).profiles.entries()) {
      if (audience === 'staff') continue;
      for (const tried of [{ safeSearch: false }, { youtube: 'none' }] as const) {
        const doc = withSafety(id, profile, tried);
        const [key] = Object.keys(tried);
        assert.throws(() => compiled(doc), new RegExp(`/profiles/${i}/safety/${key}: expected`), profile);
        const held = safetyFor(doc, compiled(shippedPolicy(id)))[profile];
        assert.ok(held?.safeSearch && held.youtube !== 'none', 'and were it taken, the least would hold');
      }
    }
    assert.throws(() => compiled(withSafety(id, 'unidentified', { youtube: 'moderate' })), /or stricter/);
  }
});

test('a search engine that cannot be held to safe results is closed wherever safe search is on, and open elsewhere', () => {
  for (const id of ['secondary-school', 'tuition-centre'] as const) {
    for (const { id: profile, audience } of shippedPolicy(id).profiles) {
      assert.equal(closesUnsafe(shippedPolicy(id), profile), audience !== 'staff', `${id} ${profile}`);
    }
    assert.ok(closesUnsafe(withSafety(id, 'staff', { safeSearch: true }), 'staff'));
  }
});
