import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bareSchool, compileMay, compilePolicy, type SchoolFacts, shippedPolicy } from '#policy/index.ts';
import { MOMENT, SCHOOL, taxonomy } from '../../../policy/fixture.ts';
import { type About, type Answer, answerOf, type Verdict } from './answer.ts';
import { NOTHING, parseQuestion } from './may-i.rules.ts';
import { meaning, normalise, stem } from './plain.ts';
import { vocabularyOf } from './vocabulary.ts';
import { changesOf, HEADLINES, SHORT } from './words.ts';

const [B, G] = ['secondary-school', 'tuition-centre'] as const;
const zones = [{ name: 'Sports hall', kind: 'main-building' as const }];
const schoolOf = (id: typeof B | typeof G, facts: SchoolFacts = SCHOOL) => {
  const document = shippedPolicy(id);
  const compiled = compilePolicy(document, taxonomy, facts);
  const policy = { number: 1, from: new Date(0), document, compiled, may: compileMay(document, facts) };
  return { policy, vocabulary: vocabularyOf(document, taxonomy, zones, 'pupil', 2) };
};
const schools = { [B]: schoolOf(B), [G]: schoolOf(G) };

/** As a Year 9 pupil asks, in the middle of a lesson. */
function ask(text: string, id: typeof B | typeof G, school = schools[id], person: string | null = null): Answer | null {
  const { policy, vocabulary } = school;
  const asked = parseQuestion(text, vocabulary);
  const who = asked.who && asked.who !== 'me' ? asked.who : vocabulary.whoIs('pupil', 9);
  const audience = vocabulary.audienceOf(who);
  assert.ok(audience, text);
  const about: About = { audience, profile: who.startsWith('any:') ? null : who, person };
  return answerOf(policy, asked, about, MOMENT.lesson);
}
/** "verdict of rule"; `?` where the school is still to confirm it; `-` where the question is not understood. */
const brief = (answer: Answer | null): string => {
  if (!answer) return '-';
  const rule = answer.cases.length === 1 ? ` ${answer.cases[0]?.rule}` : '';
  return `${answer.verdict}${answer.unconfirmed ? '?' : ''}${rule}`;
};

