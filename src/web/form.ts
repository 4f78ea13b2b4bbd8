import type { FastifyReply } from 'fastify';
import { Refusal } from '#core/errors.ts';
import { statusOf } from '#platform/http.ts';

/**
 * Run a form's command. When what was typed is refused, the form is shown again with what was typed and the reasons
 * (GOV.UK's error pattern: `errorSummary` and `field` in views/components/form.njk read `refusal`).
 */
export async function orFormAgain(
  reply: FastifyReply,
  command: () => Promise<FastifyReply>,
  form: (refusal: Refusal) => FastifyReply | Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await command();
  } catch (e) {
    if (!(e instanceof Refusal) || !AGAIN.has(e.kind)) throw e;
    reply.status(statusOf(e));
    return form(e);
  }
}

/** What another try with other words can put right. */
const AGAIN: ReadonlySet<Refusal['kind']> = new Set(['invalid', 'conflict', 'unauthenticated', 'too-many']);
