import type { BullyingSetting, BullyingTopic } from '#platform/tables/closing.ts';

/** CYB-03 and CYB-05: what pupils learn about bullying online. */
export const TOPICS: Readonly<Record<BullyingTopic, string>> = {
  what: 'What it is, and what to do',
  why: 'Why it happens',
  forms: 'Its forms',
  consequences: 'Its consequences',
};
export const TOPIC_IDS = Object.keys(TOPICS) as BullyingTopic[];

export const SETTINGS: Readonly<Record<BullyingSetting, string>> = {
  year: 'With a whole year',
  tutor: 'In tutor time, with one group',
  lesson: 'In a lesson, with one group',
};

export interface Taught {
  readonly topics: readonly BullyingTopic[];
  readonly setting: BullyingSetting;
  readonly year: number | null;
  readonly group: string | null;
  readonly subject: string | null;
  /** `YYYY-MM-DD`. */
  readonly on: string;
}

/** A group and the years its pupils are in: a group may be of several, and a year always has the groups its pupils are in. */
export interface Group {
  readonly group: string;
  readonly years: readonly number[];
}

const last = (days: readonly string[]): string | null => days.toSorted().at(-1) ?? null;

/** When this group last met the topic, by itself or with each of its years. */
export function groupMet(taught: readonly Taught[], { group, years }: Group, topic: BullyingTopic): string | null {
  const about = taught.filter((t) => t.topics.includes(topic));
  const own = about.filter((t) => t.group === group).map((t) => t.on);
  const withYears = years.map((y) => last(about.filter((t) => t.setting === 'year' && t.year === y).map((t) => t.on)));
  const all = withYears.every((day) => day !== null) ? withYears.filter((day) => day !== null) : [];
  return last([...own, ...all]);
}

/** CYB-06: when its tutor last spoke with the group about it. */
export const tutorSpoke = (taught: readonly Taught[], { group }: Group): string | null =>
  last(taught.filter((t) => t.setting === 'tutor' && t.group === group).map((t) => t.on));

/** CYB-05: how far a year has come with a topic: which of its groups have met it. */
export function yearMet(taught: readonly Taught[], year: number, groups: readonly Group[], topic: BullyingTopic) {
  const whole = last(
    taught.filter((t) => t.setting === 'year' && t.year === year && t.topics.includes(topic)).map((t) => t.on),
  );
  const its = groups.filter((g) => g.years.includes(year));
  const met = its.map((g) =>
    last(taught.filter((t) => t.group === g.group && t.topics.includes(topic)).map((t) => t.on)),
  );
  const done = met.filter((day) => day !== null);
  const all = its.length > 0 && done.length === its.length;
  return { on: whole ?? (all ? last(done) : null), groups: its.length, done: done.length };
}

/** CYB-07: in which subjects it came up, how often, and last when. */
export function bySubject(taught: readonly Taught[]): { subject: string; lessons: number; on: string }[] {
  const subjects = new Map<string, string[]>();
  for (const { subject, on } of taught) if (subject) subjects.set(subject, [...(subjects.get(subject) ?? []), on]);
  return [...subjects]
    .map(([subject, days]) => ({ subject, lessons: days.length, on: last(days) ?? '' }))
    .sort((a, b) => b.lessons - a.lessons || a.subject.localeCompare(b.subject));
}
