import { conflict, forbidden, invalid, type Refusal } from '#core/errors.ts';
import type { SearchAction, SearchActor, SearchFacts, SearchState } from './search.facts.ts';
import { FIELD_OF } from './search.guards.ts';
import { searchWorkflow } from './search.workflow.ts';

/** The state that an action leads to, or the table's refusal as an error that says which fields it is about. */
export function judge(
  from: SearchState | 'new',
  action: SearchAction,
  parts: readonly SearchActor[],
  facts: SearchFacts,
): SearchState {
  const verdict = searchWorkflow.judge(from, action, parts, facts);
  if (verdict.ok) return verdict.to;
  if (verdict.code === 'not-listed') {
    throw conflict(
      `device-search.${action}.not-listed`,
      'This cannot be done as the search stands now.',
      'Look at its page again: somebody may have been quicker.',
    );
  }
  if (verdict.code === 'not-yours') {
    throw forbidden(`device-search.${action}.not-yours`, 'This step is not yours to take.');
  }
  throw refusalOf(from, action, facts, verdict.guard ?? '', verdict.reason);
}

/** What only the passing of time or another step can put right is a conflict; all else is in the form, and said at once. */
function refusalOf(
  from: SearchState | 'new',
  action: SearchAction,
  facts: SearchFacts,
  guard: string,
  reason: string,
): Refusal {
  const failing = searchWorkflow.rows
    .filter((r) => r.from === from && r.action === action)
    .flatMap((r) => r.guards)
    .flatMap((g) => {
      const why = g.check(facts);
      return why === null ? [] : [{ name: g.name, why }];
    });
  const blocking = failing.find((f) => FIELD_OF[f.name] === undefined);
  if (blocking) return conflict(`device-search.${action}.${blocking.name}`, blocking.why);
  const fields: Record<string, string> = {};
  for (const f of failing) fields[FIELD_OF[f.name] ?? ''] ??= f.why;
  const [only] = Object.values(fields);
  const message = Object.keys(fields).length === 1 && only ? only : 'Some of this needs another look.';
  return invalid(`device-search.${action}.${guard}`, message || reason, fields);
}
