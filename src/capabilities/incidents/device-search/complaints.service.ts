import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid, newId } from '#core/ids.ts';
import type { Verdict } from '#core/workflow.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { holders, personById } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import {
  type ComplaintAction,
  type ComplaintActor,
  type ComplaintFacts,
  type ComplaintState,
  complaintWorkflow,
} from './complaint.workflow.ts';
import { type Complaint, findComplaint, isClosedTo, stepsOf } from './complaints.store.ts';
import { searchPolicy } from './search.rules.ts';
import { findSearch, newReference } from './search.store.ts';

/** Who stands above a search and may give a complaint about it to somebody. */
export const COMPLAINT_SENIORS = ['dsl', 'centre-lead', 'head', 'chair', 'lead-governor'] as const;

const NOTHING: ComplaintFacts = { words: '', onBehalf: null, linked: false, handler: null, outcome: '', text: '' };

export interface ComplaintForm {
  readonly words: string;
  /** The number on the receipt, where there is one. */
  readonly receipt: string;
  /** Whose letter somebody enters; null: their own complaint. */
  readonly onBehalf: string | null;
}

/** Take a complaint in. Its link to the search is made by the database, and whoever complains is told nothing of it. */
export function fileComplaint(deps: Deps, viewer: Viewer, form: ComplaintForm): Promise<string> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const { rules } = await searchPolicy(tx, now);
    const onBehalf = hasDuty(viewer, 'staff', 'governor') ? form.onBehalf : null;
    const to = judge('new', 'file', ['anybody'], { ...NOTHING, words: form.words, onBehalf });
    const id = newId(now);
    const reference = newReference('K');
    const school = viewer.school.id;
    await tx
      .insertInto('device_search_complaint')
      .values({
        id,
        school_id: school,
        reference,
        search_id: null,
        receipt: form.receipt.trim().slice(0, 40) || null,
        words: form.words.trim(),
        made_by: onBehalf === null ? viewer.person.id : null,
        on_behalf: onBehalf?.trim() ?? null,
        received_by: viewer.person.id,
        at: new Date(now),
      })
      .execute();
    await step(tx, deps, viewer, { id, reference }, { number: 1, action: 'file', to });
    for (const person of await firstAbove(tx, id, [rules.authorisedBy, ...ABOVE])) {
      await letter(
        tx,
        deps,
        viewer,
        { id, reference },
        person,
        'A complaint about a device search waits to be given to somebody.',
      );
    }
    return reference;
  });
}

const ABOVE = ['dsl', 'lead-governor', 'chair'] as const;

/** Who is told first: holders of the first role of which somebody has no part in the search. */
async function firstAbove(tx: Tx, complaint: string, roles: readonly string[]) {
  for (const role of roles) {
    const free = [];
    for (const h of await holders(tx, role)) if (!(await isClosedTo(tx, complaint, h.id))) free.push(h);
    if (free.length > 0) return free;
  }
  return [];
}

export interface ComplaintInput {
  readonly receipt?: string;
  readonly handler?: string;
  readonly outcome?: string;
  readonly text?: string;
}

/** Every later step: judged by the table, entered, or refused whole. */
export function takeComplaintStep(
  deps: Deps,
  viewer: Viewer,
  reference: string,
  action: Exclude<ComplaintAction, 'file'>,
  input: ComplaintInput,
): Promise<ComplaintState> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const complaint = await findComplaint(tx, reference, { lock: true });
    if (!complaint) throw notFound('this complaint');
    const search =
      action === 'link' && input.receipt ? await findSearch(tx, input.receipt.trim().toUpperCase()) : undefined;
    const handler = action === 'assign' ? await handlerFacts(tx, complaint, input.handler) : null;
    const to = judge(complaint.state, action, partsOf(viewer, complaint), {
      ...NOTHING,
      linked: action === 'link' ? search !== undefined : complaint.search !== null,
      handler,
      outcome: input.outcome ?? '',
      text: input.text ?? '',
    });
    const number = ((await stepsOf(tx, complaint.id)).at(-1)?.number ?? 0) + 1;
    await step(tx, deps, viewer, complaint, {
      number,
      action,
      to,
      ...(action === 'link' && { search: search?.id }),
      ...(action === 'assign' && { handler: input.handler }),
      ...(action === 'answer' && { outcome: input.outcome as 'upheld' }),
      text: input.text?.trim() ?? '',
    });
    await tell(tx, deps, viewer, complaint, action, input);
    return to;
  });
}

