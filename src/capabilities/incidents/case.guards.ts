import { dayIn, isDay } from '#core/days.ts';
import type { Guard } from '#core/workflow.ts';
import {
  type CaseFacts,
  isOutcome,
  onlyWellbeing,
  othersAgreeing,
  policeToDecide,
  presentSeniors,
} from './case.facts.ts';
import { anyMarked } from './case.types.ts';
import { missingFactors } from './sanctions/decision.ts';

type CaseGuard = Guard<CaseFacts>;
const guard = (name: string, check: (f: CaseFacts) => string | null): CaseGuard => ({ name, check });
const given = (f: CaseFacts, field: string): string => {
  const v = f.detail[field];
  return typeof v === 'string' ? v.trim() : '';
};
const REASONS = 20;
const leading = ['lead', 'deputy'] as const;
const leads = (f: CaseFacts) => leading.some((p) => f.parts.includes(p));
const several = (n: number, one: string, more: string) => (n === 1 ? `One ${one}` : `${n} ${more}`);

/** About what is being said or chosen now: a form shows these beside its fields. */
export const FORM_GUARDS = {
  said: guard('said', (f) => (f.text.trim().length >= 3 ? null : 'Write down what there is to say.')),
  reasoned: guard('reasoned', (f) =>
    f.text.trim().length >= 10 ? null : 'Say why, in a sentence: whoever reads this later must understand it.',
  ),
  fitToHandle: guard('fitToHandle', (f) => {
    if (!f.person?.staff) return 'Choose a member of staff who is to have the case.';
    return keptFrom(f, f.person.id) ? 'The case is about this person, who can have no part in it.' : null;
  }),
  fitToJoin: guard('fitToJoin', (f) => {
    if (!f.person?.staff) return 'Choose somebody who works here.';
    if (keptFrom(f, f.person.id))
      return 'The case is about this person, or they have an interest in it: they can have no part in it.';
    return f.team.includes(f.person.id) ? 'This person is in the team already.' : null;
  }),
  newSubject: guard('newSubject', (f) => {
    if (!f.person) return 'Choose the person whom the case is also about.';
    if (f.subjects.includes(f.person.id)) return 'The case is already about this person.';
    if (f.person.id === f.by)
      return 'Ask another of those who keep children safe to name you: from then on you have no part in it.';
    return f.person.id === f.manager
      ? 'This person has the case. Give it to somebody else first, then name this person.'
      : null;
  }),
  newPerson: guard('newPerson', (f) => (f.person ? null : 'Choose the person.')),
  whole: guard('whole', (f) => {
    const types = f.detail.types;
    if (!Array.isArray(types) || types.length === 0) return 'Choose at least one thing that it is about.';
    const described = !types.includes('other-crime') || f.text.trim().length >= REASONS;
    return described ? null : `Describe what may be a crime, in at least ${REASONS} characters.`;
  }),
  policeChoice: guard('policeChoice', (f) => {
    const decision = given(f, 'decision');
    if (decision === 'reported')
      return given(f, 'reference') && given(f, 'force') ? null : 'Give the police force and its reference.';
    if (decision !== 'not-reported') return 'Choose whether the police are told.';
    return f.text.trim().length >= REASONS ? null : `Say why not, in at least ${REASONS} characters.`;
  }),
  policeReference: guard('policeReference', (f) =>
    given(f, 'reference') && given(f, 'force') ? null : 'Give the police force and its reference.',
  ),
  written: guard('written', (f) =>
    given(f, 'reference') ? null : 'Give the reference of the written decision: without one nothing starts again.',
  ),
  /** EVI-04: under a policy that goes to the police at once only they release; else the lead may, by the guidance. */
  releasedByRight: guard('releasedByRight', (f) => {
    const decision = given(f, 'decision');
    if (decision === 'police') return null;
    if (decision !== 'lead') return 'Choose who decided that it is no such image.';
    if (f.procedure.abuseImageFirst === 'police') return 'Under this policy only the police can decide that.';
    return leads(f) ? null : 'Only the safeguarding lead can decide that.';
  }),
  releasedByPolice: guard('releasedByPolice', (f) =>
    given(f, 'decision') === 'police' ? null : 'The police have it, so only they can decide that.',
  ),
  address: guard('address', (f) =>
    given(f, 'url') || given(f, 'noUrl').length >= 10 ? null : 'Give the address, or say why there is none.',
  ),
  computerChosen: guard('computerChosen', (f) => {
    if (given(f, 'computer') === '') return 'Choose the computer.';
    return f.computer === null || f.computer === given(f, 'computer')
      ? null
      : 'This case has its computer already and keeps to it.';
  }),
  isolationChosen: guard('isolationChosen', (f) =>
    given(f, 'isolation') === '' ? 'Choose which device goes back.' : null,
  ),
  verdict: guard('verdict', (f) =>
    ['substance', 'no-substance'].includes(given(f, 'verdict')) ? null : 'Choose whether there is substance in it.',
  ),
  openItem: guard('openItem', (f) =>
    f.story.items.some((i) => i.id === given(f, 'item') && i.done === null) ? null : 'Choose what is done with.',
  ),
  leadWithholds: guard('leadWithholds', (f) => {
    if (given(f, 'decision') === 'told') return null;
    if (given(f, 'decision') !== 'withheld') return 'Choose whether they were told.';
    return leads(f) ? null : 'Only the safeguarding lead decides that they are not told.';
  }),
  /** INC-26. The database holds no longer text, and whoever has a task reads that and no more. */
  toDo: guard('toDo', (f) => {
    const { length } = [...f.text.trim()];
    return length >= 3 && length <= 3000 ? null : 'Say what is to be done, in at most 3,000 characters.';
  }),
  /** A task, and what was learned, is somebody's to do by a day; or there is nothing to learn. */
  doer: guard('doer', (f) => {
    if (given(f, 'lesson') === 'none') return null;
    if (!f.person?.staff) return 'Choose who does it.';
    return keptFrom(f, f.person.id) ? 'The case is about this person, who can have no part in it.' : null;
  }),
  byDay: guard('byDay', (f) => {
    if (given(f, 'lesson') === 'none') return null;
    const due = given(f, 'due');
    return isDay(due) && due >= dayIn('UTC', f.now) ? null : 'Give the day by which it is done.';
  }),
  /** CYB-02: support that is for somebody is for one of those who were hurt. */
  forAffected: guard('forAffected', (f) =>
    f.person && !f.affected.includes(f.person.id)
      ? 'Choose one of those who were hurt. Somebody else is named as hurt first.'
      : null,
  ),
  /** AIG-02: a type that may come with such a picture is not recorded without the answer whether one is here. */
  pictureAnswered: guard('pictureAnswered', (f) =>
    !anyMarked(typesGiven(f), 'imagery') || ['yes', 'no'].includes(given(f, 'picture'))
      ? null
      : 'Say whether there is such a picture here, or may be.',
  ),
  noPicture: guard('noPicture', (f) =>
    anyMarked(typesGiven(f), 'imagery') && given(f, 'picture') === 'yes' ? 'With such a picture the case stops.' : null,
  ),
  pictureHere: guard('pictureHere', (f) =>
    anyMarked(typesGiven(f), 'imagery') && given(f, 'picture') === 'yes' ? null : 'No such picture is suspected.',
  ),
  /** CYB-09: what it came to for whoever was hurt and for whoever did it. */
  bothOutcomes: guard('bothOutcomes', (f) =>
    !anyMarked(f.story.classification?.types ?? [], 'bullying') ||
    (given(f, 'outcomeAffected').length >= 3 && given(f, 'outcomeSubject').length >= 3)
      ? null
      : 'Say what it came to for whoever was hurt, and for whoever did it.',
  ),
  aboutSubject: guard('aboutSubject', (f) =>
    f.person && f.subjects.includes(f.person.id)
      ? null
      : 'Choose whose conduct it answers, of those the case is about.',
  ),
  /** INC-29, INC-30, SAN-35: what the answer must fit, each said for itself, and the person heard. */
  factors: guard('factors', (f) => Object.values(missingFactors(f.detail))[0] ?? null),
  standing: guard('standing', (f) =>
    f.standing.includes(given(f, 'sanction')) ? null : 'Choose what the appeal or complaint is about.',
  ),
  /** SAN-35: an appeal that was made is decided; one that nobody made is not. */
  appealAnswered: guard('appealAnswered', (f) => {
    const decided = ['upheld', 'dismissed'].includes(given(f, 'decision'));
    if (decided && f.story.appeals.length === 0)
      return 'Record first what the appeal is about, so that what it changes is put right.';
    return !decided && f.story.appeals.length > 0 ? 'An appeal is open. Record whether it changed anything.' : null;
  }),
  outcome: guard('outcome', (f) => (isOutcome(f.outcome) ? null : 'Choose how the case ends.')),
  answered: guard('answered', (f) => {
    if (f.outcome !== 'no-further-action') {
      return f.story.acted > 0 || f.standing.length > 0
        ? null
        : 'Record what was done first, or end it with no further action.';
    }
    // INC-28: where somebody was hurt the head cannot decide it for the lead.
    if (!leads(f) && (someoneHurt(f) || !f.parts.includes('head')))
      return 'Only the safeguarding lead may decide that nothing further is done.';
    return f.text.trim().length >= REASONS
      ? null
      : `Say why nothing further is done, in at least ${REASONS} characters.`;
  }),
} as const;

