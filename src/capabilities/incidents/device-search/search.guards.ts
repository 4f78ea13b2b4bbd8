import { MINUTE } from '#core/clock.ts';
import type { Guard } from '#core/workflow.ts';
import type { PersonFacts, SearchFacts } from './search.facts.ts';
import { handOverDue, RELEASING, ROWS } from './search.standing.ts';

/** Which field of a form a guard speaks of. */
export const FIELD_OF: Record<string, string> = {};

function guard(name: string, field: string | null, check: (f: SearchFacts) => string | null): Guard<SearchFacts> {
  if (field !== null) FIELD_OF[name] = field;
  return { name, check };
}

const WORDS = 10;
/** At least so many characters in a field. */
const words = (name: string, field: string, ask: string, least = WORDS) =>
  guard(name, field, (f) => ([...(f.typed[field] ?? '').trim()].length >= least ? null : ask));
const chosen = (
  name: string,
  field: string,
  from: readonly string[] | ((f: SearchFacts) => readonly string[]),
  ask: string,
) =>
  guard(name, field, (f) =>
    (typeof from === 'function' ? from(f) : from).includes(f.typed[field] ?? '') ? null : ask,
  );
const ticked = (name: string, field: string, ask: string) =>
  guard(name, field, (f) => (f.typed[field] === 'yes' ? null : ask));

/** A person in a form: somebody who works here, and whom it is not about. */
const colleague = (name: string, field: string, more: (p: PersonFacts, f: SearchFacts) => string | null = () => null) =>
  guard(name, field, (f) => {
    const person = f.people[field];
    if (person?.kind !== 'staff' || person.left) return 'Choose somebody who works here.';
    if (f.about.includes(person.id)) return 'The search is about this person too, who can have no part in it.';
    return more(person, f);
  });
const holdsOne = (roles: readonly string[], of: readonly string[]): boolean => of.some((r) => roles.includes(r));

const YES_NO = ['yes', 'no'];
export const RESPONSES = {
  support: 'Help and support, no discipline',
  parents: 'Talk with the pupil and parents',
  behaviour: 'Behaviour policy: a warning or a detention',
  sanction: 'Behaviour policy: a graver sanction',
} as const;
/** SRC-15: what is locked until it was considered who is at risk. */
export const DISCIPLINE: readonly string[] = ['behaviour', 'sanction'];
export const DECISIONS = {
  police: 'The police: tell them and hand the device over',
  'childrens-services': 'Children’s services, who say what happens next',
  'in-school': 'Dealt with in school, as the guidance allows',
  'not-imagery': 'It is not such a picture, as those who may look have told us',
} as const;
export const DELETE_BASES = ['harm', 'refused'] as const;

const mayBeEvidence = (f: SearchFacts): boolean => f.standing.evidence === 'yes' || f.standing.evidence === 'unsure';