const partsOf = (viewer: Viewer, complaint: Complaint): ComplaintActor[] => [
  ...(hasDuty(viewer, ...COMPLAINT_SENIORS) ? (['senior'] as const) : []),
  ...(complaint.handler === viewer.person.id ? (['handler'] as const) : []),
];

async function handlerFacts(tx: Tx, complaint: Complaint, id: string | undefined): Promise<ComplaintFacts['handler']> {
  const person = isUuid(id) ? await personById(tx, id) : undefined;
  if (!person || person.leftOn !== null) return null;
  const worksHere = person.kind === 'staff' || person.kind === 'governor';
  return { worksHere, inSearch: await isClosedTo(tx, complaint.id, person.id) };
}

function judge(
  from: ComplaintState | 'new',
  action: ComplaintAction,
  parts: readonly ComplaintActor[],
  facts: ComplaintFacts,
): ComplaintState {
  const verdict: Verdict<ComplaintState> = complaintWorkflow.judge(from, action, parts, facts);
  if (verdict.ok) return verdict.to;
  const code = `complaint.${action}.${verdict.guard ?? verdict.code}`;
  if (verdict.code === 'not-listed') throw conflict(code, 'This cannot be done as the complaint stands now.');
  if (verdict.code === 'not-yours') throw forbidden(code, 'This step is not yours to take.');
  throw invalid(code, verdict.reason, { [verdict.guard ?? '']: verdict.reason });
}

type Named = Pick<Complaint, 'id' | 'reference'>;

async function step(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  complaint: Named,
  s: {
    readonly number: number;
    readonly action: ComplaintAction;
    readonly to: ComplaintState;
    readonly search?: string | undefined;
    readonly handler?: string | undefined;
    readonly outcome?: 'upheld' | 'partly' | 'not-upheld';
    readonly text?: string;
  },
): Promise<void> {
  const now = deps.clock.now();
  await tx
    .insertInto('device_search_complaint_step')
    .values({
      complaint_id: complaint.id,
      number: s.number,
      school_id: viewer.school.id,
      action: s.action,
      to_state: s.to,
      by_person: viewer.person.id,
      at: new Date(now),
      handler: s.handler ?? null,
      search_id: s.search ?? null,
      outcome: s.outcome ?? null,
      text: s.text ?? '',
    })
    .execute();
  await record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: `device-search.complaint-${s.action}`,
    object: { kind: 'device_search_complaint', id: complaint.id },
    detail: { to: s.to, handler: s.handler, search: s.search, outcome: s.outcome },
    ...(s.text && { text: { text: s.text } }),
    at: now,
  });
}

async function tell(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  complaint: Complaint,
  action: ComplaintAction,
  input: ComplaintInput,
): Promise<void> {
  const id = action === 'assign' ? input.handler : action === 'answer' ? complaint.madeBy : null;
  const person = id ? await personById(tx, id) : undefined;
  if (!person) return;
  const words =
    action === 'assign' ? 'A complaint about a device search was given to you.' : 'Your complaint was answered.';
  await letter(tx, deps, viewer, complaint, person, words);
}

async function letter(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  complaint: Named,
  to: { readonly id: string; readonly email: string | null },
  sentence: string,
): Promise<void> {
  if (!to.email || to.id === viewer.person.id) return;
  await post(tx, {
    school: viewer.school.id,
    recipient: to.id,
    address: to.email,
    subject: `Complaint ${complaint.reference}`,
    body: `${sentence}\n\nRead it here after signing in:\n${deps.config.pagesUrl}/device-searches/complaints\n`,
    about: { kind: 'device-search-complaint', id: complaint.id },
  });
}
