import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { type Clause, shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { type Evidence, readEvidence } from './index.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

/** Each test has a school of its own, in which it makes one thing true after another. */
let school: TestSchool;
let config: TestSchool['deps']['config'] | undefined;
beforeEach(async () => {
  school = await testSchool(t, { policy: 'tuition-centre', ...(config && { config }) });
  config = school.deps.config;
});
const at = (ms: number) => new Date(school.clock.now() + ms);
const sql = (text: string, ...values: unknown[]) => t.asOwner(text, [school.id, ...values]);
const CLAUSE: Clause = { id: 'no.such', number: '0', section: '', text: '', rows: [] };

async function of(control: string, clause: Clause = CLAUSE): Promise<Evidence> {
  const read = await readEvidence(school.deps, school.id);
  const answer = read?.answers.get(control);
  assert.ok(answer, control);
  return typeof answer === 'function' ? answer(clause) : answer;
}
/** "tone: text" */
const says = async (control: string, clause?: Clause) => {
  const { tone, text } = await of(control, clause);
  return `${tone}: ${text}`;
};

const gateway = async (seen: number, snapshot = 9e15) => {
  const id = randomUUID();
  await sql(
    `insert into gateway (id, school_id, name, token_digest, seen_at, status) values ($2, $1, $3, $4, $5, $6)`,
    id,
    `gate ${id.slice(0, 4)}`,
    Buffer.from(id),
    at(seen),
    JSON.stringify({ snapshot, spoolFailing: false }),
  );
  return id;
};
const list = (age: number, perCategory: object = {}) =>
  sql(
    `insert into list_version (school_id, sha256, built_at, domains, urls, report) values ($1, $2, $3, 5, 0, $4)`,
    randomUUID(),
    at(-age),
    JSON.stringify({ perCategory, perSource: [], refused: [], unmapped: [] }),
  );

test('everything is told in a school where nothing has happened yet, and no reading fails', async () => {
  const read = await readEvidence(school.deps, school.id);
  assert.ok(read);
  for (const [control, answer] of read.answers) {
    const { text } = typeof answer === 'function' ? answer(CLAUSE) : answer;
    assert.match(text, /^[A-Z0-9][^.]*$/, `${control}: ${text}`);
    assert.doesNotMatch(text, /undefined|null|NaN|\[object/, control);
  }
  assert.equal(await readEvidence(school.deps, (await testSchool(t)).id), null);
});

test('the age of the filter lists, and a list that cannot be read', async () => {
  assert.match(await says('lists'), /^attention: No category list/);
  await list(6 * HOUR);
  assert.equal(await says('lists'), 'good: Filter lists 6 hours old');
  await sql(`update list_version set built_at = $2 where school_id = $1`, at(-3 * DAY));
  assert.equal(await says('lists'), 'attention: Filter lists 3 days old');
  await sql(
    `insert into list_source (school_id, name, location, kind, last_error) values ($1, 'broken', '/x', 'file', 'gone')`,
  );
  assert.equal(await says('lists'), 'attention: 1 list could not be read');
});

test('gateways at work, silent ones, and ones that obey an older version', async () => {
  assert.match(await says('filter'), /^attention: No gateway is enrolled/);
  await gateway(-MINUTE);
  assert.equal(await says('filter'), 'good: The gateway is at work');
  assert.equal(await says('fail-closed'), 'good: Every gateway obeys the version in force');
  await gateway(-MINUTE, 0);
  assert.match(await says('fail-closed'), /^attention: 1 gateway of 2 may obey an older version/);
  await gateway(-HOUR);
  assert.equal(await says('filter'), 'attention: 1 gateway of 3 not heard from');
});

test('what must stay closed is decided anew, and a missing list is told', async () => {
  for (const control of ['illegal-content', 'extremism', 'dangerous-sites']) {
    assert.match(await says(control), /^attention: Closed under all \d profiles .* but no list/, control);
  }
  await list(HOUR, { 'child-abuse': 900, extremism: 12, malware: 4000 });
  for (const control of ['illegal-content', 'extremism', 'dangerous-sites']) {
    assert.match(await says(control), /^good: Closed under all \d profiles .*; a list of/, control);
  }
  assert.match(await says('help-open'), /^good: Open under all \d profiles/);
});

test('accounts: who can sign in, who has not read the notice, whose first password waits, who has left and is still signed in', async () => {
  const { dsl, head, year8 } = school.people;
  const all = Object.keys(school.people).length;
  assert.match(await says('accounts'), new RegExp(`^good: 0 of ${all} people`));
  const account = (person: string, notice: number | null, first: boolean, changed: number) =>
    sql(
      `insert into credential (school_id, person_id, password_hash, must_change, notice_version, changed_at) values ($1, $2, 'x', $3, $4, $5)`,
      person,
      first,
      notice,
      at(changed),
    );
  await account(dsl.id, 1, false, -DAY);
  await account(head.id, null, true, -DAY);
  assert.match(await says('accounts'), new RegExp(`^good: 2 of ${all} people can sign in`));
  assert.match(await says('notice'), /^good: 1 of 2 accounts have not read the notice/);
  assert.match(await says('first-passwords'), /^good: 1 first password waits/);
  await account(year8.id, null, true, -40 * DAY);
  assert.equal(await says('first-passwords'), 'attention: 1 first password has waited for more than 30 days');
  await sql(`update person set left_on = '2026-10-01' where school_id = $1 and id = $2`, year8.id);
  assert.match(await says('first-passwords'), /^good: 1 first password waits/);
  await sql(
    `insert into web_session (digest, school_id, person_id, csrf, address, created_at, seen_at, ends_at) values ($2, $1, $3, 'x', '10.0.0.1', $4, $4, $5)`,
    Buffer.from(randomUUID()),
    year8.id,
    at(-HOUR),
    at(HOUR),
  );
  assert.equal(await says('accounts'), 'attention: 1 leaver is still signed in');
});

test('sign-ins and refusals of the last day', async () => {
  assert.match(await says('sign-in'), /^none:/);
  for (const outcome of ['ok', 'ok', 'wrong-password']) {
    await sql(
      `insert into sign_in_attempt (school_id, at, address, via, outcome) values ($1, $2, '10.0.0.1', 'page', $3)`,
      at(-HOUR),
      outcome,
    );
  }
  await sql(
    `insert into sign_in_attempt (school_id, at, address, via, outcome) values ($1, $2, '10.0.0.1', 'page', 'ok')`,
    at(-2 * DAY),
  );
  assert.equal(await says('sign-in'), 'good: 2 sign-ins and 1 refusal in the last 24 hours');
});

test('each clause has the evidence of the roles that it speaks of', async () => {
  const { document } = (await readEvidence(school.deps, school.id))?.policy ?? assert.fail();
  const clauseOf = (role: string) =>
    document.clauses.find((c) => c.id === document.roles.find((r) => r.id === role)?.clause) ?? assert.fail(role);
  assert.match(await says('roles', clauseOf('centre-lead')), /^attention: Too few people hold Centre lead/);
  assert.match(await says('roles', clauseOf('coordinator')), /^good: Held by enough people/);
  assert.match(await says('roles'), /^attention: Too few people hold .* and /);
});

test('two people: one who both runs the system and leads on safeguarding is told of', async () => {
  assert.doesNotMatch(await says('two-people'), /holds both$/);
  const { administrator } = school.people;
  await sql(
    `insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, 'dsl', 'deputy', $3)`,
    administrator.id,
    at(-HOUR),
  );
  assert.equal(await says('two-people'), 'attention: One person holds both');
});

test('changes of the filter: to decide, in force, closed again by the clock', async () => {
  assert.match(await says('filter-changes'), /^none:/);
  const { teacher } = school.people;
  const step = (id: string, number: number, to: string) =>
    sql(
      `insert into filter_change_step (change_id, number, school_id, action, to_state, at, by_person) values ($2, $3, $1, 'ask', $4, $5, $6)`,
      id,
      number,
      to,
      at(0),
      number === 1 ? teacher.id : school.people.head.id,
    );
  const id = randomUUID();
  await sql(
    `insert into filter_change (id, school_id, reference, kind, requested_by, created_at, topic, purpose, scope_kind, scope_value, from_at, until_at)
     values ($2, $1, 'ABCDEF', 'open', $3, $4, 'History', 'A lesson', 'class', '9B', $4, $5)`,
    id,
    teacher.id,
    at(-HOUR),
    at(HOUR),
  );
  await step(id, 1, 'asked');
  assert.equal(await says('filter-changes'), 'good: 0 changes in force, 1 to decide');
  await step(id, 2, 'approved');
  assert.equal(await says('filter-changes'), 'good: 1 change in force, 0 to decide');
  school.clock.advance(2 * HOUR);
  assert.match(await says('filter-changes'), /^none:/);
});

test('AIG-01 AIG-05 the register of AI tools: what is open, what waits, and whose review is due', async () => {
  assert.match(await says('ai-tools'), /^none: No AI tool stands on the register/);
  const { teacher, dsl, head } = school.people;
  const [tool, assessment] = [randomUUID(), randomUUID()];
  await sql(
    `insert into ai_tool (id, school_id, reference, name, provider, hosts, purpose, wanted_for, proposed_by, created_at)
     values ($2, $1, 'AI-ABCDEF', 'Chatter', 'Chatter Ltd', '{chatter.example}', 'For lessons', '{}', $3, $4)`,
    tool,
    teacher.id,
    at(0),
  );
  const step = (number: number, action: string, to: string, by: string, assessed: string | null) =>
    sql(
      `insert into ai_tool_step (tool_id, number, school_id, action, to_state, by_person, at, assessment_id) values ($2, $3, $1, $4, $5, $6, $7, $8)`,
      tool,
      number,
      action,
      to,
      by,
      at(0),
      assessed,
    );
  await step(1, 'propose', 'proposed', teacher.id, null);
  assert.equal(await says('ai-tools'), 'good: 0 tools approved, 1 to assess; all others closed');
  await sql(
    `insert into ai_tool_assessment (id, tool_id, school_id, author, at, hosts, personal_data, hazards, measures, review_on)
     values ($2, $3, $1, $4, $5, '{chatter.example}', 'None', 'Few', 'Some', $6)`,
    assessment,
    tool,
    dsl.id,
    at(0),
    at(200 * DAY),
  );
  await step(2, 'assess', 'assessed', dsl.id, assessment);
  assert.equal(await says('ai-tools'), 'good: 0 tools approved, 1 to decide; all others closed');
  await step(3, 'approve', 'approved', head.id, assessment);
  await sql(`insert into ai_tool_opening values ($2, 3, $1, 'staff', 'approved', $3)`, tool, at(200 * DAY));
  assert.equal(await says('ai-tools'), 'good: 1 tool approved; all others closed');
  school.clock.advance(190 * DAY);
  assert.equal(await says('ai-tools'), 'attention: 1 tool approved, 1 review due');
  school.clock.advance(20 * DAY);
  assert.equal(await says('ai-tools'), 'good: 0 tools approved; all others closed');
});

test('questions about sites: answered, open, and waiting too long', async () => {
  const ask = (age: number) =>
    sql(
      `insert into site_question (school_id, asked_at, host, reason, because) values ($1, $2, 'games.example', 'For a lesson', '{}')`,
      at(-age),
    );
  assert.match(await says('site-questions'), /^none:/);
  await ask(HOUR);
  assert.equal(await says('site-questions'), 'good: 0 questions answered in 30 days, 1 open');
  await ask(5 * DAY);
  assert.equal(
    await says('site-questions'),
    'attention: 0 questions answered in 30 days, 2 open, the oldest for 5 days',
  );
});

test('UAR-17 who is held to a fair share is told, and how often somebody went beyond it', async () => {
  assert.match(await says('fair-use'), /^good: \d+ profiles held to a fair share; nobody went beyond it/);
  await sql(
    `insert into activity_hourly values ($1, $2, 'pupil', '', 'warn', 2), ($1, $2, 'pupil', '', 'allow', 9)`,
    at(-HOUR),
  );
  assert.match(await says('fair-use'), /; 2 transfers slowed down in the last 24 hours$/);
  await sql(`delete from activity_hourly where school_id = $1`);
});

test('INC-05 what is recorded is counted, and nothing tells of alerts, or of cases about adults: one more of either changes no word', async () => {
  const id = await gateway(-MINUTE);
  await sql(
    `insert into activity_batch (gateway_id, number, school_id, received_at, lines, digest) values ($2, 1, $1, $3, 3, '\\x00')`,
    id,
    at(-MINUTE),
  );
  await sql(
    `insert into activity_hourly values ($1, $2, 'staff', 'games', 'block', 7), ($1, $2, 'staff', 'news', 'allow', 5)`,
    at(-HOUR),
  );
  assert.equal(await says('activity'), 'good: 12 decisions recorded in the last 24 hours');
  assert.equal(await says('block-page'), 'good: 7 visits were stopped in the last 24 hours, each with its reason');
  assert.match(await says('grave-alerts'), /^good: Everything that came in has been looked at/);

  const spoken = async () =>
    JSON.stringify(
      [...((await readEvidence(school.deps, school.id))?.answers ?? [])].map(([, a]) =>
        typeof a === 'function' ? a(CLAUSE) : a,
      ),
    );
  const before = await spoken();
  const { year8, head } = school.people;
  await sql(
    `insert into alert (school_id, reference, subject, kept_from, detector, urgency, raised_at, evidence, last_hit_at) values ($1, 'AL-1', $2, $3, 'grave', 'urgent', $4, '[]', $4)`,
    year8.id,
    [year8.id],
    at(-HOUR),
  );
  await sql(
    `insert into case_file (school_id, reference, title, source, urgency, state, opened_at, subjects) values ($1, 'CA-1', 'A case', 'logged', 'urgent', 'reported', $2, $3)`,
    at(-HOUR),
    [year8.id, head.id],
  );
  await sql(
    `insert into look_up (school_id, by_person, about_person, reason, at, ends_at) values ($1, $2, $3, 'A reason of some length', $4, $4)`,
    head.id,
    year8.id,
    at(-HOUR),
  );
  assert.equal(await spoken(), before);
});

test('what the database forbids is asked of it', async () => {
  for (const control of ['cases', 'look-ups', 'need-to-know'])
    assert.match(await says(control), /^good: .*asked just now$/, control);
});

test('deletion on time, seals of the ledger, and the order in which people are told', async () => {
  assert.match(await says('retention'), /^none: .*180 days/);
  const deleted = (age: number) =>
    sql(
      `insert into ledger_entry (school_id, at, action, object_kind, object_id, detail, digest) values ($1, $2, 'activity.retention', 'school', 'x', '{}', '\\x00')`,
      at(-age),
    );
  await deleted(5 * DAY);
  assert.match(await says('retention'), /^attention: Last run 5 days ago/);
  await deleted(7 * HOUR);
  assert.match(await says('retention'), /^good: Last run 7 hours ago/);
  assert.match(await says('ledger'), /^none:/);
  await t.asOwner(
    `insert into ledger_seal (number, at, entries, last_era, last_xid, last_id, root, previous, seal) values (1, $1, '{}', 1, '1', 1, '\\x00', '\\x00', '\\x00')`,
    [at(-2 * MINUTE)],
  );
  assert.match(await says('ledger'), /^good: 1 seals?, the last 2 minutes ago/);
  assert.match(await says('escalation'), /^attention: Nobody stands at \d steps? of 3/);
});

test('calendar, permissions, risk assessment and approval', async () => {
  assert.match(await says('timetable'), /^attention: No term dates/);
  await sql(`insert into term (school_id, name, starts, ends) values ($1, 'Autumn', '2026-09-01', '2026-12-18')`);
  assert.match(await says('timetable'), /^attention: The timetable is empty/);
  await sql(
    `insert into timetable_slot (school_id, name, kind, days, from_time, to_time) values ($1, 'Lunch', 'lunch', '{1,2}', '12:00', '13:00')`,
  );
  assert.equal(await says('timetable'), 'good: Term dates until 18 December 2026, and 1 slot in the timetable');

  assert.match(await says('permissions'), /^none: /);
  const { head, dsl } = school.people;
  await sql(
    `insert into use_grant (school_id, rule, person_id, granted_by, purpose, from_at, until_at) values ($1, 'COM-01', $2, $3, 'A trip', $4, $5)`,
    head.id,
    dsl.id,
    at(-HOUR),
    at(DAY),
  );
  assert.equal(
    await says('permissions'),
    'good: 1 person is on lists or with permission, 1 of them for less than a week',
  );

  assert.match(await says('risk-assessment'), /^attention: No risk assessment/);
  await sql(
    `insert into risk_assessment (school_id, kind, title, approved_on, approved_by, next_review, text, added_by, added_at) values ($1, 'online', 'Risks', '2026-01-10', 'Governing body', '2027-01-10', '', $2, $3)`,
    head.id,
    at(0),
  );
  assert.equal(await says('risk-assessment'), 'good: A risk assessment is in date until 10 January 2027');
  school.clock.advance(100 * DAY);
  assert.match(await says('risk-assessment'), /^attention: The risk assessment was due/);

  assert.match(await says('policy-versions'), /^attention: Version 1 was taken up at set-up/);
  await sql(
    `insert into policy_version (school_id, number, document, digest, author, approver, in_force_from) values ($1, 2, $2, '\\x00', $3, $4, $5)`,
    JSON.stringify(shippedPolicy('secondary-school')),
    dsl.id,
    head.id,
    at(-HOUR),
  );
  assert.match(await says('policy-versions'), /^good: Version 2 was approved by somebody other/);
});

test('contradictions and documents are told under the clauses that they are about', async () => {
  const { document } = (await readEvidence(school.deps, school.id))?.policy ?? assert.fail();
  const clause = (id: string) => document.clauses.find((c) => c.id === id) ?? assert.fail(id);
  assert.match(await says('clashes', clause('use.messaging')), /^attention: 1 contradiction is not settled/);
  assert.match(await says('clashes'), /^attention: \d contradictions are not settled/);
  const [linked] = document.documents;
  assert.match(await says('registers', clause(linked?.clause ?? '')), /^attention: \d of \d entr(y|ies) missing/);
});
