import { dayIn, isDay } from '#core/days.ts';
import { Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import { type Meta, PERSON_KINDS, type PolicyDocument, parsePolicy, type RoleId } from '#policy/index.ts';
import { holders } from '#rooms/identity/index.ts';
import type { Viewer } from '#web/index.ts';
import { policyInForce, taxonomy } from '../policies.service.ts';
import { type Draft, entriesOf, type Signature, signaturesOf } from './drafts.store.ts';
import { type LifeActor, type LifeFacts, type LifeState, NOTHING } from './life.workflow.ts';
import { inDate } from './risk.store.ts';
import { startOfDay, stateOf } from './version.state.ts';
import { listVersions, type Version } from './versions.store.ts';

/** Who may write a policy; signing and approving follow from the policy itself. */
export const POLICY_EDITORS: readonly RoleId[] = ['dsl', 'centre-lead', 'head'];

/** What somebody gives with a step. */
export interface StepInput {
  readonly signAs?: string | undefined;
  readonly reason?: string | undefined;
  readonly minute?: string | undefined;
  /** The day from which it is to hold, and a time if not from its beginning; today without a time is at once. */
  readonly effectiveOn?: string | undefined;
  readonly effectiveAt?: string | undefined;
  readonly riskAssessment?: string | undefined;
}

/** Everything there is to know about a draft before judging what may be done with it. */
export interface Situation {
  readonly state: LifeState;
  readonly parts: readonly LifeActor[];
  readonly facts: LifeFacts;
  readonly reviewers: readonly RoleId[];
  readonly approver: RoleId;
  /** Signatures of the draft as it stands. */
  readonly signatures: readonly Signature[];
  readonly needsRiskAssessment: boolean;
  /** Roles with fewer people than the draft asks for. */
  readonly short: readonly { readonly title: string; readonly rank: 'holder' | 'deputy' }[];
  readonly versions: readonly Version[];
  /** The version this draft became. */
  readonly version: Version | null;
}

export async function situationOf(
  tx: Tx,
  viewer: Viewer,
  draft: Draft,
  now: number,
  input: StepInput = {},
): Promise<Situation> {
  const { document } = draft;
  const { timeZone } = viewer.school;
  const inForce = (await policyInForce(tx, now))?.document.meta ?? null;
  const versions = await listVersions(tx);
  const version = versions.find((v) => v.draft === draft.id) ?? null;
  const rules = whoDecides(document.meta, inForce);
  const signatures = (await signaturesOf(tx, draft.id)).filter((s) => s.edit === draft.edit);
  const short = await shortRoles(tx, document);
  const written = (await entriesOf(tx, draft.id)).filter((e) => e.action === 'start' || e.action === 'edit');
  const effective = effectiveMoment(input, now, timeZone);
  const standing = versions.filter((v) => v.withdrawn === null && v.id !== version?.id);
  return {
    state: version ? stateOf(version, versions, now, timeZone) : draft.state,
    parts: partsOf(viewer, rules),
    ...rules,
    signatures,
    short,
    versions,
    version,
    facts: {
      ...NOTHING,
      now,
      unsound: unsound(document),
      missing: missingOf(document.meta),
      vacant: short.some((s) => s.id === 'nominated-person' && s.rank === 'holder')
        ? 'Nobody is named yet to whom hurtful messages are reported. Name them under People first.'
        : null,
      authors: [draft.author, ...written.map((e) => e.by_person)],
      signers: signatures.map((s) => s.person_id),
      unsigned: rules.reviewers.filter((role) => !signatures.some((s) => s.role === role)),
      person: viewer.person.id,
      duties: viewer.duties,
      signAs: input.signAs,
      reason: input.reason ?? '',
      minute: input.minute ?? '',
      effective,
      reviewFault: typeof effective === 'number' ? reviewFault(document.meta, dayIn(timeZone, effective)) : null,
      newestFrom: Math.max(Number.NEGATIVE_INFINITY, ...standing.map((v) => v.from.getTime())),
      riskAssessment: !rules.needsRiskAssessment
        ? 'not-needed'
        : !input.riskAssessment
          ? 'missing'
          : (await inDate(tx, input.riskAssessment, dayIn(timeZone, now)))
            ? 'in-date'
            : 'out-of-date',
    },
  };
}

/**
 * Whose draft it is to sign and to approve. The version in force has its say as well as the draft: otherwise a draft could
 * write its own judge into itself.
 */
export function whoDecides(draft: Meta, inForce: Meta | null) {
  return {
    reviewers: [...new Set([...draft.reviewers, ...(inForce?.reviewers ?? [])])],
    approver: inForce?.approver ?? draft.approver,
    needsRiskAssessment: draft.needsRiskAssessment || (inForce?.needsRiskAssessment ?? false),
  };
}

export const editorOf = (viewer: Viewer): LifeActor[] =>
  POLICY_EDITORS.some((r) => viewer.duties.includes(r)) ? ['editor'] : [];

function partsOf(viewer: Viewer, rules: { reviewers: readonly RoleId[]; approver: RoleId }): LifeActor[] {
  const holds = (roles: readonly string[]) => roles.some((r) => viewer.duties.includes(r));
  const parts: [LifeActor, boolean][] = [
    ['editor', editorOf(viewer).length > 0],
    ['reviewer', holds(rules.reviewers)],
    ['approver', holds([rules.approver])],
  ];
  return parts.filter(([, is]) => is).map(([part]) => part);
}

/** GOV-04: what a cover must say before others are asked to agree to it; the approval itself fills in its day. */
export function missingOf(meta: Meta): string[] {
  const items: [string, unknown][] = [
    ['author', meta.author],
    ['day it was first written', meta.created],
    ['last review', meta.lastReviewed],
    ['body that approves it', meta.approvedBy],
    ['next review', meta.nextReview],
  ];
  return items.filter(([, value]) => value === null).map(([name]) => `the ${name}`);
}

/** Why nobody could keep this document, or null. What was sound once may not be after an update of the taxonomy. */
function unsound(document: PolicyDocument): string | null {
  try {
    parsePolicy(JSON.stringify(document), 'The draft', taxonomy().categories);
    return null;
  } catch (e) {
    if (e instanceof Refusal) return e.message;
    throw e;
  }
}

/** The moment that was asked for, or what is wrong with it. */
export function effectiveMoment(input: StepInput, now: number, timeZone: string): number | string {
  const { effectiveOn: day = '', effectiveAt: time = '' } = input;
  if (!isDay(day)) return 'Give the day from which it is to hold, such as 2026-11-30.';
  if (day < dayIn(timeZone, now)) return 'This day is over. Give today or a later day.';
  if (time === '') return Math.max(startOfDay(timeZone, day), now);
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) return 'Give the time as hours and minutes, such as 07:30.';
  const at = Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(timeZone).epochMilliseconds;
  return at < now ? 'This time is over. Give a later one.' : at;
}

