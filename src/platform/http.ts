import { Refusal, type RefusalKind } from '#core/errors.ts';
import { DatabaseAway } from './db.ts';

const STATUS: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-many': 429,
  unavailable: 503,
};

/** The only place where a refusal becomes an HTTP status. */
export const statusOf = (refusal: Refusal): number => STATUS[refusal.kind];

/** What was thrown, as something that may be shown; null for a fault of ours, whose words stay inside. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error;
  if (error instanceof DatabaseAway) {
    return new Refusal('unavailable', 'db.away', 'Gatehouse cannot reach its records at this moment.', {
      remedy:
        'It comes back by itself. Try again in a minute; if you were saving something, look first whether it is there.',
    });
  }
  if (!(error instanceof Error)) return null;
  const e = error as Error & {
    statusCode?: number;
    validation?: { instancePath?: string; message?: string }[];
    code?: string;
  };
  if (e.validation) {
    const fields = Object.fromEntries(
      e.validation.map((v) => [(v.instancePath ?? '').replace(/^\//, '') || 'form', `${v.message ?? 'is not valid'}`]),
    );
    return new Refusal('invalid', 'http.validation', 'Some of what was sent is not as expected.', { fields });
  }
  if (e.statusCode === 413) return new Refusal('invalid', 'http.too-large', 'What was sent is too large.');
  if (e.statusCode !== undefined && e.statusCode >= 400 && e.statusCode < 500) {
    return new Refusal('invalid', e.code ?? 'http.bad-request', 'The request could not be understood.');
  }
  return null;
}
