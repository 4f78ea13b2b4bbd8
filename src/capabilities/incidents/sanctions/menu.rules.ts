import type { Sanctions, SanctionTable } from '#policy/index.ts';

/** Whose conduct is answered: pupils by one part of the policy, everybody who works here by the other. */
export type Who = 'pupil' | 'staff';
export const whoOf = (kind: string): Who | null =>
  kind === 'pupil' ? 'pupil' : ['staff', 'governor', 'volunteer'].includes(kind) ? 'staff' : null;

type Incident = SanctionTable['incidents'][number];
export type Mark = NonNullable<Incident['marks']>[number];

/** A type of incident as the menu offers it. */
export interface MenuType {
  readonly id: string;
  readonly name: string;
  readonly marks: readonly Mark[];
  readonly actions: readonly MenuAction[];
}
export interface MenuAction {
  readonly id: string;
  readonly name: string;
  readonly cell: 'available' | 'default' | 'required';
}

/** What is known of the person, by which some types fall away. */
export interface Known {
  /** Earlier cases in which conduct of theirs was proven and still stands (SAN-15, SAN-24). */
  readonly repeats: number;
  /** They told of it themselves, promptly (SAN-18). */
  readonly toldPromptly: boolean;
}

export interface Menu {
  readonly procedure: string;
  readonly types: readonly MenuType[];
  /** Why nothing can be chosen at all. */
  readonly closed: string | null;
}

/**
 * The menu of the policy in force, and nothing beyond it (SAN-05..24, SAN-34): the rows of the school's table or, where it has
 * none, what its procedure lets follow; of each row the cells that are marked.
 */
export function menuOf(sanctions: Sanctions, who: Who, known: Known): Menu {
  const { table, mapping, procedure } = sanctions[who];
  if (table?.unconfirmed)
    return {
      procedure,
      types: [],
      closed: `The headings of the table “${table.name}” were lost in the source. The school confirms them in its policy before anything is chosen from it.`,
    };
  const source = table ?? mapping;
  const types = (source?.incidents ?? []).filter((i) => i.inPolicy && fits(i, known)).map((i) => menuType(source, i));
  return { procedure, types, closed: source ? null : 'The policy in force says nothing of what may follow.' };
}

const fits = ({ marks = [] }: Incident, { repeats, toldPromptly }: Known): boolean =>
  !(marks.includes('repeat') && repeats < 1) && !(marks.includes('unreported') && toldPromptly);

function menuType(source: Pick<SanctionTable, 'actions'> | null | undefined, incident: Incident): MenuType {
  const actions = (source?.actions ?? []).flatMap(({ id, name }) => {
    const cell = incident.cells[id] ?? 'not-available';
    return cell === 'not-available' ? [] : [{ id, name, cell }];
  });
  return { id: incident.id, name: incident.name, marks: incident.marks ?? [], actions };
}

/** Why this choice is not on the menu, with the field it is about; null where it is. */
export function whyNotOnMenu(
  menu: Menu,
  type: string,
  chosen: readonly string[],
): { readonly field: 'type' | 'actions'; readonly code: string; readonly text: string } | null {
  if (menu.closed) return { field: 'type', code: 'closed', text: menu.closed };
  const row = menu.types.find((t) => t.id === type);
  if (!row)
    return { field: 'type', code: 'type', text: 'Choose one of the types that the policy lists for this person.' };
  if (chosen.some((id) => !row.actions.some((a) => a.id === id)))
    return {
      field: 'actions',
      code: 'not-listed',
      text: 'The policy does not list this action for this type of incident.',
    };
  const missing = row.actions.filter((a) => a.cell === 'required' && !chosen.includes(a.id));
  if (missing.length > 0)
    return {
      field: 'actions',
      code: 'required',
      text: `The policy asks for this with every incident of this type: ${missing.map((a) => a.name).join('; ')}.`,
    };
  return chosen.length > 0 ? null : { field: 'actions', code: 'none', text: 'Choose at least one action.' };
}

/** SAN-02: what is out of the ordinary takes a second senior's word. Three actions or more can be "everything at once". */
export function secondBecause(type: MenuType, chosen: readonly string[]): 'everything' | 'police' | null {
  const all = type.actions.length > 2 && type.actions.every((a) => chosen.includes(a.id));
  if (all && type.actions.some((a) => a.cell !== 'required')) return 'everything';
  const police = type.actions.find((a) => a.id === POLICE);
  return type.marks.includes('minor') && chosen.includes(POLICE) && police?.cell !== 'required' ? 'police' : null;
}

export const POLICE = 'refer-police';

/** What the form has ticked already. */
export const preselected = (type: MenuType): string[] =>
  type.actions
    .filter((a) => a.cell !== 'available' || (a.id === 'refer-technical' && type.marks.includes('filter')))
    .map((a) => a.id);
