import { dayIn } from '#core/days.ts';
import { invalid } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { type Change, diffPolicies, type PolicyDocument } from '#policy/index.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { editDraft, refuseStale } from '../life/drafts.service.ts';
import { entriesOf, readDraft } from '../life/drafts.store.ts';
import type { Effect } from './effect.rules.ts';
import { effectIn, lintContext } from './effect.service.ts';
import type { Faults } from './form/body.ts';
import { sound } from './sound.ts';

/** A change of a draft, and the number of the edit that its page was made from. */
export interface Edit {
  readonly draft: string;
  readonly edit: number;
  readonly change: (document: PolicyDocument) => PolicyDocument;
  /** Open questions that it answers. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** In words, where the difference itself says too little. */
  readonly what?: string;
}

/** Save a change (GOV-33). Its words in the draft's story are the differences themselves. */
export async function saveChange(deps: Deps, viewer: Viewer, edit: Edit): Promise<readonly Change[]> {
  const draft = await deps.db.in(contextOf(viewer), (tx) => readDraft(tx, edit.draft));
  refuseStale(draft, edit.edit);
  const next = edit.change(draft.document);
  const changes = diffPolicies(draft.document, next);
  if (changes.length === 0 && !edit.answers) return changes;
  const what = [edit.what, summary(changes)].filter(Boolean).join(' ');
  const document = changes.length === 0 ? draft.document : next;
  const how = { what, edit: edit.edit, ...(edit.answers && { answers: edit.answers }) };
  await editDraft(deps, viewer, edit.draft, how, () => document);
  return changes;
}

const SAID = 12;
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The first differences in their own sentences; people on a list stand in a document by their ids. */
export function summary(changes: readonly Change[], most = SAID): string {
  const sentences = changes.slice(0, most).map((c) => c.said.replaceAll(UUID, 'somebody'));
  const more = changes.length - most;
  return [...sentences, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}

/** What a change would do, without saving it. */
export function tryChange(deps: Deps, viewer: Viewer, edit: Pick<Edit, 'draft' | 'change'>): Promise<Effect> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { document } = await readDraft(tx, edit.draft);
    return effectIn(tx, deps.clock.now(), document, sound(edit.change(document)));
  });
}

export interface Meanwhile {
  readonly at: Date;
  readonly by: string;
  readonly what: string;
}

/** What every page of the editor needs of its draft; with `since`, what others changed after that edit. */
export function openDraft(deps: Deps, viewer: Viewer, id: string, since?: number) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const draft = await readDraft(tx, id);
    const entries =
      since === undefined ? [] : (await entriesOf(tx, id)).filter((e) => e.action === 'edit' && e.edit > since);
    const people = await names(
      tx,
      entries.map((e) => e.by_person),
    );
    const meanwhile = entries.map(
      (e): Meanwhile => ({ at: e.at, by: people.get(e.by_person) ?? 'Somebody', what: e.what }),
    );
    const lints = await lintContext(tx, now, dayIn(viewer.school.timeZone, now));
    return { draft, meanwhile, lints, open: draft.state === 'draft' };
  });
}

/** Stop at the fields that need another look. */
export function refuseFaults(faults: Faults): void {
  if (Object.keys(faults).length > 0)
    throw invalid('policy.form', 'Some of this needs another look. Nothing was saved.', faults);
}
