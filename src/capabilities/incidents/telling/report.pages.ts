import { notFound } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { findAlert } from '#rooms/monitoring/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { categoryName } from '../cases.service.ts';
import { findCase } from '../cases.store.ts';
import { KIND, PARTS } from './kinds.ts';
import { factsOf } from './report.service.ts';
import { findReport, linesOf, listReports, type Notice, noticesOf, tellerOf } from './report.store.ts';
import { STATES, STEPS } from './report.words.ts';
import { reportWorkflow } from './report.workflow.ts';
import { namelessAllowed, SETTING_DUTIES } from './telling.setting.ts';

/** The list of what this reader may see; no name stands in it. */
export function reportsPage(deps: Deps, viewer: Viewer, search: { q?: string; all?: string }) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const q = search.q?.trim() ?? '';
    const rows = await listReports(tx, { text: q, open: search.all !== 'yes' });
    return {
      q,
      all: search.all === 'yes',
      reports: rows.map((r) => ({ ...r, name: KIND[r.kind].name, stateTag: STATES[r.state] })),
      nameless: hasDuty(viewer, ...SETTING_DUTIES) ? { allowed: await namelessAllowed(tx) } : null,
    };
  });
}

export function reportPage(deps: Deps, viewer: Viewer, reference: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const report = await findReport(tx, reference);
    if (!report) throw notFound('this report');
    const teller = await tellerOf(tx, report.id);
    const lines = await linesOf(tx, report.id);
    const notices = await noticesOf(tx, report.id);
    const ids = [
      teller?.person,
      report.acknowledged_by,
      report.ended_by,
      ...lines.map((l) => l.by_person),
      ...notices.map((n) => n.recipient),
    ];
    const nameOf = await names(
      tx,
      ids.filter((id) => typeof id === 'string'),
    );
    const name = (id: string | null | undefined) => (id ? (nameOf.get(id) ?? null) : null);
    const alert = report.alert_id ? await findAlert(tx, report.alert_id) : undefined;
    const file = report.case_id ? await findCase(tx, report.case_id) : undefined;
    const offered = reportWorkflow.offered(report.state, ['recipient']);
    return {
      report,
      kind: KIND[report.kind],
      state: STATES[report.state],
      part: report.part && PARTS[report.part],
      category: report.category && categoryName(report.category),
      teller: teller
        ? { shielded: teller.shielded, name: name(teller.person) ?? teller.name, account: teller.person !== null }
        : null,
      acknowledgedBy: name(report.acknowledged_by),
      endedBy: name(report.ended_by),
      lines: lines.map((l) => ({
        at: l.at,
        title: { teller: 'Whoever told wrote', school: 'We answered', note: 'Note' }[l.side],
        who: name(l.by_person),
        text: l.text,
      })),
      notices: notices.map((n) => ({ at: n.at, who: name(n.recipient), ...delivery(n) })),
      undelivered: notices.filter((n) => n.mail_id && !n.sent_at && n.last_error).length,
      alert: alert
        ? { id: alert.id, reference: alert.reference, due: alert.state === 'raised' ? alert.due_at : null }
        : null,
      file: file ? { reference: file.reference } : null,
      steps: STEPS.filter((s) => {
        if (!offered.includes(s.action)) return false;
        const verdict = reportWorkflow.judge(
          report.state,
          s.action,
          ['recipient'],
          factsOf(report, deps.clock.now(), 'long enough to pass'),
        );
        const shut = !verdict.ok && ['fault', 'people'].includes(verdict.guard ?? '');
        return !shut && !(s.action === 'children' && report.case_id);
      }),
    };
  });
}

/** What became of a letter: the mail server's own words are the proof, and a failure is shown as long as it lasts (FIL-15). */
function delivery(n: Notice): { title: string; text: string } {
  if (n.skipped) return { title: 'Nobody was told at this step', text: n.skipped };
  if (!n.mail_id) return { title: 'Told on this page', text: 'No e-mail address is known, so no letter was sent.' };
  if (n.sent_at) return { title: 'Told by e-mail', text: `The mail server took it: ${n.response ?? 'accepted'}` };
  if (!n.last_error) return { title: 'Told by e-mail', text: 'The letter is on its way.' };
  const tries = n.attempts === 1 ? 'one try' : `${n.attempts} tries`;
  return {
    title: 'The e-mail has not arrived',
    text: `After ${tries}: ${n.last_error} It is sent again until it goes.`,
  };
}
