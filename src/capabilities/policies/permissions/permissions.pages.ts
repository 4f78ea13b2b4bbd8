import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import { type Audience, LEADING_ROLES } from '#policy/index.ts';
import { names, searchPeople } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { type PolicyInForce, policyInForce } from '../policies.service.ts';
import { type Grantable, type GrantState, grantables, granters, mayGrant, stateOf } from './permissions.rules.ts';
import { audienceOf, mayEnd } from './permissions.service.ts';
import { type Grant, grantsOf, pupilGroups } from './permissions.store.ts';

/** Whoever works here may know who was given what; everybody else sees their own. */
export const SEES_ALL = ['staff'];

export const VALUE_WORDS = {
  permission: 'With permission',
  selected: 'For people on a list',
  nominated: 'For nominated people',
} as const;
const WHOM: Readonly<Record<Audience, string>> = { pupil: 'Pupils', staff: 'Staff', guest: 'Guests' };
const STATE_WORDS = {
  live: { text: 'Now', tone: 'calm' },
  coming: { text: 'Later', tone: 'quiet' },
  ended: { text: 'Ended', tone: 'quiet' },
} as const;
/** Names that the list of all rules shows of those who have it. */
const FEW = 3;
const FOUND = 50;
/** History grows for years; the page shows the newest of it. */
const SHOWN = 300;

export interface Asked {
  readonly q?: string;
  readonly state?: string;
  readonly find?: string;
}

/** Every rule that opens by name, with those who have it; or one's own permissions. */
export async function permissionsPage(tx: Tx, viewer: Viewer, now: number, asked: Asked) {
  const policy = await policyInForce(tx, now);
  const all = hasDuty(viewer, ...SEES_ALL);
  const grants = await grantsOf(tx, all ? {} : { person: viewer.person.id });
  const cells = policy ? grantables(policy.document) : [];
  const standing = grants.filter((g) => stateOf(g, now) !== 'ended');
  const searching = Boolean(asked.q?.trim() || asked.state);
  return {
    asked,
    all,
    policy: policy !== null,
    rows: all ? cells.map((cell) => rowOf(policy, viewer, cell, standing, now)) : [],
    mine: await lines(
      tx,
      policy,
      viewer,
      standing.filter((g) => g.person === viewer.person.id),
      now,
    ),
    found: all && searching ? await lines(tx, policy, viewer, fitting(grants, policy, asked, now), now) : null,
    states: STATES,
  };
}

/** One rule for one audience: who has it and had it, and for those who may, the form that gives it. */
export async function permissionPage(
  tx: Tx,
  viewer: Viewer,
  now: number,
  which: { readonly rule: string; readonly audience: string },
  asked: Asked,
) {
  const policy = await policyInForce(tx, now);
  const cell =
    policy && grantables(policy.document).find((g) => g.rule.id === which.rule && g.audience === which.audience);
  if (!policy || !cell) throw notFound('this rule among those that open by name');
  const grants = (await grantsOf(tx, { rule: cell.rule.id })).filter(
    (g) => audienceOf(policy.document, g) === cell.audience,
  );
  const mayGive = mayGrant(cell, viewer.duties) && cell.closedBy === null;
  const find = asked.find?.trim() ?? '';
  const people = mayGive && find ? await searchPeople(tx, find, { limit: FOUND }) : [];
  const groups = mayGive && cell.audience === 'pupil' ? await pupilGroups(tx) : { years: [], groups: [] };
  return {
    asked,
    states: STATES,
    cell: rowOf(policy, viewer, cell, grants, now),
    clause: policy.compiled.clauses[cell.rule.clause],
    lines: await lines(
      tx,
      policy,
      viewer,
      fitting(grants, policy, { ...asked, state: asked.state || 'standing' }, now),
      now,
    ),
    total: grants.length,
    mayGive,
    find,
    candidates: people
      .filter((p) => audienceOf(policy.document, { kind: p.kind, year: p.yearGroup }) === cell.audience)
      .filter((p) => p.id !== viewer.person.id)
      .map((p) => ({
        value: p.id,
        text: p.displayName,
        hint: { text: [p.username, yearName(p.yearGroup), p.groupName].filter(Boolean).join(', ') },
      })),
    groups: [
      ...groups.years.map((y) => ({ value: `year:${y}`, text: yearName(y) ?? '' })),
      ...groups.groups.map((g) => ({ value: `group:${g}`, text: g })),
    ],
    now,
  };
}

