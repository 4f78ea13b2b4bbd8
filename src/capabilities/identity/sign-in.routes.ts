import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { conflict, invalid, Refusal } from '#core/errors.ts';
import { digestToken } from '#core/ids.ts';
import { type Context, systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type School, schools } from '#platform/school.ts';
import { contextOf, done, orFormAgain, SESSION_COOKIE, viewerOf, type WebApp } from '#web/index.ts';
import { hasChosenPassword, setPassword, tryCredentials } from './credentials.ts';
import { passwordAdvice } from './password.rules.ts';
import { identityPolicy } from './policy.store.ts';
import { PLACE_COOKIE } from './refusals.store.ts';
import { clientAddress, endSessions, startSession } from './sessions.ts';

const Csrf = { _csrf: Type.Optional(Type.String({ maxLength: 200 })) };
const Word = (maxLength = 300) => Type.String({ maxLength });
const SignIn = Type.Object(
  {
    ...Csrf,
    school: Word(),
    username: Word(),
    password: Word(),
    notice: Word(20),
    next: Type.Optional(Word(2000)),
  },
  { additionalProperties: false },
);
const NewPassword = Type.Object(
  { ...Csrf, current: Type.Optional(Word()), password: Word(), again: Word() },
  { additionalProperties: false },
);

/** The same words whatever was wrong: they must not tell which usernames exist. */
const wrong = () =>
  new Refusal(
    'unauthenticated',
    'sign-in.wrong',
    'The username and password do not match, or the account is resting.',
    {
      remedy:
        'Check both and try again. After five wrong tries an account rests for some minutes. If you have forgotten your password, ask at school for a new one.',
    },
  );

export function signInRoutes(app: WebApp, deps: Deps): void {
  const secure = deps.config.pagesUrl.startsWith('https:');
  // No lifetime of its own: it goes with the browser, as it should on a shared machine.
  const setSession = (reply: FastifyReply, token: string) =>
    reply.setCookie(SESSION_COOKIE, token, { path: '/', httpOnly: true, sameSite: 'lax', secure });

  app.get(
    '/sign-in',
    {
      config: { access: 'public' },
      schema: { querystring: Type.Object({ school: Type.Optional(Word(40)), next: Type.Optional(Word(2000)) }) },
    },
    async (request, reply) => {
      if (request.viewer) return reply.redirect(safeNext(request.query.next), 303);
      return signInPage(deps, reply, request.query);
    },
  );

  app.post('/sign-in', { config: { access: 'public' }, schema: { body: SignIn } }, (request, reply) =>
    orFormAgain(
      reply,
      async () => {
        const { person, token, mustChange } = await signIn(deps, request);
        if (request.viewer) await endThis(deps, request);
        request.viewer = null;
        setSession(reply, token);
        deps.log.info('session.start', { person });
        return reply.redirect(mustChange ? '/password' : safeNext(request.body.next), 303);
      },
      (refusal) => signInPage(deps, reply, { ...request.body, refusal }),
    ),
  );

  app.post('/sign-out', { config: { access: 'signed-in', whileMustChange: true } }, async (request, reply) => {
    await endThis(deps, request);
    reply.clearCookie(SESSION_COOKIE, { path: '/' });
    return done(reply, '/sign-in', 'You have signed out.');
  });

  app.get('/password', { config: { access: 'signed-in', whileMustChange: true } }, (request, reply) =>
    passwordPage(deps, request, reply),
  );

  app.post(
    '/password',
    { config: { access: 'signed-in', whileMustChange: true }, schema: { body: NewPassword } },
    (request, reply) =>
      orFormAgain(
        reply,
        async () => {
          setSession(reply, await changeOwnPassword(deps, request, request.body));
          const first = viewerOf(request).mustChange;
          return done(reply, first ? '/' : '/me', 'Your password has been changed.');
        },
        (refusal) => passwordPage(deps, request, reply, refusal),
      ),
  );
}

interface SignInForm {
  readonly school?: string;
  readonly username?: string;
  readonly next?: string;
  readonly refusal?: Refusal;
}

/** With one school there is nothing to choose; with several, the school comes first, since the notice is the school's. */
async function signInPage(deps: Deps, reply: FastifyReply, form: SignInForm): Promise<FastifyReply> {
  const all = await schools(deps.db);
  const school = chosen(all, form.school);
  const policy = school && (await deps.db.in(systemContext(school.id), (tx) => identityPolicy(tx, deps.clock.now())));
  return reply.page('capabilities/identity/views/sign-in.njk', {
    schools: all,
    school,
    notice: policy?.notice,
    noticeVersion: policy?.number ?? 0,
    username: form.username,
    next: safeNext(form.next),
    refusal: form.refusal,
  });
}

const chosen = (all: readonly School[], slug: string | undefined) =>
  all.length === 1 ? all[0] : all.find((s) => s.slug === slug);

