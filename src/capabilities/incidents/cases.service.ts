import { dayIn, isDay } from '#core/days.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { names } from '#rooms/identity/index.ts';
import { findAlert, headline, linkCase } from '#rooms/monitoring/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { changeOf, duesOf } from './case.change.ts';
import { followUp } from './case.effects.ts';
import { asked, judge, type Step, standingOf } from './case.judge.ts';
import { leadsOf, procedureOf } from './case.leads.ts';
import { type CaseRef, tellLead } from './case.letters.ts';
import { type CaseState, caseWorkflow } from './case.workflow.ts';
import { actingLead, type Leads, newReference, outsiders, partsOf } from './cases.rules.ts';
import {
  type CaseFile,
  findCase,
  insertCase,
  insertEntry,
  leaveCase,
  type NewCase,
  updateCase,
} from './cases.store.ts';
import { wakeWhenDue } from './clocks/clocks.wake.ts';

export const categoryName = (id: string | null): string => (id && taxonomy().byId.get(id)?.name) || 'Concern';

export interface LoggedConcern {
  readonly title: string;
  readonly category: string | null;
  readonly urgency: 'urgent' | 'soon';
  /** `YYYY-MM-DD`. */
  readonly happenedOn: string;
  readonly people: readonly string[];
  readonly text: string;
}

/** INC-23: the DSL, the ICT manager and every member of staff can log what happened. */
export function logCase(deps: Deps, viewer: Viewer, concern: LoggedConcern): Promise<CaseRef> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const wrong = concernErrors(concern, dayIn(viewer.school.timeZone, deps.clock.now()));
    if ((await names(tx, concern.people)).size !== new Set(concern.people).size) {
      wrong.find = 'Somebody you chose is not in this school. Search again.';
    }
    if (Object.keys(wrong).length > 0) throw invalid('case.report.invalid', 'Some of this needs another look.', wrong);
    return report(deps, tx, viewer, { ...concern, title: concern.title.trim(), source: 'logged' });
  });
}

function concernErrors(c: LoggedConcern, today: string): Record<string, string> {
  const wrong: Record<string, string> = {};
  // Characters as the database counts them: one sign may be two units of a string.
  const { length } = [...c.title.trim()];
  if (length < 3 || length > 200)
    wrong.title = 'Say in a few words what it is about: 3 to 200 characters, without names.';
  if (!isDay(c.happenedOn)) wrong.happenedOn = 'Give the day on which it happened, such as 2026-11-02.';
  else if (c.happenedOn > today) wrong.happenedOn = 'This day has not come yet. Give today or an earlier day.';
  if (c.category !== null && !taxonomy().byId.has(c.category)) wrong.category = 'Choose from the list.';
  if (c.text.trim().length < 3) wrong.text = 'Write down what happened.';
  return wrong;
}

/** A case that a search of a device opens, in the search's own transaction (SRC-16, SRC-20). */
export function openFromSearch(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  concern: Pick<LoggedConcern, 'people' | 'text' | 'urgency'>,
): Promise<CaseRef> {
  const happenedOn = dayIn(viewer.school.timeZone, deps.clock.now());
  return report(deps, tx, viewer, {
    title: 'A search of a device',
    category: null,
    happenedOn,
    ...concern,
    source: 'search',
  });
}

/** Turn an alert into a case about the same person; the alert is acknowledged by it. */
export function openFromAlert(deps: Deps, viewer: Viewer, alertId: string): Promise<CaseRef> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const alert = await findAlert(tx, alertId, { lock: true });
    if (!alert) throw notFound('this alert');
    if (alert.case_id) throw conflict('case.alert.has-case', 'This alert has become a case already.');
    if (alert.state === 'closed') throw conflict('case.alert.closed', 'This alert is closed.');
    const made = await report(deps, tx, viewer, {
      title: headline(alert),
      category: alert.category,
      urgency: alert.urgency,
      happenedOn: dayIn(viewer.school.timeZone, alert.raised_at),
      people: alert.kept_from,
      text: `From alert ${alert.reference}.`,
      source: 'alert',
      told: alert.told.includes(viewer.person.id),
    });
    await linkCase(tx, deps, contextOf(viewer), { alert: alert.id, case: made.id });
    return made;
  });
}

async function report(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  concern: LoggedConcern & { source: 'alert' | 'logged' | 'search'; told?: boolean },
): Promise<CaseRef> {
  const now = deps.clock.now();
  const leads = await leadsOf(tx, now);
  const subjects = [...new Set(concern.people)];
  const lead = actingLead(leads, { subjects, conflicted: [] });
  const severity = concern.urgency === 'urgent' ? 'urgent' : 'routine';
  const { clocks } = await procedureOf(tx, now);
  const file = {
    id: newId(now),
    school_id: viewer.school.id,
    reference: newReference(),
    title: concern.title,
    category: concern.category,
    source: concern.source,
    urgency: concern.urgency,
    severity,
    state: 'reported',
    opened_by: viewer.person.id,
    opened_at: new Date(now),
    happened_on: concern.happenedOn,
    subjects,
    team: outsiders(leads, concern.source === 'alert' ? [...lead, viewer.person.id] : lead),
    ...duesOf(clocks, severity, new Date(now)),
  } satisfies NewCase;
  mayReport(viewer, concern, leads);
  await insertCase(tx, file);
  await enter(deps, tx, viewer, file, {
    action: 'report',
    from: null,
    to: 'reported',
    text: concern.text,
    detail: { source: file.source },
  });
  await tellLead(deps, tx, viewer, file, lead);
  await wakeWhenDue(tx, { first_action_at: null, outcome: null, restricted: false, ...file }, now);
  return { id: file.id, reference: file.reference };
}

