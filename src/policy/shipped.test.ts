import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from './decide.ts';
import { compiled, taxonomy } from './fixture.ts';
import { SHIPPED_POLICIES, type ShippedPolicy, shippedPolicy } from './shipped.ts';
import type { Audience, Cell, Decision, PolicyDocument, RoleId } from './types.ts';

/*
 * What the catalogue says, written out by hand: the matrices of its Part 1 cell by cell, and for every category
 * of the taxonomy who may open it and which rule answers. The documents are held against this, not it to them.
 */

const documents = {
  'secondary-school': shippedPolicy('secondary-school'),
  'tuition-centre': shippedPolicy('tuition-centre'),
};
const policies = {
  'secondary-school': compiled(documents['secondary-school']),
  'tuition-centre': compiled(documents['tuition-centre']),
};
const NOON = Date.UTC(2026, 10, 23, 12, 0);

const ask = (school: ShippedPolicy, profile: string, ...categories: string[]): Decision =>
  decide(policies[school], profile, { categories, at: NOON, person: 'person-1' });

/** A cell in short: y allowed, n not allowed, i illegal, t certain times, s selected staff, m nominated, p permission; ? unconfirmed. */
const LETTERS: Readonly<Record<Cell['value'], string>> = {
  allowed: 'y',
  'not-allowed': 'n',
  illegal: 'i',
  times: 't',
  nominated: 'm',
  selected: 's',
  permission: 'p',
};
function cellOf(doc: PolicyDocument, rule: string, audience: Audience): string {
  const cell = doc.rules.find((r) => r.id === rule)?.cells[audience];
  if (!cell) return '-';
  if (cell.value === 'times') assert.deepEqual(cell.windows, [], 'the source gives no times');
  if (cell.value === 'selected') assert.deepEqual(cell.people, [], 'the source gives no names');
  return `${LETTERS[cell.value]}${cell.unconfirmed ? '?' : ''}`;
}

test('the communications tables equal matrices G-1 and B-2 cell by cell', () => {
  // Staff and pupils in the tuition centre (matrix G-1), then in the secondary school (matrix B-2).
  const table: Record<string, string> = {
    'COM-01': 'y p  y n',
    'COM-02': 'n n  s n',
    'COM-03': 'y n  y n',
    'COM-04': 'n n  n n',
    'COM-05': 'n n  y p',
    'COM-06': 'n n  n n',
    'COM-07': 'n n  n n',
    'COM-08': 'n n  s p',
    'COM-09': 'n n  s n',
    'COM-10': 'n n  s p',
  };
  for (const [row, cells] of Object.entries(table)) {
    const [g, b] = [documents['tuition-centre'], documents['secondary-school']].map((doc) =>
      (['staff', 'pupil'] as const).map((who) => cellOf(doc, row, who)).join(' '),
    );
    assert.equal(`${g}  ${b}`, cells, row);
  }
});

test('the user-action table equals matrix G-2, the same for everybody, and shows its five unclear rows as unconfirmed', () => {
  // Matrix G-2, rows 03 to 25.
  const values = 'i i i i n n n n n n n n n n n y? t? n t? t? n t? n'.split(' ');
  for (const [i, value] of values.entries()) {
    const row = `UAR-${String(i + 3).padStart(2, '0')}`;
    for (const who of ['staff', 'pupil', 'guest'] as const)
      assert.equal(cellOf(documents['tuition-centre'], row, who), value, row);
    assert.equal(cellOf(documents['secondary-school'], row, 'pupil'), '-', 'the secondary school has no such table');
  }
});

type Expectation = readonly [rule: string, open: string, categories: string];

