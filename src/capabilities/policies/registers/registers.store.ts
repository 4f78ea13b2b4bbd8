import { sql } from 'kysely';
import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import { schoolCalendar } from '#rooms/identity/index.ts';
import { type PolicyInForce, policyInForce } from '../policies.service.ts';
import { type Entry, itemsOf, type LinkResult, type RegisterItem, type State, stateOf } from './registers.rules.ts';

const ENTRY = ['id', 'kind', 'item', 'edition', 'location', 'note', 'by_person as by', 'at'] as const;
const DAYS = ['reviewed_on as reviewedOn', 'next_review as nextReview'] as const;

export type KeptEntry = Entry & {
  readonly kind: 'document' | 'reference';
  readonly item: string;
  readonly note: string | null;
  readonly by: string;
  readonly at: Date;
};
export type Link = LinkResult & { readonly at: Date; readonly status: number | null };

/** The latest entry of every item. */
export const latestEntries = (tx: Tx): Promise<KeptEntry[]> =>
  tx
    .selectFrom('register_entry')
    .distinctOn(['kind', 'item'])
    .select([...ENTRY, ...DAYS])
    .orderBy('kind')
    .orderBy('item')
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute();

/** Everything recorded of one item, the latest first. */
export const entriesOf = (tx: Tx, { kind, id }: Pick<RegisterItem, 'kind' | 'id'>): Promise<KeptEntry[]> =>
  tx
    .selectFrom('register_entry')
    .select([...ENTRY, ...DAYS])
    .where('kind', '=', kind)
    .where('item', '=', id)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute();

/** What the last look at each entry's link found. */
export async function latestLinks(tx: Tx): Promise<Map<string, Link>> {
  const rows = await tx
    .selectFrom('link_check')
    .distinctOn('entry_id')
    .select(['entry_id', 'outcome', 'status', 'text', 'at'])
    .orderBy('entry_id')
    .orderBy('at', 'desc')
    .execute();
  return new Map(rows.map(({ entry_id, ...link }) => [entry_id, link]));
}

export interface RegisterLine extends RegisterItem {
  readonly state: State;
  readonly text: string;
  readonly entry: KeptEntry | undefined;
  readonly link: Link | undefined;
}

/** Both registers of the policy in force; null while the school has no policy. */
export async function registers(tx: Tx, now: number): Promise<{ policy: PolicyInForce; lines: RegisterLine[] } | null> {
  const policy = await policyInForce(tx, now);
  if (!policy) return null;
  const today = dayIn((await schoolCalendar(tx)).timeZone, now);
  const entries = await latestEntries(tx);
  const links = await latestLinks(tx);
  const lines = itemsOf(policy.document).map((item): RegisterLine => {
    const entry = entries.find((e) => e.kind === item.kind && e.item === item.id);
    const link = entry && links.get(entry.id);
    return { ...item, entry, link, ...stateOf(item, entry, link, today) };
  });
  return { policy, lines };
}

/** A document or reference for other rooms: how it stands, and which version of it the school has. */
export type RegisterState = Pick<RegisterLine, 'id' | 'kind' | 'title' | 'clause' | 'state' | 'text'> & {
  readonly held: { readonly edition: string; readonly location: string | null } | null;
};

/** How every linked document and reference stands, for Today, the living policy and the search of devices (SRC-21, SRC-22). */
export async function registerStates(tx: Tx, now: number): Promise<RegisterState[]> {
  const found = await registers(tx, now);
  return (found?.lines ?? []).map(({ id, kind, title, clause, state, text, entry }) => ({
    id,
    kind,
    title,
    clause,
    state,
    text,
    held: entry ? { edition: entry.edition, location: entry.location } : null,
  }));
}

export interface LinkRun {
  readonly id: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly links: number;
  readonly lookedAt: number;
  readonly broken: number;
}

/** The last time that all links were looked at, or that it began (CAL-42). */
export const lastLinkRun = (tx: Tx): Promise<LinkRun | undefined> =>
  tx
    .selectFrom('link_check_run')
    .select(['id', 'started_at as startedAt', 'finished_at as finishedAt', 'links', 'looked_at as lookedAt', 'broken'])
    .orderBy(sql`started_at desc, id desc`)
    .limit(1)
    .executeTakeFirst();
