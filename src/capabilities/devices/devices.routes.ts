import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, done, type Room, type Viewer, viewerOf, type WebApp } from '#web/index.ts';
import {
  type AddressInput,
  addAddress,
  type ProfileSource,
  registeredAddresses,
  removeAddress,
} from './addresses.service.ts';
import { pointing } from './pointing.rules.ts';

const KEEPERS = { duties: ['ict-manager', 'administrator'] };
const VIEWS = 'capabilities/devices/views';

const Search = Type.Object({ q: Type.Optional(Type.String({ maxLength: 120 })) }, { additionalProperties: false });
const NewAddress = Type.Object(
  {
    _csrf: Type.Optional(Type.String()),
    cidr: Type.String({ maxLength: 60 }),
    label: Type.String({ maxLength: 120 }),
    profile: Type.Optional(Type.String({ maxLength: 60 })),
    username: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
const OneAddress = Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false });
const Nothing = Type.Object({ _csrf: Type.Optional(Type.String()) }, { additionalProperties: false });

/** "Point a device here" for everyone, and the register of known addresses for those who run the network. */
export function devicesRoom(deps: Deps, known: ProfileSource): Room {
  return {
    name: 'devices',
    nav: [{ href: '/devices', text: 'Devices', duties: KEEPERS.duties, order: 55 }],
    routes: (app) => routes(app, deps, known),
  };
}

function routes(app: WebApp, deps: Deps, known: ProfileSource): void {
  app.get('/help/devices', { config: { access: 'public' } }, async (_request, reply) =>
    reply.page(`${VIEWS}/help.njk`, { to: pointing(deps.config) }),
  );

  app.get('/devices', { config: { access: KEEPERS }, schema: { querystring: Search } }, async (request, reply) =>
    reply.page(`${VIEWS}/addresses.njk`, await listing(viewerOf(request), request.query.q ?? '')),
  );

  app.post('/devices', { config: { access: KEEPERS }, schema: { body: NewAddress } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const values: AddressInput = request.body;
    try {
      await addAddress(deps, contextOf(viewer), known, values);
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      const errors = e.fields ?? { cidr: [e.message, e.remedy].filter(Boolean).join(' ') };
      return reply.status(400).page(`${VIEWS}/addresses.njk`, { ...(await listing(viewer, '')), values, errors });
    }
    return done(reply, '/devices', 'The address is registered. Gateways know it within seconds.');
  });

  app.post(
    '/devices/:id/remove',
    { config: { access: KEEPERS }, schema: { params: OneAddress, body: Nothing } },
    async (request, reply) => {
      await removeAddress(deps, contextOf(viewerOf(request)), request.params.id);
      return done(reply, '/devices', 'The address is taken out. Whoever is there now counts as unidentified.');
    },
  );

  function listing(viewer: Viewer, q: string) {
    return deps.db.in(contextOf(viewer), async (tx) => {
      const [rows, profiles] = [await registeredAddresses(tx), await known.profiles(tx, deps.clock.now())];
      const people = await names(
        tx,
        rows.flatMap((r) => r.person ?? []),
      );
      const addresses = rows
        .map((r) => ({
          ...r,
          whose: r.person ? people.get(r.person) : profiles.find((p) => p.id === r.profile)?.name,
        }))
        .filter((r) => [r.cidr, r.label, r.whose ?? ''].some((t) => t.toLowerCase().includes(q.toLowerCase())));
      return { addresses, total: rows.length, profiles, q };
    });
  }
}
