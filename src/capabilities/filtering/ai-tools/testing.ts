import type { TestDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { filteringSchool, testFolder } from '../testing.ts';
import { type AssessmentInput, approveTool, assessTool, type Proposal, proposeTool } from './ai-tools.service.ts';

/** What a teacher types for a tool that no list knows; all of it made up. */
export const proposal = (more: Partial<Proposal> = {}): Proposal => ({
  name: 'Chatter',
  provider: 'Chatter Ltd',
  sites: 'chatter.example\nfiles.chatter-store.example',
  purpose: 'Pupils practise conversation in French with it.',
  wantedFor: ['staff', 'pupil-9'],
  ...more,
});
export const assessment = (more: Partial<AssessmentInput> = {}): AssessmentInput => ({
  sites: 'chatter.example\nfiles.chatter-store.example',
  personalData: 'It stores what is typed for thirty days, and trains on none of it.',
  ageLimit: '13',
  hazards: 'It makes things up, and may be asked for what a pupil should not read.',
  measures: 'Used in lessons only, with a teacher in the room; no names are typed.',
  reviewOn: '2027-05-14',
  ...more,
});

/** A school whose lists know an AI site, a newspaper, and what is never opened. */
export const toolSchool = (
  t: TestDatabase,
  policy: 'secondary-school' | 'tuition-centre' = 'secondary-school',
): Promise<TestSchool> => {
  const lists = testFolder({
    'blacklists/ai-chat/domains': 'listed-chat.example\n',
    'blacklists/news/domains': 'paper.example\n',
    'blacklists/extremism/domains': 'speeches.example\n',
    'blacklists/phishing/domains': 'phish.example\n',
    'blacklists/child-abuse/domains': 'never.example\n',
  });
  return filteringSchool(t, { lists: `${lists}/blacklists`, policy });
};

/** Proposed by the teacher, assessed by the ICT manager, and, where `chosen` is given, approved by the head. */
export async function onRegister(
  school: TestSchool,
  made: {
    readonly proposal?: Partial<Proposal>;
    readonly assessment?: Partial<AssessmentInput>;
    /** Profile → status. */
    readonly chosen?: Readonly<Record<string, 'trial' | 'approved'>>;
    readonly trialEnds?: string;
  } = {},
): Promise<string> {
  const { deps, people } = school;
  const reference = await proposeTool(deps, people.teacher.viewer, proposal(made.proposal));
  const sites = made.proposal?.sites;
  await assessTool(
    deps,
    people.ictManager.viewer,
    reference,
    assessment({ ...(sites && { sites }), ...made.assessment }),
  );
  if (made.chosen) {
    const { chosen, trialEnds = '' } = made;
    await approveTool(deps, people.head.viewer, reference, { chosen: await byPlace(school, chosen), trialEnds });
  }
  return reference;
}

/** As the form sends it: by the place of each profile in the policy. */
export async function byPlace(
  school: TestSchool,
  chosen: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { policyInForce } = await import('#rooms/policies/index.ts');
  const policy = await school.deps.db.in(school.people.head.context, (tx) => policyInForce(tx, school.clock.now()));
  const ids = policy?.document.profiles.map((p) => p.id) ?? [];
  return Object.fromEntries(Object.entries(chosen).map(([id, status]) => [`s${ids.indexOf(id)}`, status]));
}
