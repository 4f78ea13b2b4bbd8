import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import type { TaskState } from '#platform/schema.ts';
import { personById } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { kindOf } from './actions.ts';
import type { CaseSide, Handled } from './case-side.ts';
import { mayGive, works } from './people.ts';
import { giveBack } from './taken-away.ts';
import { type TaskAction, type TaskActor, type TaskFacts, taskWorkflow } from './task.workflow.ts';
import { findTask, isFrozen, type Task } from './tasks.store.ts';

/** Who moves a task: a person of this school, or the program for it. */
export interface Mover {
  readonly school: { readonly id: string };
  readonly person: { readonly id: string | null };
}
export interface NewTask {
  readonly caseId: string;
  readonly sanction: string | null;
  readonly kind: string;
  readonly text: string;
  readonly href?: string | undefined;
  readonly detail?: Readonly<Record<string, string>>;
  readonly to: string;
  readonly due: Date;
  readonly state?: 'given' | 'running';
}

/** Give somebody something to do; they are told by e-mail, which says neither what it is nor about whom. */
export async function giveTask(deps: Deps, tx: Tx, by: Mover, task: NewTask): Promise<string> {
  const now = deps.clock.now();
  const id = newId(now);
  const state = task.state ?? 'given';
  await tx
    .insertInto('case_task')
    .values({
      id,
      school_id: by.school.id,
      case_id: task.caseId,
      sanction_id: task.sanction,
      kind: task.kind,
      text: task.text,
      href: task.href ?? null,
      detail: JSON.stringify(task.detail ?? {}),
      to_person: task.to,
      given_by: by.person.id,
      given_at: new Date(now),
      due: task.due,
      state,
    })
    .execute();
  await write(tx, by, now, { id, action: state === 'running' ? 'start' : 'give', from: null, to: state, text: '' });
  if (state === 'given') await tellDoer(deps, tx, by, { id, case_id: task.caseId }, task.to);
  return id;
}

/** What somebody does with a task, as its form has it. */
export interface TaskStep {
  readonly action: TaskAction;
  readonly text: string;
  /** Whom it is handed on to. */
  readonly person?: string | undefined;
}

/** A person's step with a task: judged by the table, kept among its events and in the ledger, or refused whole. */
export function takeTaskStep(deps: Deps, side: CaseSide, viewer: Viewer, id: string, step: TaskStep): Promise<Task> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const task = await findTask(tx, id, { lock: true });
    if (!task) throw notFound('this task');
    const handled = await side.handled(tx, viewer, task.case_id);
    const facts = await factsOf(tx, viewer, task, handled, step);
    const verdict = taskWorkflow.judge(task.state, step.action, facts.parts, facts);
    if (!verdict.ok) {
      if (verdict.code === 'not-listed')
        throw conflict(
          `task.${step.action}.not-listed`,
          'The task has moved on since you opened this page.',
          'Reload it to see where it stands.',
        );
      if (verdict.code === 'not-yours')
        throw forbidden(`task.${step.action}.not-yours`, 'This is not yours to do with this task.');
      const field = verdict.guard === 'fitNext' ? 'person' : 'text';
      throw invalid(`task.${step.action}.${verdict.guard}`, verdict.reason, { [field]: verdict.reason });
    }
    const next = step.action === 'hand-on' ? facts.next : null;
    await move(deps, tx, viewer, task, step.action, verdict.to, step.text, next);
    // SAN-35: lifted before its end.
    if (verdict.to === 'cancelled') await giveBack(deps, tx, viewer, task);
    if (next) await tellDoer(deps, tx, viewer, task, next);
    return { ...task, state: verdict.to, to_person: next ?? task.to_person };
  });
}

/** The program's own step: pause, resume, end. A task for which the table has none is left as it is. */
export async function programStep(
  deps: Deps,
  tx: Tx,
  by: Mover,
  task: Task,
  action: TaskAction,
  text = '',
): Promise<boolean> {
  const verdict = taskWorkflow.judge(task.state, action, ['program'], NOTHING);
  if (verdict.ok) await move(deps, tx, by, task, action, verdict.to, text, null);
  return verdict.ok;
}