const TABLE: readonly (readonly [question: string, secondary: string, centre: string])[] = [
  ['May a Year 9 pupil use a messaging app at lunch?', 'permission COM-08', 'no COM-08'],
  ['Can I send instant messages?', 'permission COM-08', 'no COM-08'],
  ['May staff use a messaging app?', 'list COM-08', 'no COM-08'],
  ['Can I use my phone in lessons?', 'no COM-02', 'no COM-02'],
  ['May staff use their phones in lessons?', 'list COM-02', 'no COM-02'],
  ['May staff use a phone at break?', 'yes COM-03', 'yes COM-03'],
  ['May staff use phones?', 'depends', 'depends'],
  ['May pupils use phones?', 'no', 'no'],
  ['May pupils use phones in tutor time?', 'no DEV-09', 'unsaid not-said'],
  ['May a Year 7 pupil use their own device in a club?', 'no DEV-10', 'unsaid not-said'],
  ['May pupils use their phones outside at lunch?', 'no COM-03', 'no COM-03'],
  ['Can a Year 9 pupil use a phone inside at lunch?', 'no COM-03', 'no COM-03'],
  ['Can I bring my phone to school?', 'no COM-01', 'permission COM-01'],
  ['May a volunteer bring her phone?', 'yes COM-01', 'yes COM-01'],
  ['May I use my tablet in class?', 'permission COM-05', 'no COM-05'],
  ['Can staff use a tablet?', 'yes COM-05', 'no COM-05'],
  ['Can I take photos on my phone?', 'no COM-04', 'no COM-04'],
  ['May I take a selfie?', 'no COM-04', 'no COM-04'],
  ['May a teacher take pictures of pupils with the school camera?', 'yes IMG-07', 'yes IMG-07'],
  ['May a teacher take pictures of pupils on her own phone?', 'no COM-04', 'no COM-04'],
  ['May a teacher take pictures of pupils?', 'depends', 'depends'],
  ['Can I take a photo of my friend?', 'permission IMG-10', 'permission IMG-10'],
  ['May staff put a photo of pupils on the website?', 'permission IMG-04', 'permission IMG-04'],
  ['Can parents film the school play?', 'yes IMG-05', '-'],
  ['May staff use personal email at school?', 'no COM-06', 'no COM-06'],
  ['Can I send private e-mails from my school e-mail?', 'no COM-07', 'no COM-07'],
  ['May staff use social media?', 'list COM-09', 'no UAR-23'],
  ['Can a Year 13 student use social networks on Friday?', 'no COM-09', 'no UAR-23'],
  ['Can Y10s read blogs?', 'permission COM-10', 'no COM-10'],
  ['May I chat with strangers?', 'permission AGR-T08-CHAT', 'no COM-15-CHAT'],
  ['Can a sixth-former play games at break?', 'permission AGR-T08', 'times? UAR-19'],
  ['May I play maths games?', 'permission AGR-T08', 'unconfirmed? UAR-18'],
  ['Is gambling allowed?', 'no RSK-04', 'no UAR-20'],
  ['May a Year 10 pupil do online betting in tutor time?', 'no RSK-04', 'no UAR-20'],
  ['Can I shop online on Monday at 12:20?', 'no profile', 'times? UAR-21'],
  ['Can pupils upload a file?', '-', 'times? UAR-22'],
  ['May pupils watch videos?', 'depends', 'no UAR-25'],
  ['Can a teacher stream a film in a lesson?', '-', 'no UAR-25'],
  ['Can I look at porn?', 'no AGR-T21', 'no UAR-07'],
  ['May anyone look at child abuse images?', 'illegal FIL-02', 'illegal UAR-03'],
  ['Is extreme porn legal?', 'illegal AGR-T21-EXTREME', 'illegal UAR-05'],
  ['May I groom a child?', 'illegal RSK-02-GROOMING', 'illegal UAR-04'],
  ['Can I look at extremist content?', 'no FIL-05', 'no UAR-10'],
  ['Is cyber-bullying OK?', 'no RSK-03', 'no UAR-09'],
  ['Can I use a VPN?', 'no FCR-06', 'no UAR-13'],
  ['Can I get round the filter at home?', 'no FCR-06', 'no UAR-13'],
  ['May I share my password with a friend?', 'no AGR-T12', 'no UAR-15'],
  ['Can I download software?', 'no AGR-T25', 'no SEC-10'],
  ['Can teachers use AI?', 'no AIG-05', 'no? AIG-05'],
  ['May a governor use a dating site?', 'no RSK-02', 'yes profile'],
  ['May I look at drugs?', 'no profile', 'no profile'],
  ['Can I use search engines?', 'yes profile', 'yes profile'],
  ['May a teacher text a pupil?', 'no COM-15', 'no COM-15'],
  ['Can a teacher add a pupil as a friend?', 'no COM-15', 'no COM-15'],
  ['May staff sell things to colleagues?', 'permission AGR-T30', 'no UAR-12'],
  ['Can I meet a friend I only know online?', 'permission AGR-T13', '-'],
  ['May a visitor’s laptop use the network?', 'internet device.visitor-owned', 'no-network? device.visitor-owned'],
  [
    'Can a supply teacher use the Wi-Fi with her own laptop?',
    'network device.staff-owned',
    'no-network? device.visitor-owned',
  ],
  [
    'Can I use the school’s shared laptop on the network?',
    'network device.school-shared',
    'network? device.school-shared',
  ],
  ['Can a pupil connect a scheme laptop to the network?', 'network device.scheme', 'no-network? device.scheme'],
  ['Can I bring a dog to school?', '-', '-'],
  ['What is for lunch?', '-', '-'],
];

