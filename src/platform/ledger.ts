import { createHash, createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Db, Tx } from './db.ts';

/**
 * The ledger: what was done, by whom, to what (design idea 5). An entry is written in the command's own
 * transaction, so there is no act without entry and no entry without act. A sealer chains entries afterwards.
 */
export interface Entry {
  readonly school: string | null;
  readonly actor: string | null;
  /** `alert.acknowledge`: room or thing, then the act. */
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string };
  /** Ids, codes, numbers and times only. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Personal text. Only its keyed digest is stored, so a person can be erased and the chain still verifies. */
  readonly text?: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly at: number;
}

export async function record(tx: Tx, entry: Entry): Promise<void> {
  const digests: Record<string, string> = {};
  if (entry.text) {
    const { ledger_key } = await tx.selectFrom('installation').select('ledger_key').executeTakeFirstOrThrow();
    for (const [name, text] of Object.entries(entry.text)) {
      digests[name] = `hmac-sha256:${createHmac('sha256', ledger_key).update(text).digest('hex')}`;
    }
  }
  const row: Content = {
    school_id: entry.school,
    at: new Date(entry.at),
    actor: entry.actor,
    action: entry.action,
    object_kind: entry.object.kind,
    object_id: entry.object.id,
    detail: { ...entry.detail, ...digests },
  };
  await tx
    .insertInto('ledger_entry')
    .values({ ...row, detail: JSON.stringify(row.detail), digest: digest(row) })
    .execute();
}

interface Content {
  school_id: string | null;
  at: Date;
  actor: string | null;
  action: string;
  object_kind: string;
  object_id: string;
  detail: Record<string, unknown>;
}

/** SHA-256 over the entry's content in one fixed order; JSON keys sorted, since the database does not keep their order. */
function digest(e: Content): Buffer {
  const content = [e.school_id, e.at.toISOString(), e.actor, e.action, e.object_kind, e.object_id, sorted(e.detail)];
  return sha256(JSON.stringify(content));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  // The database will hold the text of a moment, so that is what is digested.
  if (value instanceof Date) return value.toJSON();
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}

const sha256 = (...parts: (string | Buffer)[]): Buffer => {
  const h = createHash('sha256');
  for (const p of parts) h.update(p);
  return h.digest();
};

/** Root of a binary Merkle tree over the digests; leaves and nodes are told apart by a first byte (RFC 6962 §2.1). */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256('');
  let level = leaves.map((l) => sha256(Buffer.of(0), l));
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i]!, level[i + 1]];
      next.push(right ? sha256(Buffer.of(1), left, right) : left);
    }
    level = next;
  }
  return level[0]!;
}

export interface Seal {
  readonly number: number;
  readonly at: Date;
  readonly entries: readonly string[];
  readonly root: Buffer;
  readonly previous: Buffer;
  readonly seal: Buffer;
}

const sealDigest = (number: number, at: Date, root: Buffer, previous: Buffer): Buffer =>
  sha256(`${number} ${at.toISOString()} `, root, previous);

const GENESIS = Buffer.alloc(32);
const SEALER = 'gatehouse.sealer';
const BATCH = 1000;

/** The place in the order of commits behind which everything is sealed. */
const boundary = (last: { last_era: number; last_xid: string; last_id: string } | undefined) =>
  sql`(${last?.last_era ?? 0}::int, ${last?.last_xid ?? '0'}::xid8, ${last?.last_id ?? '0'}::bigint)`;

/**
 * Transaction numbers of a restored database are behind those in its ledger: what is written from now on belongs to a
 * new era, which comes after. Asked by the owner at every start.
 */
export const BEGIN_ERA = `
  update installation set era = era + 1
  where exists (select 1 from ledger_entry e where e.era = installation.era and e.xid > pg_current_xact_id())`;

/**
 * Seal what is finished. Entries are taken in the order (era, transaction, id), and only of transactions older than every
 * one still running, so none can be overtaken; an advisory lock keeps it to one sealer. Returns null when there was nothing.
 */
