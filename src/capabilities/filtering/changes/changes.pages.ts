import { DAY } from '#core/clock.ts';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { ChangeKind } from '#platform/schema.ts';
import { names } from '#rooms/identity/index.ts';
import { type PolicyInForce, policyInForce, pupilGroups, taxonomy, writeMoment } from '#rooms/policies/index.ts';
import { hasDuty, type Viewer } from '#web/index.ts';
import { REVIEW_WITHIN, reportOf } from './changes.closing.ts';
import { seeSites } from './changes.facts.ts';
import {
  type ChangeInput,
  KIND_WORDS,
  readKind,
  readScope,
  readSites,
  STATE_WORDS,
  STEP_WORDS,
  sayScope,
  writeScope,
} from './changes.rules.ts';
import { partsOf, stateOf, TECHNICAL } from './changes.step.ts';
import { byUsername, changesOf, type FilterChange, membersOf } from './changes.store.ts';
import { type ChangeAction, changeWorkflow, type LifeState } from './changes.workflow.ts';

/** FCR-09: those who oversee filtering see every request, so that no approval is a private matter. */
export const OVERSEERS = [
  ...TECHNICAL,
  'dsl',
  'centre-lead',
  'head',
  'coordinator',
  'online-safety-coordinator',
  'lead-governor',
] as const;
/** Sites looked at longer ago than a term are marked (CAL-48). */
export const CHECK_HOLDS = 90 * DAY;
const PAST_SHOWN = 100;

const seesAll = (viewer: Viewer, policy: PolicyInForce | null): boolean =>
  hasDuty(viewer, ...OVERSEERS, policy?.document.settings.filterChanges.approver ?? '');

/** What this viewer may do with a change now, their own requests left out where a second person must decide. */
function offeredTo(
  viewer: Viewer,
  policy: PolicyInForce,
  change: Pick<FilterChange, 'kind' | 'steps' | 'requester'>,
  state: LifeState,
): ChangeAction[] {
  const closing = change.kind === 'block' || change.kind === 'emergency-block';
  const asker = state === 'lifting' ? change.steps.findLast((s) => s.to === 'lifting')?.by : change.requester;
  return changeWorkflow.offered(state, partsOf(viewer, policy, change.requester)).filter((action) => {
    if (action === 'approve' || action === 'refuse' || action === 'keep' || action === 'lift') {
      return asker !== viewer.person.id;
    }
    if (action === 'ask-to-lift') return closing;
    return action !== 'withdraw' || !closing || state === 'asked' || state === 'draft';
  });
}

/** One change as lists show it. */
function lineOf(
  change: FilterChange,
  state: LifeState,
  policy: PolicyInForce | null,
  who: ReadonlyMap<string, string>,
) {
  const profileName = (id: string) => policy?.document.profiles.find((p) => p.id === id)?.name ?? id;
  return {
    ...change,
    state,
    tag: STATE_WORDS[state],
    kindName: KIND_WORDS[change.kind].name,
    whom: sayScope({ ...change.scope, count: change.scope.people.length }, profileName),
    by: who.get(change.requester) ?? '',
    hosts: change.sites.map((s) => s.host),
  };
}
export type ChangeLine = ReturnType<typeof lineOf>;

/** Every change the viewer may see, with how it stands now. */
export async function linesFor(tx: Tx, viewer: Viewer, now: number, since?: Date) {
  const policy = await policyInForce(tx, now);
  const all = seesAll(viewer, policy);
  const changes = await changesOf(tx, { ...(!all && { requester: viewer.person.id }), ...(since && { since }) });
  const who = await names(tx, [...new Set(changes.map((c) => c.requester))]);
  return { policy, all, lines: changes.map((c) => lineOf(c, stateOf(c, now), policy, who)) };
}

const OVER: ReadonlySet<LifeState> = new Set(['refused', 'withdrawn', 'expired']);
const HOLDS: ReadonlySet<LifeState> = new Set(['approved', 'live', 'to-review', 'lifting']);