test('COM-01 COM-02 COM-03 COM-04 COM-05 COM-06 COM-07 COM-08 COM-09 COM-10 UAR-07 UAR-13 UAR-20 UAR-21 UAR-22 UAR-25 a question in plain words gets each school’s own answer', () => {
  const got = TABLE.map(([question]) => [question, brief(ask(question, B)), brief(ask(question, G))]);
  assert.deepEqual(
    got,
    TABLE.map((row) => [...row]),
  );
  assert.ok(TABLE.length >= 60);
});

test('the question of the issue: a Year 9 pupil, a messaging app, at lunch, opened by that pupil’s own permission', () => {
  const asked = parseQuestion('May a Year 9 pupil use a messaging app at lunch?', schools[B].vocabulary);
  assert.deepEqual(asked, { ...NOTHING, who: 'pupil-9', what: 'action:use-messaging-apps', when: 'lunch' });
  const lease = { rule: 'COM-08', person: 'person-1', from: 0, until: MOMENT.club };
  const school = schoolOf(B, { ...SCHOOL, grants: [lease] });
  assert.equal(ask('Can I use a messaging app at lunch?', B, school, 'person-1')?.verdict, 'yes');
  assert.equal(ask('Can I use a messaging app at lunch?', B, school, 'person-2')?.verdict, 'permission');
  // Asked of a lunch on another day, when the permission is over.
  assert.equal(ask('Can I use a messaging app at lunch on Thursday?', B, school, 'person-1')?.verdict, 'permission');
});

test('who, when, where and with what are read from the words', () => {
  const parse = (text: string) => {
    const { what: _, ...rest } = parseQuestion(text, schools[B].vocabulary);
    return Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== ''));
  };
  const cases: [string, Record<string, string>][] = [
    ['May Y7 pupils', { who: 'pupil-7' }],
    ['a year nine', { who: 'pupil-9' }],
    ['my daughter', { who: 'any:pupil' }],
    ['sixth-form students', { who: 'sixth-form' }],
    ['Are year 40 pupils', { who: 'any:pupil' }],
    ['may I text a pupil', { who: 'me' }],
    ['governors', { who: 'governor' }],
    ['members of the community', { who: 'guest' }],
    ['on Wednesday at 3 pm', { when: 'at', day: '3', time: '15:00' }],
    ['tomorrow at 9.05', { when: 'at', day: '3', time: '09:05' }],
    ['today at noon', { when: 'at', day: '2', time: '12:00' }],
    ['at 25:99', {}],
    ['right now', { when: 'now' }],
    ['in maths lessons', { when: 'lesson' }],
    ['in form time', { when: 'tutor-time' }],
    ['during lunch on friday', { when: 'lunch', day: '5' }],
    ['at the chess club', { when: 'club' }],
    ['in the sports hall', { zone: 'main-building' }],
    ['on the playground', { zone: 'outside' }],
    ['on a school trip', { zone: 'off-site' }],
    ['outside of school', { zone: 'off-site' }],
    ['with my own laptop', { equipment: 'personal' }],
    ['on the school’s own camera', { equipment: 'school' }],
    ['on the centre’s tablet', { equipment: 'school' }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parse(text), expected, text);
});

test('forms of a word have one stem, and what says nothing is left out', () => {
  for (const [a, b] of [
    ['messaging', 'messages'],
    ['betting', 'bet'],
    ['shops', 'shopping'],
    ['bullies', 'bullying'],
    ['photos', 'photo'],
    ['games', 'gaming'],
  ]) {
    assert.equal(stem(a ?? ''), stem(b ?? ''), `${a} ${b}`);
  }
  assert.deepEqual(meaning(normalise('May I use the Pupils’ E-Mail, please?')), ['pupil', 'email']);
});

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        ...TABLE.flatMap(([q]) => q.split(' ')),
        'at',
        '99:99',
        'Year',
        '0',
        '’',
        'any:pupil',
        '__proto__',
        '(',
        '\\',
      ),
      { maxLength: 30 },
    )
    .map((words) => words.join(' ')),
);

