import type { Tx } from '#platform/db.ts';

/**
 * Username → id. A list in a policy holds ids: they are what the gateway knows people by, and they tell the public who
 * reads the policy nothing.
 */
export async function peopleByUsername(tx: Tx, names: readonly string[]): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const found = await tx.selectFrom('person').select(['id', 'username']).where('username', 'in', names).execute();
  return new Map(found.map((p) => [p.username, p.id]));
}

/** Id → username, for those whom this school knows. */
export async function usernames(tx: Tx, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const found = await tx.selectFrom('person').select(['id', 'username']).execute();
  return new Map(found.filter((p) => ids.includes(p.id)).map((p) => [p.id, p.username]));
}
