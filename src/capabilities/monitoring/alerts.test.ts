import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR, MINUTE } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import { contextOf } from '#web/index.ts';
import { acknowledge, close, closeForCase, linkCase, openAlerts, raise } from './alerts.service.ts';
import { escalate, sweep } from './escalation.service.ts';
import { alertsOf, another, type Bench, GRAVE, monitored } from './fixture.ts';
import { healthAlert, watchGateways } from './health.service.ts';

let first: Bench;
before(async () => {
  first = await monitored();
});
after(() => first.t.drop());

/** A school of its own for each test, in the same database. */
const fresh = () => monitored({ config: first.school.deps.config }, first.t);

/** Who was told, in order: the part they play here, or why nobody was. */
async function told(b: Bench): Promise<string[]> {
  const rows = await b.t.asOwner<{
    recipient: string | null;
    step: number;
    skipped: string | null;
    mail_id: string | null;
  }>(
    'select n.* from alert_notice n join alert a on a.id = n.alert_id where n.school_id = $1 order by n.at, n.step, n.id',
    [b.school.id],
  );
  const part = (id: string | null) => Object.entries(b.school.people).find(([, p]) => p.id === id)?.[0] ?? 'nobody';
  return rows.map((r) => `${r.step} ${part(r.recipient)}${r.skipped ? `: ${r.skipped}` : ''}`);
}
const mails = (b: Bench) =>
  b.t.asOwner<{ address: string; subject: string; body: string; recipient: string }>(
    `select * from mail where school_id = $1 and about_kind = 'alert' order by created_at, address`,
    [b.school.id],
  );
const only = async (b: Bench) => {
  const alerts = await alertsOf(b);
  assert.equal(alerts.length, 1);
  return alerts[0]!;
};

test('MON-07 repeated attempts make one alert with its evidence lines; more of them join it', async () => {
  const b = await fresh();
  const start = b.school.clock.now() - 8 * MINUTE;
  await b.deliver([0, 1, 2, 3].map((m) => b.event({ t: start + m * MINUTE, host: `g${m}.example` })));
  assert.equal((await alertsOf(b)).length, 0);
  await b.deliver([b.event({ t: start + 4 * MINUTE, host: 'g4.example' })]);
  const made = await only(b);
  assert.deepEqual([made.detector, made.subject, made.hits], ['repeated', b.school.people.year8.id, 5]);
  assert.deepEqual(
    made.evidence.map((l) => l.host),
    ['g0.example', 'g1.example', 'g2.example', 'g3.example', 'g4.example'],
  );
  await b.deliver([5, 6].map((m) => b.event({ t: start + m * MINUTE, host: `g${m}.example` })));
  const joined = await only(b);
  assert.deepEqual([joined.id, joined.hits, joined.evidence.length], [made.id, 7, 7]);
});

test('An alert keeps the lines that raised it and the latest, however many come', async () => {
  const b = await fresh();
  for (let i = 0; i < 30; i++) await b.deliver([b.event({ ...GRAVE, host: `h${i}.example` })]);
  const alert = await only(b);
  assert.equal(alert.hits, 30);
  assert.equal(alert.evidence.length, 20);
  assert.equal(alert.evidence[0]?.host, 'h0.example');
  assert.equal(alert.evidence.at(-1)?.host, 'h29.example');
});

test('After an acknowledgement further hits join for an hour; after that they are a new alert', async () => {
  const b = await fresh();
  const { clock, people } = b.school;
  await b.deliver([b.event(GRAVE)]);
  await acknowledge(b.school.deps, people.dsl.viewer, (await only(b)).id);
  clock.advance(HOUR);
  await b.deliver([b.event(GRAVE)]);
  assert.equal((await only(b)).hits, 2);
  clock.advance(1);
  await b.deliver([b.event(GRAVE)]);
  assert.deepEqual(
    (await alertsOf(b)).map((a) => [a.state, a.hits]),
    [
      ['acknowledged', 2],
      ['raised', 1],
    ],
  );
});

