import { reviewDue } from '#rooms/policies/index.ts';
import type { ReadLines } from './line.ts';

/** GOV-04, GOV-08: the review of the policy is due, or soon will be. */
export const policyReview: ReadLines = async (tx, _viewer, now) => {
  const due = await reviewDue(tx, now);
  if (!due) return [];
  const text =
    due.stage === 'due'
      ? `The policy has been due for review since ${due.on}`
      : `The policy is due for review on ${due.on}`;
  return [{ tone: due.stage === 'due' ? 'amber' : 'calm', text, href: '/policy/versions' }];
};
