import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { AiToolState, AiToolStatus } from '#platform/schema.ts';
import { noticeOf, type ToolFacts, walkedBy } from './ai-tools.workflow.ts';

export interface Assessment {
  readonly id: string;
  readonly author: string;
  readonly at: Date;
  readonly hosts: readonly string[];
  readonly personalData: string;
  readonly ageLimit: number | null;
  readonly hazards: string;
  readonly measures: string;
  readonly reviewOn: string;
}
export interface ToolStep {
  readonly number: number;
  readonly action: string;
  readonly to: AiToolState;
  readonly by: string | null;
  readonly at: Date;
  readonly reason: string | null;
  readonly assessment: string | null;
}
export interface Opening {
  readonly profile: string;
  readonly status: AiToolStatus;
  readonly from: number;
  readonly until: number;
}
export interface AiTool {
  readonly id: string;
  readonly reference: string;
  readonly name: string;
  readonly provider: string;
  readonly hosts: readonly string[];
  readonly purpose: string;
  readonly wantedFor: readonly string[];
  readonly proposer: string;
  readonly createdAt: Date;
  /** The latest first. */
  readonly assessments: readonly Assessment[];
  readonly steps: readonly ToolStep[];
  /** Of its last step; the clock may have brought it further (`stateOf`). */
  readonly state: AiToolState;
  /** What was approved last, unless it was closed, refused or withdrawn since; its ends may be over. */
  readonly held: { readonly hosts: readonly string[]; readonly openings: readonly Opening[] } | null;
}

/** What ends an approval, whatever time it had left. */
const ENDS_IT: ReadonlySet<string> = new Set(['refuse', 'close', 'withdraw', 'lapse']);

/** Tools of the register with their whole story, by name. */
export async function aiTools(tx: Tx, reference?: string): Promise<AiTool[]> {
  const tools = await tx
    .selectFrom('ai_tool')
    .selectAll()
    .$if(reference !== undefined, (q) => q.where('reference', '=', reference ?? ''))
    .orderBy(sql`lower(name)`)
    .orderBy('created_at')
    .execute();
  if (tools.length === 0) return [];
  const ids = tools.map((t) => t.id);
  const assessments = await assessmentsOf(tx, ids);
  const steps = await stepsOf(tx, ids);
  const openings = await openingsOf(tx, ids);
  return tools.map((t) => {
    const mine = { assessments: assessments.get(t.id) ?? [], steps: steps.get(t.id) ?? [] };
    const approval = mine.steps.findLast((s) => s.action === 'approve' || ENDS_IT.has(s.action));
    const assessed = mine.assessments.find((a) => a.id === approval?.assessment);
    return {
      id: t.id,
      reference: t.reference,
      name: t.name,
      provider: t.provider,
      hosts: t.hosts,
      purpose: t.purpose,
      wantedFor: t.wanted_for,
      proposer: t.proposed_by,
      createdAt: t.created_at,
      ...mine,
      state: mine.steps.at(-1)?.to ?? 'proposed',
      held:
        approval?.action === 'approve' && assessed
          ? {
              hosts: assessed.hosts,
              openings: (openings.get(t.id) ?? [])
                .filter((o) => o.number === approval.number)
                .map((o) => ({ ...o, from: approval.at.getTime() })),
            }
          : null,
    };
  });
}

async function assessmentsOf(tx: Tx, tools: readonly string[]) {
  const rows = await tx
    .selectFrom('ai_tool_assessment')
    .selectAll()
    .where('tool_id', 'in', [...tools])
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  const read = rows.map((a) => ({
    tool: a.tool_id,
    id: a.id,
    author: a.author,
    at: a.at,
    hosts: a.hosts,
    personalData: a.personal_data,
    ageLimit: a.age_limit,
    hazards: a.hazards,
    measures: a.measures,
    reviewOn: a.review_on,
  }));
  return Map.groupBy(read, (a) => a.tool);
}

async function stepsOf(tx: Tx, tools: readonly string[]) {
  const rows = await tx
    .selectFrom('ai_tool_step')
    .select(['tool_id as tool', 'number', 'action', 'to_state as to', 'by_person as by', 'at', 'reason'])
    .select('assessment_id as assessment')
    .where('tool_id', 'in', [...tools])
    .orderBy('number')
    .execute();
  return Map.groupBy(rows, (s) => s.tool);
}

async function openingsOf(tx: Tx, tools: readonly string[]) {
  const rows = await tx
    .selectFrom('ai_tool_opening')
    .select(['tool_id as tool', 'number', 'profile', 'status', 'until_at'])
    .where('tool_id', 'in', [...tools])
    .orderBy('profile')
    .execute();
  const read = rows.map(({ until_at, ...o }) => ({ ...o, until: until_at.getTime() }));
  return Map.groupBy(read, (o) => o.tool);
}

/** When each part of what is open ends, and when notice of it begins. */
export const endsOf = (tool: Pick<AiTool, 'held'>): ToolFacts['ends'] =>
  (tool.held?.openings ?? []).map(({ from, until }) => ({ notice: noticeOf(from, until), end: until }));

/** Where a tool stands now: its last step, carried on by the clock. */
export const stateOf = (tool: Pick<AiTool, 'state' | 'held'>, now: number): AiToolState =>
  walkedBy(tool.state, endsOf(tool), now);

/** What is open now. */
export const openNow = (tool: Pick<AiTool, 'held'>, now: number): readonly Opening[] =>
  (tool.held?.openings ?? []).filter((o) => o.until > now);

/** Every site that the register speaks of under this tool. */
export const sitesOf = (tool: Pick<AiTool, 'hosts' | 'assessments'>): string[] => [
  ...new Set([...tool.hosts, ...(tool.assessments[0]?.hosts ?? [])]),
];
