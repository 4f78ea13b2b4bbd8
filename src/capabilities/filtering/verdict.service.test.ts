import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { normaliseHost, readAddress } from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import { shippedPolicy } from '#policy/index.ts';
import { adoptPolicy, policyInForce, taxonomy } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { compileLists } from './lists.service.ts';
import { addSource, switchSource } from './sources.service.ts';
import { agreeToAll, filteringSchool, testFolder } from './testing.ts';
import { type Asker, currentIndex, explainAddress, isNeutral, judgeFor, judgeForAll } from './verdict.service.ts';

/** A made-up site that two lists put into two categories. */
const SHARED_FORUM = 'forum-with-files.example';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  const lists = testFolder({ 'forums/domains': `${SHARED_FORUM}\n`, 'file-sharing/domains': `${SHARED_FORUM}\n` });
  school = await filteringSchool(t, { lists });
});
after(() => t.drop());

const run = <T>(work: (tx: Tx) => Promise<T>) => t.db.in(school.people.administrator.context, work);
const judged = (who: Asker, host: string, path = '') => run((tx) => judgeFor(tx, school.deps, { ...who, host, path }));
const person = (part: keyof TestSchool['people']) => ({ person: school.people[part].id });
const test_ = (category: string) => `${category}.gatehouse-test.example`;
const everyone = () => Object.keys(school.people) as (keyof TestSchool['people'])[];

test('FIL-01 everybody, signed in or not, gets an answer that names its rule, whatever the address', async () => {
  const hosts = [...taxonomy().categories.map((c) => test_(c.id)), 'on-no-list.example', '192.0.2.7', '2001:db8::1'];
  for (const host of hosts) {
    for (const { decision, profile } of await run((tx) => judgeForAll(tx, school.deps, { host, path: '' }))) {
      assert.ok(['allow', 'block'].includes(decision.outcome), `${host} ${profile}`);
      assert.ok(decision.because.rule.length > 0 && decision.because.text.length > 0, `${host} ${profile}`);
    }
  }
  for (const part of everyone()) {
    const { decision } = await judged(person(part), test_('pornography'));
    assert.equal(decision.outcome, 'block', part);
  }
  const nobody = await judged({ profile: 'no-such-profile' }, 'on-no-list.example');
  assert.deepEqual([nobody.decision.outcome, nobody.decision.because.rule], ['block', 'no-policy']);
});

test('FIL-01 with no lists compiled, or no policy in force, everything is closed', async () => {
  const bare = await testSchool(t, { policy: 'secondary-school' });
  const without = await filteringSchool(t, { policy: undefined });
  for (const s of [bare, without]) {
    const verdict = await t.db.in(s.people.head.context, (tx) =>
      judgeFor(tx, s.deps, { person: s.people.head.id, host: 'education.gatehouse-test.example' }),
    );
    assert.deepEqual([verdict.decision.outcome, verdict.decision.because.rule], ['block', 'no-policy']);
  }
  const illegal = await t.db.in(without.people.head.context, (tx) =>
    judgeFor(tx, without.deps, { profile: 'pupil-8', host: test_('child-abuse') }),
  );
  assert.equal(isNeutral(illegal), true, 'also without a policy nothing is said of illegal content');
});

test('FIL-02 illegal content stays closed for every profile and person, and no source, switch or policy opens it', async () => {
  const host = test_('child-abuse');
  const closed = async () => {
    for (const verdict of [
      ...(await run((tx) => judgeForAll(tx, school.deps, { host, path: '' }))),
      ...(await Promise.all(everyone().map((part) => judged(person(part), host)))),
    ]) {
      assert.equal(verdict.decision.outcome, 'block', verdict.profile);
      assert.equal(verdict.decision.because.rule, 'safety.illegal');
      assert.equal(verdict.decision.because.remedy, null);
      assert.equal(isNeutral(verdict), true);
    }
  };
  await closed();

  const by = school.people.administrator.context;
  const starter = await run((tx) =>
    tx.selectFrom('list_source').select('id').where('origin', '=', 'starter').executeTakeFirstOrThrow(),
  );
  await assert.rejects(
    run((tx) => switchSource(tx, school.deps, by, starter.id, false)),
    Refusal,
  );

  // Another list that speaks well of the same name lifts nothing, and its word for help is not even taken.
  const folder = testFolder({ 'help/domains': `${host}\n`, 'education/domains': `${host}\n` });
  await run((tx) => addSource(tx, school.deps, by, { location: folder, name: 'friendly', reason: 'It knows many.' }));
  await agreeToAll(school);
  school.clock.advance(60_000);
  await compileLists(school.deps, school.id);
  const index = await run((tx) => currentIndex(school.deps, tx));
  assert.deepEqual(new Set(index?.categoriesOf(index.find(host))), new Set(['child-abuse', 'education']));
  await closed();

  const document = shippedPolicy('secondary-school');
  const rules = document.rules.map((r) =>
    r.categories.includes('child-abuse') ? { ...r, cells: { staff: { value: 'allowed' as const } } } : r,
  );
  const adopt = (doc: typeof document) => run((tx) => adoptPolicy(tx, school.deps, by, doc, { approver: null }));
  await assert.rejects(adopt({ ...document, rules }), (e) => e instanceof Refusal && e.code === 'policy.invalid');
  await closed();
  // And a policy that does not mention it at all closes it just the same.
  await adopt({ ...document, rules: document.rules.filter((r) => !r.categories.includes('child-abuse')) });
  await closed();
  await adopt(document);
});

