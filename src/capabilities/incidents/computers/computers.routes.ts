import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Deps } from '#platform/deps.ts';
import { ESCALATION_ROLES, type RoleId } from '#policy/types.ts';
import { names, PLACE_COOKIE } from '#rooms/identity/index.ts';
import { contextOf, done, hasDuty, type NavItem, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import {
  askingOf,
  COMPUTER_COOKIE,
  challenge,
  PROOF_FOR,
  type Proven,
  proveComputer,
  provenComputer,
  registerComputer,
  retireComputer,
} from './computers.service.ts';
import { allComputers, computersOf } from './computers.store.ts';

const VIEWS = 'capabilities/incidents/computers/views';
const READERS: readonly RoleId[] = ['staff', ...ESCALATION_ROLES];
/** Who sets computers apart. */
const KEEPERS: readonly RoleId[] = ['ict-manager', 'head'];
const A_YEAR = 365 * 24 * 60 * 60;

const csrf = { _csrf: Type.Optional(Type.String()) };
const strict = { additionalProperties: false };
const base64 = Type.String({ maxLength: 400, pattern: '^[A-Za-z0-9+/]*={0,2}$' });
const answer = { challenge: Type.String({ maxLength: 100 }), signature: base64 };
const New = Type.Object(
  { ...csrf, name: Type.String({ maxLength: 200 }), place: Type.String({ maxLength: 200 }), key: base64, ...answer },
  strict,
);
const Prove = Type.Object({ ...csrf, computer: Type.String({ format: 'uuid' }), ...answer }, strict);
const Retire = Type.Object({ ...csrf, reason: Type.String({ maxLength: 1000 }) }, strict);
const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, strict);
const Where = Type.Object({ case: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$' })) }, strict);

export const COMPUTERS_NAV: NavItem = {
  href: '/cases/computers',
  text: 'Designated computers',
  duties: ['ict-manager', 'head'],
  order: 47,
};

/** Computers that are set apart (INC-06): the list, this one, and the exchange by which a browser proves itself. */
export function computersRoutes(app: WebApp, deps: Deps): void {
  const secure = deps.config.pagesUrl.startsWith('https:');
  const keep = (reply: FastifyReply, { token, place }: Proven) =>
    reply
      .setCookie(COMPUTER_COOKIE, token, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure,
        maxAge: PROOF_FOR / 1000,
      })
      // Sign-in must see it too, also when somebody comes there from another site.
      .setCookie(PLACE_COOKIE, place, { path: '/sign-in', httpOnly: true, sameSite: 'lax', secure, maxAge: A_YEAR });

  const listPage = async (request: FastifyRequest, reply: FastifyReply, more: object, q = '') => {
    const viewer = viewerOf(request);
    const here = await provenComputer(deps, request);
    const page = await deps.db.in(contextOf(viewer), async (tx) => {
      const all = await allComputers(tx);
      const who = await names(
        tx,
        all.flatMap((c) => [c.registered_by, c.retired_by ?? []].flat()),
      );
      const wanted = q.trim().toLowerCase();
      const found = all.filter((c) => `${c.name} ${c.place}`.toLowerCase().includes(wanted));
      return {
        total: all.length,
        q,
        computers: found.map((c) => ({
          ...c,
          here: c.id === here,
          registeredBy: who.get(c.registered_by),
          retiredBy: c.retired_by ? who.get(c.retired_by) : null,
        })),
      };
    });
    return reply.page(`${VIEWS}/computers.njk`, { ...page, mayKeep: hasDuty(viewer, ...KEEPERS), typed: {}, ...more });
  };

  app.get(
    '/cases/computers',
    { config: { access: { duties: [...READERS, 'ict-manager'] } }, schema: { querystring: Search } },
    (request, reply) => listPage(request, reply, {}, request.query.q),
  );

  app.post('/cases/computers', { config: { access: { duties: KEEPERS } }, schema: { body: New } }, (request, reply) => {
    const { name, place, key, challenge, signature } = request.body;
    return orFormAgain(
      reply,
      async () => {
        const proven = await registerComputer(
          deps,
          contextOf(viewerOf(request)),
          askingOf(request),
          { name, place, key: Buffer.from(key, 'base64') },
          { challenge, signature: Buffer.from(signature, 'base64') },
        );
        return done(
          keep(reply, proven),
          '/cases/computers',
          'This computer is set apart. Pupils cannot sign in on it.',
        );
      },
      (refusal) => listPage(request, reply, { refusal, typed: { name, place } }),
    );
  });

  app.post(
    '/cases/computers/:id/retire',
    { config: { access: { duties: KEEPERS } }, schema: { params: Type.Object({ id: Type.String() }), body: Retire } },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          if (!isUuid(request.params.id)) throw notFound('this computer');
          await retireComputer(deps, contextOf(viewerOf(request)), request.params.id, request.body.reason);
          return done(reply, '/cases/computers', 'It is no longer set apart.');
        },
        (refusal) => listPage(request, reply, { refusal, retiring: request.params.id }),
      ),
  );

  app.get(
    '/cases/computers/this',
    { config: { access: { duties: READERS } }, schema: { querystring: Where } },
    async (request, reply) => {
      const here = await provenComputer(deps, request);
      const computers = await deps.db.in(contextOf(viewerOf(request)), computersOf);
      return reply.page(`${VIEWS}/this.njk`, {
        computers,
        here: computers.find((c) => c.id === here),
        back: request.query.case ? `/cases/${request.query.case}` : '/cases/computers',
      });
    },
  );

  const Empty = Type.Object(csrf, strict);
  app.post(
    '/cases/computers/challenge',
    { config: { access: { duties: READERS } }, schema: { body: Empty } },
    async (request) => ({ challenge: await challenge(deps, contextOf(viewerOf(request)), askingOf(request)) }),
  );

  app.post(
    '/cases/computers/prove',
    { config: { access: { duties: READERS } }, schema: { body: Prove } },
    async (request, reply) => {
      const { computer, challenge, signature } = request.body;
      const given = { challenge, signature: Buffer.from(signature, 'base64') };
      const proven = await proveComputer(deps, contextOf(viewerOf(request)), askingOf(request), computer, given);
      return keep(reply, proven).send({ computer });
    },
  );
}
