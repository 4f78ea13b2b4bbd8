import { createHash } from 'node:crypto';
import { conflict, forbidden, invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { type PolicyDocument, parsePolicy, SHIPPED_POLICIES, shippedPolicy } from '#policy/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { taxonomy } from '../policies.service.ts';
import { editorOf, type Situation, situationOf } from './drafts.facts.ts';
import { type Draft, readDraft, updateDraft } from './drafts.store.ts';
import { type DraftAction, type LifeState, lifeWorkflow, NOTHING } from './life.workflow.ts';
import { versionDocument } from './versions.store.ts';

/** What a draft may begin from. */
export type Base =
  | { readonly version: number }
  | { readonly shipped: string }
  /** A document as a file; `file` is its name, for messages. */
  | { readonly text: string | Uint8Array; readonly file: string };

/** Begin a draft (GOV-33). It changes nothing until it was signed, approved by another person, and its day has come. */
export function createDraft(
  deps: Deps,
  viewer: Viewer,
  input: { readonly title: string; readonly from: Base },
): Promise<{ id: string }> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    judge({ state: 'new', parts: editorOf(viewer), facts: NOTHING }, 'start');
    const title = input.title.trim();
    if (title.length < 3 || [...title].length > 200) {
      const title = 'Give the draft a title of 3 to 200 characters, such as “Review of autumn 2026”.';
      throw invalid('policy.draft.title', title, { title });
    }
    const document = unapproved(await documentOf(tx, input.from));
    const draft: Pick<Draft, 'id' | 'edit' | 'document'> = { id: newId(now), edit: 1, document };
    await tx
      .insertInto('policy_draft')
      .values({
        id: draft.id,
        school_id: viewer.school.id,
        title,
        base_version: 'version' in input.from ? input.from.version : null,
        base_shipped: 'shipped' in input.from ? input.from.shipped : null,
        document: JSON.stringify(document),
        state: 'draft',
        edit: draft.edit,
        author: viewer.person.id,
        created_at: new Date(now),
        updated_at: new Date(now),
      })
      .execute();
    await enter(deps, tx, viewer, draft, { action: 'start', what: saidOf(input.from) });
    return { id: draft.id };
  });
}

async function documentOf(tx: Tx, from: Base): Promise<PolicyDocument> {
  if ('version' in from) return versionDocument(tx, from.version);
  if ('text' in from) return parsePolicy(from.text, from.file, taxonomy().categories);
  const shipped = SHIPPED_POLICIES.find((id) => id === from.shipped);
  if (!shipped) throw invalid('policy.draft.base', 'Choose one of the policies in the list to begin from.');
  return shippedPolicy(shipped, taxonomy().categories);
}

const saidOf = (from: Base): string => {
  if ('version' in from) return `Begun from version ${from.version}.`;
  return 'shipped' in from ? `Begun from the shipped policy “${from.shipped}”.` : `Begun from the file “${from.file}”.`;
};

/** A draft was approved by nobody, whatever it began from. */
const unapproved = (document: PolicyDocument): PolicyDocument => ({
  ...document,
  meta: { ...document.meta, approvedOn: null },
});

/**
 * Change a draft. `edit` is the number that the page was made from: if somebody else was quicker, nothing is changed.
 * `what` says in words what is different, for the draft's story; `answers` are open questions that it answers.
 * Signatures of what stood there before are void (GOV-08).
 */
export function editDraft(
  deps: Deps,
  viewer: Viewer,
  draftId: string,
  how: { readonly what: string; readonly edit: number; readonly answers?: Readonly<Record<string, unknown>> },
  change: (document: PolicyDocument) => PolicyDocument,
): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const draft = await readDraft(tx, draftId, { lock: true });
    judge(await situationOf(tx, viewer, draft, deps.clock.now()), 'edit');
    refuseStale(draft, how.edit);
    const text = JSON.stringify(change(draft.document));
    if (text === JSON.stringify(draft.document) && !how.answers) return;
    const document = parsePolicy(text, 'The draft', taxonomy().categories);
    const edited = { ...draft, edit: draft.edit + 1, document };
    const answers = JSON.stringify({ ...draft.answers, ...how.answers });
    await updateDraft(tx, draft.id, {
      document: text,
      edit: edited.edit,
      answers,
      updated_at: new Date(deps.clock.now()),
    });
    await enter(deps, tx, viewer, edited, { action: 'edit', what: how.what });
  });
}

/** What is signed or approved is what was read. */
export function refuseStale(draft: Draft, edit: number): void {
  if (draft.edit === edit) return;
  throw conflict(
    'policy.draft.edited',
    'Somebody changed this draft while you had it open, so nothing was saved.',
    'Reload the page to see the draft as it stands, then try again.',
  );
}

/** Which field of a form a guard speaks about; the other guards are about the draft itself. */
export const FIELD_OF: Readonly<Record<string, string>> = {
  maySign: 'signAs',
  minute: 'minute',
  effective: 'effectiveOn',
  inOrder: 'effectiveOn',
  reviewAhead: 'effectiveOn',
  riskAssessment: 'riskAssessment',
  reasoned: 'reason',
};

/** The state it leads to, or the table's refusal as an error with the field it is about. */
export function judge(
  s: Pick<Situation, 'parts' | 'facts'> & { readonly state: LifeState | 'new' },
  action: DraftAction,
): LifeState {
  const verdict = lifeWorkflow.judge(s.state, action, s.parts, s.facts);
  if (verdict.ok) return verdict.to;
  if (verdict.code === 'not-yours') throw notYours();
  if (verdict.code === 'not-listed') {
    throw conflict(
      'policy.draft.not-listed',
      'This cannot be done where the draft stands now.',
      'Open the draft again to see where it stands.',
    );
  }
  const field = FIELD_OF[verdict.guard ?? ''];
  throw invalid(`policy.draft.${verdict.guard}`, verdict.reason, field ? { [field]: verdict.reason } : undefined);
}

const notYours = () =>
  forbidden(
    'policy.draft.not-yours',
    'This step is not yours to take.',
    'Policies are written by those who lead on safeguarding, signed by the reviewers they name, and approved by the governing body.',
  );

/** A line in the draft's story, and one in the ledger with the digest of what it then said. */
export async function enter(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  draft: Pick<Draft, 'id' | 'edit' | 'document'>,
  entry: { action: DraftAction; what: string; detail?: Record<string, unknown> },
): Promise<void> {
  const now = deps.clock.now();
  const detail = entry.detail ?? {};
  await tx
    .insertInto('policy_draft_entry')
    .values({
      school_id: viewer.school.id,
      draft_id: draft.id,
      at: new Date(now),
      by_person: viewer.person.id,
      action: entry.action,
      edit: draft.edit,
      what: entry.what,
      detail: JSON.stringify(detail),
    })
    .execute();
  const digest = createHash('sha256').update(canonical(draft.document)).digest('hex');
  await record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: `policy.draft.${entry.action}`,
    object: { kind: 'policy_draft', id: draft.id },
    detail: { ...detail, edit: draft.edit, digest },
    text: { what: entry.what },
    at: now,
  });
}

/** The same text for the same document: the database does not keep the order of keys. */
const canonical = (document: PolicyDocument): string =>
  JSON.stringify(document, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