test('ALR-10 an alert that nobody acknowledges goes to the deputy and the head in the policy’s time, then to all again and again', async () => {
  const b = await fresh();
  const { clock, deps } = b.school;
  await b.deliver([b.event(GRAVE)]);
  const { id } = await only(b);
  assert.deepEqual(await told(b), ['0 dsl']);

  clock.advance(5 * MINUTE - 1);
  await sweep(deps);
  assert.deepEqual(await told(b), ['0 dsl']);
  clock.advance(1);
  await Promise.all([escalate(deps, b.school.id, id), escalate(deps, b.school.id, id), sweep(deps)]);
  assert.deepEqual(await told(b), ['0 dsl', '1 dslDeputy']);
  clock.advance(5 * MINUTE);
  await sweep(deps);
  assert.deepEqual(await told(b), ['0 dsl', '1 dslDeputy', '2 head']);
  for (let again = 1; again <= 2; again++) {
    clock.advance(10 * MINUTE);
    await sweep(deps);
    assert.equal((await told(b)).length, 3 + 3 * again);
  }
  assert.deepEqual((await told(b)).slice(-3).sort(), ['3 dsl', '3 dslDeputy', '3 head']);
  assert.equal((await only(b)).due_at?.getTime(), clock.now() + 10 * MINUTE);

  await acknowledge(deps, b.school.people.dslDeputy.viewer, id);
  clock.advance(HOUR);
  await sweep(deps);
  assert.equal((await told(b)).length, 9);
  assert.equal((await only(b)).due_at, null);
});

test('ALR-10 the job of an escalation is queued for its time, in the transaction of the alert', async () => {
  const b = await fresh();
  await b.deliver([b.event(GRAVE)]);
  const { id } = await only(b);
  const jobs = await b.t.asOwner<{ run_at: Date; payload: { alert: string } }>(
    `select j.run_at, p.payload from graphile_worker.jobs j join graphile_worker._private_jobs p on p.id = j.id
     where j.task_identifier = 'alerts.escalate' and p.payload->>'alert' = $1`,
    [id],
  );
  assert.deepEqual(
    jobs.map((j) => j.run_at.getTime()),
    [b.school.clock.now() + 5 * MINUTE],
  );
});

test('ALR-10 an alert goes on although its job was lost and another school’s policy cannot be read', async () => {
  const [broken, whole] = [await fresh(), await fresh()];
  for (const b of [broken, whole]) await b.deliver([b.event(GRAVE)]);
  await broken.t.asOwner('delete from graphile_worker._private_jobs');
  await broken.t.asOwner(
    `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 2, '{}', '', now() - interval '1 year')`,
    [broken.school.id],
  );
  whole.school.clock.advance(5 * MINUTE);
  await assert.rejects(sweep(whole.school.deps));
  assert.deepEqual(await told(whole), ['0 dsl', '1 dslDeputy']);
  await broken.t.asOwner(`update alert set state = 'closed' where school_id = $1`, [broken.school.id]);
});

test('ALR-10 an alert about the DSL reaches the deputy at once and the DSL in no way: rows, counts, notices, mail', async () => {
  const b = await fresh();
  const { dsl, dslDeputy, head } = b.school.people;
  await b.deliver([b.event({ ...GRAVE, person: dsl.id, profile: 'staff' })]);
  assert.deepEqual(await told(b), [
    '0 nobody: dsl, holder: it is kept from everybody who holds this duty',
    '1 dslDeputy',
  ]);
  const { id } = await only(b);
  for (let i = 0; i < 5; i++) {
    b.school.clock.advance(10 * MINUTE);
    await sweep(b.school.deps);
  }
  assert.ok(!(await told(b)).some((line) => line.endsWith(' dsl')));
  assert.ok((await mails(b)).length >= 5);
  assert.ok((await mails(b)).every((m) => m.recipient !== dsl.id && m.address !== dsl.email));

  const seenBy = (who: typeof dsl) =>
    b.school.deps.db.in(who.context, async (tx) => ({
      alerts: (await openAlerts(tx)).length,
      count: Number(
        (
          await tx
            .selectFrom('alert')
            .select((e) => e.fn.countAll<string>().as('n'))
            .executeTakeFirst()
        )?.n,
      ),
      notices: Number(
        (
          await tx
            .selectFrom('alert_notice')
            .select((e) => e.fn.countAll<string>().as('n'))
            .executeTakeFirst()
        )?.n,
      ),
    }));
  assert.deepEqual(await seenBy(dsl), { alerts: 0, count: 0, notices: 0 });
  assert.equal((await seenBy(dslDeputy)).alerts, 1);
  assert.equal((await seenBy(head)).alerts, 1);
  await assert.rejects(acknowledge(b.school.deps, dsl.viewer, id), { code: 'not-found' });
  await assert.rejects(close(b.school.deps, dsl.viewer, id, 'There is nothing to it.'), { code: 'not-found' });
});

