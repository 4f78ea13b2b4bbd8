import type { Procedure } from './case.facts.ts';
import { formOf } from './case.forms.ts';
import { CASE_STATES, type CaseState, caseWorkflow } from './case.workflow.ts';
import { STATES } from './cases.words.ts';

/** Where each state stands in the drawing: the usual way down the middle, what leaves it beside. */
const PLACES: Readonly<Record<CaseState, readonly [column: number, row: number]>> = {
  reported: [1, 0],
  triage: [1, 1],
  contain: [1, 2],
  team: [1, 3],
  examine: [1, 4],
  judge: [1, 5],
  actions: [1, 6],
  resolved: [1, 7],
  closed: [1, 8],
  'referred-out': [0, 1],
  halted: [2, 3],
  'police-hold': [2, 5],
};
const BOX = { width: 170, height: 44, across: 300, down: 84, margin: 24 };
/** Room for a bow beside the last column. */
const BOW = 40;

/** Everything that moves a case. The stop leads from every box to one, so it is said in words and not drawn. */
const MOVES = caseWorkflow.rows.filter((r) => r.from !== 'new' && r.from !== r.to && r.to !== 'halted');

export interface FlowStep {
  readonly number: number;
  readonly from: string;
  readonly heading: string;
  readonly to: string;
  readonly who: string;
}

const WHO: Readonly<Record<string, string>> = {
  lead: 'who leads',
  deputy: 'a deputy',
  head: 'the head',
  manager: 'who has the case',
  senior: 'a senior of the team',
  member: 'anybody of the team',
  reporter: 'every member of staff',
  'ict-manager': 'the ICT manager',
  told: 'whom the alert was brought to',
};

/** INC-33: the moves of a case, numbered as they are drawn. Made from the table that the program obeys. */
export function flowSteps(): FlowStep[] {
  return MOVES.map((r, i) => ({
    number: i + 1,
    from: STATES[r.from as CaseState].name,
    heading: formOf(r.action)?.heading ?? r.action,
    to: STATES[r.to].name,
    who: r.who.map((w) => WHO[w] ?? w).join(', '),
  }));
}

/** What this school's policy sets in it (D20 to D26). */
export function flowSettings(p: Procedure, titles: (role: string) => string): string[] {
  return [
    p.seniors === 1
      ? `One senior is enough, and that is who leads: ${titles(p.lead)}.`
      : `At least ${p.seniors} seniors sign in to a case before anything is examined, and all of them judge alike.`,
    p.designatedComputer
      ? 'An examination takes place on one computer that is set apart for it, and on no other until the end.'
      : 'The policy asks for no computer set apart; a case that names one keeps to it.',
    p.abuseImageFirst === 'police'
      ? 'Where it may be an image of a child’s sexual abuse everything stops and the police are called at once, by whoever is there.'
      : 'Where it may be an image of a child’s sexual abuse everything stops and the safeguarding lead is told at once, who decides and hands over to the police.',
    `It is closed by: ${p.closedBy.map(titles).join(', ')}.`,
    p.externalRecord
      ? `It is entered in the ${p.externalRecord.system} within ${p.externalRecord.withinDays} days.`
      : 'No other record system is asked for.',
  ];
}

const at = (state: CaseState) => {
  const [column, row] = PLACES[state];
  return { x: BOX.margin + column * BOX.across, y: BOX.margin + row * BOX.down };
};

/** The drawing as SVG: boxes for states, numbered arrows for moves. */
export function flowDrawing(): string {
  const width = BOX.margin * 2 + BOX.across * 2 + BOX.width + BOW;
  const height = BOX.margin * 2 + BOX.down * 8 + BOX.height;
  const boxes = CASE_STATES.map((s) => {
    const { x, y } = at(s);
    const kind = s === 'halted' ? ' gh-flow__box--stop' : '';
    return `<rect class="gh-flow__box${kind}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="8"/><text class="gh-flow__name" x="${x + BOX.width / 2}" y="${y + BOX.height / 2 + 5}" text-anchor="middle">${STATES[s].name}</text>`;
  });
  const arrows = MOVES.map((r, i) => arrow(r.from as CaseState, r.to, i + 1));
  const lines = arrows.map(({ path }) => `<path class="gh-flow__arrow" d="${path}" marker-end="url(#tip)"/>`);
  const numbers = arrows.map(
    ({ x, y }, i) =>
      `<circle class="gh-flow__spot" cx="${x}" cy="${y}" r="10"/><text class="gh-flow__number" x="${x}" y="${y + 4}" text-anchor="middle">${i + 1}</text>`,
  );
  return `<svg class="gh-flow" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="flow-title"><title id="flow-title">The way of a case, as a drawing. The table below says the same in words.</title><defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="gh-flow__tip" d="M0 0 8 4 0 8z"/></marker></defs>${[...lines, ...boxes, ...numbers].join('')}</svg>`;
}

/** A straight arrow to the next box down or beside; a bow around the boxes between for everything else. */
function arrow(from: CaseState, to: CaseState, number: number): { path: string; x: number; y: number } {
  const [a, b] = [at(from), at(to)];
  const [[fromColumn, fromRow], [toColumn, toRow]] = [PLACES[from], PLACES[to]];
  const middle = { x: a.x + BOX.width / 2, y: a.y + BOX.height };
  let path: string;
  let spot: { x: number; y: number };
  if (fromColumn === toColumn && toRow === fromRow + 1) {
    path = `M${middle.x} ${middle.y}V${b.y - 2}`;
    spot = { x: middle.x, y: (middle.y + b.y) / 2 };
  } else if (fromColumn === toColumn) {
    const side = fromColumn === 1 ? -1 : 1;
    const x = side < 0 ? a.x : a.x + BOX.width;
    const reach = 26 + 18 * Math.abs(toRow - fromRow) + (toRow < fromRow ? 14 : 0);
    const [y1, y2] = [a.y + BOX.height / 2, b.y + BOX.height / 2];
    path = `M${x} ${y1}C${x + side * reach} ${y1} ${x + side * reach} ${y2} ${x + side * 2} ${y2}`;
    spot = { x: x + side * reach * 0.75, y: (y1 + y2) / 2 };
  } else {
    const right = toColumn > fromColumn;
    const [x1, x2] = right ? [a.x + BOX.width, b.x - 2] : [a.x, b.x + BOX.width + 2];
    // Two arrows between the same boxes stand apart.
    const shift = right ? -7 : 7;
    const [y1, y2] = [a.y + BOX.height / 2 + shift, b.y + BOX.height / 2 + shift];
    path = `M${x1} ${y1}L${x2} ${y2}`;
    const part = 0.3 + 0.1 * (number % 5);
    spot = { x: x1 + (x2 - x1) * part, y: y1 + (y2 - y1) * part };
  }
  return { path, ...spot };
}
