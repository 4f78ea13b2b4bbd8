import { type Guard, Workflow } from '#core/workflow.ts';

/** SRC-23: a complaint about a search or about something deleted, whatever state the search is in. */
export type ComplaintState = 'received' | 'looking' | 'answered';
export type ComplaintAction = 'file' | 'link' | 'assign' | 'answer';
/** `anybody`: with an account here. `senior`: above the search and not part of it. `handler`: was given the complaint. */
export type ComplaintActor = 'anybody' | 'senior' | 'handler';

export interface ComplaintFacts {
  readonly words: string;
  /** A letter is entered for somebody, who is then named. */
  readonly onBehalf: string | null;
  /** The search it is linked to, or is to be. */
  readonly linked: boolean;
  /** The person who is to deal with it: somebody here, and no part of the search. Null: nobody chosen. */
  readonly handler: { readonly worksHere: boolean; readonly inSearch: boolean } | null;
  readonly outcome: string;
  readonly text: string;
}

export const OUTCOMES = { upheld: 'Upheld', partly: 'Upheld in part', 'not-upheld': 'Not upheld' } as const;

const guard = (name: string, check: (f: ComplaintFacts) => string | null): Guard<ComplaintFacts> => ({ name, check });
const said = guard('words', (f) =>
  f.words.trim().length >= 3 ? null : 'Say what happened and what you would like to be done.',
);
const whose = guard('onBehalf', (f) =>
  f.onBehalf === null || f.onBehalf.trim().length >= 2 ? null : 'Say who complains.',
);
const found = guard('receipt', (f) => (f.linked ? null : 'No search that you may read has this number.'));
const linked = guard('linked', (f) =>
  f.linked ? null : 'Link it to its search first, so that nobody who searched is given it.',
);
const handlerFree = guard('handler', (f) => {
  if (!f.handler?.worksHere) return 'Choose somebody who works here.';
  return f.handler.inSearch ? 'They searched, or it is about them. Choose somebody else.' : null;
});
const outcome = guard('outcome', (f) => (Object.hasOwn(OUTCOMES, f.outcome) ? null : 'Choose how it ends.'));
const answered = guard('text', (f) =>
  f.text.trim().length >= 10 ? null : 'Write the answer that whoever complained will read, in at least 10 letters.',
);

export const complaintWorkflow = new Workflow<ComplaintState, ComplaintAction, ComplaintActor, ComplaintFacts>(
  'complaint',
  [
    { from: 'new', action: 'file', to: 'received', who: ['anybody'], guards: [said, whose], proves: ['SRC-23'] },
    { from: 'received', action: 'link', to: 'received', who: ['senior'], guards: [found], proves: ['SRC-23'] },
    {
      from: 'received',
      action: 'assign',
      to: 'looking',
      who: ['senior'],
      guards: [linked, handlerFree],
      proves: ['SRC-23'],
    },
    {
      from: 'looking',
      action: 'assign',
      to: 'looking',
      who: ['senior'],
      guards: [linked, handlerFree],
      proves: ['SRC-23'],
    },
    {
      from: 'looking',
      action: 'answer',
      to: 'answered',
      who: ['handler'],
      guards: [outcome, answered],
      proves: ['SRC-23'],
    },
  ],
);
