import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PolicyDocument, shippedPolicy } from '#policy/index.ts';
import { typesOf } from '../case.types.ts';
import { menuOf, preselected, secondBecause, type Who, whoOf, whyNotOnMenu } from './menu.rules.ts';

const G = shippedPolicy('tuition-centre');
const B = shippedPolicy('secondary-school');
const SEEN = { repeats: 1, toldPromptly: false };

/** The same policy with its staff table confirmed, as a school does it in its editor. */
const confirmed = (doc: PolicyDocument): PolicyDocument => {
  const { table, ...rest } = doc.sanctions.staff;
  return table
    ? { ...doc, sanctions: { ...doc.sanctions, staff: { ...rest, table: { ...table, unconfirmed: false } } } }
    : doc;
};
const menu = (doc: PolicyDocument, who: Who, known = SEEN) => menuOf(doc.sanctions, who, known);
const rows = (doc: PolicyDocument, who: Who) => doc.sanctions[who].table ?? doc.sanctions[who].mapping;

/** Every cell of every row is asked: a marked one can be chosen alone, any other is refused. */
function everyCell(doc: PolicyDocument, who: Who): number {
  const source = rows(doc, who);
  assert.ok(source);
  const offered = menu(doc, who);
  let cells = 0;
  for (const incident of source.incidents) {
    const required: string[] = source.actions.filter((a) => incident.cells[a.id] === 'required').map((a) => a.id);
    for (const action of source.actions) {
      const marked: boolean = (incident.cells[action.id] ?? 'not-available') !== 'not-available';
      const type = offered.types.find((t) => t.id === incident.id);
      const name: string = `${incident.id} ${action.id}`;
      assert.equal(type?.actions.some((a) => a.id === action.id) ?? false, marked && incident.inPolicy, name);
      const refused = whyNotOnMenu(offered, incident.id, [...new Set([action.id, ...required])]);
      assert.equal(refused === null, marked && incident.inPolicy, `${name}: ${refused?.text}`);
      cells++;
    }
  }
  return cells;
}

test('SAN-05 SAN-06 SAN-07 SAN-08 SAN-09 SAN-10 SAN-11 SAN-12 SAN-13 SAN-14 SAN-15 SAN-16 SAN-17 SAN-18 SAN-19 SAN-20 SAN-34 the menu for a pupil is the marked cells of the policy, one by one, in both schools', () => {
  assert.equal(everyCell(G, 'pupil'), 144);
  assert.equal(everyCell(B, 'pupil'), 12 * 9);
  for (const type of menu(G, 'pupil').types) assert.equal(type.actions.length, 9, type.id);
});

test('SAN-21 SAN-22 SAN-23 SAN-24 SAN-34 the menu for staff is the marked cells too, once the school has confirmed its table', () => {
  assert.match(menu(G, 'staff').closed ?? '', /confirms them/);
  assert.equal(whyNotOnMenu(menu(G, 'staff'), 'SAN-22', ['warning'])?.code, 'closed');
  assert.equal(everyCell(confirmed(G), 'staff'), (4 + 12) * 8);
  assert.equal(everyCell(B, 'staff'), 7 * 8);
  assert.deepEqual(
    menu(confirmed(G), 'staff').types.map((t) => [t.id, t.actions.length]),
    [
      ['SAN-21', 8],
      ['SAN-22', 8],
      ['SAN-23', 8],
      ['SAN-24', 8],
    ],
  );
});

test('SAN-34 a cell that is changed in the data changes what is offered, and nothing else does', () => {
  for (const [doc, type] of [
    [G, 'SAN-06'],
    [B, 'cyber-bullying'],
  ] as const) {
    const part = doc.sanctions.pupil.table ? 'table' : 'mapping';
    const source = rows(doc, 'pupil');
    assert.ok(source);
    const with_ = (cell: 'not-available' | 'required'): PolicyDocument => {
      const incidents = source.incidents.map((i) =>
        i.id === type ? { ...i, cells: { ...i.cells, warning: cell } } : i,
      );
      const pupil = { ...doc.sanctions.pupil, [part]: { ...source, incidents } };
      return { ...doc, sanctions: { ...doc.sanctions, pupil } };
    };
    assert.equal(whyNotOnMenu(menu(doc, 'pupil'), type, ['warning']), null);
    assert.equal(whyNotOnMenu(menu(with_('not-available'), 'pupil'), type, ['warning'])?.code, 'not-listed');
    const needed = menu(with_('required'), 'pupil');
    assert.equal(whyNotOnMenu(needed, type, ['refer-tutor'])?.code, 'required');
    assert.equal(whyNotOnMenu(needed, type, ['refer-tutor', 'warning']), null);
    const other = menu(with_('required'), 'pupil').types.filter((t) => t.id !== type);
    assert.deepEqual(
      other,
      menu(doc, 'pupil').types.filter((t) => t.id !== type),
    );
  }
});