/** By profile: `.` open, `x` closed. What stands in no line is open to everybody. */
const EXPECTED: Readonly<Record<ShippedPolicy, { profiles: string; rows: readonly Expectation[] }>> = {
  'secondary-school': {
    profiles: 'pupil-7 pupil-8 pupil-9 pupil-10 pupil-11 sixth-form staff governor guest unidentified',
    rows: [
      ['safety.illegal', 'xxx xx x xx x x', 'child-abuse terrorism extreme-pornography'],
      ['RSK-02-GROOMING', 'xxx xx x xx x x', 'grooming'],
      ['FIL-05', 'xxx xx x xx x x', 'extremism'],
      ['FIL-08', 'xxx xx x xx x x', 'malware phishing scams cryptojacking parked'],
      ['FCR-06', 'xxx xx x xx x x', 'proxy-bypass vpn doh-resolver redirectors'],
      ['AGR-T21', 'xxx xx x xx x x', 'pornography adult-other intimate-images'],
      ['AGR-T21-VIOLENCE', 'xxx xx x xx x x', 'violence'],
      ['AGR-T21-CRIME', 'xxx xx x xx x x', 'hacking piracy stalkerware'],
      ['RSK-01', 'xxx xx x xx x x', 'hate'],
      ['RSK-01-SELF-HARM', 'xxx xx x xx x x', 'self-harm eating-disorders'],
      ['RSK-02', 'xxx xx x xx x x', 'dating'],
      ['RSK-03', 'xxx xx x xx x x', 'bullying'],
      ['RSK-04', 'xxx xx x xx x x', 'gambling'],
      ['AIG-05', 'xxx xx x xx x x', 'ai-tools ai-chat'],
      ['COM-06', 'xxx xx x xx x x', 'webmail'],
      ['COM-08', 'xxx xx x xx x x', 'messaging'],
      ['COM-09', 'xxx xx x xx x x', 'social-media'],
      ['COM-10', 'xxx xx x xx x x', 'blogs'],
      ['AGR-T08-CHAT AGR-T23', 'xxx xx x xx x x', 'chat'],
      ['AGR-T08 MON-09', 'xxx xx x xx x x', 'games'],
      ['profile', 'xxx xx x .. x x', 'drugs alcohol-tobacco vaping weapons advertising tracking'],
      ['profile', 'xxx xx x .. x x', 'file-sharing remote-access software-downloads'],
      ['profile', 'xxx xx x .. x x', 'unsafe-search'],
      ['profile', 'xxx xx x .. . x', 'fake-news sects crypto-currency academic-cheating'],
      ['profile', 'xxx xx . .. . x', 'forums shopping'],
      ['profile', 'xxx .. . .. . x', 'video-sharing audio-streaming'],
      ['safety.help', '... .. . .. . .', 'help'],
      ['uncategorised', '... .. . .. . x', ''],
    ],
  },
  'tuition-centre': {
    profiles: 'pupil-primary pupil-secondary staff guest unidentified',
    rows: [
      ['safety.illegal', 'xx x x x', 'child-abuse terrorism extreme-pornography'],
      ['UAR-04', 'xx x x x', 'grooming'],
      ['UAR-07', 'xx x x x', 'pornography adult-other intimate-images'],
      ['UAR-08', 'xx x x x', 'hate'],
      ['UAR-09', 'xx x x x', 'violence weapons self-harm eating-disorders bullying'],
      ['UAR-10', 'xx x x x', 'extremism'],
      ['UAR-13', 'xx x x x', 'proxy-bypass vpn doh-resolver redirectors stalkerware'],
      ['UAR-14', 'xx x x x', 'piracy'],
      ['UAR-16', 'xx x x x', 'hacking'],
      ['FIL-08', 'xx x x x', 'malware phishing scams cryptojacking parked'],
      ['SEC-10', 'xx x x x', 'software-downloads'],
      ['UAR-18', '.. . . .', 'educational-games'],
      ['UAR-19', 'xx x x x', 'games'],
      ['UAR-20', 'xx x x x', 'gambling'],
      ['UAR-21', 'xx x x x', 'shopping'],
      ['UAR-22', 'xx x x x', 'file-sharing'],
      ['UAR-23', 'xx x x x', 'social-media'],
      ['UAR-25', 'xx x x x', 'video-sharing'],
      ['COM-06', 'xx x x x', 'webmail'],
      ['COM-08', 'xx x x x', 'messaging'],
      ['COM-10', 'xx x x x', 'blogs'],
      ['COM-15-CHAT', 'xx x x x', 'chat'],
      ['profile', 'xx . . x', 'drugs alcohol-tobacco vaping fake-news sects crypto-currency academic-cheating'],
      ['profile', 'xx . x x', 'dating advertising tracking remote-access unsafe-search'],
      ['AIG-05', 'xx x x x', 'ai-tools ai-chat'],
      ['profile', 'x. . . x', 'forums audio-streaming'],
      ['safety.help', '.. . . .', 'help'],
      ['uncategorised', '.. . . x', ''],
    ],
  },
};

