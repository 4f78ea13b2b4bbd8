import { dayIn } from '#core/days.ts';
import type { Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { holders, names, roleTitle } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { policyInForce } from '../policies.service.ts';
import { type Cover, coverOf } from './cover.service.ts';
import { type Situation, situationOf } from './drafts.facts.ts';
import { FIELD_OF } from './drafts.service.ts';
import { type Draft, entriesOf, readDraft } from './drafts.store.ts';
import { DONE, STATES, STEPS, WAY } from './life.words.ts';
import { type LifeAction, lifeWorkflow } from './life.workflow.ts';
import { listRiskAssessments } from './risk.store.ts';
import type { StepAction } from './steps.service.ts';

/** A form that was refused, with what was typed. */
export interface Tried {
  readonly action: StepAction | 'cover';
  readonly typed: Readonly<Record<string, string | undefined>>;
  readonly refusal: Refusal;
}

/** Everything that the page of a draft shows to this viewer. */
export function draftPage(deps: Deps, viewer: Viewer, id: string, tried?: Tried) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const draft = await readDraft(tx, id);
    const situation = await situationOf(tx, viewer, draft, now);
    const { state, version } = situation;
    const inForce = await policyInForce(tx, now);
    const entries = await entriesOf(tx, id);
    const people = await names(tx, [draft.author, ...entries.map((e) => e.by_person)]);
    const steps = await stepsOf(tx, viewer, draft, situation, dayIn(viewer.school.timeZone, now));
    const mayEdit = offered(situation).includes('edit');
    return {
      draft,
      tried,
      state: { id: state, ...STATES[state] },
      way: wayOf(situation),
      version,
      author: people.get(draft.author) ?? 'somebody who has left',
      base: baseOf(draft),
      compareWith: inForce && inForce.number !== version?.number ? inForce.number : null,
      stale:
        draft.baseVersion !== null && inForce && inForce.number > draft.baseVersion && !version ? inForce.number : null,
      missing: version ? [] : missingIn(situation),
      needsRiskAssessment: situation.needsRiskAssessment,
      short: version ? [] : situation.short,
      reviewers: await reviewersOf(tx, situation, draft),
      approver: {
        title: roleTitle(situation.approver, draft.document.roles),
        people: (await holders(tx, situation.approver)).map((h) => h.displayName),
      },
      ahead: steps.filter((s) => s.forward),
      aside: steps.filter((s) => !s.forward),
      cover: mayEdit ? ((tried?.action === 'cover' ? tried.typed : coverOf(draft.document.meta)) as Cover) : null,
      mayEdit,
      // As the room of governance decides it, save for those who read activity.
      mayRehearse: state !== 'withdrawn' && situation.parts.length > 0,
      entries: entries.toReversed().map((e) => ({
        at: e.at,
        title: DONE[e.action as LifeAction] ?? e.action,
        by: people.get(e.by_person) ?? 'somebody who has left',
        what: e.what,
        role: typeof e.detail.role === 'string' ? roleTitle(e.detail.role, draft.document.roles) : null,
      })),
    };
  });
}

const offered = (s: Situation): LifeAction[] => lifeWorkflow.offered(s.state, s.parts);

const baseOf = (draft: Draft): string => {
  if (draft.baseVersion !== null) return `version ${draft.baseVersion}`;
  return draft.baseShipped ? `the shipped policy “${draft.baseShipped}”` : 'a file of the school';
};

/** The steps of the way, each before, at or after where the draft stands. */
function wayOf({ state }: Situation) {
  const at = state === 'review-due' || state === 'superseded' ? 'in-force' : state;
  const here = WAY.indexOf(at);
  return WAY.map((step, i) => ({
    name: STATES[step].name,
    where: here < 0 ? '' : i < here ? 'done' : i === here ? 'here' : '',
  }));
}

/** What still stands between this draft and its approval, whoever looks. */
function missingIn({ facts }: Situation): string[] {
  return [
    ...(facts.unsound === null ? [] : [facts.unsound]),
    ...facts.missing.map((item) => `The cover lacks ${item}.`),
    ...(facts.vacant === null ? [] : [facts.vacant]),
  ];
}

async function reviewersOf(tx: Tx, situation: Situation, draft: Draft) {
  const signers = await names(
    tx,
    situation.signatures.map((s) => s.person_id),
  );
  return Promise.all(
    situation.reviewers.map(async (role) => {
      const signature = situation.signatures.find((s) => s.role === role);
      return {
        title: roleTitle(role, draft.document.roles),
        people: (await holders(tx, role)).map((h) => h.displayName),
        signed: signature ? { by: signers.get(signature.person_id) ?? '', at: signature.at } : null,
      };
    }),
  );
}

/** The forms this viewer is offered: those of the table, each with what is in its way. */
async function stepsOf(tx: Tx, viewer: Viewer, draft: Draft, situation: Situation, today: string) {
  const toSign = situation.facts.unsigned.filter((r) => viewer.duties.includes(r));
  const actions = offered(situation)
    .filter((a): a is StepAction => Object.hasOwn(STEPS, a))
    .filter((a) => a !== 'sign' || toSign.length > 0);
  const mayUse = async () =>
    (await listRiskAssessments(tx))
      .filter((r) => r.supersededBy === null && r.next_review >= today)
      .map((r) => ({ value: r.id, text: `${r.title}, next review ${r.next_review}` }));
  return Promise.all(
    actions.map(async (action) => ({
      action,
      ...STEPS[action],
      obstacle: obstacleTo(situation, action),
      roles: toSign.map((r) => ({ value: r, text: roleTitle(r, draft.document.roles) })),
      riskAssessments: action === 'approve' && situation.needsRiskAssessment ? await mayUse() : null,
    })),
  );
}

/** Why this step cannot be taken yet, whatever is typed into its form; null when it can. */
function obstacleTo({ state, parts, facts }: Situation, action: StepAction): string | null {
  const rows = lifeWorkflow.rows.filter(
    (r) => r.from === state && r.action === action && r.who.some((w) => parts.includes(w)),
  );
  const reasons = rows.map(
    (row) =>
      row.guards
        .filter((g) => FIELD_OF[g.name] === undefined)
        .map((g) => g.check(facts))
        .find((why) => why !== null) ?? null,
  );
  return reasons.includes(null) ? null : (reasons[0] ?? null);
}
