import { createHash } from 'node:crypto';
import { DAY } from '#core/clock.ts';
import { conflict } from '#core/errors.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { addToHours, batchDigest, claimBatch, ensureDays, insertLines, knownPeople } from './activity.store.ts';
import { tellClasses } from './class-view/live.ts';
import { detect } from './detection.service.ts';
import { type ActivityLine, dayDigests, keptFrom, parseBatch, placeInTime } from './events.rules.ts';
import { countMinutes } from './quota.service.ts';

export interface IngestAnswer {
  /** Lines that were stored now. */
  readonly accepted: number;
  /** The batch had been taken before: nothing was done. */
  readonly duplicate: boolean;
}

/** What later rooms do with a batch, in the transaction that takes it. */
export type OnBatch = (
  tx: Tx,
  batch: {
    readonly school: string;
    readonly gateway: string;
    readonly number: number;
    readonly lines: readonly ActivityLine[];
  },
) => Promise<void>;

/** Without a policy nothing says how long; a year is what both shipped policies stay within. */
const KEPT_WITHOUT_POLICY = 365;

/**
 * Take a gateway's batch exactly once (MON-01). One transaction: the batch's number, its lines, the charts, what the
 * detectors find, and the ledger's digest of it. Whatever fails, nothing was taken and the gateway sends it again.
 */
export async function ingest(
  deps: Deps,
  gateway: { readonly id: string; readonly school: string },
  batch: number,
  body: Buffer,
  onBatch?: OnBatch,
): Promise<IngestAnswer> {
  const events = parseBatch(body);
  const digest = createHash('sha256').update(body).digest();
  const key = { school: gateway.school, gateway: gateway.id, number: batch };
  const now = deps.clock.now();

  return deps.db.in(systemContext(gateway.school), async (tx) => {
    const policy = await policyInForce(tx, deps.clock.now());
    const keep = policy?.document.retention.activityDays ?? KEPT_WITHOUT_POLICY;
    const { lines, expired, ahead } = placeInTime(events, { now, keptFrom: keptFrom(now, keep) });
    if (!(await claimBatch(tx, key, { receivedAt: now, lines, digest }))) {
      if (!(await batchDigest(tx, key))?.equals(digest)) {
        throw conflict(
          'activity.number-used',
          `Batch ${batch} was delivered before with other lines. Nothing was taken; deliver these under a new number.`,
        );
      }
      return { accepted: 0, duplicate: true };
    }
    const unknown = await forgetStrangers(lines, (ids) => knownPeople(tx, ids));
    const days = dayDigests(lines);
    if (lines.length > 0) {
      await ensureDays(tx, Object.keys(days));
      await insertLines(tx, key, lines);
      await addToHours(tx, key.school, lines);
      await onBatch?.(tx, { ...key, lines });
      if (policy) {
        await detect(tx, deps, key.school, policy.document, lines);
        await countMinutes(tx, deps, key.school, policy, lines);
      }
      await tellClasses(
        tx,
        lines.map((l) => l.person),
      );
    }
    await record(tx, {
      school: key.school,
      actor: null,
      action: BATCH_ACTION,
      object: { kind: BATCH_KIND, id: batchId(key.gateway, batch) },
      detail: { days, ...(expired && { expired }), ...(ahead && { ahead }), ...(unknown && { unknown }) },
      at: now,
    });
    if (expired || ahead || unknown)
      deps.log.warn('activity.adjusted', { gateway: gateway.id, batch, expired, ahead, unknown });
    return { accepted: lines.length, duplicate: false };
  });
}

export const BATCH_ACTION = 'activity.batch';
export const BATCH_KIND = 'activity_batch';
export const batchId = (gateway: string, number: number | string): string => `${gateway}/${number}`;

/**
 * An id that is no person of this school says nothing about who it was, and must not point at somebody of another school.
 * The line itself is kept: the request was made. Returns how many there were.
 */
async function forgetStrangers(
  lines: ActivityLine[],
  known: (ids: string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  const ids = new Set(lines.map((l) => l.person).filter((id) => id !== null));
  const people = await known([...ids]);
  if (people.size === ids.size) return 0;
  let strangers = 0;
  for (const [i, l] of lines.entries()) {
    if (l.person === null || people.has(l.person)) continue;
    lines[i] = { ...l, person: null };
    strangers++;
  }
  return strangers;
}

/** Every hour: the days ahead have their room before the first event of the day comes. */
export const prepareDays = (deps: Deps): Promise<void> =>
  deps.db.outside(async (tx) => {
    const today = deps.clock.now();
    await ensureDays(
      tx,
      [0, 1, 2].map((n) => new Date(today + n * DAY).toISOString().slice(0, 10)),
    );
  });
