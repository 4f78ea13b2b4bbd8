import { getDomain } from 'tldts';
import { MINUTE } from '#core/clock.ts';
import { openingOf } from '#policy/open.ts';
import { resolveCell } from '#policy/resolve.ts';
import { CLASS_VIEW_USUAL, type ClassViewRules, type PolicyDocument, type SchoolFacts } from '#policy/types.ts';
import { WallClock } from '#policy/windows.ts';

/**
 * Kinds of site that a teacher is not shown, neither open nor stopped. A child who looks for help, or asks about their
 * body or mind, does so unseen by the adult at the front of the room and by whoever stands behind them; else they would
 * not ask. What must be acted on reaches the safeguarding lead as an alert. The database keeps these lines back as well
 * (migrations/0018).
 */
export const PRIVATE: ReadonlySet<string> = new Set([
  'help',
  'health',
  'sexual-health',
  'self-harm',
  'eating-disorders',
]);

/** What pages and devices fetch by themselves; it says nothing about what a pupil reads. */
const NOISE = ['advertising', 'tracking', 'technical', 'software-updates'];

/** Whoever may read all of it elsewhere is not shown these here either. */
export const NOT_SHOWN: readonly string[] = [...PRIVATE, ...NOISE];

/** What was asked for within this time is on the screen still, as far as anybody can tell. */
export const CURRENT = 5 * MINUTE;
/** A look lasts a lesson; the next one is opened anew. */
export const LONGEST = 60 * MINUTE;
/** Whoever shows no sign of looking for so long has stopped. */
export const IDLE = 5 * MINUTE;
export const LEAST_REASON = 10;
const MOST_SITES = 4;

export const rulesOf = ({ monitoring }: PolicyDocument): ClassViewRules => monitoring.classView ?? CLASS_VIEW_USUAL;

/** May classes be looked at now? */
export function isTime({ windows }: ClassViewRules, school: SchoolFacts, now: number): boolean {
  if (windows === undefined) return true;
  const cell = resolveCell({ value: 'times', windows }, 'MON-10', school);
  return openingOf(cell, new WallClock(school.timeZone))(now, null);
}

/** A line of activity as far as a look shows it: of what was stopped not even the name leaves the database. */
export interface ClassLine {
  readonly person: string;
  readonly at: Date;
  readonly host: string | null;
}

export interface PupilNow {
  readonly id: string;
  readonly name: string;
  /** The newest first, each once. */
  readonly sites: readonly { readonly host: string; readonly at: Date }[];
  readonly blocked: { readonly times: number; readonly at: Date } | null;
}

/** What each pupil of a class has open, by name; `lines` the newest first. */
export function pupilsNow(
  pupils: readonly { readonly id: string; readonly name: string }[],
  lines: readonly ClassLine[],
  isPrivate: (host: string) => boolean,
): PupilNow[] {
  const byPupil = Map.groupBy(lines, (l) => l.person);
  return pupils.map(({ id, name }) => {
    const sites = new Map<string, { host: string; at: Date }>();
    const stopped: Date[] = [];
    for (const { host, at } of byPupil.get(id) ?? []) {
      if (host === null) stopped.push(at);
      else if (!isPrivate(host) && !sites.has(siteOf(host))) sites.set(siteOf(host), { host: bare(host), at });
    }
    const [latest] = stopped;
    return {
      id,
      name,
      sites: [...sites.values()].slice(0, MOST_SITES),
      blocked: latest ? { times: stopped.length, at: latest } : null,
    };
  });
}

/** One site, however many of its servers a page is put together from. */
const siteOf = (host: string): string => getDomain(host, { allowPrivateDomains: true }) ?? host;
const bare = (host: string): string => (host.startsWith('www.') ? host.slice(4) : host);
