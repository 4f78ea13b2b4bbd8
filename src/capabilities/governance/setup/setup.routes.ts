import { Type } from 'typebox';
import { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { shippedPolicies } from '#rooms/policies/index.ts';
import type { WebApp } from '#web/index.ts';
import { documentOf, fieldFaults, SetupBody, type Typed } from './setup.form.ts';
import { readSetup } from './setup.rules.ts';
import { type Enrolled, isSetupToken, setUp } from './setup.service.ts';

const VIEWS = 'capabilities/governance/views';
const params = Type.Object({ token: Type.String({ maxLength: 100 }) });

export function setupRoutes(app: WebApp, deps: Deps, onEnrolled: (enrolled: Enrolled) => void): void {
  const config = { access: 'public' } as const;

  app.get('/setup/:token', { config, schema: { params } }, async (request, reply) => {
    if (!(await isSetupToken(deps, request.params.token))) return reply.status(404).page(`${VIEWS}/setup-used.njk`);
    return reply.page(`${VIEWS}/setup.njk`, form({ '/school/timeZone': 'Europe/London', '/site': 'Main site' }, {}));
  });

  app.post('/setup/:token', { config, schema: { params, body: SetupBody } }, async (request, reply) => {
    const typed: Typed = request.body;
    const { document, termRows } = documentOf(typed);
    if (!(await isSetupToken(deps, request.params.token))) return reply.status(404).page(`${VIEWS}/setup-used.njk`);
    try {
      const people = await setUp(deps, readSetup(document), request.params.token, onEnrolled);
      return reply.page(`${VIEWS}/setup-done.njk`, { people, name: typed['/school/name'] });
    } catch (e) {
      if (!(e instanceof Refusal)) throw e;
      if (e.code === 'setup.link') return reply.status(404).page(`${VIEWS}/setup-used.njk`);
      const faults = e.fields ? fieldFaults(e.fields, termRows) : { '/school/name': e.message };
      return reply.status(400).page(`${VIEWS}/setup.njk`, form(typed, faults));
    }
  });

  const form = (typed: Typed, errors: Record<string, string>) => ({
    typed,
    errors,
    policies: shippedPolicies().map((p) => ({ value: p.id, text: p.title })),
  });
}