/** All of it on one page: what waits for this viewer, what is theirs, what holds now, what is over. */
export async function changesPage(tx: Tx, viewer: Viewer, now: number, q = '') {
  const { policy, all, lines } = await linesFor(tx, viewer, now);
  const wanted = q.trim().toLowerCase();
  const found = lines.filter((l) =>
    [l.reference, l.topic, l.purpose, l.whom, l.by, l.kindName, ...l.hosts].join('\n').toLowerCase().includes(wanted),
  );
  const decides = (l: ChangeLine) =>
    policy !== null &&
    offeredTo(viewer, policy, l, l.state).some((a) => a === 'approve' || a === 'keep' || a === 'lift');
  const toDecide = found.filter(decides);
  const rest = found.filter((l) => !toDecide.includes(l));
  const past = rest.filter((l) => OVER.has(l.state));
  return {
    q,
    all,
    toDecide,
    waiting: rest
      .filter((l) => l.state === 'draft' || l.state === 'asked')
      .filter((l) => all || l.requester === viewer.person.id)
      .filter((l) => l.state !== 'draft' || l.requester === viewer.person.id),
    holding: rest.filter((l) => HOLDS.has(l.state)),
    past: past.slice(0, PAST_SHOWN),
    more: Math.max(0, past.length - PAST_SHOWN),
    ways: waysFor(viewer, policy),
    oversees: all,
    any: lines.length > 0,
  };
}

/** How many changes wait for this viewer: for Today. */
export async function changesWaiting(
  tx: Tx,
  viewer: Viewer,
  now: number,
): Promise<{ waiting: number; overdue: number }> {
  const page = await changesPage(tx, viewer, now);
  const overdue = page.toDecide.filter((l) => l.state === 'to-review' && now - l.createdAt.getTime() >= REVIEW_WITHIN);
  return { waiting: page.toDecide.length, overdue: overdue.length };
}

/** The kinds that this viewer may begin. */
function waysFor(viewer: Viewer, policy: PolicyInForce | null): { kind: ChangeKind; name: string; about: string }[] {
  if (!policy) return [];
  const bypass = policy.document.settings.filterChanges.bypass.includes('monitoring');
  const kinds: ChangeKind[] = [
    ...(hasDuty(viewer, 'staff') ? (['open', 'only-these', 'block'] as const) : []),
    ...(hasDuty(viewer, ...TECHNICAL) ? (['emergency-block'] as const) : []),
    ...(hasDuty(viewer, 'staff') && bypass ? (['bypass-monitoring'] as const) : []),
  ];
  return kinds.map((kind) => ({ kind, ...KIND_WORDS[kind] }));
}

export const EMPTY: ChangeInput = {
  kind: 'open',
  sites: '',
  scope: '',
  people: '',
  topic: '',
  purpose: '',
  from: '',
  until: '',
  question: '',
  checked: false,
};

/** What the form begins with: a draft, an earlier change to ask for again, or a question from the block page. */
export async function startOf(
  tx: Tx,
  viewer: Viewer,
  now: number,
  asked: {
    readonly kind?: string;
    readonly site?: string;
    readonly scope?: string;
    readonly draft?: string;
    readonly like?: string;
    readonly question?: string;
  },
): Promise<ChangeInput> {
  const from = asked.draft ?? asked.like;
  if (from) {
    const { lines } = await linesFor(tx, viewer, now);
    const line = lines.find((l) => l.reference === from);
    if (!line || (asked.draft && line.requester !== viewer.person.id)) throw notFound('this change');
    const members = line.scope.kind === 'people' ? await membersOf(tx, line.scope) : [];
    const moment = (at: Date | null) => (at && asked.draft ? writeMoment(at.getTime(), viewer.school.timeZone) : '');
    return {
      ...EMPTY,
      kind: line.kind,
      sites: line.hosts.join('\n'),
      scope: writeScope(line.scope),
      people: (members ?? []).map((m) => m.username).join(', '),
      topic: line.topic,
      purpose: line.purpose,
      from: moment(line.from),
      until: moment(line.until),
    };
  }
  const kind = readKind(asked.kind ?? '');
  const question = asked.question
    ? await tx.selectFrom('site_question').select(['id', 'host']).where('id', '=', asked.question).executeTakeFirst()
    : undefined;
  return {
    ...EMPTY,
    kind,
    sites: question?.host ?? asked.site ?? '',
    scope: asked.scope ?? (kind === 'block' || kind === 'emergency-block' ? 'everyone' : ''),
    question: question?.id ?? '',
  };
}

