import { DAY } from '#core/clock.ts';
import { many, span } from '../today/line.ts';
import type { CoverageFacts } from './facts.ts';

export type About = 'filtered' | 'monitored' | 'not';

/**
 * What is said of coverage: a sentence holds while its condition does, and no longer. `parents` says the same to families,
 * with nothing in it that would help somebody round the filter; a row without it is for those who answer for the system.
 */
export interface Row<Facts> {
  readonly id: string;
  readonly about: About;
  readonly when: (facts: Facts) => boolean;
  readonly says: (facts: Facts) => string;
  readonly parents?: (facts: Facts) => string | null;
  /** What would change it. */
  readonly change: string;
}

export interface Statement {
  readonly id: string;
  readonly about: About;
  readonly text: string;
  readonly parents: string | null;
  readonly change: string;
}

/** The sentences that hold now, in the order of their table. */
export const statements = <Facts>(rows: readonly Row<Facts>[], facts: Facts): Statement[] =>
  rows
    .filter((row) => row.when(facts))
    .map((row) => ({
      id: row.id,
      about: row.about,
      text: row.says(facts),
      parents: row.parents?.(facts) ?? null,
      change: row.change,
    }));

const DETECTED_WITHIN = 7 * DAY;

export const working = (f: CoverageFacts) =>
  f.policy !== null && f.gateways.some((g) => g.state === 'at-work' || g.state === 'behind');
/** A gateway is at work and other devices reach it. */
export const filtering = (f: CoverageFacts) => working(f) && (f.reach.dns || f.reach.proxy);
const silent = (f: CoverageFacts) => f.gateways.filter((g) => g.state === 'silent');
const inState = (f: CoverageFacts, state: CoverageFacts['gateways'][number]['state']) =>
  f.gateways.filter((g) => g.state === state);
const namesOf = (list: readonly { readonly name: string }[]) => list.map((x) => `“${x.name}”`).join(', ');
const missingSlots = (f: CoverageFacts) => f.slots.filter((s) => s.state === 'not-supplied');
const lateSlots = (f: CoverageFacts) => f.slots.filter((s) => s.state === 'late');
const profiles = (f: CoverageFacts) => f.policy?.compiled.profiles ?? [];
const pupils = (f: CoverageFacts) => f.policy?.document.profiles.filter((p) => p.match.kinds?.includes('pupil')) ?? [];
const searchUnsafe = (f: CoverageFacts) => profiles(f).filter((p) => f.safety[p.id]?.safeSearch !== true);
const restricted = (f: CoverageFacts, profile: string) => (f.safety[profile]?.youtube ?? 'none') !== 'none';
const pupilsUnsafe = (f: CoverageFacts) => pupils(f).filter((p) => f.safety[p.id]?.safeSearch !== true);
/** What gateways recorded came in within a week: only that shows that monitoring works. */
export const seen = (f: CoverageFacts) => f.lastActivity !== null && f.at - f.lastActivity.getTime() < DETECTED_WITHIN;
const personal = (f: CoverageFacts) =>
  f.policy?.document.devices.some((d) => d.ownership !== 'school' && (d.cells.full || d.cells.internetOnly)) ?? false;

