import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor } from '#testing/web.ts';
import {
  type ComplaintAction,
  type ComplaintActor,
  type ComplaintFacts,
  complaintWorkflow,
} from './complaint.workflow.ts';
import { fileComplaint, takeComplaintStep } from './complaints.service.ts';
import { findComplaint, myComplaints } from './complaints.store.ts';
import { code, fine, type SearchSchool, searchSchool } from './fixture.ts';
import { SEARCH_STATES } from './search.workflow.ts';

let t: TestDatabase;
let b: SearchSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  pages = await pagesFor(b.s.deps, b.room);
});
after(async () => {
  await pages.close();
  await t.drop();
});

const file = (part: Part, receipt: string, onBehalf: string | null = null) =>
  fileComplaint(b.s.deps, b.s.people[part].viewer, { words: 'It was not fair to search my bag.', receipt, onBehalf });
const take = (part: Part, reference: string, action: Exclude<ComplaintAction, 'file'>, input = {}) =>
  takeComplaintStep(b.s.deps, b.s.people[part].viewer, reference, action, input);
const sees = (part: Part, reference: string) =>
  b.s.deps.db.in(b.s.people[part].context, async (tx) => (await findComplaint(tx, reference)) !== undefined);

const whole: ComplaintFacts = {
  words: 'It was not fair.',
  onBehalf: null,
  linked: true,
  handler: { worksHere: true, inSearch: false },
  outcome: 'partly',
  text: 'We have changed how we do it.',
};

test('SRC-23 the table of complaints lets each part do in each state exactly what is written here', () => {
  const promised: Record<ComplaintActor, Record<string, string[]>> = {
    anybody: { new: ['file'], received: [], looking: [], answered: [] },
    senior: { new: [], received: ['assign', 'link'], looking: ['assign'], answered: [] },
    handler: { new: [], received: [], looking: ['answer'], answered: [] },
  };
  for (const [actor, states] of Object.entries(promised) as [ComplaintActor, Record<string, string[]>][]) {
    for (const [state, actions] of Object.entries(states)) {
      assert.deepEqual([...complaintWorkflow.offered(state as 'new', [actor])].sort(), actions, `${actor} ${state}`);
      for (const action of complaintWorkflow.actions)
        assert.equal(
          complaintWorkflow.judge(state as 'new', action, [actor], whole).ok,
          actions.includes(action),
          `${actor} ${action} ${state}`,
        );
    }
  }
  const refused = (
    from: 'new' | 'received' | 'looking',
    action: ComplaintAction,
    actor: ComplaintActor,
    more: Partial<ComplaintFacts>,
  ) => {
    const v = complaintWorkflow.judge(from, action, [actor], { ...whole, ...more });
    return v.ok ? null : v.guard;
  };
  assert.equal(refused('new', 'file', 'anybody', { words: ' ' }), 'words');
  assert.equal(refused('new', 'file', 'anybody', { onBehalf: '' }), 'onBehalf');
  assert.equal(refused('received', 'link', 'senior', { linked: false }), 'receipt');
  assert.equal(refused('received', 'assign', 'senior', { linked: false }), 'linked');
  assert.equal(refused('received', 'assign', 'senior', { handler: null }), 'handler');
  assert.equal(refused('received', 'assign', 'senior', { handler: { worksHere: true, inSearch: true } }), 'handler');
  assert.equal(refused('looking', 'answer', 'handler', { outcome: '' }), 'outcome');
  assert.equal(refused('looking', 'answer', 'handler', { text: 'No.' }), 'text');
});

test('SRC-23 a complaint is linked to its search in whatever state that is, by the number on the receipt', async () => {
  for (const state of SEARCH_STATES) {
    const search = await b.fresh(state);
    const reference = await file('parent', search.toLowerCase());
    const complaint = await b.s.deps.db.in(b.s.people.dsl.context, (tx) => findComplaint(tx, reference));
    assert.equal(complaint?.search, (await b.read(search)).id, state);
    assert.equal((await b.read(search)).state, state, 'and changes nothing in it');
  }
});