/** Every condition of the table, under the name by which refusals and tests know it. */
export const GUARDS = {
  // Beginning (SRC-01, SRC-05).
  pupil: guard('pupil', 'pupil', (f) =>
    f.people.pupil?.kind === 'pupil' && !f.people.pupil.left ? null : 'Choose the pupil whose device it is.',
  ),
  device: words('device', 'device', 'Say which device: what it is, its colour, its case.', 3),
  urgencyJudged: chosen('urgencyJudged', 'urgent', YES_NO, 'Judge first whether it can wait.'),
  urgencySaid: words(
    'urgencySaid',
    'why',
    `Say what makes it urgent, or why it can wait, in at least ${WORDS} letters.`,
  ),
  riskJudged: words(
    'riskJudged',
    'risk',
    `Say who else could be at risk, or that nobody is, in at least ${WORDS} letters.`,
  ),
  notLocked: guard('notLocked', 'pupil', (f) =>
    f.lockedElsewhere ? 'The DSL is dealing with a device of this pupil. Ask the DSL before you do anything.' : null,
  ),
  authorisedNow: guard('authorisedNow', null, (f) =>
    f.authorised ? null : 'You are not on the list of those who may search at this moment.',
  ),

  // Grounds (SRC-02..04).
  groundChosen: chosen('groundChosen', 'ground', (f) => f.policy.grounds.map((g) => g.id), 'Choose a ground.'),
  itemChosen: guard('itemChosen', 'item', (f) => {
    const ground = f.policy.grounds.find((g) => g.id === f.typed.ground);
    if (ground?.row !== ROWS.banned) return null;
    return f.policy.banned.some((b) => b.id === f.typed.item) ? null : 'Choose from what the school rules name.';
  }),
  factsSaid: words('factsSaid', 'facts', `Write down the facts, in at least ${WORDS} letters.`),
  hasGround: guard('hasGround', null, (f) =>
    f.standing.grounds > 0 ? null : 'A search needs a ground. Record one with its facts first.',
  ),

  // Advice, explanation, co-operation (SRC-06..08).
  adviser: colleague('adviser', 'adviser', (p, f) =>
    f.searchers.includes(p.id)
      ? 'Ask somebody else than those who search.'
      : holdsOne(p.roles, f.policy.advice)
        ? null
        : 'Ask the principal or the safeguarding lead.',
  ),
  adviceSaid: words('adviceSaid', 'advice', `Write down what they advised, in at least ${WORDS} letters.`),
  urgentOrAdvised: guard('urgentOrAdvised', null, (f) =>
    f.standing.urgent || f.standing.advised
      ? null
      : 'This can wait, so ask the principal or the safeguarding lead for advice first.',
  ),
  explained: ticked('explained', 'explained', 'Explain why and how you will search, and tick that you did.'),
  questions: words('questions', 'questions', 'Note what the pupil asked, or that they asked nothing.', 3),
  explainedBefore: guard('explainedBefore', null, (f) =>
    f.standing.explained ? null : 'Explain to the pupil first why and how you will search.',
  ),
  cooperation: chosen('cooperation', 'cooperated', YES_NO, 'Say whether the pupil co-operated.'),
  afterSaid: words('afterSaid', 'after', 'Say what happened then.', 3),

  // Searching and taking (SRC-22).
  foundSaid: words('foundSaid', 'found', 'Say what was searched and what was found.', 3),
  item: words('item', 'item', 'Say what is taken, so that its owner would know it.', 3),
  place: words('place', 'place', 'Say where it is kept.', 3),
  holder: colleague('holder', 'holder'),
  when: guard('when', 'when', (f) => {
    if (f.when === null) return 'Give the time.';
    if (f.when > f.now + MINUTE) return 'This time has not come yet.';
    return f.when >= f.standing.startedAt - 24 * 60 * MINUTE ? null : 'This is long before the search began.';
  }),
  takenBefore: guard('takenBefore', null, (f) =>
    f.standing.taken ? null : 'The device was not taken yet. Record that first.',
  ),
  notTakenYet: guard('notTakenYet', null, (f) => (f.standing.taken ? 'The device was taken already.' : null)),
  from: guard('from', 'from', (f) => (f.people.from?.kind === 'staff' ? null : 'Say who had the device until now.')),

  // Examining (SRC-09, SRC-11..13, SRC-19).
  reason: chosen('reason', 'reason', (f) => f.policy.reasons.map((r) => r.id), 'Choose the good reason to look.'),
  evidenceAsked: guard('evidenceAsked', 'evidence', (f) => {
    const reason = f.policy.reasons.find((r) => r.id === f.typed.reason);
    if (reason?.row !== ROWS.offenceReason) return null;
    return ['yes', 'no', 'unsure'].includes(f.typed.evidence ?? '')
      ? null
      : 'Answer whether it could be evidence of an offence.';
  }),
  notSuspected: guard('notSuspected', null, (f) =>
    f.standing.suspected ? 'Nobody looks at this device. The DSL decides what happens with it.' : null,
  ),
  finding: chosen('finding', 'finding', ['nothing', 'unsuitable'], 'Say whether something unsuitable was found.'),
  findingSaid: words('findingSaid', 'what', 'Describe it in words. Copy nothing.', 3),

  // Evidence and the police (SRC-16, EVI-05).
  evidenceAnswer: chosen('evidenceAnswer', 'evidence', ['yes', 'no', 'unsure'], 'Answer yes, no or not sure.'),
  whySaid: words('whySaid', 'why', `Say why, in at least ${WORDS} letters.`),
  loweredBySenior: guard('loweredBySenior', 'evidence', (f) =>
    f.typed.evidence === 'no' && mayBeEvidence(f) && !holdsOne(f.byRoles, f.policy.respondWith)
      ? 'It was held to be evidence, or perhaps evidence. Only the safeguarding lead or the principal says that it is not.'
      : null,
  ),
  police: words('police', 'force', 'Name the force.', 3),
  officer: words('officer', 'officer', 'Say who took it: name or number.', 2),
  policeReference: words('policeReference', 'policeReference', 'Give the reference that the police gave.', 2),
  described: words('described', 'item', 'Describe the thing. Nothing is copied and no content is told in detail.', 3),

  // Safeguarding and the response (SRC-14, SRC-15).
  atRisk: chosen('atRisk', 'atRisk', YES_NO, 'Say whether it could put somebody at risk.'),
  considered: words(
    'considered',
    'considered',
    `Say what keeps them safe, or why nobody is at risk, in at least ${WORDS} letters.`,
  ),
  somethingFound: guard('somethingFound', null, (f) =>
    f.standing.finding === 'unsuitable' ? null : 'Nothing unsuitable was recorded as found.',
  ),
  response: chosen('response', 'response', Object.keys(RESPONSES), 'Choose what is done.'),
  safeguardingFirst: guard('safeguardingFirst', 'response', (f) =>
    DISCIPLINE.includes(f.typed.response ?? '') && !f.standing.considered
      ? 'Consider first who could be at risk, and save it. Discipline comes after that.'
      : null,
  ),
  second: colleague('second', 'second', (p, f) => {
    if (p.id === f.by) return 'Two people decide. Choose the other one.';
    return holdsOne([...p.roles, ...f.byRoles], f.policy.respondWith)
      ? null
      : 'One of the two must be the safeguarding lead or the principal.';
  }),

  // Deleting (SRC-10, SRC-16..18).
  noOffenceGround: guard('noOffenceGround', null, (f) =>
    f.standing.offence ? 'It was searched as evidence of an offence, so nothing is deleted from it.' : null,
  ),
  notEvidence: guard('notEvidence', null, (f) => {
    if (mayBeEvidence(f))
      return 'It is, or could be, evidence of an offence. Nothing is deleted; the device goes to the police.';
    return f.standing.evidence === 'no' ? null : 'Answer first whether it could be evidence of an offence.';
  }),
  responded: guard('responded', null, (f) =>
    f.standing.finding === 'unsuitable' && !f.standing.responded
      ? 'Something unsuitable was found. Decide with the safeguarding lead or the principal what is done about it first.'
      : null,
  ),
  exceptional: words('exceptional', 'exceptional', `Say what makes this an exception, in at least ${WORDS} letters.`),
  basis: chosen('basis', 'basis', DELETE_BASES, 'Choose why it may be deleted.'),
  refusalRecorded: guard('refusalRecorded', 'basis', (f) =>
    f.typed.basis === 'refused' && !f.standing.refused
      ? 'Record first who would not delete it themselves, and when they said so.'
      : null,
  ),
  deleted: words('deleted', 'what', 'Say what is deleted, in words.', 3),
  witness: colleague('witness', 'witness', (p, f) => (p.id === f.by ? 'The witness is somebody else than you.' : null)),
  noCopy: ticked('noCopy', 'noCopy', 'Make sure that no copy was kept, and tick it.'),
  refuser: chosen('refuser', 'who', ['pupil', 'parent'], 'Say who refused.'),

  // Giving back.
  nothingFound: guard('nothingFound', null, (f) => (f.standing.finding !== null ? null : 'Say first what was found.')),
  mayGoBack: guard('mayGoBack', null, (f) =>
    mayBeEvidence(f) || (f.standing.offence && f.standing.taken && f.standing.evidence !== 'no')
      ? 'It is, or could be, evidence of an offence: it goes to the police and not back.'
      : null,
  ),
  to: words('to', 'to', 'Say to whom it was given back.', 2),

  // The DSL's decision (SRC-20, SRC-21).
  decision: chosen('decision', 'decision', Object.keys(DECISIONS), 'Choose what was decided.'),
  guidanceNamed: guard('guidanceNamed', 'editions', (f) =>
    f.guidance.every((id) => (f.typed[`edition-${id}`] ?? '').trim() !== '')
      ? null
      : 'Name the edition of each guidance that you consulted.',
  ),
  released: guard('released', null, (f) =>
    RELEASING.includes(f.standing.decision ?? '') ? null : 'The DSL has not decided that the device may go back.',
  ),

  // People and notes.
  broughtIn: colleague('broughtIn', 'person', (p, f) => {
    if (f.searchers.includes(p.id)) return 'They are part of this search already.';
    return p.authorised ? null : 'Only somebody on the list of those who may search can be brought in.';
  }),
  named: guard('named', 'person', (f) => {
    const person = f.people.person;
    if (!person) return 'Choose the person whom it is also about.';
    if (f.about.includes(person.id)) return 'It is already about this person.';
    return person.id === f.by
      ? 'Ask another of those who keep children safe to name you: from then on you have no part in it.'
      : null;
  }),
  said: words('said', 'text', 'Write down what there is to say.', 3),
  handOverDue: guard('handOverDue', null, (f) => {
    const due = handOverDue(f.standing, f.policy.handOver.minutes);
    return due !== null && due <= f.now ? null : 'The time to hand the device over is not over.';
  }),
} as const;
