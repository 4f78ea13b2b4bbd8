import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '#core/ids.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool } from '#testing/web.ts';
import { policiesRoom } from '../policies.routes.ts';
import { approval, draftIn, reviewed, reviewedSchool } from './fixture.ts';
import { lifeRoutes } from './life.routes.ts';
import { POLICY_READERS } from './life.words.ts';
import { lifeWorkflow } from './life.workflow.ts';

let t: TestDatabase;
let school: TestSchool;
let other: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await reviewedSchool(t, reviewed({ needsRiskAssessment: true }));
  other = await reviewedSchool(t);
  pages = await pagesFor(school.deps, { name: 'life', routes: (app) => lifeRoutes(app, school.deps) });
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part, s = school) => pages.as(s.people[part]);
const PARTS = () => Object.keys(school.people) as Part[];

test('every route of the policy’s life is closed to whoever is not signed in or has no duty there', async () => {
  const closed = pages.app.routeTable.filter((r) => r.access !== 'public');
  assert.equal(await everyRouteDenies(pages, school), closed.length);
  const outside: readonly Part[] = ['parent', 'volunteer', 'visitor', 'year7', 'year8', 'year12'];
  for (const part of PARTS()) {
    const status = (await as(part).get('/policy/versions')).statusCode;
    assert.equal(status, outside.includes(part) ? 403 : 200, part);
  }
  assert.ok(POLICY_READERS.includes('governor'));
});

test('another school’s drafts and versions are not there', async () => {
  const draft = await draftIn(school);
  await draft.step('dsl', { action: 'consult' });
  for (const url of [`/policy/drafts/${draft.id}`, `/policy/diff?from=1&to=d-${draft.id}`, '/policy/versions/2']) {
    assert.equal((await as('dsl', other).get(url)).statusCode, 404, url);
  }
  const answer = await as('dsl', other).post(`/policy/drafts/${draft.id}/sign`, { edit: '2', signAs: 'dsl' });
  assert.equal(answer.statusCode, 404);
  assert.doesNotMatch((await as('dsl', other).get('/policy/versions')).body, new RegExp(draft.id));
  for (const id of [newId(), 'nonsense']) assert.equal((await as('dsl').get(`/policy/drafts/${id}`)).statusCode, 404);
});

test('GOV-33 each person is offered on the page exactly what the table lets them do, and everything else is refused', async () => {
  const steps = ['consult', 'sign', 'return', 'approve', 'withdraw'] as const;
  const given = {
    signAs: 'dsl',
    reason: 'Not ready for this yet.',
    minute: approval.minute,
    effectiveOn: '2026-11-03',
  };
  const fields = {
    consult: [],
    sign: ['signAs'],
    return: ['reason'],
    approve: ['minute', 'effectiveOn'],
    withdraw: ['reason'],
  } as const;
  const parts: Partial<Record<Part, readonly ('editor' | 'reviewer' | 'approver')[]>> = {
    dsl: ['editor', 'reviewer'],
    dslDeputy: ['editor', 'reviewer'],
    head: ['editor'],
    ictManager: ['reviewer'],
    leadGovernor: ['approver'],
  };
  const made = {
    draft: await draftIn(school),
    consulting: await draftIn(school),
    consulted: await draftIn(school),
    withdrawn: await draftIn(school),
  };
  await made.consulting.step('dsl', { action: 'consult' });
  await made.consulted.consulted();
  await made.withdrawn.step('dsl', { action: 'withdraw', reason: 'Only for this test.' });
  let refused = 0;
  for (const [state, draft] of Object.entries(made)) {
    for (const part of PARTS()) {
      const page = await as(part).get(`/policy/drafts/${draft.id}`);
      const may = lifeWorkflow.offered(state as keyof typeof made, parts[part] ?? []);
      for (const step of steps) {
        const url = `/policy/drafts/${draft.id}/${step}`;
        if (may.includes(step)) {
          assert.ok(
            page.body.includes(`action="${url}"`) || /Not yet:/.test(page.body),
            `${part} is offered ${step} in ${state}`,
          );
          continue;
        }
        assert.ok(!page.body.includes(`action="${url}"`), `${part} is not offered ${step} in ${state}`);
        const body = Object.fromEntries(fields[step].map((f) => [f, given[f]]));
        const { statusCode } = await as(part).post(url, { edit: '2', ...body });
        assert.ok(statusCode === 403 || statusCode === 409, `${part}: ${step} in ${state} answered ${statusCode}`);
        refused++;
      }
      assert.equal((await draft.read()).state, state);
    }
  }
  assert.ok(refused > 250, `${refused}`);
});

