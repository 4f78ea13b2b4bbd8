import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestEdition } from './editions.ts';
import { policyOf, taxonomy } from './fixture.ts';
import { type Lint, type LintCode, type LintContext, lint, unsettled } from './lint.ts';
import type { Finding, SanctionTable, Settlement } from './sections.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';
import type { PolicyDocument, RoleId } from './types.ts';

const clause = 'rules.all';
const whole = policyOf();
const TODAY = '2026-06-01';

const lints = (parts: Partial<PolicyDocument>, context: Partial<LintContext> = {}): Lint[] =>
  lint(policyOf(parts), { today: TODAY, taxonomy, ...context });
const of = (code: LintCode, parts: Partial<PolicyDocument>, context: Partial<LintContext> = {}): string[] =>
  lints(parts, context)
    .filter((l) => l.code === code)
    .map((l) => l.title);
const meta = (parts: Partial<PolicyDocument['meta']>) => ({ meta: { ...whole.meta, ...parts } });

const clashing: Partial<PolicyDocument> = {
  rules: [
    {
      id: 'COM-09',
      name: 'Social media',
      clause,
      action: 'social',
      categories: [],
      cells: { staff: { value: 'not-allowed' } },
    },
  ],
  clauses: [
    {
      id: clause,
      number: '1.1',
      section: 'Rules',
      text: 'Everything here.',
      rows: [],
      says: [{ action: 'social', audience: 'staff', value: 'allowed' }],
    },
  ],
};
const KEY = 'answers:social:staff:always:not-allowed+allowed';
const settlement = (clash: string): Settlement => ({
  clash,
  decision: 'Not allowed.',
  reason: 'The governing body said so.',
  by: 'dsl',
  on: '2026-05-01',
});
const finding: Finding = {
  id: 'K04',
  title: 'Private social media',
  text: 'Said twice.',
  clauses: [clause],
  interim: 'Nobody for now.',
};

test('GOV-34 a contradiction says where it stands and what holds until a decision settles it', () => {
  const [clash] = lints(clashing);
  assert.deepEqual(clash, {
    code: 'answers',
    severity: 'clash',
    key: KEY,
    title: 'Social media: not allowed, or allowed? For staff',
    text: 'Rule COM-09 says not allowed; clause 1.1 says allowed.',
    where: [
      { pointer: '/rules/0', clause },
      { pointer: '/clauses/0/says/0', clause },
    ],
    interim: 'The software obeys: not allowed (rule COM-09).',
    settled: null,
  });
  assert.equal(unsettled(lints(clashing)).length, 1);
});

test('GOV-34 a decision settles the contradiction it names, and no longer when that has changed', () => {
  const settled = [settlement(KEY)];
  const [last] = lints({ ...clashing, settled }).filter((l) => l.key === KEY);
  assert.deepEqual(last?.settled, settled[0]);
  assert.deepEqual(unsettled(lints({ ...clashing, settled })), []);
  assert.deepEqual(of('settled-nothing', { ...clashing, settled }), []);
  assert.deepEqual(of('settled-nothing', { settled }), [`A decision settles “${KEY}”, which is not there`]);
});

test('GOV-34 a finding of people gives its words to the contradiction about the same clauses, and its id settles it', () => {
  const [clash, ...rest] = unsettled(lints({ ...clashing, findings: [finding] }));
  assert.deepEqual([clash?.key, clash?.title, clash?.interim, rest.length], [KEY, finding.title, finding.interim, 0]);
  assert.deepEqual(unsettled(lints({ ...clashing, findings: [finding], settled: [settlement('K04')] })), []);
  const alone = unsettled(lints({ findings: [finding] }));
  assert.deepEqual(
    alone.map((l) => [l.code, l.key, l.where.map((w) => w.clause)]),
    [['finding', 'K04', [null, clause]]],
  );
});

test('a text that is stricter than the software is a warning, unless a finding or a decision covers it', () => {
  const stricter: Partial<PolicyDocument> = {
    ...clashing,
    rules: clashing.rules?.map((r) => ({ ...r, cells: { staff: { value: 'selected' as const, people: [] } } })),
    clauses: clashing.clauses?.map((c) => ({
      ...c,
      says: [{ action: 'social', audience: 'staff', value: 'not-allowed' }],
    })),
  };
  const told = 'Clause 1.1 promises more than the software does';
  assert.deepEqual(of('stricter-text', stricter), [told]);
  assert.match(lints(stricter)[0]?.interim ?? '', /for people on a list \(rule COM-09\)\. People keep to clause 1\.1/);
  assert.deepEqual(of('stricter-text', { ...stricter, findings: [finding] }), []);
  const key = lints(stricter)[0]?.key ?? '';
  assert.deepEqual(of('stricter-text', { ...stricter, settled: [settlement(key)] }), []);
  assert.deepEqual(of('stricter-text', { ...stricter, rules: [] }), [told]);
});

