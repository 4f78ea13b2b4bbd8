import { type Block, type DocumentModel, heading, list, note, paragraph } from '#platform/documents/index.ts';
import type { CoverageFacts } from './facts.ts';
import { type About, filtering, SCHOOL_ROWS, statements } from './statements.ts';

const HEADINGS: Readonly<Record<About, string>> = {
  filtered: 'What the school filters',
  monitored: 'What the school records, and who looks',
  not: 'What this does not do',
};

/** Help that is open to everybody, named as families know it. */
const HELP = [
  'Something worries you about your child or another child here: tell the school. You need not sign in or give your name.',
  'A site that your child needs for school is closed, or one that should be closed is open: tell the school that too.',
];

/**
 * PAR-07: which systems filter and monitor, for parents. From the same sentences as the coverage map, as far as they have
 * words for families: no addresses, no closed site, nothing that would help somebody round the filter.
 */
export function parentsDocument(facts: CoverageFacts): DocumentModel {
  const held = statements(SCHOOL_ROWS, facts).filter((s) => s.parents !== null);
  const about = (which: About): Block[] => {
    const own = held.flatMap((s) => (s.about === which && s.parents !== null ? [s.parents] : []));
    return [heading(2, HEADINGS[which], which), own.length > 0 ? list(own) : paragraph(NOTHING[which])];
  };
  const kinds = closedToPupils(facts);
  return {
    title: `How ${facts.school.name} filters and monitors the web`,
    author: facts.school.name,
    language: 'en-GB',
    blocks: [
      heading(1, 'How we filter and monitor the web'),
      note(`As at ${day(facts)}. This page is made from the system’s own settings each time it is opened.`),
      ...about('filtered'),
      ...(kinds.length > 0
        ? [
            heading(3, `Kinds of site that are closed to every pupil: ${kinds.length}`, 'kinds'),
            paragraph(`${kinds.join(', ')}.`),
          ]
        : []),
      ...about('monitored'),
      ...about('not'),
      heading(2, 'What you can do', 'help'),
      list([
        ...HELP,
        [{ text: 'Read the school’s policy on online safety', href: `/policy/${facts.school.slug}` }],
        [{ text: 'Tell the school something', href: '/tell' }],
        [{ text: 'See what your own child is asked to do online (sign in)', href: '/children' }],
      ]),
    ],
  };
}

const NOTHING: Readonly<Record<About, string>> = {
  filtered: 'Nothing that we could be sure of when this page was made.',
  monitored: 'Nothing that we could be sure of when this page was made.',
  not: 'Nothing.',
};

const day = (f: CoverageFacts): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: f.school.timeZone }).format(f.at);

/** What the filter would close is told only where it is at work and has lists to tell kinds apart by. */
function closedToPupils(facts: CoverageFacts): string[] {
  const { policy, closed, lists } = facts;
  const pupils = policy?.compiled.profiles.filter((p) => p.audience === 'pupil') ?? [];
  if (!policy || pupils.length === 0 || lists.builtAt === null || !filtering(facts)) return [];
  return Object.entries(policy.compiled.categories)
    .filter(([id]) => pupils.every((p) => closed[p.id]?.includes(id)))
    .map(([, c]) => c.name)
    .sort((a, b) => a.localeCompare(b));
}