test('GOV-04 GOV-05 GOV-08 RSK-07 a policy goes from its first word into force by pages alone', async () => {
  const own = await reviewedSchool(t, reviewed({ needsRiskAssessment: true }));
  const who = (part: Part) => as(part, own);
  const start = await who('dsl').upload(
    '/policy/drafts',
    { title: 'Winter review', from: 'version-1' },
    { field: 'file', name: '', content: '' },
  );
  const url = String(start.headers.location);
  assert.match(url, /^\/policy\/drafts\/[0-9a-f-]{36}$/);
  const cover = {
    author: 'Safeguarding lead',
    created: '2024-01-05',
    lastReviewed: '2026-11-02',
    approvedBy: 'Governing body',
    periodFrom: '',
    periodTo: '',
  };

  const wrong = await who('dsl').post(`${url}/cover`, { edit: '1', ...cover, nextReview: '31 October' });
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /href="#nextReview"/);
  assert.match(wrong.body, /value="31 October"/);
  assert.equal((await who('dsl').post(`${url}/cover`, { edit: '1', ...cover, nextReview: '' })).statusCode, 303);
  assert.match((await who('teacher').get(url)).body, /The cover lacks the next review\./);
  assert.match(
    (await who('dsl').get(url)).body,
    /Not yet: The cover is not complete yet\. Still missing: the next review\./,
  );
  assert.equal(
    (await who('head').post(`${url}/cover`, { edit: '1', ...cover, nextReview: '2027-11-02' })).statusCode,
    409,
  );
  assert.equal(
    (await who('head').post(`${url}/cover`, { edit: '2', ...cover, nextReview: '2027-11-02' })).statusCode,
    303,
  );

  assert.equal((await who('dsl').post(`${url}/consult`, { edit: '3' })).statusCode, 303);
  assert.equal((await who('dsl').post(`${url}/sign`, { edit: '3', signAs: 'dsl' })).statusCode, 303);
  const signed = await who('ictManager').follow(
    await who('ictManager').post(`${url}/sign`, { edit: '3', signAs: 'ict-manager' }),
  );
  assert.match(signed.body, /You have signed the draft\./);

  const risk = {
    kind: 'whole school',
    title: 'Risks online 2026',
    approvedOn: '2026-10-01',
    approvedBy: 'Governing body',
    nextReview: '2027-10-01',
    text: 'What may go wrong, and what we do.',
    supersedes: '',
  };
  assert.equal(
    (await who('dsl').post('/policy/risk-assessments', { ...risk, nextReview: '2026-09-01' })).statusCode,
    400,
  );
  assert.equal((await who('dsl').post('/policy/risk-assessments', risk)).statusCode, 303);
  const id = /id="r-([0-9a-f-]{36})"/.exec((await who('governor').get('/policy/risk-assessments')).body)?.[1] ?? '';

  const governor = who('leadGovernor');
  assert.match((await governor.get(url)).body, /Risks online 2026, next review 2027-10-01/);
  const approve = { edit: '3', minute: '', effectiveOn: '2026-11-03', effectiveAt: '', riskAssessment: '' };
  const refused = await governor.post(`${url}/approve`, approve);
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /href="#approve-minute"/);
  const done = await governor.follow(
    await governor.post(`${url}/approve`, { ...approve, minute: approval.minute, riskAssessment: id }),
  );
  assert.match(done.body, /The policy is approved\./);
  const version = await who('teacher').get('/policy/versions/2');
  assert.match(version.body, /In force/);
  assert.match(version.body, /Lena Frost/);
  assert.match(version.body, /Risks online 2026/);
});

test('a draft begins from a file, and a file that is no policy is refused with its faults', async () => {
  const start = (content: string, more: object = {}) =>
    as('dsl').upload(
      '/policy/drafts',
      { title: 'From our file', from: 'file', ...more },
      { field: 'file', name: 'ours.json', content },
    );
  const good = await start(JSON.stringify(reviewed()));
  assert.equal(good.statusCode, 303);
  const bad = await start('{"format": 1}');
  assert.equal(bad.statusCode, 400);
  assert.match(bad.body, /ours\.json is not a policy this program can keep/);
  assert.match(bad.body, /value="From our file"/);
  assert.equal((await start('', {})).statusCode, 400);
  assert.equal((await start('x', { from: 'version-77' })).statusCode, 404);
  assert.equal((await start('x', { from: 'elsewhere' })).statusCode, 400);
  const large = await start(`"${'x'.repeat(5 * 1024 * 1024)}"`);
  assert.equal(large.statusCode, 400);
});

test('GOV-33 the differences between a version and a draft are read clause by clause, searched and split by part', async () => {
  const draft = await draftIn(school, {
    title: 'Another title altogether',
    passwords: { ...reviewed().passwords, minLength: 14 },
  });
  const page = await as('governor').get(`/policy/diff?from=1&to=d-${draft.id}`);
  assert.match(page.body, /Passwords, shortest length: was 8, is now 14\./);
  assert.match(page.body, /3 changes/);
  assert.doesNotMatch(
    (await as('governor').get(`/policy/diff?from=1&to=d-${draft.id}&part=title`)).body,
    /shortest length/,
  );
  assert.match((await as('governor').get(`/policy/diff?from=1&to=d-${draft.id}&q=zzz`)).body, /No change matches/);
  assert.match((await as('governor').get('/policy/diff?from=1&to=1')).body, /Nothing is different/);
  assert.equal((await as('governor').get('/policy/diff?from=x&to=1')).statusCode, 400);
  assert.equal((await as('governor').get('/policy/diff?from=99&to=1')).statusCode, 404);
});

test('GOV-02 versions and drafts are listed with where they stand, and found by words', async () => {
  const draft = await draftIn(school);
  const list = await as('teacher').get('/policy/versions');
  assert.match(list.body, /Adopted unreviewed at set-up/);
  assert.ok(list.body.includes(`/policy/drafts/${draft.id}`));
  assert.doesNotMatch(list.body, /Begin the draft/);
  assert.match((await as('teacher').get('/policy/versions?q=zzz')).body, /No version matches “zzz”/);
  const json = await as('teacher').get('/policy/versions/1/document.json');
  assert.match(String(json.headers['content-disposition']), /policy-version-1\.json/);
  assert.equal(json.json().id, 'smallest');
});

test('the room opens these pages', async () => {
  const room = await pagesFor(school.deps, policiesRoom(school.deps));
  assert.equal((await room.as(school.people.governor).get('/policy/versions')).statusCode, 200);
  await room.close();
});
