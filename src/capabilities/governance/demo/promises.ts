import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import type { Deps } from '#platform/deps.ts';
import {
  addRiskAssessment,
  createDraft,
  evidence,
  readDraft,
  recordSupply,
  setCover,
  takeDraftStep,
} from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import type { DemoPeople } from './people.ts';
import { depsAt } from './stories.ts';

/** What the school has written down about its promises: documents, guidance, evidence of duties, and a review under way. */
export async function tellPromises(deps: Deps, { viewers }: DemoPeople): Promise<void> {
  const by = (part: string): Viewer => {
    const viewer = viewers[part];
    if (!viewer) throw new Error(`nobody plays ${part}`);
    return viewer;
  };
  const now = deps.clock.now();
  const day = (days: number) => dayIn(by('dsl').school.timeZone, now + days * DAY);
  const ago = (days: number) => depsAt(deps, now - days * DAY);

  for (const [kind, id, edition, location] of SUPPLIED) {
    const typed = { edition, location, reviewedOn: day(-40), nextReview: day(300), note: '' };
    await recordSupply(ago(10), by('dsl'), { kind, id }, typed);
  }
  const old = {
    edition: '2019',
    location: 'Binder 4, school office',
    reviewedOn: day(-400),
    nextReview: day(-35),
    note: '',
  };
  await recordSupply(ago(10), by('dsl'), { kind: 'document', id: 'complaints' }, old);

  await addRiskAssessment(ago(12), by('dsl'), {
    kind: 'online safety',
    title: 'Risks our pupils meet online',
    approvedOn: day(-20),
    approvedBy: 'Governing body',
    nextReview: day(345),
    text: 'Reviewed with the year heads after a term of messages that hurt, most of them sent in the evening.',
    supersedes: '',
  });

  for (const [part, duty, text] of DONE) {
    await deps.db.in(contextOf(by(part)), (tx) => evidence(tx, deps, contextOf(by(part)), { duty, text }));
  }

  const { id } = await createDraft(ago(5), by('dsl'), { title: 'Yearly review', from: { version: 1 } });
  await setCover(ago(5), by('dsl'), id, 1, {
    author: 'Designated safeguarding lead',
    created: day(-5),
    lastReviewed: day(-5),
    nextReview: day(340),
    approvedBy: 'Governing body',
    periodFrom: day(1),
    periodTo: day(360),
  });
  const { edit } = await deps.db.in(contextOf(by('dsl')), (tx) => readDraft(tx, id));
  await takeDraftStep(ago(4), by('dsl'), id, { action: 'consult', edit });
  await takeDraftStep(ago(2), by('ict'), id, { action: 'sign', edit, signAs: 'ict-manager' });
}

const SUPPLIED: readonly (readonly ['document' | 'reference', string, string, string])[] = [
  ['document', 'child-protection', 'September', 'https://ashgrove.example/policies/child-protection'],
  ['document', 'behaviour', 'September', 'https://ashgrove.example/policies/behaviour'],
  ['document', 'staff-code', 'Spring', 'Shared drive, Policies, Staff'],
  ['document', 'data-protection', 'Spring', 'https://ashgrove.example/policies/data-protection'],
  ['document', 'acceptable-use', 'Autumn', 'https://ashgrove.example/policies/acceptable-use'],
  ['reference', 'kcsie', '2026', 'Publisher’s web site'],
  ['reference', 'filtering-standards', '2024', 'Publisher’s web site'],
];

const DONE: readonly (readonly [part: string, duty: string, text: string])[] = [
  ['ict', 'CAL-02', 'Compared with the register of pupils and staff; two leavers closed.'],
  ['ict', 'CAL-05', 'Looked through the week: one pattern passed on to the safeguarding lead.'],
  ['ict', 'CAL-09', 'All twelve points checked. One backup had failed and was run again.'],
  ['dsl', 'CAL-27', 'Approved by the governing body; see the register of risk assessments.'],
  ['dsl', 'CAL-30', 'Procedures read with the deputy; the phone list is new.'],
  ['lead-governor', 'CAL-31', 'Minute 7 of the autumn meeting.'],
];
