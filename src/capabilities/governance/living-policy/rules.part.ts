import { type Block, headedTable, note, paragraph, type Rich, table } from '#platform/documents/index.ts';
import {
  type Audience,
  CLASS_WORDS,
  type DeviceClass,
  type PolicyDocument,
  type Rule,
  type SanctionTable,
} from '#policy/index.ts';
import { part, sayApplies, sayCell, type Words } from './policy.words.ts';

/** The matrices, in words. */
export function rulesParts(document: PolicyDocument, words: Words): Block[] {
  const of = (prefix: RegExp) => document.rules.filter((r) => prefix.test(r.id));
  const [talk, use, pictures] = [of(/^COM-/), of(/^UAR-/), of(/^IMG-/)];
  const rest = document.rules.filter((r) => ![...talk, ...use, ...pictures].includes(r));
  return [
    ...matrix('communications', 'How we talk to each other, row by row', talk, words),
    ...matrix('user-actions', 'What people may do, row by row', use, words),
    ...matrix('pictures', 'Pictures and film: who may do what', pictures, words),
    ...matrix('other-rules', use.length > 0 ? 'Further rules' : 'What people may do, row by row', rest, words),
    ...devices(document, words),
    ...sanctions(document, words),
  ];
}

const COLUMNS: Readonly<Record<Audience, string>> = { staff: 'Staff', pupil: 'Pupils', guest: 'Guests' };
const UNCONFIRMED =
  'Where an answer says “to be confirmed”, the policy it was taken from is unclear and the school has not decided yet.';

function matrix(id: string, title: string, rules: readonly Rule[], words: Words): Block[] {
  if (rules.length === 0) return [];
  const audiences = (Object.keys(COLUMNS) as Audience[]).filter((a) => rules.some((r) => r.cells[a]));
  const classed = rules.filter((r) => r.class).length * 2 > rules.length;
  const head = ['Rule', ...(classed ? ['Kind'] : []), ...audiences.map((a) => COLUMNS[a]), 'Clause'];
  const rows = rules.map((r): Rich[] => [
    `${r.name}${sayApplies(r.applies)}`,
    ...(classed ? [r.class ? CLASS_WORDS[r.class] : ''] : []),
    ...audiences.map((a) => sayCell(r.cells[a])),
    words.clause(r.clause),
  ]);
  const unsure = rules.some((r) => Object.values(r.cells).some((c) => c.unconfirmed));
  return [...headedTable(part(id, title), head, rows), ...(unsure ? [note(UNCONFIRMED)] : [])];
}

const OWNERS: Readonly<Record<DeviceClass['ownership'], string>> = {
  school: 'The school',
  scheme: 'A family, through the school’s scheme',
  child: 'A pupil',
  staff: 'A member of staff',
  visitor: 'A visitor',
};

function devices(document: PolicyDocument, words: Words): Block[] {
  if (document.devices.length === 0) return [];
  const rows = document.devices.map((d): Rich[] => [
    d.shared ? `${d.name} (shared)` : d.name,
    OWNERS[d.ownership],
    d.cells.inSchool ? 'Yes' : 'No',
    [
      d.cells.full ? 'The whole network' : d.cells.internetOnly ? 'The internet only' : 'None',
      d.needs ? ' (with a record of the scheme; else as a pupil’s own)' : '',
      d.unconfirmed ? ' (to be confirmed)' : '',
      d.rationale ? ` – ${d.rationale}` : '',
    ].join(''),
    words.clause(d.clause),
  ]);
  return headedTable(
    part('devices', 'Devices and the network'),
    ['Device', 'Whose it is', 'In school', 'Network', 'Clause'],
    rows,
  );
}

const SANCTION_WORDS = {
  'not-available': 'No',
  available: 'May be chosen',
  default: 'Usually',
  required: 'Always',
} as const;

function sanctions(document: PolicyDocument, words: Words): Block[] {
  const { pupil, staff } = document.sanctions;
  const procedure = (slug: string) => document.documents.find((d) => d.id === slug)?.title ?? slug;
  const shown = (whom: string, { table: of, mapping, procedure: by }: typeof pupil): Block[] =>
    of
      ? sanctionTable(of, words)
      : [
          paragraph(`${whom}: what follows is decided under “${procedure(by)}”.`),
          ...(mapping ? sanctionTable(mapping, words) : []),
        ];
  return [part('sanctions', 'What follows an incident'), ...shown('Pupils', pupil), ...shown('Staff', staff)];
}

function sanctionTable({ name, actions, incidents, unconfirmed, clause }: SanctionTable, words: Words): Block[] {
  const rows = incidents
    .filter((i) => i.inPolicy)
    .map((i) => [i.name, ...actions.map((a) => SANCTION_WORDS[i.cells[a.id] ?? 'not-available'])]);
  const unsure = unconfirmed
    ? 'The headings of this table were lost in the source; the school confirms them before it is used.'
    : null;
  return [
    paragraph([{ text: name, strong: true }, ...words.under(clause)]),
    ...(unsure ? [note(unsure)] : []),
    table(name, ['Incident', ...actions.map((a) => a.name)], rows),
  ];
}
