import type { AlertFacts } from './alert.workflow.ts';
import type { Alert } from './alerts.store.ts';

/** What the guards of the workflow need to know of an alert. */
export const factsOf = (
  alert: Pick<Alert, 'urgency' | 'due_at' | 'acknowledged_at' | 'detector'>,
  more: { now: number; hitAt?: number; reason?: string; isLead?: boolean },
): AlertFacts => ({
  now: more.now,
  urgency: alert.urgency,
  dueAt: alert.due_at?.getTime() ?? null,
  acknowledgedAt: alert.acknowledged_at?.getTime() ?? null,
  hitAt: more.hitAt ?? null,
  ongoing: alert.detector === 'health',
  reason: more.reason ?? '',
  isLead: more.isLead ?? false,
});
