import {
  type Block,
  type DocumentModel,
  headedTable,
  heading,
  note,
  paragraph,
  type Rich,
  table,
} from '#platform/documents/index.ts';
import { type MapRow, type MapSearch, mapRows, profileRows } from './combos.ts';
import type { CoverageFacts } from './facts.ts';
import { type About, SCHOOL_ROWS, statements } from './statements.ts';

const HEADINGS: Readonly<Record<About, string>> = {
  filtered: 'What is filtered',
  monitored: 'What is monitored',
  not: 'What is not covered',
};
export const ABOUTS = Object.keys(HEADINGS) as About[];
const EVERYTHING: MapSearch = { device: '', place: '', profile: '' };

const moment = (f: CoverageFacts): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: f.school.timeZone }).format(f.at);

/** The coverage map as one document, of which page, PDF and Word file are made. */
export function coverageDocument(facts: CoverageFacts, search: MapSearch = EVERYTHING): DocumentModel {
  const held = statements(SCHOOL_ROWS, facts);
  const about = (which: About): Block[] => {
    const own = held.filter((s) => s.about === which);
    if (own.length === 0) return [heading(2, HEADINGS[which], which), paragraph(NOTHING[which])];
    return headedTable(
      heading(2, HEADINGS[which], which),
      ['On any device', 'What would change it'],
      own.map((s) => [s.text, s.change]),
    );
  };
  return {
    title: `What is filtered and monitored, and what is not: ${facts.school.name}`,
    author: facts.school.name,
    language: 'en-GB',
    blocks: [
      heading(1, 'What is filtered and monitored, and what is not'),
      note(
        `As at ${moment(facts)}. Made from the configuration as it was at that moment; it holds no longer than that does.`,
      ),
      ...about('not'),
      ...about('filtered'),
      ...about('monitored'),
      ...personBlocks(profileRows(facts, search.profile)),
      heading(2, 'By device, place and person', 'map'),
      paragraph('What holds on any device stands above. Here is what differs; rows that say the same stand as one.'),
      ...mapBlocks(mapRows(facts, search)),
    ],
  };
}

const NOTHING: Readonly<Record<About, string>> = {
  filtered: 'Nothing, as far as is known at this moment.',
  monitored: 'Nothing, as far as is known at this moment: no gateway has brought a record within a week.',
  not: 'Nothing.',
};

function personBlocks(rows: ReturnType<typeof profileRows>): Block[] {
  if (rows.length === 0) return [];
  return headedTable(
    heading(2, 'By person', 'people'),
    ['Who', 'Filtered, on any device that uses our DNS or proxy', 'Not'],
    rows.map((r) => [r.profiles.join(', '), r.says.filtered.join(' '), r.says.not.join(' ')]),
  );
}

function mapBlocks(rows: readonly MapRow[]): Block[] {
  if (rows.length === 0)
    return [paragraph('No policy is in force, so there are no kinds of device or person to tell of.')];
  return [...Map.groupBy(rows, (r) => r.device)].flatMap(([device, own]): Block[] => [
    heading(3, device.name, `device-${device.id}`),
    {
      ...table(
        device.name,
        ['Where', 'Who', 'Filtered', 'Monitored', 'Not covered'],
        own.map((r): Rich[] => [r.places.join(', '), r.profiles.join(', '), ...ABOUTS.map((a) => said(r, a))]),
      ),
      underHeading: true,
    },
  ]);
}

const said = (row: MapRow, about: About): string => row.says[about].join(' ') || (about === 'not' ? 'As above' : 'No');
