import type { Tx } from '#platform/db.ts';
import { names } from '#rooms/identity/index.ts';
import { lettersOf } from './letters.store.ts';
import { sanctionsOf } from './sanctions.store.ts';
import { EVENT_WORDS, TASK_WORDS } from './task.words.ts';
import { eventsOf, tasksOf } from './tasks.store.ts';

/** What was decided in a case and what became of it, as its page shows it. */
export async function followedOf(tx: Tx, caseId: string, viewer: string) {
  const sanctions = await sanctionsOf(tx, caseId);
  const tasks = await tasksOf(tx, caseId);
  const events = await eventsOf(
    tx,
    tasks.map((t) => t.id),
  );
  const warnings = await tx
    .selectFrom('sanction_warning')
    .selectAll()
    .where(
      'sanction_id',
      'in',
      sanctions.length > 0 ? sanctions.map((s) => s.id) : ['00000000-0000-0000-0000-000000000000'],
    )
    .execute();
  const letters = await lettersOf(tx, caseId);
  const who = await names(
    tx,
    [
      ...new Set([
        ...sanctions.flatMap((s) => [s.person_id, s.proposed_by, s.agreed_by]),
        ...tasks.map((t) => t.to_person),
        ...events.flatMap((e) => [e.by_person, e.to_person]),
        ...letters.flatMap((l) => [l.parent_id, l.child_id, l.sent_by]),
      ]),
    ].filter((id) => id !== null),
  );
  const called = (id: string | null) => (id ? (who.get(id) ?? 'somebody who has left') : null);
  const told = tasks.map((t) => ({
    ...t,
    ...TASK_WORDS[t.state],
    to: called(t.to_person),
    events: events
      .filter((e) => e.task_id === t.id)
      .map((e) => ({
        at: e.at,
        by: called(e.by_person) ?? 'Gatehouse',
        line: EVENT_WORDS[e.action] ?? e.action,
        next: called(e.to_person),
        text: e.text,
      })),
  }));
  return {
    sanctions: sanctions.map((s) => ({
      ...s,
      person: called(s.person_id),
      by: [s.proposed_by, s.agreed_by].flatMap((id) => called(id) ?? []).join(' and '),
      mine: s.proposed_by === viewer,
      warning: warnings.find((w) => w.sanction_id === s.id),
      tasks: tasks.filter((t) => t.sanction_id === s.id).map((t) => t.id),
    })),
    tasks: told,
    /** Given in the course of the case, and not by a decision (INC-26). */
    given: told.filter((t) => t.sanction_id === null),
    letters: letters.map((l) => ({
      ...l,
      child: called(l.child_id),
      parent: called(l.parent_id),
      by: called(l.sent_by),
    })),
  };
}

/** What an appeal or a complaint can be about. */
export async function standingChoices(tx: Tx, caseId: string): Promise<{ value: string; text: string }[]> {
  const standing = (await sanctionsOf(tx, caseId)).filter((s) => s.decided_at && !s.overturned_at);
  const who = await names(
    tx,
    standing.map((s) => s.person_id),
  );
  return standing.map((s) => ({ value: s.id, text: `${who.get(s.person_id) ?? 'Somebody'}: ${s.type_name}` }));
}