const NOTHING: TaskFacts = {
  kind: '',
  frozen: false,
  policeTold: false,
  parentsSettled: false,
  needs: null,
  text: '',
  next: null,
  parts: ['program'],
};

export function partsOf(viewer: Viewer, task: Pick<Task, 'to_person'>, handled: Handled | null): TaskActor[] {
  return [
    ...(task.to_person === viewer.person.id ? ['doer' as const] : []),
    ...(handled?.handler ? ['handler' as const] : []),
  ];
}

export async function factsOf(
  tx: Tx,
  viewer: Viewer,
  task: Task,
  handled: Handled | null,
  step: Pick<TaskStep, 'text' | 'person'>,
): Promise<TaskFacts> {
  return {
    kind: task.kind,
    frozen: await isFrozen(tx, task.id),
    policeTold: handled?.policeTold ?? false,
    parentsSettled: (handled?.parents ?? null) !== null,
    needs: kindOf(task.kind).needs ?? null,
    text: step.text,
    next: step.person ? await fitNext(tx, task, handled, step.person) : null,
    parts: partsOf(viewer, task, handled),
  };
}

async function fitNext(tx: Tx, task: Task, handled: Handled | null, person: string): Promise<string | null> {
  if (person === task.to_person || handled?.keptFrom.includes(person)) return null;
  if (kindOf(task.kind).to === 'authoriser') return (await mayGive(tx)).some((h) => h.id === person) ? person : null;
  return (await works(tx, person)) ? person : null;
}

async function move(
  deps: Deps,
  tx: Tx,
  by: Mover,
  task: Task,
  action: TaskAction,
  to: TaskState,
  text: string,
  next: string | null,
): Promise<void> {
  const at = new Date(deps.clock.now());
  // The event first: handing a task on may take it out of the sight of whoever does it.
  await write(tx, by, at.getTime(), { id: task.id, action, from: task.state, to, text, person: next });
  const ends = to === 'finished' || to === 'cancelled';
  await tx
    .updateTable('case_task')
    .set({
      state: to,
      ...(next && { to_person: next }),
      ...(to === 'accepted' && { accepted_at: at }),
      ...(to === 'given' && { accepted_at: null }),
      ...(ends && { ended_at: at, ended_by: by.person.id }),
    })
    .where('id', '=', task.id)
    .execute();
}

async function write(
  tx: Tx,
  by: Mover,
  now: number,
  event: { id: string; action: string; from: TaskState | null; to: TaskState; text: string; person?: string | null },
): Promise<void> {
  await tx
    .insertInto('case_task_event')
    .values({
      school_id: by.school.id,
      task_id: event.id,
      at: new Date(now),
      by_person: by.person.id,
      action: event.action,
      from_state: event.from,
      to_state: event.to,
      text: event.text,
      to_person: event.person ?? null,
    })
    .execute();
  await record(tx, {
    school: by.school.id,
    actor: by.person.id,
    action: `task.${event.action}`,
    object: { kind: 'case-task', id: event.id },
    detail: { from: event.from, to: event.to, ...(event.person && { person: event.person }) },
    ...(event.text && { text: { text: event.text } }),
    at: now,
  });
}

async function tellDoer(deps: Deps, tx: Tx, by: Mover, task: Pick<Task, 'id' | 'case_id'>, to: string): Promise<void> {
  if (to === by.person.id) return;
  const person = await personById(tx, to);
  if (!person?.email) return;
  await post(tx, {
    school: by.school.id,
    recipient: to,
    address: person.email,
    subject: 'A task was given to you',
    body: `A task was given to you in Gatehouse.\n\nRead it here after signing in:\n${deps.config.pagesUrl}/tasks/${task.id}\n\nPlease do not pass this letter on.\n`,
    about: { kind: 'case', id: task.case_id },
  });
}