const typesGiven = (f: CaseFacts): string[] => (Array.isArray(f.detail.types) ? f.detail.types.map(String) : []);
const someoneHurt = (f: CaseFacts): boolean => anyMarked(f.story.classification?.types ?? [], 'support');
const keptFrom = (f: CaseFacts, id: string) => f.subjects.includes(id) || f.conflicted.includes(id);

/** About the case as it stands: its page shows these as what is still missing, before anybody has typed a word. */
export const CASE_GUARDS = {
  assigned: guard('assigned', (f) => (f.manager ? null : 'Nobody has this case yet. Give it to somebody first.')),
  /** INC-25. Where one senior is enough, it is the one who leads; where several are, any of them may have it. */
  ledByRight: guard('ledByRight', (f) =>
    f.procedure.seniors > 1 || f.managerLeads
      ? null
      : 'Under this policy the safeguarding lead or a deputy has every case. Give it to them; others can join its team.',
  ),
  wellbeingOnly: guard('wellbeingOnly', (f) =>
    onlyWellbeing(f) && !f.illegal
      ? null
      : 'Somebody’s conduct is in question, so the whole procedure is followed: contain it first.',
  ),
  classified: guard('classified', (f) =>
    f.story.classification ? null : 'Record what it looks like: what it is about, the conduct and the content.',
  ),
  conductKnown: guard('conductKnown', (f) => {
    const c = f.story.classification;
    const known = c && c.culpability !== 'unknown' && c.content !== 'unknown' && c.row !== '';
    return known
      ? null
      : 'Record whether it was careless, irresponsible or deliberate, what the content is, and which row of the policy it touches.';
  }),
  isolated: guard('isolated', (f) =>
    f.story.isolated || f.story.notNeeded.has('isolation')
      ? null
      : 'Isolate the device, or have two people agree that it is not needed.',
  ),
  containmentBegun: guard('containmentBegun', (f) =>
    f.story.items.length > 0 || f.story.notNeeded.has('containment')
      ? null
      : 'List what keeps it from spreading, or have two people agree that nothing could.',
  ),
  contained: guard('contained', (f) => {
    const open = f.story.items.filter((i) => i.done === null).length;
    return open === 0 ? null : `${several(open, 'thing stands', 'things stand')} open on the containment list.`;
  }),
  /** INC-04. */
  enoughSeniors: guard('enoughSeniors', (f) => {
    const missing = f.procedure.seniors - presentSeniors(f).length;
    return missing <= 0
      ? null
      : `${missing === 1 ? 'One more senior member' : `${missing} more senior members`} of the team must sign in to the case.`;
  }),
  suspected: guard('suspected', (f) => (f.imagery ? null : 'No such image is suspected here.')),
  /** EVI-04: a release by the police says that the school may go on, not that there is no such image. */
  notSuspected: guard('notSuspected', (f) =>
    f.imagery
      ? 'It may still be an image of a child’s abuse, so nothing is examined. With a written decision that it is not, stop the case and record the decision.'
      : null,
  ),
  computerNamed: guard('computerNamed', (f) =>
    !f.procedure.designatedComputer || f.computer ? null : 'Name the designated computer of this case.',
  ),
  /** INC-06. Where the policy asks for no such computer, a case that named one keeps to it all the same. */
  onTheComputer: guard('onTheComputer', (f) =>
    f.computer === null || f.fromComputer === f.computer
      ? null
      : 'This is not the designated computer of this case. Go on at that one, and at no other.',
  ),
  found: guard('found', (f) =>
    f.story.findings > 0 ? null : 'Record at least one address with what was found there, or why there is none.',
  ),
  present: guard('present', (f) =>
    presentSeniors(f).includes(f.by) ? null : 'Sign in to the case as one of its seniors first.',
  ),
  judgedAlike: guard('judgedAlike', (f) => {
    const alike = othersAgreeing(f, 'judge', given(f, 'verdict'));
    const open = f.seniors.filter((id) => id !== f.by && !alike.includes(id)).length;
    const missing = Math.max(open, f.procedure.seniors - 1 - alike.length);
    return missing <= 0 ? null : `${several(missing, 'senior has', 'seniors have')} yet to say the same.`;
  }),
  substance: guard('substance', (f) =>
    given(f, 'verdict') === 'substance' ? null : 'The verdict is that there is no substance.',
  ),
  noSubstance: guard('noSubstance', (f) =>
    given(f, 'verdict') === 'no-substance' ? null : 'The verdict is that there is substance.',
  ),
  examinationNotNeeded: guard('examinationNotNeeded', (f) =>
    f.story.notNeeded.has('examination')
      ? null
      : 'Two people have to agree, with their reasons, that no examination is needed.',
  ),
  /** EVI-04, D22: who goes to the police first. */
  policeByRight: guard('policeByRight', (f) =>
    f.procedure.abuseImageFirst === 'police' || leads(f)
      ? null
      : 'Under this policy the safeguarding lead decides and hands over. Tell the lead now.',
  ),
  policeTold: guard('policeTold', (f) =>
    f.story.police === 'reported' ? null : 'Two people first record that the police were told, with the reference.',
  ),
  policeSettled: guard('policeSettled', (f) =>
    !policeToDecide(f) || f.story.police !== null
      ? null
      : 'Two people have to record whether the police are told, with the reference or the reason.',
  ),
  tasksDone: guard('tasksDone', (f) =>
    f.openTasks === 0 ? null : `${several(f.openTasks, 'task is', 'tasks are')} neither finished nor cancelled.`,
  ),
  informed: guard('informed', (f) =>
    !f.pupils || f.story.informed
      ? null
      : 'Record that parents or carers were told, or the lead’s reason why they are not.',
  ),
  recorded: guard('recorded', (f) =>
    f.procedure.externalRecord === null || f.story.recordedAt
      ? null
      : 'Enter the case in the safeguarding record system and record its reference there.',
  ),
  /** INC-28, CYB-02: where somebody was hurt, each who is named as hurt; else whoever it was. */
  supportGiven: guard('supportGiven', (f) => {
    if (!someoneHurt(f)) return null;
    const without = f.affected.filter((id) => !f.story.supportedPeople.has(id)).length;
    if (without > 0)
      return `Record the support of each who was hurt: ${several(without, 'person has', 'people have')} none yet.`;
    return f.story.supported ? null : 'Record how whoever was hurt is supported.';
  }),
  bullyingTested: guard('bullyingTested', (f) =>
    !anyMarked(f.story.classification?.types ?? [], 'bullying') || f.story.bullyingTested
      ? null
      : 'Answer the four questions that tell whether this is bullying.',
  ),
  proven: guard('proven', (f) =>
    f.story.proven ? null : 'What follows is decided once the case was judged and there is substance in it.',
  ),
  judged: guard('judged', (f) => (f.story.judged ? null : 'The case was not judged before the police took it.')),
  safeguardingOnly: guard('safeguardingOnly', (f) =>
    given(f, 'purpose') === 'safeguarding' ? null : 'While the police have it, only what keeps somebody safe is done.',
  ),
  gravestByLead: guard('gravestByLead', (f) =>
    (f.urgency === 'urgent' || f.illegal || f.imagery) && !f.parts.includes('lead')
      ? 'Only the safeguarding lead ends a case that was urgent or about illegal content.'
      : null,
  ),
  closer: guard('closer', (f) =>
    f.parts.includes('lead') || f.procedure.closedBy.some((role) => f.duties.includes(role))
      ? null
      : 'This case is closed by whom the policy names.',
  ),
  appealSettled: guard('appealSettled', (f) =>
    f.story.appeals.length === 0 && (onlyWellbeing(f) || f.story.appealSettled)
      ? null
      : 'Record that the time for an appeal is over, or that it was waived.',
  ),
  /** D25: where the policy asks for a group, as many sign as it asks for. */
  signedByAll: guard('signedByAll', (f) => {
    const missing = f.procedure.seniors - 1 - othersAgreeing(f, 'close').length;
    return missing <= 0 ? null : `${several(missing, 'more has', 'more have')} to sign.`;
  }),
  /** Out of scope, or purely technical: where it is about a person, a second person agrees. */
  secondAgrees: guard('secondAgrees', (f) =>
    f.subjects.length === 0 || othersAgreeing(f, 'refer-out').length > 0 ? null : 'A second person has to agree.',
  ),
} as const;

export const GUARDS: Readonly<Record<string, CaseGuard>> = { ...FORM_GUARDS, ...CASE_GUARDS };