test('ALR-10 where nobody may be told, that is noted and loud, and it goes on trying', async () => {
  const b = await fresh();
  const { people, deps, clock } = b.school;
  await deps.db.in(systemContext(b.school.id), (tx) =>
    raise(tx, deps, {
      school: b.school.id,
      subject: null,
      keptFrom: [people.dsl.id, people.dslDeputy.id, people.head.id],
      detector: 'told',
      category: null,
      urgency: 'urgent',
      clause: null,
      lines: [
        { at: new Date(clock.now()).toISOString(), host: '', category: null, outcome: '', via: 'told', text: 'words' },
      ],
      openKey: null,
    }),
  );
  assert.equal((await told(b)).filter((l) => l.includes('nobody')).length, 4);
  assert.ok(b.school.logged.some((l) => l.event === 'alert.nobody'));
  assert.equal((await only(b)).due_at?.getTime(), clock.now() + 10 * MINUTE);
});

test('ALR-10 a notice by mail says what and how urgent, and names nobody', async () => {
  const b = await fresh();
  await b.deliver([b.event(GRAVE)]);
  const { id, reference } = await only(b);
  const [mail] = await mails(b);
  assert.equal(mail?.address, b.school.people.dsl.email);
  assert.equal(mail?.subject, 'Gatehouse: an urgent alert needs you');
  assert.match(mail?.body ?? '', new RegExp(`Self-harm.*\\(${reference}\\)[\\s\\S]*/alerts/${id}`));
  for (const p of Object.values(b.school.people)) assert.ok(!mail?.body.includes(p.displayName), p.displayName);
  assert.ok(!mail?.body.includes('harm.example'));
});

test('References are random and short, so that no gap tells of an alert one may not see', async () => {
  const b = await fresh();
  const pupils = await Promise.all(Array.from({ length: 10 }, () => another(b, 'pupil')));
  await b.deliver(pupils.map((p) => b.event({ ...GRAVE, person: p.id })));
  const references = (await alertsOf(b)).map((a) => a.reference);
  assert.equal(new Set(references).size, 10);
  for (const r of references) assert.match(r, /^A-[2-9A-HJ-NP-Z]{6}$/);
});

test('Of two people who take an alert up at the same moment one has it, and the other is told so', async () => {
  const b = await fresh();
  await b.deliver([b.event(GRAVE)]);
  const { id } = await only(b);
  const { dsl, head } = b.school.people;
  const results = await Promise.allSettled([dsl, head].map((p) => acknowledge(b.school.deps, p.viewer, id)));
  assert.deepEqual(results.map((r) => r.status).sort(), ['fulfilled', 'rejected']);
  assert.equal(results.find((r) => r.status === 'rejected')?.reason.code, 'alert.acknowledge.not-listed');
});

test('Every step of an alert stands in the ledger', async () => {
  const b = await fresh();
  const { dsl } = b.school.people;
  await b.deliver([b.event(GRAVE)]);
  const { id } = await only(b);
  await b.deliver([b.event(GRAVE), b.event(GRAVE)]);
  await acknowledge(b.school.deps, dsl.viewer, id);
  await close(b.school.deps, dsl.viewer, id, 'She was doing homework on it.');
  const entries = await b.t.asOwner<{ action: string; actor: string | null; detail: Record<string, string> }>(
    `select action, actor, detail from ledger_entry where object_kind = 'alert' and object_id = $1 order by id`,
    [id],
  );
  assert.deepEqual(
    entries.map((e) => [e.action, e.actor]),
    [
      ['alert.raise', null],
      ['alert.join', null],
      ['alert.acknowledge', dsl.id],
      ['alert.close', dsl.id],
    ],
  );
  assert.match(String(entries[3]?.detail.reason), /^hmac-sha256:/);
  assert.equal((await only(b)).state, 'closed');
});

