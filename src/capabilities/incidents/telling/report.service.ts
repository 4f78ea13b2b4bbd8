import { MINUTE } from '#core/clock.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { forEach, schools } from '#platform/school.ts';
import { acknowledgeIn, escalationSteps, findAlert, raise } from '#rooms/monitoring/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { digestOfCode } from './code.ts';
import { namesIn, peopleNamed } from './people-named.ts';
import { alertRoute, holdersOf, leadsFor } from './recipients.ts';
import { tellOf } from './report.letters.ts';
import {
  changeReport,
  findByCode,
  findReport,
  insertLine,
  type Line,
  linesOf,
  overdueReports,
  type Report,
} from './report.store.ts';
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
function judged(report: Report, action: ReportAction, part: ReportActor, now: number, text: string) {
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

const line = (report: Report, at: Date) => ({ school_id: report.school_id, report_id: report.id, at });

const entry = (
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
    const people = await tx.selectFrom('person').select(['id', 'email']).where('id', 'in', fresh).execute();
    await tellOf(tx, deps, report, people, { step: report.step, why: 'new' });
  }
  await changeReport(tx, report.id, { children: true, case_id: id, told: [...report.told, ...fresh] });
}

/** What whoever told sees of it with their code: what they wrote and what was answered, and no name of anybody. */
export interface Told {
  readonly report: Pick<Report, 'reference' | 'kind' | 'state' | 'told_at' | 'words' | 'imagery'>;
  readonly lines: readonly Pick<Line, 'at' | 'side' | 'text'>[];
  readonly timeZone: string;
}

/** Come back with a code, and add words where there are any. The same words twice in a row are one addition. */
export async function comeBack(deps: Deps, typed: string, words = ''): Promise<Told | null> {
  const digest = digestOfCode(typed);
  if (!digest) return null;
  for (const school of await schools(deps.db)) {
    const found = await deps.db.in(systemContext(school.id), async (tx) => {
      const report = await findByCode(tx, digest, { lock: words !== '' });
      if (!report) return null;
      if (words.trim() !== '') await addWords(tx, deps, report, words.trim());
      const now = await findByCode(tx, digest);
      if (!now) return null;
      const lines = (await linesOf(tx, report.id)).filter((l) => l.side !== 'note');
      return { report: now, lines, timeZone: school.timeZone };
    });
    if (found) return found;
  }
  return null;
}

const MAX_WORDS = 5000;

async function addWords(tx: Tx, deps: Deps, report: Report, text: string): Promise<void> {
  if ((await linesOf(tx, report.id)).filter((l) => l.side === 'teller').at(-1)?.text === text) return;
  if (text.length > MAX_WORDS)
    throw invalid('report.add.long', 'That is more than we can take in one go.', {
      words: `Up to ${MAX_WORDS} letters at a time.`,
    });
  const now = deps.clock.now();
  const at = new Date(now);
  const to = judged(report, 'add', 'teller', now, text);
  await insertLine(tx, { ...line(report, at), side: 'teller', by_person: null, text });
  const again = to === 'received' && report.state !== 'received';
  await changeReport(tx, report.id, { state: to, ...(again && (await beginAgain(tx, deps, report, text))) });
  if (!again || !report.alert_id) await tellEverybody(tx, deps, report);
  await entry(tx, report, { actor: null, action: 'add', to, text, now });
}

/** The clock begins again: by a new alert where an alert carried it. */
async function beginAgain(tx: Tx, deps: Deps, report: Report, text: string) {
  const now = deps.clock.now();
  const fresh = { acknowledged_by: null, acknowledged_at: null, ended_by: null, ended_at: null, step: 0 };
  const before = report.alert_id ? await findAlert(tx, report.alert_id) : undefined;
  if (!before) return { ...fresh, due_at: report.within === null ? null : new Date(now + report.within * MINUTE) };
  const to = {
    roles: report.to_roles as Parameters<typeof alertRoute>[2]['roles'],
    within: report.within,
    clause: before.clause,
  };
  const [first] = before.evidence;
  const { id } = await raise(tx, deps, {
    school: report.school_id,
    subject: before.subject,
    keptFrom: before.kept_from,
    detector: 'told',
    category: null,
    urgency: before.urgency,
    clause: before.clause,
    lines: [
      {
        at: new Date(now).toISOString(),
        host: '',
        category: null,
        outcome: '',
        via: 'told',
        text,
        ...(first?.told && { told: first.told }),
      },
    ],
    openKey: null,
    route: await alertRoute(tx, now, to, before.urgency),
  });
  return { ...fresh, alert_id: id };
}

/** Whoever has it and whoever was told of it hear that there is more. */
async function tellEverybody(tx: Tx, deps: Deps, report: Report): Promise<void> {
  const alert = report.alert_id ? await findAlert(tx, report.alert_id) : undefined;
  const ids = [...new Set([...report.told, ...(alert?.told ?? [])])].filter((id) => !report.kept_from.includes(id));
  const people = ids.length
    ? await tx.selectFrom('person').select(['id', 'email']).where('id', 'in', ids).execute()
    : [];
  await tellOf(tx, deps, report, people, { step: report.step, why: 'more' });
}

export const TELLING_SWEEP = 'telling.sweep';

/** Every minute: a report that nobody took up in the policy's time goes to the deputies, then up the escalation (ALR-10). */
export const sweepReports = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), async (school) => {
    const now = new Date(deps.clock.now());
    const overdue = await deps.db.in(systemContext(school.id), (tx) => overdueReports(tx, now));
    await forEach(overdue, ({ reference }) => escalateReport(deps, school.id, reference));
  });

const escalateReport = (deps: Deps, school: string, reference: string): Promise<void> =>
  deps.db.in(systemContext(school), async (tx) => {
    const report = await findReport(tx, reference, { lock: true });
    if (!report) return;
    const now = deps.clock.now();
    if (!reportWorkflow.judge(report.state, 'escalate', ['system'], factsOf(report, now, '')).ok) return;
    const levels = [
      () => holdersOf(tx, report.to_roles, 'deputy', report.kept_from),
      async () => {
        const steps = await escalationSteps(tx, now);
        const each = await Promise.all(steps.map((s) => holdersOf(tx, [s.role], s.rank, report.kept_from)));
        return each.flat();
      },
    ];
    let { step } = report;
    let people: Awaited<ReturnType<typeof holdersOf>> = [];
    while (people.length === 0 && step < levels.length) {
      const level = levels[step++];
      people = level ? (await level()).filter((p) => !report.told.includes(p.id)) : [];
    }
    await tellOf(tx, deps, report, people, { step, why: 'waits' });
    const due = step < levels.length && report.within !== null ? new Date(now + report.within * MINUTE) : null;
    const told = [...new Set([...report.told, ...people.map((p) => p.id)])];
    await changeReport(tx, report.id, { step, due_at: due, told });
    await entry(tx, report, { actor: null, action: 'escalate', to: report.state, text: '', now });
  });
