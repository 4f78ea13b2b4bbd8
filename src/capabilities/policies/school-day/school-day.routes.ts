import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { invalid, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { SLOT_KINDS, ZONE_KINDS } from '#policy/index.ts';
import { contextOf, done, hasDuty, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { policyInForce } from '../policies.service.ts';
import {
  DAY_NAMES,
  type Faults,
  overlaps,
  readSlot,
  readTimetable,
  readZone,
  rulesOfTheDay,
  SLOT_NAMES,
  sayDays,
  weekOf,
  ZONE_NAMES,
} from './school-day.rules.ts';
import {
  addSlots,
  addZone,
  changeSlot,
  changeZone,
  removeSlot,
  removeZone,
  slotsOf,
  zonesOf,
} from './school-day.service.ts';

const VIEW = 'capabilities/policies/school-day/views/school-day.njk';
const HERE = '/settings/school-day';
const READ = { access: { duties: ['staff', 'governor'] } };
const KEEPERS = ['administrator', 'ict-manager'];
const KEEP = { access: { duties: KEEPERS } };

const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Csrf = { _csrf: Text(200) };
const Id = Type.Object({ id: Type.String({ format: 'uuid' }) }, closed);
const Days = Type.Optional(Type.Union([Type.String({ maxLength: 40 }), Type.Array(Type.String({ maxLength: 40 }))]));
const SlotBody = Type.Object(
  { ...Csrf, name: Text(300), kind: Text(40), days: Days, from: Text(10), to: Text(10) },
  closed,
);
const ZoneBody = Type.Object({ ...Csrf, zone: Text(300), 'zone-kind': Text(40), site: Text(40) }, closed);

/** When the school's day has which part, and which places it has: what a policy's certain times and places mean here. */
export function schoolDayRoutes(app: WebApp, deps: Deps): void {
  type Again = { readonly form?: string; readonly typed?: object; readonly refusal?: Refusal };

  const page = async (request: FastifyRequest, reply: FastifyReply, again: Again = {}) => {
    const viewer = viewerOf(request);
    const { q = '', edit } = request.query as { q?: string; edit?: string };
    const data = await deps.db.in(contextOf(viewer), async (tx) => ({
      policy: await policyInForce(tx, deps.clock.now()),
      slots: await slotsOf(tx),
      zones: await zonesOf(tx),
      sites: await tx.selectFrom('site').select(['id as value', 'name as text']).orderBy('name').execute(),
      terms: await tx.selectFrom('term').select('id').execute(),
    }));
    const { slots, zones, policy, sites } = data;
    const wanted = q.trim().toLowerCase();
    const fits = (...words: string[]) => words.join(' ').toLowerCase().includes(wanted);
    return reply.page(VIEW, {
      q,
      form: edit,
      typed: editing(slots, zones, edit),
      ...again,
      slots: slots
        .map((s) => ({ ...s, kindName: SLOT_NAMES[s.kind], dayNames: sayDays(s.days) }))
        .filter((s) => fits(s.name, s.kindName, s.dayNames)),
      zones: zones
        .map((z) => ({ ...z, kindName: ZONE_NAMES[z.kind] }))
        .filter((z) => fits(z.name, z.kindName, z.siteName)),
      week: weekOf(slots),
      total: { slots: slots.length, zones: zones.length, terms: data.terms.length },
      overlaps: overlaps(slots),
      waiting: policy && rulesOfTheDay(policy.document),
      sites,
      slotKinds: SLOT_KINDS.map((value) => ({ value, text: SLOT_NAMES[value] })),
      zoneKinds: ZONE_KINDS.map((value) => ({ value, text: ZONE_NAMES[value] })),
      days: DAY_NAMES.map((text, i) => ({ value: String(i + 1), text })),
      kindNames: SLOT_NAMES,
      mayKeep: hasDuty(viewer, ...KEEPERS),
    });
  };

  /** One command of the forms on this page, or the page again with what is wrong. */
  const command = (
    request: FastifyRequest,
    reply: FastifyReply,
    form: string,
    work: (tx: Tx, by: Context) => Promise<void>,
  ) =>
    orFormAgain(
      reply,
      async () => {
        const by = contextOf(viewerOf(request));
        await deps.db.in(by, (tx) => work(tx, by));
        return done(reply, HERE, 'Saved. Gateways follow within seconds.');
      },
      (refusal) => page(request, reply, { form, typed: typedOf(request.body), refusal }),
    );

  app.get(
    HERE,
    { config: READ, schema: { querystring: Type.Object({ q: Text(100), edit: Text(40) }, closed) } },
    (request, reply) => page(request, reply),
  );

  const slotOf = (body: object) => orRefuse(readSlot(typedOf(body)));
  app.post(`${HERE}/slots`, { config: KEEP, schema: { body: SlotBody } }, (request, reply) =>
    command(request, reply, 'slot', (tx, by) => addSlots(tx, deps, by, [slotOf(request.body)])),
  );
  app.post(`${HERE}/slots/:id`, { config: KEEP, schema: { params: Id, body: SlotBody } }, (request, reply) => {
    const { id } = request.params;
    return command(request, reply, id, (tx, by) => changeSlot(tx, deps, by, id, slotOf(request.body)));
  });
  app.post(
    `${HERE}/slots/:id/remove`,
    { config: KEEP, schema: { params: Id, body: Type.Object(Csrf, closed) } },
    (request, reply) => command(request, reply, 'slot', (tx, by) => removeSlot(tx, deps, by, request.params.id)),
  );
  app.post(
    `${HERE}/import`,
    {
      config: KEEP,
      schema: { body: Type.Object({ ...Csrf, timetable: Text(50_000), replace: Text(3) }, closed) },
    },
    (request, reply) =>
      command(request, reply, 'import', async (tx, by) => {
        const { slots, faults } = readTimetable(request.body.timetable ?? '');
        if (faults.length > 0) {
          throw invalid('school-day.timetable', 'Nothing was added, since some lines need another look.', {
            timetable: faults.slice(0, 20).join(' '),
          });
        }
        await addSlots(tx, deps, by, slots, { replace: request.body.replace === 'yes' });
      }),
  );

  const zoneOf = ({ zone: name = '', 'zone-kind': kind = '' }: { zone?: string; 'zone-kind'?: string }) =>
    orRefuse(readZone({ name, kind }));
  const siteOf = ({ site = '' }: { site?: string }) => {
    if (!isUuid(site)) throw invalid('school-day.site', 'Choose the site.', { site: 'Choose a site' });
    return site;
  };
  app.post(`${HERE}/zones`, { config: KEEP, schema: { body: ZoneBody } }, (request, reply) =>
    command(request, reply, 'zone', (tx, by) => addZone(tx, deps, by, siteOf(request.body), zoneOf(request.body))),
  );
  app.post(`${HERE}/zones/:id`, { config: KEEP, schema: { params: Id, body: ZoneBody } }, (request, reply) => {
    const { id } = request.params;
    return command(request, reply, id, (tx, by) =>
      changeZone(tx, deps, by, id, siteOf(request.body), zoneOf(request.body)),
    );
  });
  app.post(
    `${HERE}/zones/:id/remove`,
    { config: KEEP, schema: { params: Id, body: Type.Object(Csrf, closed) } },
    (request, reply) => command(request, reply, 'zone', (tx, by) => removeZone(tx, deps, by, request.params.id)),
  );
}

/** What a form holds, days as one text however many boxes were ticked. */
const typedOf = (body: unknown) => {
  const fields = body as Record<string, string | string[] | undefined>;
  const text = (name: string) => [fields[name] ?? ''].flat().join(' ');
  return {
    ...(fields as Record<string, string>),
    name: text('name'),
    kind: text('kind'),
    days: text('days'),
    from: text('from'),
    to: text('to'),
  };
};

function orRefuse<T>(read: { readonly value: T } | { readonly faults: Faults }): T {
  if ('value' in read) return read.value;
  throw invalid('school-day.invalid', 'Some of this needs another look.', { ...read.faults });
}

/** The slot or place that is to be changed, as its form shows it. */
function editing(
  slots: Awaited<ReturnType<typeof slotsOf>>,
  zones: Awaited<ReturnType<typeof zonesOf>>,
  id: string | undefined,
) {
  const slot = slots.find((s) => s.id === id);
  if (slot) return { ...slot, days: slot.days.join(' ') };
  const zone = zones.find((z) => z.id === id);
  return zone ? { zone: zone.name, 'zone-kind': zone.kind, site: zone.site } : { days: '1 2 3 4 5' };
}
