import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarOf, matrix, rowsCiting, rowsOfMatrix, type School } from './catalogue.ts';
import { CONTROL_IDS } from './controls.ts';
import { shippedPolicy } from './shipped.ts';
import type { Audience, Cell, PolicyDocument } from './types.ts';

/* The shipped documents against the tables of the catalogue, cell by cell. */

const G = shippedPolicy('tuition-centre');
const B = shippedPolicy('secondary-school');
const both: readonly (readonly [School, PolicyDocument])[] = [
  ['G', G],
  ['B', B],
];

const SAID: Readonly<Record<string, Cell['value']>> = {
  Allowed: 'allowed',
  OK: 'allowed',
  'Not allowed': 'not-allowed',
  Unacceptable: 'not-allowed',
  Illegal: 'illegal',
  'Certain times': 'times',
  'Selected staff': 'selected',
  'With staff permission': 'permission',
};

const cellOf = (doc: PolicyDocument, rule: string, audience: Audience): Cell | undefined =>
  doc.rules.find((r) => r.id === rule)?.cells[audience];

/** A cell that opens under a condition opens for nobody until the condition is given (COM-12). */
function assertEmpty(cell: Cell | undefined): void {
  if (cell?.value === 'times') assert.deepEqual(cell.windows, []);
  if (cell?.value === 'selected' || cell?.value === 'nominated') assert.deepEqual(cell.people, []);
}

test('COM-01..10 the communications tables equal matrices G-1 and B-2, and every condition is empty', () => {
  const compared = (['G-1', 'B-2'] as const).map((id) => {
    const doc = id === 'G-1' ? G : B;
    for (const [i, row] of rowsOfMatrix(id).entries()) {
      const line = matrix(id)[i] ?? {};
      const printed = [line['Staff & other adults'], line.Pupils ?? line.Students].map((cell) => SAID[cell ?? '']);
      const cells = (['staff', 'pupil'] as const).map((who) => cellOf(doc, row, who));
      assert.deepEqual(
        cells.map((cell) => cell?.value),
        printed,
        `${id} ${row} ${line.Technology}`,
      );
      for (const cell of cells) assertEmpty(cell);
    }
    return matrix(id).length;
  });
  assert.deepEqual(compared, [10, 10]);
});

test('UAR-03..25 the table of actions equals matrix G-2 for everybody, with its five unclear rows unconfirmed', () => {
  const rows = rowsOfMatrix('G-2');
  assert.equal(rows.length, matrix('G-2').length);
  const unclear = matrix('G-2').map((line) =>
    ['certain times', 'nominated users'].includes(line['Other possible readings'] ?? ''),
  );
  assert.equal(unclear.filter(Boolean).length, 5);
  for (const [i, row] of rows.entries()) {
    const line = matrix('G-2')[i] ?? {};
    for (const who of ['staff', 'pupil', 'guest'] as const) {
      const cell = cellOf(G, row, who);
      assert.equal(cell?.value, SAID[line['Reading used'] ?? ''], `${row} ${line.Action}`);
      assert.equal(cell?.unconfirmed ?? false, unclear[i], `${row} ${line.Action}`);
      assertEmpty(cell);
    }
  }
  assert.ok(!B.rules.some((r) => rows.includes(r.id)), 'the secondary school has no such table');
});

test('every action of that table that is not simply open is illegal, prohibited or unsuitable', () => {
  const rules = G.rules.filter((r) => rowsOfMatrix('G-2').includes(r.id));
  for (const { id, class: kind, cells } of rules) {
    const values = Object.values(cells).map((cell) => cell.value);
    assert.equal(kind === undefined, values.includes('allowed'), id);
    assert.equal(kind === 'illegal', values.includes('illegal'), id);
  }
});

test('the table for pupils equals matrix G-3: sixteen incidents, nine actions to choose from', () => {
  const table = G.sanctions.pupil.table;
  assert.deepEqual(
    table?.actions.map((a) => a.row),
    ['SAN-25', 'SAN-26', 'SAN-27', 'SAN-28', 'SAN-29', 'SAN-30', 'SAN-31', 'SAN-32', 'SAN-33'],
  );
  assert.deepEqual(
    table?.incidents.map((i) => i.id),
    rowsOfMatrix('G-3'),
  );
  for (const [i, incident] of (table?.incidents ?? []).entries()) {
    assert.ok(incident.inPolicy);
    const marks: boolean[] = (table?.actions ?? []).map((_, a) => /^x$/i.test(matrix('G-3')[i]?.[a + 1] ?? ''));
    const offered: boolean[] = (table?.actions ?? []).map(({ id }) => incident.cells[id] === 'available');
    assert.deepEqual(offered, marks, incident.id);
  }
});

test('the table for staff equals matrix G-4, waits for its headings to be confirmed, and offers lost rows as templates only', () => {
  const table = G.sanctions.staff.table;
  assert.equal(table?.unconfirmed, true);
  const inPolicy = (table?.incidents ?? []).filter((i) => i.inPolicy);
  assert.deepEqual(
    inPolicy.map((i) => i.id),
    rowsOfMatrix('G-4'),
  );
  for (const [i, incident] of inPolicy.entries()) {
    const marks: boolean[] = Array.from({ length: 8 }, (_, a) => /^x$/i.test(matrix('G-4')[i]?.[a + 1] ?? ''));
    const offered: boolean[] = (table?.actions ?? []).map(({ id }) => incident.cells[id] === 'available');
    assert.deepEqual(offered, marks, incident.id);
  }
  const templates = (table?.incidents ?? []).filter((i) => !i.inPolicy);
  assert.equal(templates.length, 12);
  for (const { id, cells } of templates)
    assert.deepEqual(new Set(Object.values(cells)), new Set(['not-available']), id);
});

