import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompiledMay, compileMay } from './compile-may.ts';
import { type AccessLevel, type DeviceQuestion, deviceAccess } from './device-access.ts';
import { MOMENT, SCHOOL } from './fixture.ts';
import { may } from './may.ts';
import { SLOT_KINDS, ZONE_KINDS } from './sections.ts';
import { SHIPPED_POLICIES, type ShippedPolicy, shippedPolicy } from './shipped.ts';
import type { Audience, Cell, PolicyDocument } from './types.ts';

const [G, B] = ['tuition-centre', 'secondary-school'] as const;
const documents = { [G]: shippedPolicy(G), [B]: shippedPolicy(B) };
const compiled = (doc: PolicyDocument): CompiledMay => compileMay(doc, SCHOOL);
const policies = { [G]: compiled(documents[G]), [B]: compiled(documents[B]) };
const AUDIENCES = ['staff', 'pupil', 'guest'] as const;

const ask = (school: ShippedPolicy, q: Partial<DeviceQuestion>) =>
  deviceAccess(policies[school], {
    deviceClass: null,
    registered: true,
    schemeRecord: true,
    audience: 'staff',
    person: 'person-1',
    at: MOMENT.home,
    ...q,
  });
const OWNER: Readonly<Record<string, Audience>> = {
  'school-single': 'staff',
  'school-shared': 'pupil',
  scheme: 'pupil',
  'child-owned': 'pupil',
  'staff-owned': 'staff',
  'visitor-owned': 'guest',
};

test('DEV-02 DEV-03 DEV-04 DEV-05 DEV-06 DEV-07 every class of device gets its own level in each school, at every hour and place', () => {
  const table: Record<string, [b: AccessLevel, g: AccessLevel]> = {
    'school-single': ['FULL', 'FULL'],
    'school-shared': ['FULL', 'FULL'],
    scheme: ['FULL', 'NONE'],
    'child-owned': ['NONE', 'NONE'],
    'staff-owned': ['FULL', 'NONE'],
    'visitor-owned': ['INTERNET_ONLY', 'NONE'],
  };
  for (const [deviceClass, [b, g]] of Object.entries(table)) {
    for (const time of Object.values(MOMENT)) {
      for (const zone of [...ZONE_KINDS, null]) {
        const q = { deviceClass, audience: OWNER[deviceClass] ?? 'staff', at: time, zone };
        assert.deepEqual([ask(B, q).access, ask(G, q).access], [b, g], `${deviceClass} ${zone}`);
      }
    }
  }
});

test('DEV-03 a shared device gets its access from the person signed in, and none without one', () => {
  const signedIn = ask(B, { deviceClass: 'school-shared' });
  assert.deepEqual([signedIn.access, signedIn.tiedTo], ['FULL', 'person']);
  const nobody = ask(B, { deviceClass: 'school-shared', person: null });
  assert.deepEqual([nobody.access, nobody.because.remedy], ['NONE', 'sign-in']);
  assert.equal(ask(B, { deviceClass: 'school-single', person: null }).tiedTo, 'device');
});

test('DEV-04 a device of the scheme without a record of it is a child’s own', () => {
  const scheme = { deviceClass: 'scheme', audience: 'pupil' as const };
  assert.equal(ask(B, scheme).access, 'FULL');
  const { access, because } = ask(B, { ...scheme, schemeRecord: false });
  assert.deepEqual([access, because.rule], ['NONE', 'device.child-owned']);
  assert.equal(ask(B, { ...scheme, schemeRecord: false, at: MOMENT.lesson }).access, 'NONE');
  const childless = { ...documents[B], devices: documents[B].devices.filter((d) => d.ownership !== 'child') };
  const question = { ...scheme, registered: true, schemeRecord: false, person: 'person-1', at: MOMENT.home };
  assert.equal(deviceAccess(compiled(childless), question).access, 'NONE');
});

test('DEV-05 under B a child’s own device gets no network whoever is signed in on it', () => {
  for (const audience of AUDIENCES) assert.equal(ask(B, { deviceClass: 'child-owned', audience }).access, 'NONE');
});

test('DEV-08 an unregistered device, one of no known class, and one of two levels or none get no network', () => {
  for (const id of SHIPPED_POLICIES) {
    for (const deviceClass of [...Object.keys(OWNER), null]) {
      const { access, because } = ask(id, { deviceClass, registered: false });
      assert.deepEqual([access, because.rule, because.remedy], ['NONE', 'device.unregistered', 'ask']);
    }
    for (const deviceClass of [null, '', 'constructor', 'toaster']) {
      assert.deepEqual(ask(id, { deviceClass }).because.rule, 'device.unknown');
      assert.equal(ask(id, { deviceClass }).access, 'NONE');
    }
  }
  for (const cells of [
    { inSchool: true, full: true, internetOnly: true, none: false },
    { inSchool: true, full: true, internetOnly: false, none: true },
    { inSchool: true, full: false, internetOnly: false, none: false },
  ]) {
    const devices = documents[B].devices.map((d) => ({ ...d, cells }));
    const question = { deviceClass: 'school-single', registered: true, schemeRecord: true, audience: 'staff' } as const;
    assert.equal(
      deviceAccess(compiled({ ...documents[B], devices }), { ...question, at: MOMENT.lesson }).access,
      'NONE',
    );
  }
});

