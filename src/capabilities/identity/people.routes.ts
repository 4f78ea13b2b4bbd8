import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { dayIn } from '#core/days.ts';
import { notFound, type Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { PERSON_KINDS } from '#policy/types.ts';
import { contextOf, done, hasDuty, orFormAgain, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import { beyondReach, markLeft, resetPassword } from './accounts.service.ts';
import { CONCERNS, type ConcernId, concernsAbout } from './people.attention.ts';
import { KIND_NAMES } from './people.rules.ts';
import { addPerson, updatePerson } from './people.service.ts';
import { countPeople, listPeople, names, type PeopleFilter, personById } from './people.store.ts';
import { identityPolicy } from './policy.store.ts';
import { GIVEN_ROLES, roleTitle, whyNotRole } from './roles.rules.ts';
import { assignRole, endRole } from './roles.service.ts';

const READ = { access: { duties: ['administrator', 'ict-manager', 'dsl', 'head'] } };
const WRITE = { access: { duties: ['administrator', 'ict-manager'] } };
/** Roles open doors, so only an administrator gives them; whoever runs the machines does not. */
const GIVE_ROLES = { access: { duties: ['administrator'] } };

const PAGE_SIZE = 30;
const VIEWS = 'capabilities/identity/views';
const KINDS = PERSON_KINDS.map((k) => ({ value: k, text: KIND_NAMES[k] }));
const YEARS = Array.from({ length: 15 }, (_, y) => ({ value: String(y), text: y === 0 ? 'Reception' : `Year ${y}` }));

const CONCERN_IDS = Object.keys(CONCERNS) as ConcernId[];

const Text = (maxLength = 300) => Type.Optional(Type.String({ maxLength }));
const Csrf = { _csrf: Text() };
const Details = { displayName: Text(), yearGroup: Text(), groupName: Text(), email: Text() };
const body = <T extends Parameters<typeof Type.Object>[0]>(fields: T) =>
  Type.Object({ ...Csrf, ...fields }, { additionalProperties: false });
const Id = Type.Object({ id: Type.String() });

export function peopleRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/people',
    {
      config: READ,
      schema: {
        querystring: Type.Object({
          q: Text(100),
          kind: Text(),
          year: Text(),
          role: Text(),
          left: Text(),
          concern: Text(),
          page: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,5}$' })),
        }),
      },
    },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const { q, kind, year, role, left, concern, page } = request.query;
      const filter: PeopleFilter = {
        text: q,
        kind: PERSON_KINDS.find((k) => k === kind),
        year: YEARS.some((y) => y.value === year) ? Number(year) : undefined,
        role: role || undefined,
        left: left === 'yes',
        concern: concern === 'any' ? concern : CONCERN_IDS.find((c) => c === concern),
      };
      const concerns = concernsAbout(deps.clock.now(), viewer.school.timeZone);
      const number = Number(page ?? 1);
      const { policy, found, amiss } = await deps.db.in(contextOf(viewer), async (tx) => ({
        policy: await identityPolicy(tx, deps.clock.now()),
        found: await listPeople(tx, filter, concerns, { number, size: PAGE_SIZE }),
        amiss: await countPeople(tx, { concern: 'any' }, concerns),
      }));
      const asked = new URLSearchParams(
        Object.entries({ q, kind, year, role, left, concern }).flatMap(([k, v]) => (v ? [[k, v]] : [])),
      );
      return reply.page(`${VIEWS}/people.njk`, {
        ...found,
        people: found.people.map((p) => ({ ...p, roles: p.roles.map((r) => roleTitle(r, policy.roles)) })),
        asked: request.query,
        filtered: asked.size > 0,
        amiss,
        concern: filter.concern,
        concerns: CONCERNS,
        page: { number, size: PAGE_SIZE, base: `/people?${asked.size > 0 ? `${asked}&` : ''}page=` },
        kinds: KINDS,
        kindNames: KIND_NAMES,
        years: YEARS,
        roles: GIVEN_ROLES.map((r) => ({ value: r, text: roleTitle(r, policy.roles) })),
        mayWrite: hasDuty(viewer, ...WRITE.access.duties),
      });
    },
  );

  const newPage = (reply: FastifyReply, typed: object, refusal?: Refusal) =>
    reply.page(`${VIEWS}/person-new.njk`, { typed, refusal, kinds: KINDS });

  app.get('/people/new', { config: WRITE }, (_request, reply) => newPage(reply, { kind: 'pupil' }));

  app.post(
    '/people/new',
    { config: WRITE, schema: { body: body({ ...Details, username: Text(), kind: Text() }) } },
    (request, reply) => {
      const { username = '', displayName = '', kind = '', yearGroup, groupName, email } = request.body;
      return orFormAgain(
        reply,
        async () => {
          const input = { username, displayName, kind, yearGroup, groupName, email };
          const { id, firstPassword } = await addPerson(deps, viewerOf(request), input);
          return showFirstPassword(reply, { id, username: username.trim().toLowerCase(), displayName, firstPassword });
        },
        (refusal) => newPage(reply, request.body, refusal),
      );
    },
  );

  app.get('/people/:id', { config: READ, schema: { params: Id } }, (request, reply) =>
    personPage(deps, viewerOf(request), reply, request.params.id),
  );

  /** The forms of a person's page: each comes back to it, with what was typed when that was refused. */
  const onPerson = (
    reply: FastifyReply,
    viewer: Viewer,
    id: string,
    typed: object,
    command: () => Promise<FastifyReply>,
  ): Promise<FastifyReply> => {
    if (!isUuid(id)) throw notFound('that person');
    return orFormAgain(reply, command, (refusal) => personPage(deps, viewer, reply, id, { typed, refusal }));
  };

  app.post('/people/:id', { config: WRITE, schema: { params: Id, body: body(Details) } }, (request, reply) => {
    const { id } = request.params;
    const { displayName = '', yearGroup, groupName, email } = request.body;
    return onPerson(reply, viewerOf(request), id, request.body, async () => {
      await updatePerson(deps, viewerOf(request), id, { displayName, yearGroup, groupName, email });
      return done(reply, `/people/${id}`, 'The details have been saved.');
    });
  });

  app.post('/people/:id/first-password', { config: WRITE, schema: { params: Id } }, (request, reply) => {
    const { id } = request.params;
    const viewer = viewerOf(request);
    return onPerson(reply, viewer, id, {}, async () => {
      const { firstPassword } = await resetPassword(deps, viewer, id);
      const person = await deps.db.in(contextOf(viewer), (tx) => personById(tx, id));
      return showFirstPassword(reply, { ...person, firstPassword });
    });
  });

  app.post(
    '/people/:id/leave',
    { config: WRITE, schema: { params: Id, body: body({ day: Text() }) } },
    (request, reply) => {
      const { id } = request.params;
      return onPerson(reply, viewerOf(request), id, request.body, async () => {
        await markLeft(deps, viewerOf(request), id, request.body.day ?? '');
        return done(reply, `/people/${id}`, 'The day is set. When it has come, the account is closed.');
      });
    },
  );

  app.post(
    '/people/:id/roles',
    { config: GIVE_ROLES, schema: { params: Id, body: body({ role: Text(), rank: Text() }) } },
    (request, reply) => {
      const { id } = request.params;
      const viewer = viewerOf(request);
      const by = contextOf(viewer);
      return onPerson(reply, viewer, id, request.body, async () => {
        const { role = '', rank } = request.body;
        await deps.db.in(by, (tx) =>
          assignRole(tx, deps, by, { person: id, role, rank: rank === 'deputy' ? 'deputy' : 'holder' }),
        );
        return done(reply, `/people/${id}`, 'The role has been given.');
      });
    },
  );

  app.post(
    '/people/:id/roles/:holding/end',
    { config: GIVE_ROLES, schema: { params: Type.Object({ id: Type.String(), holding: Type.String() }) } },
    (request, reply) => {
      const { id, holding } = request.params;
      const viewer = viewerOf(request);
      const by = contextOf(viewer);
      return onPerson(reply, viewer, id, {}, async () => {
        if (!isUuid(holding)) throw notFound('that role');
        await deps.db.in(by, (tx) => endRole(tx, deps, by, { person: id, holding }));
        return done(reply, `/people/${id}`, 'The role has ended.');
      });
    },
  );
}

