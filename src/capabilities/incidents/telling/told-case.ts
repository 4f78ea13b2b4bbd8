import { dayIn } from '#core/days.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { School } from '#platform/school.ts';
import { duesOf } from '../case.change.ts';
import { leadsOf, procedureOf } from '../case.leads.ts';
import type { CaseRef } from '../case.letters.ts';
import { actingLead, newReference, outsiders } from '../cases.rules.ts';
import { enter } from '../cases.service.ts';
import { insertCase, type NewCase, updateCase } from '../cases.store.ts';

export interface ToldCase {
  readonly title: string;
  readonly category: string | null;
  readonly urgency: 'urgent' | 'soon';
  readonly subjects: readonly string[];
  /** Others it is kept from, since it may be about them. */
  readonly keptFrom: readonly string[];
  readonly affected: readonly string[];
  /** Whom the policy has this kind go to: where no duty of theirs lets them read cases they are of its team. */
  readonly recipients: readonly string[];
  readonly imagery: boolean;
  readonly text: string;
}

/**
 * A case that a report opens, in the system's context: whoever told need not be able to read it, nor anybody know who they
 * are. Nobody stands in it as the one who opened it; the report says who told to whom that is for.
 */
export async function openToldCase(tx: Tx, deps: Deps, school: School, told: ToldCase): Promise<CaseRef> {
  const now = deps.clock.now();
  const leads = await leadsOf(tx, now);
  const subjects = [...new Set(told.subjects)];
  const conflicted = [...new Set(told.keptFrom)].filter((id) => !subjects.includes(id));
  const free = (ids: readonly string[]) => ids.filter((id) => !subjects.includes(id) && !conflicted.includes(id));
  const team = outsiders(leads, [
    ...new Set([...actingLead(leads, { subjects, conflicted }), ...free(told.recipients)]),
  ]);
  const severity = told.urgency === 'urgent' || told.imagery ? 'urgent' : 'routine';
  const { clocks } = await procedureOf(tx, now);
  const file = {
    id: newId(now),
    school_id: school.id,
    reference: newReference(),
    title: told.title,
    category: told.category,
    source: 'told',
    urgency: told.imagery ? 'urgent' : told.urgency,
    severity,
    state: 'reported',
    opened_by: null,
    opened_at: new Date(now),
    happened_on: dayIn(school.timeZone, now),
    subjects,
    conflicted,
    affected: [...told.affected],
    team,
    ...duesOf(clocks, severity, new Date(now)),
  } satisfies NewCase;
  await insertCase(tx, file);
  const nobody = { school, person: { id: null } };
  const source = { source: file.source };
  await enter(deps, tx, nobody, file, {
    action: 'report',
    from: null,
    to: 'reported',
    text: told.text,
    detail: source,
  });
  if (told.imagery) {
    // EVI-03: nothing goes in or out from the first moment. Those whom the policy names hear of it by the alert.
    await updateCase(tx, file.id, { imagery: true, state: 'halted' });
    await enter(deps, tx, nobody, file, {
      action: 'suspect',
      from: 'reported',
      to: 'halted',
      text: 'Whoever told us said that it may show the sexual abuse of a child.',
      detail: {},
    });
  }
  return { id: file.id, reference: file.reference };
}