test('COM-06 COM-08 COM-09 COM-10 UAR-07 UAR-08 UAR-09 UAR-10 UAR-13 UAR-18 UAR-19 UAR-20 UAR-21 UAR-22 UAR-23 UAR-24 UAR-25 every category has its answer under every profile, by the rule that gives it', () => {
  for (const school of SHIPPED_POLICIES) {
    const { profiles, rows } = EXPECTED[school];
    const rest = taxonomy.map((c) => c.id).filter((id) => !rows.some((r) => r[2].split(' ').includes(id)));
    const all: Expectation[] = [...rows, ['profile', rows.at(-1)?.[1].replaceAll('x', '.') ?? '', rest.join(' ')]];
    for (const [rules, open, categories] of all) {
      for (const category of categories.split(' ')) {
        const answers = profiles.split(' ').map((p) => ask(school, p, ...(category ? [category] : [])));
        const got = answers.map((a) => (a.outcome === 'allow' ? '.' : 'x')).join('');
        assert.equal(got, open.replaceAll(' ', ''), `${school}: ${category}`);
        for (const [i, { outcome, because }] of answers.entries()) {
          if (rules !== 'profile' || outcome === 'block')
            assert.ok(rules.split(' ').includes(because.rule) || rules === 'profile', because.rule);
          assert.equal(because.category, category || null, `${profiles.split(' ')[i]}`);
        }
      }
    }
  }
});

test('FIL-01 FIL-19 every answer gives its reason in a plain sentence, its clause, and a way on unless it is illegal', () => {
  for (const school of SHIPPED_POLICIES) {
    const policy = policies[school];
    for (const { id } of policy.profiles) {
      for (const categories of [[], ...taxonomy.map((c) => [c.id])]) {
        const { outcome, because } = ask(school, id, ...categories);
        assert.match(because.text, /^[A-Z][^.]{10,160}\.$/);
        assert.equal(because.clause === null, because.rule.startsWith('safety.'), because.rule);
        if (because.clause !== null) assert.ok(because.clause in policy.clauses);
        const neutral = because.text === 'This page cannot be opened.';
        assert.equal(because.remedy === null, outcome === 'allow' || neutral);
        if (id === 'unidentified' && outcome === 'block' && !neutral) assert.equal(because.remedy, 'sign-in');
      }
    }
    for (const { id } of taxonomy.filter((c) => c.nature === 'illegal')) {
      const { because } = ask(school, 'staff', id);
      assert.deepEqual([because.text, because.remedy], ['This page cannot be opened.', null]);
    }
  }
});

test('FIL-06 the same address gets a different answer in Year 7, in the sixth form and from a teacher, each naming its rule', () => {
  const answers = (category: string) =>
    ['pupil-7', 'sixth-form', 'staff'].map((p) => {
      const { outcome, because } = ask('secondary-school', p, category);
      return `${outcome} ${because.rule} ${because.clause}`;
    });
  assert.deepEqual(answers('video-sharing'), [
    'block profile filtering.by-user',
    'allow profile filtering.by-user',
    'allow profile filtering.by-user',
  ]);
  assert.deepEqual(answers('drugs'), [
    'block profile filtering.growing-up',
    'block profile filtering.growing-up',
    'allow profile filtering.by-user',
  ]);
  assert.deepEqual(answers('games'), [
    'block AGR-T08 use.pupil-leisure',
    'block AGR-T08 use.pupil-leisure',
    'block MON-09 use.purpose',
  ]);
  assert.equal(
    ask('secondary-school', 'pupil-7', 'video-sharing').because.text,
    'Sites listed under “Video” are not allowed for your year group.',
  );
});

