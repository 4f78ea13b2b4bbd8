import { randomBytes } from 'node:crypto';
import { getPublicSuffix } from 'tldts';
import { isAddress, readAddress } from '#filter/index.ts';
import type { ChangeKind, ChangeScopeKind } from '#platform/schema.ts';
import type { ChangeAction, LifeState } from './changes.workflow.ts';

/** What the form asks, as it was typed; moments as the school's clock shows them, `YYYY-MM-DDTHH:MM`. */
export interface ChangeInput {
  readonly kind: string;
  /** One to a line, or with spaces or commas between them. */
  readonly sites: string;
  /** `class:9B`, `year:9`, `profile:pupil-9`, `people` or `everyone`. */
  readonly scope: string;
  /** User names, for `people`. */
  readonly people: string;
  readonly topic: string;
  readonly purpose: string;
  readonly from: string;
  readonly until: string;
  readonly question: string;
  /** "I have looked at each of these sites." */
  readonly checked: boolean;
}

export const KINDS: readonly ChangeKind[] = ['open', 'block', 'emergency-block', 'only-these', 'bypass-monitoring'];
const SCOPES: readonly ChangeScopeKind[] = ['class', 'year', 'profile', 'people', 'everyone'];
export const MOST_SITES = 30;

export const readKind = (text: string): ChangeKind => KINDS.find((k) => k === text) ?? 'open';

export function readScope(text: string): { kind: ChangeScopeKind; value: string | null } {
  const cut = text.indexOf(':');
  const kind = SCOPES.find((k) => k === (cut < 0 ? text : text.slice(0, cut))) ?? 'people';
  const value = cut < 0 ? '' : text.slice(cut + 1).trim();
  return { kind, value: kind === 'people' || kind === 'everyone' ? null : value };
}
export const writeScope = ({ kind, value }: { kind: ChangeScopeKind; value: string | null }): string =>
  value === null ? kind : `${kind}:${value}`;

/** What was typed, as hosts: each once, in their order; what is no address is named. */
export function readSites(typed: string): { hosts: string[]; unread: string[] } {
  const words = typed.split(/[\s,;]+/).filter(Boolean);
  const read = words.map((word) => ({ word, host: readAddress(word)?.host ?? null }));
  const hosts = [...new Set(read.flatMap(({ host }) => (host === null ? [] : [host])))];
  return { hosts, unread: read.filter((r) => r.host === null).map((r) => r.word) };
}

/** Why a host may not be named: it would take with it what nobody looked at. */
export function siteFault(host: string): string | null {
  if (isAddress(host))
    return `${host} is an address of numbers; give the site’s name, since others may live there too.`;
  if (!host.includes('.')) return `${host} is not the whole name of a site.`;
  const suffix = getPublicSuffix(host, { allowPrivateDomains: true });
  return suffix === host ? `Many people’s sites live under ${host}; name the one that is meant.` : null;
}

/** As people say it on the telephone: no letter that looks like a digit. */
export const newReference = (): string =>
  [...randomBytes(6)].map((b) => 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'.charAt(b % 32)).join('');

export const KIND_WORDS: Readonly<Record<ChangeKind, { name: string; about: string }>> = {
  open: { name: 'Open sites', about: 'For a class or some people, for a time. Somebody else must agree.' },
  'only-these': {
    name: 'Only these sites',
    about: 'For one lesson, a class gets these sites and help, and nothing else.',
  },
  block: { name: 'Close sites', about: 'For everybody or some, until it is lifted. Somebody else must agree.' },
  'emergency-block': {
    name: 'Close at once',
    about: 'Closed within seconds. A second person must look at it afterwards.',
  },
  'bypass-monitoring': {
    name: 'Get round monitoring',
    about: 'For education, through the people who run ICT. Gatehouse itself goes on recording.',
  },
};

export const STATE_WORDS: Readonly<Record<LifeState, { text: string; tone: 'calm' | 'amber' | 'quiet' }>> = {
  draft: { text: 'Draft', tone: 'quiet' },
  asked: { text: 'Waits for a decision', tone: 'amber' },
  approved: { text: 'Agreed, not begun', tone: 'calm' },
  live: { text: 'Live', tone: 'calm' },
  'to-review': { text: 'Closed, waits for a second look', tone: 'amber' },
  lifting: { text: 'Closed, asked to be lifted', tone: 'amber' },
  refused: { text: 'Refused', tone: 'quiet' },
  withdrawn: { text: 'Ended early', tone: 'quiet' },
  expired: { text: 'Over', tone: 'quiet' },
};

export const DONE_WORDS: Readonly<Record<ChangeAction, string>> = {
  save: 'Saved as a draft. Nobody has been asked yet.',
  ask: 'Asked. Whoever decides has a letter, and you hear as soon as it is decided.',
  restrict: 'Agreed: the class gets only these sites in that time.',
  'close-now': 'Closed. Every gateway follows within seconds. A second person has been asked to look at it.',
  approve: 'Decided. Gateways follow within seconds; it begins and ends by itself.',
  refuse: 'Refused. Whoever asked reads why.',
  withdraw: 'Ended. Gateways follow within seconds.',
  'ask-to-lift': 'Asked. It stays closed until a second person agrees.',
  keep: 'It stays closed.',
  lift: 'Lifted. Gateways follow within seconds.',
  begin: 'Begun.',
  end: 'Over.',
};

/** What each step reads like in the story of a change. */
export const STEP_WORDS: Readonly<Record<string, string>> = {
  save: 'Saved as a draft',
  ask: 'Asked for',
  restrict: 'Set for the lesson',
  'close-now': 'Closed at once',
  approve: 'Approved',
  refuse: 'Refused',
  withdraw: 'Ended early',
  'ask-to-lift': 'Asked that it be lifted',
  keep: 'Kept closed',
  lift: 'Lifted',
  end: 'Ended by the clock',
};

const YEAR = (year: string) => (year === '0' ? 'Reception' : `Year ${year}`);

/** Whom it is for, naming nobody. */
export function sayScope(
  { kind, value, count }: { kind: ChangeScopeKind; value: string | null; count: number },
  profileName: (id: string) => string,
): string {
  switch (kind) {
    case 'class':
      return value ?? '';
    case 'year':
      return YEAR(value ?? '');
    case 'profile':
      return profileName(value ?? '');
    case 'people':
      return count === 1 ? 'one person' : `${count} people`;
    case 'everyone':
      return 'everybody';
  }
}

/** "Thursday 5 November, 12:05" on the school's clock. */
export function sayMoment(at: number, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone }).format(at);
  const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(at);
  return `${day.replace(',', '')}, ${time}`;
}
