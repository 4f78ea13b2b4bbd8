import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { DAY, MINUTE } from '#core/clock.ts';
import { invalid, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { ActivityEvent } from '#policy/feed.ts';

/** An event as it is stored: its place in its batch, and its time on control's calendar. */
export interface ActivityLine extends ActivityEvent {
  readonly line: number;
}

/** Ids and versions that gateways copy from their snapshot. */
const WORD = /^[!-~]{1,120}$/;
const MAX_HOST = 253;

/**
 * The lines of a batch. One malformed line refuses the whole batch and is named: half a batch could never be told from a
 * whole one afterwards. Only `host` comes from the person who asked, so nothing in it may refuse a batch; else one odd
 * name would stop all recording.
 */
export function parseBatch(body: Buffer): ActivityEvent[] {
  const text = body.toString('utf8');
  const events: ActivityEvent[] = [];
  const addresses = new Map<string, string | null>();
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (end > start) events.push(parseLine(text.slice(start, end), number, addresses));
    start = end + 1;
  }
  return events;
}

function parseLine(text: string, number: number, addresses: Map<string, string | null>): ActivityEvent {
  let e: Partial<Record<keyof ActivityEvent, unknown>>;
  try {
    e = JSON.parse(text);
  } catch {
    throw malformed(number, 'is not JSON');
  }
  if (typeof e !== 'object' || e === null || Array.isArray(e)) throw malformed(number, 'is not an event');
  const wrong = (field: keyof ActivityEvent, should: string): Refusal =>
    malformed(number, `"${field}" must be ${should}`);

  if (!whole(e.t, 1)) throw wrong('t', 'a time in milliseconds');
  if (e.via !== 'dns' && e.via !== 'proxy') throw wrong('via', '"dns" or "proxy"');
  if (e.person !== null && !isUuid(e.person)) throw wrong('person', 'an id or null');
  if (e.device !== null && !isUuid(e.device)) throw wrong('device', 'an id or null');
  if (typeof e.address !== 'string') throw wrong('address', 'an IP address');
  const address = addresses.get(e.address) ?? canonicalAddress(e.address);
  if (address === null) throw wrong('address', 'an IP address');
  addresses.set(e.address, address);
  if (!word(e.profile)) throw wrong('profile', 'the id of a profile');
  if (typeof e.host !== 'string') throw wrong('host', 'a host name');
  if (e.category !== null && !word(e.category)) throw wrong('category', 'the id of a category or null');
  if (e.outcome !== 'allow' && e.outcome !== 'warn' && e.outcome !== 'block')
    throw wrong('outcome', '"allow", "warn" or "block"');
  if (!word(e.rule)) throw wrong('rule', 'the id of a rule');
  if (e.clause !== null && !word(e.clause)) throw wrong('clause', 'the id of a clause or null');
  if (!whole(e.snapshot, 0)) throw wrong('snapshot', 'a whole number');
  if (e.list !== null && !word(e.list)) throw wrong('list', 'the version of the lists or null');
  if (!whole(e.count, 1) || e.count > 0x7fff_ffff) throw wrong('count', 'a whole number from 1');
  return {
    t: e.t,
    via: e.via,
    person: e.person === null ? null : e.person.toLowerCase(),
    device: e.device === null ? null : e.device.toLowerCase(),
    address,
    profile: e.profile,
    host: printable(e.host),
    category: e.category,
    outcome: e.outcome,
    rule: e.rule,
    clause: e.clause,
    snapshot: e.snapshot,
    list: e.list,
    count: e.count,
  };
}

const malformed = (line: number, what: string): Refusal =>
  invalid('activity.malformed', `Line ${line} of this batch ${what}. Nothing of it was taken.`);
const whole = (v: unknown, min: number): v is number => Number.isSafeInteger(v) && (v as number) >= min;
const word = (v: unknown): v is string => typeof v === 'string' && WORD.test(v);

/** What PostgreSQL cannot store or a page cannot show becomes "?"; a wire name may hold any byte (RFC 2181 §11). */
const printable = (host: string): string => (host === '' ? '.' : host.slice(0, MAX_HOST).replace(/[^!-~]/g, '?'));

/** One spelling for each address, whoever wrote it; a zone index says nothing outside its machine. Null for no address. */
export function canonicalAddress(address: string): string | null {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 4) return bare;
  return family === 6 ? ipaddr.process(bare).toString() : null;
}

/** A gateway's clock may run this far ahead before its word is not taken. */
const AHEAD = 5 * MINUTE;

export interface Window {
  readonly now: number;
  /** Start of the first UTC day that is still kept. */
  readonly keptFrom: number;
}

/** The first UTC day that a retention of so many days still keeps. */
export const keptFrom = (now: number, activityDays: number): number => Math.floor(now / DAY) * DAY - activityDays * DAY;

/**
 * Place events on the calendar. What is older than the policy lets anything be kept is not stored: it ought to have been
 * deleted already (DPR-06). What claims to lie in the future comes from a gateway whose clock is wrong, and gets the
 * time of its arrival, the nearest that is known; refusing it would lose the record of a real request.
 */
export function placeInTime(events: readonly ActivityEvent[], window: Window) {
  const lines: ActivityLine[] = [];
  let expired = 0;
  let ahead = 0;
  for (const [i, e] of events.entries()) {
    if (e.t < window.keptFrom) {
      expired++;
      continue;
    }
    const late = e.t > window.now + AHEAD;
    if (late) ahead++;
    lines.push({ ...e, t: late ? window.now : e.t, line: i + 1 });
  }
  return { lines, expired, ahead };
}

export const dayOf = (t: number): string => new Date(t).toISOString().slice(0, 10);

export interface DayDigest {
  readonly lines: number;
  readonly sha256: string;
}

/**
 * MON-12: a digest of a batch's lines for each day it touches, since whole days are deleted. The ledger holds it, so a
 * changed, added or missing line shows. Lines come in the order of the batch.
 */
export function dayDigests(lines: Iterable<ActivityLine>): Record<string, DayDigest> {
  const days = new Map<number, string[]>();
  for (const l of lines) {
    const number = Math.floor(l.t / DAY);
    const day = days.get(number);
    if (day) day.push(canonical(l));
    else days.set(number, [canonical(l)]);
  }
  return Object.fromEntries(
    [...days].map(([number, day]) => [
      dayOf(number * DAY),
      { lines: day.length, sha256: createHash('sha256').update(day.join('\n')).digest('hex') },
    ]),
  );
}

/** A stored line as one text: the fields in one fixed order. */
export const canonical = (l: ActivityLine): string =>
  JSON.stringify([
    l.line,
    l.t,
    l.via,
    l.person,
    l.device,
    l.address,
    l.profile,
    l.host,
    l.category,
    l.outcome,
    l.rule,
    l.clause,
    l.snapshot,
    l.list,
    l.count,
  ]);
