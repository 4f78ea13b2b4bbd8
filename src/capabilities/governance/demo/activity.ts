import { DAY, HOUR, MINUTE, SECOND } from '#core/clock.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { type CompiledPolicy, decide, type PolicyDocument, profileFor } from '#policy/index.ts';
import type { DemoPerson } from './people.ts';
import { type Random, weighted } from './random.ts';
import { type DemoSite, SITES } from './sites.ts';

/** How busy each hour of a school day is; the hours are the school's own. */
const CURVE: Readonly<Record<number, number>> = {
  7: 0.15,
  8: 0.7,
  9: 1,
  10: 1.05,
  11: 0.95,
  12: 1.25,
  13: 1.05,
  14: 1,
  15: 0.5,
  16: 0.25,
  17: 0.1,
  18: 0.06,
  19: 0.04,
};
const EVENTS_ON_A_SCHOOL_DAY = 15_000;
const EVENTS_AT_A_WEEKEND = 250;

/** From one try of an episode to the next, in ms. */
export const BETWEEN_TRIES = 40 * SECOND;

/** Something that stands out: one person, one site, several tries within minutes. */
export interface Episode {
  readonly at: number;
  readonly person: DemoPerson;
  readonly host: string;
  readonly category: string;
  readonly tries: number;
}

export interface World {
  readonly people: readonly DemoPerson[];
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
  readonly random: Random;
}

/** Everything that happened from `from` until `to` (epoch ms, within one day at the school), in order of time. */
export function activityBetween(world: World, from: number, to: number, episodes: readonly Episode[]): ActivityEvent[] {
  const { random, people, compiled } = world;
  const pupils = people.filter((p) => p.kind === 'pupil');
  const staff = people.filter((p) => p.kind === 'staff');
  const drawPupilSite = weighted(SITES, (s) => s.pupils);
  const drawStaffSite = weighted(SITES, (s) => s.staff);
  const events: ActivityEvent[] = [];
  for (let hour = Math.floor(from / HOUR) * HOUR; hour < to; hour += HOUR) {
    const [begin, end] = [Math.max(from, hour), Math.min(to, hour + HOUR)];
    for (let n = Math.round((eventsIn(hour, compiled.timeZone) * (end - begin)) / HOUR); n > 0; n--) {
      const isStaff = random.next() < 0.2;
      const person = random.pick(isStaff ? staff : pupils);
      const site = (isStaff ? drawStaffSite : drawPupilSite)(random);
      events.push(eventOf(world, begin + random.below(end - begin), person, site));
    }
  }
  // Each try on its own: an episode may well cross the end of one batch and go on in the next.
  for (const e of episodes) {
    for (let i = 0; i < e.tries; i++) {
      const t = e.at + i * BETWEEN_TRIES;
      if (t >= from && t < to) events.push(eventOf(world, t, e.person, e));
    }
  }
  return events.sort((a, b) => a.t - b.t);
}

function eventsIn(hour: number, timeZone: string): number {
  const there = Temporal.Instant.fromEpochMilliseconds(hour).toZonedDateTimeISO(timeZone);
  const weight = CURVE[there.hour] ?? 0.01;
  const total = Object.values(CURVE).reduce((sum, w) => sum + w, 0);
  return Math.round(((there.dayOfWeek > 5 ? EVENTS_AT_A_WEEKEND : EVENTS_ON_A_SCHOOL_DAY) * weight) / total);
}

/** The decision is made by the policy itself, so that the page says the same because as the filter would. */
function eventOf(
  { document, compiled, random }: World,
  t: number,
  person: DemoPerson,
  site: Pick<DemoSite, 'host' | 'category'>,
): ActivityEvent {
  const profile = profileFor(document, { kind: person.kind, year: person.yearGroup });
  const categories = site.category ? [site.category] : [];
  const { outcome, because } = decide(compiled, profile, { categories, at: t, person: person.id });
  return {
    t,
    via: random.next() < 0.75 ? 'proxy' : 'dns',
    person: person.id,
    device: null,
    address: addressOf(person),
    profile,
    host: site.host,
    category: because.category ?? site.category,
    outcome,
    rule: because.rule,
    clause: because.clause,
    snapshot: 1,
    list: null,
    count: outcome === 'allow' ? 1 + random.below(4) : 1,
  };
}

/** Each year has its own subnet, staff have theirs; a person keeps to one machine. */
function addressOf(person: DemoPerson): string {
  const digit = Number.parseInt(person.id.slice(-4), 16);
  return `10.40.${person.yearGroup ?? 2}.${10 + (digit % 240)}`;
}

/** Midnight at the school, `days` days before `now`. */
export function dayStart(now: number, days: number, timeZone: string): number {
  const there = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone);
  return there.startOfDay().subtract({ days }).epochMilliseconds;
}

/** `time` (minutes after midnight) on the n-th last school day before today. */
export function onSchoolDay(now: number, back: number, time: number, timeZone: string): number {
  let left = back;
  for (let days = 1; ; days++) {
    const start = dayStart(now, days, timeZone);
    const weekday = Temporal.Instant.fromEpochMilliseconds(start + DAY / 2).toZonedDateTimeISO(timeZone).dayOfWeek;
    if (weekday <= 5 && --left === 0) return start + time * MINUTE;
  }
}
