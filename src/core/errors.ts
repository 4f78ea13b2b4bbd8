/**
 * The one kind of error that people are meant to see. Everything else that is thrown is a fault of
 * ours: it is logged whole and shown as "something went wrong".
 */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly kind: RefusalKind;
  /** Stable, for programs and tests: `case.close.no-outcome`. */
  readonly code: string;
  /** What would change the answer, in plain English; shown under the message. */
  readonly remedy: string | undefined;
  /** Field → message, for forms. */
  readonly fields: Readonly<Record<string, string>> | undefined;

  constructor(
    kind: RefusalKind,
    code: string,
    message: string,
    more: { remedy?: string; fields?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.kind = kind;
    this.code = code;
    this.remedy = more.remedy;
    this.fields = more.fields;
  }
}

/** Mapped to HTTP in one place, `platform/http.ts`. */
export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-many'
  | 'unavailable';

export const invalid = (code: string, message: string, fields?: Record<string, string>, remedy?: string): Refusal =>
  new Refusal('invalid', code, message, { ...(fields && { fields }), ...(remedy && { remedy }) });
export const forbidden = (code: string, message: string, remedy?: string): Refusal =>
  new Refusal('forbidden', code, message, { ...(remedy && { remedy }) });
export const notFound = (what: string): Refusal =>
  new Refusal('not-found', 'not-found', `We could not find ${what}, or it is not yours to see.`);
export const conflict = (code: string, message: string, remedy?: string): Refusal =>
  new Refusal('conflict', code, message, { ...(remedy && { remedy }) });
