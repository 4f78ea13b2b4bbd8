import { newestEdition } from '#policy/editions.ts';
import type { RoleId } from '#policy/types.ts';

/**
 * The Department for Education's four standards on filtering and monitoring as a checklist, in our own words: what a
 * governing body asks under each (FIL-11..14, FIL-07, MON-08). `edition` is the edition that the wording follows; a review
 * keeps the edition that it went through.
 */
export interface Standard {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly string[];
  readonly items: readonly Item[];
}
export interface Item {
  readonly id: string;
  readonly asks: string;
  /** What usually shows it. */
  readonly evidence: string;
}

export const EDITION = { edition: '2023', asOf: '2023-03-29' } as const;
/** The edition that the checklist follows, and a newer one where the register of guidance knows of it. */
export function editionState(today: string): { edition: string; asOf: string; newer: string | null } {
  const newest = newestEdition('filtering-standards', today);
  return { ...EDITION, newer: newest && newest.asOf > EDITION.asOf ? newest.edition : null };
}

export const STANDARDS: readonly Standard[] = [
  {
    id: 'roles',
    title: 'Somebody answers for filtering and monitoring',
    rows: ['FIL-12'],
    items: [
      {
        id: 'roles-named',
        asks: 'A governor and a senior leader are named who answer for these standards.',
        evidence: 'The roles page, and the minute that named them.',
      },
      {
        id: 'roles-clear',
        asks: 'What the DSL, the IT staff and any supplier each do is written down and known to them.',
        evidence: 'Job descriptions, the supplier’s contract, roles accepted by their holders.',
      },
      {
        id: 'roles-staff',
        asks: 'All staff know what is expected of them, and how to report what gets through or is stopped wrongly.',
        evidence: 'Training records; reports that came in.',
      },
      {
        id: 'roles-prompt',
        asks: 'Somebody can change the filter promptly when that is needed, and never single-handed where it opens something.',
        evidence: 'Time to answer of reports; changes with two names.',
      },
    ],
  },
  {
    id: 'review',
    title: 'Provision is reviewed at least once a year',
    rows: ['FIL-10', 'FIL-13', 'FIL-14'],
    items: [
      {
        id: 'review-together',
        asks: 'The review is made by senior leaders, the DSL and IT staff together, and a governor takes part.',
        evidence: 'Who was there.',
      },
      {
        id: 'review-pupils',
        asks: 'It looks at the pupils: ages, needs, those at greater risk, languages, and what they meet outside school.',
        evidence: 'The risk assessment.',
      },
      {
        id: 'review-devices',
        asks: 'It looks at every kind of device and place: school’s, pupils’ own, staff, guests, and devices taken home.',
        evidence: 'The coverage map of this review.',
      },
      {
        id: 'review-tests',
        asks: 'Filtering was tested on each kind of device, for pupils and for staff, and the results were kept.',
        evidence: 'The tests of this review.',
      },
      {
        id: 'review-changes',
        asks: 'What changed since the last review was looked at: technology, ways of teaching, incidents, new risks.',
        evidence: 'Changes of the filter and of the policy; cases in numbers.',
      },
      {
        id: 'review-followed',
        asks: 'What earlier reviews asked for was done.',
        evidence: 'The actions of the last review.',
      },
    ],
  },
  {
    id: 'blocking',
    title: 'Harmful content is blocked without getting in the way of teaching',
    rows: ['FIL-01', 'FIL-02', 'FIL-07'],
    items: [
      {
        id: 'blocking-illegal',
        asks: 'Illegal content is blocked with the lists of the Internet Watch Foundation and the counter-terrorism police, and nobody can switch that off.',
        evidence: 'The two lists, and how fresh they are.',
      },
      {
        id: 'blocking-harmful',
        asks: 'Harmful and inappropriate content is blocked for pupils by age and need.',
        evidence: 'The policy’s profiles; results of the tests.',
      },
      {
        id: 'blocking-everybody',
        asks: 'Every user is filtered, guests and staff among them, on every connection that the school provides.',
        evidence: 'The coverage map of this review.',
      },
      {
        id: 'blocking-bypass',
        asks: 'Ways round the filter are closed: other DNS, VPNs, proxies, QUIC, translators and caches.',
        evidence: 'The coverage map; the firewall’s rules.',
      },
      {
        id: 'blocking-who',
        asks: 'When something is stopped, it can be told who was stopped, on which device, where and when.',
        evidence: 'The activity record.',
      },
      {
        id: 'blocking-teaching',
        asks: 'Teaching is not hindered: what is wrongly stopped is reported, answered soon and put right.',
        evidence: 'Reports of sites stopped wrongly, and the time to answer.',
      },
      {
        id: 'blocking-ai',
        asks: 'Tools that write text or make pictures are filtered too, and open only after their assessment.',
        evidence: 'Assessments of such tools.',
      },
    ],
  },
  {
    id: 'monitoring',
    title: 'Monitoring meets the safeguarding needs of the school',
    rows: ['MON-08'],
    items: [
      {
        id: 'monitoring-strategy',
        asks: 'How monitoring is done is written down, follows from the risk assessment, and suits the pupils.',
        evidence: 'The policy’s section on monitoring; the risk assessment.',
      },
      {
        id: 'monitoring-alerts',
        asks: 'Somebody sees urgent alerts at once, and there is a second person when the first does not answer.',
        evidence: 'The escalation of the policy; time to acknowledge.',
      },
      {
        id: 'monitoring-reports',
        asks: 'What monitoring shows is read regularly by the DSL, and acted on.',
        evidence: 'The duty to look through the record.',
      },
      {
        id: 'monitoring-devices',
        asks: 'It is known which devices are monitored and which are not, the pupils’ own among them.',
        evidence: 'The coverage map of this review.',
      },
      {
        id: 'monitoring-told',
        asks: 'Users and parents are told that use is monitored, and what for.',
        evidence: 'The notice at sign-in; the page for parents.',
      },
      {
        id: 'monitoring-data',
        asks: 'What is recorded is kept no longer than needed, and a data protection assessment covers it.',
        evidence: 'The retention rule; the assessment.',
      },
    ],
  },
];

export const ITEMS: readonly Item[] = STANDARDS.flatMap((s) => s.items);
export const isItem = (id: string): boolean => ITEMS.some((i) => i.id === id);

/** FIL-12: duties that somebody must hold before the checklist can be signed; any one of these roles carries a duty. */
export const RESPONSIBILITIES: readonly { readonly duty: string; readonly roles: readonly RoleId[] }[] = [
  { duty: 'a governor who answers for filtering and monitoring', roles: ['lead-governor', 'chair'] },
  { duty: 'a senior leader who answers for these standards', roles: ['head', 'centre-lead'] },
  { duty: 'a lead on safeguarding', roles: ['dsl', 'centre-lead'] },
  { duty: 'somebody who runs the systems', roles: ['ict-manager'] },
  { duty: 'a second person for changes of the filter', roles: ['filter-approver'] },
];
