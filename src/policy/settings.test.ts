import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { explainSetting, readSetting, SETTINGS, valueAt } from './settings.ts';
import { shippedPolicy } from './shipped.ts';

/* Part 2 of the catalogue by hand: to each question the tuition centre's answer (G) and the secondary school's (B). */

const g = shippedPolicy('tuition-centre');
const b = shippedPolicy('secondary-school');

type Answer = readonly unknown[];

/** The same question to both schools, and each one's own answer. */
function answers(table: Readonly<Record<string, { g: Answer; b: Answer }>>): void {
  for (const [id, expected] of Object.entries(table)) {
    assert.deepEqual({ g: readSetting(g, id), b: readSetting(b, id) }, expected, id);
  }
}
const every = (period: string, times?: number) => (times === undefined ? { every: period } : { every: period, times });
const access = (inSchool: boolean, level: 'full' | 'internetOnly' | 'none') => ({
  inSchool,
  full: level === 'full',
  internetOnly: level === 'internetOnly',
  none: level === 'none',
});

test('D01 D02 D03 D04 passwords: each half term and from the provider in one school, by strength alone in the other', () => {
  answers({
    D01: { g: [every('half-term')], b: [null] },
    D02: { g: [10, []], b: [8, ['upper', 'lower', 'digit', 'symbol']] },
    D03: { g: ['ict-manager'], b: [null] },
    D04: { g: ['coordinator'], b: [null] },
  });
});

test('D05 D06 D07 who leads and who hears: the centre lead and the coordinator, or the DSL, the principal and governors', () => {
  answers({
    D05: { g: ['centre-lead'], b: ['dsl'] },
    D06: { g: [['centre-lead'], ['ict-manager', 'centre-lead']], b: [['dsl'], ['ict-manager', 'dsl']] },
    D07: { g: [['coordinator'], true, null], b: [['dsl', 'head', 'governor'], false, ['head', 'governor']] },
  });
});

test('D08 D09 reviews and checks: termly audits and tests by proposal, or a yearly review and a monthly check by the text', () => {
  answers({
    D08: { g: [every('academic-year'), true, null], b: [every('academic-year'), false, every('term')] },
    D09: { g: [null, every('term'), every('term')], b: [every('month'), null, null] },
  });
});

test('D10 D11 D12 the filter: who may change it and for what, what nobody can open, and how many profiles there are', () => {
  const change = { approver: 'filter-approver', two: true, maxDays: 90, unconfirmed: true };
  const illegal = ['illegal', 'illegal', 'illegal'];
  const years = ['pupil-7', 'pupil-8', 'pupil-9', 'pupil-10', 'pupil-11', 'sixth-form'];
  answers({
    D10: {
      g: [{ ...change, bypass: ['filtering'] }],
      b: [{ ...change, bypass: ['filtering', 'monitoring'] }],
    },
    D11: { g: [null, illegal], b: [illegal, null] },
    D12: {
      g: [['pupil-primary', 'pupil-secondary', 'staff', 'guest', 'unidentified']],
      b: [[...years, 'staff', 'governor', 'guest', 'unidentified']],
    },
  });
  assert.equal(explainSetting(g, 'D11'), explainSetting(b, 'D11'), 'the same floor for both');
});

test('D13 D14 D15 D16 guests and devices: what the matrices of each school say', () => {
  const guests = { maxDays: 30, mustAgree: true, access: 'INTERNET_ONLY', unconfirmed: true };
  answers({
    D13: {
      g: [{ types: ['Trainee teacher', 'Supply teacher', 'Visitor'], ...guests }],
      b: [{ types: ['Visitors', 'Members of the community'], ...guests }],
    },
    D14: {
      g: ['allowed', 'permission', access(false, 'none'), ...Array(3).fill(access(true, 'none'))],
      b: [
        'allowed',
        'not-allowed',
        access(true, 'full'),
        access(false, 'none'),
        access(true, 'full'),
        access(true, 'internetOnly'),
      ],
    },
    D15: { g: ['not-allowed'], b: ['selected'] },
    D16: { g: ['not-allowed', 'not-allowed'], b: ['allowed', 'permission'] },
  });
});

test('D17 D18 D19 D20 what people may do and what follows: closed by tables, or by list and permission and a linked policy', () => {
  answers({
    D17: {
      g: Array(6).fill('not-allowed'),
      b: ['selected', 'permission', 'selected', 'not-allowed', 'selected', 'permission'],
    },
    D18: { g: [{ value: 'never', minutesPerDay: null }], b: [{ value: 'reasonable', minutesPerDay: null }] },
    D19: {
      g: [
        true,
        { megabytesAnHour: { staff: 8000, pupil: 3000, guest: 1500 }, kilobitsASecond: 2000, unconfirmed: true },
      ],
      b: [false, null],
    },
    D20: { g: [true, 'behaviour', 'staff-disciplinary'], b: [false, 'behaviour', 'staff-code'] },
  });
});