test('A case made from an alert acknowledges it, and closing the case closes the alert', async () => {
  const b = await fresh();
  const { dsl } = b.school.people;
  await b.deliver([b.event(GRAVE)]);
  const { id } = await only(b);
  const file = newId();
  await b.t.asOwner(
    `insert into case_file (id, school_id, reference, title, source, urgency, state, opened_at) values ($1, $2, 'C-1', 'A case', 'alert', 'urgent', 'reported', now())`,
    [file, b.school.id],
  );
  const by = contextOf(dsl.viewer);
  await b.school.deps.db.in(by, (tx) => linkCase(tx, b.school.deps, by, { alert: id, case: file }));
  assert.equal((await only(b)).state, 'in-case');
  assert.equal((await only(b)).due_at, null);
  await b.school.deps.db.in(by, (tx) =>
    closeForCase(tx, b.school.deps, by, { case: file, reason: 'Case C-1 is closed.' }),
  );
  assert.equal((await only(b)).state, 'closed');
});

test('FIL-20 a gateway that falls silent is one alert to those who run the filter and the DSL, and joins no second time', async () => {
  const b = await fresh();
  const { deps, clock, people } = b.school;
  await b.t.asOwner('update gateway set seen_at = $2 where id = $1', [b.gateway.id, new Date(clock.now())]);
  await watchGateways(deps);
  assert.equal((await alertsOf(b)).length, 0);
  clock.advance(2 * MINUTE + 1);
  await watchGateways(deps);
  clock.advance(MINUTE);
  await watchGateways(deps);
  const alert = await only(b);
  assert.deepEqual([alert.detector, alert.hits, alert.due_at], ['health', 1, null]);
  assert.deepEqual((await told(b)).sort(), ['0 dsl', '0 ictManager']);

  const trouble = { kind: 'spool-failing', gateway: b.gateway.id, from: clock.now(), until: null } as const;
  await deps.db.in(systemContext(b.school.id), (tx) => healthAlert(tx, deps, trouble));
  assert.deepEqual([(await only(b)).hits, (await only(b)).evidence.length], [2, 2]);

  const sees = async (who: typeof people.dsl) => (await deps.db.in(who.context, (tx) => openAlerts(tx))).length;
  assert.deepEqual(
    [await sees(people.ictManager), await sees(people.administrator), await sees(people.teacher)],
    [1, 1, 0],
  );
  await acknowledge(deps, people.ictManager.viewer, alert.id);
  await close(deps, people.ictManager.viewer, alert.id, 'The switch had lost its power.');
});

test('FIL-20 those who run the filter see its health and no other alert', async () => {
  const b = await fresh();
  await b.deliver([b.event(GRAVE)]);
  for (const who of [b.school.people.ictManager, b.school.people.administrator, b.school.people.teacher]) {
    assert.deepEqual(await b.school.deps.db.in(who.context, (tx) => openAlerts(tx)), []);
  }
});

test('ALR-10 whom the policy’s own escalation names sees what they were told of, and nothing else', async () => {
  const b = await monitored({ policy: 'tuition-centre' }, first.t);
  const { deps, people } = b.school;
  await b.t.asOwner(
    `insert into role_holding (school_id, person_id, role, rank) values ($1, $2, 'centre-lead', 'holder')`,
    [b.school.id, people.teacher.id],
  );
  const lead = { ...people.teacher.context, duties: ['staff', 'teacher', 'centre-lead'] };
  await b.deliver([b.event(GRAVE)]);
  assert.deepEqual(await told(b), ['0 teacher']);
  assert.equal((await deps.db.in(lead, (tx) => openAlerts(tx))).length, 1);
  await b.deliver([b.event({ ...GRAVE, person: people.teacher.id, profile: 'staff' })]);
  assert.equal((await deps.db.in(lead, (tx) => openAlerts(tx))).length, 1);
});
