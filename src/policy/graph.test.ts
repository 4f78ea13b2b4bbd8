import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import Value from 'typebox/value';
import { policyOf } from './fixture.ts';
import { graphFaults } from './graph.ts';
import { PolicySchema } from './schema.ts';
import type { DeviceClass, Duty, Recipient, SanctionTable } from './sections.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import type { PolicyDocument } from './types.ts';

const clause = 'rules.all';
const lines = (parts: Partial<PolicyDocument>): string[] =>
  graphFaults(policyOf(parts)).map((f) => `${f.path}: expected ${f.expected}; found ${f.found}`);
const whole = policyOf();

const duty: Duty = {
  id: 'CAL-01',
  title: 'Change passwords',
  owner: 'dsl',
  deputy: null,
  period: { every: 'term' },
  proposed: false,
  evidence: { form: 'statement', text: 'Done.' },
  escalation: { role: 'head', afterDays: 7 },
  clause,
  rows: [],
};
const head = { ...whole.roles[0], id: 'head' } as PolicyDocument['roles'][number];
const roles = [...whole.roles, head];
const device = (cells: Partial<DeviceClass['cells']>): DeviceClass => ({
  id: 'child-owned',
  name: 'Child-owned',
  ownership: 'child',
  shared: false,
  cells: { inSchool: true, full: false, internetOnly: false, none: false, ...cells },
  clause,
});
const table: SanctionTable = {
  name: 'Pupils',
  actions: [{ id: 'warning', name: 'Warning', row: null }],
  incidents: [{ id: 'SAN-06', name: 'Misuse', inPolicy: true, cells: { warning: 'available' } }],
  clause,
};

test('a clause that is nowhere is found wherever it is named', () => {
  const nowhere = 'expected the id of a clause of this document; found "no.where"';
  const clauseless = { ...duty, owner: 'everyone' as const, clause: 'no.where' };
  assert.deepEqual(lines({ roles, duties: [clauseless] }), [`/duties/0/clause: ${nowhere}`]);
  assert.deepEqual(lines({ devices: [{ ...device({ none: true }), clause: 'no.where' }] }), [
    `/devices/0/clause: ${nowhere}`,
  ]);
  assert.deepEqual(lines({ monitoring: { ...whole.monitoring, escalationClause: 'no.where' } }), [
    `/monitoring/escalationClause: ${nowhere}`,
  ]);
  const finding = { id: 'K08', title: 'x', text: 'x', clauses: [clause, 'no.where'], interim: 'x' };
  assert.deepEqual(lines({ findings: [finding] }), [`/findings/0/clauses/1: ${nowhere}`]);
});

