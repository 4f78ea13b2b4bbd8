import { invalid } from '#core/errors.ts';
import type { Audience, Cell, DeviceClass, PolicyDocument, Rule, SanctionTable } from '#policy/index.ts';
import { type Body, type Faults, many, one } from './form/body.ts';

export const AUDIENCES: readonly Audience[] = ['staff', 'pupil', 'guest'];
export const WHO: Readonly<Record<Audience, string>> = { staff: 'staff', pupil: 'pupils', guest: 'guests' };

export const VALUES: Readonly<Record<Cell['value'], string>> = {
  allowed: 'Allowed',
  times: 'At certain times',
  selected: 'Selected people',
  nominated: 'Nominated people',
  permission: 'With permission',
  'not-allowed': 'Not allowed',
  illegal: 'Against the law',
};

/** COM-11: four choices for each group, and staff have not the same as pupils; UAR-26: five values in a row of actions. */
export function valuesFor(rule: Pick<Rule, 'id'>, audience: Audience, cell: Cell | undefined): Cell['value'][] {
  const set: Cell['value'][] = rule.id.startsWith('COM-')
    ? audience === 'staff'
      ? ['allowed', 'times', 'selected', 'not-allowed']
      : ['allowed', 'times', 'permission', 'not-allowed']
    : ['allowed', 'times', 'selected', 'nominated', 'permission', 'not-allowed', 'illegal'];
  return cell && !set.includes(cell.value) ? [...set, cell.value] : set;
}

export const cellName = (rule: string, audience: Audience): string => `${rule}:${audience}`;

/** Another value in a cell: conditions of the old one do not hold for it, and an empty condition denies (COM-12). */
export function cellOf(value: Cell['value'], was: Cell | undefined): Cell {
  if (was?.value === value) return was;
  const rationale = was?.rationale === undefined ? {} : { rationale: was.rationale };
  const named = was && 'people' in was ? was.people : [];
  switch (value) {
    case 'times':
      return { value, windows: [], ...rationale };
    case 'selected':
    case 'nominated':
      return { value, people: named, ...rationale };
    default:
      return { value, ...rationale };
  }
}

/** Many cells at once; whatever the form does not show stays. */
export function setCells(doc: PolicyDocument, body: Body): PolicyDocument {
  const faults: Faults = {};
  const rules = doc.rules.map((rule): Rule => {
    const cells = { ...rule.cells };
    for (const audience of AUDIENCES) {
      const name = cellName(rule.id, audience);
      const marks = many(body, name);
      if (marks.length === 0) continue;
      const [value = ''] = marks;
      const allowed: readonly string[] = valuesFor(rule, audience, cells[audience]);
      if (marks.length > 1) faults[name] = `${rule.name}, ${WHO[audience]}: choose one answer, not two.`;
      else if (value === '') delete cells[audience];
      else if (!allowed.includes(value))
        faults[name] = `${rule.name}, ${WHO[audience]}: choose one of the answers offered.`;
      else cells[audience] = cellOf(value as Cell['value'], cells[audience]);
    }
    return { ...rule, cells };
  });
  refuse(faults);
  return { ...doc, rules };
}

/** One cell with its conditions. */
export function setCell(doc: PolicyDocument, rule: string, audience: Audience, cell: Cell): PolicyDocument {
  return {
    ...doc,
    rules: doc.rules.map((r) => (r.id === rule ? { ...r, cells: { ...r.cells, [audience]: cell } } : r)),
  };
}

export const LEVELS = [
  { value: 'full', text: 'The whole network' },
  { value: 'internetOnly', text: 'The internet only' },
  { value: 'none', text: 'No network' },
] as const;
type Level = (typeof LEVELS)[number]['value'];

export const levelOf = ({ cells }: DeviceClass): Level =>
  cells.full ? 'full' : cells.internetOnly ? 'internetOnly' : 'none';

