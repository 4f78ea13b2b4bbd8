import { type Selectable, sql } from 'kysely';
import type { Context, Tx } from '#platform/db.ts';
import type { Database } from '#platform/schema.ts';

export type Computer = Selectable<Database['designated_computer']>;

/** The computers that are set apart for examinations (INC-06) and still in use. */
export const computersOf = (tx: Tx): Promise<{ id: string; name: string; place: string }[]> =>
  tx
    .selectFrom('designated_computer')
    .select(['id', 'name', 'place'])
    .where('retired_at', 'is', null)
    .orderBy('name')
    .execute();

/** All there ever were, those in use first. */
export const allComputers = (tx: Tx): Promise<Computer[]> =>
  tx.selectFrom('designated_computer').selectAll().orderBy(sql`retired_at is not null`).orderBy('name').execute();

export const findComputer = (tx: Tx, id: string): Promise<Computer | undefined> =>
  tx.selectFrom('designated_computer').selectAll().where('id', '=', id).executeTakeFirst();

/** Who is asking, in which session, from where. */
export interface Asking {
  readonly session: Buffer;
  readonly address: string;
}

/** A proof that stands. */
export interface Proof {
  readonly computer: string;
  readonly address: string;
}

/** A challenge that this session can answer once. What the person asked for and is long over goes with it. */
export async function insertChallenge(
  tx: Tx,
  by: Context,
  row: Asking & { id: string; challenge: Buffer; at: Date; forget: Date },
): Promise<void> {
  const person = by.person ?? '';
  await tx.deleteFrom('computer_proof').where('person_id', '=', person).where('asked_at', '<', row.forget).execute();
  const { id, session, address, challenge, at } = row;
  await tx
    .insertInto('computer_proof')
    .values({ id, school_id: by.school, person_id: person, session, address, challenge, asked_at: at })
    .execute();
}

/** The challenge that this session asked for and has not answered yet. */
export const openChallenge = (tx: Tx, { session, address }: Asking, challenge: Buffer, since: Date) =>
  tx
    .selectFrom('computer_proof')
    .select('id')
    .where('session', '=', session)
    .where('address', '=', sql<string>`${address}::inet`)
    .where('challenge', '=', challenge)
    .where('asked_at', '>', since)
    .where('computer_id', 'is', null)
    .forUpdate()
    .executeTakeFirst();

export async function markProven(
  tx: Tx,
  id: string,
  proof: { computer_id: string; token: Buffer; until_at: Date },
): Promise<void> {
  await tx.updateTable('computer_proof').set(proof).where('id', '=', id).execute();
}

/** What this token proves, in this session, at this address, now. */
export async function proofOf(tx: Tx, asking: Asking, token: Buffer, now: Date): Promise<Proof | null> {
  const row = await live(tx, now)
    .where('p.session', '=', asking.session)
    .where('p.address', '=', sql<string>`${asking.address}::inet`)
    .where('p.token', '=', token)
    .executeTakeFirst();
  return row ?? null;
}

/** Where this person proved last to be at this computer. */
export async function provenAddress(tx: Tx, person: string, computer: string, now: Date): Promise<string | null> {
  const row = await live(tx, now)
    .where('p.person_id', '=', person)
    .where('p.computer_id', '=', computer)
    .orderBy('p.until_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.address ?? null;
}

const live = (tx: Tx, now: Date) =>
  tx
    .selectFrom('computer_proof as p')
    .innerJoin('designated_computer as c', 'c.id', 'p.computer_id')
    .select(['c.id as computer', sql<string>`host(p.address)`.as('address')])
    .where('c.retired_at', 'is', null)
    .where('p.until_at', '>', now);
