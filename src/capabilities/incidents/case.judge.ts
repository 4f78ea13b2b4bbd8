import { conflict, forbidden, invalid, type Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import { holders } from '#rooms/identity/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import type { CaseFacts } from './case.facts.ts';
import { formOf } from './case.forms.ts';
import { isUnlawful, leadsOf, procedureOf } from './case.leads.ts';
import { type Story, storyOf } from './case.story.ts';
import { type CaseAction, type CaseState, caseWorkflow } from './case.workflow.ts';
import { actingLead, type Leads, partsOf, SENIOR_ROLES } from './cases.rules.ts';
import { type CaseEntry, type CaseFile, entriesOf } from './cases.store.ts';
import { standingSanctions } from './sanctions/sanctions.store.ts';
import { openTasks } from './sanctions/tasks.store.ts';

/** A step as it was asked: words, whom it is about, and what else its form holds. */
export interface Step {
  readonly action: Exclude<CaseAction, 'report'>;
  readonly text?: string;
  readonly outcome?: string | undefined;
  readonly person?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** The designated computer that the request proved to come from (INC-06). */
  readonly fromComputer?: string | null;
}

/** A case with what its story amounts to and who may do what in it: read once for a step or a page. */
export interface Standing {
  readonly file: CaseFile;
  readonly entries: readonly CaseEntry[];
  readonly story: Story;
  readonly leads: Leads;
  /** Everything the guards look at but what is being typed. */
  readonly facts: CaseFacts;
}

export async function standingOf(
  tx: Tx,
  viewer: Viewer,
  file: CaseFile,
  now: number,
  fromComputer: string | null = null,
): Promise<Standing> {
  const entries = await entriesOf(tx, file.id);
  const story = storyOf(entries);
  const leads = await leadsOf(tx, now, file);
  const seniors = await seniorsAmong(tx, [file.manager, ...file.team]);
  const procedure = await procedureOf(tx, now);
  const managers = file.restricted
    ? leads.leads
    : [...(await holders(tx, procedure.lead)).map((h) => h.id), ...actingLead(leads, file)];
  const facts: CaseFacts = {
    now,
    by: viewer.person.id,
    // Of a case that was disposed of nothing is left to work on (EVI-10).
    parts: file.disposed_at ? [] : partsOf({ id: viewer.person.id, duties: viewer.duties }, file, leads, seniors),
    duties: viewer.duties,
    procedure,
    story,
    urgency: file.urgency,
    severity: file.severity,
    illegal:
      (file.category !== null && taxonomy().byId.get(file.category)?.nature === 'illegal') ||
      (await isUnlawful(tx, now, story.classification?.row)),
    imagery: file.imagery,
    subjects: file.subjects,
    conflicted: file.conflicted,
    affected: file.affected,
    team: file.team,
    manager: file.manager,
    managerLeads: file.manager !== null && managers.includes(file.manager),
    seniors,
    pupils: await anyPupil(tx, [...file.subjects, ...file.affected]),
    computer: file.computer,
    fromComputer,
    standing: await standingSanctions(tx, file.id),
    openTasks: await openTasks(tx, file.id),
    text: '',
    detail: {},
  };
  return { file, entries, story, leads, facts };
}

/** The facts with what is being asked. */
export async function asked(tx: Tx, facts: CaseFacts, step: Step): Promise<CaseFacts> {
  return {
    ...facts,
    text: step.text ?? '',
    outcome: step.outcome,
    detail: step.detail ?? {},
    person: step.person ? await personOf(tx, step.person) : undefined,
  };
}

async function personOf(tx: Tx, id: string): Promise<CaseFacts['person']> {
  const row = await tx.selectFrom('person').select(['kind', 'left_on']).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const works = row.left_on === null && ['staff', 'governor', 'volunteer'].includes(row.kind);
  return { id, staff: works, senior: (await seniorsAmong(tx, [id])).length > 0 };
}

async function seniorsAmong(tx: Tx, people: readonly (string | null)[]): Promise<string[]> {
  const some = people.filter((id) => id !== null);
  if (some.length === 0) return [];
  const rows = await tx
    .selectFrom('role_holding')
    .select('person_id')
    .distinct()
    .where('person_id', 'in', some)
    .where('role', 'in', [...SENIOR_ROLES])
    .where('until_at', 'is', null)
    .execute();
  return rows.map((r) => r.person_id);
}

async function anyPupil(tx: Tx, people: readonly string[]): Promise<boolean> {
  if (people.length === 0) return false;
  const row = await tx
    .selectFrom('person')
    .select('id')
    .where('id', 'in', people)
    .where('kind', '=', 'pupil')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The state it leads to, and where a second person's word is still to come, what is waited for; or the table's refusal as an error with the field it is about. */
export function judge(
  from: CaseState | 'new',
  action: CaseAction,
  facts: CaseFacts,
): { readonly to: CaseState; readonly waits: string | null } {
  const verdict = caseWorkflow.judge(from, action, facts.parts, facts);
  if (!verdict.ok) throw refusalOf(action, verdict);
  if (verdict.to !== from) return { to: verdict.to, waits: null };
  const further = caseWorkflow.rows.filter(
    (r) => r.from === from && r.action === action && r.to !== from && r.to !== 'halted',
  );
  const missing = further.map((r) => r.guards.flatMap((g) => g.check(facts) ?? []));
  // The way that lacks least is the one this step was meant for.
  const [least] = missing.toSorted((x, y) => x.length - y.length);
  return { to: verdict.to, waits: least?.[0] ?? null };
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
  const field = FIELD_OF[v.guard ?? ''] ?? 'text';
  const shown = formOf(action)?.fields.some((f) => f.name === field);
  return invalid(`case.${action}.${v.guard}`, v.reason, shown ? { [field]: v.reason } : undefined);
}

/** Which field of a form a guard speaks about, where it is not the words. */
const FIELD_OF: Readonly<Record<string, string>> = {
  fitToHandle: 'person',
  fitToJoin: 'person',
  newSubject: 'person',
  newPerson: 'person',
  whole: 'types',
  policeChoice: 'decision',
  policeReference: 'reference',
  written: 'reference',
  releasedByRight: 'decision',
  releasedByPolice: 'decision',
  address: 'url',
  computerChosen: 'computer',
  isolationChosen: 'isolation',
  verdict: 'verdict',
  openItem: 'item',
  leadWithholds: 'decision',
  aboutSubject: 'person',
  standing: 'sanction',
  appealAnswered: 'decision',
  doer: 'person',
  byDay: 'due',
  forAffected: 'person',
  pictureAnswered: 'picture',
  bothOutcomes: 'outcomeAffected',
  outcome: 'outcome',
};
