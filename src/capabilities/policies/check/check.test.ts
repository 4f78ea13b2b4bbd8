import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { digestToken } from '#core/ids.ts';
import { type PolicyDocument, shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { policiesRoom } from '../policies.routes.ts';
import { checkState, policyCheck } from './check.service.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(s.deps, policiesRoom(s.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const page = async (url: string, part: Part = 'dsl') => (await pages.as(s.people[part]).get(url)).body;
const state = () => t.db.in(s.people.dsl.context, (tx) => checkState(tx, s.clock.now()));
const check = () => t.db.in(s.people.dsl.context, (tx) => policyCheck(tx, s.clock.now()));

test('GOV-34 those who write, run or answer for the policy see its contradictions, and nobody else does', async () => {
  assert.notEqual((await pages.as(null).get('/policy/check')).statusCode, 200);
  const readers: Part[] = ['dsl', 'head', 'ictManager', 'administrator', 'governor', 'leadGovernor', 'coordinator'];
  for (const part of readers) assert.equal((await pages.as(s.people[part]).get('/policy/check')).statusCode, 200, part);
  for (const part of ['teacher', 'staff', 'parent', 'year8', 'visitor', 'volunteer'] as const) {
    assert.equal((await pages.as(s.people[part]).get('/policy/check')).statusCode, 403, part);
  }
});

test('GOV-34 each contradiction stands there with its clauses, what holds until then, and its name for a decision', async () => {
  const body = await page('/policy/check?kind=clash');
  const document = shippedPolicy('secondary-school');
  const found = await check();
  const clashes = found?.lints.filter((l) => l.severity === 'clash') ?? [];
  assert.ok(clashes.length > 5);
  for (const clash of clashes) {
    assert.ok(body.includes(`<span class="gh-code">${clash.key}</span>`), clash.key);
    for (const { clause } of clash.where) {
      if (clause === null) continue;
      const { number } = document.clauses.find((c) => c.id === clause) ?? {};
      assert.ok(body.includes(`<a class="govuk-link" href="/policy#${clause}">${number}</a>`), clause);
    }
  }
  assert.equal(body.match(/Until it is settled:/g)?.length, clashes.length);
  assert.match(body, /href="\/policy\/versions"/);
  assert.doesNotMatch(await page('/policy/check', 'coordinator'), /To settle one, edit a draft/);
});

test('findings can be searched by words, rule and clause, and chosen by kind', async () => {
  const only = await page('/policy/check?q=COM-09');
  assert.match(only, /rule COM-09/i);
  assert.doesNotMatch(only, /Keeping children safe/);
  assert.match(await page('/policy/check?q=Keeping+children'), /the one to use is of 20\d\d/);
  assert.doesNotMatch(await page('/policy/check?kind=question'), /Until it is settled/);
  assert.match(await page('/policy/check?q=zzz'), /Nothing fits this search/);
});

test('K11 a document that the school has supplied since is not asked for again', async () => {
  const missing = async () => (await check())?.lints.some((l) => l.key === 'document-missing:behaviour');
  assert.equal(await missing(), true);
  const supplied = await pages.as(s.people.dsl).post('/registers/document/behaviour', {
    edition: 'September 2026',
    location: 'https://school.example/behaviour.pdf',
    reviewedOn: '2026-09-01',
    nextReview: '2027-09-01',
  });
  assert.equal(supplied.statusCode, 303, supplied.body);
  assert.equal(await missing(), false);
});

test('ROL-09 a role without enough people is a finding until somebody holds it', async () => {
  const vacant = async (role: string) => (await check())?.lints.some((l) => l.key === `vacant:${role}`);
  assert.equal(await vacant('subject-lead'), true);
  assert.equal(await vacant('lead-governor'), false);
  assert.equal(await vacant('pupil'), false);
});

test('GOV-34 a decision in the next version settles a contradiction, and it leaves the count', async () => {
  const before = await state();
  const found = await check();
  const clash = found?.lints.find((l) => l.severity === 'clash' && l.code === 'answers');
  assert.ok(before && found && clash);
  const settlement = { clash: clash.key, decision: 'Nobody may.', reason: 'So decided.', by: 'dsl', on: '2026-10-01' };
  const document = { ...found.policy.document, version: '2', settled: [settlement] } as PolicyDocument;
  const text = JSON.stringify(document);
  s.clock.advance(DAY);
  await t.asOwner(
    `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 2, $2, $3, $4)`,
    [s.id, text, digestToken(text), new Date(s.clock.now())],
  );
  const now = await state();
  assert.equal(now?.contradictions, before.contradictions - 1);
  assert.equal(now.questions, before.questions);
  const body = await page('/policy/check?kind=settled');
  assert.match(body, /Settled<[\s\S]*Nobody may\.[\s\S]*Decided on[\s\S]*1 Oct 2026/);
});

test('a school without a policy reads what will stand here', async () => {
  const empty = await testSchool(t);
  const other = await pagesFor(empty.deps, policiesRoom(empty.deps));
  assert.match((await other.as(empty.people.dsl).get('/policy/check')).body, /No policy is in force yet/);
  assert.equal(await t.db.in(empty.people.dsl.context, (tx) => checkState(tx, empty.clock.now())), null);
  await other.close();
});
