import type { PolicyDocument } from '#policy/types.ts';

/** What a case can be about. Guards read the marks, so a new type is a row here and nothing else. */
export interface IncidentType {
  readonly id: string;
  readonly name: string;
  readonly group: 'wellbeing' | 'conduct' | 'harm' | 'crime' | 'systems';
  /** INC-13..18: whether the police are told is decided by two people and recorded. */
  readonly police?: true;
  /** EVI-03, AIG-02: may come with an image of a child's abuse, so the case stops before anything is opened. */
  readonly imagery?: true;
  /** CYB-01, AIG-03: the four tests of bullying are asked. */
  readonly bullying?: true;
  /** INC-28: whoever was hurt is supported, and "no further action" is the lead's decision alone. */
  readonly support?: true;
}

export const WELLBEING = 'wellbeing';

const TYPES: readonly IncidentType[] = [
  { id: WELLBEING, name: 'A worry about somebody; nobody’s conduct is in question', group: 'wellbeing' },
  { id: 'misuse', name: 'Misuse of school technology', group: 'conduct' },
  { id: 'bypass', name: 'Trying to get round the filter or monitoring', group: 'conduct' },
  { id: 'cyber-bullying', name: 'Bullying online', group: 'harm', bullying: true, support: true },
  { id: 'ai-bullying', name: 'Bullying with something made by AI', group: 'harm', bullying: true, support: true },
  { id: 'deepfake', name: 'A false picture, sound or film of somebody', group: 'harm', bullying: true, support: true },
  {
    id: 'sexual-deepfake',
    name: 'A false sexual picture or film of a pupil',
    group: 'crime',
    bullying: true,
    support: true,
    police: true,
    imagery: true,
  },
  { id: 'harassment', name: 'Sexual harassment, online or offline', group: 'harm', support: true },
  { id: 'violence', name: 'Sexual violence, online or offline', group: 'crime', support: true, police: true },
  {
    id: 'shared-image',
    name: 'A nude or nearly nude picture of a pupil',
    group: 'crime',
    support: true,
    police: true,
    imagery: true,
  },
  { id: 'grooming', name: 'Grooming', group: 'crime', support: true, police: true },
  { id: 'obscene-to-child', name: 'Obscene material sent to a child', group: 'crime', support: true, police: true },
  { id: 'obscene', name: 'Adult material that may break the law', group: 'crime', police: true },
  { id: 'racist', name: 'Criminally racist material', group: 'crime', police: true },
  { id: 'extremism', name: 'Promotion of terrorism or extremism', group: 'crime', police: true },
  { id: 'other-crime', name: 'Something else that may be a crime', group: 'crime', police: true },
  { id: 'technical', name: 'A fault of systems, nobody’s doing', group: 'systems' },
];

/** The types this school chooses from: ours, and the rows of its own tables of sanctions (SAN-05..24). */
export function typesOf(document: Pick<PolicyDocument, 'sanctions'>): readonly IncidentType[] {
  const { pupil, staff } = document.sanctions;
  const rows = [pupil.table, staff.table].flatMap((table) => table?.incidents.filter((i) => i.inPolicy) ?? []);
  return [...TYPES, ...rows.map((i): IncidentType => ({ id: i.id, name: i.name, group: 'conduct' }))];
}

/** The actions that this school's policy can offer in answer to an incident, for lines of a case that name them. */
export function actionsOf({ sanctions }: Pick<PolicyDocument, 'sanctions'>): readonly { id: string; name: string }[] {
  return [sanctions.pupil, sanctions.staff].flatMap(({ table, mapping }) => (table ?? mapping)?.actions ?? []);
}

/** Has one of these types the mark? A type of an earlier policy that is known no longer has none. */
export const anyMarked = (types: readonly string[], mark: 'police' | 'imagery' | 'bullying' | 'support'): boolean =>
  TYPES.some((t) => t[mark] && types.includes(t.id));
