import type { Tx } from '#platform/db.ts';
import { ESCALATION_ROLES, SAFEGUARDING_ROLES } from '#policy/types.ts';
import { ALERT_DUTIES, LOOK_UP_DUTIES } from '#rooms/monitoring/index.ts';
import { CHECK_READERS, POLICY_EDITORS, REGISTER_KEEPERS } from '#rooms/policies/index.ts';
import { hasDuty, type Viewer } from '#web/index.ts';
import { aiToolsToDecide, changesToDecide, listChangesToDecide, privateTargetsToDecide } from './changes.lines.ts';
import * as duties from './duties.lines.ts';
import { filterReview } from './filter-review.lines.ts';
import { followUpsToDo, lessonsToDraw } from './follow-ups.lines.ts';
import { casesLate } from './late-cases.lines.ts';
import type { Line, ReadLines } from './line.ts';
import { dealtWith } from './notices.lines.ts';
import { policyCheck } from './policy.lines.ts';
import { filterProof } from './proof.lines.ts';
import { policyReview } from './review.lines.ts';
import * as roles from './roles.lines.ts';
import * as running from './running.lines.ts';
import * as safeguarding from './safeguarding.lines.ts';
import * as tasks from './tasks.lines.ts';

const KEEPERS = ['ict-manager', 'administrator'];

/** Each kind of line is a row: whose it is, and how it is read. In the order in which they stand under one heading. */
const SOURCES: readonly { readonly duties: readonly string[]; readonly read: ReadLines }[] = [
  { duties: ALERT_DUTIES, read: safeguarding.openAlerts },
  { duties: KEEPERS, read: running.gateways },
  { duties: [...KEEPERS, 'filter-approver', ...SAFEGUARDING_ROLES], read: filterProof },
  { duties: ['staff', 'governor'], read: duties.myDuties },
  { duties: ['staff', 'governor', 'volunteer'], read: tasks.tasksToDo },
  { duties: ['pupil', 'staff', 'governor', 'volunteer'], read: tasks.warningsToRead },
  { duties: ['parent'], read: tasks.lettersToRead },
  { duties: ['staff'], read: safeguarding.myCases },
  { duties: ESCALATION_ROLES, read: safeguarding.waitingCases },
  { duties: ['staff', ...ESCALATION_ROLES], read: casesLate },
  { duties: ['staff', 'governor'], read: followUpsToDo },
  { duties: SAFEGUARDING_ROLES, read: lessonsToDraw },
  { duties: ['staff', 'parent', 'governor', 'volunteer'], read: dealtWith },
  { duties: ['administrator', ...SAFEGUARDING_ROLES], read: running.policyMissing },
  { duties: CHECK_READERS, read: policyCheck },
  { duties: POLICY_EDITORS, read: policyReview },
  { duties: ['lead-governor', 'chair', 'ict-manager', 'dsl', 'head', 'centre-lead'], read: filterReview },
  { duties: ['administrator', 'dsl', 'head', 'chair'], read: roles.vacantRoles },
  { duties: ['staff', 'governor'], read: roles.rolesToAccept },
  { duties: REGISTER_KEEPERS, read: roles.registersAmiss },
  { duties: KEEPERS, read: roles.passwordChange },
  { duties: KEEPERS, read: running.peopleWithoutProfile },
  { duties: [...KEEPERS, 'dsl', 'head'], read: running.illegalLists },
  { duties: [...KEEPERS, 'filter-approver'], read: running.heldLists },
  { duties: KEEPERS, read: running.listAge },
  { duties: ['staff', 'governor'], read: changesToDecide },
  { duties: ['staff', 'governor'], read: listChangesToDecide },
  { duties: ['staff', 'governor'], read: privateTargetsToDecide },
  { duties: ['staff', 'governor'], read: aiToolsToDecide },
  { duties: ['dsl', 'ict-manager', 'filter-approver'], read: running.siteQuestions },
  { duties: KEEPERS, read: running.programRequests },
  { duties: KEEPERS, read: running.failedMail },
  { duties: LOOK_UP_DUTIES, read: running.lastDay },
  { duties: ESCALATION_ROLES, read: safeguarding.closedCases },
];

const TONES = ['danger', 'amber', 'calm', 'quiet'] as const;

/** Everything this person's duties bring up, the most pressing first. */
export async function todaysLines(tx: Tx, viewer: Viewer, now: number): Promise<Line[]> {
  const lines: Line[] = [];
  for (const source of SOURCES) {
    if (hasDuty(viewer, ...source.duties)) lines.push(...(await source.read(tx, viewer, now)));
  }
  return lines.sort((a, b) => TONES.indexOf(a.tone) - TONES.indexOf(b.tone));
}

/** Where people can go from here: everything else, by duty. */
const WAYS: readonly { duties: readonly string[]; href: string; text: string; about: string }[] = [
  { duties: ESCALATION_ROLES, href: '/alerts', text: 'Alerts', about: 'Everything that was noticed, open and closed.' },
  {
    duties: ['staff'],
    href: '/cases/new',
    text: 'Log what happened',
    about: 'An incident, online or offline, in two minutes.',
  },
  {
    duties: ['staff', 'governor', 'volunteer'],
    href: '/tell',
    text: 'Tell the safeguarding team',
    about: 'A worry about somebody, also without your name.',
  },
  { duties: ['staff'], href: '/filtering', text: 'Test an address', about: 'What would a Year 8 pupil get, and why?' },
  {
    duties: ['staff', 'governor', 'parent'],
    href: '/roles',
    text: 'Roles',
    about: 'Who answers for what, and who stands in.',
  },
  {
    duties: ['staff', 'governor'],
    href: '/registers',
    text: 'Registers',
    about: 'Linked policies, guidance and law, and when they were looked at.',
  },
  { duties: KEEPERS, href: '/people', text: 'People', about: 'Accounts, roles, and bringing in a new year.' },
  { duties: KEEPERS, href: '/settings', text: 'Settings', about: 'The school, terms, filter answers, mail.' },
  {
    duties: ['staff', 'governor', 'parent', 'volunteer', 'visitor'],
    href: '/policy',
    text: 'Our online-safety policy',
    about: 'What the school promises, clause by clause.',
  },
  {
    duties: ['staff', 'parent', 'volunteer', 'visitor', 'governor'],
    href: '/help/devices',
    text: 'Point a device here',
    about: 'Windows, Chromebook, iPad.',
  },
  {
    duties: ['parent'],
    href: '/children',
    text: 'My children online',
    about: 'The sites that their lessons use, and the people from outside whom they meet.',
  },
  {
    duties: ['parent'],
    href: '/for-parents',
    text: 'What the school filters and monitors',
    about: 'And what it does not.',
  },
  {
    duties: ['parent', 'visitor'],
    href: '/tell',
    text: 'Tell us something',
    about: 'A worry about a child here, also without your name.',
  },
];

export const waysFor = (viewer: Viewer) => WAYS.filter((w) => hasDuty(viewer, ...w.duties));
