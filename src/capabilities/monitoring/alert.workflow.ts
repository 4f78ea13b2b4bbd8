import { HOUR } from '#core/clock.ts';
import { type Guard, Workflow } from '#core/workflow.ts';
import { LEADING_ROLES } from '#policy/types.ts';

export type AlertState = 'raised' | 'acknowledged' | 'in-case' | 'closed';
export type AlertAction = 'raise' | 'join' | 'escalate' | 'acknowledge' | 'open-case' | 'close' | 'close-with-case';

/**
 * The parts somebody may hold towards an alert. `lead`: the safeguarding lead or a deputy. `told`: the policy's escalation
 * named them, whatever else they are.
 */
export type AlertPart = 'system' | 'lead' | 'head' | 'told' | 'ict';

export interface AlertFacts {
  readonly now: number;
  readonly urgency: 'urgent' | 'soon';
  readonly dueAt: number | null;
  readonly acknowledgedAt: number | null;
  /** Of a further hit: when it happened. */
  readonly hitAt: number | null;
  /** The trouble of one gateway is one alert for as long as it is open. */
  readonly ongoing: boolean;
  readonly reason: string;
  /** Does the person who acts lead on safeguarding, as holder or deputy? */
  readonly isLead: boolean;
}

const guard = (name: string, check: Guard<AlertFacts>['check']): Guard<AlertFacts> => ({ name, check });

const due = guard('due', (f) => (f.dueAt !== null && f.dueAt <= f.now ? null : 'The time to acknowledge is not over.'));
const sameMatter = guard('same-matter', (f) =>
  f.ongoing || (f.acknowledgedAt !== null && f.hitAt !== null && f.hitAt <= f.acknowledgedAt + HOUR)
    ? null
    : 'It is over an hour since this was acknowledged.',
);
const reasoned = guard('reasoned', (f) =>
  f.reason.trim().length >= 10 ? null : 'Say in ten letters or more why nothing further is needed.',
);
const urgentNeedsLead = guard('urgent-needs-lead', (f) =>
  f.urgency === 'soon' || f.isLead
    ? null
    : 'An urgent alert is closed only by the safeguarding lead or a deputy. Open a case instead.',
);

const people = ['lead', 'head', 'told'] as const;

/** Where an alert may go, by whom. What is not listed is refused; whom it is about holds no part at all (ALR-10). */
export const alertWorkflow = new Workflow<AlertState, AlertAction, AlertPart, AlertFacts>('alert', [
  { from: 'new', action: 'raise', to: 'raised', who: ['system'], guards: [], proves: ['MON-07', 'ALR-09'] },
  { from: 'raised', action: 'join', to: 'raised', who: ['system'], guards: [] },
  { from: 'raised', action: 'escalate', to: 'raised', who: ['system'], guards: [due], proves: ['ALR-10'] },
  {
    from: 'raised',
    action: 'acknowledge',
    to: 'acknowledged',
    who: [...people, 'ict'],
    guards: [],
    proves: ['ALR-10'],
  },
  { from: 'raised', action: 'open-case', to: 'in-case', who: people, guards: [] },
  { from: 'acknowledged', action: 'join', to: 'acknowledged', who: ['system'], guards: [sameMatter] },
  { from: 'acknowledged', action: 'open-case', to: 'in-case', who: people, guards: [] },
  {
    from: 'acknowledged',
    action: 'close',
    to: 'closed',
    who: [...people, 'ict'],
    guards: [urgentNeedsLead, reasoned],
  },
  { from: 'in-case', action: 'join', to: 'in-case', who: ['system'], guards: [sameMatter] },
  { from: 'in-case', action: 'close-with-case', to: 'closed', who: ['system'], guards: [reasoned] },
]);

/** Does this person lead on safeguarding, as holder or deputy? */
export const isLead = (by: { readonly duties: readonly string[] }): boolean =>
  LEADING_ROLES.some((role) => by.duties.includes(role));

/** What somebody is to an alert. The database shows it to nobody else anyway; this says what they may do. */
export function partsOf(
  by: { readonly person: string | null; readonly duties: readonly string[] },
  alert: { readonly detector: string; readonly kept_from: readonly string[]; readonly told: readonly string[] },
): AlertPart[] {
  if (by.person === null || alert.kept_from.includes(by.person)) return [];
  const parts: AlertPart[] = [];
  if (isLead(by)) parts.push('lead');
  if (by.duties.includes('head')) parts.push('head');
  // Trouble of the filter is told to those who run it; that gives them no part in cases (ROL-05).
  if (alert.detector !== 'health' && alert.told.includes(by.person)) parts.push('told');
  const runsTheFilter = by.duties.includes('ict-manager') || by.duties.includes('administrator');
  if (alert.detector === 'health' && runsTheFilter) parts.push('ict');
  return parts;
}