export function sealNext(db: Db, now: number): Promise<Seal | null> {
  return db.outside(async (tx) => {
    await sql`select set_config('gatehouse.duties', 'sealer', true), pg_advisory_xact_lock(hashtext(${SEALER}))`.execute(
      tx,
    );
    const last = await tx.selectFrom('ledger_seal').selectAll().orderBy('number', 'desc').limit(1).executeTakeFirst();
    // Ordered by the column itself: a bare "xid" would be the text in the answer, by which 1000 comes before 999.
    const { rows } = await sql<{ id: string; era: number; xid: string; digest: Buffer }>`
      select id, era, xid::text as xid, digest from ledger_entry e
      where (era < gh_era() or xid < pg_snapshot_xmin(pg_current_snapshot()))
        and (era, xid, id) > ${boundary(last)}
      order by e.era, e.xid, e.id limit ${BATCH}`.execute(tx);
    const end = rows.at(-1);
    if (!end) return null;
    const number = Number(last?.number ?? 0) + 1;
    const at = new Date(now);
    const root = merkleRoot(rows.map((r) => r.digest));
    const previous = last?.seal ?? GENESIS;
    const seal = sealDigest(number, at, root, previous);
    const entries = rows.map((r) => r.id);
    await tx
      .insertInto('ledger_seal')
      .values({
        number: String(number),
        at,
        entries,
        last_era: end.era,
        last_xid: end.xid,
        last_id: end.id,
        root,
        previous,
        seal,
      })
      .execute();
    return { number, at, entries, root, previous, seal };
  });
}

/** The line that is written outside the database, one per seal. */
export const sealLine = (s: Pick<Seal, 'number' | 'at' | 'entries' | 'root' | 'seal'>): string =>
  `${s.number} ${s.at.toISOString()} ${s.entries.length} ${s.root.toString('hex')} ${s.seal.toString('hex')}\n`;

export interface Verification {
  readonly seals: number;
  readonly entries: number;
  readonly unsealed: number;
  /** Empty when everything holds. Each says what is wrong and where. */
  readonly faults: readonly string[];
}

/**
 * Recompute everything from the stored content: digests, roots, the chain, that no entry is missing, doubled or left
 * out, and that the seals written outside the database say the same.
 */
export async function verifyLedger(db: Db, outside: readonly string[]): Promise<Verification> {
  return db.outside(async (tx) => {
    await sql`select set_config('gatehouse.duties', 'sealer', true)`.execute(tx);
    const faults: string[] = [];
    const sealed = new Set<string>();
    let previous: Buffer = GENESIS;
    let expected = 1;
    let last: { last_era: number; last_xid: string; last_id: string } | undefined;
    const written = new Map(outside.filter(Boolean).map((line) => [line.split(' ')[0] ?? '', line]));
    for (;;) {
      const s = await tx
        .selectFrom('ledger_seal')
        .selectAll()
        .where('number', '=', String(expected))
        .executeTakeFirst();
      if (!s) break;
      const rows = await tx.selectFrom('ledger_entry').selectAll().where('id', 'in', s.entries).execute();
      const byId = new Map(rows.map((r) => [r.id, r]));
      const leaves: Buffer[] = [];
      for (const id of s.entries) {
        const row = byId.get(id);
        if (!row) faults.push(`entry ${id} of seal ${s.number} is missing`);
        else if (!digest(row).equals(row.digest)) faults.push(`entry ${id} (${row.action}) was changed`);
        if (sealed.has(id)) faults.push(`entry ${id} stands in two seals`);
        sealed.add(id);
        leaves.push(row?.digest ?? Buffer.alloc(32));
      }
      if (!merkleRoot(leaves).equals(s.root)) faults.push(`seal ${s.number}: its entries do not give its root`);
      if (!s.previous.equals(previous)) faults.push(`seal ${s.number} does not follow the seal before it`);
      if (!sealDigest(Number(s.number), s.at, s.root, s.previous).equals(s.seal))
        faults.push(`seal ${s.number} was changed`);
      const line = written.get(s.number);
      if (line !== undefined && `${line}\n` !== sealLine({ ...s, number: Number(s.number) })) {
        faults.push(`seal ${s.number} differs from the one written outside the database`);
      }
      previous = s.seal;
      last = s;
      expected++;
    }
    const highest = Math.max(0, ...[...written.keys()].map(Number));
    if (highest >= expected)
      faults.push(`seals ${expected} to ${highest} were written outside but are not in the database`);
    const { rows: after } = await sql<{ n: string }>`
      select count(*) as n from ledger_entry where (era, xid, id) > ${boundary(last)}`.execute(tx);
    const { rows: behind } = await sql<{ id: string }>`
      select id from ledger_entry where (era, xid, id) <= ${boundary(last)}`.execute(tx);
    for (const r of behind) if (!sealed.has(r.id)) faults.push(`entry ${r.id} was slipped in behind its seal`);
    return { seals: expected - 1, entries: sealed.size, unsealed: Number(after[0]?.n ?? 0), faults };
  });
}