/** D36, GOV-08: the next review comes after the policy begins, and within the cycle that it promises. */
export function reviewFault(meta: Meta, begins: string): string | null {
  if (meta.period.to !== null && meta.period.to < begins) {
    return 'The period on the cover is over before the policy begins.';
  }
  if (meta.nextReview === null) return null;
  if (meta.nextReview <= begins) return 'The next review on the cover is not after the day on which the policy begins.';
  const latest = Temporal.PlainDate.from(begins).add({ months: meta.reviewMonths }).toString();
  return meta.nextReview > latest
    ? `The policy promises a review every ${meta.reviewMonths} months, but the next one on its cover is later.`
    : null;
}

/** Roles that one takes on and that fewer people hold than the document asks for. */
async function shortRoles(tx: Tx, document: PolicyDocument) {
  const short: { id: RoleId; title: string; rank: 'holder' | 'deputy' }[] = [];
  for (const role of document.roles) {
    if ((PERSON_KINDS as readonly string[]).includes(role.id)) continue;
    const held = await holders(tx, role.id);
    for (const rank of ['holder', 'deputy'] as const) {
      const wanted = rank === 'deputy' ? role.deputies.min : Math.max(role.holders.min, nominated(role.id));
      if (held.filter((h) => h.rank === rank).length < wanted) short.push({ id: role.id, title: role.title, rank });
    }
  }
  return short;
}

/** ROL-19: wherever a policy has the role, somebody must hold it. */
const nominated = (role: RoleId): number => (role === 'nominated-person' ? 1 : 0);
