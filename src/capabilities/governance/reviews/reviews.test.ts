import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import { dutyStates } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { readPdf } from '#testing/pdf.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { remindOfReviews } from './reviews.jobs.ts';
import { reviewsRoutes } from './reviews.routes.ts';
import { ITEMS } from './standards.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  ({ school, pages } = await aSchool());
});
after(async () => {
  await pages.close();
  await t.drop();
});

async function aSchool() {
  const school = await testSchool(t, { policy: 'secondary-school' });
  const { deps } = school;
  return { school, pages: await pagesFor(deps, { name: 'governance', routes: (app) => reviewsRoutes(app, deps) }) };
}

const as = (part: Part) => pages.as(school.people[part]);
const READERS: readonly Part[] = [
  'governor',
  'leadGovernor',
  'head',
  'dsl',
  'dslDeputy',
  'ictManager',
  'administrator',
  'filterApprover',
  'coordinator',
];
const PREPARERS: readonly Part[] = [
  'leadGovernor',
  'head',
  'dsl',
  'dslDeputy',
  'ictManager',
  'filterApprover',
  'coordinator',
];

let review: string;

test('FIL-10 only those who answer for filtering and monitoring read reviews, and fewer begin one', async () => {
  assert.ok((await everyRouteDenies(pages, school)) >= 9);
  for (const part of Object.keys(school.people) as Part[]) {
    assert.equal((await as(part).get('/reviews')).statusCode, READERS.includes(part) ? 200 : 403, part);
  }
  for (const part of READERS.filter((p) => !PREPARERS.includes(p))) {
    assert.equal((await as(part).post('/reviews')).statusCode, 403, part);
  }
  const begun = await as('ictManager').post('/reviews');
  assert.equal(begun.statusCode, 303);
  review = String(begun.headers.location);
  for (const part of READERS) assert.equal((await as(part).get(review)).statusCode, 200, part);
  assert.equal((await as('dsl').post('/reviews')).statusCode, 400, 'one review at a time');
});

test('FIL-11 each item takes an answer with evidence, action and owner, and shows them', async () => {
  const item = `${review}/items/roles-named`;
  assert.equal((await as('governor').get(item)).statusCode, 403);
  assert.match((await as('dsl').post(item, { evidence: 'x' })).body, /Choose met, partly or not met/);
  const owner = school.people.head.id;
  const fields = {
    answer: 'part',
    evidence: 'The roles page',
    action: 'Name a second governor',
    owner,
    due: '2027-01-15',
  };
  assert.equal((await as('dsl').post(item, fields)).statusCode, 303);
  const page = (await as('governor').get(review)).body;
  assert.match(page, /Partly met/);
  assert.match(page, /Name a second governor[\s\S]*Hetty Vale, by/);
  assert.match(page, new RegExp(`1 of ${ITEMS.length} items answered`));
  const pupil = { ...fields, owner: school.people.year8.id };
  assert.match((await as('dsl').post(item, pupil)).body, /Choose somebody who works here/);
  assert.equal((await as('dsl').post(`${review}/items/no-such`, fields)).statusCode, 404);
  assert.match((await as('head').get(`${review}?answer=part`)).body, /Name a second governor/);
  assert.doesNotMatch((await as('head').get(`${review}?answer=met`)).body, /Name a second governor/);
});

test('FIL-07 reports of sites stopped wrongly stand in the review with the time to answer', async () => {
  const now = school.clock.now();
  for (const [asked, answered] of [
    [10, 9],
    [8, 5],
    [6, null],
  ] as const) {
    await t.asOwner(
      `insert into site_question (school_id, host, reason, because, asked_at, answered_at, answered_by, answer)
       values ($1, 'maths.example', 'homework', '{}', $2, $3::timestamptz, case when $3::timestamptz is null then null else $4::uuid end, case when $3::timestamptz is null then null else 'Open now' end)`,
      [
        school.id,
        new Date(now - asked * DAY),
        answered === null ? null : new Date(now - answered * DAY),
        school.people.ictManager.id,
      ],
    );
  }
  const page = (await as('governor').get(review)).body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  assert.match(page, /Wrongly closed 3 2 1 2 days 3 days 6 days/);
  assert.match(page, /Should be closed 0 0 0 – – –/);
  assert.doesNotMatch(page, /maths\.example/);
});

