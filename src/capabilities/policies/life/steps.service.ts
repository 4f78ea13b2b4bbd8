import { dayIn } from '#core/days.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import type { PolicyDocument } from '#policy/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { type Situation, type StepInput, situationOf } from './drafts.facts.ts';
import { enter, judge, refuseStale } from './drafts.service.ts';
import { type Draft, readDraft, updateDraft } from './drafts.store.ts';
import { tellOfStep } from './life.letters.ts';
import type { DraftAction, LifeState } from './life.workflow.ts';
import { TELL, tellGateways } from './told.service.ts';
import { insertVersion } from './versions.store.ts';

/** What is done with a draft besides writing in it. */
export type StepAction = Exclude<DraftAction, 'start' | 'edit'>;
export interface Step extends StepInput {
  readonly action: StepAction;
  /** The number that the page was made from: what is signed or approved is what was read. */
  readonly edit: number;
}

/** The one way in which a draft moves: judged by the table, told in its story and in the ledger, or refused whole. */
export function takeStep(deps: Deps, viewer: Viewer, draftId: string, step: Step): Promise<LifeState> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    // Approvals come one after the other: numbers and dates of versions are in one order.
    if (step.action === 'approve') await tx.selectFrom('school').select('id').forUpdate().executeTakeFirst();
    const draft = await readDraft(tx, draftId, { lock: true });
    const now = deps.clock.now();
    const situation = await situationOf(tx, viewer, draft, now, step);
    const to = judge(situation, step.action);
    refuseStale(draft, step.edit);
    const { what, detail } = await EFFECTS[step.action]({ deps, tx, viewer, draft, step, situation });
    const kept = to === 'consulting' || to === 'consulted' || to === 'draft' || to === 'approved' ? to : 'withdrawn';
    await updateDraft(tx, draft.id, { state: kept, updated_at: new Date(now) });
    await enter(deps, tx, viewer, draft, { action: step.action, what, detail });
    await tellOfStep(deps, tx, viewer, draft, { from: situation.state, to, situation });
    return to;
  });
}

interface Doing {
  readonly deps: Deps;
  readonly tx: Tx;
  readonly viewer: Viewer;
  readonly draft: Draft;
  readonly step: Step;
  readonly situation: Situation;
}
type Effect = (doing: Doing) => Promise<{ what: string; detail: Record<string, unknown> }>;

/** What a step does besides moving the draft, and how its story tells it. */
const EFFECTS: Readonly<Record<StepAction, Effect>> = {
  consult: async ({ situation }) => ({
    what: 'Sent to its reviewers.',
    detail: { reviewers: situation.reviewers },
  }),
  sign: async ({ deps, tx, viewer, draft, step }) => {
    const role = step.signAs ?? '';
    await tx
      .insertInto('policy_review_signature')
      .values({
        school_id: viewer.school.id,
        draft_id: draft.id,
        role,
        person_id: viewer.person.id,
        edit: draft.edit,
        at: new Date(deps.clock.now()),
      })
      .execute();
    return { what: 'Signed as a reviewer.', detail: { role } };
  },
  return: async ({ step }) => ({ what: step.reason?.trim() ?? '', detail: {} }),
  approve,
  withdraw: async ({ deps, tx, viewer, step, situation }) => {
    const reason = step.reason?.trim() ?? '';
    const { version } = situation;
    if (!version) return { what: reason, detail: {} };
    await tx
      .insertInto('policy_version_withdrawal')
      .values({
        version_id: version.id,
        school_id: viewer.school.id,
        at: new Date(deps.clock.now()),
        by_person: viewer.person.id,
        reason,
      })
      .execute();
    return { what: reason, detail: { version: version.number } };
  },
};

/** GOV-05, GOV-33: the draft becomes the next version, from its day on. */
async function approve({ deps, tx, viewer, draft, step, situation }: Doing) {
  const now = deps.clock.now();
  const from = new Date(Number(situation.facts.effective));
  const minute = step.minute?.trim() ?? '';
  const riskAssessment = situation.needsRiskAssessment ? (step.riskAssessment ?? null) : null;
  const document: PolicyDocument = {
    ...draft.document,
    meta: { ...draft.document.meta, approvedOn: dayIn(viewer.school.timeZone, now) },
  };
  const { id, number, digest } = await insertVersion(tx, {
    id: newId(now),
    school_id: viewer.school.id,
    document: JSON.stringify(document),
    author: draft.author,
    approver: viewer.person.id,
    in_force_from: from,
    created_at: new Date(now),
    draft_id: draft.id,
    label: draft.title,
    minute,
    risk_assessment_id: riskAssessment,
  });
  if (from.getTime() <= now) await tellGateways(tx, deps, viewer.school.id);
  // A second later, so that the moment has come by every clock; the promise to gateways is ten.
  else
    await enqueue(
      tx,
      TELL,
      { school: viewer.school.id },
      { runAt: new Date(from.getTime() + 1000), key: `${TELL} ${id}` },
    );
  return {
    what: `Approved as version ${number}: ${minute}`,
    detail: { version: number, digest, from: from.toISOString() },
  };
}