/** DEV-08: one access level for each class and no other, whatever is sent. */
export function setDevices(doc: PolicyDocument, body: Body): PolicyDocument {
  const faults: Faults = {};
  const devices = doc.devices.map((device): DeviceClass => {
    const name = `${device.id}:level`;
    const levels = many(body, name);
    const school = one(body, `${device.id}:school`);
    if (levels.length === 0 && school === '') return device;
    const [level] = LEVELS.filter((l) => levels.includes(l.value));
    if (levels.length !== 1 || !level) {
      const two =
        levels.length > 1
          ? `, not ${levels.map((v) => LEVELS.find((l) => l.value === v)?.text ?? v).join(' and ')}`
          : '';
      faults[name] = `${device.name}: choose exactly one access level${two}.`;
      return device;
    }
    const { unconfirmed, ...rest } = device;
    const cells = {
      inSchool: school === 'yes',
      full: level.value === 'full',
      internetOnly: level.value === 'internetOnly',
      none: level.value === 'none',
    };
    // Who chooses another level has answered the question.
    const confirmed = one(body, `${device.id}:confirm`) === 'yes' || level.value !== levelOf(device);
    return { ...rest, cells, ...(unconfirmed && !confirmed && { unconfirmed }) };
  });
  refuse(faults);
  return { ...doc, devices };
}

export const SANCTIONS = [
  { value: 'not-available', text: 'Not available' },
  { value: 'available', text: 'Available' },
  { value: 'default', text: 'Default' },
  { value: 'required', text: 'Required' },
] as const;
type Sanction = (typeof SANCTIONS)[number]['value'];

export const sanctionName = (who: 'pupil' | 'staff', incident: string, action: string): string =>
  `${who}:${incident}:${action}`;

/** The table of sanctions, or where a school has none what its procedure lets follow (SAN-34). */
export function menuTable(doc: PolicyDocument, who: 'pupil' | 'staff'): SanctionTable | null {
  const { table, mapping } = doc.sanctions[who];
  return table ?? mapping ?? null;
}

export function setSanctions(doc: PolicyDocument, who: 'pupil' | 'staff', body: Body): PolicyDocument {
  const own = doc.sanctions[who];
  const table = menuTable(doc, who);
  if (!table) return doc;
  const faults: Faults = {};
  const incidents = table.incidents.map((incident) => {
    const cells: Record<string, Sanction> = { ...incident.cells };
    for (const action of table.actions) {
      const name = sanctionName(who, incident.id, action.id);
      const [value, ...more] = many(body, name);
      if (value === undefined || value === (cells[action.id] ?? 'not-available')) continue;
      const known = SANCTIONS.find((s) => s.value === value);
      if (known && more.length === 0) cells[action.id] = known.value;
      else faults[name] = `${incident.name}, ${action.name}: choose one of the four answers.`;
    }
    return { ...incident, cells };
  });
  refuse(faults);
  const { unconfirmed, ...rest } = table;
  const open = unconfirmed && one(body, 'confirm') !== 'yes';
  const next: SanctionTable = { ...rest, incidents, ...(open && { unconfirmed }) };
  return { ...doc, sanctions: { ...doc.sanctions, [who]: { ...own, [own.table ? 'table' : 'mapping']: next } } };
}

/** A row more, closed to everybody until somebody chooses otherwise (UAR-26). */
export function newRule(doc: PolicyDocument): Rule {
  const ids = new Set(doc.rules.map((r) => r.id));
  let n = 1;
  const id = () => `OWN-${String(n).padStart(2, '0')}`;
  while (ids.has(id())) n++;
  const cells = {
    staff: { value: 'not-allowed' },
    pupil: { value: 'not-allowed' },
    guest: { value: 'not-allowed' },
  } as const;
  return { id: id(), name: '', clause: doc.clauses[0]?.id ?? '', action: '', categories: [], cells };
}

function refuse(faults: Faults): void {
  if (Object.keys(faults).length > 0)
    throw invalid('policy.cells', 'Some cells need another look. Nothing was saved.', faults);
}