test('FIL-10 the review holds tests, coverage per class of device, and says when no test has run', async () => {
  const page = (await as('governor').get(review)).body;
  assert.match(page, /Not run yet/);
  assert.match(page, /School-owned, for several users/);
  assert.match(page, /UDP 443/);
  await t.asOwner(
    `with g as (insert into gateway (school_id, name, token_digest) values ($1, 'North wing', '') returning id)
     insert into proof_run (id, school_id, gateway_id, why, begun_at, ended_at, received_at, snapshot, list, policy_version, asked, wrong, decided, unanswered, standing, findings)
     select uuidv7(), $1, g.id, 'daily', at, at, at, 1, 'x', '1', 450, 0, 0, one, 'proved', '[]'
     from g, (values ($2::timestamptz, 0), ($2::timestamptz - interval '1 day', 1), ($2::timestamptz - interval '2 years', 9)) r (at, one)`,
    [school.id, new Date(school.clock.now())],
  );
  assert.match((await as('head').get(review)).body, /2 runs with 900 requests, 1 failure; the last 3 November 2026/);
});

/** Everything that signing asks for, but what a test leaves out. */
async function fill(): Promise<void> {
  for (const { id } of ITEMS) {
    const done = await as('ictManager').post(`${review}/items/${id}`, { answer: 'met', evidence: 'Seen together.' });
    assert.equal(done.statusCode, 303, id);
  }
  const kept = await as('dsl').post(review, {
    name: ['Lena Frost', 'Ivo Nash', ''],
    part: ['governor', 'it', ''],
    gaps: 'Mobile data, as every year.',
    changes: 'The library moved behind the gateway.',
  });
  assert.equal(kept.statusCode, 303);
}

test('FIL-11 who took part is written down, and a name without a part is refused', async () => {
  const refused = await as('dsl').post(review, { name: ['Mo Example'], part: [''] });
  assert.equal(refused.statusCode, 400);
  await fill();
  assert.match((await as('governor').get(review)).body, /Lena Frost \(Governor\), Ivo Nash \(IT staff\)/);
});

test('FIL-12 a review cannot be signed while a duty is held by nobody, and nobody but the lead governor signs', async () => {
  const sign = (part: Part) => as(part).post(`${review}/sign`, { nextOn: '2027-11-03' });
  for (const part of (Object.keys(school.people) as Part[]).filter((p) => p !== 'leadGovernor')) {
    assert.equal((await sign(part)).statusCode, 403, part);
  }
  const holder = school.people.filterApprover.id;
  await t.asOwner(`update role_holding set until_at = now() where person_id = $1`, [holder]);
  const refused = await sign('leadGovernor');
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /Nobody holds these duties: a second person for changes of the filter/);
  const [row] = await t.asOwner(`select state from filter_review where school_id = $1`, [school.id]);
  assert.equal(row?.state, 'draft');
  await t.asOwner(`update role_holding set until_at = null where person_id = $1`, [holder]);
});

test('FIL-13 FIL-14 signed, it is evidence of the yearly duty and sets the next within twelve months', async () => {
  const late = await as('leadGovernor').post(`${review}/sign`, { nextOn: '2027-11-04' });
  assert.match(late.body, /within twelve months/);
  const signed = await as('leadGovernor').post(`${review}/sign`, { nextOn: '2027-10-01' });
  assert.equal(signed.statusCode, 303);
  const list = (await as('governor').get('/reviews')).body.replace(/<[^>]+>/g, ' ');
  assert.match(list, /The next review is due by\s+1 Oct 2027/);
  const duties = await t.db.in(systemContext(school.id), (tx) => dutyStates(tx, school.clock.now()));
  assert.equal(duties.find((d) => d.id === 'CAL-07')?.state, 'done');
});

test('FIL-10 a signed review keeps its figures, and nobody changes it: not by the pages, not in the database', async () => {
  await t.asOwner(
    `update site_question set answered_at = now(), answer = 'x', answered_by = $2 where school_id = $1 and answered_at is null`,
    [school.id, school.people.ictManager.id],
  );
  const page = (await as('governor').get(review)).body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  assert.match(page, /Wrongly closed 3 2 1 2 days 3 days 6 days/);
  assert.equal((await as('leadGovernor').post(`${review}/items/roles-named`, { answer: 'not' })).statusCode, 409);
  assert.equal((await as('leadGovernor').post(review, { gaps: 'none at all' })).statusCode, 409);
  assert.equal((await as('leadGovernor').post(`${review}/sign`, { nextOn: '2027-01-01' })).statusCode, 409);
  const id = review.split('/').at(-1);
  for (const statement of [
    `update filter_review set gaps = 'none' where id = $1`,
    `delete from filter_review where id = $1`,
    `update filter_review_item set answer = 'met' where review_id = $1`,
    `delete from filter_review_item where review_id = $1`,
  ]) {
    await assert.rejects(t.asOwner(statement, [id]), /stays as it was signed/, statement);
  }
  const { leadGovernor } = school.people;
  await assert.rejects(
    t.db.in(leadGovernor.context, (tx) => tx.deleteFrom('filter_review').execute()),
    /permission denied/,
  );
});

