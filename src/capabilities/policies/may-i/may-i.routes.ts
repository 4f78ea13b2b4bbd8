import { type Static, Type } from 'typebox';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { schools } from '#platform/school.ts';
import { PERSON_KINDS } from '#policy/index.ts';
import { contextOf, type WebApp } from '#web/index.ts';
import { publicSchool } from '../public-school.ts';
import { mayIPage, type Question } from './may-i.pages.ts';

const VIEWS = 'capabilities/policies/may-i/views';
const Text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const Query = Type.Object(
  {
    school: Text(40),
    q: Text(300),
    what: Text(100),
    who: Text(100),
    when: Text(20),
    day: Text(1),
    time: Text(5),
    zone: Text(20),
    equipment: Text(20),
  },
  { additionalProperties: false },
);

export const MAY_I_NAV = { href: '/may-i', text: 'May I?', duties: PERSON_KINDS, order: 58 };

/** "May I?": anybody asks in plain words what the policy allows, and sees the answer with its clause. Nothing of it is kept. */
export function mayIRoutes(app: WebApp, deps: Deps): void {
  app.get('/may-i', { config: { access: 'public' }, schema: { querystring: Query } }, async (request, reply) => {
    const { viewer, query } = request;
    const school = await publicSchool(deps.db, viewer, query.school);
    if (!school) return reply.page(`${VIEWS}/schools.njk`, { schools: await schools(deps.db) });
    const context = viewer ? contextOf(viewer) : systemContext(school.id);
    const page = await deps.db.in(context, (tx) => mayIPage(tx, deps, school, viewer, questionOf(query)));
    return reply.page(`${VIEWS}/may-i.njk`, page);
  });
}

/** Plain words come first; the drop-downs are asked where there are none. */
function questionOf(query: Static<typeof Query>): Question | null {
  if (query.q?.trim()) return { q: query.q };
  if (!query.what) return null;
  const { what, who = '', when = '', day = '', time = '', zone = '', equipment = '' } = query;
  return { what, who, when, day, time, zone, equipment };
}