/** Shown in answer to the command and never again: it is kept nowhere. */
const showFirstPassword = (reply: FastifyReply, person: object) =>
  reply.page(`${VIEWS}/first-password.njk`, { person });

async function personPage(
  deps: Deps,
  viewer: Viewer,
  reply: FastifyReply,
  id: string,
  again: { typed?: object; refusal?: Refusal } = {},
): Promise<FastifyReply> {
  if (!isUuid(id)) throw notFound('that person');
  const now = deps.clock.now();
  const data = await deps.db.in(contextOf(viewer), async (tx) => {
    const person = await personById(tx, id);
    if (!person) throw notFound('that person');
    const holdings = await tx
      .selectFrom('role_holding')
      .select(['id', 'role', 'rank', 'from_at', 'until_at', 'assigned_by', 'ended_by'])
      .where('person_id', '=', id)
      .orderBy('from_at', 'desc')
      .execute();
    return {
      person,
      holdings,
      names: await names(
        tx,
        holdings.flatMap((h) => [h.assigned_by, h.ended_by].filter((x) => x !== null)),
      ),
      policy: await identityPolicy(tx, now),
      reachable: !(await beyondReach(tx, viewer)).has(id),
    };
  });
  const title = (role: string) => roleTitle(role, data.policy.roles);
  const live = data.holdings.filter((h) => h.until_at === null);
  const held = live.map((h) => h.role);
  const shown = (h: (typeof data.holdings)[number]) => ({
    ...h,
    title: title(h.role),
    by: data.names.get(h.assigned_by ?? ''),
    endedBy: data.names.get(h.ended_by ?? ''),
  });
  const day = dayIn(viewer.school.timeZone, now);
  return reply.page(`${VIEWS}/person.njk`, {
    person: data.person,
    kindName: KIND_NAMES[data.person.kind],
    roles: live.map(shown),
    pastRoles: data.holdings.filter((h) => h.until_at !== null).map(shown),
    givable: GIVEN_ROLES.filter((r) => whyNotRole(r, data.person.kind, held) === null).map((r) => ({
      value: r,
      text: title(r),
    })),
    hasLeft: data.person.leftOn !== null && data.person.leftOn <= day,
    today: day,
    mayWrite: hasDuty(viewer, ...WRITE.access.duties) && data.reachable,
    mayGiveRoles: hasDuty(viewer, ...GIVE_ROLES.access.duties),
    self: id === viewer.person.id,
    typed: { ...data.person, ...again.typed },
    refusal: again.refusal,
  });
}
