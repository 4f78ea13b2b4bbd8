import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import { type Holding, names, pastHoldings, searchPeople, whyNotRole } from '#rooms/identity/index.ts';
import { hasDuty, type Viewer } from '#web/index.ts';
import { filterDutyPeople, type Standing, sayMissing } from './roles.rules.ts';
import { rolesNow } from './standing.store.ts';

/** Roles open doors, so only an administrator gives them (identity says the same of /people). */
export const GIVE_ROLES = { access: { duties: ['administrator'] } };
/** ROL-16: every adult of the school may know who answers for what. */
export const READ_ROLES = { access: { duties: ['staff', 'governor', 'parent', 'volunteer', 'visitor'] } };
/** Who was it before, and since when: for those who work here or answer for the school. */
const HISTORY = ['staff', 'governor'];
/** Reasons may be personal: for those who give roles, or must explain them. */
const REASONS = ['administrator', 'head', 'dsl', 'centre-lead', 'chair', 'lead-governor'];

const FOUND = 20;

/** Every role of the policy in force, or those that the search finds by title, duty or name. */
export async function rolesPage(tx: Tx, now: number, search: string) {
  const found = await rolesNow(tx, now);
  if (!found) return { groups: null };
  const { policy, standings, holdings } = found;
  const wanted = search.trim().toLowerCase();
  const fits = ({ role, holders, deputies }: Standing) =>
    [role.title, ...role.duties, ...[...holders, ...deputies].map((h) => h.name)]
      .join('\n')
      .toLowerCase()
      .includes(wanted);
  const fitting = standings.filter(fits).map(shown);
  return {
    q: search,
    clauses: policy.compiled.clauses,
    groups: [
      { title: 'To see to', roles: fitting.filter(toSeeTo) },
      { title: 'In order', roles: fitting.filter((s) => !toSeeTo(s)) },
    ].filter((g) => g.roles.length > 0),
    found: fitting.length,
    total: standings.length,
    short: standings.filter(toSeeTo).length,
    filterAlone: filterDutyPeople(holdings) < 2,
  };
}

const toSeeTo = (s: Pick<Standing, 'question'> & { readonly missing: readonly unknown[] }) =>
  s.missing.length > 0 || s.question;

const shown = (s: Standing) => ({ ...s, missing: s.missing.map(sayMissing) });

/** One role: its duties, who holds it and held it, and for those who may, the forms to change that. */
export async function rolePage(tx: Tx, viewer: Viewer, now: number, id: string, find: string) {
  const found = await rolesNow(tx, now);
  const standing = found?.standings.find((s) => s.role.id === id);
  if (!found || !standing) throw notFound('this role in the policy in force');
  const past = hasDuty(viewer, ...HISTORY) && standing.people === null ? await pastHoldings(tx, id) : [];
  const live = [...standing.holders, ...standing.deputies];
  const mentioned = [...live, ...past].flatMap((h) => [h.givenBy, h.endedBy].filter((p) => p !== null));
  const who = await names(tx, mentioned);
  const reasons = hasDuty(viewer, ...REASONS);
  const line = (h: Holding) => ({
    ...h,
    givenBy: who.get(h.givenBy ?? '') ?? null,
    endedBy: who.get(h.endedBy ?? '') ?? null,
    givenBecause: reasons ? h.givenBecause : null,
    endedBecause: reasons ? h.endedBecause : null,
    mine: h.person === viewer.person.id,
  });
  const mayGive = hasDuty(viewer, ...GIVE_ROLES.access.duties) && standing.people === null;
  const candidates = mayGive && find.trim() ? await searchPeople(tx, find, { limit: FOUND }) : [];
  return {
    ...shown(standing),
    clause: found.policy.compiled.clauses[standing.role.clause],
    live: live.map(line),
    past: past.map(line),
    mayGive,
    find,
    candidates: candidates
      .filter((p) => whyNotRole(standing.role.id, p.kind, []) === null)
      .map((p) => ({
        value: p.id,
        text: p.displayName,
        hint: { text: [p.username, p.groupName].filter(Boolean).join(', ') },
      })),
    holdings: live.map((h) => ({ value: h.id, text: `${h.name}${h.rank === 'deputy' ? ' (deputy)' : ''}` })),
    // Where nobody else may hold it, handing over is what is meant.
    way: standing.holders.length >= (standing.role.holders.max ?? Number.POSITIVE_INFINITY) ? live[0]?.id : 'holder',
    ways: [
      { value: 'holder', text: 'Holder' },
      { value: 'deputy', text: 'Deputy' },
      ...live.map((h) => ({
        value: h.id,
        text: `In place of ${h.name}${h.rank === 'deputy' ? ' (deputy)' : ''}, in one step`,
      })),
    ],
  };
}
