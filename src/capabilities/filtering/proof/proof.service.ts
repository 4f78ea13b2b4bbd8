import { sql } from 'kysely';
import { HOUR, MINUTE } from '#core/clock.ts';
import { invalid } from '#core/errors.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { forEach, schools } from '#platform/school.ts';
import type { ProofProgress, ProofReport } from '#policy/proof.ts';
import { policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { judgeReport } from './proof.rules.ts';

/** Something about the proof of a gateway that people must know. */
export interface ProofTrouble {
  /** `urgent`: something grave was open or help was closed. `mended`: it is proved again. */
  readonly kind: 'urgent' | 'failed' | 'overdue' | 'mended';
  readonly school: string;
  readonly gateway: string;
  /** Epoch ms. */
  readonly from: number;
  /** In words; test names, sites of the shipped sets and profiles, no people. */
  readonly lines: readonly string[];
}

/** Monitoring is a later room; whoever wires the house says what becomes of trouble. It runs in the transaction that found it. */
export type OnProofTrouble = (tx: Tx, trouble: ProofTrouble) => Promise<void>;

interface Gateway {
  readonly id: string;
  readonly school: string;
}

/** A day, and two hours for a machine that was slow to wake. */
export const OVERDUE = 26 * HOUR;
/** A wish that no gateway fulfilled by then is not fulfilled at night, to everybody's surprise. */
export const WISH_LASTS = HOUR;
/** Clocks of gateways may be a little ahead. */
const AHEAD = 10 * MINUTE;
/** A report names at most so many of its findings in a letter. */
const LINES = 8;

/** Keep a gateway's report as evidence, once, and pass on what is wrong. */
export const takeReport = (
  deps: Deps,
  gateway: Gateway,
  report: ProofReport,
  onTrouble: OnProofTrouble,
): Promise<void> =>
  deps.db.in(systemContext(gateway.school), async (tx) => {
    const now = deps.clock.now();
    if (report.endedAt > now + AHEAD) {
      throw invalid('proof.ahead', 'The report is from the future. Set the clock of the gateway right.');
    }
    const policy = await policyInForce(tx, report.begunAt);
    const { byId } = taxonomy();
    const { standing, findings } = judgeReport(report, {
      profiles: policy?.compiled.profiles ?? [],
      policyVersion: policy?.document.version ?? 'none',
      grave: new Set(Object.keys(policy?.document.monitoring.grave ?? {})),
      categoryName: (id) => byId.get(id)?.name ?? id,
    });
    const sum = (key: 'asked' | 'wrong' | 'decided' | 'unanswered') => report.results.reduce((n, r) => n + r[key], 0);
    const counts = { asked: sum('asked'), wrong: sum('wrong'), decided: sum('decided'), unanswered: sum('unanswered') };
    const wish = report.request && (await wishById(tx, report.request));
    const kept = await tx
      .insertInto('proof_run')
      .values({
        id: report.run,
        school_id: gateway.school,
        gateway_id: gateway.id,
        why: report.why,
        request_id: wish || null,
        begun_at: new Date(report.begunAt),
        ended_at: new Date(report.endedAt),
        received_at: new Date(now),
        snapshot: report.snapshot,
        list: report.list,
        policy_version: report.policy,
        policy_number: policy?.number ?? null,
        ...counts,
        standing,
        findings: JSON.stringify(findings),
      })
      .onConflict((c) => c.column('id').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!kept) return;
    await keepResults(tx, gateway, report);
    await record(tx, {
      school: gateway.school,
      actor: null,
      action: 'proof.run',
      object: { kind: 'proof_run', id: report.run },
      detail: { gateway: gateway.id, why: report.why, standing, ...counts },
      at: now,
    });
    await setState(tx, gateway, { run: null, overdue_since: null });
    const name = await nameOf(tx, gateway.id);
    const lines =
      standing === 'proved'
        ? [`Gateway “${name}” answers every question of its proof as it must again.`]
        : findings.slice(0, LINES).map((finding) => `Gateway “${name}”: ${finding}`);
    const kind = standing === 'proved' ? 'mended' : standing;
    await onTrouble(tx, { kind, school: gateway.school, gateway: gateway.id, from: report.endedAt, lines });
  });

async function keepResults(tx: Tx, gateway: Gateway, report: ProofReport): Promise<void> {
  const rows = report.results.map(({ set, misses, ...result }) => ({
    run_id: report.run,
    school_id: gateway.school,
    proof_set: set,
    misses: JSON.stringify(misses),
    ...result,
  }));
  if (rows.length > 0) await tx.insertInto('proof_result').values(rows).execute();
}

/** How far a run has come. */
export const takeProgress = (deps: Deps, gateway: Gateway, { run, done, total }: ProofProgress): Promise<void> =>
  deps.db.in(systemContext(gateway.school), (tx) =>
    setState(tx, gateway, { run, done, total, said_at: new Date(deps.clock.now()) }),
  );

async function setState(
  tx: Tx,
  gateway: Gateway,
  state: { run?: string | null; done?: number; total?: number; said_at?: Date; overdue_since?: Date | null },
): Promise<void> {
  await tx
    .insertInto('proof_state')
    .values({ gateway_id: gateway.id, school_id: gateway.school, ...state })
    .onConflict((c) => c.column('gateway_id').doUpdateSet(state))
    .execute();
}

/** Somebody wishes every gateway to prove itself now. */
export const wishProof = (deps: Deps, viewer: Viewer): Promise<void> =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const { id } = await tx
      .insertInto('proof_request')
      .values({ school_id: viewer.school.id, asked_by: viewer.person.id, at: new Date(deps.clock.now()) })
      .returning('id')
      .executeTakeFirstOrThrow();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'proof.ask',
      object: { kind: 'proof_request', id },
      at: deps.clock.now(),
    });
  });

