import { sql } from 'kysely';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { AiToolState } from '#platform/schema.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { type PolicyInForce, policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { seeSites } from '../changes/changes.facts.ts';
import { MOST_SITES, readSites } from '../changes/changes.rules.ts';
import { tellOfTool } from './ai-tools.letters.ts';
import { APPROVERS, ASSESSORS, afterDay, newToolReference, readOpenings, reviewMonths } from './ai-tools.rules.ts';
import { type AiTool, aiTools, endsOf, sitesOf, stateOf } from './ai-tools.store.ts';
import {
  AI_KINDS,
  aiToolWorkflow,
  NOTHING,
  type ToolAction,
  type ToolActor,
  type ToolFacts,
  type ToolSite,
} from './ai-tools.workflow.ts';

export interface Proposal {
  readonly name: string;
  readonly provider: string;
  readonly sites: string;
  readonly purpose: string;
  readonly wantedFor: readonly string[];
}
export interface AssessmentInput {
  readonly sites: string;
  readonly personalData: string;
  readonly ageLimit: string;
  readonly hazards: string;
  readonly measures: string;
  readonly reviewOn: string;
}
/** By the policy's order of profiles: `s0`: `blocked`, `trial` or `approved`. */
export interface ToolDecision {
  readonly chosen: Readonly<Record<string, string | undefined>>;
  readonly trialEnds: string;
}

/** What a viewer is to the register, by the policy in force. */
export const partsOf = (viewer: Viewer, policy: PolicyInForce): ToolActor[] => [
  ...(hasDuty(viewer, 'staff') ? (['staff'] as const) : []),
  ...(hasDuty(viewer, ...ASSESSORS) ? (['assessor'] as const) : []),
  ...(hasDuty(viewer, ...APPROVERS, policy.document.settings.filterChanges.approver) ? (['approver'] as const) : []),
];

/** AIG-01: put a tool on the register. It is closed to everybody from then on. Returns the reference. */
export function proposeTool(deps: Deps, viewer: Viewer, input: Proposal): Promise<string> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const policy = await policyNow(tx, now);
    await oneAtATime(tx, viewer);
    const { name, provider, purpose } = trimmed(input);
    const facts: ToolFacts = {
      ...NOTHING,
      now,
      person: viewer.person.id,
      proposer: viewer.person.id,
      keeper: hasDuty(viewer, ...ASSESSORS),
      name,
      provider,
      purpose,
      sites: await sitesFor(tx, deps, policy, hostsOf(input.sites), null),
    };
    const to = judge('new', 'propose', partsOf(viewer, policy), facts);
    const known = new Set(policy.document.profiles.map((p) => p.id));
    const tool = { id: newId(now), reference: newToolReference(), name };
    await tx
      .insertInto('ai_tool')
      .values({
        id: tool.id,
        school_id: viewer.school.id,
        reference: tool.reference,
        name,
        provider,
        hosts: facts.sites.map((s) => s.host),
        purpose,
        wanted_for: input.wantedFor.filter((p) => known.has(p)),
        proposed_by: viewer.person.id,
        created_at: new Date(now),
      })
      .execute();
    await step(tx, deps, viewer, tool, { number: 1, action: 'propose', to, policy });
    return tool.reference;
  });
}

/** AIG-05: write down what could go wrong and what is done about it. The latest assessment is the one that counts. */
export function assessTool(deps: Deps, viewer: Viewer, reference: string, input: AssessmentInput): Promise<void> {
  return acting(deps, viewer, reference, async (tx, tool, policy) => {
    const now = deps.clock.now();
    const { personalData, hazards, measures } = trimmed(input);
    const ageLimit = readAge(input.ageLimit);
    const review = afterDay(input.reviewOn, viewer.school.timeZone);
    const facts: ToolFacts = {
      ...factsOf(tool, viewer, policy, now),
      sites: await sitesFor(tx, deps, policy, hostsOf(input.sites), tool.id),
      personalData,
      ageLimit,
      hazards,
      measures,
      review,
    };
    const to = judge(stateOf(tool, now), 'assess', partsOf(viewer, policy), facts);
    const id = newId(now);
    await tx
      .insertInto('ai_tool_assessment')
      .values({
        id,
        tool_id: tool.id,
        school_id: viewer.school.id,
        author: viewer.person.id,
        at: new Date(now),
        hosts: facts.sites.map((s) => s.host),
        personal_data: personalData,
        age_limit: ageLimit,
        hazards,
        measures,
        review_on: input.reviewOn,
      })
      .execute();
    await step(tx, deps, viewer, tool, {
      number: nextOf(tool),
      action: 'assess',
      to,
      policy,
      assessment: id,
      detail: { reviewOn: input.reviewOn, ageLimit },
      text: { hazards, measures },
    });
  });
}