test('a row that is narrowed to a place and names kinds of site is told to hold everywhere', () => {
  const narrow = (categories: string[]) =>
    policyOf({
      rules: [
        {
          id: 'X-1',
          name: 'x',
          clause: 'rules.all',
          action: 'x',
          applies: { slots: ['lunch'] },
          categories,
          cells: {},
        },
      ],
    });
  const codes = (doc: PolicyDocument) => lint(doc, { today: '2026-06-01', taxonomy }).map((l) => l.code);
  assert.ok(codes(narrow(['games'])).includes('holds-everywhere'));
  assert.ok(!codes(narrow([])).includes('holds-everywhere'));
});

test('UAR-26 two rules that differ about one kind of site are named, with the stricter', () => {
  const rule = (id: string, value: 'allowed' | 'not-allowed') => ({
    id,
    name: id,
    clause,
    action: id.toLowerCase(),
    categories: ['games', 'chat'],
    cells: { staff: { value: 'allowed' as const }, pupil: { value } },
  });
  const [clash] = lints({ rules: [rule('A-1', 'allowed'), rule('A-2', 'not-allowed')] });
  assert.equal(clash?.code, 'categories');
  assert.match(clash.title, /rules A-1 and A-2 differ for pupils/);
  assert.equal(clash.interim, 'The stricter rule holds: not allowed (rule A-2) for pupils.');
});

test('K09 a table of sanctions that marks every cell is a contradiction, and one that chooses is none', () => {
  const table = (cell: 'available' | 'not-available'): SanctionTable => ({
    name: 'Pupils',
    actions: [
      { id: 'warning', name: 'Warning', row: null },
      { id: 'police', name: 'Police', row: null },
    ],
    incidents: [{ id: 'SAN-06', name: 'Misuse', inPolicy: true, cells: { warning: 'available', police: cell } }],
    clause,
    unconfirmed: true,
  });
  const sanctions = (cell: 'available' | 'not-available') => ({
    sanctions: { ...whole.sanctions, staff: { table: table(cell), procedure: 'behaviour' } },
  });
  assert.deepEqual(of('all-marked', sanctions('available')), ['Every action is marked for every incident']);
  assert.deepEqual(of('all-marked', sanctions('not-available')), []);
  assert.deepEqual(of('unconfirmed', sanctions('available')), ['Please confirm: Pupils']);
});

test('GOV-04 GOV-08 the stated next review is held against the cycle, and the earlier day holds', () => {
  assert.deepEqual(of('next-review', {}), []);
  assert.deepEqual(of('next-review', meta({ nextReview: '2027-01-12' })), [], 'counted from the day of approval');
  const wrong = meta({ lastReviewed: null, nextReview: '2026-12-01' });
  assert.deepEqual(of('next-review', wrong), [
    'The cover says next review 1 December 2026, the cycle says 12 January 2027',
  ]);
  assert.equal(lints(wrong)[0]?.interim, 'The earlier day holds: 1 December 2026.');
  assert.deepEqual(of('review-overdue', wrong, { today: '2026-12-01' }), []);
  assert.deepEqual(of('review-overdue', wrong, { today: '2026-12-02' }), ['The review was due on 1 December 2026']);
  assert.deepEqual(of('review-overdue', meta({ lastReviewed: null, approvedOn: null, nextReview: null })), []);
});

test('GOV-02 an expired policy warns from the day after its last', () => {
  assert.deepEqual(of('period-over', {}, { today: '2027-01-12' }), []);
  assert.deepEqual(of('period-over', {}, { today: '2027-01-13' }), [
    'The period of this policy ended on 12 January 2027',
  ]);
});

test('GOV-04 what the cover lacks is one question', () => {
  assert.deepEqual(of('cover-empty', {}), []);
  assert.deepEqual(of('cover-empty', meta({ author: null, period: { from: null, to: null } })), [
    'The cover lacks author, period',
  ]);
});

