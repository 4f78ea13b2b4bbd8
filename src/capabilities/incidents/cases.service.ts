import { dayIn, isDay } from '#core/days.ts';
import { conflict, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { LEADING_ROLES, type RoleId } from '#policy/types.ts';
import { holders, names } from '#rooms/identity/index.ts';
import { closeForCase, escalationSteps, findAlert, headline, linkCase } from '#rooms/monitoring/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { changeOf, factsOf, judge, type Step } from './case.judge.ts';
import { type CaseRef, tellAssignee, tellLead } from './case.letters.ts';
import type { CaseAction, CaseState } from './case.workflow.ts';
import { actingLead, type Leads, newReference, outsiders } from './cases.rules.ts';
import { type CaseFile, entriesOf, findCase, insertCase, insertEntry, updateCase } from './cases.store.ts';

export const categoryName = (id: string | null): string => (id && taxonomy().byId.get(id)?.name) || 'Concern';

export async function leadsOf(tx: Tx, now: number): Promise<Leads> {
  const of = async (role: RoleId, rank?: 'holder' | 'deputy') => (await holders(tx, role, rank)).map((h) => h.id);
  const [leads, deputies, heads, inTurn]: [string[], string[], string[], string[][]] = [[], [], await of('head'), []];
  for (const role of LEADING_ROLES) {
    leads.push(...(await of(role, 'holder')));
    deputies.push(...(await of(role, 'deputy')));
  }
  for (const step of await escalationSteps(tx, now)) inTurn.push(await of(step.role, step.rank));
  return { leads, deputies, heads, inTurn: [...inTurn, leads, deputies, heads] };
}

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
  concern: LoggedConcern & { source: 'alert' | 'logged'; told?: boolean },
): Promise<CaseRef> {
  const now = deps.clock.now();
  const leads = await leadsOf(tx, deps.clock.now());
  const lead = actingLead(leads, concern.people);
  const file: CaseFile = {
    id: newId(now),
    school_id: viewer.school.id,
    reference: newReference(),
    title: concern.title,
    category: concern.category,
    source: concern.source,
    urgency: concern.urgency,
    state: 'reported',
    opened_by: viewer.person.id,
    opened_at: new Date(now),
    happened_on: concern.happenedOn,
    subjects: [...new Set(concern.people)],
    team: outsiders(leads, concern.source === 'alert' ? [...lead, viewer.person.id] : lead),
    assignee: null,
    outcome: null,
    closed_by: null,
    closed_at: null,
  };
  // Whoever logs something about themself (a slip, a worry over how it looked) is heard, and sees no more of it than others.
  const asReporter = concern.source === 'logged' ? { ...file, subjects: [] } : file;
  const facts = factsOf(viewer, asReporter, leads, 0, { action: 'report', text: concern.text });
  judge('new', 'report', concern.told ? { ...facts, parts: [...facts.parts, 'told'] } : facts);
  await insertCase(tx, file);
  await enter(deps, tx, viewer, file, {
    action: 'report',
    from: null,
    to: 'reported',
    text: concern.text,
    detail: { source: file.source },
  });
  await tellLead(deps, tx, viewer, file, lead);
  return { id: file.id, reference: file.reference };
}

/** The one way in which a case moves: judged by the table, entered in its story and in the ledger, or refused whole. */
export function takeStep(deps: Deps, viewer: Viewer, which: string, step: Step): Promise<CaseState> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const file = await findCase(tx, which, { lock: true });
    if (!file) throw notFound('this case');
    const actions = (await entriesOf(tx, file.id)).filter((e) => e.action === 'act').length;
    const leads = await leadsOf(tx, deps.clock.now());
    const facts = factsOf(viewer, file, leads, actions, step);
    if (step.person) {
      facts.personIsStaff = await worksHere(tx, step.person);
      if (!(await names(tx, [step.person])).has(step.person)) facts.person = undefined;
    }
    const to = judge(file.state, step.action, facts);
    const { change, detail } = changeOf(file, step, viewer, leads, new Date(deps.clock.now()));
    await updateCase(tx, file.id, { ...change, ...(to !== file.state && { state: to }) });
    await enter(deps, tx, viewer, file, { action: step.action, from: file.state, to, text: step.text, detail });
    if (step.action === 'assign' && step.person) await tellAssignee(deps, tx, viewer, file, step.person);
    if (step.action === 'involve') {
      const before = actingLead(leads, file.subjects);
      const now = actingLead(leads, change.subjects ?? file.subjects);
      const anew = now.filter((id) => !before.includes(id));
      await tellLead(deps, tx, viewer, file, anew);
    }
    if (step.action === 'close')
      await closeForCase(tx, deps, contextOf(viewer), { case: file.id, reason: `Case ${file.reference} is closed.` });
    return to;
  });
}

async function enter(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  file: CaseFile,
  entry: { action: CaseAction; from: CaseState | null; to: CaseState; text: string; detail: Record<string, unknown> },
): Promise<void> {
  const now = deps.clock.now();
  await insertEntry(tx, { school: viewer.school.id, case: file.id, at: new Date(now), by: viewer.person.id, ...entry });
  await record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: `case.${entry.action}`,
    object: { kind: 'case', id: file.id },
    detail: { ...entry.detail, from: entry.from, to: entry.to },
    text: entry.text ? { text: entry.text } : {},
    at: now,
  });
}

async function worksHere(tx: Tx, person: string): Promise<boolean> {
  const row = await tx
    .selectFrom('person')
    .select('id')
    .where('id', '=', person)
    .where('kind', '=', 'staff')
    .where('left_on', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}
