import { DAY } from '#core/clock.ts';
import { notFound } from '#core/errors.ts';
import { KNOWN_AI_TOOLS, knownAiTool } from '#filter/index.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type PolicyDocument, UNIDENTIFIED } from '#policy/index.ts';
import { names } from '#rooms/identity/index.ts';
import { type PolicyInForce, policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { hasDuty, type Viewer } from '#web/index.ts';
import { seeSites } from '../changes/changes.facts.ts';
import {
  ASSESSORS,
  latestReview,
  reviewMonths,
  STATE_WORDS,
  STATUS_WORDS,
  STEP_WORDS,
  youngestOf,
} from './ai-tools.rules.ts';
import { partsOf } from './ai-tools.service.ts';
import { type AiTool, aiTools, endsOf, openNow, sitesOf, stateOf } from './ai-tools.store.ts';
import { aiToolWorkflow, type ToolAction } from './ai-tools.workflow.ts';

const SEEN_SHOWN = 50;
const SEEN_WITHIN = 30;

/** A tool as lists show it: who has it open, grouped by how and until when. */
function lineOf(tool: AiTool, now: number, policy: PolicyDocument) {
  const state = stateOf(tool, now);
  const open = openNow(tool, now);
  const nameOf = (id: string) => policy.profiles.find((p) => p.id === id)?.name ?? id;
  const groups = Map.groupBy(open, (o) => `${o.status} ${o.until}`);
  return {
    reference: tool.reference,
    name: tool.name,
    provider: tool.provider,
    purpose: tool.purpose,
    hosts: sitesOf(tool),
    state,
    tag: STATE_WORDS[state],
    open: [...groups.values()].map((same) => ({
      names: same.map((o) => nameOf(o.profile)),
      words: STATUS_WORDS[same[0]?.status ?? 'approved'],
      until: new Date((same[0]?.until ?? now) - 1),
    })),
  };
}

/** The steps a viewer may take now; their own are left out where another person must. */
function offeredTo(viewer: Viewer, policy: PolicyInForce, tool: AiTool, now: number): ToolAction[] {
  const me = viewer.person.id;
  const author = tool.assessments[0]?.author;
  const state = stateOf(tool, now);
  return aiToolWorkflow.offered(state, partsOf(viewer, policy)).filter((action) => {
    if (action === 'approve' || action === 'refuse') return me !== author && me !== tool.proposer;
    if (action === 'close' && state === 'assessed') return openNow(tool, now).length > 0;
    return action !== 'withdraw' || me !== tool.proposer;
  });
}

/** Is it for this viewer to assess or to decide on? */
function waitsFor(viewer: Viewer, policy: PolicyInForce, tool: AiTool, now: number): boolean {
  const offered = offeredTo(viewer, policy, tool, now);
  const state = stateOf(tool, now);
  if (state === 'assessed') return offered.includes('approve');
  return (state === 'proposed' || state === 'review-due') && offered.includes('assess');
}

/** The register: what waits for this viewer, what stands on it, what was seen and never assessed. */
export async function registerPage(tx: Tx, deps: Deps, viewer: Viewer, q = '') {
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  if (!policy) throw notFound('a policy in force');
  const tools = await aiTools(tx);
  const wanted = q.trim().toLowerCase();
  const lines = tools.map((tool) => {
    return { ...lineOf(tool, now, policy.document), waits: waitsFor(viewer, policy, tool, now) };
  });
  const found = lines.filter((l) =>
    `${l.name} ${l.provider} ${l.purpose} ${l.hosts.join(' ')}`.toLowerCase().includes(wanted),
  );
  const keeper = hasDuty(viewer, ...ASSESSORS);
  return {
    q,
    any: tools.length > 0,
    waiting: found.filter((l) => l.waits),
    lines: found.filter((l) => !l.waits && l.state !== 'withdrawn'),
    past: found.filter((l) => l.state === 'withdrawn'),
    proposes: hasDuty(viewer, 'staff', ...ASSESSORS),
    keeper,
    seen: keeper ? await seen(tx, tools, now) : null,
    within: SEEN_WITHIN,
  };
}

/** AI sites that were asked for and stand on no register: counts by site, nobody's name. */
async function seen(tx: Tx, tools: readonly AiTool[], now: number) {
  const registered = new Set(tools.filter((t) => t.state !== 'withdrawn').flatMap(sitesOf));
  const covered = (host: string) => {
    for (let name = host; name.includes('.'); name = name.slice(name.indexOf('.') + 1)) {
      if (registered.has(name)) return true;
    }
    return false;
  };
  const rows = await tx
    .selectFrom('ai_host_seen')
    .select((e) => [
      'host',
      e.fn.sum<string>('requests').as('requests'),
      e.fn.sum<string>('stopped').as('stopped'),
      e.fn.max('day').as('last'),
    ])
    .where('day', '>', new Date(now - SEEN_WITHIN * DAY).toISOString().slice(0, 10))
    .groupBy('host')
    .execute();
  // A known tool is one line, however many names it has.
  const bySite = Map.groupBy(
    rows.filter((r) => !covered(r.host)),
    ({ host }) => knownAiTool(host)?.tool.hosts[0] ?? host.replace(/^www\./, ''),
  );
  return [...bySite]
    .map(([site, same]) => ({
      site,
      name: knownAiTool(site)?.tool.name ?? null,
      requests: same.reduce((sum, r) => sum + Number(r.requests), 0),
      stopped: same.reduce((sum, r) => sum + Number(r.stopped), 0),
      last: same
        .map((r) => r.last)
        .sort()
        .at(-1),
    }))
    .sort((a, b) => b.requests - a.requests || (a.site < b.site ? -1 : 1))
    .slice(0, SEEN_SHOWN);
}

export interface ProposalForm {
  readonly name: string;
  readonly provider: string;
  readonly sites: string;
  readonly purpose: string;
  readonly wantedFor: readonly string[];
}

/** The form to propose a tool, begun with what is known of the site or the tool that was chosen. */
export async function proposalPage(
  tx: Tx,
  deps: Deps,
  asked: { readonly site?: string; readonly tool?: string },
  typed?: ProposalForm,
) {
  const policy = await policyInForce(tx, deps.clock.now());
  const known =
    KNOWN_AI_TOOLS.find((t) => t.name === asked.tool) ?? (asked.site ? knownAiTool(asked.site)?.tool : undefined);
  return {
    values: typed ?? {
      name: known?.name ?? '',
      provider: known?.provider ?? '',
      sites: (known?.hosts ?? [asked.site ?? '']).join('\n'),
      purpose: '',
      wantedFor: [],
    },
    known: KNOWN_AI_TOOLS.map((t) => ({ value: t.name, text: `${t.name} (${t.provider}): ${t.does}` })),
    chosen: known?.name,
    profiles: (policy?.document.profiles ?? []).filter((p) => p.id !== UNIDENTIFIED),
  };
}

/** One tool: what it is, its assessments, for whom it is open, its story, and what its reader may do now. */
export async function toolPage(tx: Tx, deps: Deps, viewer: Viewer, reference: string) {
  const now = deps.clock.now();
  const { timeZone } = viewer.school;
  const policy = await policyInForce(tx, now);
  const [tool] = await aiTools(tx, reference);
  if (!tool || !policy) throw notFound('this tool');
  const { profiles } = policy.document;
  const offered = offeredTo(viewer, policy, tool, now);
  const people = [tool.proposer, ...tool.assessments.map((a) => a.author), ...tool.steps.map((s) => s.by)];
  const who = await names(tx, [...new Set(people.flatMap((p) => (p ? [p] : [])))]);
  const { sites } = await seeSites(tx, deps, policy, sitesOf(tool), { kind: 'everyone', value: null, people: [] });
  const open = openNow(tool, now);
  const [latest] = tool.assessments;
  return {
    tool: { ...lineOf(tool, now, policy.document), by: who.get(tool.proposer) ?? '', at: tool.createdAt },
    wantedFor: profiles.filter((p) => tool.wantedFor.includes(p.id)).map((p) => p.name),
    sites: sites.map((s) => ({
      host: s.host,
      seen: s.seen,
      kinds: s.seen.categories.map((c) => taxonomy().byId.get(c)?.name ?? c),
      assessed: latest?.hosts.includes(s.host) ?? false,
    })),
    statuses: profiles.map((p) => {
      const opening = open.find((o) => o.profile === p.id);
      return {
        name: p.name,
        words: STATUS_WORDS[opening?.status ?? 'blocked'],
        until: opening && new Date(opening.until - 1),
      };
    }),
    assessments: tool.assessments.map((a) => ({ ...a, by: who.get(a.author) ?? '' })),
    story: tool.steps.map((s) => ({
      ...s,
      text: STEP_WORDS[s.action as ToolAction] ?? s.action,
      who: s.by === null ? 'The clock' : (who.get(s.by) ?? ''),
    })),
    offered,
    waitsForAnother: stateOf(tool, now) === 'assessed' && !offered.includes('approve'),
    choices: profiles
      .filter((p) => p.id !== UNIDENTIFIED)
      .map((p) => ({
        index: profiles.indexOf(p),
        name: p.name,
        tooYoung: ageHint(youngestOf(p), latest?.ageLimit ?? null),
        wanted: tool.wantedFor.includes(p.id),
      })),
    assess: {
      sites: sitesOf(tool).join('\n'),
      personalData: latest?.personalData ?? '',
      ageLimit: latest?.ageLimit ?? '',
      hazards: latest?.hazards ?? '',
      measures: latest?.measures ?? '',
      reviewOn: latestReview(now, reviewMonths(policy.document), timeZone),
    },
    months: reviewMonths(policy.document),
  };
}

/** Why a profile cannot have it, for whoever is about to choose. */
function ageHint(youngest: number | null, limit: number | null): string | null {
  if (!limit || (youngest !== null && youngest >= limit)) return null;
  return youngest === null ? 'Nobody knows how old they are.' : 'Younger than its terms allow.';
}

/** AIG-01 for pupils, parents and whoever else signs in: which tools there are here and how they stand. No more is read. */
export function publicList(deps: Deps, viewer: Viewer, q = '') {
  return deps.db.in(systemContext(viewer.school.id), async (tx) => {
    const now = deps.clock.now();
    const policy = await policyInForce(tx, now);
    const wanted = q.trim().toLowerCase();
    const tools = (await aiTools(tx)).filter((t) => t.state !== 'withdrawn');
    return {
      q,
      any: tools.length > 0,
      clause: policy?.document.clauses.find((c) => c.rows.includes('AIG-05')),
      tools: tools
        .filter((t) => `${t.name} ${t.provider}`.toLowerCase().includes(wanted))
        .map((t) => {
          const { name, provider, open } = lineOf(t, now, policy?.document ?? NO_PROFILES);
          return { name, provider, open };
        }),
    };
  });
}
const NO_PROFILES = { profiles: [] } as unknown as PolicyDocument;

/** How many tools wait for this viewer, to be assessed or decided on: for Today. */
export async function aiToolsWaiting(tx: Tx, viewer: Viewer, now: number): Promise<number> {
  const policy = await policyInForce(tx, now);
  return policy ? (await aiTools(tx)).filter((tool) => waitsFor(viewer, policy, tool, now)).length : 0;
}

/** How the register stands: for the policy's page and for Today. */
export async function aiToolsStanding(tx: Tx, now: number) {
  const tools = (await aiTools(tx)).map((tool) => ({ state: stateOf(tool, now), open: openNow(tool, now), tool }));
  const count = (is: (t: (typeof tools)[number]) => boolean) => tools.filter(is).length;
  return {
    approved: count((t) => t.open.some((o) => o.status === 'approved')),
    trial: count((t) => t.open.length > 0 && t.open.every((o) => o.status === 'trial')),
    reviewDue: count((t) => t.state === 'review-due'),
    toAssess: count((t) => t.state === 'proposed'),
    toDecide: count((t) => t.state === 'assessed'),
    closed: count((t) => t.open.length === 0 && t.state !== 'withdrawn'),
    /** When the next of what is open ends. */
    nextEnd: Math.min(...tools.flatMap((t) => endsOf(t.tool).map((e) => e.end)).filter((end) => end > now)),
  };
}