test('GOV-14 guidance with a newer edition, without an edition, and not read again in time is told', () => {
  const kcsie = {
    id: 'kcsie',
    title: 'Keeping children safe in education',
    publisher: 'Department for Education',
    edition: '2025',
    kind: 'statutory' as const,
    reviewMonths: 12,
    clause,
    rows: [],
  };
  const references = [kcsie];
  assert.deepEqual(of('edition-old', { references }, { today: '2026-08-31' }), []);
  assert.deepEqual(of('edition-old', { references }, { today: '2026-09-01' }), [
    'Keeping children safe in education: the 2025 edition was consulted, and the one to use is of 2026',
  ]);
  assert.deepEqual(of('edition-unknown', { references: [{ ...kcsie, edition: null }] }), [
    'Which edition of “Keeping children safe in education” was consulted?',
  ]);
  assert.deepEqual(of('edition-unknown', { references: [{ ...kcsie, edition: null, kind: 'act' }] }), []);
  assert.deepEqual(of('guidance-unread', { references }, { today: '2027-01-05' }), []);
  assert.deepEqual(of('guidance-unread', { references }, { today: '2027-01-06' }), [
    'Guidance not read again since 5 January 2026: 1 of 1',
  ]);
  assert.equal(newestEdition('constructor', TODAY), null);
});

test('GOV-21 K11 a document that was not supplied is told with the clauses that name it', () => {
  const documents = whole.documents.map((d) => ({ ...d, supplied: false }));
  const clauses = whole.clauses.map((c) => ({ ...c, documents: ['behaviour'] }));
  assert.deepEqual(of('document-missing', {}), []);
  const [missing] = lints({ documents, clauses }).filter((l) => l.code === 'document-missing');
  assert.equal(missing?.title, '“Behaviour policy” is not supplied');
  assert.match(missing.text, /^Named in clause 1\.1\. /);
  assert.deepEqual(of('document-missing', { documents }, { given: new Set(['behaviour']) }), []);
});

test('K10 a number that leads to no clause is a dead reference, and the section of an Act is none', () => {
  const text = (words: string) => ({ clauses: whole.clauses.map((c) => ({ ...c, text: words })) });
  assert.deepEqual(of('dead-reference', text('See section 11, clause 1.1, section 1 and Appendix 5.')), [
    'Clause 1.1 points to section 11, which is not there',
    'Clause 1.1 points to appendix 5, which is not there',
  ]);
  assert.deepEqual(of('dead-reference', text('Under section 175 of the Education Act 2002.')), []);
});

test('ROL-04 ROL-18 K12 K13 a role that the source names without defining it is a question', () => {
  const roles = whole.roles.map((r) => ({ ...r, undefinedInSource: true }));
  assert.deepEqual(of('role-undefined', { roles }), ['Who is the DSL?']);
});

test('K15 what is said of a key stage that is not taught here is told', () => {
  const outcome = { id: 'EDU-15', phase: 'KS1' as const, text: 'x', clause, rows: [] };
  const curriculum = [outcome, { ...outcome, id: 'EDU-16', phase: 'KS3' as const }];
  assert.deepEqual(of('phase-not-taught', { curriculum }), ['KS1 is spoken of and not taught here']);
  assert.deepEqual(of('phase-not-taught', { curriculum, ...meta({ phases: ['all'] }) }), []);
  assert.deepEqual(of('phase-not-taught', { curriculum: [{ ...outcome, phase: 'end-of-secondary' }] }), []);
});

test('settings without a value, unconfirmed answers and proposed periods are questions', () => {
  assert.deepEqual(of('setting-empty', {}).slice(0, 2), [
    'Who issues accounts?',
    'Who keeps the sealed copy of the administrator’s password?',
  ]);
  assert.equal(
    of('setting-empty', {}).some((t) => /official account/.test(t)),
    false,
    'that part is switched off',
  );
  const settings = { ...whole.settings, guests: { ...whole.settings.guests, unconfirmed: true } };
  assert.deepEqual(of('unconfirmed', { settings }), ['Please confirm: How guests come in']);
  const rule = { id: 'UAR-19', name: 'Games', clause, action: 'games', categories: [] };
  const cells = { staff: { value: 'allowed', unconfirmed: true }, pupil: { value: 'allowed' } } as const;
  const [asked] = lints({ rules: [{ ...rule, cells }] }).filter((l) => l.code === 'unconfirmed');
  assert.deepEqual(asked?.where, [{ pointer: '/rules/0/cells/staff', clause }]);
  const clocks = 'How soon an incident is acted on: 1 of 1 as we propose';
  assert.deepEqual(of('proposed', {}), [clocks]);
  const { deviceSearch } = shippedPolicy('secondary-school');
  assert.deepEqual(of('proposed', { deviceSearch }), [
    clocks,
    'How soon a searched device is with the police: 1 of 1 as we propose',
  ]);
  const monitoring = { ...whole.monitoring, repeated: { ...whole.monitoring.repeated, proposed: true } };
  const retention = { ...whole.retention, activityProposed: true };
  assert.deepEqual(of('proposed', { monitoring, retention }), [
    `How long records are kept: 1 of ${whole.retention.classes.length + 1} as we propose`,
    clocks,
    'How many attempts make an alert: 1 of 1 as we propose',
  ]);
});

