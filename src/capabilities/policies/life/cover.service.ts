import { isDay } from '#core/days.ts';
import { invalid } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import type { Meta } from '#policy/index.ts';
import type { Viewer } from '#web/index.ts';
import { editDraft } from './drafts.service.ts';

/** The cover as a form gives it; '' where nothing is filled in. */
export interface Cover {
  readonly author: string;
  readonly created: string;
  readonly lastReviewed: string;
  readonly nextReview: string;
  readonly approvedBy: string;
  readonly periodFrom: string;
  readonly periodTo: string;
}

export const coverOf = (meta: Meta): Cover => ({
  author: meta.author ?? '',
  created: meta.created ?? '',
  lastReviewed: meta.lastReviewed ?? '',
  nextReview: meta.nextReview ?? '',
  approvedBy: meta.approvedBy ?? '',
  periodFrom: meta.period.from ?? '',
  periodTo: meta.period.to ?? '',
});

const DAYS = ['created', 'lastReviewed', 'nextReview', 'periodFrom', 'periodTo'] as const;

/** Fill in the cover of a draft (GOV-02, GOV-04). */
export async function setCover(deps: Deps, viewer: Viewer, draft: string, edit: number, cover: Cover): Promise<void> {
  const wrong: Record<string, string> = {};
  for (const name of DAYS) {
    if (cover[name] !== '' && !isDay(cover[name])) wrong[name] = 'Give a day such as 2026-09-01, or leave it empty.';
  }
  for (const name of ['author', 'approvedBy'] as const) {
    if (cover[name].trim().length > 120) wrong[name] = 'Give a role or a body in at most 120 characters.';
  }
  if (cover.periodFrom && cover.periodTo && cover.periodTo <= cover.periodFrom) {
    wrong.periodTo = 'The end of the period comes after its beginning.';
  }
  if (Object.keys(wrong).length > 0) throw invalid('policy.cover', 'Some of this needs another look.', wrong);
  const orNull = (text: string) => text.trim() || null;
  await editDraft(deps, viewer, draft, { what: 'The cover was filled in.', edit }, (document) => ({
    ...document,
    meta: {
      ...document.meta,
      author: orNull(cover.author),
      created: orNull(cover.created),
      lastReviewed: orNull(cover.lastReviewed),
      nextReview: orNull(cover.nextReview),
      approvedBy: orNull(cover.approvedBy),
      period: { from: orNull(cover.periodFrom), to: orNull(cover.periodTo) },
    },
  }));
}