test('whatever is typed, what is understood is something the policy knows, and the answer is always the same', () => {
  for (const id of [B, G]) {
    const { vocabulary } = schools[id];
    const topics = new Set([
      ...vocabulary.topics.map((t) => t.what),
      ...vocabulary.devices.map((d) => `device:${d.id}`),
      '',
    ]);
    fc.assert(
      fc.property(anything, (text) => {
        const asked = parseQuestion(text, vocabulary);
        assert.ok(topics.has(asked.what), asked.what);
        assert.ok(asked.who === '' || asked.who === 'me' || vocabulary.audienceOf(asked.who) !== null, asked.who);
        assert.match(asked.time, /^$|^([01]\d|2[0-3]):[0-5]\d$/);
        assert.match(asked.day, /^[1-7]?$/);
        assert.deepEqual(parseQuestion(text, vocabulary), asked);
        assert.equal(ask(text, id) === null, asked.what === '');
      }),
      { numRuns: 150 },
    );
  }
});

test('a question is read in good time, however long and tangled it is', () => {
  const started = performance.now();
  for (const text of [
    'in a '.repeat(100_000),
    'my own '.repeat(50_000),
    `${'('.repeat(300_000)}`,
    'year '.repeat(90_000),
  ]) {
    parseQuestion(text, schools[B].vocabulary);
  }
  assert.ok(performance.now() - started < 2000);
});

test('COM-12 UAR-19 without a timetable what opens at certain times stays closed, and the answer says what is missing', () => {
  const school = schoolOf(G, bareSchool('Europe/London'));
  const answer = ask('Can I play games at break?', G, school);
  assert.equal(answer?.verdict, 'times');
  assert.equal(answer?.noTimetable, true);
  assert.match(
    changesOf(answer as Answer, 'head', true)
      .map((c) => c.text)
      .join(),
    /enter its timetable/,
  );
});

test('UAR-24 where two rules speak of one action the stricter decides, and both stand in the trace', () => {
  const answer = ask('Can I use a messaging app at lunch?', G);
  const spoken = answer?.cases[0]?.trace.map((s) => s.rule) ?? [];
  assert.ok(spoken.includes('COM-08') && spoken.includes('UAR-24'), spoken.join());
  assert.equal(answer?.cases[0]?.rule, 'COM-08');
});

test('what May I? says of a kind of site is what the filter does with it, for every profile', () => {
  for (const id of [B, G]) {
    const { policy } = schools[id];
    for (const { id: profile, audience } of policy.compiled.profiles.filter((p) => p.id !== 'unidentified')) {
      for (const action of policy.may.voices.keys()) {
        const asked = { ...NOTHING, what: `action:${action}`, when: 'now' };
        const answer = answerOf(policy, asked, { audience, profile, person: null }, MOMENT.lesson);
        if (answer?.verdict !== 'yes') continue;
        const name = policy.compiled.profiles.find((p) => p.id === profile)?.name ?? '';
        for (const { groups, category } of answer.filtering) {
          const mine = groups.find((g) => g.names.includes(name));
          assert.equal(mine?.decision.outcome, 'allow', `${id} ${action} ${profile} ${category}`);
        }
      }
    }
  }
});

test('who asks how to get round the filter or the monitoring is told no, and whom to ask instead', () => {
  const answer = ask('Can I get round the filter?', B);
  assert.ok(answer);
  const text = changesOf(answer, 'head', true)
    .map((c) => c.text)
    .join(' ');
  assert.match(text, /ask for it[\s\S]*get round the filter or the monitoring, and nobody may/);
});

test('every verdict has its sentence, plain and kind', () => {
  const verdicts: Verdict[] = Object.keys(HEADLINES) as Verdict[];
  for (const v of verdicts) {
    assert.ok(HEADLINES[v].endsWith('.') && SHORT[v].length > 2);
    assert.doesNotMatch(HEADLINES[v], /forbidden|must not|violation|denied/i);
  }
});
