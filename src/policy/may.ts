import {
  type CompiledMay,
  EQUIPMENT_BITS,
  type Heard,
  type MayBecause,
  SLOT_BITS,
  type Spoken,
  UNSAID,
  type Voice,
  ZONE_BITS,
} from './compile-may.ts';
import type { SlotKind, ZoneKind } from './sections.ts';
import type { Audience, Outcome } from './types.ts';
import { nextFlip, within } from './windows.ts';
import * as words from './words.ts';

/** May somebody do this? What is left out or null is not known, and what is not known opens nothing. */
export interface MayQuestion {
  readonly action: string;
  readonly audience: Audience;
  /** Left out, the question is about the whole audience: what is closed to one profile of it is closed. */
  readonly profile?: string | null;
  readonly person?: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Left out, the timetable tells it from `at`. */
  readonly slot?: SlotKind | null;
  readonly zone?: ZoneKind | null;
  readonly equipment?: 'school' | 'personal' | null;
}

/** `warn`: allowed as the policy is written, by a cell that the school is still to confirm. */
export interface MayAnswer {
  readonly outcome: Outcome;
  readonly because: MayBecause;
  /** Of the policy that answered. */
  readonly version: string;
  /** Every rule that could speak, and what it said. */
  readonly trace: readonly Spoken[];
}

/**
 * Of all rules that speak of the action, there and then, the strictest decides (UAR-26, GOV-34); where none speaks the
 * answer is no. A rule whose conditions the question leaves open may close, but cannot open. Total, like decide().
 */
export function may(policy: CompiledMay, question: MayQuestion): MayAnswer {
  const slots = slotsOf(policy, question);
  const zones = bitOf(ZONE_BITS, question.zone);
  const equipment = bitOf(EQUIPMENT_BITS, question.equipment);
  const trace: Spoken[] = [];
  let best = UNSAID;
  let unconfirmed = false;
  for (const voice of policy.voices.get(question.action)?.get(question.audience) ?? []) {
    if (voice.profile !== null && question.profile != null && voice.profile !== question.profile) continue;
    const seen = Math.min(see(voice.slots, slots), see(voice.zones, zones), see(voice.equipment, equipment));
    const heard = hear(voice, question, seen);
    if (heard.spoken) trace.push(heard.spoken);
    if (heard.rank > best.rank) best = heard;
    if (heard.outcome === 'warn') unconfirmed = true;
  }
  const { outcome, because } = best;
  if (outcome === 'block' || !unconfirmed) return { outcome, because, version: policy.version, trace };
  const text = `${because.text} ${words.STILL_TO_CONFIRM}`;
  return { outcome: 'warn', because: { ...because, text }, version: policy.version, trace };
}

/** The first instant from `at` on in such a slot, so that "at lunch?" is asked of a real lunch; null if none is known. */
export function momentOf(policy: CompiledMay, slot: SlotKind, at: number): number | null {
  const plan = policy.timetable?.get(slot);
  if (!plan) return null;
  if (within(plan, policy.clock.local(at))) return at;
  const begins = nextFlip(plan, at, policy.clock);
  return Number.isFinite(begins) ? begins : null;
}

/** Where nobody can tell. */
const UNKNOWN = -1;

const bitOf = <T>(bits: ReadonlyMap<T, number>, name: T | null | undefined): number =>
  name == null ? UNKNOWN : (bits.get(name) ?? UNKNOWN);

/** The slots of the moment, none being outside the timetable. */
function slotsOf({ timetable, clock }: CompiledMay, { slot, at }: MayQuestion): number {
  if (slot != null) return bitOf(SLOT_BITS, slot);
  const local = clock.local(at);
  if (!timetable || Number.isNaN(local)) return UNKNOWN;
  let slots = 0;
  for (const [kind, plan] of timetable) if (within(plan, local)) slots |= bitOf(SLOT_BITS, kind);
  return slots;
}

/** Whether a condition is met; of several, the least holds. */
const [UNMET, UNSURE, MET] = [0, 1, 2];

function see(wanted: number, here: number): number {
  if (wanted === 0) return MET;
  if (here === UNKNOWN) return UNSURE;
  return (wanted & here) === 0 ? UNMET : MET;
}

function hear(voice: Voice, { at, person }: MayQuestion, seen: number): Heard {
  if (seen === UNMET) return voice.elsewhere;
  if (!voice.isOpen(at, person)) return typeof voice.closed === 'function' ? voice.closed(at) : voice.closed;
  return seen === MET ? voice.open : voice.unclear;
}
