import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { ChangeKind, ChangeScopeKind, ChangeState } from '#platform/schema.ts';

export interface Step {
  readonly number: number;
  readonly action: string;
  readonly to: ChangeState;
  readonly by: string | null;
  readonly at: Date;
  readonly reason: string | null;
}
export interface Site {
  readonly host: string;
  readonly seen: {
    readonly outcome: string;
    readonly text: string;
    readonly rule: string;
    readonly categories: string[];
  };
  readonly decision: { readonly approved: boolean; readonly reason: string | null } | null;
  readonly check: { readonly by: string; readonly at: Date } | null;
}
export interface FilterChange {
  readonly id: string;
  readonly reference: string;
  readonly kind: ChangeKind;
  readonly requester: string;
  readonly createdAt: Date;
  readonly topic: string;
  readonly purpose: string;
  readonly scope: { readonly kind: ChangeScopeKind; readonly value: string | null; readonly people: readonly string[] };
  readonly from: Date | null;
  readonly until: Date | null;
  readonly question: string | null;
  /** Of its last step; the clock may have brought it further (changes.workflow.ts). */
  readonly state: ChangeState;
  readonly steps: readonly Step[];
  readonly sites: readonly Site[];
}

export interface Which {
  readonly reference?: string;
  readonly requester?: string;
  /** What gateways may have to obey: agreed and not over by this time. */
  readonly holdingAt?: number;
  /** What gateways obeyed at any time from then on, whatever became of it. */
  readonly heldSince?: number;
  /** Those with a step since then. */
  readonly since?: Date;
  readonly states?: readonly ChangeState[];
}

const LAST_STATE = sql<ChangeState>`(select s.to_state from filter_change_step s where s.change_id = c.id order by s.number desc limit 1)`;
export const HOLDING: readonly ChangeState[] = ['approved', 'to-review', 'lifting'];
const EVER_HELD: readonly ChangeState[] = [...HOLDING, 'withdrawn', 'expired'];

/** Changes with their story and sites, the newest first. */
export async function changesOf(tx: Tx, which: Which = {}): Promise<FilterChange[]> {
  const states = which.holdingAt !== undefined ? HOLDING : which.heldSince !== undefined ? EVER_HELD : which.states;
  const endsAfter = which.holdingAt ?? which.heldSince;
  const rows = await tx
    .selectFrom('filter_change as c')
    .selectAll('c')
    .select(LAST_STATE.as('state'))
    .$if(which.reference !== undefined, (q) => q.where('c.reference', '=', which.reference ?? ''))
    .$if(which.requester !== undefined, (q) => q.where('c.requested_by', '=', which.requester ?? ''))
    .$if(states !== undefined, (q) => q.where(LAST_STATE, 'in', [...(states ?? [])]))
    .$if(endsAfter !== undefined, (q) =>
      q.where((e) => e.or([e('c.until_at', 'is', null), e('c.until_at', '>', new Date(endsAfter ?? 0))])),
    )
    .$if(which.since !== undefined, (q) =>
      q.where((e) =>
        e.exists(
          e
            .selectFrom('filter_change_step as s')
            .select('s.number')
            .whereRef('s.change_id', '=', 'c.id')
            .where('s.at', '>=', which.since ?? new Date(0)),
        ),
      ),
    )
    .orderBy('c.created_at', 'desc')
    .orderBy('c.id', 'desc')
    .execute();
  if (rows.length === 0) return [];
  const ids = rows.map((r) => r.id);
  const steps = Map.groupBy(await stepsOf(tx, ids), (s) => s.change);
  const sites = Map.groupBy(await sitesOf(tx, ids), (s) => s.change);
  return rows.map((r) => ({
    id: r.id,
    reference: r.reference,
    kind: r.kind,
    requester: r.requested_by,
    createdAt: r.created_at,
    topic: r.topic,
    purpose: r.purpose,
    scope: { kind: r.scope_kind, value: r.scope_value, people: r.scope_people },
    from: r.from_at,
    until: r.until_at,
    question: r.question_id,
    state: r.state,
    steps: steps.get(r.id) ?? [],
    sites: sites.get(r.id) ?? [],
  }));
}

const stepsOf = (tx: Tx, changes: readonly string[]): Promise<(Step & { change: string })[]> =>
  tx
    .selectFrom('filter_change_step')
    .select(['change_id as change', 'number', 'action', 'to_state as to', 'by_person as by', 'at', 'reason'])
    .where('change_id', 'in', [...changes])
    .orderBy('number')
    .execute();

async function sitesOf(tx: Tx, changes: readonly string[]): Promise<(Site & { change: string })[]> {
  const rows = await tx
    .selectFrom('filter_change_site as s')
    .leftJoin('filter_change_decision as d', (j) =>
      j.onRef('d.change_id', '=', 's.change_id').onRef('d.host', '=', 's.host'),
    )
    .leftJoinLateral(
      (e) =>
        e
          .selectFrom('filter_site_check')
          .select(['by_person', 'at'])
          .whereRef('filter_site_check.change_id', '=', 's.change_id')
          .whereRef('filter_site_check.host', '=', 's.host')
          .orderBy('at', 'desc')
          .limit(1)
          .as('k'),
      (j) => j.onTrue(),
    )
    .select(['s.change_id', 's.host', 's.seen', 'd.approved', 'd.reason', 'k.by_person', 'k.at'])
    .where('s.change_id', 'in', [...changes])
    .orderBy('s.position')
    .execute();
  return rows.map((r) => ({
    change: r.change_id,
    host: r.host,
    seen: r.seen,
    decision: r.approved === null ? null : { approved: r.approved, reason: r.reason },
    check: r.by_person && r.at ? { by: r.by_person, at: r.at } : null,
  }));
}

/** The sites that gateways open or close: those approved, where each was decided on; all of them elsewhere. */
export const heldSites = (change: Pick<FilterChange, 'kind' | 'sites'>): string[] =>
  change.sites
    .filter((s) => change.kind === 'emergency-block' || change.kind === 'only-these' || s.decision?.approved === true)
    .map((s) => s.host);

export interface Member {
  readonly id: string;
  readonly username: string;
  readonly kind: 'pupil' | 'staff' | 'governor' | 'parent' | 'volunteer' | 'visitor';
  readonly year: number | null;
  readonly group: string | null;
}

/** Who is in a scope now; null where it is not counted by people. */
export async function membersOf(tx: Tx, scope: FilterChange['scope']): Promise<Member[] | null> {
  if (scope.kind === 'profile' || scope.kind === 'everyone') return null;
  const { kind, value, people } = scope;
  return tx
    .selectFrom('person')
    .select(['id', 'username', 'kind', 'year_group as year', 'group_name as group'])
    .where('left_on', 'is', null)
    .$if(kind === 'people', (q) => q.where('id', '=', sql<string>`any(${[...people]}::uuid[])`))
    .$if(kind === 'class', (q) => q.where('kind', '=', 'pupil').where('group_name', '=', value ?? ''))
    .$if(kind === 'year', (q) => q.where('kind', '=', 'pupil').where('year_group', '=', Number(value)))
    .orderBy('username')
    .execute();
}

/** People by user name; who is not found is simply not there. */
export const byUsername = (tx: Tx, usernames: readonly string[]): Promise<{ id: string; username: string }[]> =>
  usernames.length === 0
    ? Promise.resolve([])
    : tx
        .selectFrom('person')
        .select(['id', 'username'])
        .where('left_on', 'is', null)
        .where('username', 'in', [...usernames])
        .execute();