const STATES = [
  { value: 'standing', text: 'Now or later' },
  { value: 'ended', text: 'Ended' },
  { value: 'all', text: 'All' },
];

const yearName = (year: number | null): string | null =>
  year === null ? null : year === 0 ? 'Reception' : `Year ${year}`;

function rowOf(
  policy: PolicyInForce | null,
  viewer: Viewer,
  { rule, audience, value, closedBy }: Grantable,
  grants: readonly Grant[],
  now: number,
) {
  const live = grants.filter(
    (g) => g.rule === rule.id && stateOf(g, now) === 'live' && policy && audienceOf(policy.document, g) === audience,
  );
  return {
    rule,
    audience,
    value,
    closedBy,
    whom: WHOM[audience],
    how: VALUE_WORDS[value],
    number: policy?.compiled.clauses[rule.clause]?.number,
    byWhom: granters({ value, audience }).includes('staff') ? 'any member of staff' : leaders(policy),
    live: live.length,
    some: live.slice(0, FEW).map((g) => g.name),
    more: Math.max(0, live.length - FEW),
    mayGive: mayGrant({ value, audience }, viewer.duties),
  };
}

/** "the head or the designated safeguarding lead", by the titles of this school's policy. */
function leaders(policy: PolicyInForce | null): string {
  const roles = policy?.document.roles.filter((r) => ['head', ...LEADING_ROLES].includes(r.id)) ?? [];
  return roles.map((r) => r.title).join(' or ') || 'the head';
}

function fitting(grants: readonly Grant[], policy: PolicyInForce | null, { q, state }: Asked, now: number): Grant[] {
  const wanted = q?.trim().toLowerCase() ?? '';
  const wants = (s: GrantState) =>
    state === 'all' || !state || (state === 'ended' ? s === 'ended' : state === 'standing' ? s !== 'ended' : true);
  const rule = (id: string) => policy?.document.rules.find((r) => r.id === id)?.name ?? id;
  return grants.filter(
    (g) =>
      wants(stateOf(g, now)) &&
      [g.name, g.username, g.group ?? '', g.purpose, rule(g.rule)].join('\n').toLowerCase().includes(wanted),
  );
}

async function lines(tx: Tx, policy: PolicyInForce | null, viewer: Viewer, grants: readonly Grant[], now: number) {
  const shown = grants.slice(0, SHOWN);
  const who = await names(
    tx,
    shown.flatMap((g) => [g.givenBy, ...(g.endedBy ? [g.endedBy] : [])]),
  );
  return shown.map((g) => {
    const state = stateOf(g, now);
    const audience = policy && audienceOf(policy.document, g);
    const rule = policy?.document.rules.find((r) => r.id === g.rule);
    return {
      ...g,
      state: STATE_WORDS[state],
      ruleName: rule?.name ?? g.rule,
      // Others have no page of a rule, and neither has a rule that a later version of the policy knows no more.
      href:
        hasDuty(viewer, ...SEES_ALL) && policy && audience && rule?.cells[audience]
          ? `/permissions/${g.rule}/${audience}`
          : null,
      who: [g.username, yearName(g.year), g.group].filter(Boolean).join(', '),
      givenBy: who.get(g.givenBy) ?? '',
      endedBy: who.get(g.endedBy ?? '') ?? null,
      mayEnd: state !== 'ended' && policy !== null && mayEnd(policy.document, g, contextOf(viewer)),
    };
  });
}