test('a part that is switched on without content, or off with it, is told', () => {
  assert.deepEqual(of('module', {}), ['The table of user actions is switched on without content']);
  const modules = { ...whole.modules, userActions: false, deviceSearch: true };
  const settings = { ...whole.settings, riskAssessments: [{ kind: 'Online safety', months: 12 }] };
  assert.deepEqual(of('module', { modules, settings }), [
    'The searching of devices is switched on without content',
    'The risk assessment is switched off, and its content is there',
  ]);
});

test('ROL-09 roles that too few people hold are told where it is known who holds them', () => {
  const roles = whole.roles.map((r) => ({ ...r, deputies: { min: 1 } }));
  const held = (holders: number, deputies: number) =>
    new Map<RoleId, { holders: number; deputies: number }>([['dsl', { holders, deputies }]]);
  assert.deepEqual(of('vacant', { roles }), []);
  assert.deepEqual(of('vacant', { roles }, { holders: held(1, 1) }), []);
  assert.deepEqual(of('vacant', { roles }, { holders: held(1, 0) }), ['DSL: too few people']);
  assert.deepEqual(of('vacant', { roles }, { holders: new Map() }), ['DSL: too few people']);
});

test('every finding has a key of its own and points to places of the document, contradictions first', () => {
  for (const id of SHIPPED_POLICIES) {
    const doc = shippedPolicy(id);
    const all = lint(doc, { today: TODAY, taxonomy, holders: new Map() });
    assert.equal(new Set(all.map((l) => l.key)).size, all.length);
    const clauses = new Set<string | null>([null, ...doc.clauses.map((c) => c.id)]);
    for (const { key, where, title, text } of all) {
      assert.ok(key.length <= 160, `${key} can be settled`);
      assert.ok(where.length > 0 && title.length > 0 && text.length > 0, key);
      for (const place of where) {
        assert.ok(clauses.has(place.clause), key);
        const steps = place.pointer.split('/').slice(1);
        const there = steps.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], doc);
        assert.notEqual(there, undefined, `${key}: ${place.pointer}`);
      }
    }
    const order = all.map((l) => ['clash', 'warning', 'question'].indexOf(l.severity));
    assert.deepEqual(order, order.toSorted());
    assert.deepEqual(lint(doc, { today: TODAY, taxonomy, holders: new Map() }), all);
  }
});

test('UAR-01 a row is of the class that its cells keep: against the law is called so and closed so, and nothing else is', () => {
  const rule = (called: 'illegal' | 'prohibited' | undefined, ...values: ('illegal' | 'not-allowed')[]) => ({
    rules: [
      {
        id: 'UAR-03',
        name: 'Such pictures',
        clause,
        action: 'such-pictures',
        ...(called && { class: called }),
        categories: [],
        cells: { staff: { value: values[0] ?? 'illegal' }, pupil: { value: values[1] ?? 'illegal' } },
      },
    ],
  });
  assert.deepEqual(of('class-differs', rule('illegal', 'illegal', 'illegal')), []);
  assert.deepEqual(of('class-differs', rule('prohibited', 'not-allowed', 'not-allowed')), []);
  assert.match(of('class-differs', rule('illegal', 'illegal', 'not-allowed'))[0] ?? '', /a cell says otherwise/);
  assert.match(of('class-differs', rule('prohibited', 'illegal', 'illegal'))[0] ?? '', /but not called so/);
  assert.match(of('class-differs', rule(undefined, 'illegal', 'illegal'))[0] ?? '', /but not called so/);
  for (const id of SHIPPED_POLICIES) {
    const doc = shippedPolicy(id);
    assert.deepEqual(
      lint(doc, { today: TODAY, taxonomy }).filter((l) => l.code === 'class-differs'),
      [],
      id,
    );
    const actions = doc.rules.filter((r) => r.id.startsWith('UAR-'));
    // What is allowed to everybody is in no class of what is not.
    const open = (r: (typeof actions)[number]) => Object.values(r.cells).every((c) => c.value === 'allowed');
    assert.deepEqual(
      actions.filter((r) => !open(r) && r.class === undefined).map((r) => r.id),
      [],
      id,
    );
  }
});