test('every place of a shipped document whose shape is a clause or a role is looked at', () => {
  for (const id of SHIPPED_POLICIES) {
    const doc = shippedPolicy(id);
    const broken = JSON.parse(
      JSON.stringify(doc, (key, v) => (/^(clause|escalationClause)$/.test(key) && v ? 'no.where' : v)),
    );
    const places = JSON.stringify(doc).match(/"(clause|escalationClause)":"/g)?.length ?? 0;
    assert.ok(places > 50);
    const found = graphFaults(broken).filter((f) => /\/(clause|escalationClause)$/.test(f.path));
    assert.equal(found.length, places);
  }
});

test('ROL-04 ROL-18 a role that a duty, a recipient or a setting names must be defined, if only as undefined in the source', () => {
  const undefinedRole = 'expected a role that this document defines; found "head"';
  assert.deepEqual(lines({ duties: [duty] }), [`/duties/0/escalation/role: ${undefinedRole}`]);
  assert.deepEqual(lines({ duties: [duty], roles: [...whole.roles, { ...head, undefinedInSource: true }] }), []);
  const to: Recipient['to'] = ['dsl', 'head'];
  assert.deepEqual(
    lines({ recipients: [{ report: 'concern', to, within: null, nilReport: false, clause, rows: [] }] }),
    [`/recipients/0/to/1: ${undefinedRole}`],
  );
  assert.deepEqual(lines({ settings: { ...whole.settings, accountIssuer: 'head' } }), [
    `/settings/accountIssuer: ${undefinedRole}`,
  ]);
  assert.deepEqual(lines({ meta: { ...whole.meta, reviewers: ['head'] } }), [`/meta/reviewers/0: ${undefinedRole}`]);
  assert.deepEqual(lines({ incidents: { ...whole.incidents, closedBy: ['head'] } }), [
    `/incidents/closedBy/0: ${undefinedRole}`,
  ]);
});

test('documents, guidance, roles and controls that a clause or a procedure names must be there', () => {
  const named = {
    documents: ['acceptable-use'],
    references: ['kcsie'],
    roles: ['head'],
    controls: ['magic', 'filter'],
  };
  const [first] = whole.clauses;
  assert.ok(first);
  assert.deepEqual(lines({ clauses: [{ ...first, ...named }] }), [
    '/clauses/0/documents/0: expected the id of a document in /documents; found "acceptable-use"',
    '/clauses/0/references/0: expected the id of a reference in /references; found "kcsie"',
    '/clauses/0/roles/0: expected a role that this document defines; found "head"',
    '/clauses/0/controls/0: expected a control that this program has; found "magic"',
  ]);
  assert.deepEqual(lines({ selfAudit: { ...whole.selfAudit, document: 'audit' }, documents: [] }), [
    '/sanctions/pupil/procedure: expected the id of a document in /documents; found "behaviour"',
    '/sanctions/staff/procedure: expected the id of a document in /documents; found "behaviour"',
    '/selfAudit/document: expected the id of a document in /documents; found "audit"',
  ]);
});

test('what stands twice in any list is found', () => {
  assert.deepEqual(lines({ roles, duties: [duty, duty] }), [
    '/duties/1/id: expected each id once; found "CAL-01" again',
  ]);
  const twice = { ...table, actions: [...table.actions, ...table.actions] };
  assert.deepEqual(lines({ sanctions: { ...whole.sanctions, pupil: { table: twice, procedure: 'behaviour' } } }), [
    '/sanctions/pupil/table/actions/1/id: expected each id once; found "warning" again',
  ]);
  const [clock] = whole.incidents.clocks;
  assert.ok(clock);
  assert.deepEqual(lines({ incidents: { ...whole.incidents, clocks: [clock, clock] } }), [
    '/incidents/clocks/1/severity: expected each severity once; found "urgent" again',
  ]);
});

test('DEV-08 a class of device has exactly one access level, and the cell that is too much is named', () => {
  assert.deepEqual(lines({ devices: [device({ none: true })] }), []);
  assert.deepEqual(lines({ devices: [device({})] }), [
    '/devices/0/cells: expected one of full, internetOnly and none to be true; found all three false',
  ]);
  assert.deepEqual(lines({ devices: [device({ full: true, none: true })] }), [
    '/devices/0/cells/none: expected false, since full is true; found true',
  ]);
});

test('GOV-35 a duty that is late goes to another role than its owner', () => {
  assert.deepEqual(lines({ roles, duties: [{ ...duty, owner: 'head' }] }), [
    '/duties/0/escalation/role: expected another role than the owner of the duty; found "head"',
  ]);
});

test('SAN-34 what a procedure lets follow is one of the actions that stand with it', () => {
  const mapping = {
    ...table,
    incidents: [{ id: 'misuse', name: 'Misuse', inPolicy: true, cells: { exile: 'available' as const } }],
  };
  assert.deepEqual(
    lines({ sanctions: { ...whole.sanctions, pupil: { table: null, procedure: 'behaviour', mapping } } }),
    ['/sanctions/pupil/mapping/incidents/0/cells/exile: expected an action of this table; found "exile"'],
  );
});

test('a sanction is one of the actions of its own table', () => {
  const [incident] = table.incidents;
  assert.ok(incident);
  const wrong = { ...table, incidents: [{ ...incident, cells: { detention: 'available' as const } }] };
  assert.deepEqual(lines({ sanctions: { ...whole.sanctions, staff: { table: wrong, procedure: 'behaviour' } } }), [
    '/sanctions/staff/table/incidents/0/cells/detention: expected an action of this table; found "detention"',
  ]);
});

test('GOV-04 days follow each other and are days of the calendar', () => {
  assert.deepEqual(lines({ meta: { ...whole.meta, nextReview: '2025-12-01' } }), [
    '/meta/nextReview: expected no day before lastReviewed (2026-01-05); found "2025-12-01"',
    '/meta/nextReview: expected no day before approvedOn (2026-01-12); found "2025-12-01"',
  ]);
  assert.deepEqual(lines({ meta: { ...whole.meta, period: { from: '2026-09-01', to: '2026-02-30' } } }), [
    '/meta/period/to: expected a day of the calendar; found "2026-02-30"',
    '/meta/period/to: expected no day before from (2026-09-01); found "2026-02-30"',
  ]);
});

test('whatever text of a document is put in the place of another, the graph check ends and locates', () => {
  const text = JSON.stringify(shippedPolicy('tuition-centre'));
  const texts = text.match(/(?<=[:,[])"[^"\\]+"(?=[,\]}])/g) ?? [];
  const one = fc.constantFrom(...new Set(texts));
  let checked = 0;
  fc.assert(
    fc.property(one, one, (from, to) => {
      const doc = JSON.parse(text.replaceAll(from, to));
      if (!Value.Check(PolicySchema, doc)) return;
      checked++;
      for (const fault of graphFaults(doc)) assert.match(fault.path, /^\//);
    }),
    { numRuns: 100 },
  );
  assert.ok(checked > 3, `${checked} documents kept their shape`);
});

test('D01 passwords that change by days say how many, and those that go by the calendar do not', () => {
  const faults = (rotation: PolicyDocument['passwords']['rotation']) =>
    graphFaults(policyOf({ passwords: { ...policyOf().passwords, rotation } })).map((f) => f.path);
  assert.deepEqual(faults({ every: 'days', days: 90 }), []);
  assert.deepEqual(faults({ every: 'term' }), []);
  assert.deepEqual(faults({ every: 'days' }), ['/passwords/rotation/days']);
  assert.deepEqual(faults({ every: 'term', days: 90 }), ['/passwords/rotation/days']);
});
