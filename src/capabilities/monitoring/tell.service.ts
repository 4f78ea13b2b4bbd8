import { invalid } from '#core/errors.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { holders, roleTitle } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import { raise } from './alerts.service.ts';
import { escalationSteps } from './escalation.service.ts';

export interface Told {
  readonly words: string;
  /** As they wrote it, when they are not signed in and want to say. */
  readonly name: string;
  readonly about: 'me' | 'someone-else' | null;
  readonly safe: 'yes' | 'no' | 'unsure' | null;
  /** "Somebody needs to see this straight away." */
  readonly now: boolean;
  /** A role that deals with such reports, when it is about somebody who holds it. */
  readonly role: string | null;
}

const MAX_WORDS = 5000;

/**
 * ALR-09: somebody tells us something, signed in or not, and it becomes an alert. Whoever does not say that they are safe
 * is taken not to be. When it is about somebody who deals with such reports, nobody who holds that duty sees it or is
 * told, and it goes to the next whom the policy names (ALR-10).
 */
export async function tellUs(
  deps: Deps,
  school: string,
  viewer: Viewer | null,
  told: Told,
): Promise<{ reference: string }> {
  const words = told.words.trim();
  if (words === '') {
    throw invalid('tell.words', 'Please tell us what happened.', {
      words: 'Write a few words. They need not be perfect.',
    });
  }
  if (words.length > MAX_WORDS) {
    throw invalid('tell.words', 'That is more than we can take in one go.', {
      words: `Send the first part now, up to ${MAX_WORDS} letters. You can send the rest after it.`,
    });
  }
  const safe = told.safe ?? 'unsure';
  return deps.db.in(systemContext(school), async (tx) => {
    const concerned = told.role === null ? [] : await concernedBy(tx, told.role, deps.clock.now());
    const principal = concerned.filter((p) => p.rank === 'holder');
    const policy = await policyInForce(tx, deps.clock.now());
    return raise(tx, deps, {
      school,
      subject: principal.length === 1 ? (principal[0]?.id ?? null) : null,
      keptFrom: concerned.map((p) => p.id),
      detector: 'told',
      category: null,
      urgency: told.now || safe !== 'yes' ? 'urgent' : 'soon',
      clause: policy?.document.monitoring.escalationClause ?? null,
      lines: [
        {
          at: new Date(deps.clock.now()).toISOString(),
          host: '',
          category: null,
          outcome: '',
          via: 'told',
          text: words,
          told: { by: viewer?.person.id ?? null, name: told.name.trim() || null, about: told.about, safe },
        },
      ],
      openKey: null,
    });
  });
}

/** Everybody who holds a role that the form offers. */
async function concernedBy(tx: Tx, role: string, now: number) {
  if (!(await reportRoles(tx, now)).some((r) => r.role === role)) {
    throw invalid('tell.role', 'Choose one of the people in the list.', {
      role: 'Choose one of the people in the list.',
    });
  }
  return holders(tx, role);
}

/** The roles that the policy has deal with reports, by the school's own titles. */
export async function reportRoles(tx: Tx, now: number): Promise<{ role: string; title: string }[]> {
  const defined = (await policyInForce(tx, now))?.document.roles;
  const roles = new Set((await escalationSteps(tx, now)).map((s) => s.role));
  return [...roles].map((role) => ({ role, title: roleTitle(role, defined) }));
}