test('D21 D22 D23 D24 D25 D26 incidents: two seniors, one computer and the police at once, or the DSL in the lead', () => {
  answers({
    D21: { g: [2, true, 'centre-lead'], b: [1, false, 'dsl'] },
    D22: { g: ['police'], b: ['dsl'] },
    D23: { g: [false, null, null], b: [true, 'head', ['risk', 'banned', 'offence']] },
    D24: { g: [null], b: [{ system: 'Safeguarding record system', withinDays: 2 }] },
    D25: { g: [['centre-lead', 'dsl', 'head']], b: [['dsl']] },
    D26: {
      g: [['Local authority', 'Police']],
      b: [['The trust', 'Police', 'Other agencies and services outside the school']],
    },
  });
});

test('D27 D28 D43 agreements: named and not supplied, or two full texts that families and visitors sign as well', () => {
  const unsigned = { effect: 'grace', graceDays: 14, unconfirmed: true };
  answers({
    D27: {
      g: [
        ['pupil-agreement', 'staff-agreement', 'ict-user-agreement'],
        [['pupil'], ['staff'], ['pupil', 'staff', 'governor', 'volunteer', 'visitor']],
      ],
      b: [
        ['pupil-agreement', 'adult-agreement'],
        [
          ['pupil', 'parent'],
          ['staff', 'governor', 'volunteer', 'visitor'],
        ],
      ],
    },
    D28: {
      g: [{ asked: false, neededForAccess: false, unconfirmed: true }],
      b: [{ asked: true, neededForAccess: true, unconfirmed: true }],
    },
    // Neither source says what becomes of who does not sign: the same proposal, unconfirmed, in both.
    D43: { g: [unsigned], b: [unsigned] },
  });
});

test('D29 D30 D31 D32 D41 pictures, mail, training and curriculum: each school’s own lists', () => {
  const ids = (id: string, doc = b) => readSetting(doc, id)[0];
  assert.ok(!(readSetting(g, 'D29')[0] as string[]).includes('blog'));
  assert.deepEqual(readSetting(b, 'D29'), [['website', 'blog', 'social media', 'local press']]);
  answers({
    D30: { g: [null, { hosts: [] }], b: ['KS2', { hosts: [] }] },
    D41: { g: ['training-audit-form', []], b: ['self-audit', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]] },
  });
  const courses = Object.fromEntries(b.training.map((t) => [t.id, t.period]));
  assert.deepEqual(
    [courses.induction, courses.refresher, courses.updates, courses.dsl, courses['dsl-update']],
    [
      { after: 'a new starter', within: null },
      every('academic-year'),
      every('academic-year'),
      every('academic-year', 2),
      every('academic-year'),
    ],
  );
  assert.deepEqual(ids('D31'), Object.keys(courses));
  assert.ok(!(ids('D31', g) as string[]).includes('refresher') && (ids('D31', g) as string[]).includes('induction'));
  const phases = Object.groupBy(b.curriculum, (o) => o.phase);
  assert.deepEqual([phases.KS3?.length, phases.KS4?.length, phases['end-of-secondary']?.length], [2, 2, 10]);
  assert.deepEqual(new Set(readSetting(g, 'D32')[1] as string[]), new Set(['all']));
});

test('D33 D34 D35 D36 D37 D38 assessment, data, programs and the policy’s own cycle', () => {
  const software = {
    install: ['ict-manager'],
    removableMedia: { staff: 'registered', pupil: 'none', guest: 'none' },
    unconfirmed: true,
  };
  answers({
    D33: {
      g: [false, [], false],
      b: [
        true,
        [
          { kind: 'Risks that pupils face online', months: 12 },
          { kind: 'New AI tool', months: 12 },
          { kind: 'Social media, with its legal risks', months: 12 },
        ],
        true,
      ],
    },
    D34: {
      g: [['encryption', 'removable-media']],
      b: [
        [
          ...['encryption', 'removable-media', 'ico-fee', 'officer', 'dpia', 'privacy-notice', 'rights'],
          ...['breach-72-hours', 'foi', 'suppliers', 'staff-training'],
        ],
      ],
    },
    D35: { g: [true, software, 'not-allowed', null], b: [false, software, null, 'not-allowed'] },
    D36: { g: [24, null, ['centre-lead', 'dsl']], b: [12, 'Governing body', ['dsl', 'subject-lead', 'ict-manager']] },
    D37: { g: [false, false], b: [true, true] },
    D38: { g: [false, null], b: [true, 2] },
  });
});

