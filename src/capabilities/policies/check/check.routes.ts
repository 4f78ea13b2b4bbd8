import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { contextOf, hasDuty, viewerOf, type WebApp } from '#web/index.ts';
import { POLICY_EDITORS } from '../life/drafts.facts.ts';
import { checkPage, KINDS } from './check.page.ts';
import { policyCheck } from './check.service.ts';

/** Those who write the policy, decide on it, run it or answer for it. */
export const CHECK_READERS = [
  'dsl',
  'centre-lead',
  'head',
  'ict-manager',
  'administrator',
  'governor',
  'lead-governor',
  'chair',
  'coordinator',
];

const text = Type.Optional(Type.String({ maxLength: 100 }));
const Search = Type.Object({ q: text, kind: text }, { additionalProperties: false });

/** What is contradictory, wrong or open in the policy in force (GOV-34). */
export function checkRoutes(app: WebApp, deps: Deps): void {
  app.get(
    '/policy/check',
    { config: { access: { duties: CHECK_READERS } }, schema: { querystring: Search } },
    async (request, reply) => {
      const viewer = viewerOf(request);
      const asked = request.query;
      const found = await deps.db.in(contextOf(viewer), (tx) => policyCheck(tx, deps.clock.now()));
      return reply.page('capabilities/policies/check/views/check.njk', {
        asked,
        kinds: KINDS,
        mayEdit: hasDuty(viewer, ...POLICY_EDITORS),
        ...(found && { policy: found.policy, ...checkPage(found.policy.document, found.lints, asked) }),
      });
    },
  );
}