test('the secondary school has no table of sanctions: both kinds of incident follow a procedure of its own', () => {
  for (const { table, procedure } of [B.sanctions.pupil, B.sanctions.staff]) {
    assert.equal(table, null);
    assert.ok(B.documents.some((d) => d.id === procedure));
  }
});

test('DEV-02..08 the classes of devices equal matrix B-1, each with exactly one way onto the network', () => {
  const classes = ['school false', 'school true', 'scheme false', 'child false', 'staff false', 'visitor false'].map(
    (kind) => B.devices.find((d) => `${d.ownership} ${d.shared}` === kind),
  );
  const printed = matrix('B-1').map((line) =>
    Object.entries(line)
      .filter(([column]) => column !== '' && column !== 'Line')
      .map(([, mark]) => mark === 'Yes'),
  );
  const said = (['inSchool', 'full', 'internetOnly', 'none'] as const).map((level) =>
    classes.map((c) => c?.cells[level]),
  );
  assert.deepEqual(said, printed);
  assert.equal(B.devices.length, 6);
  assert.equal(classes[2]?.needs, 'scheme-record');
  for (const { id, cells } of [...B.devices, ...G.devices]) {
    assert.equal([cells.full, cells.internetOnly, cells.none].filter(Boolean).length, 1, id);
  }
  for (const { id, ownership, unconfirmed, cells } of G.devices) {
    assert.ok(unconfirmed, `${id}: the tuition centre's source has no such table`);
    assert.ok(ownership === 'school' || cells.none, id);
  }
});

test('the self-audit asks the ten questions of matrix B-3, and the tuition centre asks none', () => {
  assert.deepEqual(
    B.selfAudit.questions.map((q) => [String(q.number), q.followWhen]),
    matrix('B-3').map((line) => [line['No.'], line['No.'] === '10' ? 'yes' : 'no']),
  );
  assert.deepEqual(G.selfAudit.questions, []);
});

test('the agreements of the secondary school hold the terms of matrix B-4, and the tuition centre’s are named without terms', () => {
  const terms = B.agreements.flatMap((a) => a.terms.map((t) => `${t.row} ${t.who}`));
  assert.deepEqual(
    terms.toSorted(),
    matrix('B-4')
      .map((line) => `${line.ID} ${line.Role?.toLowerCase()}`)
      .toSorted(),
  );
  assert.equal(terms.length, 36);
  for (const { document, terms: none } of G.agreements) {
    assert.deepEqual(none, []);
    assert.equal(G.documents.find((d) => d.id === document)?.supplied, false);
  }
});

test('CAL-01..58 every duty of Part 4 stands in the document of its school, with owner, evidence, escalation, and a period marked as proposed unless its policy orders it', () => {
  for (const [school, doc] of both) {
    const duties = calendarOf(school);
    assert.deepEqual(doc.duties.map((d) => d.id).toSorted(), duties.map((d) => d.id).toSorted());
    for (const { id, ordered } of duties) {
      const duty = doc.duties.find((d) => d.id === id);
      assert.ok(duty);
      assert.equal(duty.proposed, !ordered, `${school} ${id}`);
      const roles = [duty.owner, duty.deputy, duty.escalation.role];
      for (const role of roles) {
        const known = role === null || role === 'everyone' || role === 'system' || doc.roles.some((r) => r.id === role);
        assert.ok(known, `${school} ${id}: ${role}`);
      }
      assert.notEqual(duty.deputy, duty.owner, `${school} ${id}`);
      assert.ok(duty.clause === doc.clauses.find((c) => c.id === duty.clause)?.id, `${school} ${id}: ${duty.clause}`);
    }
  }
});

/** Every string under this value. */
function* strings(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (value !== null && typeof value === 'object') for (const part of Object.values(value)) yield* strings(part);
}

test('no row of the catalogue that cites a school’s policy is passed over in its document', () => {
  for (const [school, doc] of both) {
    const named = new Set(strings(doc));
    const missing = rowsCiting(school).filter((row) => !named.has(row));
    assert.deepEqual(missing, [], `${doc.id} passes over`);
  }
});

test('clauses point only to controls, documents, guidance and roles that are there', () => {
  for (const [school, doc] of both) {
    const known = (list: readonly { id: string }[]) => new Set(list.map((x) => x.id));
    const [documents, references, roles] = [known(doc.documents), known(doc.references), known(doc.roles)];
    for (const clause of doc.clauses) {
      const dead = [
        ...(clause.controls ?? []).filter((id) => !CONTROL_IDS.has(id)),
        ...(clause.documents ?? []).filter((id) => !documents.has(id)),
        ...(clause.references ?? []).filter((id) => !references.has(id)),
        ...(clause.roles ?? []).filter((id) => !roles.has(id)),
      ];
      assert.deepEqual(dead, [], `${school} ${clause.id}`);
    }
  }
});
