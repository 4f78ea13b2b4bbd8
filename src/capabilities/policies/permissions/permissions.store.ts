import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { PersonKind } from '#policy/index.ts';

/** What somebody was given under a rule. Ended, never deleted, so this is its history too. */
export interface Grant {
  readonly id: string;
  readonly rule: string;
  readonly person: string;
  readonly name: string;
  readonly username: string;
  readonly kind: PersonKind;
  readonly year: number | null;
  readonly group: string | null;
  readonly purpose: string;
  readonly from: Date;
  readonly until: Date | null;
  readonly givenBy: string;
  readonly endedBy: string | null;
  readonly endedAt: Date | null;
}

export const grantsOf = (
  tx: Tx,
  only: { readonly rule?: string; readonly person?: string; readonly id?: string } = {},
): Promise<Grant[]> =>
  tx
    .selectFrom('use_grant as g')
    .innerJoin('person as p', 'p.id', 'g.person_id')
    .select([
      'g.id',
      'g.rule',
      'g.person_id as person',
      'p.display_name as name',
      'p.username',
      'p.kind',
      'p.year_group as year',
      'p.group_name as group',
      'g.purpose',
      'g.from_at as from',
      'g.until_at as until',
      'g.granted_by as givenBy',
      'g.ended_by as endedBy',
      'g.ended_at as endedAt',
    ])
    .$if(only.rule !== undefined, (q) => q.where('g.rule', '=', only.rule ?? ''))
    .$if(only.person !== undefined, (q) => q.where('g.person_id', '=', only.person ?? ''))
    .$if(only.id !== undefined, (q) => q.where('g.id', '=', only.id ?? ''))
    .orderBy('p.display_name')
    .orderBy('g.from_at', 'desc')
    .execute();

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly kind: PersonKind;
  readonly year: number | null;
}

/** People at the school now: these, or a whole year or form group of pupils. */
export const candidates = (
  tx: Tx,
  which: { readonly ids: readonly string[] } | { readonly year: number } | { readonly group: string },
): Promise<Candidate[]> =>
  tx
    .selectFrom('person')
    .select(['id', 'display_name as name', 'kind', 'year_group as year'])
    .where('left_on', 'is', null)
    .$if('ids' in which, (q) => q.where('id', '=', sql<string>`any(${'ids' in which ? [...which.ids] : []}::uuid[])`))
    .$if('year' in which, (q) => q.where('year_group', '=', 'year' in which ? which.year : -1))
    .$if('group' in which, (q) => q.where('group_name', '=', 'group' in which ? which.group : ''))
    .$if(!('ids' in which), (q) => q.where('kind', '=', 'pupil'))
    .execute();

/** The years and form groups that pupils are in. */
export async function pupilGroups(tx: Tx): Promise<{ years: number[]; groups: string[] }> {
  const rows = await tx
    .selectFrom('person')
    .select(['year_group', 'group_name'])
    .distinct()
    .where('kind', '=', 'pupil')
    .where('left_on', 'is', null)
    .execute();
  const years = new Set(rows.flatMap((r) => (r.year_group === null ? [] : [r.year_group])));
  const groups = new Set(rows.flatMap((r) => (r.group_name === null ? [] : [r.group_name])));
  return {
    years: [...years].sort((a, b) => a - b),
    groups: [...groups].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
  };
}
