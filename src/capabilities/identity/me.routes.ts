import { DAY } from '#core/clock.ts';
import type { Deps } from '#platform/deps.ts';
import { contextOf, done, viewerOf, type WebApp } from '#web/index.ts';
import { looksAtMe } from './classes.store.ts';
import { personById } from './people.store.ts';
import { identityPolicy } from './policy.store.ts';
import { roleTitle } from './roles.rules.ts';
import { endSessions, liveSessions } from './sessions.ts';
import { sessionOf } from './sign-in.routes.ts';
import { describeAgent } from './user-agent.ts';

const OUTCOMES: Readonly<Record<string, { text: string; tone: string }>> = {
  ok: { text: 'Right password', tone: 'calm' },
  'wrong-password': { text: 'Wrong password', tone: 'amber' },
  'must-change': { text: 'First password again', tone: 'amber' },
  locked: { text: 'Account was resting', tone: 'amber' },
  'no-notice': { text: 'Monitoring notice not accepted yet', tone: 'amber' },
  left: { text: 'Account closed', tone: 'quiet' },
};
const SHOWN = 20;
const LOOKS_SHOWN = 30 * DAY;

export function meRoutes(app: WebApp, deps: Deps): void {
  app.get('/me', { config: { access: 'signed-in' } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { id } = viewer.person;
    const now = deps.clock.now();
    const pupil = viewer.person.kind === 'pupil';
    const data = await deps.db.in(contextOf(viewer), async (tx) => ({
      looks: pupil ? await looksAtMe(tx, now - LOOKS_SHOWN) : [],
      person: await personById(tx, id),
      policy: await identityPolicy(tx, now),
      sessions: await liveSessions(tx, id, now),
      attempts: await tx
        .selectFrom('sign_in_attempt')
        .select(['at', 'address', 'via', 'outcome'])
        .where('person_id', '=', id)
        .orderBy('at', 'desc')
        .limit(SHOWN)
        .execute(),
      holdings: await tx
        .selectFrom('role_holding')
        .select(['role', 'rank', 'from_at'])
        .where('person_id', '=', id)
        .where('until_at', 'is', null)
        .orderBy('from_at')
        .execute(),
    }));
    const own = sessionOf(request);
    return reply.page('capabilities/identity/views/me.njk', {
      showsLooks: pupil && data.policy.showsLooks,
      looks: data.looks.map((l) => ({
        ...l,
        by: l.asRole === 'teacher' ? 'A teacher of your class' : roleTitle(l.asRole, data.policy.roles),
      })),
      person: data.person,
      roles: viewer.duties.map((duty) => {
        const defined = data.policy.roles.find((r) => r.id === duty);
        const holding = data.holdings.find((h) => h.role === duty);
        return {
          title: roleTitle(duty, data.policy.roles),
          holding,
          clause: defined?.clause,
          duties: defined?.duties ?? [],
        };
      }),
      sessions: data.sessions.map((s) => ({ ...s, agent: describeAgent(s.user_agent), current: s.digest.equals(own) })),
      attempts: data.attempts.map((a) => ({ ...a, shown: OUTCOMES[a.outcome] ?? { text: a.outcome, tone: 'quiet' } })),
    });
  });

  app.post('/me/end-others', { config: { access: 'signed-in' } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const by = contextOf(viewer);
    const ended = await deps.db.in(by, (tx) =>
      endSessions(tx, deps, by, { person: viewer.person.id, except: sessionOf(request) }),
    );
    return done(reply, '/me', ended === 0 ? 'You were signed in nowhere else.' : 'You are now signed in only here.');
  });
}
