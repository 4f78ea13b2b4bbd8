import { sql } from 'kysely';
import { conflict, invalid, notFound, Refusal } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import type { Words } from './list-changes.rules.ts';
import { type ChangeOutcome, proposeChange } from './list-changes.service.ts';
import { lockSource } from './list-changes.store.ts';
import { requestCompile } from './lists.service.ts';
import { readSettings, type SourceSettings } from './source-settings.rules.ts';
import { nameFor, needsCategory, RESERVED, readLocation, STARTER } from './sources.rules.ts';
import { versionById } from './versions.service.ts';

export interface SourceInput {
  readonly location: string;
  /** Which section of lists/mapping.json reads its words; from the location when left out. */
  readonly name?: string;
  /** For a single list: the category it stands for. */
  readonly category?: string;
  /** Why, where it may open something. */
  readonly reason?: string;
}

/** Add a list source: it is on at once where it can only close; otherwise it is off until a second person agrees. */
export async function addSource(tx: Tx, deps: Deps, by: Context, input: SourceInput): Promise<string> {
  const id = await insertSource(tx, deps, by, input, 'people');
  if (id === null) {
    throw conflict('lists.name', 'There is a list source of this name already.', 'Give this one another name.');
  }
  await proposeChange(tx, deps, by, { source: id, kind: 'add', patch: { enabled: true }, reason: input.reason });
  return id;
}

/** Switch a source on or off. The starter lists stay on: they hold the help services, and a name of every category. */
export async function switchSource(
  tx: Tx,
  deps: Deps,
  by: Context,
  id: string,
  enabled: boolean,
  reason = '',
): Promise<ChangeOutcome> {
  if (!enabled) await refuseFixed(tx, id);
  return proposeChange(tx, deps, by, { source: id, kind: enabled ? 'on' : 'off', patch: { enabled }, reason });
}

/** Remove a source. Its name is free again, its history stays. */
export async function removeSource(
  tx: Tx,
  deps: Deps,
  by: Context,
  id: string,
  reason: string,
): Promise<ChangeOutcome> {
  await refuseFixed(tx, id);
  return proposeChange(tx, deps, by, { source: id, kind: 'remove', patch: { enabled: false, retired: true }, reason });
}

/** Change how a source is read, proven and measured; it is asked anew once that holds. */
export async function setSource(
  tx: Tx,
  deps: Deps,
  by: Context,
  id: string,
  input: SourceSettings,
  reason = '',
): Promise<ChangeOutcome> {
  const row = await lockSource(tx, id);
  if (row.origin === 'starter') throw notFound('this list source');
  const patch = readSettings(input, row.kind);
  if (row.origin === 'environment' && patch.location !== undefined && patch.location !== row.location) {
    throw conflict('lists.environment', FROM_ENVIRONMENT);
  }
  return proposeChange(tx, deps, by, { source: id, kind: 'settings', patch, reason });
}

/** Read a source's words for categories differently than lists/mapping.json does. */
export async function setWords(
  tx: Tx,
  deps: Deps,
  by: Context,
  id: string,
  words: Words,
  reason = '',
): Promise<ChangeOutcome> {
  const row = await lockSource(tx, id);
  if (row.origin === 'starter') throw notFound('this list source');
  const wrong = Object.values(words).find((c) => c !== null && (taxonomy().byId.get(c)?.nature ?? 'help') === 'help');
  if (wrong !== undefined) {
    const message =
      'Choose a category that outside lists may name. Only the lists that ship with Gatehouse name help services.';
    throw invalid('lists.words', message, { words: message });
  }
  return proposeChange(tx, deps, by, { source: id, kind: 'words', patch: { words }, reason });
}

/** Use a version that was held, or an earlier one. */
export async function useVersion(tx: Tx, deps: Deps, by: Context, id: string, reason: string): Promise<ChangeOutcome> {
  const { source_id: source } = await versionById(tx, id);
  return proposeChange(tx, deps, by, { source, kind: 'version', patch: { version: id }, reason });
}

const FROM_ENVIRONMENT = 'This source is set by GATEHOUSE_LISTS on the server, and is changed there.';

async function refuseFixed(tx: Tx, id: string): Promise<void> {
  const { origin } = await lockSource(tx, id);
  if (origin === 'starter') {
    throw conflict('lists.starter', 'The starter lists cannot be switched off: the help services stand in them.');
  }
  if (origin === 'environment') throw conflict('lists.environment', FROM_ENVIRONMENT);
}

