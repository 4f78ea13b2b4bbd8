import { HOUR, MINUTE } from '#core/clock.ts';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { names } from '#rooms/identity/index.ts';
import { policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { type ActivityRow, activityAround } from './activity.search.ts';
import { alertWorkflow, isLead, partsOf } from './alert.workflow.ts';
import { type Alert, findAlert, noticesOf, searchAlerts } from './alerts.store.ts';
import { grantLookUp, mayRead } from './look-up.service.ts';
import { categoryName, headline, outcomeName, outcomeTone, STATES, urgencyTag } from './words.ts';

/** The list: what waits first. No name stands in it. */
export async function alertsPage(deps: Deps, viewer: Viewer, search: { q?: string; state?: '' | 'closed' | 'all' }) {
  const text = search.q?.trim() ?? '';
  const state = search.state || 'open';
  const categories = taxonomy()
    .categories.filter((c) => text !== '' && c.name.toLowerCase().includes(text.toLowerCase()))
    .map((c) => c.id);
  const alerts = await deps.db.in(contextOf(viewer), (tx) => searchAlerts(tx, { state, text, categories }));
  return {
    q: text,
    state: search.state ?? '',
    query: new URLSearchParams({ ...(text && { q: text }), ...(search.state && { state: search.state }) }).toString(),
    alerts: alerts.map((a) => ({ ...a, headline: headline(a), urgencyTag: urgencyTag(a), stateTag: STATES[a.state] })),
    waiting: alerts.filter((a) => a.state === 'raised').length,
  };
}

/**
 * One alert. Opening it is recorded. An urgent one is its own reason to look the person up, so the six hours around it
 * are one click away (days in the life, scene 3).
 */
export function alertPage(deps: Deps, viewer: Viewer, id: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const alert = await findAlert(tx, id);
    if (!alert) throw notFound('this alert');
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'alert.open',
      object: { kind: 'alert', id },
      at: deps.clock.now(),
    });
    const aboutActivity = alert.detector === 'grave' || alert.detector === 'repeated';
    if (alert.subject && aboutActivity && alert.urgency === 'urgent') {
      await grantLookUp(tx, deps, viewer, { about: alert.subject, reason: reasonOf(alert), alert: id });
    }
    const readable = alert.subject === null || (await mayRead(tx, deps, viewer, alert.subject));
    const notices = await noticesOf(tx, id);
    const told = alert.evidence.find((l) => l.told)?.told;
    const people = [
      alert.subject,
      alert.acknowledged_by,
      alert.closed_by,
      told?.by,
      ...notices.map((n) => n.recipient),
    ];
    const nameOf = await names(
      tx,
      people.filter((p) => typeof p === 'string'),
    );
    const name = (person: string | null | undefined) => (person ? (nameOf.get(person) ?? null) : null);
    const policy = await policyInForce(tx, deps.clock.now());
    const offered = alertWorkflow.offered(alert.state, partsOf(contextOf(viewer), alert));
    return {
      alert,
      headline: headline(alert),
      urgency: urgencyTag(alert),
      state: STATES[alert.state],
      subject: alert.subject ? { name: name(alert.subject), ...(await groupOf(tx, alert.subject)) } : null,
      address: alert.evidence.find((l) => l.address)?.address ?? null,
      illegal: alert.category !== null && taxonomy().byId.get(alert.category)?.nature === 'illegal',
      clause: alert.clause ? { id: alert.clause, ...policy?.compiled.clauses[alert.clause] } : null,
      evidence: alert.evidence.map((l) => ({
        ...l,
        categoryName: categoryName(l.category),
        outcomeName: outcomeName(l.outcome),
        tone: outcomeTone(l.outcome),
      })),
      teller: told ? { ...told, by: name(told.by) } : null,
      notices: notices.map((n) => ({ at: n.at, ...delivery(n), who: name(n.recipient) })),
      acknowledgedBy: name(alert.acknowledged_by),
      closedBy: name(alert.closed_by),
      seesCases: hasDuty(viewer, ...SAFEGUARDING_ROLES),
      context: aboutActivity ? (readable ? 'open' : 'ask') : null,
      can: {
        acknowledge: offered.includes('acknowledge'),
        close: offered.includes('close') && (alert.urgency === 'soon' || isLead(viewer)),
        openCase: offered.includes('open-case') && alert.case_id === null,
      },
    };
  });
}

export const reasonOf = (alert: Pick<Alert, 'reference'>): string => `alert ${alert.reference}`;

const groupOf = (tx: Tx, person: string) =>
  tx
    .selectFrom('person')
    .select(['kind', 'year_group as year', 'group_name as group'])
    .where('id', '=', person)
    .executeTakeFirst();

/** What became of a notice (ALR-10): the mail server's own words are the proof. */
function delivery(n: Awaited<ReturnType<typeof noticesOf>>[number]): { title: string; text: string } {
  if (n.skipped) return { title: 'Nobody was told at this step', text: n.skipped };
  const title = 'Told on the live page';
  if (!n.mail_id) return { title, text: 'No e-mail address is known, so no mail was sent.' };
  if (n.sent_at) return { title: `${title} and by mail`, text: `The mail server took it: ${n.response ?? 'accepted'}` };
  return { title, text: n.last_error ? `The mail has not gone yet: ${n.last_error}` : 'The mail is on its way.' };
}

/** How much of the time before stands on the context page, and how little after. */
const BEFORE = 6 * HOUR;
const AFTER = 15 * MINUTE;

/** Six hours before the alert's last line. Null while the viewer has given no reason to read this person's activity. */
export function contextPage(deps: Deps, viewer: Viewer, id: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const alert = await findAlert(tx, id);
    const address = alert?.evidence.find((l) => l.address)?.address ?? null;
    if (!alert || (!alert.subject && !address)) throw notFound('this alert');
    if (alert.subject && !(await mayRead(tx, deps, viewer, alert.subject))) return null;
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'alert.context',
      object: { kind: 'alert', id },
      at: deps.clock.now(),
    });
    const last = alert.last_hit_at.getTime();
    const rows = await activityAround(tx, {
      ...(alert.subject ? { person: alert.subject } : { address: address ?? '' }),
      from: new Date(last - BEFORE),
      until: new Date(last + AFTER),
    });
    return {
      alert,
      headline: headline(alert),
      subject: alert.subject ? (await names(tx, [alert.subject])).get(alert.subject) : null,
      address,
      rows: rows.map(shown),
    };
  });
}

/** A line of activity in words. */
export const shown = (r: ActivityRow) => ({
  ...r,
  categoryName: categoryName(r.category),
  outcomeName: outcomeName(r.outcome),
  tone: outcomeTone(r.outcome),
});
