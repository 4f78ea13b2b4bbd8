import { presentSeniors } from './case.facts.ts';
import type { StepAction, StepForm } from './case.forms.ts';
import type { Standing } from './case.judge.ts';

/** A step that a page offers, with what is still missing before it can be taken. */
export interface Offer extends StepForm {
  readonly missing: readonly string[];
}

/** Steps that can be taken again but have done their work: once this holds the page leads on to the next of its state. */
const DONE: Partial<Record<StepAction, (standing: Pick<Standing, 'facts' | 'story'>) => boolean>> = {
  classify: ({ story }) => story.classification !== null,
  isolate: ({ story }) => story.isolated || story.notNeeded.has('isolation'),
  'contain-item': ({ story }) => story.items.length > 0 || story.notNeeded.has('containment'),
  join: ({ facts }) => facts.seniors.length >= facts.procedure.seniors,
  designate: ({ facts }) => facts.computer !== null || !facts.procedure.designatedComputer,
  attend: ({ facts }) => presentSeniors(facts).includes(facts.by),
  sanction: ({ facts }) => facts.standing.length > 0,
  act: ({ facts, story }) => story.acted > 0 || facts.standing.length > 0,
  inform: ({ facts, story }) => story.informed || !facts.pupils,
  record: ({ facts, story }) => story.recordedAt !== null || facts.procedure.externalRecord === null,
  appeal: ({ story }) => story.appealSettled,
};

/** INC-01: the step to take now, what else could come next, and what the state's last step still waits for. */
export function nextOf(first: readonly Offer[], standing: Pick<Standing, 'facts' | 'story'>) {
  const open = first.filter((o) => !DONE[o.action]?.(standing));
  const next = open.find((o) => o.missing.length === 0) ?? open[0] ?? first[0];
  const goal = first.at(-1);
  return { next, alsoNext: first.filter((o) => o !== next), goal: goal?.missing.length ? goal : undefined };
}
