import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { done, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { addTaught, registerPage, takeBack } from './register.service.ts';

const VIEW = 'capabilities/incidents/cyber-bullying/views/register.njk';
const PATH = '/learning/cyber-bullying';
const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const READERS = { access: { duties: ['staff', 'governor'] } };
const STAFF = { access: { duties: ['staff'] } };

export const BULLYING_NAV = { href: PATH, text: 'Bullying online', duties: ['staff', 'governor'], order: 70 };

/** What classes are taught about bullying online (CYB-03, CYB-05, CYB-06, CYB-07). */
export function bullyingRoutes(app: WebApp, deps: Deps): void {
  app.get(
    PATH,
    { config: READERS, schema: { querystring: Type.Object({ q: Text(100), year: Text(40) }, closed) } },
    async (request, reply) => reply.page(VIEW, await registerPage(deps, viewerOf(request), request.query)),
  );
  app.post(
    PATH,
    {
      config: STAFF,
      schema: {
        body: Type.Object(
          {
            _csrf: Text(100),
            topics: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 10 })])),
            setting: Text(20),
            year: Text(4),
            group: Text(80),
            subject: Text(200),
            on: Text(10),
          },
          closed,
        ),
      },
    },
    (request, reply) => {
      const viewer = viewerOf(request);
      const { topics = [], setting = '', year = '', group = '', subject = '', on = '' } = request.body;
      const typed = { topics: [topics].flat(), setting, year, group, subject, on };
      return orFormAgain(
        reply,
        async () => {
          await addTaught(deps, viewer, typed);
          return done(reply, PATH, 'It is ticked.');
        },
        async (refusal) => reply.page(VIEW, { ...(await registerPage(deps, viewer, {})), typed, refusal }),
      );
    },
  );
  app.post(
    `${PATH}/:id/take-back`,
    { config: STAFF, schema: { params: Type.Object({ id: Type.String({ maxLength: 40 }) }) } },
    async (request, reply) => {
      await takeBack(deps, viewerOf(request), request.params.id);
      return done(reply, PATH, 'It counts no longer.');
    },
  );
}
