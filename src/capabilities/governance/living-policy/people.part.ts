import {
  type Block,
  headedTable,
  heading,
  list,
  note,
  paragraph,
  type Rich,
  table,
} from '#platform/documents/index.ts';
import type { PolicyDocument, Recipient } from '#policy/index.ts';
import { date, everyMonths, listed, minutes, part, type Words } from './policy.words.ts';

/** What is not in the document: which version it is, whose, and since when. */
export interface Edition {
  readonly school: string;
  readonly number: number;
  readonly from: Date;
  readonly timeZone: string;
}

const OPEN = 'not recorded';

/** The cover: what a reader must know of the document before reading it (GOV-02, GOV-04). */
export function cover({ meta, title }: PolicyDocument, edition: Edition, words: Words): Block[] {
  const from = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: edition.timeZone }).format(edition.from);
  const approved = meta.approvedBy ? `${meta.approvedBy}${meta.approvedOn ? `, ${date(meta.approvedOn)}` : ''}` : OPEN;
  const { from: begins, to: ends } = meta.period;
  const rows: Rich[][] = [
    ['School', edition.school],
    ['Version', `${edition.number}, in force since ${from}`],
    ['Written by', meta.author ?? OPEN],
    ['Created', meta.created ? date(meta.created) : OPEN],
    ['Approved by', approved],
    [
      'For the time',
      begins || ends
        ? listed(
            [begins, ends].map((d) => (d ? date(d) : 'no date')),
            'to',
          )
        : OPEN,
    ],
    ['Last reviewed', meta.lastReviewed ? date(meta.lastReviewed) : OPEN],
    ['Next review', meta.nextReview ? date(meta.nextReview) : OPEN],
    ['Reviewed', `${everyMonths(meta.reviewMonths)}, by ${words.roles(meta.reviewers)}`],
    ['Put in force by', words.role(meta.approver)],
  ];
  return [heading(1, title), table('About this version', ['What', 'How it stands'], rows)];
}

/** Roles and their duties. `holders`: who holds each, for readers who may know. */
export function roles(
  document: PolicyDocument,
  words: Words,
  holders: ReadonlyMap<string, readonly string[]> | null,
): Block[] {
  return [
    part('roles', 'Roles and duties'),
    ...document.roles.flatMap((r): Block[] => {
      const held = holders?.get(r.id);
      return [
        heading(3, r.title, `role-${r.id}`),
        paragraph([{ text: howMany(r) }, ...words.under(r.clause)]),
        ...(held ? [paragraph(held.length > 0 ? `Held by ${listed(held)}.` : 'Held by nobody yet.')] : []),
        ...(r.undefinedInSource
          ? [note('The policy names this role but does not say who it is; the school decides.')]
          : []),
        ...(r.duties.length > 0 ? [list(r.duties)] : []),
      ];
    }),
  ];
}

function howMany({ holders: { min, max }, deputies }: PolicyDocument['roles'][number]): string {
  const people = (n: number) => (n === 1 ? 'one person' : `${n} people`);
  const holding =
    min === 0
      ? 'Held by whoever it falls to'
      : min === max
        ? `Held by exactly ${people(min)}`
        : `Held by at least ${people(min)}${max === null ? '' : ` and at most ${max}`}`;
  return deputies.min > 0 ? `${holding}, with at least ${people(deputies.min)} as deputy` : holding;
}

const REPORTS: Readonly<Record<Recipient['report'], string>> = {
  concern: 'A worry about somebody',
  misuse: 'Misuse',
  'technical-fault': 'A technical fault',
  'filter-failure': 'The filter does not work',
  'security-incident': 'An incident of security',
  'hurtful-message': 'A hurtful message',
  'abuse-image': 'An image of abuse',
  'staff-allegation': 'An allegation against a member of staff',
  'head-allegation': 'An allegation against the head',
  'device-question': 'A question about a device',
  'monitoring-report': 'The report on monitoring',
  'online-safety-report': 'The report on online safety',
};

/** Who is told what, and how incidents are handled. */
export function reporting(document: PolicyDocument, words: Words): Block[] {
  const { recipients, monitoring, incidents } = document;
  const told = recipients.map((r): Rich[] => [
    REPORTS[r.report],
    words.roles(r.to),
    r.within === null ? 'No time is set' : `${minutes(r.within)}${r.proposed ? ' (proposed)' : ''}`,
    r.nilReport ? 'Yes' : 'No',
    words.clause(r.clause),
  ]);
  const steps = monitoring.escalation.map((e): Rich[] => [
    `${words.role(e.role)}${e.rank === 'deputy' ? ' (deputy)' : ''}`,
    minutes(e.acknowledgeMinutes),
  ]);
  const clocks = incidents.clocks.map((c): Rich[] => [
    c.severity[0]?.toUpperCase() + c.severity.slice(1),
    minutes(c.firstActionMinutes),
    minutes(c.outcomeDays * 1440),
    words.role(c.escalateTo),
  ]);
  return [
    ...(told.length > 0
      ? headedTable(
          part('who-is-told', 'Who is told what'),
          ['Report', 'Goes to', 'Acknowledged within', 'Also when there is nothing to report', 'Clause'],
          told,
        )
      : [part('who-is-told', 'Who is told what')]),
    paragraph([
      { text: 'An alert goes to the first of these; whoever does not acknowledge it in time is followed by the next' },
      ...words.under(monitoring.escalationClause),
      { text: '.' },
    ]),
    table('Order in which people are told of an alert', ['Who', 'Time to acknowledge'], steps),
    part('incidents', 'How an incident is handled'),
    list(incidentFacts(document, words)),
    ...(incidents.clocksProposed
      ? [note('The policy names no times for incidents; these are proposed and wait for the school’s word.')]
      : []),
    table('Times of an incident', ['How grave', 'First action within', 'Outcome within', 'Late: told to'], clocks),
    ...searching(document, words),
  ];
}

function incidentFacts({ incidents: i }: PolicyDocument, words: Words): Rich[] {
  return [
    [{ text: `Led by ${words.role(i.lead)}` }, ...words.under(i.clause)],
    i.seniors === 1 ? 'One senior person decides.' : `${i.seniors} senior people decide together.`,
    `Closed by ${words.roles(i.closedBy, 'or')}.`,
    `An image of abuse goes first to ${i.abuseImageFirst === 'police' ? 'the police' : words.role('dsl')}.`,
    ...(i.designatedComputer ? ['It is looked into on one designated computer.'] : []),
    ...(i.externalRecord
      ? [
          `It is also recorded in the ${i.externalRecord.system.toLowerCase()} within ${minutes(i.externalRecord.withinDays * 1440)}.`,
        ]
      : []),
  ];
}

function searching({ deviceSearch: s }: PolicyDocument, words: Words): Block[] {
  if (!s) return [];
  return [
    part('device-search', 'When a device may be searched'),
    paragraph([
      {
        text: `Authorised by ${words.role(s.authorisedBy)}, on the advice of ${words.roles(s.advice, 'or')}; what follows is decided with ${words.roles(s.respondWith)}`,
      },
      ...words.under(s.clause),
      { text: '. There must be a ground to search, and a reason to look into what is on it.' },
    ]),
    heading(3, 'Grounds to search'),
    list(s.grounds.map((g) => g.text)),
    heading(3, 'What school rules name among the things to search for'),
    list(s.banned.map((b) => b.text)),
    heading(3, 'Reasons to look into it, and to delete'),
    list(s.reasons.map((r) => r.text)),
  ];
}
