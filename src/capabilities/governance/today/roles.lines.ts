import { liveHoldings, overduePasswords, roleTitle } from '#rooms/identity/index.ts';
import { policyInForce, registerStates, rolesState } from '#rooms/policies/index.ts';
import { type Line, many, type ReadLines } from './line.ts';

/** Roles that the policy wants held and that too few people hold (FIL-04, ROL-03, ROL-09), or does not say who holds (ROL-18). */
export const vacantRoles: ReadLines = async (tx, _viewer, now) => {
  const roles = await rolesState(tx, now);
  if (!roles) return [];
  const { short, filterAlone } = roles;
  const lines: Line[] = [];
  if (filterAlone) {
    lines.push({
      tone: 'amber',
      text: 'Fewer than two people share the duty for the filter',
      href: '/roles/filter-approver',
      note: 'It is never one person’s job alone.',
    });
  }
  if (short.length > 0) {
    const text = `${many(short.length, 'role')} of the policy without enough people`;
    lines.push({ tone: 'amber', text, href: '/roles', note: short.map((r) => `${r.title}: ${r.text}`).join('; ') });
  }
  const unnamed = roles.questions.filter((q) => !short.some((r) => r.role === q.role));
  if (unnamed.length > 0) {
    const text = `${many(unnamed.length, 'role')} that the policy names without saying who it is`;
    lines.push({ tone: 'amber', text, href: '/roles', note: unnamed.map((r) => r.title).join(', ') });
  }
  return lines;
};

/** ROL-01: what somebody handed to this person, until they say that they take it on. */
export const rolesToAccept: ReadLines = async (tx, viewer, now) => {
  const handed = (await liveHoldings(tx, now)).filter(
    (h) => h.person === viewer.person.id && h.givenBy !== null && h.acceptedAt === null,
  );
  if (handed.length === 0) return [];
  const defined = (await policyInForce(tx, now))?.document.roles;
  return handed
    .filter((h) => defined?.some((r) => r.id === h.role))
    .map((h) => ({
      tone: 'amber',
      text: `You were given a role: ${roleTitle(h.role, defined)}${h.rank === 'deputy' ? ' (deputy)' : ''}`,
      href: `/roles/${h.role}`,
      note: 'Read its duties and say that you take it on.',
    }));
};

const AMISS = [
  ['missing', 'not supplied or not checked'],
  ['broken', 'with a broken link'],
  ['overdue', 'whose review is overdue'],
] as const;

/** Linked documents and guidance that somebody must see to (GOV-14..31, CAL-42). */
export const registersAmiss: ReadLines = async (tx, _viewer, now) => {
  const states = (await registerStates(tx, now)).map((r) => r.state);
  const parts = AMISS.map(([state, words]) => [states.filter((s) => s === state).length, words] as const);
  const amiss = parts.filter(([n]) => n > 0);
  if (amiss.length === 0) return [];
  const n = amiss.reduce((sum, [count]) => sum + count, 0);
  const text = `${many(n, 'linked document or reference', 'linked documents and references')} to see to`;
  return [
    { tone: 'amber', text, href: '/registers', note: amiss.map(([count, words]) => `${count} ${words}`).join(', ') },
  ];
};

/** How far the change of passwords that the policy orders has come (IDA-04, CAL-01). */
export const passwordChange: ReadLines = async (tx, viewer, now) => {
  const state = await overduePasswords(tx, now);
  if (!state) return [];
  const href = '/people';
  if (!state.since) {
    const text = 'The policy has passwords changed by the terms, and no term dates are entered';
    return [{ tone: 'amber', text, href: '/settings' }];
  }
  const { overdue, people } = state;
  const since = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: viewer.school.timeZone });
  const text = `Passwords changed since ${since.format(state.since)}: ${people - overdue} of ${people}`;
  const note = overdue > 0 ? 'The others choose a new one when they next sign in.' : undefined;
  return [{ tone: overdue > 0 ? 'calm' : 'quiet', text, href, ...(note && { note }) }];
};