test('SRC-23 whoever searched neither sees nor handles a complaint about it, whatever duties they hold; nor does whom it is about', async () => {
  const search = await b.start('head', { pupil: await b.pupil() });
  const reference = await file('parent', search);
  assert.equal(await sees('head', reference), false, 'the head searched');
  for (const part of ['teacher', 'staff', 'administrator', 'parent', 'year8'] as const)
    assert.equal(await sees(part, reference), false, part);
  for (const part of ['dsl', 'leadGovernor'] as const) assert.equal(await sees(part, reference), true, part);
  assert.equal(
    (await b.mailTo(b.s.people.head.id)).filter((m) => m.subject.includes(reference)).length,
    0,
    'nor hears of it',
  );
  assert.equal((await b.mailTo(b.s.people.dsl.id)).filter((m) => m.subject.includes(reference)).length, 1);
  for (const action of ['assign', 'answer'] as const)
    await assert.rejects(take('head', reference, action), code('not-found'));
  await assert.rejects(
    take('dsl', reference, 'assign', { handler: b.s.people.head.id }),
    code('complaint.assign.handler'),
  );
  await assert.rejects(
    take('dsl', reference, 'assign', { handler: b.s.people.year8.id }),
    code('complaint.assign.handler'),
  );
  const forced = b.s.deps.db.in(b.s.people.dsl.context, async (tx) => {
    const complaint = await findComplaint(tx, reference);
    await tx
      .insertInto('device_search_complaint_step')
      .values({
        complaint_id: complaint?.id ?? '',
        number: 2,
        school_id: b.s.id,
        action: 'assign',
        to_state: 'looking',
        by_person: b.s.people.dsl.id,
        at: new Date(b.s.clock.now()),
        handler: b.s.people.head.id,
      })
      .execute();
  });
  await assert.rejects(forced, /nobody deals with a complaint about their own search/);
  await take('dsl', reference, 'assign', { handler: b.s.people.leadGovernor.id });
  await assert.rejects(
    take('dsl', reference, 'answer', { outcome: 'upheld', text: 'We are sorry for it.' }),
    code('complaint.answer.not-yours'),
  );
  assert.equal(
    await take('leadGovernor', reference, 'answer', { outcome: 'upheld', text: 'We are sorry for it.' }),
    'answered',
  );
});

test('SRC-23 a pupil’s own complaint finds their search, and they see how it stands and the answer, and nothing of the search', async () => {
  const search = await b.start('teacher', { device: 'A very particular phone' });
  await b.take('teacher', search, 'ground');
  const pupil = pages.as(b.s.people.year8);
  const sent = await pupil.post('/device-searches/complaints', { words: 'I did not film anybody.', receipt: '' });
  const mine = await pupil.follow(sent);
  const reference = /K-[A-Z0-9]{6}/.exec(mine.body)?.[0] ?? '';
  assert.match(mine.body, /Received[\s\S]*I did not film anybody/);
  assert.equal((await pupil.get(`/device-searches/complaints/${reference}`)).statusCode, 404);

  const dsl = pages.as(b.s.people.dsl);
  const page = await dsl.get(`/device-searches/complaints/${reference}`);
  assert.match(page.body, new RegExp(`href="/device-searches/${search}"`));
  assert.match((await dsl.get(`/device-searches/${search}`)).body, new RegExp(reference));
  assert.doesNotMatch(page.body, /<option[^>]*>Theo Wren/, 'whoever searched is not among those to choose');
  assert.doesNotMatch(
    (await pages.as(b.s.people.teacher).get(`/device-searches/${search}`)).body,
    new RegExp(reference),
  );
  await dsl.post(`/device-searches/complaints/${reference}/assign`, { handler: b.s.people.staff.id });
  assert.match((await pupil.get('/device-searches/complaints')).body, /Somebody looks into it/);
  const handler = pages.as(b.s.people.staff);
  assert.match(
    (await handler.get(`/device-searches/complaints/${reference}`)).body,
    /The search itself is not yours to read/,
  );
  const short = await handler.post(`/device-searches/complaints/${reference}/answer`, {
    outcome: 'not-upheld',
    text: 'No.',
  });
  assert.equal(short.statusCode, 400);
  await handler.post(`/device-searches/complaints/${reference}/answer`, {
    outcome: 'not-upheld',
    text: 'We looked into it and it was done as our rules say.',
  });
  const answered = (await pupil.get('/device-searches/complaints')).body;
  assert.match(answered, /Our answer: not upheld[\s\S]*as our rules say/);
  assert.doesNotMatch(answered, /very particular phone|Theo Wren|Two pupils/);
  const others = await b.s.deps.db.in(b.s.people.year7.context, myComplaints);
  assert.deepEqual(others, []);
});

test('SRC-23 a letter is entered for somebody, is linked by hand where it names no receipt, and never by whoever searched', async () => {
  const search = await b.fresh('confiscated');
  const reference = await file('dsl', '', 'Ms Example, parent of a pupil');
  await assert.rejects(
    take('dsl', reference, 'assign', { handler: b.s.people.staff.id }),
    code('complaint.assign.linked'),
  );
  await assert.rejects(take('dsl', reference, 'link', { receipt: 'D-AAAAAA' }), code('complaint.link.receipt'));
  assert.equal(await take('dsl', reference, 'link', { receipt: search }), 'received');
  assert.equal(await take('dsl', reference, 'assign', { handler: b.s.people.staff.id }), 'looking');
  const own = await b.start('head', { pupil: await b.pupil() });
  const second = await file('dsl', '', 'Mr Example');
  await assert.rejects(take('head', second, 'link', { receipt: own }), /own search/);
  await assert.rejects(
    fileComplaint(b.s.deps, b.s.people.dsl.viewer, { words: 'x', receipt: '', onBehalf: 'A' }),
    code('complaint.file.words'),
  );
  assert.match(String(fine(b.s, 'start').device), /phone/);
});