test('what no policy lists is refused, whatever it is called', () => {
  for (const who of ['pupil', 'staff'] as const) {
    const offered = menu(B, who);
    for (const type of ['SAN-06', '', 'wellbeing', 'constructor'])
      assert.equal(whyNotOnMenu(offered, type, ['warning'])?.code, 'type');
    for (const action of ['exile', '', 'toString', who === 'pupil' ? 'suspension' : 'remove-access'])
      assert.equal(whyNotOnMenu(offered, 'misuse', [action])?.code, 'not-listed', action);
    assert.equal(whyNotOnMenu(offered, 'misuse', [])?.code, 'none');
  }
});

test('SAN-15 SAN-24 doing it again can be chosen only for somebody of whom something was proven before', () => {
  const has = (doc: PolicyDocument, who: Who, repeats: number) =>
    menu(doc, who, { ...SEEN, repeats })
      .types.filter((t) => t.marks.includes('repeat'))
      .map((t) => t.id);
  for (const [doc, who, id] of [
    [G, 'pupil', 'SAN-15'],
    [confirmed(G), 'staff', 'SAN-24'],
    [B, 'pupil', 'repeated'],
    [B, 'staff', 'repeated'],
  ] as const) {
    assert.deepEqual(has(doc, who, 0), []);
    assert.deepEqual(has(doc, who, 1), [id]);
  }
});

test('SAN-18 SAN-21 not saying so can be chosen only where nothing was said', () => {
  const ids = (doc: PolicyDocument, who: Who, toldPromptly: boolean) =>
    menu(doc, who, { ...SEEN, toldPromptly }).types.map((t) => t.id);
  assert.ok(ids(G, 'pupil', false).includes('SAN-18'));
  assert.ok(!ids(G, 'pupil', true).includes('SAN-18'));
  assert.ok(ids(confirmed(G), 'staff', false).includes('SAN-21'));
  assert.ok(!ids(confirmed(G), 'staff', true).includes('SAN-21'));
});

test('SAN-02 everything at once, or the police for something small, asks a second senior', () => {
  const type = (id: string) => {
    const found = menu(G, 'pupil').types.find((t) => t.id === id);
    assert.ok(found);
    return found;
  };
  const all = type('SAN-06').actions.map((a) => a.id);
  assert.equal(secondBecause(type('SAN-06'), all), 'everything');
  assert.equal(secondBecause(type('SAN-06'), all.slice(0, 3)), null);
  assert.equal(secondBecause(type('SAN-06'), all.slice(0, 4)), 'police');
  assert.equal(
    secondBecause(type('SAN-05'), ['refer-police']),
    null,
    'what may be illegal goes to the police without more ado',
  );
  assert.equal(
    secondBecause({ id: 'x', name: 'x', marks: [], actions: [{ id: 'warning', name: 'w', cell: 'available' }] }, [
      'warning',
    ]),
    null,
  );
});

test('SAN-17 for a way round the filter technical staff are suggested', () => {
  const types = menu(G, 'pupil').types;
  const suggested = (id: string) =>
    preselected(types.find((t) => t.id === id) ?? { id, name: '', marks: [], actions: [] });
  assert.deepEqual(suggested('SAN-17'), ['refer-technical']);
  assert.deepEqual(suggested('SAN-16'), []);
});

test('SAN-34 what a procedure lets follow is said of types that cases have, or of doing it again', () => {
  const known = new Set([...typesOf(B).map((t) => t.id), 'repeated']);
  for (const who of ['pupil', 'staff'] as const)
    for (const { id } of B.sanctions[who].mapping?.incidents ?? []) assert.ok(known.has(id), id);
});

test('sanctions are for pupils and for those who work here, and for nobody else', () => {
  assert.deepEqual(['pupil', 'staff', 'governor', 'volunteer', 'parent', 'visitor'].map(whoOf), [
    'pupil',
    'staff',
    'staff',
    'staff',
    null,
    null,
  ]);
});
