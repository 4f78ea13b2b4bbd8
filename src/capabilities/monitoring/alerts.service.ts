import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import type { Verdict } from '#core/workflow.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { holders } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { type AlertAction, type AlertPart, type AlertState, alertWorkflow, isLead, partsOf } from './alert.workflow.ts';
import { factsOf } from './alerts.rules.ts';
import {
  type Alert,
  type AlertChange,
  addHits,
  changeAlert,
  type Detector,
  type EvidenceLine,
  findAlert,
  insertAlert,
  lockAlerts,
  notifyAlert,
  openAlertOf,
  type RouteStep,
  searchAlerts,
} from './alerts.store.ts';
import { tell, tellNext } from './escalation.service.ts';

export interface NewAlert {
  readonly school: string;
  /** Whom it is about, when that is known: kept from them whoever they are. */
  readonly subject: string | null;
  /** Others it is kept from. */
  readonly keptFrom?: readonly string[];
  readonly detector: Detector;
  readonly category: string | null;
  readonly urgency: 'urgent' | 'soon';
  readonly clause: string | null;
  /** What raised it. */
  readonly lines: readonly EvidenceLine[];
  /** Those of them that are new, for an alert that is open already; all of them when left out. */
  readonly fresh?: readonly EvidenceLine[];
  /** What makes it the same matter as an open alert; null: always an alert of its own. */
  readonly openKey: string | null;
  /** Told at once and without a clock, instead of those whom the policy's escalation names. */
  readonly recipients?: Awaited<ReturnType<typeof holders>>;
  /** Whom it goes to first, before those whom the policy's escalation names. */
  readonly route?: readonly RouteStep[];
}

export interface Raised {
  readonly id: string;
  readonly reference: string;
  readonly joined: boolean;
}

/**
 * Raise an alert, or add to the one that is open about the same matter. `tx` must be in the system's context: whoever
 * causes an alert need not be able to see it.
 */
export async function raise(tx: Tx, deps: Deps, alert: NewAlert): Promise<Raised> {
  await lockAlerts(tx, alert.school);
  return raiseLocked(tx, deps, alert);
}

/** The same for whoever holds the school's lock already. */
export async function raiseLocked(tx: Tx, deps: Deps, alert: NewAlert): Promise<Raised> {
  const now = deps.clock.now();
  const fresh = alert.fresh ?? alert.lines;
  const open = alert.openKey === null ? undefined : await openAlertOf(tx, alert.openKey);
  if (open) {
    const hitAt = Math.min(...fresh.map((l) => Date.parse(l.at)));
    if (alertWorkflow.judge(open.state, 'join', ['system'], factsOf(open, { now, hitAt })).ok) {
      await addHits(tx, open, fresh, latest(fresh));
      await record(tx, {
        school: alert.school,
        actor: null,
        action: 'alert.join',
        object: { kind: 'alert', id: open.id },
        detail: { hits: fresh.length },
        at: now,
      });
      await notifyAlert(tx, alert.school, open.id);
      return { id: open.id, reference: open.reference, joined: true };
    }
  }

  const keptFrom = new Set([...(alert.subject === null ? [] : [alert.subject]), ...(alert.keptFrom ?? [])]);
  const made = await insertAlert(tx, {
    school_id: alert.school,
    subject: alert.subject,
    kept_from: [...keptFrom],
    detector: alert.detector,
    category: alert.category,
    urgency: alert.urgency,
    clause: alert.clause,
    evidence: alert.lines,
    open_key: alert.openKey,
    route: alert.route ?? null,
    hits: alert.lines.length,
    raised_at: new Date(now),
    last_hit_at: latest(alert.lines),
  });
  await record(tx, {
    school: alert.school,
    actor: null,
    action: 'alert.raise',
    object: { kind: 'alert', id: made.id },
    detail: { detector: alert.detector, urgency: alert.urgency },
    at: now,
  });
  if (alert.recipients) {
    const free = alert.recipients.filter((r) => !keptFrom.has(r.id));
    await tell(tx, deps, made, free, { step: 0, minutes: null });
  } else {
    await tellNext(tx, deps, made, 0);
  }
  return { id: made.id, reference: made.reference, joined: false };
}

