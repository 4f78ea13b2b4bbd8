import { taxonomy } from '#rooms/policies/index.ts';
import type { AlertState } from './alert.workflow.ts';
import type { Alert } from './alerts.store.ts';

/** A category as people read it. */
export const categoryName = (id: string | null): string =>
  id === null || id === '' ? 'No category' : (taxonomy().byId.get(id)?.name ?? id);

const DETECTORS: Readonly<Record<Alert['detector'], (category: string) => string>> = {
  grave: (category) => category,
  repeated: (category) => `${category}: repeated attempts`,
  bypass: () => 'Tries to get round the filter',
  told: () => 'Somebody told us something',
  health: () => 'The filter needs a look',
};

/** An alert in a few words, without a name. */
export const headline = (alert: Pick<Alert, 'detector' | 'category'>): string =>
  DETECTORS[alert.detector](categoryName(alert.category));

/** Red says that a child may be in danger now, so only an urgent alert that nobody has taken up wears it. */
export const urgencyTag = (alert: Pick<Alert, 'urgency' | 'state'>) =>
  alert.urgency === 'urgent'
    ? { text: 'Urgent', tone: alert.state === 'raised' ? 'danger' : 'quiet' }
    : { text: 'Soon', tone: alert.state === 'raised' ? 'amber' : 'quiet' };

export const STATES: Readonly<Record<AlertState, { text: string; tone: string }>> = {
  raised: { text: 'Waits for somebody', tone: 'amber' },
  acknowledged: { text: 'Acknowledged', tone: 'calm' },
  'in-case': { text: 'In a case', tone: 'quiet' },
  closed: { text: 'Closed', tone: 'quiet' },
};

export const OUTCOMES = { allow: 'Opened', warn: 'Warned', block: 'Blocked' } as const;
export const outcomeName = (outcome: string): string => OUTCOMES[outcome as keyof typeof OUTCOMES] ?? outcome;
export const outcomeTone = (outcome: string): string => (outcome === 'allow' ? 'calm' : 'amber');

/** Somebody without a name (MON-11). */
export function somebody(person: { kind: string; yearGroup: number | null } | null): string {
  if (!person) return 'Nobody signed in';
  if (person.kind === 'pupil') return person.yearGroup === null ? 'A pupil' : `Someone in Year ${person.yearGroup}`;
  return GROUPS[person.kind] ?? 'Somebody';
}
const GROUPS: Readonly<Record<string, string>> = {
  staff: 'A member of staff',
  governor: 'A governor',
  parent: 'A parent',
  volunteer: 'A volunteer',
  visitor: 'A visitor',
};
