import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { newestEdition } from '#policy/editions.ts';
import { findAlert, linkCase } from '#rooms/monitoring/index.ts';
import { registerStates } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import type { SearchAction, Typed } from './search.facts.ts';
import { alertDsl } from './search.letters.ts';
import type { SearchLinks } from './search.links.ts';
import { guidanceOf, type SearchPolicy } from './search.rules.ts';
import { insertCaseLink, insertPerson, type Search } from './search.store.ts';

/** What a step does besides being entered; what comes of it is kept with the entry. */
export async function effectOf(
  tx: Tx,
  deps: Deps,
  links: SearchLinks,
  viewer: Viewer,
  search: Search,
  policy: SearchPolicy,
  action: SearchAction,
  typed: Typed,
): Promise<Record<string, unknown>> {
  const at = new Date(deps.clock.now());
  if (action === 'bring-in') await insertPerson(tx, search, { id: typed.person ?? '', part: 'searcher', at });
  if (action === 'involve') await insertPerson(tx, search, { id: typed.person ?? '', part: 'named', at });
  if (action === 'suspect') return suspected(tx, deps, links, viewer, search, policy);
  if (action === 'decide') {
    await answerAlert(tx, deps, viewer, search);
    return { editions: await editionsOf(tx, deps, viewer, policy, typed) };
  }
  const unsuitable = action === 'finding' && typed.finding === 'unsuitable';
  const evidence = typed.evidence === 'yes' || typed.evidence === 'unsure';
  if ((unsuitable || evidence) && search.cases.length === 0) {
    const text = `Device search ${search.reference}: ${unsuitable ? 'something unsuitable was found' : 'it may be evidence of an offence'}.`;
    const id = await links.openCase(tx, viewer, {
      kind: 'device-search',
      subject: search.pupil,
      text,
      urgent: evidence,
    });
    await insertCaseLink(tx, search, id, at);
    return { case: id };
  }
  return {};
}

/** SRC-19, SRC-20: everything is closed by the entry itself; a sealed case is opened and the DSL alerted in the same moment. */
async function suspected(tx: Tx, deps: Deps, links: SearchLinks, viewer: Viewer, search: Search, policy: SearchPolicy) {
  const clause = policy.document.clauses.find((c) => c.rows.includes('SRC-20'))?.id ?? null;
  if (search.cases.length > 0) {
    for (const { id } of search.cases) await links.suspectImagery(tx, viewer, id);
  } else {
    const text = `Device search ${search.reference}: the device may hold an indecent picture of a child. Nobody looks at it.`;
    const id = await links.openCase(tx, viewer, { kind: 'imagery', subject: search.pupil, text, urgent: true });
    await insertCaseLink(tx, search, id, new Date(deps.clock.now()));
  }
  return { alert: await alertDsl(tx, deps, viewer, search, clause) };
}

/** Whoever decides has the alert: it goes into the case and its clock stops. */
async function answerAlert(tx: Tx, deps: Deps, viewer: Viewer, search: Search): Promise<void> {
  const id = search.entries.findLast((e) => e.action === 'suspect')?.detail.alert;
  const [linked] = search.cases;
  const alert = typeof id === 'string' ? await findAlert(tx, id, { lock: true }) : undefined;
  if (!alert || !linked || (alert.state !== 'raised' && alert.state !== 'acknowledged')) return;
  await linkCase(tx, deps, contextOf(viewer), { alert: alert.id, case: linked.id });
}

/** SRC-21: which edition of each guidance was consulted, and a warning where it may be an old one. */
async function editionsOf(tx: Tx, deps: Deps, viewer: Viewer, policy: SearchPolicy, typed: Typed) {
  const now = deps.clock.now();
  const today = dayIn(viewer.school.timeZone, now);
  const register = await registerStates(tx, now);
  return guidanceOf(policy.document).map((id) => {
    const edition = typed[`edition-${id}`]?.trim() ?? '';
    const line = register.find((r) => r.kind === 'reference' && r.id === id);
    return { id, title: line?.title ?? id, edition, stale: staleEdition(id, edition, line, today) };
  });
}

/** Why an edition may not be the one to follow; null where nothing speaks against it. */
export function staleEdition(
  id: string,
  edition: string,
  line:
    | { readonly state: string; readonly text: string; readonly held: { readonly edition: string } | null }
    | undefined,
  today: string,
): string | null {
  const newest = newestEdition(id, today);
  const year = /\b(?:19|20)\d\d\b/.exec(edition)?.[0];
  if (newest && year !== undefined && year < newest.edition) return `The edition to use is of ${newest.edition}.`;
  if (line?.held && line.held.edition !== edition) return `The register has the edition “${line.held.edition}”.`;
  return line && line.state !== 'current' ? line.text : null;
}
