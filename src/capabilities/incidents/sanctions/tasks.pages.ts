import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { TaskState } from '#platform/schema.ts';
import { names, searchPeople } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { kindOf } from './actions.ts';
import type { CaseSide } from './case-side.ts';
import { mayGive } from './people.ts';
import { EVENT_WORDS, TASK_FORMS, TASK_WORDS } from './task.words.ts';
import { taskWorkflow } from './task.workflow.ts';
import { partsOf } from './tasks.service.ts';
import { eventsOf, findTask, type Task, TO_DO, tasksFor } from './tasks.store.ts';

const ENDED: readonly TaskState[] = ['returned', 'paused', 'finished', 'cancelled'];

/** My tasks: what is to be done, or what was. */
export function tasksPage(deps: Deps, viewer: Viewer, search: { readonly q: string; readonly show: 'open' | 'ended' }) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const states = search.show === 'open' ? TO_DO : ENDED;
    const tasks = await tasksFor(tx, viewer.person.id, { states, text: search.q });
    const late = (t: Task) => t.due.getTime() < deps.clock.now() && search.show === 'open';
    return { search, tasks: tasks.map((t) => ({ ...t, ...TASK_WORDS[t.state], late: late(t) })) };
  });
}

/** One task: its own words, and what whoever looks may do with it. Its case only where that is theirs to see. */
export function taskPage(deps: Deps, side: CaseSide, viewer: Viewer, id: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const task = await findTask(tx, id);
    if (!task) throw notFound('this task');
    const handled = await side.handled(tx, viewer, task.case_id);
    const parts = partsOf(viewer, task, handled);
    const offered = taskWorkflow.offered(task.state, parts);
    const events = await eventsOf(tx, [task.id]);
    const who = await names(tx, [
      ...new Set([task.to_person, ...events.flatMap((e) => [e.by_person, e.to_person])].filter((p) => p !== null)),
    ]);
    const forms = TASK_FORMS.filter((f) => offered.includes(f.action));
    return {
      task: { ...task, ...TASK_WORDS[task.state], to: who.get(task.to_person) },
      reference: handled?.file.reference ?? null,
      forms,
      people: forms.some((f) => f.person) ? await fitPeople(tx, task, handled?.keptFrom ?? []) : [],
      events: events.map((e) => ({
        at: e.at,
        by: e.by_person ? who.get(e.by_person) : 'Gatehouse',
        line: `${EVENT_WORDS[e.action] ?? e.action}${e.to_person ? ` to ${who.get(e.to_person)}` : ''}`,
        text: e.text,
      })),
    };
  });
}

async function fitPeople(tx: Tx, task: Task, keptFrom: readonly string[]) {
  const people =
    kindOf(task.kind).to === 'authoriser'
      ? await mayGive(tx)
      : await searchPeople(tx, '', { kind: 'staff', limit: 500 });
  return people
    .filter((p) => p.id !== task.to_person && !keptFrom.includes(p.id))
    .map((p) => ({ value: p.id, text: p.displayName }));
}

/** SAN-25..33: how many tasks wait for this person, and how many of them are late. */
export async function myTasks(tx: Tx, person: string, now: number): Promise<{ open: number; late: number }> {
  const tasks = await tasksFor(tx, person, { states: TO_DO });
  return { open: tasks.length, late: tasks.filter((t) => t.due.getTime() < now).length };
}