const wishById = async (tx: Tx, id: string): Promise<string | null> =>
  (await tx.selectFrom('proof_request').select('id').where('id', '=', id).executeTakeFirst())?.id ?? null;

/** The newest wish, unless it lapsed. */
export const newestWish = (tx: Tx, now: number) =>
  tx
    .selectFrom('proof_request')
    .select(['id', 'at'])
    .where('at', '>', new Date(now - WISH_LASTS))
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** What this gateway is asked to do when it reports. */
export const wishFor = (deps: Deps, gateway: Gateway): Promise<string | null> =>
  deps.db.in(systemContext(gateway.school), async (tx) => {
    const wish = await newestWish(tx, deps.clock.now());
    if (!wish) return null;
    const done = await tx
      .selectFrom('proof_run')
      .select('id')
      .where('gateway_id', '=', gateway.id)
      .where('request_id', '=', wish.id)
      .executeTakeFirst();
    return done ? null : wish.id;
  });

/** A run that did not happen is a failure too: a gateway of which none came for over a day is told of, once. */
export const watchProofs = async (deps: Deps, onTrouble: OnProofTrouble): Promise<void> =>
  forEach(await schools(deps.db), (school) =>
    deps.db.in(systemContext(school.id), async (tx) => {
      const now = deps.clock.now();
      for (const gateway of await lastProofs(tx)) {
        if (gateway.overdueSince !== null || now - gateway.provenAt <= OVERDUE) continue;
        const of = { id: gateway.id, school: school.id };
        await setState(tx, of, { overdue_since: new Date(now) });
        const hours = Math.floor((now - gateway.provenAt) / HOUR);
        const lines = [
          `Gateway “${gateway.name}” has not proved for ${hours} hours that it filters. Look whether it runs.`,
        ];
        await onTrouble(tx, { kind: 'overdue', school: school.id, gateway: gateway.id, from: now, lines });
      }
    }),
  );

export interface LastProof {
  readonly id: string;
  readonly name: string;
  /** When the last run ended, by our own clock at the latest; where none ever came, when the gateway was taken in. */
  readonly provenAt: number;
  readonly overdueSince: Date | null;
  /** Null while none has come. */
  readonly last: string | null;
}

/** Every gateway with its last run. */
export async function lastProofs(tx: Tx): Promise<LastProof[]> {
  const { rows } = await sql<{
    id: string;
    name: string;
    at: Date;
    overdue_since: Date | null;
    last: string | null;
  }>`
    select g.id, g.name, coalesce(least(r.ended_at, r.received_at), g.enrolled_at) as at, s.overdue_since, r.id as last
    from gateway g
    left join proof_state s on s.gateway_id = g.id
    left join lateral (
      select id, ended_at, received_at from proof_run where gateway_id = g.id order by ended_at desc limit 1
    ) r on true
    order by g.name`.execute(tx);
  return rows.map((r) => ({
    id: r.id,
    name: r.name,
    provenAt: r.at.getTime(),
    overdueSince: r.overdue_since,
    last: r.last,
  }));
}

const nameOf = async (tx: Tx, gateway: string): Promise<string> =>
  (await tx.selectFrom('gateway').select('name').where('id', '=', gateway).executeTakeFirst())?.name ?? '';