test('FIL-10 the database lets nobody else sign, whichever program asks', async () => {
  const { ictManager } = school.people;
  const other = await as('ictManager').post('/reviews');
  const id = String(other.headers.location).split('/').at(-1) ?? '';
  const now = new Date(school.clock.now());
  const values = {
    state: 'signed' as const,
    signed_by: school.people.leadGovernor.id,
    signed_at: now,
    signed_on: '2026-11-03',
    next_on: '2027-11-03',
    record: '{}',
  };
  const sign = (context: typeof ictManager.context, more: Partial<typeof values> = {}) =>
    t.db.in(context, (tx) =>
      tx
        .updateTable('filter_review')
        .set({ ...values, ...more })
        .where('id', '=', id)
        .execute(),
    );
  await assert.rejects(sign(ictManager.context), /the governors sign a review/);
  await assert.rejects(sign(school.people.leadGovernor.context, { next_on: '2027-11-04' }), /check constraint/);
  await assert.rejects(
    sign(school.people.leadGovernor.context, { signed_by: school.people.governor.id }),
    /the governors sign a review/,
  );
  await t.asOwner(`delete from filter_review where id = $1`, [id]);
});

test('FIL-10 what comes later is an addendum, and stands in the file with all the rest', async () => {
  assert.equal((await as('governor').post(`${review}/notes`, { note: 'Not mine to add.' })).statusCode, 403);
  assert.equal((await as('head').post(`${review}/notes`, { note: 'A second governor was named.' })).statusCode, 303);
  assert.match((await as('governor').get(review)).body, /A second governor was named/);
  const pdf = await as('governor').get(`${review}/record.pdf`);
  assert.equal(pdf.statusCode, 200);
  const { text } = readPdf(pdf.rawPayload);
  for (const part of ['SignedbyLenaFrost', 'Asecondgovernorwasnamed', 'Wronglyclosed', 'School-owned,forseveralusers'])
    assert.ok(text.includes(part), part);
});

test('FIL-13 a review that is late on the school’s clock is told to the lead governor, once', async () => {
  const letters = () =>
    t.asOwner<{ recipient: string; body: string }>(
      `select recipient, body from mail where school_id = $1 and about_kind = 'filter_review'`,
      [school.id],
    );
  const tell = () => remindOfReviews(school.deps);
  school.clock.advance(Date.UTC(2027, 9, 1, 12) - school.clock.now());
  await tell();
  assert.equal((await letters()).length, 0, 'due today is not late');
  school.clock.advance(Date.UTC(2027, 9, 1, 23, 30) - school.clock.now());
  await tell();
  await tell();
  const sent = await letters();
  assert.deepEqual(
    sent.map((l) => l.recipient),
    [school.people.leadGovernor.id],
  );
  assert.match(sent[0]?.body ?? '', /due by 2027-10-01/);
  assert.match((await as('leadGovernor').get('/reviews')).body, /Late/);
});

test('FIL-13 a school that never reviewed is late a year after its first policy; without a lead governor that is on record', async () => {
  const { school: fresh, pages: own } = await aSchool();
  await t.asOwner(`update role_holding set until_at = now() where person_id = $1`, [fresh.people.leadGovernor.id]);
  fresh.clock.advance(365 * DAY + HOUR);
  await remindOfReviews(fresh.deps);
  const count = async () =>
    (await t.asOwner(`select skipped from filter_review_notice where school_id = $1`, [fresh.id])).map(
      (r) => r.skipped,
    );
  assert.deepEqual(await count(), []);
  fresh.clock.advance(DAY);
  await remindOfReviews(fresh.deps);
  await remindOfReviews(fresh.deps);
  assert.deepEqual(await count(), ['nobody holds the role']);
  await own.close();
});
