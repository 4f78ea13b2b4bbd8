import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '#core/errors.ts';
import type { Context } from '#platform/db.ts';
import type { NavItem } from './nav.ts';

/** Who is looking at the page: made from the session's row, never from what the browser sent. */
export interface Viewer {
  readonly school: { readonly id: string; readonly slug: string; readonly name: string; readonly timeZone: string };
  readonly person: {
    readonly id: string;
    readonly username: string;
    readonly displayName: string;
    readonly kind: 'pupil' | 'staff' | 'governor' | 'parent' | 'volunteer' | 'visitor';
    readonly yearGroup: number | null;
  };
  /** Product roles held now, holder or deputy; every member of staff holds `staff`, every pupil `pupil`, and so on. */
  readonly duties: readonly string[];
  readonly csrf: string;
  /** Only the form that changes the password is open (IDA-03). */
  readonly mustChange: boolean;
}

/** Who may use a route. There is no default: a route that does not say is refused at start. */
export type Access =
  | 'public'
  | 'signed-in'
  /** A gateway's bearer token; the route checks it. */
  | 'gateway'
  | { readonly duties: readonly string[] };

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer | null;
    /** The links that rooms add for this reader besides those of their duties. */
    nav: readonly NavItem[] | null;
  }
  interface FastifyContextConfig {
    access?: Access;
    /** Open although the password must be changed first (the change form, sign-out). */
    whileMustChange?: boolean;
    /** Takes multipart forms, and calls `checkCsrf` itself. */
    takesFiles?: boolean;
  }
  interface FastifyReply {
    /** Render a page: `template` is a path under src/, such as `capabilities/incidents/views/case.njk`. */
    page(template: string, data?: Record<string, unknown>): FastifyReply;
    cspNonce: string;
  }
}

export function viewerOf(request: FastifyRequest): Viewer {
  if (!request.viewer) throw new Refusal('unauthenticated', 'sign-in', 'Sign in to see this page.');
  return request.viewer;
}

export const contextOf = (viewer: Viewer): Context => ({
  school: viewer.school.id,
  person: viewer.person.id,
  duties: viewer.duties,
});

export const hasDuty = (viewer: Viewer, ...duties: readonly string[]): boolean =>
  duties.some((d) => viewer.duties.includes(d));

/** Send the browser on after a command, with one sentence that the next page shows once. */
export function done(reply: FastifyReply, to: string, message?: string): FastifyReply {
  if (message)
    reply.setCookie('gatehouse-done', message, { path: '/', httpOnly: true, sameSite: 'strict', maxAge: 60 });
  return reply.redirect(to, 303);
}
