import { checkState } from '#rooms/policies/index.ts';
import { many, type ReadLines } from './line.ts';

/** GOV-34: contradictions of the policy stand here until a decision settles them. */
export const policyCheck: ReadLines = async (tx, _viewer, now) => {
  const state = await checkState(tx, now);
  if (!state) return [];
  const { contradictions, questions } = state;
  const href = '/policy/check';
  const open = `${many(questions, 'question')} of the policy ${questions === 1 ? 'is' : 'are'} open`;
  if (contradictions > 0) {
    const text = `${many(contradictions, 'contradiction')} in the policy ${contradictions === 1 ? 'is' : 'are'} not settled`;
    const note = `The stricter rule holds until then.${questions > 0 ? ` ${open}.` : ''}`;
    return [{ tone: 'amber', text, href, note }];
  }
  return questions > 0 ? [{ tone: 'calm', text: open, href }] : [];
};
