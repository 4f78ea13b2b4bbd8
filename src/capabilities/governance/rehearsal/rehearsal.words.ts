import { conflict } from '#core/errors.ts';
import type { PersonKind } from '#policy/index.ts';
import type { Fate } from './questions.rules.ts';
import type { Differences, GroupId, Reason, Turn } from './rehearsal.rules.ts';
import type { Tallied } from './tally.ts';

export const noPolicy = () =>
  conflict(
    'rehearsal.no-policy',
    'No policy is in force, so there is nothing to compare the draft with.',
    'Adopt a policy first.',
  );

export const noLists = () =>
  conflict(
    'rehearsal.no-lists',
    'The filter’s lists are not compiled yet, so nobody can say what kind of site an address is.',
    'Try it again once they are, under Filtering, Lists.',
  );

const figure = new Intl.NumberFormat('en-GB');

/** Fewer than this many people could be recognised. */
const FEW = 3;

/** How many people, or only that they are few. */
export const peopleCount = (people: number): string =>
  people === 0 ? '0' : people < FEW ? `fewer than ${FEW}` : figure.format(people);

/** Under a number of requests in a table: by how many people. */
export function byWhom({ requests: n, people }: Tallied): string {
  if (n === 0) return '';
  return people === 0 ? 'nobody signed in' : `by ${peopleCount(people)} people`;
}

const requests = (n: number): string => (n === 1 ? '1 request' : `${figure.format(n)} requests`);

/** "1,204 requests by 214 people". */
function sized({ requests: n, people, unsigned }: Tallied): string {
  const by = people === 0 ? '' : ` by ${peopleCount(people)} people`;
  if (unsigned === 0) return requests(n) + by;
  if (people === 0) return `${requests(n)} where nobody was signed in`;
  return `${requests(n)} (${figure.format(unsigned)} where nobody was signed in, the others${by})`;
}

/** The answer in one sentence. */
export function headline({ all, opens, stops }: Differences, days: number): string {
  const time = days === 1 ? 'day' : `${days} days`;
  const had = `If this version had held in the last ${time}: `;
  if (all.requests === 0) return `Nothing was asked of the filter in the last ${time}, so there was nothing to replay.`;
  if (opens.requests + stops.requests === 0)
    return `${had}nothing would have been different for any of ${requests(all.requests)}.`;
  const parts = [
    opens.requests > 0 ? `${sized(opens)} would newly open` : 'nothing would newly open',
    stops.requests > 0 ? `${sized(stops)} would newly be stopped` : 'nothing would newly be stopped',
  ];
  return `${had}${parts.join(', ')}.`;
}

export const TURNS: Readonly<Record<Turn, string>> = { opens: 'Newly open', stops: 'Newly stopped' };

export const FATE_WORDS: Readonly<Record<Fate, { readonly name: string; readonly tone: 'calm' | 'amber' | 'quiet' }>> =
  {
    opens: { name: 'Would open', tone: 'calm' },
    open: { name: 'Open already', tone: 'quiet' },
    closes: { name: 'Would be stopped', tone: 'amber' },
    closed: { name: 'Stays closed', tone: 'quiet' },
  };

const KINDS: Readonly<Record<PersonKind, string>> = {
  pupil: 'Pupils without a year',
  staff: 'Staff',
  governor: 'Governors',
  parent: 'Parents',
  volunteer: 'Volunteers',
  visitor: 'Visitors',
};

/** `before` is the name of the group's profile. */
export function groupName(group: GroupId, before: string): string {
  if ('profile' in group) return group.profile === 'unidentified' ? 'Nobody signed in' : `Addresses set to: ${before}`;
  if (group.kind !== 'pupil' || group.year === null) return KINDS[group.kind];
  return group.year === 0 ? 'Reception' : `Year ${group.year}`;
}

/** Years upwards, then the other kinds, then addresses. */
export function groupPlace(group: GroupId): number {
  if ('profile' in group) return 2000;
  return group.kind === 'pupil' && group.year !== null ? group.year : 1000 + Object.keys(KINDS).indexOf(group.kind);
}

/** Answers that no row of the policy gives. */
const OTHER_REASONS: Readonly<Record<string, readonly [open: string, closed: string]>> = {
  profile: ['Nothing restricts it for this group', 'Closed to this group'],
  uncategorised: ['In no category', 'In no category'],
  'no-policy': ['No such profile', 'No such profile in the policy'],
  'safety.help': ['A place that helps', 'A place that helps'],
};

export function reasonName({ rule, name, clause, open }: Reason): string {
  const byRequest = rule.startsWith('change.') ? `Request ${rule.slice('change.'.length)}` : null;
  const [whenOpen, whenClosed] = OTHER_REASONS[rule] ?? ['The safety floor', 'The safety floor'];
  const words = name ?? byRequest ?? (open ? whenOpen : whenClosed);
  return clause ? `${words} (clause ${clause})` : words;
}