test('FIL-02 lists of illegal content are never quoted', async () => {
  const host = test_('child-abuse');
  assert.deepEqual(
    (await run((tx) => explainAddress(tx, school.deps, school.id, { host, path: '' }))).matches
      .map((m) => m.category)
      .sort(),
    ['education', null],
  );
});

test('FIL-06 one address, three answers: Year 7, sixth form and staff, each with the rule and clause that gave it', async () => {
  const answers = await Promise.all(
    (['year7', 'year12', 'teacher'] as const).map(async (part) => {
      const { profile, decision } = await judged(person(part), SHARED_FORUM);
      const { rule, clause, category } = decision.because;
      return { profile, outcome: decision.outcome, rule, clause, category, text: decision.because.text };
    }),
  );
  assert.deepEqual(
    answers.map(({ text: _, ...a }) => a),
    [
      { profile: 'pupil-7', outcome: 'block', rule: 'profile', clause: 'filtering.by-user', category: 'forums' },
      {
        profile: 'sixth-form',
        outcome: 'block',
        rule: 'profile',
        clause: 'filtering.transfer',
        category: 'file-sharing',
      },
      { profile: 'staff', outcome: 'allow', rule: 'profile', clause: 'filtering.by-user', category: 'forums' },
    ],
  );
  assert.equal(new Set(answers.map((a) => a.text)).size, 3);
});

test('FIL-08 sites with malware and phishing are closed for every role, with the rule named', async () => {
  for (const category of ['malware', 'phishing']) {
    for (const part of everyone()) {
      const { decision } = await judged(person(part), test_(category));
      assert.deepEqual([decision.outcome, decision.because.rule], ['block', 'FIL-08'], `${category} ${part}`);
    }
  }
});

test('GOV-33 with G in force the tester gives G’s answers, with B in force B’s, each with its own rule and clause', async () => {
  const answer = async () => {
    const policy = await run((tx) => policyInForce(tx, school.clock.now()));
    const { decision } = await judged(person('teacher'), test_('video-sharing'));
    const clause = decision.because.clause;
    return [decision.outcome, decision.because.rule, clause ? clause in (policy?.compiled.clauses ?? {}) : false];
  };
  const by = school.people.administrator.context;
  const adopt = (id: 'tuition-centre' | 'secondary-school') =>
    run((tx) => adoptPolicy(tx, school.deps, by, shippedPolicy(id), { approver: school.people.head.id }));
  await adopt('tuition-centre');
  assert.deepEqual(await answer(), ['block', 'UAR-25', true]);
  await adopt('secondary-school');
  assert.deepEqual(await answer(), ['allow', 'profile', true]);
});

test('the page of an address decides only where its host is open', async () => {
  const page = await judged(person('teacher'), 'gambling.gatehouse-test.example', '/anything?x=1');
  assert.equal(page.decision.because.rule, 'RSK-04');
});

test('whatever is typed becomes an address that can be judged, or none', () => {
  assert.deepEqual(readAddress(' HTTPS://WWW.Example.COM/A?b=1#c '), { host: 'www.example.com', path: '/A?b=1' });
  assert.deepEqual(readAddress('example.com/'), { host: 'example.com', path: '' });
  assert.deepEqual(readAddress('http://user:pw@example.com:8080/x'), { host: 'example.com', path: '/x' });
  assert.deepEqual(readAddress('bücher.example'), { host: 'xn--bcher-kva.example', path: '' });
  assert.deepEqual(readAddress('[2001:db8::1]'), { host: '2001:db8::1', path: '' });
  for (const none of [
    '',
    'two words',
    'mailto:a@example.com',
    'javascript:alert(1)',
    'http://',
    'file:///etc/passwd',
  ]) {
    assert.equal(readAddress(none), null, none);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
      const address = readAddress(text);
      if (address) assert.equal(normaliseHost(address.host), address.host);
    }),
  );
});