test('D39 D40 D42 technology: an outside provider and two rules for devices, or the school’s own manager and seven', () => {
  answers({
    D39: {
      g: [['encryption', 'school-device']],
      b: [['password', 'encryption', 'auto-lock', 'not-shared', 'anti-virus', 'updates', 'work-only']],
    },
    D40: { g: ['outside-provider'], b: ['in-house'] },
    D42: {
      g: [['pupil', 'staff', 'governor', 'parent', 'volunteer', 'visitor']],
      b: [['pupil', 'staff', 'volunteer', 'governor', 'visitor']],
    },
  });
});

test('GOV-33 every setting from D01 to D43 stands once, leads somewhere in one of the two documents, and reads as a sentence', () => {
  assert.deepEqual(
    SETTINGS.map((s) => s.id),
    Array.from({ length: 43 }, (_, i) => `D${String(i + 1).padStart(2, '0')}`),
  );
  for (const { id, at, docs } of SETTINGS) {
    for (const pointer of at) {
      assert.ok([g, b].some((doc) => valueAt(doc, pointer) !== null) || pointer === '/passwords/rotation', pointer);
    }
    assert.match(docs, /^[A-Z“].+\.$/);
    for (const doc of [g, b]) {
      assert.match(explainSetting(doc, id), /^[A-Z“0-9].+[.?]$/, id);
      assert.doesNotMatch(explainSetting(doc, id), /undefined|null|\[object/);
    }
  }
});

test('the sentences say what the values say', () => {
  assert.equal(explainSetting(g, 'D01'), 'A new password is chosen every half term, by everybody.');
  assert.equal(explainSetting(b, 'D01'), 'Nobody has to change a password by a date.');
  assert.equal(explainSetting(b, 'D15'), 'May staff use a phone in lessons? Those on a list.');
  assert.equal(explainSetting(g, 'D22'), 'Nobody looks at it; first to be told are the police.');
  assert.match(explainSetting(b, 'D43'), /still to confirm/);
});

test('a place is found by id, by number, for every entry, and is null where nothing stands; an unknown setting is refused', () => {
  const doc = { rules: [{ id: 'A', cells: { x: 1 } }, { id: 'B' }], recipients: [{ report: 'concern', to: ['dsl'] }] };
  assert.equal(valueAt(doc, '/rules/A/cells/x'), 1);
  assert.equal(valueAt(doc, '/rules/0/id'), 'A');
  assert.deepEqual(valueAt(doc, '/rules/*/id'), ['A', 'B']);
  assert.deepEqual(valueAt(doc, '/recipients/concern/to'), ['dsl']);
  for (const nowhere of [
    '/rules/C/cells',
    '/rules/7/id',
    '/constructor',
    '/rules/A/toString/length',
    '/rules/A/id/*',
  ]) {
    assert.equal(valueAt(doc, nowhere), null, nowhere);
  }
  assert.throws(() => readSetting(g, 'D44'), /no setting "D44"/);
});

test('every catalogue row that cites a line of the secondary school’s source is named in its document', () => {
  const catalogue = readFileSync(new URL('../../docs/requirements.md', import.meta.url), 'utf8');
  const cited = [...catalogue.matchAll(/^\| ([A-Z]{2,3}-\d\d)(?: \[D\])? \|[^|]*\|[^|]*\|([^|]*)\|/gm)]
    .filter(([, , source]) => /\bB\d+\b/.test(source ?? ''))
    .map(([, row]) => row);
  assert.equal(cited.length, 308, 'the catalogue is read');
  const named = new Set<string>([
    ...[b.clauses, b.roles, b.duties, b.recipients, b.curriculum, b.training, b.documents, b.references].flatMap(
      (part) => part.flatMap((entry) => entry.rows),
    ),
    ...b.rules.map((r) => r.id),
  ]);
  assert.deepEqual(
    cited.filter((row) => row !== undefined && !named.has(row)),
    [],
  );
  const terms = b.agreements.flatMap((a) => a.terms.map((t) => t.row));
  assert.deepEqual(
    terms,
    Array.from({ length: 36 }, (_, i) => `AGR-T${String(i + 1).padStart(2, '0')}`),
  );
  const duties = [...catalogue.matchAll(/^\| (CAL-\d\d) \|.*\| ([^|]+) \| [^|]+ \|$/gm)]
    .filter(([, , school]) => /both|B/.test(school ?? ''))
    .map(([, id]) => id);
  assert.deepEqual(
    b.duties.map((d) => d.id),
    duties,
  );
});
