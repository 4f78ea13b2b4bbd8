import { conflict, forbidden, invalid, type Refusal } from '#core/errors.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import { type CaseAction, type CaseFacts, type CaseState, caseWorkflow } from './case.workflow.ts';
import { actingLead, type Leads, outsiders, partsOf } from './cases.rules.ts';
import type { CaseFile } from './cases.store.ts';

export interface Step {
  readonly action: Exclude<CaseAction, 'report'>;
  readonly text: string;
  readonly outcome?: string | undefined;
  readonly person?: string | undefined;
}

/** Which field of a form a guard speaks about. */
const FIELD_OF: Readonly<Record<string, string>> = {
  said: 'text',
  reasoned: 'text',
  fitToHandle: 'person',
  newSubject: 'person',
  outcome: 'outcome',
  answered: 'text',
};

/** What the guards look at. */
export const factsOf = (
  viewer: Viewer,
  file: Pick<CaseFile, 'subjects' | 'assignee' | 'urgency' | 'category'>,
  leads: Leads,
  actionsTaken: number,
  step: Pick<Step, 'text' | 'outcome' | 'person'> & { action: CaseAction },
): CaseFacts & { personIsStaff?: boolean; person?: string | undefined } => ({
  by: viewer.person.id,
  parts: partsOf({ id: viewer.person.id, duties: viewer.duties }, file, leads),
  urgency: file.urgency,
  illegal: file.category !== null && taxonomy().byId.get(file.category)?.nature === 'illegal',
  subjects: file.subjects,
  assignee: file.assignee,
  actionsTaken,
  text: step.text,
  outcome: step.outcome,
  person: step.person,
});

/** The state it leads to, or the table's refusal as an error with the field it is about. */
export function judge(from: CaseState | 'new', action: CaseAction, facts: CaseFacts): CaseState {
  const verdict = caseWorkflow.judge(from, action, facts.parts, facts);
  if (verdict.ok) return verdict.to;
  throw refusalOf(action, verdict);
}

function refusalOf(
  action: CaseAction,
  v: { code: 'not-listed' | 'not-yours' | 'guard'; guard?: string; reason: string },
): Refusal {
  if (v.code === 'not-listed')
    return conflict(
      `case.${action}.not-listed`,
      'The case has moved on since you opened this page.',
      'Reload it to see where it stands.',
    );
  if (v.code === 'not-yours')
    return forbidden(`case.${action}.not-yours`, 'This step is not yours to take in this case.');
  const field = FIELD_OF[v.guard ?? ''];
  return invalid(`case.${action}.${v.guard}`, v.reason, field ? { [field]: v.reason } : undefined);
}

/** What a step does to the row besides its state, and what the entry says of it. */
export function changeOf(file: CaseFile, step: Step, viewer: Viewer, leads: Leads, now: Date) {
  const person = step.person ?? null;
  switch (step.action) {
    case 'assign': {
      // Who had the case before has no further need to know it.
      const team = [...file.team.filter((id) => id !== file.assignee && id !== person), ...(person ? [person] : [])];
      return { change: { assignee: person, team }, detail: { person, before: file.assignee } };
    }
    case 'involve': {
      const subjects = [...file.subjects, ...(person ? [person] : [])];
      // Whoever leads from now on must be able to read it.
      const anew = outsiders(leads, actingLead(leads, subjects));
      const team = [...new Set([...file.team, ...anew])].filter((id) => id !== person);
      return { change: { subjects, team }, detail: { person } };
    }
    case 'close':
      return {
        change: { outcome: step.outcome ?? null, closed_by: viewer.person.id, closed_at: now },
        detail: { outcome: step.outcome },
      };
    case 'reopen':
      return { change: { outcome: null, closed_by: null, closed_at: null }, detail: { outcome: file.outcome } };
    default:
      return { change: {}, detail: {} };
  }
}