test('FIL-08 malware and phishing are denied to every role in both schools', () => {
  for (const school of SHIPPED_POLICIES) {
    for (const { id } of policies[school].profiles) {
      for (const category of ['malware', 'phishing']) {
        assert.deepEqual(
          [ask(school, id, category).outcome, ask(school, id, category).because.rule],
          ['block', 'FIL-08'],
        );
      }
    }
  }
});

test('COM-09 under the secondary school a member of staff on the list may use social media, and no other', () => {
  const doc = documents['secondary-school'];
  const staff: Cell = { value: 'selected', people: ['person-1'] };
  const rules = doc.rules.map((r) => (r.id === 'COM-09' ? { ...r, cells: { ...r.cells, staff } } : r));
  const policy = compiled({ ...doc, rules });
  const outcome = (profile: string, person: string) =>
    decide(policy, profile, { categories: ['social-media'], at: NOON, person }).outcome;
  assert.deepEqual([outcome('staff', 'person-1'), outcome('staff', 'person-2')], ['allow', 'block']);
  assert.deepEqual([outcome('pupil-9', 'person-1'), outcome('guest', 'person-1')], ['block', 'block']);
});

test('UAR-24 the tuition centre’s two tables disagree about messaging, and the stricter holds even with times set', () => {
  const doc = documents['tuition-centre'];
  const always: Cell = { value: 'times', windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' }] };
  const rules = doc.rules.map((r) =>
    r.id === 'UAR-24' || r.id === 'UAR-19' ? { ...r, cells: { staff: always, pupil: always, guest: always } } : r,
  );
  const policy = compiled({ ...doc, rules });
  const answer = (category: string) => decide(policy, 'pupil-secondary', { categories: [category], at: NOON });
  assert.deepEqual([answer('messaging').outcome, answer('messaging').because.rule], ['block', 'COM-08']);
  assert.equal(answer('games').outcome, 'allow', 'where nothing disagrees, the times count');
});

test('GOV-33 one program, two policies: the same question gives each school its own answer', () => {
  const say = (school: ShippedPolicy, category: string) => {
    const { outcome, because } = ask(school, 'staff', category);
    return `${outcome} ${because.rule} ${because.remedy}`;
  };
  const both = (category: string) => [say('tuition-centre', category), say('secondary-school', category)];
  assert.deepEqual(both('video-sharing'), ['block UAR-25 ask', 'allow profile null']);
  assert.deepEqual(both('shopping'), ['block UAR-21 ask', 'allow profile null']);
  assert.deepEqual(both('ai-tools'), ['block AIG-05 ask', 'block AIG-05 ask']);
  assert.deepEqual(both('messaging'), ['block COM-08 ask', 'block COM-08 ask']);
  assert.deepEqual(
    ['tuition-centre', 'secondary-school'].map((s) => ask(s as ShippedPolicy, 'staff', 'messaging').because.text),
    [
      'Sites listed under “Messaging” are not allowed for anyone in school.',
      'Sites listed under “Messaging” are open only to staff on a list the school keeps, and you are not on it.',
    ],
  );
});

test('each school has its own rule for passwords', () => {
  const rule = (school: ShippedPolicy) => {
    const { minLength, classes } = documents[school].passwords;
    return { minLength, classes };
  };
  assert.deepEqual(rule('secondary-school'), { minLength: 8, classes: ['upper', 'lower', 'digit', 'symbol'] });
  assert.deepEqual(rule('tuition-centre'), { minLength: 10, classes: [] });
});

test('both documents say what people are told, when a pattern is flagged, and who is told in which order', () => {
  for (const { monitoring, notice, clauses } of Object.values(documents)) {
    const row = (clause: string) => clauses.find((c) => c.id === clause)?.rows ?? [];
    assert.match(notice.text, /keeps a record/);
    assert.ok(row(notice.clause).includes('MON-04'));
    assert.deepEqual([monitoring.repeated.count, monitoring.repeated.minutes], [5, 10]);
    assert.ok(row(monitoring.repeated.clause).includes('MON-07'));
    for (const category of ['self-harm', 'child-abuse', 'terrorism', 'grooming']) {
      assert.equal(monitoring.grave[category]?.urgency, 'urgent');
      assert.ok(!monitoring.repeated.except.includes(category));
    }
    assert.ok(row(monitoring.escalationClause).includes('ALR-10'));
  }
  const ladder = (school: ShippedPolicy) =>
    documents[school].monitoring.escalation.map((r) => `${r.role} ${r.rank} ${r.acknowledgeMinutes}`);
  assert.deepEqual(ladder('secondary-school'), ['dsl holder 5', 'dsl deputy 5', 'head holder 10']);
  assert.deepEqual(ladder('tuition-centre'), ['centre-lead holder 5', 'dsl holder 5', 'chair holder 10']);
});

test('ROL-08 ROL-09 ROL-10 ROL-11 ROL-12 ROL-13 ROL-14 ROL-15 ROL-16 ROL-17 the secondary school’s roles stand in its document, with holders, deputies and duties', () => {
  const doc = documents['secondary-school'];
  // Row, role, holders at least and at most, deputies at least.
  const table: [string, RoleId, number, number | null, number][] = [
    ['ROL-08', 'governor', 1, null, 0],
    ['ROL-09', 'lead-governor', 1, 1, 0],
    ['ROL-10', 'head', 1, 1, 1],
    ['ROL-11', 'dsl', 1, 1, 1],
    ['ROL-12', 'dsl', 1, 1, 1],
    ['ROL-13', 'dsl', 1, 1, 1],
    ['ROL-15', 'ict-manager', 1, 1, 1],
    ['ROL-16', 'staff', 0, null, 0],
    ['ROL-16', 'volunteer', 0, null, 0],
    ['ROL-17', 'visitor', 0, null, 0],
  ];
  for (const [row, id, min, max, deputies] of table) {
    const role = doc.roles.find((r) => r.id === id && r.rows.includes(row));
    assert.ok(role, `${row} ${id}`);
    assert.deepEqual([role.holders, role.deputies], [{ min, max }, { min: deputies }], row);
    assert.ok(role.duties.length > 0 && doc.clauses.some((c) => c.id === role.clause && c.rows.includes(row)));
  }
  assert.ok(doc.clauses.some((c) => c.rows.includes('ROL-14')));
  const more = { ...doc, roles: doc.roles.map((r) => ({ ...r, duties: [...r.duties, 'A duty of our own'] })) };
  assert.doesNotThrow(() => compiled(more), 'ROL-14: a school may add duties');
});

test('both documents want at least two people with the duty of changing the filter', () => {
  for (const { roles } of Object.values(documents)) {
    assert.equal(roles.find((r) => r.id === 'filter-approver')?.holders.min, 2);
  }
});

test('the tuition centre’s roles stand in its document', () => {
  const found = documents['tuition-centre'].roles.flatMap((r) => r.rows.map((row) => `${row} ${r.id}`));
  for (const role of [
    'ROL-01 chair',
    'ROL-02 coordinator',
    'ROL-03 centre-lead',
    'ROL-04 head',
    'ROL-04 online-safety-coordinator',
    'ROL-05 ict-manager',
    'ROL-06 staff',
    'ROL-07 pupil',
    'ROL-07 parent',
  ]) {
    assert.ok(found.includes(role), role);
  }
});

test('every clause that a rule, role or control cites says which catalogue rows it keeps', () => {
  for (const { clauses } of Object.values(documents)) {
    for (const { id, rows } of clauses) assert.ok(rows.length > 0, id);
  }
});
