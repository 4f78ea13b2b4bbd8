import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { digestToken } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import { devicesRoom } from '#rooms/devices/index.ts';
import { filteringRoom } from '#rooms/filtering/index.ts';
import { identityRoom } from '#rooms/identity/index.ts';
import { incidentsRoom, logCase, type Step, takeStep } from '#rooms/incidents/index.ts';
import { monitoringRoom, raise } from '#rooms/monitoring/index.ts';
import { policiesRoom, profilesInForce } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { contextOf } from '#web/index.ts';
import { governanceRoom } from '../index.ts';
import { todaysLines } from './today.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(s.deps, governanceRoom(s.deps, { onEnrolled: () => undefined }));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const linesOf = (part: Part) =>
  t.db.in(s.people[part].context, (tx) => todaysLines(tx, s.people[part].viewer, s.clock.now()));
const texts = async (part: Part) => (await linesOf(part)).map((l) => l.text);
const at = (ms: number) => new Date(s.clock.now() + ms);

const alert = (more: { urgency: 'urgent' | 'soon'; subject?: string; detector?: 'grave' | 'health' }) =>
  t.db.in(systemContext(s.id), (tx) =>
    raise(tx, s.deps, {
      school: s.id,
      subject: more.subject ?? null,
      detector: more.detector ?? 'grave',
      category: more.detector === 'health' ? null : 'self-harm',
      urgency: more.urgency,
      clause: null,
      lines: [{ at: at(0).toISOString(), host: 'x.example', category: 'self-harm', outcome: 'block', via: 'dns' }],
      openKey: null,
    }),
  );

test('red is an urgent alert that nobody has acknowledged, and besides it only a missing list of illegal content', async () => {
  const urgent = await alert({ urgency: 'urgent' });
  await alert({ urgency: 'soon' });
  await alert({ urgency: 'urgent', detector: 'health' });
  const lines = await linesOf('dsl');
  assert.equal(lines[0]?.tone, 'danger');
  assert.equal(lines[0]?.href, `/alerts/${urgent.id}`);
  assert.match(lines[0]?.note ?? '', /5 minutes left to acknowledge/);
  const red = async () => (await linesOf('dsl')).filter((l) => l.tone === 'danger').map((l) => l.href);
  assert.deepEqual(await red(), [`/alerts/${urgent.id}`, '/filtering#slots']);
  await t.asOwner(`update alert set state = 'acknowledged', acknowledged_at = raised_at where id = $1`, [urgent.id]);
  assert.deepEqual(await red(), ['/filtering#slots']);
  await t.asOwner(`update alert set state = 'closed'`);
});

test('FIL-02 FIL-03 that lists of illegal content are missing or over twelve hours old is red for those whose duty it is', async () => {
  const red = async (part: Parameters<typeof linesOf>[0]) =>
    (await linesOf(part)).filter((l) => l.href === '/filtering#slots').map((l) => l.text);
  for (const part of ['ictManager', 'administrator', 'dsl', 'head'] as const) {
    assert.deepEqual(await red(part), ['No list of illegal content is supplied'], part);
  }
  assert.deepEqual(await red('teacher'), []);
  const slot = (name: string, hours: number) =>
    t.asOwner('insert into list_slot (school_id, slot, loaded_at, checked_at) values ($1, $2, $3, $3)', [
      s.id,
      name,
      at(-hours * HOUR),
    ]);
  await slot('iwf', 13);
  assert.deepEqual(await red('dsl'), [
    'A list of illegal content is not supplied',
    'A list of illegal content is over 12 hours old',
  ]);
  await slot('ctiru', 11);
  assert.deepEqual(await red('dsl'), ['A list of illegal content is over 12 hours old']);
  await t.asOwner('delete from list_slot where school_id = $1', [s.id]);
});

test('ALR-10 an alert about the head is not on the head’s page', async () => {
  const before = await texts('head');
  await alert({ urgency: 'urgent', subject: s.people.head.id });
  assert.deepEqual(await texts('head'), before);
  assert.match((await texts('dsl')).join(), /Urgent: Self-harm/);
  await t.asOwner(`update alert set state = 'closed'`);
});

