import { Type } from 'typebox';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { schools } from '#platform/school.ts';
import { PERSON_KINDS, type PolicyDocument } from '#policy/index.ts';
import { holders } from '#rooms/identity/index.ts';
import type { Room, Viewer, WebApp } from '#web/index.ts';
import { policyInForce, taxonomy } from './policies.service.ts';
import { sectionsOf, whoGetsWhat } from './policy.page.ts';
import { publicSchool } from './public-school.ts';

const Reading = Type.Object(
  { school: Type.Optional(Type.String({ maxLength: 40 })), q: Type.Optional(Type.String({ maxLength: 80 })) },
  { additionalProperties: false },
);

/** The policy in force as people read it. Public: it is the school's promise to everyone. */
export function policiesRoom(deps: Deps): Room {
  return { name: 'policies', routes: (app) => routes(app, deps) };
}

function routes(app: WebApp, deps: Deps): void {
  app.get('/policy', { config: { access: 'public' }, schema: { querystring: Reading } }, async (request, reply) => {
    const { viewer, query } = request;
    const school = await publicSchool(deps.db, viewer, query.school);
    if (!school) return reply.page('capabilities/policies/views/schools.njk', { schools: await schools(deps.db) });
    const page = await deps.db.in({ school: school.id, person: null, duties: [] }, async (tx) => {
      const policy = await policyInForce(tx, deps.clock.now());
      if (!policy) return { school, policy };
      const { document, compiled } = policy;
      return {
        school,
        policy,
        q: query.q ?? '',
        clauses: compiled.clauses,
        categories: compiled.categories,
        sections: sectionsOf(document),
        matrix: whoGetsWhat(compiled, taxonomy().categories, query.q ?? ''),
        roles: await rolesOf(tx, document, viewer),
      };
    });
    return reply.page('capabilities/policies/views/policy.njk', page);
  });
}

/** Roles that whole groups of people hold; a list of their names would help nobody. */
const OF_MANY: readonly string[] = ['teacher', ...PERSON_KINDS];

/** Who holds a role is for the adults of the school; the rest of the world learns only that the role exists. */
async function rolesOf(tx: Tx, document: PolicyDocument, viewer: Viewer | null) {
  const adult = viewer !== null && viewer.person.kind !== 'pupil';
  const roles = [];
  for (const role of document.roles) {
    const named = adult && (role.holders.min > 0 || !OF_MANY.includes(role.id));
    roles.push({ ...role, people: named ? await holders(tx, role.id) : null });
  }
  return roles;
}