/** Read a source now instead of when its time comes. */
export async function checkNow(tx: Tx, deps: Deps, by: Context, id: string): Promise<void> {
  if ((await lockSource(tx, id)).origin === 'starter') throw notFound('this list source');
  await tx.updateTable('list_source').set({ next_check_at: null }).where('id', '=', id).execute();
  await requestCompile(tx, deps, by.school);
}

/** As the index of names has it. */
const NOT_RETIRED = sql<boolean>`not retired`;

/** The sources every school begins with: the starter lists, and what GATEHOUSE_LISTS names. True when something changed. */
export async function ensureSources(tx: Tx, deps: Deps, by: Context): Promise<boolean> {
  const starter = await tx
    .insertInto('list_source')
    .values({ school_id: by.school, name: STARTER, location: 'lists/starter', kind: 'folder', origin: 'starter' })
    .onConflict((c) => c.columns(['school_id', 'name']).where(NOT_RETIRED).doNothing())
    .executeTakeFirst();
  const changed = await followEnvironment(tx, deps, by);
  return changed || (starter.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** GATEHOUSE_LISTS may name another place than at the last start, or none. */
async function followEnvironment(tx: Tx, deps: Deps, by: Context): Promise<boolean> {
  let wanted: string | null;
  try {
    wanted = deps.config.lists === null ? null : readLocation(deps.config.lists).location;
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    // Not there just now: what is in use stays in use.
    deps.log.warn('lists.environment.missing', { code: e.code });
    return false;
  }
  const rows = await tx
    .selectFrom('list_source')
    .select(['id', 'location', 'enabled'])
    .where('origin', '=', 'environment')
    .execute();
  let changed = false;
  for (const row of rows) {
    if (row.enabled === (row.location === wanted)) continue;
    await tx.updateTable('list_source').set({ enabled: !row.enabled }).where('id', '=', row.id).execute();
    await note(tx, deps, by, row.enabled ? 'lists.source.off' : 'lists.source.on', row.id, { by: 'environment' });
    changed = true;
  }
  if (wanted === null || rows.some((r) => r.location === wanted)) return changed;
  for (let n = 1; n < 100; n++) {
    const name = n === 1 ? nameFor(wanted) : `${nameFor(wanted).slice(0, 37)}-${n}`;
    if ((await insertSource(tx, deps, by, { location: wanted, name }, 'environment')) !== null) break;
  }
  return true;
}

async function insertSource(
  tx: Tx,
  deps: Deps,
  by: Context,
  input: SourceInput,
  origin: 'environment' | 'people',
): Promise<string | null> {
  const { location, kind } = readLocation(input.location);
  const name = input.name?.trim() || nameFor(location);
  if (!/^[a-z0-9-]{1,40}$/.test(name)) {
    const message = 'A name is up to 40 small letters, digits and hyphens, such as ut1.';
    throw invalid('lists.source.name', message, { name: message });
  }
  if (RESERVED.includes(name)) {
    const message = 'This name is kept for a list of illegal content, which is set up on the server itself.';
    throw invalid('lists.source.name', message, { name: message });
  }
  if (Object.values(deps.config.slots).some((feed) => feed?.location === location)) {
    const message = 'This is a list of illegal content. It is read already, and nobody else may read it.';
    throw invalid('lists.source.slot', message, { location: message });
  }
  // In GATEHOUSE_LISTS the file's own name says it, as `gambling.txt` does.
  const category = origin === 'people' && needsCategory(kind, location) ? (input.category ?? '') : null;
  const known = category === null ? undefined : taxonomy().byId.get(category);
  if (category !== null && !known) {
    const message = 'A single list has no categories of its own. Choose the category that it stands for.';
    throw invalid('lists.source.category', message, { category: message });
  }
  if (known?.nature === 'help') {
    const message = 'Only the lists that ship with Gatehouse name help services, since nothing closes those.';
    throw invalid('lists.source.help', message, { category: message });
  }
  const row = await tx
    .insertInto('list_source')
    .values({
      school_id: by.school,
      name,
      location,
      kind,
      category,
      origin,
      added_by: by.person,
      enabled: origin === 'environment',
    })
    .onConflict((c) => c.columns(['school_id', 'name']).where(NOT_RETIRED).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row) await note(tx, deps, by, 'lists.source.add', row.id, { name, kind, category });
  return row?.id ?? null;
}

const note = (tx: Tx, deps: Deps, by: Context, action: string, id: string, detail: Record<string, unknown>) =>
  record(tx, {
    school: by.school,
    actor: by.person,
    action,
    object: { kind: 'list_source', id },
    detail,
    at: deps.clock.now(),
  });
