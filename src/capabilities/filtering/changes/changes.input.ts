import { invalid } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type PolicyInForce, readMoment } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import { type SiteSeen, seeSites } from './changes.facts.ts';
import { type ChangeInput, MOST_SITES, readKind, readScope, readSites } from './changes.rules.ts';
import { AGAIN } from './changes.step.ts';
import { byUsername, type FilterChange } from './changes.store.ts';
import { type ChangeAction, type ChangeFacts, NOTHING } from './changes.workflow.ts';

interface Content {
  readonly row: {
    readonly kind: FilterChange['kind'];
    readonly topic: string;
    readonly purpose: string;
    readonly scope: FilterChange['scope'];
    readonly from: Date | null;
    readonly until: Date | null;
    readonly question: string | null;
  };
  readonly sites: readonly SiteSeen[];
  readonly facts: ChangeFacts;
}

/** What was typed, as what is kept, with the facts that the guards ask. */
export async function read(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  policy: PolicyInForce,
  input: ChangeInput,
  action: ChangeAction,
): Promise<Content> {
  const kind = action === 'close-now' ? 'emergency-block' : readKind(input.kind);
  const now = deps.clock.now();
  const { timeZone } = viewer.school;
  const { hosts, unread } = readSites(input.sites);
  if (unread.length > 0) fail('sites', `This is no web address: ${unread.slice(0, 3).join(', ')}.`);
  if (hosts.length > MOST_SITES) fail('sites', `One request names ${MOST_SITES} sites at most.`);
  if (input.topic.length > 200) fail('topic', 'Say it in 200 letters at most.');
  if (input.purpose.length > 2000) fail('purpose', 'Say it in 2,000 letters at most.');
  const usernames = input.people
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((u) => u.toLowerCase());
  const scoped = readScope(kind === 'emergency-block' && !input.scope ? 'everyone' : input.scope);
  const found = scoped.kind === 'people' ? await byUsername(tx, usernames) : [];
  const missing = scoped.kind === 'people' ? usernames.filter((u) => !found.some((p) => p.username === u)) : [];
  if (missing.length > 0) fail('people', `Nobody here has the user name ${missing[0]}.`);
  const scope = { ...scoped, people: found.map((p) => p.id) };
  const typedFrom = input.from ? readMoment(input.from, timeZone) : new Date(now);
  const until = input.until ? readMoment(input.until, timeZone) : null;
  if (!typedFrom) fail('from', 'Give a day and a time, such as 5 November 2026, 11:05.');
  if (input.until && !until) fail('until', 'Give a day and a time, such as 5 November 2026, 12:05.');
  // What begins in the past would say that something was open when it was not.
  const from = new Date(kind === 'emergency-block' ? now : Math.max(typedFrom?.getTime() ?? now, now));
  if (action === 'save' && until && until <= from) fail('until', 'It ends after it begins.');
  const question = isUuid(input.question) ? input.question : null;
  const { sites, members } = await seeSites(tx, deps, policy, hosts, scope);
  const row = { kind, topic: input.topic.trim(), purpose: input.purpose.trim(), scope, from, until, question };
  const facts: ChangeFacts = {
    ...NOTHING,
    ...policyFacts(policy),
    now,
    kind,
    person: viewer.person.id,
    requester: viewer.person.id,
    topic: row.topic,
    purpose: row.purpose,
    sites,
    scope: scope.kind,
    members,
    from: from.getTime(),
    until: until?.getTime() ?? null,
    checked: input.checked,
  };
  return { row, sites, facts };
}

const policyFacts = ({ document }: PolicyInForce) => ({
  maxDays: document.settings.filterChanges.maxDays,
  bypass: document.settings.filterChanges.bypass,
});

/** The facts of a change as it was asked for, and of its sites as the lists speak of them now. */
export async function factsOf(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  policy: PolicyInForce,
  change: FilterChange,
): Promise<ChangeFacts> {
  const hosts = change.sites.map((s) => s.host);
  const { sites, members } = await seeSites(tx, deps, policy, hosts, change.scope);
  return {
    ...NOTHING,
    ...policyFacts(policy),
    now: deps.clock.now(),
    kind: change.kind,
    person: viewer.person.id,
    requester: change.requester,
    liftAskedBy: change.steps.findLast((s) => s.to === 'lifting')?.by ?? null,
    topic: change.topic,
    purpose: change.purpose,
    sites,
    scope: change.scope.kind,
    members,
    from: change.from?.getTime() ?? null,
    until: change.until?.getTime() ?? null,
  };
}

function fail(field: string, message: string): void {
  throw invalid(`change.${field}`, AGAIN, { [field]: message });
}