async function signIn(deps: Deps, request: FastifyRequest<{ Body: Static<typeof SignIn> }>) {
  const { body } = request;
  const school = chosen(await schools(deps.db), body.school);
  if (!school) throw invalid('sign-in.school', 'Choose your school.', { school: 'Choose your school' });
  const address = clientAddress(request.ip);
  const policy = await deps.db.in(systemContext(school.id), (tx) => identityPolicy(tx, deps.clock.now()));
  if (body.notice !== String(policy.number)) {
    throw conflict(
      'sign-in.notice',
      'The school’s notice about monitoring has changed since this page was opened.',
      'Read it below, then sign in again.',
    );
  }
  const { username, password } = body;
  const place = request.cookies[PLACE_COOKIE];
  const browser = place ? digestToken(place) : undefined;
  const result = await tryCredentials(deps, { school: school.id, username, password, address, via: 'page', browser });
  if (result.outcome === 'must-change') {
    throw new Refusal('unauthenticated', 'sign-in.first-used', 'This first password has been used already.', {
      remedy: 'It works once. Ask whoever gave it to you for a new one.',
    });
  }
  if (result.outcome === 'too-many') {
    throw new Refusal('too-many', 'sign-in.too-many', 'There were many wrong tries from this device or network.', {
      remedy: 'Wait five minutes, then try again.',
    });
  }
  if (result.outcome === 'not-here') {
    throw new Refusal('unauthenticated', 'sign-in.not-here', 'This computer is set apart, and pupils do not use it.', {
      remedy: 'Sign in on any other computer. Your password is right, and nothing is wrong with your account.',
    });
  }
  if (result.outcome !== 'ok') throw wrong();
  const { person, mustChange } = result;
  const context: Context = { school: school.id, person, duties: [] };
  const token = await deps.db.in(context, (tx) =>
    startSession(tx, deps, context, {
      person,
      address,
      userAgent: request.headers['user-agent'] ?? '',
      mustChange,
      notice: policy.number,
    }),
  );
  return { person, token, mustChange };
}

/** End the session this request came with. */
async function endThis(deps: Deps, request: FastifyRequest): Promise<void> {
  const viewer = viewerOf(request);
  const by = contextOf(viewer);
  await deps.db.in(by, (tx) => endSessions(tx, deps, by, { person: viewer.person.id, only: sessionOf(request) }));
}

/** The digest under which this request's session is kept. */
export const sessionOf = (request: FastifyRequest): Buffer => digestToken(request.cookies[SESSION_COOKIE] ?? '');

/** Change it, end every session, and begin a new one: whoever knew the old password is out. */
async function changeOwnPassword(
  deps: Deps,
  request: FastifyRequest,
  typed: { current?: string; password: string; again: string },
): Promise<string> {
  const viewer = viewerOf(request);
  const by = contextOf(viewer);
  const person = viewer.person.id;
  if (typed.password !== typed.again) {
    throw invalid('password.again', 'The two new passwords differ.', { again: 'Type the new password once more' });
  }
  // At sign-in it was asked for just now.
  if (!viewer.mustChange) {
    const { outcome } = await tryCredentials(deps, {
      school: viewer.school.id,
      username: viewer.person.username,
      password: typed.current ?? '',
      address: clientAddress(request.ip),
      via: 'page',
    });
    if (outcome !== 'ok') {
      throw invalid('password.current', 'Your current password is not right, or the account is resting.', {
        current: 'Enter your current password',
      });
    }
  }
  return deps.db.in(by, async (tx) => {
    const { number } = await identityPolicy(tx, deps.clock.now());
    await setPassword(tx, deps, by, { person, password: typed.password });
    await endSessions(tx, deps, by, { person });
    return startSession(tx, deps, by, {
      person,
      address: clientAddress(request.ip),
      userAgent: request.headers['user-agent'] ?? '',
      mustChange: null,
      notice: number,
    });
  });
}

async function passwordPage(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal?: Refusal,
): Promise<FastifyReply> {
  const viewer = viewerOf(request);
  const now = deps.clock.now();
  const { policy, chosen } = await deps.db.in(contextOf(viewer), async (tx) => ({
    policy: await identityPolicy(tx, now),
    chosen: await hasChosenPassword(tx, viewer.person.id),
  }));
  return reply.page('capabilities/identity/views/password.njk', {
    due: viewer.mustChange && chosen ? policy.passwords.rotation : null,
    stretches: STRETCHES,
    advice: passwordAdvice(policy.passwords),
    clause: policy.passwords.clause,
    refusal,
  });
}

const STRETCHES = { 'half-term': 'half term', term: 'term', 'academic-year': 'school year' } as const;

/** Only a path of our own: an address that leads away after sign-in would help a forger. */
export function safeNext(next: string | undefined): string {
  const base = 'http://gatehouse.invalid';
  const url = next?.startsWith('/') ? URL.parse(next, base) : null;
  // `/.//elsewhere.example` is a path of ours only until its dots are resolved; a browser reads the rest as a host.
  if (url?.origin !== base || url.pathname.startsWith('//') || url.pathname === '/sign-in') return '/';
  return url.pathname + url.search;
}
