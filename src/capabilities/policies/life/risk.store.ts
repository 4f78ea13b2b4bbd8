import type { Selectable } from 'kysely';
import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';

export interface RiskAssessment extends Selectable<Database['risk_assessment']> {
  /** The one that took its place. */
  readonly supersededBy: string | null;
}

/** Every risk assessment of this school, those to be reviewed first at the top, replaced ones last. */
export const listRiskAssessments = (tx: Tx): Promise<RiskAssessment[]> =>
  tx
    .selectFrom('risk_assessment as r')
    .leftJoin('risk_assessment as s', 's.supersedes', 'r.id')
    .selectAll('r')
    .select('s.id as supersededBy')
    .orderBy('s.id', (o) => o.asc().nullsFirst())
    .orderBy('r.next_review')
    .execute();

/** RSK-07: does this assessment hold on that day? */
export async function inDate(tx: Tx, id: string, today: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  const found = await tx
    .selectFrom('risk_assessment as r')
    .leftJoin('risk_assessment as s', 's.supersedes', 'r.id')
    .select('r.id')
    .where('r.id', '=', id)
    .where('r.next_review', '>=', today)
    .where('s.id', 'is', null)
    .executeTakeFirst();
  return found !== undefined;
}