/** What holds for every device, person and place. */
export const SCHOOL_ROWS: readonly Row<CoverageFacts>[] = [
  {
    id: 'gateways',
    about: 'filtered',
    when: working,
    says: (f) => {
      const on = f.gateways.filter((g) => g.state === 'at-work' || g.state === 'behind');
      return `${many(on.length, 'gateway')} of ${f.gateways.length} at work: ${on.map((g) => `“${g.name}”, heard ${span(f.at - (g.seenAt?.getTime() ?? f.at))} ago`).join('; ')}.`;
    },
    parents: (f) =>
      filtering(f)
        ? 'A web filter called Gatehouse, which the school runs itself, decides for each site whether it may be opened. It asks the school’s own policy.'
        : null,
    change: 'A gateway that falls silent for three minutes, or one more that is enrolled.',
  },
  {
    id: 'dns',
    about: 'filtered',
    when: (f) => working(f) && f.reach.dns,
    says: () =>
      'By name, over DNS: a site that is closed is not found. Whatever asks our DNS is filtered, apps included.',
    change: 'The address in GATEHOUSE_DNS, and what devices are given as their DNS.',
  },
  {
    id: 'proxy',
    about: 'filtered',
    when: (f) => working(f) && f.reach.proxy,
    says: () =>
      'Through the proxy: by site, and on plain HTTP by the whole address, the words of a search and the kind of file.',
    change: 'The address in GATEHOUSE_PROXY, and which devices use it.',
  },
  {
    id: 'policy',
    about: 'filtered',
    when: (f) => f.policy !== null,
    says: (f) =>
      `By the policy “${f.policy?.document.title}”, version ${f.policy?.number}, with ${many(profiles(f).length, 'profile')} and ${many(f.policy?.document.rules.length ?? 0, 'rule')}.`,
    parents: (f) =>
      `What is open and what is closed follows from the school’s policy, version ${f.policy?.number}, and differs by age: there are ${many(pupils(f).length, 'set')} of rules for pupils. Staff and guests are filtered too.`,
    change: 'A new version of the policy, which takes reviewers, a minute and an approval.',
  },
  {
    id: 'lists',
    about: 'filtered',
    when: (f) => f.lists.builtAt !== null,
    says: (f) =>
      `With ${many(f.lists.sources, 'list')} of sites, put together ${span(f.at - (f.lists.builtAt?.getTime() ?? f.at))} ago.${f.lists.late ? ' That is too long ago.' : ''}${f.lists.broken > 0 ? ` ${many(f.lists.broken, 'list')} could not be read.` : ''}`,
    parents: (f) =>
      `Which kind a site is of comes from lists. They were last put together ${span(f.at - (f.lists.builtAt?.getTime() ?? f.at))} ago${f.lists.late ? ', which is longer than it should be' : ''}.`,
    change: 'Lists are read anew each night; people who keep the filter add lists and switch them off.',
  },
  {
    id: 'slots-supplied',
    about: 'filtered',
    when: (f) => f.slots.some((s) => s.state === 'fresh'),
    says: (f) =>
      `Illegal content with the sealed list of: ${f.slots
        .filter((s) => s.state === 'fresh')
        .map((s) => s.title)
        .join('; ')}.`,
    parents: (f) =>
      `Illegal content is closed to everybody, with the list of ${f.slots
        .filter((s) => s.state === 'fresh')
        .map((s) => `the ${s.title}`)
        .join(' and ')}.`,
    change:
      'Nobody at the school can switch it off. It counts as late after twelve hours without news from its provider.',
  },
  {
    id: 'safe-search',
    about: 'filtered',
    when: (f) => filtering(f) && profiles(f).length > searchUnsafe(f).length,
    says: (f) =>
      `Safe results in the large search engines for: ${profiles(f)
        .filter((p) => f.safety[p.id]?.safeSearch)
        .map((p) => p.name)
        .join(', ')}.`,
    parents: (f) =>
      pupilsUnsafe(f).length === 0 ? 'The large search engines show safe results only to pupils.' : null,
    change: 'The policy in force, which says who counts as pupil, staff or guest.',
  },
  {
    id: 'youtube',
    about: 'filtered',
    when: (f) => filtering(f) && profiles(f).some((p) => restricted(f, p.id)),
    says: (f) =>
      `YouTube’s restricted mode for: ${profiles(f)
        .filter((p) => restricted(f, p.id))
        .map((p) => p.name)
        .join(', ')}.`,
    parents: (f) =>
      pupils(f).every((p) => restricted(f, p.id)) ? 'YouTube is in its restricted mode for pupils.' : null,
    change: 'The policy in force.',
  },
  {
    id: 'resolvers',
    about: 'filtered',
    when: (f) => working(f) && f.resolvers.known > 0 && f.resolvers.openTo.length === 0,
    says: (f) =>
      `${many(f.resolvers.known, 'encrypted DNS service')} that we know of are closed under every profile, so that devices stay with our DNS.`,
    change: 'The lists, which name them, and the policy.',
  },
  {
    id: 'closings',
    about: 'filtered',
    when: (f) => f.changes.block + f.changes['emergency-block'] > 0,
    says: (f) =>
      `${many(f.changes.block + f.changes['emergency-block'], 'closing')} by hand holds besides, until two people lift it.`,
    change: 'A closing is lifted by a second person.',
  },
  {
    id: 'lessons',
    about: 'filtered',
    when: (f) => f.changes['only-these'] > 0,
    says: (f) => `${many(f.changes['only-these'], 'lesson')} now with “only these sites”.`,
    change: 'Its end, which comes by the clock.',
  },
  {
    id: 'addresses',
    about: 'filtered',
    when: (f) => f.addresses.length > 0,
    says: (f) =>
      `${many(f.addresses.length, 'registered address or subnet', 'registered addresses and subnets')} known without anybody signing in: ${f.addresses.map((a) => a.label).join(', ')}.`,
    change: 'What is registered under “Point a device here”.',
  },
  {
    id: 'recorded',
    about: 'monitored',
    when: (f) => f.policy !== null && seen(f),
    says: (f) =>
      `Each decision is recorded: when, where, who as far as known, which site, what was decided and why. Kept ${many(f.policy?.document.retention.activityDays ?? 0, 'day')}. The last came ${span(f.at - (f.lastActivity?.getTime() ?? f.at))} ago.`,
    parents: (f) =>
      `Gatehouse also keeps a record of which sites were asked for and what was decided. It is deleted after ${many(f.policy?.document.retention.activityDays ?? 0, 'day')}, and staff who look at one person’s record must say why.`,
    change: 'The policy’s rule on keeping, and gateways that bring what they recorded.',
  },
  {
    id: 'grave',
    about: 'monitored',
    when: (f) => seen(f) && Object.keys(f.policy?.document.monitoring.grave ?? {}).length > 0,
    says: (f) =>
      `An alert at the first request for: ${Object.keys(f.policy?.document.monitoring.grave ?? {})
        .map((c) => f.policy?.compiled.categories[c]?.name ?? c)
        .join(', ')}.`,
    parents: () =>
      'If something shows that a child may be in danger, the safeguarding team is told at once, and the next person if nobody answers.',
    change: 'The policy’s list of grave kinds.',
  },
  {
    id: 'repeated',
    about: 'monitored',
    when: (f) => f.policy !== null && seen(f),
    says: (f) => {
      const r = f.policy?.document.monitoring.repeated;
      return `An alert when one person is stopped ${r?.count} times within ${r?.minutes} minutes at one kind of site.`;
    },
    parents: () => 'Staff also hear when one person tries again and again to open what is closed.',
    change: 'The numbers in the policy.',
  },
  {
    id: 'no-policy',
    about: 'not',
    when: (f) => f.policy === null,
    says: () => 'No policy is in force. Gateways let nothing through, and nothing is monitored by a policy.',
    parents: () => 'No policy is in force in this system yet, so it lets nothing through and promises nothing.',
    change: 'A policy that comes into force.',
  },
  {
    id: 'no-gateway',
    about: 'not',
    when: (f) => f.gateways.length === 0,
    says: () => 'No gateway is enrolled: nothing is filtered or monitored by Gatehouse.',
    parents: () => 'No filter is connected to this system at the moment: it filters and monitors nothing.',
    change: 'A gateway that is enrolled under Filtering.',
  },
  {
    id: 'silent',
    about: 'not',
    when: (f) => silent(f).length > 0,
    says: (f) =>
      `Not heard from: ${silent(f)
        .map((g) => `“${g.name}”${g.seenAt ? `, for ${span(f.at - g.seenAt.getTime())}` : ', never'}`)
        .join('; ')}. Whether it filters now is not known; what it recorded has not come in.`,
    parents: (f) =>
      silent(f).length === f.gateways.length
        ? 'When this page was made the filter had not reported for some minutes. Until it does, we cannot say that it filters or records anything.'
        : 'When this page was made a part of the filter had not reported for some minutes. For that part we cannot say that it filters or records anything.',
    change: 'The gateway reports again.',
  },
  {
    id: 'denies',
    about: 'not',
    when: (f) => inState(f, 'no-policy').length > 0,
    says: (f) =>
      `Closed altogether for want of a valid policy: ${namesOf(inState(f, 'no-policy'))}. It lets nothing through, and records no decision by the policy.`,
    change: 'The gateway takes a valid snapshot from control.',
  },
  {
    id: 'behind',
    about: 'not',
    when: (f) => inState(f, 'behind').length > 0,
    says: (f) => `Not yet by the newest settings: ${namesOf(inState(f, 'behind'))} still obeys an older snapshot.`,
    change: 'It takes the newest snapshot, usually within seconds.',
  },
  {
    id: 'no-record',
    about: 'not',
    when: (f) => !seen(f),
    says: (f) =>
      `No record has come in ${f.lastActivity ? `for ${span(f.at - f.lastActivity.getTime())}` : 'yet'}, so nothing shows that monitoring works.`,
    parents: (f) =>
      `No record of use has come in ${f.lastActivity ? 'for a week' : 'yet'}. Until one does, we cannot say that anything is monitored.`,
    change: 'A gateway at work that brings what it recorded.',
  },
  {
    id: 'dns-closed',
    about: 'not',
    when: (f) => !f.reach.dns,
    says: () => 'By DNS, nothing but programs on the gateway’s own computer: the DNS answers nobody else.',
    change: 'GATEHOUSE_DNS set to an address that devices reach.',
  },
  {
    id: 'proxy-closed',
    about: 'not',
    when: (f) => !f.reach.proxy,
    says: () => 'Through the proxy, nothing but programs on the gateway’s own computer: the proxy answers nobody else.',
    change: 'GATEHOUSE_PROXY set to an address that devices reach.',
  },
  {
    id: 'unreached',
    about: 'not',
    when: (f) => !f.reach.dns && !f.reach.proxy,
    says: () => 'So no other device is filtered or monitored yet.',
    parents: () =>
      'The filter answers only on its own computer so far: no child’s device is filtered or monitored by it yet.',
    change: 'GATEHOUSE_DNS or GATEHOUSE_PROXY set to an address that devices reach.',
  },
  {
    id: 'no-lists',
    about: 'not',
    when: (f) => f.lists.builtAt === null,
    says: () => 'By kind of site: no list is loaded, so no site has a kind.',
    parents: () => 'No list of sites is loaded yet, so the filter cannot tell one kind of site from another.',
    change: 'Lists are put together.',
  },
  {
    id: 'slots-missing',
    about: 'not',
    when: (f) => missingSlots(f).length > 0,
    says: (f) =>
      `Not supplied: ${missingSlots(f)
        .map((s) => s.title)
        .join('; ')}. Illegal content of this kind is known only as far as other lists name it.`,
    parents: (f) =>
      `The school’s filter has not been given the list of: ${missingSlots(f)
        .map((s) => s.title)
        .join('; ')}. Such content is closed only as far as other lists know it.`,
    change: 'The school becomes a member of the provider, and whoever runs the machine sets up the feed.',
  },
  {
    id: 'slots-late',
    about: 'not',
    when: (f) => lateSlots(f).length > 0,
    says: (f) =>
      `Older than twelve hours: ${lateSlots(f)
        .map((s) => s.title)
        .join('; ')}. What was found since is not in it.`,
    parents: (f) =>
      `Not renewed for more than twelve hours: the list of ${lateSlots(f)
        .map((s) => `the ${s.title}`)
        .join(' and ')}.`,
    change: 'Its provider answers again.',
  },
  {
    id: 'search-free',
    about: 'not',
    when: (f) => searchUnsafe(f).length > 0,
    says: (f) =>
      `Safe results in search engines are not kept for: ${searchUnsafe(f)
        .map((p) => p.name)
        .join(', ')}.`,
    parents: (f) =>
      pupilsUnsafe(f).length > 0
        ? `Safe results in search engines are not kept for: ${pupilsUnsafe(f)
            .map((p) => p.name)
            .join(', ')}.`
        : 'Staff search without the safe setting of search engines.',
    change: 'The policy in force.',
  },
  {
    id: 'openings',
    about: 'not',
    when: (f) => f.changes.open > 0,
    says: (f) =>
      `${many(f.changes.open, 'opening')} for study now: for a class or some people and a time, agreed by two.`,
    parents: () =>
      'For a lesson, staff can have a closed site opened for one class and a time. Two people must agree. Some are open now.',
    change: 'Each ends by the clock.',
  },
  {
    id: 'bypass',
    about: 'not',
    when: (f) => f.changes['bypass-monitoring'] > 0,
    says: (f) =>
      `${many(f.changes['bypass-monitoring'], 'way')} round monitoring agreed for education; Gatehouse goes on recording.`,
    change: 'Its end, which comes by the clock.',
  },
  {
    id: 'encrypted',
    about: 'not',
    when: () => true,
    says: () =>
      'The content of encrypted pages. Nothing is inspected: of such a page only the name of the site is seen, not the page, the words, the pictures or what is written into it.',
    parents: () =>
      'Most pages are encrypted. The filter knows which site is visited, but it does not read the page, the pictures, the messages or what is typed there.',
    change: 'Inspection of encrypted traffic, which this version does not do.',
  },
  {
    id: 'not-pointed',
    about: 'not',
    when: () => true,
    says: () =>
      'A device that uses neither our DNS nor our proxy. Gatehouse cannot see it at all; only the firewall and the management of devices can keep it from going round.',
    parents: () =>
      'A device is filtered only while it is set up to use the school’s filter. One that is not is neither filtered nor seen.',
    change: 'Every way out but ours is closed at the firewall, and devices are managed.',
  },
  {
    id: 'quic',
    about: 'not',
    when: () => true,
    says: () =>
      'UDP 443 (QUIC, HTTP/3) past the proxy, and any other port that the firewall leaves open. There only the DNS question is seen, and none where an app brings its addresses along.',
    change: 'The firewall closes UDP 443 and all other ways out for devices.',
  },
  {
    id: 'resolvers-unknown',
    about: 'not',
    when: () => true,
    says: (f) =>
      `Encrypted DNS and VPN services that no list knows yet${f.resolvers.openTo.length > 0 ? `; and known ones are open to: ${f.resolvers.openTo.join(', ')}` : ''}.`,
    parents: () => 'New ways round a filter appear all the time. None that nobody knows of yet can be closed.',
    change: 'A list that names them.',
  },
  {
    id: 'unlisted',
    about: 'not',
    when: () => true,
    says: () => 'A site that no list knows, or that a list puts under the wrong kind.',
    parents: () =>
      'No filter is perfect: now and then a harmful site gets through, or a good one is stopped. Both can be told to the school.',
    change: 'Reports by people, which are answered under Filtering.',
  },
  {
    id: 'mobile',
    about: 'not',
    when: () => true,
    says: () => 'Mobile data, on any device with a SIM or a shared hotspot: none of it comes past Gatehouse.',
    parents: () =>
      'Mobile data does not go through the school. On a phone’s own connection nothing is filtered or seen by us, in school or out.',
    change: 'Nothing in Gatehouse. The mobile provider’s parental controls, and the school’s rule on phones.',
  },
  {
    id: 'away',
    about: 'not',
    when: () => true,
    says: () => 'A device away from school, unless its DNS or proxy still leads here.',
    parents: () =>
      'At home and elsewhere the school’s filter does not work. There it is the family’s own settings that count.',
    change: 'Devices of the school that keep using our proxy from outside, which is not set up by Gatehouse.',
  },
  {
    id: 'network-doors',
    about: 'not',
    when: personal,
    says: () =>
      'Which devices get on the network: the policy says what each class of device may have, but Gatehouse does not open or close the network to it.',
    change: 'Access control on the network (802.1X), kept by those who run it.',
  },
  {
    id: 'replies',
    about: 'not',
    when: () => true,
    says: () =>
      'A reply to the sender of a message that was reported is not held: Gatehouse does not run the school’s mail. Form and receipt ask not to reply and not to delete (ALR-06).',
    change: 'Ask whoever runs the school’s mail to hold such replies while a report is open.',
  },
  {
    id: 'screens',
    about: 'not',
    when: () => true,
    says: () =>
      'What happens on a screen without the web: files, games that are installed, messages within an app, cameras.',
    parents: () =>
      'The system looks at the web only. It does not watch screens, cameras, microphones or keyboards, and it does not read messages.',
    change: 'Nothing in Gatehouse; supervision by staff.',
  },
];
