import { sql } from 'kysely';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { isAskedAt, PROOF_POINTS, PROOF_SETS, type ProofSet } from '#policy/proof.ts';
import { profilesInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { type Day, daysOf } from './proof.chart.ts';
import { type GatewayProof, proofStanding } from './proof.standing.ts';

/** Who sees the evidence: those who run the filter, those who answer for it, and governors (FIL-10). */
export const PROOF_READERS: readonly string[] = [
  'ict-manager',
  'administrator',
  'filter-approver',
  'dsl',
  'centre-lead',
  'head',
  'governor',
  'lead-governor',
  'chair',
];
/** Who has it run now. */
export const PROOF_RUNNERS: readonly string[] = [
  'ict-manager',
  'administrator',
  'filter-approver',
  'dsl',
  'centre-lead',
];

export const SET_WORDS: Readonly<Record<ProofSet, { readonly name: string; readonly about: string }>> = {
  grave: { name: 'Grave', about: 'What nobody may open: test names must be closed' },
  closed: {
    name: 'Closed kinds',
    about: 'Other kinds of site that the policy closes to them now: test names must be closed',
  },
  crisis: { name: 'Help', about: 'Help and crisis services: must be open, always' },
  education: { name: 'Lessons', about: 'Sites that a school needs: must be open' },
};
export const POINT_WORDS = { dns: 'DNS', proxy: 'Proxy', tunnel: 'Proxy, secure sites' } as const;
export const WHY_WORDS = { daily: 'daily', change: 'after a change', asked: 'asked for' } as const;
export const STATES = {
  proved: { text: 'Proved', tone: 'calm' },
  failed: { text: 'Failed', tone: 'amber' },
  urgent: { text: 'Failed: urgent', tone: 'danger' },
  waiting: { text: 'Waits for its first run', tone: 'amber' },
  overdue: { text: 'Overdue', tone: 'danger' },
} as const;

const PER_PAGE = 25;
const DAYS = 30;

/** Latest state, history and the figures of the last 30 days. */
export const proofPage = (deps: Deps, viewer: Viewer, { q = '', page = 1 }: { q?: string; page?: number }) =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const gateways = await proofStanding(tx, now);
    const profiles = await profilesInForce(tx, now);
    const shown = await Promise.all(gateways.map(async (g) => ({ ...g, ...(await lastOf(tx, g, profiles)) })));
    const history = await runsOf(tx, q.trim(), page);
    return {
      gateways: shown,
      moving: gateways.some((g) => g.running !== null || g.wished),
      runner: hasDuty(viewer, ...PROOF_RUNNERS),
      days: (await daysFor(tx, deps, viewer)).toReversed(),
      history,
      q,
      page,
      pages: Math.max(1, Math.ceil(history.all / PER_PAGE)),
      sets: SET_WORDS,
      states: STATES,
      whys: WHY_WORDS,
    };
  });

/** Of the last run: for each profile how the sets went over all ways in, and what the worst-off profile lost. */
async function lastOf(tx: Tx, { last }: GatewayProof, profiles: readonly { id: string; name: string }[]) {
  if (last === null) return { rows: [], worst: null };
  const results = await tx.selectFrom('proof_result').selectAll().where('run_id', '=', last.id).execute();
  const rows = profiles.map(({ id, name }) => {
    const own = results.filter((r) => r.profile === id);
    return { id, name, cells: PROOF_SETS.map((set) => ({ set, ...sumOf(own.filter((r) => r.proof_set === set)) })) };
  });
  const lessons = results.filter((r) => r.proof_set === 'education' && r.asked > 0).map((r) => r.wrong / r.asked);
  return { rows, worst: lessons.length > 0 ? Math.max(...lessons) : null };
}

type Counts = Readonly<Record<'asked' | 'wrong' | 'decided' | 'unanswered', number>>;
function sumOf(results: readonly Counts[]): Counts {
  const sum = (key: keyof Counts) => results.reduce((n, r) => n + r[key], 0);
  return { asked: sum('asked'), wrong: sum('wrong'), decided: sum('decided'), unanswered: sum('unanswered') };
}

