import { createHash } from 'node:crypto';
import { type Insertable, sql } from 'kysely';
import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { PolicyDocument } from '#policy/index.ts';

/** A version with what its life depends on, without its document. */
export interface Version {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly label: string;
  readonly from: Date;
  readonly createdAt: Date;
  readonly author: string | null;
  readonly approver: string | null;
  readonly minute: string | null;
  readonly draft: string | null;
  readonly riskAssessment: string | null;
  readonly digest: string;
  /** Days of its cover, null where it has none. */
  readonly nextReview: string | null;
  readonly periodEnds: string | null;
  readonly withdrawn: { readonly at: Date; readonly by: string; readonly reason: string } | null;
}

/** Every version of this school, the newest first. */
export async function listVersions(tx: Tx): Promise<Version[]> {
  const rows = await tx
    .selectFrom('policy_version as v')
    .leftJoin('policy_version_withdrawal as w', 'w.version_id', 'v.id')
    .select([
      'v.id',
      'v.number',
      'v.label',
      'v.in_force_from',
      'v.created_at',
      'v.author',
      'v.approver',
      'v.minute',
      'v.draft_id',
      'v.risk_assessment_id',
      'v.digest',
      'w.at as withdrawn_at',
      'w.by_person',
      'w.reason',
      sql<string>`v.document->>'title'`.as('title'),
      sql<string | null>`v.document#>>'{meta,nextReview}'`.as('next_review'),
      sql<string | null>`v.document#>>'{meta,period,to}'`.as('period_ends'),
    ])
    .orderBy('v.number', 'desc')
    .execute();
  return rows.map((r) => ({
    id: r.id,
    number: r.number,
    title: r.title,
    label: r.label,
    from: r.in_force_from,
    createdAt: r.created_at,
    author: r.author,
    approver: r.approver,
    minute: r.minute,
    draft: r.draft_id,
    riskAssessment: r.risk_assessment_id,
    digest: r.digest.toString('hex'),
    nextReview: r.next_review,
    periodEnds: r.period_ends,
    withdrawn: r.withdrawn_at && r.by_person ? { at: r.withdrawn_at, by: r.by_person, reason: r.reason ?? '' } : null,
  }));
}

/** The document of a version by its number. */
export async function versionDocument(tx: Tx, number: number): Promise<PolicyDocument> {
  const row = await tx.selectFrom('policy_version').select('document').where('number', '=', number).executeTakeFirst();
  if (!row) throw notFound('this version of the policy');
  return row.document as PolicyDocument;
}

type NewVersion = Omit<Insertable<Database['policy_version']>, 'number' | 'digest'>;

/**
 * Add the next version. The caller holds the school's row, so that two cannot take the same number. Versions are never
 * changed or deleted; the database refuses it.
 */
export async function insertVersion(
  tx: Tx,
  version: NewVersion,
): Promise<{ id: string; number: number; digest: string }> {
  const last = await tx
    .selectFrom('policy_version')
    .select((eb) => eb.fn.max('number').as('number'))
    .executeTakeFirst();
  const number = (last?.number ?? 0) + 1;
  const digest = createHash('sha256').update(version.document).digest();
  const { id } = await tx
    .insertInto('policy_version')
    .values({ ...version, number, digest })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, number, digest: digest.toString('hex') };
}
