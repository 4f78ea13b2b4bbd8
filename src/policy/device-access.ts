import { type CompiledMay, type MayBecause, UNSAID } from './compile-may.ts';
import { type MayQuestion, may } from './may.ts';
import type { DeviceClass } from './sections.ts';
import * as words from './words.ts';

/** What a device gets of the network (matrix B-1). */
export type AccessLevel = 'FULL' | 'INTERNET_ONLY' | 'NONE';

export interface DeviceQuestion extends Pick<MayQuestion, 'audience' | 'profile' | 'person' | 'at' | 'slot' | 'zone'> {
  /** Id of a class of the policy; null where nobody recorded one. */
  readonly deviceClass: string | null;
  readonly registered: boolean;
  /** Whether the school's scheme has a record of it (DEV-04). */
  readonly schemeRecord: boolean;
}

export interface DeviceAnswer {
  readonly access: AccessLevel;
  /** A shared device is nobody's: what it may is what the person signed in may (DEV-03). */
  readonly tiedTo: 'person' | 'device';
  readonly because: MayBecause;
}

/** The action whose rules say when and where a pupil may use a device of their own (DEV-09 to DEV-11). */
const USE_OWN_DEVICE = 'use-personal-device';

/**
 * The network access of a device, by its class in the policy. What is not registered, of no known class, or of a class
 * without exactly one level gets none (DEV-08); where a rule keeps a pupil from using a device of their own, so does it.
 */
export function deviceAccess(policy: CompiledMay, question: DeviceQuestion): DeviceAnswer {
  const { registered, schemeRecord, audience, person } = question;
  const recorded = policy.devices.find((d) => d.id === question.deviceClass);
  if (!registered) return none('device.unregistered', null, words.NOT_REGISTERED);
  if (!recorded) return none('device.unknown', null, words.UNKNOWN_CLASS);

  const unproved = recorded.needs === 'scheme-record' && !schemeRecord;
  const device = unproved ? policy.devices.find((d) => d.ownership === 'child') : recorded;
  if (!device) return none(`device.${recorded.id}`, recorded.clause, words.withoutSchemeRecord(words.UNKNOWN_CLASS));

  if (audience === 'pupil' && device.ownership !== 'school' && device.ownership !== 'scheme') {
    const use = may(policy, { ...question, action: USE_OWN_DEVICE, equipment: 'personal' });
    if (use.outcome === 'block' && use.because.rule !== UNSAID.because.rule) {
      return { access: 'NONE', tiedTo: 'device', because: use.because };
    }
  }
  const rule = `device.${device.id}`;
  if (device.shared && person == null) return none(rule, device.clause, words.SHARED_DEVICE, 'sign-in');

  const access = levelOf(policy, device, question.zone);
  const said = words.ACCESS[access](device.name);
  const known = unproved ? words.withoutSchemeRecord(said) : said;
  const text = device.unconfirmed && access !== 'NONE' ? `${known} ${words.STILL_TO_CONFIRM}` : known;
  const remedy = access === 'FULL' ? null : 'ask';
  return {
    access,
    tiedTo: device.shared ? 'person' : 'device',
    because: { rule, clause: device.clause, text, remedy },
  };
}

function none(rule: string, clause: string | null, text: string, remedy: MayBecause['remedy'] = 'ask'): DeviceAnswer {
  return { access: 'NONE', tiedTo: 'device', because: { rule, clause, text, remedy } };
}

const STRICTEST: readonly AccessLevel[] = ['NONE', 'INTERNET_ONLY', 'FULL'];

function levelOf(policy: CompiledMay, device: DeviceClass, zone: DeviceQuestion['zone']): AccessLevel {
  const { inSchool, full, internetOnly, none } = device.cells;
  if (Number(full) + Number(internetOnly) + Number(none) !== 1 || none) return 'NONE';
  if (!inSchool && zone !== 'off-site') return 'NONE';
  const level = full ? 'FULL' : 'INTERNET_ONLY';
  if (device.ownership !== 'visitor') return level;
  // What visitors' devices get stands in two places (matrix B-1 and D13); the stricter holds (GOV-34).
  return STRICTEST.find((l) => l === level || l === policy.guests.access) ?? 'NONE';
}