const latest = (lines: readonly EvidenceLine[]): Date => new Date(Math.max(...lines.map((l) => Date.parse(l.at))));

/** Alerts that wait for somebody, as far as the context may see them. */
export const openAlerts = (tx: Tx, limit = 100): Promise<Alert[]> => searchAlerts(tx, { state: 'open', limit });

/** "I have it": the clock stops. */
export const acknowledge = (deps: Deps, viewer: Viewer, id: string): Promise<void> =>
  deps.db.in(contextOf(viewer), (tx) => acknowledgeIn(tx, deps, contextOf(viewer), id));

/** The same within a command that does more. */
export async function acknowledgeIn(tx: Tx, deps: Deps, by: Context, id: string): Promise<void> {
  const alert = await mine(tx, id);
  const at = new Date(deps.clock.now());
  await take(tx, deps, by, alert, 'acknowledge', { acknowledged_by: by.person, acknowledged_at: at });
}

/** Nothing further is needed, and why. */
export const close = (deps: Deps, viewer: Viewer, id: string, reason: string): Promise<void> =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const alert = await mine(tx, id);
    const at = new Date(deps.clock.now());
    const change = { closed_by: viewer.person.id, closed_at: at, closing_reason: reason.trim() };
    await take(tx, deps, contextOf(viewer), alert, 'close', change, { reason });
  });

/** A case was opened from an alert, in the caller's transaction; that acknowledges it too. */
export async function linkCase(
  tx: Tx,
  deps: Deps,
  by: Context,
  link: { readonly alert: string; readonly case: string },
): Promise<void> {
  const alert = await mine(tx, link.alert);
  await take(tx, deps, by, alert, 'open-case', {
    case_id: link.case,
    ...(alert.acknowledged_at === null && {
      acknowledged_by: by.person,
      acknowledged_at: new Date(deps.clock.now()),
    }),
  });
}

/** The case is closed, so are the alerts it came from, as far as whoever closed it may see them. */
export async function closeForCase(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: { readonly case: string; readonly reason: string },
): Promise<void> {
  const alerts = await tx.selectFrom('alert').selectAll().where('case_id', '=', input.case).forUpdate().execute();
  for (const alert of alerts.filter((a) => a.state === 'in-case')) {
    const change = { closed_by: by.person, closed_at: new Date(deps.clock.now()), closing_reason: input.reason };
    await take(tx, deps, by, alert, 'close-with-case', change, { reason: input.reason, parts: ['system'] });
  }
}

async function mine(tx: Tx, id: string): Promise<Alert> {
  const alert = await findAlert(tx, id, { lock: true });
  if (!alert) throw notFound('this alert');
  return alert;
}

/** The one way in which an alert moves: judged by the table, entered in the ledger, told to the live pages. */
async function take(
  tx: Tx,
  deps: Deps,
  by: Context,
  alert: Alert,
  action: Exclude<AlertAction, 'raise' | 'join' | 'escalate'>,
  change: AlertChange,
  { reason = '', parts = partsOf(by, alert) }: { reason?: string; parts?: readonly AlertPart[] } = {},
): Promise<void> {
  const now = deps.clock.now();
  const verdict = alertWorkflow.judge(alert.state, action, parts, factsOf(alert, { now, reason, isLead: isLead(by) }));
  if (!verdict.ok) throw refusal(action, verdict);
  await changeAlert(tx, alert.id, { ...change, state: verdict.to, due_at: null });
  await record(tx, {
    school: alert.school_id,
    actor: by.person,
    action: `alert.${action}`,
    object: { kind: 'alert', id: alert.id },
    detail: { from: alert.state, to: verdict.to, ...(change.case_id && { case: change.case_id }) },
    ...(reason && { text: { reason } }),
    at: now,
  });
  await notifyAlert(tx, alert.school_id, alert.id);
}

function refusal(action: AlertAction, verdict: Extract<Verdict<AlertState>, { ok: false }>) {
  const code = `alert.${action}.${verdict.guard ?? verdict.code}`;
  if (verdict.code === 'not-listed')
    return conflict(code, verdict.reason, 'Reload the page to see where it stands now.');
  if (verdict.guard === 'reasoned') return invalid(code, verdict.reason, { reason: verdict.reason });
  return forbidden(code, verdict.reason);
}
