import { conflict, invalid, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { type Slot, same, type Zone } from './school-day.rules.ts';

export interface KeptSlot extends Slot {
  readonly id: string;
}
export interface KeptZone extends Zone {
  readonly id: string;
  readonly site: string;
  readonly siteName: string;
}

/** The timetable, in the order of the day. */
export async function slotsOf(tx: Tx): Promise<KeptSlot[]> {
  const rows = await tx.selectFrom('timetable_slot').selectAll().orderBy('from_time').orderBy('name').execute();
  return rows.map(({ id, name, kind, days, from_time: from, to_time: to }) => ({ id, name, kind, days, from, to }));
}

export const zonesOf = (tx: Tx): Promise<KeptZone[]> =>
  tx
    .selectFrom('zone')
    .innerJoin('site', 'site.id', 'zone.site_id')
    .select(['zone.id', 'zone.name', 'zone.kind', 'site.id as site', 'site.name as siteName'])
    .orderBy('site.name')
    .orderBy('zone.name')
    .execute();

/** Every change of the day: two who make one at once come one after the other, there is an entry, and gateways are told. */
async function change(
  tx: Tx,
  deps: Deps,
  by: Context,
  action: string,
  work: () => Promise<{ object: { kind: string; id: string }; detail: Record<string, unknown> }>,
): Promise<void> {
  await tx.selectFrom('school').select('id').forUpdate().execute();
  const { object, detail } = await work();
  const at = deps.clock.now();
  await record(tx, { school: by.school, actor: by.person, action: `school-day.${action}`, object, detail, at });
  await bumpSnapshot(tx, by.school);
}

/** Add slots, all of them or none; `replace`: in place of the whole timetable. */
export const addSlots = (
  tx: Tx,
  deps: Deps,
  by: Context,
  slots: readonly Slot[],
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<void> =>
  change(tx, deps, by, replace ? 'timetable.replace' : 'slot.add', async () => {
    if (replace) await tx.deleteFrom('timetable_slot').execute();
    for (const slot of slots) await free(tx, slot.name);
    const rows = await tx
      .insertInto('timetable_slot')
      .values(slots.map((s) => ({ school_id: by.school, ...columns(s) })))
      .returning('id')
      .execute();
    const [only] = rows.length === 1 ? rows : [];
    const object = only ? { kind: 'timetable_slot', id: only.id } : { kind: 'school', id: by.school };
    return { object, detail: { slots } };
  });

export const changeSlot = (tx: Tx, deps: Deps, by: Context, id: string, slot: Slot): Promise<void> =>
  change(tx, deps, by, 'slot.change', async () => {
    const before = (await slotsOf(tx)).find((s) => s.id === id);
    if (!before) throw notFound('this part of the day');
    await free(tx, slot.name, id);
    await tx.updateTable('timetable_slot').set(columns(slot)).where('id', '=', id).execute();
    return { object: { kind: 'timetable_slot', id }, detail: { before, after: slot } };
  });

export const removeSlot = (tx: Tx, deps: Deps, by: Context, id: string): Promise<void> =>
  change(tx, deps, by, 'slot.remove', async () => {
    const gone = (await slotsOf(tx)).find((s) => s.id === id);
    if (!gone) throw notFound('this part of the day');
    await tx.deleteFrom('timetable_slot').where('id', '=', id).execute();
    return { object: { kind: 'timetable_slot', id }, detail: { gone } };
  });

export const addZone = (tx: Tx, deps: Deps, by: Context, site: string, zone: Zone): Promise<void> =>
  change(tx, deps, by, 'zone.add', async () => {
    await freePlace(tx, site, zone.name);
    const { id } = await tx
      .insertInto('zone')
      .values({ school_id: by.school, site_id: site, name: zone.name, kind: zone.kind })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { object: { kind: 'zone', id }, detail: { ...zone, site } };
  });

export const changeZone = (tx: Tx, deps: Deps, by: Context, id: string, site: string, zone: Zone): Promise<void> =>
  change(tx, deps, by, 'zone.change', async () => {
    const before = (await zonesOf(tx)).find((z) => z.id === id);
    if (!before) throw notFound('this place');
    await freePlace(tx, site, zone.name, id);
    await tx
      .updateTable('zone')
      .set({ site_id: site, name: zone.name, kind: zone.kind })
      .where('id', '=', id)
      .execute();
    return { object: { kind: 'zone', id }, detail: { before, after: { ...zone, site } } };
  });

export const removeZone = (tx: Tx, deps: Deps, by: Context, id: string): Promise<void> =>
  change(tx, deps, by, 'zone.remove', async () => {
    const gone = (await zonesOf(tx)).find((z) => z.id === id);
    if (!gone) throw notFound('this place');
    await tx.deleteFrom('zone').where('id', '=', id).execute();
    return { object: { kind: 'zone', id }, detail: { gone } };
  });

const columns = ({ name, kind, days, from, to }: Slot) => ({
  name,
  kind,
  days: [...days],
  from_time: from,
  to_time: to,
});

async function free(tx: Tx, name: string, but?: string): Promise<void> {
  if ((await slotsOf(tx)).some((s) => s.id !== but && same(s.name, name))) {
    throw conflict('school-day.slot.taken', `There is a part of the day called “${name}” already.`, 'Change that one.');
  }
}

async function freePlace(tx: Tx, site: string, name: string, but?: string): Promise<void> {
  const known = await tx.selectFrom('site').select('id').where('id', '=', site).executeTakeFirst();
  if (!known) throw invalid('school-day.site', 'Choose the site on which the place is.', { site: 'Choose a site' });
  const taken = (await zonesOf(tx)).some((z) => z.id !== but && z.site === site && same(z.name, name));
  if (taken) throw conflict('school-day.zone.taken', `There is a place called “${name}” on this site already.`);
}
