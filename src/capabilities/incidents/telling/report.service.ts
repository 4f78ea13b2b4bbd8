import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { acknowledgeIn, findAlert } from '#rooms/monitoring/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { addressesOf } from './outcome.ts';
import { namesIn, peopleNamed } from './people-named.ts';
import { leadsFor } from './recipients.ts';
import { tellOf } from './report.letters.ts';
import { changeReport, findReport, insertLine, type Report } from './report.store.ts';
import { type ReportAction, type ReportActor, type ReportFacts, reportWorkflow } from './report.workflow.ts';
import { openToldCase } from './told-case.ts';

export type RecipientAction = Exclude<ReportAction, 'tell' | 'add' | 'escalate'>;

export const factsOf = (report: Report, now: number, text: string): ReportFacts => ({
  kind: report.kind,
  text,
  now,
  dueAt: report.due_at?.getTime() ?? null,
  children: report.children,
  hasCase: report.case_id !== null,
});

/** Where the table lets this go, or the refusal that says why not. */
export function judged(report: Report, action: ReportAction, part: ReportActor, now: number, text: string) {
  const verdict = reportWorkflow.judge(report.state, action, [part], factsOf(report, now, text));
  if (verdict.ok) return verdict.to;
  const code = `report.${action}.${verdict.guard ?? verdict.code}`;
  if (verdict.code === 'not-listed')
    throw conflict(code, 'This cannot be done as the report stands now.', 'Reload the page.');
  if (verdict.code === 'not-yours') throw forbidden(code, verdict.reason);
  throw invalid(code, verdict.reason, { text: verdict.reason });
}

/** What somebody to whom a report goes does with it. Who may see it at all is the database's answer (migrations/0023). */
export function takeReportStep(
  deps: Deps,
  viewer: Viewer,
  reference: string,
  action: RecipientAction,
  text = '',
): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const report = await findReport(tx, reference, { lock: true });
    if (!report) throw notFound('this report');
    const now = deps.clock.now();
    const at = new Date(now);
    const to = judged(report, action, 'recipient', now, text);
    const by = viewer.person.id;
    const ends = to === 'fixed' || to === 'closed' ? { ended_by: by, ended_at: at } : {};
    if (action === 'acknowledge') {
      await takeUpAlert(tx, deps, viewer, report);
      await changeReport(tx, report.id, { state: to, acknowledged_by: by, acknowledged_at: at, due_at: null });
    } else {
      if (action === 'children') await nameChildren(tx, deps, viewer, report, text);
      else
        await insertLine(tx, {
          ...line(report, at),
          side: action === 'note' ? 'note' : 'school',
          by_person: by,
          text: text.trim(),
        });
      await changeReport(tx, report.id, { state: to, ...ends });
    }
    await entry(tx, report, { actor: by, action, to, text, now });
  });
}

export const line = (report: Report, at: Date) => ({ school_id: report.school_id, report_id: report.id, at });

export const entry = (
  tx: Tx,
  report: Report,
  e: { actor: string | null; action: ReportAction; to: string; text: string; now: number },
) =>
  record(tx, {
    school: report.school_id,
    actor: e.actor,
    action: `report.${e.action}`,
    object: { kind: 'report', id: report.id },
    detail: { from: report.state, to: e.to },
    ...(e.text && { text: { text: e.text } }),
    at: e.now,
  });

/** To take up a report is to take up its alert: there is one clock. */
async function takeUpAlert(tx: Tx, deps: Deps, viewer: Viewer, report: Report): Promise<void> {
  const alert = report.alert_id ? await findAlert(tx, report.alert_id) : undefined;
  if (alert?.state === 'raised') await acknowledgeIn(tx, deps, contextOf(viewer), alert.id);
}

/** FIL-16: the names go into a safeguarding case and nowhere else; who puts the fault right need not know them. */
async function nameChildren(tx: Tx, deps: Deps, viewer: Viewer, report: Report, text: string): Promise<void> {
  if (report.case_id)
    throw conflict(
      'report.children.logged',
      'A safeguarding case about this was opened already.',
      'Tell whoever leads on it.',
    );
  const { id } = await openToldCase(tx, deps, viewer.school, {
    title: 'A fault that touched children',
    category: report.category,
    urgency: 'soon',
    subjects: [],
    keptFrom: report.kept_from,
    affected: (await peopleNamed(tx, text)).sure.map((p) => p.id),
    recipients: [],
    imagery: false,
    text: `From report ${report.reference}: ${report.words}\n\nChildren affected: ${namesIn(text).join(', ')}`,
  });
  const leads = await leadsFor(tx, deps.clock.now(), { subjects: report.kept_from, conflicted: [] });
  const fresh = leads.filter((p) => !report.told.includes(p));
  if (fresh.length) {
    await tellOf(tx, deps, report, await addressesOf(tx, fresh), { step: report.step, why: 'new' });
  }
  await changeReport(tx, report.id, { children: true, case_id: id, told: [...report.told, ...fresh] });
}
