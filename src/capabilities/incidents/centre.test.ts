import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '#core/clock.ts';
import type { RoleId } from '#policy/types.ts';
import { monitoringJobs, monitoringRoom } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { logCase } from './cases.service.ts';
import { alertAbout, endCase } from './fixture.ts';
import { incidentsRoom } from './index.ts';

/** A tuition centre: the centre lead is told first, then the DSL, then the chair (policies/tuition-centre.json). */
const ROLES = { teacher: 'centre-lead', governor: 'chair' } as const satisfies Partial<Record<Part, RoleId>>;

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'tuition-centre' });
  for (const [part, role] of Object.entries(ROLES)) {
    await t.asOwner(`insert into role_holding (school_id, person_id, role, rank) values ($1, $2, $3, 'holder')`, [
      s.id,
      s.people[part as Part].id,
      role,
    ]);
  }
  pages = await pagesFor(s.deps, monitoringRoom(s.deps), incidentsRoom(s.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

/** This person with the roles that they hold here. */
const person = (part: Part) => {
  const { id, viewer } = s.people[part];
  const role = ROLES[part as keyof typeof ROLES];
  return { id, viewer: role ? { ...viewer, duties: [...viewer.duties, role] } : viewer };
};
const as = (part: Part) => pages.as(person(part));
const centreLead = 'teacher';
const chair = 'governor';

const escalateAfter = async (minutes: number) => {
  s.clock.advance(minutes * MINUTE);
  await monitoringJobs(s.deps).tasks['alerts.sweep']?.({});
};
const endOn = (who: ReturnType<typeof as>, at: string, outcome: string) =>
  endCase(async (action, { text = '', detail = {}, outcome }) => {
    const typed = { text, ...(detail as Record<string, string>), ...(outcome && { outcome }) };
    const answer = await who.post(`${at}/${action}`, typed);
    assert.equal(answer.statusCode, 303, `${action}: ${answer.body}`);
  }, outcome);
const caseOf = (answer: { headers: { location?: unknown } }) => String(answer.headers.location);

test('ROL-03 a centre lead takes an alert up, opens the case, leads it and closes it', async () => {
  const { id } = await alertAbout(s, s.people.year8.id);
  const lead = as(centreLead);
  assert.match((await lead.get('/alerts')).body, new RegExp(`/alerts/${id}`));
  const page = await lead.follow(await lead.post(`/alerts/${id}/acknowledge`));
  assert.match(page.body, /Open a case/);
  const opened = await lead.post(`/cases/from-alert/${id}`);
  const at = caseOf(opened);
  assert.match((await lead.follow(opened)).body, /Give the case to somebody/);
  await lead.follow(await lead.post(`${at}/assign`, { person: s.people[centreLead].id }));
  await endOn(lead, at, 'supported');
  assert.doesNotMatch((await lead.get(at)).body, /Nothing more is to be done/, 'under this policy two sign');
  await as('dsl').post(`${at}/close`);
  assert.match((await lead.get(at)).body, /Nothing more is to be done/);
  assert.match((await lead.get(`/alerts/${id}`)).body, /Closed/);
  assert.equal((await lead.get('/activity')).statusCode, 200);
  assert.equal((await lead.get('/activity/look-ups')).statusCode, 200);
});

test('ROL-03 a logged concern is told to the centre lead, and to the DSL where it is about the centre lead', async () => {
  const log = (people: string[]) =>
    logCase(s.deps, s.people.staff.viewer, {
      title: 'A worry',
      category: null,
      urgency: 'soon',
      happenedOn: '2026-11-02',
      people,
      text: 'Something was said in class.',
    });
  const toldOf = async (reference: string) =>
    (await t.asOwner<{ recipient: string }>('select recipient from mail where subject like $1', [`%${reference}`])).map(
      (m) => m.recipient,
    );
  assert.deepEqual(await toldOf((await log([])).reference), [s.people[centreLead].id]);
  const about = await log([s.people[centreLead].id]);
  assert.deepEqual(await toldOf(about.reference), [s.people.dsl.id]);
  assert.equal((await as(centreLead).get(`/cases/${about.reference}`)).statusCode, 404);
  assert.match((await as('dsl').get(`/cases/${about.reference}`)).body, /Give the case to somebody/);
});

test('ALR-10 the chair sees only the alert that was escalated to them, and no case but one they opened or lead', async () => {
  const brought = await alertAbout(s, s.people.year8.id);
  await escalateAfter(5);
  assert.equal((await as(chair).get(`/alerts/${brought.id}`)).statusCode, 404);
  await escalateAfter(5);
  const other = await alertAbout(s, s.people.year7.id);
  assert.equal((await as(chair).get(`/alerts/${brought.id}`)).statusCode, 200);
  assert.equal((await as(chair).get(`/alerts/${other.id}`)).statusCode, 404);
  const list = (await as(chair).get('/alerts')).body;
  assert.match(list, new RegExp(brought.id));
  assert.doesNotMatch(list, new RegExp(other.id));
  for (const url of ['/activity', '/cases/new', `/activity/person/${s.people.year8.id}`])
    assert.equal((await as(chair).get(url)).statusCode, 403, url);
  const { body } = await as(chair).get('/cases');
  assert.match(body, /No case for you here/);
  assert.doesNotMatch(body, /Log what happened/);

  const opened = await as(chair).post(`/cases/from-alert/${brought.id}`);
  assert.doesNotMatch((await as(chair).follow(opened)).body, /Give the case to somebody/);
  assert.match((await as(centreLead).get(caseOf(opened))).body, /Give the case to somebody/);
  assert.match((await as(centreLead).get(`/alerts/${brought.id}`)).body, /Go to the case/);
});

test('ROL-20 where an alert is kept from everybody else, the chair can follow it up to the end', async () => {
  const { id } = await alertAbout(s, s.people.dsl.id, {
    keptFrom: [s.people[centreLead].id, s.people.head.id, s.people.dslDeputy.id],
  });
  const boss = as(chair);
  await boss.post(`/alerts/${id}/acknowledge`);
  const page = (await boss.get(`/alerts/${id}`)).body;
  assert.match(page, /Open a case/);
  assert.doesNotMatch(page, /Close it without a case/);
  const at = caseOf(await boss.post(`/cases/from-alert/${id}`));
  await boss.follow(await boss.post(`${at}/assign`, { person: s.people.coordinator.id }));
  await boss.post(`${at}/join`, { person: s.people.leadGovernor.id });
  await endOn(boss, at, 'referred');
  assert.match((await boss.get(at)).body, /Sign and close/);
  for (const part of ['dsl', 'dslDeputy', 'head', centreLead] as const) {
    assert.equal((await as(part).get(at)).statusCode, 404, part);
    assert.equal((await as(part).get(`/alerts/${id}`)).statusCode, 404, part);
  }
});

test('ROL-20 when a case turns out to be about whoever leads it, the next in turn can read it and is told', async () => {
  const at = caseOf(await as(centreLead).post(`/cases/from-alert/${(await alertAbout(s, null)).id}`));
  const name = async (who: Part) => {
    const answer = await as('head').post(`${at}/involve`, { person: s.people[who].id, text: 'A pupil named them.' });
    assert.equal(answer.statusCode, 303, answer.body);
  };
  await name('dsl');
  assert.equal((await as(chair).get(at)).statusCode, 404);
  await name(centreLead);
  assert.match((await as(chair).get(at)).body, /Give the case to somebody/);
  assert.equal((await as(centreLead).get(at)).statusCode, 404);
  const told = await t.asOwner('select id from mail where recipient = $1 and subject like $2', [
    s.people[chair].id,
    `%${at.slice('/cases/'.length)}`,
  ]);
  assert.equal(told.length, 1);
});