/** The form, with what the filter says of each site as soon as sites and a class are named. */
export async function formPage(tx: Tx, deps: Deps, values: ChangeInput, draft?: string) {
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  const kind = readKind(values.kind);
  const { years, groups } = await pupilGroups(tx);
  const closes = kind === 'block' || kind === 'emergency-block';
  const scopes = [
    ...groups.map((g) => ({ value: `class:${g}`, text: g })),
    ...years.map((y) => ({ value: `year:${y}`, text: y === 0 ? 'Reception' : `Year ${y}` })),
    ...(kind === 'only-these'
      ? []
      : (policy?.document.profiles.filter((p) => p.id !== 'unidentified') ?? []).map((p) => ({
          value: `profile:${p.id}`,
          text: `Profile: ${p.name}`,
        }))),
    { value: 'people', text: 'People named here' },
    ...(closes ? [{ value: 'everyone', text: 'Everybody' }] : []),
  ].filter((s) => kind !== 'only-these' || s.value.startsWith('class:') || s.value === 'people');
  return {
    values,
    draft,
    kind,
    words: KIND_WORDS[kind],
    scopes: [{ value: '', text: 'Choose' }, ...scopes],
    maxDays: policy?.document.settings.filterChanges.maxDays,
    look: policy && values.sites && values.scope ? await look(tx, deps, policy, values) : null,
  };
}

async function look(tx: Tx, deps: Deps, policy: PolicyInForce, values: ChangeInput) {
  const scoped = readScope(values.scope);
  const usernames = values.people.split(/[\s,;]+/).filter(Boolean);
  const people = scoped.kind === 'people' ? (await byUsername(tx, usernames)).map((p) => p.id) : [];
  const { hosts } = readSites(values.sites);
  const seen = await seeSites(tx, deps, policy, hosts, { ...scoped, people });
  return { ...seen, sites: seen.sites.map((s) => ({ ...s, kinds: kindNames(s.seen.categories) })) };
}

const kindNames = (categories: readonly string[]): string[] => categories.map((c) => taxonomy().byId.get(c)?.name ?? c);

/** The story of one change, and what its reader may do now. */
export async function changePage(tx: Tx, deps: Deps, viewer: Viewer, reference: string) {
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  const [change] = await changesOf(tx, { reference });
  if (!change || !policy || !(seesAll(viewer, policy) || change.requester === viewer.person.id)) {
    throw notFound('this change');
  }
  const state = stateOf(change, now);
  if (state === 'draft' && change.requester !== viewer.person.id) throw notFound('this change');
  const people = [change.requester, ...change.steps.map((s) => s.by), ...change.sites.map((s) => s.check?.by ?? null)];
  const who = await names(tx, [...new Set([...people, ...change.scope.people].filter((p) => p !== null))]);
  const offered = offeredTo(viewer, policy, change, state);
  const decides = offered.includes('approve');
  const seen = await seeSites(
    tx,
    deps,
    policy,
    change.sites.map((s) => s.host),
    change.scope,
  );
  const line = lineOf(change, state, policy, who);
  return {
    change: line,
    scopeNames: change.scope.people.map((p) => who.get(p) ?? '').filter(Boolean),
    members: seen.members,
    sites: change.sites.map((s, i) => {
      const today = seen.sites[i];
      return {
        ...s,
        kinds: kindNames(s.seen.categories ?? []),
        never: today?.never ?? null,
        now: today?.seen,
        check: s.check && { ...s.check, by: who.get(s.check.by) ?? '', old: now - s.check.at.getTime() > CHECK_HOLDS },
      };
    }),
    story: change.steps.map((s) => ({
      ...s,
      text: STEP_WORDS[s.action] ?? s.action,
      who: s.by === null ? 'The clock' : (who.get(s.by) ?? ''),
    })),
    decides,
    offered: offered.filter((a) => a === 'withdraw' || a === 'ask-to-lift' || a === 'keep' || a === 'lift'),
    mine: change.requester === viewer.person.id,
    again: hasDuty(viewer, 'staff'),
    report: await reportOf(tx, change.id),
    over: OVER.has(state),
  };
}