/** Open it for some, on trial or until its review; everybody else stays closed. */
export function approveTool(deps: Deps, viewer: Viewer, reference: string, decision: ToolDecision): Promise<void> {
  return acting(deps, viewer, reference, async (tx, tool, policy) => {
    const now = deps.clock.now();
    const { timeZone } = viewer.school;
    const [assessment] = tool.assessments;
    const review = assessment ? afterDay(assessment.reviewOn, timeZone) : null;
    const trialEnds = afterDay(decision.trialEnds, timeZone);
    const facts: ToolFacts = {
      ...factsOf(tool, viewer, policy, now),
      sites: await sitesFor(tx, deps, policy, assessment?.hosts ?? [], tool.id),
      review,
      openings: readOpenings(policy.document.profiles, decision.chosen, trialEnds, review),
    };
    const to = judge(stateOf(tool, now), 'approve', partsOf(viewer, policy), facts);
    const number = nextOf(tool);
    const openings = facts.openings.map(({ profile, status, until }) => ({ profile, status, until: until ?? now }));
    await step(tx, deps, viewer, tool, {
      number,
      action: 'approve',
      to,
      policy,
      assessment: assessment?.id,
      detail: { openings },
    });
    for (const { profile, status, until } of openings) {
      await tx
        .insertInto('ai_tool_opening')
        .values({ tool_id: tool.id, number, school_id: viewer.school.id, profile, status, until_at: new Date(until) })
        .execute();
    }
  });
}

/** Every other step that a person takes: each says why, and none of them opens the tool. */
export function actOnTool(
  deps: Deps,
  viewer: Viewer,
  reference: string,
  action: 'refuse' | 'withdraw' | 'close',
  reason: string,
): Promise<void> {
  return acting(deps, viewer, reference, async (tx, tool, policy) => {
    const now = deps.clock.now();
    const facts = { ...factsOf(tool, viewer, policy, now), reason: reason.trim() };
    const to = judge(stateOf(tool, now), action, partsOf(viewer, policy), facts);
    const assessment = action === 'refuse' ? tool.assessments[0]?.id : undefined;
    await step(tx, deps, viewer, tool, { number: nextOf(tool), action, to, policy, assessment, reason: reason.trim() });
  });
}

const acting = <T>(
  deps: Deps,
  viewer: Viewer,
  reference: string,
  act: (tx: Tx, tool: AiTool, policy: PolicyInForce) => Promise<T>,
): Promise<T> =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const policy = await policyNow(tx, deps.clock.now());
    await oneAtATime(tx, viewer);
    const [tool] = await aiTools(tx, reference);
    if (!tool) throw notFound('this tool');
    return act(tx, tool, policy);
  });

const policyNow = async (tx: Tx, now: number): Promise<PolicyInForce> => {
  const policy = await policyInForce(tx, now);
  if (!policy) throw conflict('ai-tool.policy', 'No policy is in force, so nothing can be opened yet.');
  return policy;
};

