import type { Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { done, orFormAgain, viewerOf, type WebApp } from '#web/index.ts';
import { baseOf, readStart, type Start } from '../life/drafts.routes.ts';
import { createDraft } from '../life/drafts.service.ts';
import { shippedPolicies } from '../policies.service.ts';
import { VIEWS, WRITE } from './form.routes.ts';

/** A school's own policy begins from a shipped one or from a file, and goes on with the open questions. */
export function importRoutes(app: WebApp, deps: Deps): void {
  const page = (typed: Pick<Start, 'title' | 'from'>, refusal: Refusal | null) => ({
    typed,
    refusal,
    faults: refusal?.code === 'policy.invalid' ? faultsOf(refusal) : [],
    more: refusal ? (/ {2}and (.*\d+ more)$/m.exec(refusal.message)?.[1] ?? null) : null,
    message: refusal?.message.split('\n')[0],
    bases: shippedPolicies(),
  });
  app.get('/policy/import', { config: WRITE }, async (_request, reply) =>
    reply.page(`${VIEWS}/import.njk`, page({ title: 'Our online-safety policy', from: '' }, null)),
  );
  app.post('/policy/import', { config: { ...WRITE, takesFiles: true } }, async (request, reply) => {
    const viewer = viewerOf(request);
    let start: Start = { title: '', from: '', file: null };
    return orFormAgain(
      reply,
      async () => {
        start = await readStart(request);
        const { id } = await createDraft(deps, viewer, { title: start.title, from: baseOf(start) });
        return done(
          reply,
          `/policy/drafts/${id}/questions`,
          'The draft is begun. Nothing is taken as confirmed until you confirm it.',
        );
      },
      (refusal) => reply.page(`${VIEWS}/import.njk`, page(start, refusal)),
    );
  });
}

/** Place, what was expected, and what was found. */
const faultsOf = (refusal: Refusal) =>
  Object.entries(refusal.fields ?? {}).map(([place, fault]) => {
    const [, expected = fault, found = ''] = /^expected (.*); found (.*)$/s.exec(fault) ?? [];
    return { place: place || '/', expected, found };
  });
