import type { Deps } from '#platform/deps.ts';
import type { CaseActor } from './case.facts.ts';
import { standingOf } from './case.judge.ts';
import { stepIn } from './cases.service.ts';
import { findCase } from './cases.store.ts';
import type { CaseSide } from './sanctions/case-side.ts';

/** Who decides in a case, as the table has it. */
const HANDLERS: readonly CaseActor[] = ['lead', 'deputy', 'head', 'manager', 'senior'];

/** What sanctions, their tasks and letters ask of a case. */
export const sanctionsSide = (deps: Deps): CaseSide => ({
  handled: async (tx, viewer, caseId) => {
    const file = await findCase(tx, caseId);
    if (!file) return null;
    const { facts, story, entries } = await standingOf(tx, viewer, file, deps.clock.now());
    const informed = story.informed ? entries.findLast((e) => e.action === 'inform')?.detail.decision : undefined;
    return {
      file,
      facts,
      handler: facts.parts.some((p) => HANDLERS.includes(p)),
      keptFrom: [...file.subjects, ...file.conflicted],
      policeTold: story.police === 'reported',
      parents: informed === 'told' || informed === 'withheld' ? informed : null,
    };
  },
  step: (tx, viewer, caseId, step) => stepIn(deps, tx, viewer, caseId, step),
});
