import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';
import type { PersonKind } from '#policy/types.ts';
import type { ConcernId } from './people.attention.ts';

/** A person as lists and forms show them. */
export interface Person {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly kind: PersonKind;
  readonly yearGroup: number | null;
  readonly groupName: string | null;
  readonly email: string | null;
  readonly joinedOn: string;
  readonly leftOn: string | null;
}

const COLUMNS = [
  'person.id',
  'person.username',
  'person.display_name as displayName',
  'person.kind',
  'person.year_group as yearGroup',
  'person.group_name as groupName',
  'person.email',
  'person.joined_on as joinedOn',
  'person.left_on as leftOn',
] as const;

export interface PeopleFilter {
  readonly text?: string;
  readonly kind?: PersonKind;
  readonly year?: number;
  readonly role?: string;
  /** People who have left are shown only when they are asked for. */
  readonly left?: boolean;
  /** Only accounts outside the rules, in this way or in any; leavers among them. */
  readonly concern?: ConcernId | 'any';
}

/** `%` and `_` typed by a person are letters, not wildcards. */
const contains = (text: string) => `%${text.trim().replace(/[\\%_]/g, '\\$&')}%`;

const matching = (f: PeopleFilter, concerns?: RawBuilder<ConcernId[]>) => (e: ExpressionBuilder<Database, 'person'>) =>
  e.and([
    ...(concerns && f.concern === 'any' ? [sql<boolean>`cardinality(${concerns}) > 0`] : []),
    ...(concerns && f.concern && f.concern !== 'any' ? [sql<boolean>`${f.concern} = any(${concerns})`] : []),
    ...(f.text?.trim()
      ? [
          e.or([
            e('person.display_name', 'ilike', contains(f.text)),
            e('person.username', 'ilike', contains(f.text)),
            e('person.group_name', 'ilike', contains(f.text)),
          ]),
        ]
      : []),
    ...(f.kind ? [e('person.kind', '=', f.kind)] : []),
    ...(f.year !== undefined ? [e('person.year_group', '=', f.year)] : []),
    ...(f.role
      ? [
          e.exists(
            e
              .selectFrom('role_holding')
              .select('role_holding.id')
              .whereRef('role_holding.person_id', '=', 'person.id')
              .where('role_holding.until_at', 'is', null)
              .where('role_holding.role', '=', f.role),
          ),
        ]
      : []),
    ...(f.concern && !f.left ? [] : [e('person.left_on', f.left ? 'is not' : 'is', null)]),
  ]);

/** One page of people by name, with the roles they hold now and what is amiss with their account. */
export async function listPeople(
  tx: Tx,
  filter: PeopleFilter,
  concerns: RawBuilder<ConcernId[]>,
  page: { readonly number: number; readonly size: number },
): Promise<{ total: number; people: (Person & { roles: string[]; concerns: ConcernId[] })[] }> {
  const total = await countPeople(tx, filter, concerns);
  const people = await tx
    .selectFrom('person')
    .select(COLUMNS)
    .select(
      sql<
        string[]
      >`array(select role from role_holding where person_id = person.id and until_at is null order by role)`.as(
        'roles',
      ),
    )
    .select(concerns.as('concerns'))
    .where(matching(filter, concerns))
    .orderBy('display_name')
    .orderBy('username')
    .limit(page.size)
    .offset((page.number - 1) * page.size)
    .execute();
  return { total, people };
}

/** How many people fit. */
export async function countPeople(tx: Tx, filter: PeopleFilter, concerns: RawBuilder<ConcernId[]>): Promise<number> {
  const { total } = await tx
    .selectFrom('person')
    .select((e) => e.fn.countAll<string>().as('total'))
    .where(matching(filter, concerns))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** For pickers in other rooms: people who have not left, by name, username or group. */
export const searchPeople = (
  tx: Tx,
  text: string,
  options: { readonly kind?: PersonKind; readonly limit: number },
): Promise<Person[]> =>
  tx
    .selectFrom('person')
    .select(COLUMNS)
    .where(matching({ text, kind: options.kind }))
    .orderBy('display_name')
    .limit(options.limit)
    .execute();

export const personById = (tx: Tx, id: string): Promise<Person | undefined> =>
  tx.selectFrom('person').select(COLUMNS).where('id', '=', id).executeTakeFirst();

export const peopleByUsername = (tx: Tx, usernames: readonly string[]): Promise<Person[]> =>
  tx
    .selectFrom('person')
    .select(COLUMNS)
    .where('username', '=', sql<string>`any(${[...usernames]}::text[])`)
    .execute();

/** Names for ids; people who have left keep theirs. */
export async function names(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('person')
    .select(['id', 'display_name'])
    .where('id', '=', sql<string>`any(${[...new Set(ids)]}::uuid[])`)
    .execute();
  return new Map(rows.map((r) => [r.id, r.display_name]));
}
