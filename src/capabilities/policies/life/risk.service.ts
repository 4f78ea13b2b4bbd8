import { dayIn, isDay } from '#core/days.ts';
import { forbidden, invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { RoleId } from '#policy/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { POLICY_EDITORS } from './drafts.facts.ts';
import { listRiskAssessments } from './risk.store.ts';

/** Who keeps the register of risk assessments. */
export const RISK_KEEPERS: readonly RoleId[] = [...POLICY_EDITORS, 'senior-risk-officer'];

export interface NewRiskAssessment {
  readonly kind: string;
  readonly title: string;
  readonly approvedOn: string;
  readonly approvedBy: string;
  readonly nextReview: string;
  readonly text: string;
  /** The one that it takes the place of; '' for none. */
  readonly supersedes: string;
}

/** Add a risk assessment to the register (RSK-07). It is never changed: a new one takes its place. */
export async function addRiskAssessment(deps: Deps, viewer: Viewer, input: NewRiskAssessment): Promise<{ id: string }> {
  if (!hasDuty(viewer, ...RISK_KEEPERS))
    throw forbidden('risk.not-yours', 'The register of risk assessments is not part of your duties.');
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const wrong = await faultsOf(tx, input, dayIn(viewer.school.timeZone, now));
    if (Object.keys(wrong).length > 0) throw invalid('risk.invalid', 'Some of this needs another look.', wrong);
    const id = newId(now);
    await tx
      .insertInto('risk_assessment')
      .values({
        id,
        school_id: viewer.school.id,
        kind: input.kind.trim(),
        title: input.title.trim(),
        approved_on: input.approvedOn,
        approved_by: input.approvedBy.trim(),
        next_review: input.nextReview,
        text: input.text.trim(),
        added_by: viewer.person.id,
        added_at: new Date(now),
        supersedes: input.supersedes || null,
      })
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'risk-assessment.add',
      object: { kind: 'risk_assessment', id },
      detail: { approvedOn: input.approvedOn, nextReview: input.nextReview, supersedes: input.supersedes || null },
      text: { title: input.title.trim(), text: input.text.trim() },
      at: now,
    });
    return { id };
  });
}

async function faultsOf(tx: Tx, r: NewRiskAssessment, today: string): Promise<Record<string, string>> {
  const wrong: Record<string, string> = {};
  const words = (name: 'kind' | 'title' | 'approvedBy', most: number, ask: string) => {
    const { length } = [...r[name].trim()];
    if (length < 3 || length > most) wrong[name] = `${ask}: 3 to ${most} characters.`;
  };
  words('kind', 80, 'Say of which kind it is, such as “whole school”');
  words('title', 200, 'Give it a title');
  words('approvedBy', 120, 'Name the body that approved it, such as “Governing body”');
  if (!isDay(r.approvedOn)) wrong.approvedOn = 'Give the day on which it was approved, such as 2026-09-14.';
  else if (r.approvedOn > today) wrong.approvedOn = 'This day has not come yet. Give today or an earlier day.';
  if (!isDay(r.nextReview)) wrong.nextReview = 'Give the day of its next review, such as 2027-09-14.';
  else if (r.nextReview <= r.approvedOn) wrong.nextReview = 'The next review comes after the approval.';
  if ([...r.text.trim()].length < 10)
    wrong.text = 'Write down the risks and what is done about them, or where that stands.';
  if (r.supersedes !== '') {
    const old = (await listRiskAssessments(tx)).find((a) => a.id === r.supersedes);
    if (!old || old.supersededBy !== null) wrong.supersedes = 'Choose one of the list that has not been replaced yet.';
  }
  return wrong;
}
