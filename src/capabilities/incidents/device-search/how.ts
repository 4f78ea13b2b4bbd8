import type { Deps } from '#platform/deps.ts';
import { roleTitle } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { flowSvg } from './flow.ts';
import type { SearchActor } from './search.facts.ts';
import { formOf } from './search.forms.ts';
import { searchPolicy } from './search.rules.ts';
import { STATES } from './search.words.ts';
import { SEARCH_STATES, searchWorkflow } from './search.workflow.ts';

/** How a search goes: drawn and listed from the table itself, in the words and roles of the school's policy. */
export function howPage(deps: Deps, viewer: Viewer) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { document, rules } = await searchPolicy(tx, deps.clock.now());
    const head = roleTitle(rules.authorisedBy, document.roles);
    const who: Readonly<Record<SearchActor, string>> = {
      authorised: 'Whoever is on the list',
      searcher: 'Whoever searches',
      dsl: roleTitle('dsl', document.roles),
      head,
      clock: 'The clock',
    };
    const steps = SEARCH_STATES.map((state) => ({
      name: STATES[state].name,
      now: STATES[state].now,
      ways: searchWorkflow.rows
        .filter((r) => r.from === state && r.to !== state)
        .map((r) => ({
          what:
            r.action === 'suspect' ? 'Suspect an indecent picture of a child' : (formOf(r.action)?.heading ?? r.action),
          to: STATES[r.to].name,
          who: r.who.map((w) => who[w]).join(', '),
          danger: r.action === 'suspect',
        })),
    }));
    return {
      drawing: flowSvg(searchWorkflow, SEARCH_STATES, (s) => STATES[s].name),
      steps,
      grounds: rules.grounds,
      banned: rules.banned,
      reasons: rules.reasons,
      head,
      handOver: rules.handOver,
      clauses: document.clauses.filter((c) => c.rows.some((row) => row.startsWith('SRC-'))),
    };
  });
}