/** Of two who act at once, one comes second and finds what the first did. */
const oneAtATime = (tx: Tx, viewer: Viewer) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`ai tools ${viewer.school.id}`}, 0))`.execute(tx);

const nextOf = (tool: AiTool): number => (tool.steps.at(-1)?.number ?? 0) + 1;

const trimmed = <T extends object>(input: T): T =>
  Object.fromEntries(Object.entries(input).map(([k, v]) => [k, typeof v === 'string' ? v.trim() : v])) as T;

const factsOf = (tool: AiTool, viewer: Viewer, policy: PolicyInForce, now: number): ToolFacts => ({
  ...NOTHING,
  now,
  person: viewer.person.id,
  proposer: tool.proposer,
  author: tool.assessments[0]?.author ?? null,
  keeper: hasDuty(viewer, ...ASSESSORS),
  name: tool.name,
  provider: tool.provider,
  purpose: tool.purpose,
  ageLimit: tool.assessments[0]?.ageLimit ?? null,
  reviewMonths: reviewMonths(policy.document),
  ends: endsOf(tool),
});

function hostsOf(typed: string): string[] {
  const { hosts, unread } = readSites(typed);
  if (unread.length > 0) throw again('sites', `This is no web address: ${unread.slice(0, 3).join(', ')}.`);
  if (hosts.length > MOST_SITES) throw again('sites', `One tool has ${MOST_SITES} sites at most.`);
  return hosts;
}

function readAge(typed: string): number | null {
  if (typed.trim() === '') return null;
  const age = Number(typed);
  if (!Number.isInteger(age) || age < 0 || age > 21) {
    throw again('ageLimit', 'Give an age in whole years, such as 13, or leave it empty.');
  }
  return age;
}

/** What the filter says of each site to everybody, and which tool of the register has it already. */
async function sitesFor(
  tx: Tx,
  deps: Deps,
  policy: PolicyInForce,
  hosts: readonly string[],
  self: string | null,
): Promise<ToolSite[]> {
  const others = (await aiTools(tx)).filter((t) => t.id !== self && t.state !== 'withdrawn');
  const { sites } = await seeSites(tx, deps, policy, hosts, { kind: 'everyone', value: null, people: [] });
  return sites.map(({ host, fault, never, help, narrow, seen: { categories } }) => ({
    host,
    fault,
    never,
    help,
    extremist: narrow,
    other:
      categories.length > 0 && !categories.some((c) => AI_KINDS.has(c))
        ? categories.map((c) => taxonomy().byId.get(c)?.name ?? c).join(', ')
        : null,
    taken: others.find((t) => sitesOf(t).includes(host))?.name ?? null,
  }));
}

/** Which field of a form a guard speaks of. */
const FIELD: Readonly<Record<string, string>> = {
  name: 'name',
  provider: 'provider',
  sites: 'sites',
  isTool: 'sites',
  purpose: 'purpose',
  personalData: 'personalData',
  hazards: 'hazards',
  measures: 'measures',
  review: 'reviewOn',
  forWhom: 'decision',
  named: 'decision',
  age: 'decision',
  ends: 'trialEnds',
  reasoned: 'reason',
};
const AGAIN = 'Some of this needs another look.';
const again = (field: string, message: string) => invalid(`ai-tool.${field}`, AGAIN, { [field]: message });

/** Where an action leads, or the refusal that says what is missing, every field at once. */
function judge(
  from: AiToolState | 'new',
  action: ToolAction,
  parts: readonly ToolActor[],
  facts: ToolFacts,
): AiToolState {
  const verdict = aiToolWorkflow.judge(from, action, parts, facts);
  if (verdict.ok) return verdict.to;
  if (verdict.code === 'not-yours') throw forbidden('ai-tool.duty', 'It is not yours to do this.', verdict.reason);
  if (verdict.code === 'not-listed') {
    throw conflict(
      'ai-tool.state',
      'This cannot be done with the tool as it stands now.',
      'Look at the page again: somebody may have been quicker.',
    );
  }
  const { guard = '', reason } = verdict;
  if (guard === 'secondPerson' || guard === 'otherHand') throw forbidden('ai-tool.second-person', reason);
  const fields: Record<string, string> = {};
  for (const g of aiToolWorkflow.rows.find((r) => r.from === from && r.action === action)?.guards ?? []) {
    const why = g.check(facts);
    const field = FIELD[g.name];
    if (why !== null && field) fields[field] ??= why;
  }
  throw invalid(`ai-tool.${guard}`, AGAIN, fields);
}

/** Keeps a step: its row, its ledger entry, the word to gateways, the letters. */
async function step(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  tool: { readonly id: string; readonly reference: string; readonly name: string },
  made: {
    readonly number: number;
    readonly action: ToolAction;
    readonly to: AiToolState;
    readonly policy: PolicyInForce;
    readonly assessment?: string | undefined;
    readonly reason?: string;
    readonly detail?: Readonly<Record<string, unknown>>;
    readonly text?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { number, action, to, policy, assessment = null, reason } = made;
  const school = viewer.school.id;
  const at = deps.clock.now();
  await tx
    .insertInto('ai_tool_step')
    .values({
      tool_id: tool.id,
      number,
      school_id: school,
      action,
      to_state: to,
      by_person: viewer.person.id,
      at: new Date(at),
      reason: reason || null,
      assessment_id: assessment,
    })
    .execute();
  await record(tx, {
    school,
    actor: viewer.person.id,
    action: `ai-tool.${action}`,
    object: { kind: 'ai_tool', id: tool.id },
    detail: { reference: tool.reference, to, ...made.detail },
    text: { ...(reason && { reason }), ...made.text },
    at,
  });
  await bumpSnapshot(tx, school);
  await tellOfTool(tx, deps, { ...tool, school }, action, viewer.person.id, policy);
}