/** Under B, but with a class for pupils' own devices that has network, and social time left open: what §8 alone says. */
const bringing = (pupil: Cell) => {
  const doc = documents[B];
  const rules = doc.rules.map((r) => (r.id === 'COM-03' ? { ...r, cells: { ...r.cells, pupil } } : r));
  const cells = { inSchool: true, full: false, internetOnly: true, none: false };
  const devices = doc.devices.map((d) => (d.ownership === 'child' ? { ...d, cells } : d));
  return compiled({ ...doc, rules, devices });
};
const own = {
  deviceClass: 'child-owned',
  registered: true,
  schemeRecord: false,
  audience: 'pupil',
  person: 'person-1',
} as const;

test('DEV-09 DEV-10 a pupil’s own device gets no network in lessons, tutor time and clubs, by a rule that is named', () => {
  const policy = bringing({ value: 'allowed' });
  for (const [slot, rules] of [
    ['lesson', ['COM-02', 'DEV-09']],
    ['tutor-time', ['DEV-09']],
    ['club', ['DEV-10']],
  ] as const) {
    for (const q of [{ at: MOMENT[slot] }, { at: MOMENT.home, slot }]) {
      for (const zone of [...ZONE_KINDS, null]) {
        const { access, because } = deviceAccess(policy, { ...own, ...q, zone });
        assert.equal(access, 'NONE');
        assert.ok((rules as readonly string[]).includes(because.rule), `${slot}: ${because.rule}`);
        assert.ok(because.clause);
      }
    }
    const asked = may(policy, {
      action: 'use-personal-device',
      audience: 'pupil',
      at: MOMENT[slot],
      equipment: 'personal',
    });
    for (const rule of rules) assert.ok(asked.trace.some((s) => s.rule === rule && s.spoke === 'block'));
  }
  assert.equal(deviceAccess(policy, { ...own, at: MOMENT.home, zone: 'outside' }).access, 'INTERNET_ONLY');
});

test('DEV-11 in social time place matters: never in the main building, outside as the school sets it, and nowhere if unset', () => {
  const asked = (policy: CompiledMay, zone: DeviceQuestion['zone']) =>
    (['break', 'lunch'] as const).map((slot) => {
      const { access, because } = deviceAccess(policy, { ...own, at: MOMENT[slot], zone });
      return `${access} ${because.rule}`;
    });
  const open = bringing({ value: 'allowed' });
  assert.deepEqual(new Set(asked(open, 'main-building')), new Set(['NONE DEV-11']));
  assert.deepEqual(new Set(asked(open, null)), new Set(['NONE DEV-11']), 'who does not know the place says no');
  assert.deepEqual(new Set(asked(open, 'outside')), new Set(['INTERNET_ONLY device.child-owned']));
  for (const zone of [...ZONE_KINDS, null]) {
    const closed = asked(bringing({ value: 'not-allowed' }), zone).map((a) => a.split(' ')[0]);
    assert.deepEqual(closed, ['NONE', 'NONE'], 'as B’s table says');
  }
});

test('what the rules say of pupils’ own devices leaves the school’s devices and adults’ own alone', () => {
  for (const slot of SLOT_KINDS) {
    for (const deviceClass of ['school-single', 'school-shared', 'scheme']) {
      assert.equal(ask(B, { deviceClass, audience: 'pupil', at: MOMENT[slot] }).access, 'FULL');
    }
    assert.equal(ask(B, { deviceClass: 'staff-owned', at: MOMENT[slot] }).access, 'FULL');
  }
  assert.equal(ask(B, { deviceClass: 'staff-owned', audience: 'pupil', at: MOMENT.lesson }).access, 'NONE');
});

test('a device that may not come to school gets no network there, and its level only away from it', () => {
  const cells = { inSchool: false, full: true, internetOnly: false, none: false };
  const policy = compiled({ ...documents[B], devices: documents[B].devices.map((d) => ({ ...d, cells })) });
  const levels = [...ZONE_KINDS, null].map((zone) => {
    const question = { deviceClass: 'staff-owned', registered: true, schemeRecord: false, audience: 'staff' } as const;
    return `${zone} ${deviceAccess(policy, { ...question, at: MOMENT.lesson, zone }).access}`;
  });
  assert.deepEqual(levels, ['main-building NONE', 'outside NONE', 'off-site FULL', 'null NONE']);
});

test('a visitor’s device gets no more than the policy gives guests anywhere', () => {
  const levels = (['FULL', 'INTERNET_ONLY', 'NONE'] as const).map((access) => {
    const doc = documents[B];
    const settings = { ...doc.settings, guests: { ...doc.settings.guests, access } };
    const question = {
      deviceClass: 'visitor-owned',
      registered: true,
      schemeRecord: false,
      audience: 'guest',
    } as const;
    return deviceAccess(compiled({ ...doc, settings }), { ...question, at: MOMENT.home }).access;
  });
  assert.deepEqual(levels, ['INTERNET_ONLY', 'INTERNET_ONLY', 'NONE']);
});