/** Runs by gateway, day, reason, outcome, or a site in them, the newest first. */
async function runsOf(tx: Tx, q: string, page: number) {
  const like = `%${q.replace(/[\\%_]/g, '\\$&')}%`;
  const { rows } = await sql<RunRow & { all: number }>`
    select r.id, g.name as gateway, r.why, r.begun_at, r.ended_at, r.asked, r.wrong, r.decided, r.unanswered, r.standing, r.list,
      r.policy_version, r.policy_number, r.findings, count(*) over ()::int as all, ${WORST} as worst
    from proof_run r join gateway g on g.id = r.gateway_id
    where ${q} = '' or g.name ilike ${like} or r.standing ilike ${like} or r.why ilike ${like} or r.list ilike ${like}
      or r.findings::text ilike ${like} or to_char(r.ended_at, 'YYYY-MM-DD') ilike ${like}
    order by r.ended_at desc limit ${PER_PAGE} offset ${(page - 1) * PER_PAGE}`.execute(tx);
  return { rows, all: rows[0]?.all ?? 0 };
}

/** The share of the lessons' sites that the worst-off profile lost. */
const WORST = sql<number | null>`(
  select max(e.wrong::float8 / e.asked) from proof_result e where e.run_id = r.id and e.proof_set = 'education' and e.asked > 0)`;

interface RunRow {
  id: string;
  gateway: string;
  why: keyof typeof WHY_WORDS;
  begun_at: Date;
  ended_at: Date;
  asked: number;
  wrong: number;
  decided: number;
  unanswered: number;
  standing: 'proved' | 'failed' | 'urgent';
  list: string;
  policy_version: string;
  policy_number: number | null;
  findings: string[];
  worst: number | null;
}

/** One run with everything that was counted. */
export const runPage = (deps: Deps, viewer: Viewer, id: string) =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const { rows } = await sql<RunRow>`
      select r.*, g.name as gateway, ${WORST} as worst from proof_run r join gateway g on g.id = r.gateway_id where r.id = ${id}`.execute(
      tx,
    );
    const [run] = rows;
    if (!run) throw notFound('this run');
    const results = await tx.selectFrom('proof_result').selectAll().where('run_id', '=', id).execute();
    const names = new Map((await profilesInForce(tx, run.begun_at.getTime())).map((p) => [p.id, p.name]));
    const nameOf = (profile: string) => names.get(profile) ?? profile;
    const place = [...names.keys()];
    const sorted = results.sort((a, b) => place.indexOf(a.profile) - place.indexOf(b.profile));
    const profiles = [...Map.groupBy(sorted, (r) => r.profile)].map(([id, own]) => ({
      name: nameOf(id),
      rows: PROOF_SETS.map((set) => ({
        set,
        cells: PROOF_POINTS.map((point) => ({
          ...sumOf(own.filter((r) => r.proof_set === set && r.point === point)),
          left: !isAskedAt(point, set),
        })),
      })),
    }));
    const { byId } = taxonomy();
    return {
      run,
      profiles,
      misses: sorted.flatMap((r) =>
        r.misses.map((miss) => ({
          ...miss,
          name: nameOf(r.profile),
          point: r.point,
          set: r.proof_set,
          kind: miss.category === null ? null : (byId.get(miss.category)?.name ?? miss.category),
        })),
      ),
      sets: SET_WORDS,
      points: POINT_WORDS,
      states: STATES,
      whys: WHY_WORDS,
    };
  });

/** The last 30 days, for the chart and its table. */
export async function daysFor(tx: Tx, deps: Deps, viewer: Viewer): Promise<Day[]> {
  const { timeZone } = viewer.school;
  const now = deps.clock.now();
  const { rows } = await sql<{
    day: string;
    runs: number;
    asked: number;
    wrong: number;
    unanswered: number;
    worst: number | null;
  }>`
    select to_char(r.ended_at at time zone ${timeZone}, 'YYYY-MM-DD') as day, count(*)::int as runs, sum(r.asked)::int as asked,
      sum(r.wrong)::int as wrong, sum(r.unanswered)::int as unanswered, max(${WORST}) as worst
    from proof_run r where r.ended_at > ${new Date(now - (DAYS + 1) * 86_400_000)} group by 1`.execute(tx);
  return daysOf(rows, { now, timeZone, days: DAYS });
}

export const daysPage = (deps: Deps, viewer: Viewer): Promise<Day[]> =>
  deps.db.in(contextOf(viewer), (tx) => daysFor(tx, deps, viewer));