/** Whoever logs something about themself (a slip, a worry over how it looked) is heard, and sees no more of it than others. */
function mayReport(viewer: Viewer, concern: { text: string; told?: boolean }, leads: Leads): void {
  const nobody = { subjects: [], conflicted: [], manager: null, team: [] };
  const parts = partsOf({ id: viewer.person.id, duties: viewer.duties }, nobody, leads, []);
  if (concern.told) parts.push('told');
  const verdict = caseWorkflow.rows.filter((r) => r.from === 'new').some((r) => r.who.some((w) => parts.includes(w)));
  if (!verdict) throw forbidden('case.report.not-yours', 'This step is not yours to take in this case.');
  if (concern.text.trim().length < 3)
    throw invalid('case.report.said', 'Write down what there is to say.', { text: 'Write down what there is to say.' });
}

/** What a step came to: where the case is now, and where a second person's word is still to come, what is waited for. */
export interface Taken {
  readonly state: CaseState;
  readonly waits: string | null;
}

/** The one way in which a case moves: judged by the table, entered in its story and in the ledger, or refused whole. */
export function takeStep(deps: Deps, viewer: Viewer, which: string, step: Step): Promise<Taken> {
  return deps.db.in(contextOf(viewer), (tx) => stepIn(deps, tx, viewer, which, step));
}

/** The same within a command that does more. */
export async function stepIn(deps: Deps, tx: Tx, viewer: Viewer, which: string, step: Step): Promise<Taken> {
  const now = deps.clock.now();
  const file = await findCase(tx, which, { lock: true });
  if (!file) throw notFound('this case');
  const standing = await standingOf(tx, viewer, file, now, step.fromComputer ?? null);
  const { to, waits } = judge(file.state, step.action, await asked(tx, standing.facts, step));
  const { clocks } = await procedureOf(tx, now);
  const { change, detail } = changeOf(standing, step, to, viewer, new Date(now), clocks);
  if (change.restricted && !file.restricted) Object.assign(change, await restrictedTo(tx, now, file));
  // The entry first: a step may take the case out of the sight of whoever takes it.
  await enter(deps, tx, viewer, file, { action: step.action, from: file.state, to, text: step.text ?? '', detail });
  const after = { ...file, ...change, state: to };
  const { conflicted, team, manager, restricted, ...rest } = change;
  const update = () => updateCase(tx, file.id, { ...rest, ...(to !== file.state && { state: to }) });
  // Whoever is named in the case is out of its team before the case is about them; all else comes while it is still in sight.
  if (!rest.subjects) await update();
  if (conflicted || restricted || team || manager !== undefined) await leaveCase(tx, after);
  if (rest.subjects) await update();
  await followUp(deps, tx, viewer, standing, after, step);
  return { state: to, waits };
}

/** INC-22: from now on only those whom the policy has such allegations go to. */
async function restrictedTo(tx: Tx, now: number, file: CaseFile) {
  const leads = await leadsOf(tx, now, { restricted: true, subjects: file.subjects });
  const team = [...actingLead(leads, file)];
  if (team.length === 0)
    throw conflict(
      'case.restricted.nobody',
      'Nobody holds the role that the policy has such allegations go to.',
      'Have it assigned first, under People.',
    );
  return { team, manager: file.manager && team.includes(file.manager) ? file.manager : null };
}

/** The case's line in its own story and in the ledger, where words stand only as keyed digests. */
export async function enter(
  deps: Deps,
  tx: Tx,
  by: { readonly school: { readonly id: string }; readonly person: { readonly id: string | null } },
  file: { readonly id: string },
  entry: { action: string; from: CaseState | null; to: CaseState; text: string; detail: Record<string, unknown> },
): Promise<void> {
  const now = deps.clock.now();
  await insertEntry(tx, { school: by.school.id, case: file.id, at: new Date(now), by: by.person.id, ...entry });
  const words = Object.entries(entry.detail).filter((kv): kv is [string, string] => typeof kv[1] === 'string');
  await record(tx, {
    school: by.school.id,
    actor: by.person.id,
    action: `case.${entry.action}`,
    object: { kind: 'case', id: file.id },
    detail: { from: entry.from, to: entry.to },
    text: Object.fromEntries([...words, ['text', entry.text] as const].filter(([, v]) => v !== '')),
    at: now,
  });
}
