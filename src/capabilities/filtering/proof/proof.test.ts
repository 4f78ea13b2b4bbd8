import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { HOUR, MINUTE } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { shippedPolicy } from '#policy/index.ts';
import type { ProofReport } from '#policy/proof.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { filteringRoom } from '../filtering.routes.ts';
import { enrolGateway } from '../gateways.service.ts';
import { type ProofTrouble, watchProofs } from './proof.service.ts';
import { proofStanding } from './proof.standing.ts';
import { reportOf, withMiss } from './testing.ts';

let t: TestDatabase;
let school: TestSchool;
let other: TestSchool;
let pages: Pages;
let token: string;
const troubles: ProofTrouble[] = [];
const onProofTrouble = async (_tx: unknown, trouble: ProofTrouble) => void troubles.push(trouble);
const document = shippedPolicy('secondary-school');
const ids = document.profiles.map((p) => p.id);

before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  other = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(
    school.deps,
    filteringRoom(school.deps, { onGatewayTrouble: async () => undefined, onProofTrouble }),
  );
  token = await enrol(school);
});
after(async () => {
  await pages.close();
  await t.drop();
});

const enrol = (s: TestSchool) =>
  t.db.in(s.people.ictManager.context, (tx) => enrolGateway(tx, s.deps, s.people.ictManager.context, 'Main building'));
const send = (payload: object, bearer = token) =>
  pages.app.inject({
    method: 'POST',
    url: '/gateway/proof',
    payload,
    headers: { authorization: `Bearer ${bearer}` },
  });
const report = (more: Partial<ProofReport> = {}, change?: Parameters<typeof reportOf>[2]) =>
  reportOf(ids, { endedAt: school.clock.now(), policy: document.version, ...more }, change);
const bring = async (r: ProofReport) => {
  const answer = await send({ kind: 'ended', report: r });
  assert.equal(answer.statusCode, 204, answer.body);
};
const standing = async () => {
  const [one] = await t.db.in(school.people.dsl.context, (tx) => proofStanding(tx, school.clock.now()));
  return one ?? assert.fail('no gateway');
};
const as = (part: Part) => pages.as(school.people[part]);
const status = {
  snapshot: 1,
  index: null,
  spooled: 0,
  spoolFailing: false,
  awayFrom: null,
  awayUntil: null,
  startedAt: 1,
};
const say = async () => {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await pages.app.inject({ method: 'POST', url: '/gateway/status', payload: status, headers });
  return answer.statusCode === 200 ? (answer.json().prove as string) : null;
};

test('FIL-05 a gateway of which no proof ever came waits, and after 26 hours is overdue, red, and told of once', async () => {
  assert.equal((await standing()).state, 'waiting');
  await watchProofs(school.deps, onProofTrouble);
  assert.equal(troubles.length, 0);
  school.clock.advance(26 * HOUR + MINUTE);
  assert.equal((await standing()).state, 'overdue');
  await watchProofs(school.deps, onProofTrouble);
  await watchProofs(school.deps, onProofTrouble);
  assert.deepEqual(
    troubles.map((x) => [x.kind, x.school]),
    [['overdue', school.id]],
  );
  assert.match(troubles.pop()?.lines.join() ?? '', /Main building.*not proved for 26 hours/);
  const page = await as('governor').get('/filtering/proof');
  assert.match(page.body, /gh-tag--danger">Overdue/);
  assert.match((await as('ictManager').get('/filtering')).body, /has not proved that it filters/);
});

test('FIL-05 FIL-10 a report is kept once, as evidence with policy, lists, gateway and times, and nobody can alter it', async () => {
  const first = report();
  await bring(first);
  await bring(first);
  const rows = await t.asOwner('select * from proof_run where school_id = $1', [school.id]);
  assert.equal(rows.length, 1);
  const [run] = rows;
  assert.deepEqual(
    [run?.standing, run?.asked, run?.wrong, run?.policy_number, run?.list, run?.why],
    ['proved', 400 * ids.length * 11, 0, 1, 'a'.repeat(64), 'daily'],
  );
  assert.deepEqual(run?.ended_at, new Date(first.endedAt));
  const results = await t.asOwner('select * from proof_result where run_id = $1', [first.run]);
  assert.equal(results.length, ids.length * 11);
  assert.deepEqual(
    troubles.splice(0).map((x) => x.kind),
    ['mended'],
  );
  assert.equal((await standing()).state, 'proved');
  const { context } = school.people.administrator;
  for (const act of ['delete from proof_run', 'update proof_result set wrong = 0', 'delete from proof_result'])
    await assert.rejects(
      t.db.in(context, (tx) => sql.raw(act).execute(tx)),
      /permission denied/,
      act,
    );
  // What a gateway found is no person's to write.
  const forged = { ...run, id: newId(), findings: '[]' } as never;
  await assert.rejects(
    t.db.in(context, (tx) => tx.insertInto('proof_run').values(forged).execute()),
    /row-level security/,
  );
  const entries = await t.asOwner(`select detail from ledger_entry where school_id = $1 and action = 'proof.run'`, [
    school.id,
  ]);
  assert.equal(entries.length, 1);
});

test('FIL-05 help that is closed or something grave that is open is told at once as urgent, without a name of anybody', async () => {
  school.clock.advance(HOUR);
  await bring(
    report({}, (r) =>
      r.set === 'crisis' && r.profile === 'pupil-8'
        ? withMiss(r, 'childline.org.uk')
        : r.set === 'grave' && r.point === 'dns'
          ? withMiss(r, 'child-abuse.gatehouse-test.example', 'let-through')
          : r,
    ),
  );
  const [trouble] = troubles.splice(0);
  assert.equal(trouble?.kind, 'urgent');
  const text = trouble?.lines.join(' ') ?? '';
  assert.match(text, /childline\.org\.uk for Year 8 pupils by DNS and proxy and tunnel/);
  assert.match(text, /child-abuse\.gatehouse-test\.example\) for everybody by DNS/);
  for (const { displayName } of Object.values(school.people)) assert.ok(!text.includes(displayName));
  assert.equal((await standing()).state, 'urgent');
  const { body } = await as('leadGovernor').get('/filtering/proof');
  assert.match(body, /Failed: urgent/);
  assert.match(body, /A help service was closed: childline\.org\.uk/);
  const link = /\/filtering\/proof\/[0-9a-f-]{36}/.exec(body)?.[0] ?? '';
  const run = (await as('governor').get(link)).body;
  assert.match(run, /childline\.org\.uk[\s\S]*Betting is closed\./);
  assert.match(run, /Everything that was asked/);
});