test('whoever has a case is reminded of it; who leads sees what waits and what was closed', async () => {
  const concern = {
    title: 'A torn poster',
    category: null,
    urgency: 'soon' as const,
    happenedOn: '2026-11-03',
    people: [],
    text: 'The poster with the helpline was torn down.',
  };
  const made = await logCase(s.deps, s.people.staff.viewer, concern);
  assert.match((await texts('dsl')).join(), /1 case waits to be given to somebody/);
  const step = (action: Step['action'], more: Omit<Step, 'action'> = {}) =>
    takeStep(s.deps, s.people.dsl.viewer, made.id, { action, text: '', ...more });
  await step('assign', { person: s.people.teacher.id });
  assert.match((await texts('teacher')).join(), /Your case: A torn poster/);
  assert.doesNotMatch((await texts('staff')).join(), /poster/);
  await step('assign', { person: s.people.dsl.id });
  await step('support', { text: 'A new one hangs there.' });
  await step('record', { detail: { reference: 'R-1' } });
  await step('resolve', { outcome: 'supported' });
  await step('close');
  assert.match((await texts('dsl')).join(), /1 case closed in the last 7 days/);
  assert.deepEqual(await texts('teacher'), []);
});

test('FIL-04 too few people in a role of the policy is a line for the administrator', async () => {
  const line = (await linesOf('administrator')).find((l) => l.text.includes('without enough people'));
  const { document } = JSON.parse(
    (await t.asOwner("select json_build_object('document', document)::text as j from policy_version"))[0]?.j,
  );
  const approver = document.roles.find((r: { id: string }) => r.id === 'filter-approver').title;
  assert.ok(line?.note?.includes(approver), `${line?.note} names ${approver}: two are wanted, one is there`);
  await t.asOwner(
    `insert into role_holding (school_id, person_id, role, rank) values ($1, $2, 'filter-approver', 'holder')`,
    [s.id, s.people.teacher.id],
  );
  const after = (await linesOf('administrator')).find((l) => l.text.includes('without enough people'));
  assert.ok(!after?.note?.includes(approver));
});

test('the ICT manager sees old lists, silent gateways, open questions, failed letters and people without a profile', async () => {
  assert.match((await texts('ictManager')).join(), /No gateway is enrolled.*No category list is loaded yet/);
  await t.asOwner(
    `insert into gateway (school_id, name, token_digest, seen_at) values ($1, 'Main', $2, $3), ($1, 'Annexe', $4, $5)`,
    [s.id, digestToken('a'), at(-20_000), digestToken('b'), at(-3 * HOUR)],
  );
  await t.asOwner(
    `insert into list_version (school_id, sha256, built_at, domains, urls, report) values ($1, 'x', $2, 1, 0, '{}')`,
    [s.id, at(-6 * HOUR)],
  );
  await t.asOwner(
    `insert into site_question (school_id, host, reason, because) values ($1, 'x.example', 'for a lesson', '{}')`,
    [s.id],
  );
  await t.asOwner(
    `insert into mail (school_id, address, subject, body, about_kind, about_id, last_error) values ($1, 'a@x.example', 's', 'b', 'k', 'i', 'refused')`,
    [s.id],
  );
  await t.asOwner(
    `insert into person (school_id, username, display_name, kind) values ($1, 'no.year', 'No Year', 'pupil')`,
    [s.id],
  );
  const lines = await linesOf('ictManager');
  const tone = (text: RegExp) => lines.find((l) => text.test(l.text))?.tone;
  assert.equal(tone(/Gateway “Annexe” was last heard 3 hours ago/), 'amber');
  assert.equal(tone(/Gateways at work: 1 of 2/), 'quiet');
  assert.equal(tone(/Category lists: 6 hours old/), 'quiet');
  assert.equal(tone(/1 question about a blocked site/), 'amber');
  assert.equal(tone(/1 letter could not be sent/), 'amber');
  assert.equal(tone(/1 person whom no profile/), 'amber');
  await t.asOwner(`update list_version set built_at = $1`, [at(-3 * DAY)]);
  assert.match(
    (await linesOf('ictManager')).find((l) => l.tone === 'amber' && /lists/.test(l.text))?.text ?? '',
    /3 days old/,
  );
});

