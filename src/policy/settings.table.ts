import {
  and,
  cell,
  cells,
  period,
  recipients,
  saysRotation,
  title,
  titles,
  unconfirmed,
  when,
} from './settings.words.ts';
import type { PolicyDocument } from './types.ts';

/**
 * What one school answers differently from another (Part 2 of the catalogue, D01–D43), a row each. Places are written
 * as settings.ts explains them.
 */
export interface Setting {
  readonly id: string;
  readonly topic: string;
  /** Where its value stands in a document. */
  readonly at: readonly string[];
  /** The value as one sentence for people. */
  readonly say: (doc: PolicyDocument) => string;
  /** What the software does by it. */
  readonly docs: string;
  /** No part of this program obeys it yet; the value is kept and shown. */
  readonly later?: true;
}

export const SETTINGS: readonly Setting[] = [
  {
    id: 'D01',
    topic: 'Password change',
    at: ['/passwords/rotation'],
    say: ({ passwords: { rotation } }) =>
      rotation ? saysRotation(rotation) : 'Nobody has to change a password by a date.',
    docs: 'After each such boundary the first sign-in leads only to the form for a new password.',
  },
  {
    id: 'D02',
    topic: 'Password strength',
    at: ['/passwords/minLength', '/passwords/classes'],
    say: ({ passwords: { minLength, classes } }) =>
      `A password has ${minLength} characters or more${classes.length > 0 ? `, with ${and(classes.map((c) => CHARACTERS[c]))}` : ''}.`,
    docs: 'A new password that falls short is refused, and the form names what it lacks.',
  },
  {
    id: 'D03',
    topic: 'Who gives out accounts',
    at: ['/settings/accountIssuer'],
    say: (doc) => `Accounts are given out by: ${title(doc, doc.settings.accountIssuer, 'not stated')}.`,
    docs: 'Whoever holds this role makes accounts; where nobody is named the school is asked.',
    later: true,
  },
  {
    id: 'D04',
    topic: 'Second holder of administrator passwords',
    at: ['/settings/sealedPasswordHolder'],
    say: (doc) =>
      `A sealed copy of the administrator passwords is kept by: ${title(doc, doc.settings.sealedPasswordHolder)}.`,
    docs: 'This role may have the sealed copy released, with a reason and an entry in the ledger.',
    later: true,
  },
  {
    id: 'D05',
    topic: 'Who leads on online safety',
    at: ['/settings/onlineSafetyLead'],
    say: (doc) => `Online safety is led from day to day by: ${title(doc, doc.settings.onlineSafetyLead)}.`,
    docs: 'Alerts and overdue work come to this role first.',
    later: true,
  },
  {
    id: 'D06',
    topic: 'Where reports of staff go',
    at: ['/recipients/concern/to', '/recipients/filter-failure/to'],
    say: (doc) =>
      `A concern goes to: ${recipients(doc, 'concern')}. A failure of the filter goes to: ${recipients(doc, 'filter-failure')}.`,
    docs: 'Each kind of report reaches these roles, and their deputies if nobody takes it up in time; never whom it is about.',
  },
  {
    id: 'D07',
    topic: 'Where monitoring reports go',
    at: [
      '/recipients/monitoring-report/to',
      '/recipients/monitoring-report/nilReport',
      '/recipients/online-safety-report/to',
    ],
    say: (doc) =>
      `Monitoring reports go to: ${recipients(doc, 'monitoring-report')}. Reports on online safety go to: ${recipients(doc, 'online-safety-report')}.`,
    docs: 'Reports are addressed to these roles; with nil reports, an empty period is reported as well.',
    later: true,
  },
  {
    id: 'D08',
    topic: 'Review of filtering',
    at: ['/duties/CAL-07/period', '/duties/CAL-07/proposed', '/duties/CAL-08/period'],
    say: (doc) => `Filtering is reviewed ${when(doc, 'CAL-07')}; governors look at it ${when(doc, 'CAL-08')}.`,
    docs: 'The duty clock asks for the review by its day and tells a second role when it is late.',
  },
  {
    id: 'D09',
    topic: 'Security check',
    at: ['/duties/CAL-09/period', '/duties/CAL-10/period', '/duties/CAL-11/period'],
    say: (doc) =>
      `A full check is made ${when(doc, 'CAL-09')}, an audit ${when(doc, 'CAL-10')}, a test of measures ${when(doc, 'CAL-11')}.`,
    docs: 'The duty clock asks for each by its day, with its checklist as evidence.',
  },
  {
    id: 'D10',
    topic: 'Change of the filter',
    at: ['/settings/filterChanges'],
    say: (doc) => {
      const { approver, two, maxDays, bypass } = doc.settings.filterChanges;
      return `Requests to get round ${and(bypass)} are decided by: ${title(doc, approver)}${two ? ', two people each time' : ''}; an opening lasts ${maxDays} days at most.`;
    },
    docs: 'Whoever holds this role decides, and never alone: nobody decides what they asked for. Openings end by the clock.',
  },
  {
    id: 'D11',
    topic: 'Illegal content',
    at: ['/rules/FIL-02/cells/*/value', '/rules/UAR-03/cells/*/value'],
    say: () => 'Illegal content is closed to everybody, and nothing can open it.',
    docs: 'Nothing: no document changes this. Pictures of child abuse stay closed whatever it says.',
  },
  {
    id: 'D12',
    topic: 'Filtering by person',
    at: ['/profiles/*/id'],
    say: ({ profiles }) => `There are ${profiles.length} profiles: ${and(profiles.map((p) => p.name))}.`,
    docs: 'The same address is answered by the profile of whoever asks.',
  },
  {
    id: 'D13',
    topic: 'Guests',
    at: ['/settings/guests'],
    say: ({ settings: { guests } }) =>
      `Guests (${and(guests.types, 'no kinds named')}) stay ${guests.maxDays} days at most, ${guests.mustAgree ? 'agree to the terms first' : 'need not agree to terms'} and have ${ACCESS[guests.access]}.${unconfirmed(guests)}`,
    docs: 'A guest’s account asks for these and ends on its day.',
  },
  {
    id: 'D14',
    topic: 'Devices of one’s own',
    at: [
      '/rules/COM-01/cells/staff/value',
      '/rules/COM-01/cells/pupil/value',
      '/devices/scheme/cells',
      '/devices/child-owned/cells',
      '/devices/staff-owned/cells',
      '/devices/visitor-owned/cells',
    ],
    say: (doc) => {
      const classes = doc.devices.filter((d) => d.ownership !== 'school');
      return `Bringing a phone: ${cells(doc, 'COM-01')}. On the network: ${and(
        classes.map(
          (d) => `${d.name} ${d.cells.full ? 'all of it' : d.cells.internetOnly ? 'the internet only' : 'nothing'}`,
        ),
        'nothing said',
      )}.`;
    },
    docs: 'The network answers a device by its class, and “May I?” by place and time.',
  },
  {
    id: 'D15',
    topic: 'Staff phones in lessons',
    at: ['/rules/COM-02/cells/staff/value'],
    say: (doc) => `May staff use a phone in lessons? ${capital(cell(doc, 'COM-02', 'staff'))}.`,
    docs: '“May I?” answers so; a list opens it only to those who stand on it.',
  },
  {
    id: 'D16',
    topic: 'Other devices',
    at: ['/rules/COM-05/cells/staff/value', '/rules/COM-05/cells/pupil/value'],
    say: (doc) => `Other devices, such as tablets: ${cells(doc, 'COM-05')}.`,
    docs: '“May I?” answers so; permission opens it to those who were given it.',
  },
  {
    id: 'D17',
    topic: 'Messaging, social media and blogs',
    at: ['COM-08', 'COM-09', 'COM-10'].flatMap((r) => [
      `/rules/${r}/cells/staff/value`,
      `/rules/${r}/cells/pupil/value`,
    ]),
    say: (doc) =>
      `Messaging: ${cells(doc, 'COM-08')}. Social media: ${cells(doc, 'COM-09')}. Blogs: ${cells(doc, 'COM-10')}.`,
    docs: 'The filter opens such sites only to those whom the cell lets through.',
  },
  {
    id: 'D18',
    topic: 'Private social media of staff',
    at: ['/settings/privateSocialMedia'],
    say: ({ settings: { privateSocialMedia } }) =>
      `Private social media in school: ${PRIVATE[privateSocialMedia.value]}${privateSocialMedia.minutesPerDay === null ? '' : `, ${privateSocialMedia.minutesPerDay} minutes a day`}.`,
    docs: 'The filter counts the minutes; while none are set, only people on the list have any. Where the table of communications is stricter, the table holds.',
  },
  {
    id: 'D19',
    topic: 'Table of user actions',
    at: ['/modules/userActions', '/settings/fairUse'],
    say: ({ modules, settings: { fairUse } }) => {
      const table = modules.userActions
        ? 'There is a table of user actions.'
        : 'There is no table of user actions; other clauses speak.';
      if (!fairUse) return table;
      const { staff, pupil, guest } = fairUse.megabytesAnHour;
      return `${table} A fair share of the network is ${staff} MB an hour for staff, ${pupil} for pupils and ${guest} for guests.`;
    },
    docs: 'The rows of the table are rules like all others; without one there are fewer of them. Where a rule forbids unfair use, gateways slow down whoever moves more through the proxy than is fair.',
  },
  {
    id: 'D20',
    topic: 'Sanctions',
    at: ['/modules/sanctionTables', '/sanctions/pupil/procedure', '/sanctions/staff/procedure'],
    say: ({ sanctions: { pupil, staff } }) =>
      `Sanctions follow ${pupil.table ? `a table of ${pupil.table.incidents.length} incidents` : 'a procedure'} for pupils and ${staff.table ? `a table of ${staff.table.incidents.length} incidents` : 'a procedure'} for staff.`,
    docs: 'A case offers the actions of the table; without one, what the procedure lets follow for each type of incident.',
  },
  {
    id: 'D21',
    topic: 'How an investigation is held',
    at: ['/incidents/seniors', '/incidents/designatedComputer', '/incidents/lead'],
    say: (doc) =>
      `An investigation needs ${doc.incidents.seniors} senior ${doc.incidents.seniors === 1 ? 'person' : 'people'} and is led by: ${title(doc, doc.incidents.lead)}${doc.incidents.designatedComputer ? ', on one computer set apart for it' : ''}.`,
    docs: 'Nothing is examined before so many seniors have signed in to the case, nor from another computer where one is asked for; and they judge alike.',
  },
  {
    id: 'D22',
    topic: 'A picture of child abuse is found',
    at: ['/incidents/abuseImageFirst'],
    say: ({ incidents }) =>
      `Nobody looks at it; first to be told ${incidents.abuseImageFirst === 'police' ? 'are the police' : 'is the DSL'}.`,
    docs: 'The case stops at once and says whom to tell first. No file goes in or out, and what was in is sealed, in any school.',
  },
  {
    id: 'D23',
    topic: 'Searching devices',
    at: ['/modules/deviceSearch', '/deviceSearch/authorisedBy', '/deviceSearch/grounds/*/id'],
    say: (doc) =>
      doc.deviceSearch
        ? `A device may be searched by those whom the ${title(doc, doc.deviceSearch.authorisedBy)} authorised, on ${doc.deviceSearch.grounds.length} grounds.`
        : 'The policy has no part on searching devices.',
    docs: 'Searches, the list of those who may search, and their guards in order are there only where the policy has this part.',
  },
  {
    id: 'D24',
    topic: 'Where incidents are recorded',
    at: ['/incidents/externalRecord'],
    say: ({ incidents: { externalRecord } }) =>
      externalRecord
        ? `Incidents are also entered in the ${externalRecord.system} within ${externalRecord.withinDays} days.`
        : 'Incidents are recorded here and nowhere else.',
    docs: 'A case asks for its reference in the other system, shows when that is late, and is not resolved without it.',
  },
  {
    id: 'D25',
    topic: 'Who closes an incident',
    at: ['/incidents/closedBy'],
    say: (doc) => `An incident is closed by: ${titles(doc, doc.incidents.closedBy)}.`,
    docs: 'Only these roles and whoever leads can close a case; where several seniors are asked for, as many sign.',
  },
  {
    id: 'D26',
    topic: 'Bodies outside the school',
    at: ['/settings/externalBodies'],
    say: ({ settings }) => `Bodies outside that may be involved: ${and(settings.externalBodies, 'none named')}.`,
    docs: 'A case offers these where somebody outside is told.',
    later: true,
  },
  {
    id: 'D27',
    topic: 'Agreements',
    at: ['/agreements/*/id', '/agreements/*/signedBy'],
    say: ({ agreements }) =>
      `${and(
        agreements.map((a) => `“${a.title}” (${a.terms.length} terms, signed by ${and(a.signedBy)})`),
        'No agreements',
      )}.`,
    docs: 'Each person is asked for the agreements of their kind, again when terms change.',
    later: true,
  },
  {
    id: 'D28',
    topic: 'Signature of parents',
    at: ['/settings/parentSignature'],
    say: ({ settings: { parentSignature } }) =>
      `Parents are ${parentSignature.asked ? '' : 'not '}asked to sign; a pupil’s access ${parentSignature.neededForAccess ? 'waits' : 'does not wait'} for it.${unconfirmed(parentSignature)}`,
    docs: 'Where it is needed, a pupil’s sessions begin only once a parent has signed.',
    later: true,
  },
  {
    id: 'D29',
    topic: 'Where pictures are published',
    at: ['/settings/imageChannels'],
    say: ({ settings }) => `Pictures may be published on: ${and(settings.imageChannels.map(spaced), 'nowhere')}.`,
    docs: 'Consent is asked and checked for each of these.',
    later: true,
  },
  {
    id: 'D30',
    topic: 'School mail',
    at: ['/settings/individualEmailFrom', '/settings/schoolMail'],
    say: ({ settings: { individualEmailFrom, schoolMail } }) => {
      const own = individualEmailFrom
        ? `From ${individualEmailFrom} each pupil has an address of their own.`
        : 'Nothing is said about shared addresses.';
      return schoolMail ? `${own} The school’s own mail is at ${and(schoolMail.hosts, 'no address yet')}.` : own;
    },
    docs: 'The filter leaves the school’s own mail open and every other service of mail closed.',
  },
  {
    id: 'D31',
    topic: 'Training',
    at: ['/training/*/id', '/training/*/period'],
    say: ({ training }) =>
      `${and(
        training.map((t) => `${t.title} (${period(t.period)})`),
        'No training',
      )}.`,
    docs: 'Each person’s courses and their days follow from their roles.',
    later: true,
  },
  {
    id: 'D32',
    topic: 'Curriculum',
    at: ['/curriculum/*/id', '/curriculum/*/phase'],
    say: ({ curriculum }) =>
      `${curriculum.length} outcomes, for ${and([...new Set(curriculum.map((o) => (o.phase === 'all' ? 'all years' : spaced(o.phase))))], 'no years')}.`,
    docs: 'Coverage is counted against these outcomes in the key stages that the school teaches.',
    later: true,
  },
  {
    id: 'D33',
    topic: 'Risk assessments',
    at: ['/modules/riskAssessment', '/settings/riskAssessments', '/meta/needsRiskAssessment'],
    say: ({ settings: { riskAssessments }, meta }) =>
      `${and(
        riskAssessments.map((r) => `${r.kind} (every ${r.months} months)`),
        'None asked for',
      )}.${meta.needsRiskAssessment ? ' No version is approved without one.' : ''}`,
    docs: 'Where one is needed, approval is refused until one in date is linked.',
  },
  {
    id: 'D34',
    topic: 'Data protection',
    at: ['/settings/dataProtection'],
    say: ({ settings }) => `The policy speaks of: ${and(settings.dataProtection.map(spaced), 'nothing')}.`,
    docs: 'The data protection register asks for these and for no others.',
    later: true,
  },
  {
    id: 'D35',
    topic: 'Programs, licences and carried media',
    at: [
      '/modules/licences',
      '/settings/software',
      '/rules/SEC-10/cells/staff/value',
      '/rules/AGR-T25/cells/staff/value',
    ],
    say: (doc) => {
      const { install, removableMedia } = doc.settings.software;
      const media = `staff ${MEDIA[removableMedia.staff]}, pupils ${MEDIA[removableMedia.pupil]}, guests ${MEDIA[removableMedia.guest]}`;
      return `Programs are installed by: ${titles(doc, install)}. Carried media: ${media}. Licences are ${doc.modules.licences ? '' : 'not '}kept here.${unconfirmed(doc.settings.software)}`;
    },
    docs: 'Downloads of programs and the register of licences and media follow this.',
  },
  {
    id: 'D36',
    topic: 'Cycle of the policy',
    at: ['/meta/reviewMonths', '/meta/approvedBy', '/meta/reviewers'],
    say: (doc) =>
      `The policy is reviewed every ${doc.meta.reviewMonths} months by ${titles(doc, doc.meta.reviewers)}, and approved by: ${doc.meta.approvedBy ?? 'not stated'}.`,
    docs: 'The next review is counted from this, and these people sign a draft before it is approved.',
  },
  {
    id: 'D37',
    topic: 'Parts on device search and AI',
    at: ['/modules/deviceSearch', '/modules/ai'],
    say: ({ modules }) =>
      `Device search: ${modules.deviceSearch ? 'yes' : 'no'}. Artificial intelligence: ${modules.ai ? 'yes' : 'no'}.`,
    docs: 'Pages and duties of a part that the policy leaves out do not appear.',
    later: true,
  },
  {
    id: 'D38',
    topic: 'Accounts in the school’s name',
    at: ['/modules/officialAccounts', '/settings/officialAccountAdministrators'],
    say: ({ modules, settings: { officialAccountAdministrators: least } }) =>
      modules.officialAccounts
        ? `Each account in the school’s name is run by ${least === null ? 'an unstated number of' : `at least ${least}`} people.`
        : 'The policy has no rules for accounts in the school’s name.',
    docs: 'An account with fewer people is shown as suspended.',
    later: true,
  },
  {
    id: 'D39',
    topic: 'Work devices away from school',
    at: ['/settings/workDevices'],
    say: ({ settings }) =>
      `A work device away from school must have: ${and(settings.workDevices.map(spaced), 'nothing')}.`,
    docs: 'The state of a device is asked for on these points; unknown counts as missing.',
    later: true,
  },
  {
    id: 'D40',
    topic: 'Who runs the technology',
    at: ['/settings/technicalSupplier'],
    say: ({ settings }) =>
      settings.technicalSupplier === 'in-house'
        ? 'The school’s own ICT staff run the technology.'
        : 'A provider from outside runs the technology.',
    docs: 'People of an outside provider have technical rights only, and no case unless named in it.',
    later: true,
  },
  {
    id: 'D41',
    topic: 'Questions about training needs',
    at: ['/selfAudit/document', '/selfAudit/questions/*/number'],
    say: ({ selfAudit: { questions } }) =>
      questions.length > 0
        ? `Staff answer ${questions.length} questions about what they know and need.`
        : 'Staff are asked what they need; the questions were not supplied.',
    docs: 'The form is made of these questions, and answers turn into training needs.',
    later: true,
  },
  {
    id: 'D42',
    topic: 'Who is monitored',
    at: ['/settings/monitored'],
    say: ({ settings }) => `Use of the web is recorded for: ${and(settings.monitored)}.`,
    docs: 'The activity record holds these kinds of person.',
    later: true,
  },
  {
    id: 'D43',
    topic: 'An agreement is not signed',
    at: ['/settings/unsigned'],
    say: ({ settings: { unsigned } }) =>
      `Whoever has not signed ${UNSIGNED[unsigned.effect]}${unsigned.effect === 'grace' ? ` after ${unsigned.graceDays} days` : ''}.${unconfirmed(unsigned)}`,
    docs: 'The gate at sign-in follows this.',
    later: true,
  },
];

const CHARACTERS = {
  upper: 'a capital letter',
  lower: 'a small letter',
  digit: 'a digit',
  symbol: 'a special character',
};
const ACCESS = { FULL: 'the whole network', INTERNET_ONLY: 'the internet only', NONE: 'no network' };
const PRIVATE = {
  never: 'never',
  times: 'at certain times',
  selected: 'those on a list',
  reasonable: 'within reason',
};
const MEDIA = { none: 'none', registered: 'registered ones', 'read-only': 'to read only' };
const UNSIGNED = { block: 'is stopped', grace: 'is stopped', warn: 'is reminded' };
const spaced = (id: string): string => id.replaceAll('-', ' ');
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