test('"Run now" reaches the gateway with its next report, shows how far it is, and is over when its run has come', async () => {
  school.clock.advance(HOUR);
  assert.equal(await say(), null);
  const answer = await as('dsl').follow(await as('dsl').post('/filtering/proof/run'));
  assert.match(answer.body, /A run is asked for/);
  assert.equal(answer.headers.refresh, '3');
  const wish = await say();
  assert.ok(wish);
  const run = newId();
  assert.equal((await send({ kind: 'progress', progress: { run, done: 1200, total: 50_000 } })).statusCode, 204);
  assert.match((await as('governor').get('/filtering/proof')).body, /1,200 of 50,000 questions/);
  await bring(report({ run, why: 'asked', request: wish }));
  assert.equal(await say(), null);
  const done = await as('dsl').get('/filtering/proof');
  assert.doesNotMatch(done.body, /A run is asked for|under way/);
  assert.equal(done.headers.refresh, undefined);
  troubles.splice(0);
  await as('ictManager').post('/filtering/proof/run');
  school.clock.advance(HOUR + MINUTE);
  assert.equal(await say(), null, 'a wish that nobody fulfilled lapses');
});

test('FIL-10 governors see the state, the history and the figures, and begin nothing; history is searched', async () => {
  const governor = as('governor');
  const { body } = await governor.get('/filtering/proof');
  assert.match(body, /Year 8/);
  assert.doesNotMatch(body, /Run now/);
  assert.equal((await governor.post('/filtering/proof/run')).statusCode, 403);
  assert.match(body, /0\.00 %/);
  const found = await governor.get('/filtering/proof?q=childline');
  assert.match(found.body, />1 run</);
  assert.match((await governor.get('/filtering/proof?q=nowhere')).body, /No run matches “nowhere”/);
  assert.match((await governor.get('/filtering/proof?q=main')).body, /3 runs/);
  const chart = await governor.get('/filtering/proof/chart.svg?size=narrow');
  assert.match(String(chart.headers['content-type']), /svg/);
  assert.match(chart.body, /prefers-color-scheme:dark/);
});

test('who has no part in it sees nothing of it, in the pages as in the database', async () => {
  assert.ok((await everyRouteDenies(pages, school)) > 20);
  for (const part of ['year8', 'parent', 'visitor', 'teacher'] as const)
    assert.equal((await as(part).get('/filtering/proof')).statusCode, 403, part);
  const seen = (s: TestSchool, part: Part) =>
    t.db.in(s.people[part].context, (tx) => tx.selectFrom('proof_run').select('id').execute());
  assert.equal((await seen(school, 'governor')).length, 3);
  for (const part of ['year8', 'parent', 'visitor'] as const) assert.deepEqual(await seen(school, part), [], part);
  assert.deepEqual(await seen(other, 'ictManager'), []);
});

test('a report that cannot be, or from nobody’s gateway, is refused', async () => {
  const ended = (more: object) => send({ kind: 'ended', report: { ...report(), ...more } });
  assert.equal((await send({ kind: 'ended', report: report() }, 'x'.repeat(30))).statusCode, 401);
  assert.equal((await ended({ endedAt: school.clock.now() + HOUR })).statusCode, 400);
  assert.equal((await ended({ list: 'x' })).statusCode, 400);
  assert.equal((await ended({ extra: 1 })).statusCode, 400);
  assert.equal((await send({ kind: 'other' })).statusCode, 400);
  const before = await standing();
  const theirs = await enrol(other);
  await send({ kind: 'ended', report: report() }, theirs);
  assert.deepEqual((await standing()).last?.id, before.last?.id, 'another school’s gateway speaks for itself');
});