test('every role has a page of its own that says what it can do here', async () => {
  const expected: Partial<Record<Part, RegExp>> = {
    dsl: /Everything else/,
    ictManager: /\/settings/,
    teacher: /What would a Year 8 pupil get/,
    staff: /Log what happened/,
    governor: /What the school filters and records/,
    parent: /Worried about a child here\? Speak to Dina Sharp or Dev Mistry/,
    year8: /Hello, Zed Pupil[\s\S]*You can speak to <strong>Dina Sharp or Dev Mistry[\s\S]*href="\/tell"/,
    visitor: /online-safety policy/,
  };
  for (const [part, says] of Object.entries(expected)) {
    const answer = await pages.as(s.people[part as Part]).get('/');
    assert.equal(answer.statusCode, 200);
    assert.match(answer.body, says, part);
  }
});

test('pupils are told on their page, in plain words, that their use is recorded and for how long', async () => {
  const { body } = await pages.as(s.people.year7).get('/');
  assert.match(body, /keeps a record of the websites you visit[\s\S]*deleted after 365 days/);
});

test('ALR-10 whom an alert was escalated to has it on their page, and only that one', async () => {
  const chair = { ...s.people.governor.viewer, duties: ['governor', 'chair'] };
  const brought = await alert({ urgency: 'urgent' });
  await alert({ urgency: 'soon' });
  await t.asOwner(`update alert set told = $2 where id = $1`, [brought.id, [chair.person.id]]);
  const lines = await t.db.in(contextOf(chair), (tx) => todaysLines(tx, chair, s.clock.now()));
  assert.deepEqual(
    lines.filter((l) => l.href.startsWith('/alerts')).map((l) => [l.tone, l.href]),
    [['danger', `/alerts/${brought.id}`]],
  );
  await t.asOwner(`update alert set state = 'closed'`);
});

test('whatever Today leads to is open to whoever reads it', async () => {
  const school = await testSchool(t, { policy: 'secondary-school', config: s.deps.config });
  const { deps } = school;
  const all = await pagesFor(
    deps,
    identityRoom(deps),
    devicesRoom(deps, { profiles: profilesInForce }),
    policiesRoom(deps),
    filteringRoom(deps, { onGatewayTrouble: async () => undefined }),
    monitoringRoom(deps),
    incidentsRoom(deps),
    governanceRoom(deps, { onEnrolled: () => undefined }),
  );
  let followed = 0;
  for (const [part, person] of Object.entries(school.people)) {
    const { body } = await all.as(person).get('/');
    const main = body.slice(body.indexOf('<main'), body.indexOf('</main>'));
    for (const [, href = ''] of main.matchAll(/href="(\/[^"]*)"/g)) {
      assert.equal((await all.as(person).get(href)).statusCode, 200, `${href} as ${part}`);
      followed++;
    }
  }
  assert.ok(followed > 50, `${followed} links`);
  await all.close();
});

test('lines of one person never show what row security hides from another', async () => {
  for (const part of ['year8', 'parent', 'visitor', 'volunteer'] as const) assert.deepEqual(await linesOf(part), []);
  // The text of the policy is nobody's secret, and governors answer for it.
  assert.deepEqual(
    (await linesOf('governor')).map((l) => l.href),
    ['/policy/check'],
  );
  s.clock.advance(MINUTE);
});

test('GOV-34 contradictions of the policy stand on the page of those who answer for it until they are settled', async () => {
  for (const part of [
    'dsl',
    'head',
    'administrator',
    'ictManager',
    'governor',
    'leadGovernor',
    'coordinator',
  ] as const) {
    const line = (await linesOf(part)).find((l) => l.href === '/policy/check');
    assert.equal(line?.tone, 'amber', part);
    assert.match(line.text, /^\d+ contradictions in the policy are not settled$/);
    assert.match(line.note ?? '', /stricter rule holds.*\d+ questions of the policy are open/);
  }
});
