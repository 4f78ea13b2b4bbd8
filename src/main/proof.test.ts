import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestClock } from '#core/clock.ts';
import { type Gateway, startGateway, writeEnrolment } from '#gateway/gateway.ts';
import { loadProofSites } from '#gateway/proof/questions.ts';
import { compileLists, enrolGateway, type GatewayProof, proofStanding } from '#rooms/filtering/index.ts';
import { filteringSchool, testFolder } from '#rooms/filtering/testing.ts';
import { readEvidence } from '#rooms/governance/living-policy/evidence/index.ts';
import { todaysLines } from '#rooms/governance/today/today.ts';
import { openAlerts } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { temporaryFolder } from '#testing/folder.ts';
import type { Part, TestSchool } from '#testing/web.ts';
import type { WebApp } from '#web/index.ts';
import { proofOffline } from './proof-offline.ts';
import { createControl } from './rooms.ts';

/** A real gateway and a real control, with a list source that has gone wrong. */
const SOURCE = { 'wrong/child-abuse/domains': 'childline.org.uk\n' };
const lists = join(testFolder(SOURCE), 'wrong');
const root = temporaryFolder('proof');
const shipped = loadProofSites();
const sites = {
  crisis: shipped.crisis.filter((host, i) => i % 100 === 0 || host === 'childline.org.uk'),
  education: shipped.education.filter((_, i) => i % 200 === 0),
};
let t: TestDatabase;
let school: TestSchool;
let control: WebApp;
let gateway: Gateway;

before(async () => {
  t = await testDatabase();
  // The threads of a gateway have the system's clock.
  school = await filteringSchool(t, { lists, clock: new TestClock(Date.now()) });
  control = await createControl(school.deps, () => undefined, { rateLimit: 100_000 });
  await control.listen({ host: '127.0.0.1', port: 0 });
  const { port } = control.server.address() as AddressInfo;
  const by = school.people.ictManager.context;
  const token = await t.db.in(by, (tx) => enrolGateway(tx, school.deps, by, 'Main building'));
  const [keys] = await t.asOwner('select signing_public from installation');
  writeEnrolment(root, { control: `http://127.0.0.1:${port}`, token, publicKey: keys?.signing_public });
  const any = { address: '127.0.0.1', port: 0 };
  gateway = await startGateway({
    folder: root,
    clock: school.clock,
    log: () => undefined,
    dns: any,
    proxy: any,
    block: any,
    upstreamDns: [{ address: '127.0.0.1', port: 9 }],
    proxyTls: null,
    pagesUrl: 'http://127.0.0.1',
    threads: 1,
    proof: { times: { settle: 0, apart: 0 }, sites },
  });
});
after(async () => {
  await gateway.stop();
  await control.close();
  await t.drop();
  rmSync(root, { recursive: true, force: true });
});

const as = <T>(part: Part, work: Parameters<typeof t.db.in<T>>[1]) => t.db.in(school.people[part].context, work);
async function standing(wanted: (proof: GatewayProof) => boolean): Promise<GatewayProof> {
  for (let i = 0; i < 300; i++) {
    const [one] = await as('governor', (tx) => proofStanding(tx, school.clock.now()));
    if (one && wanted(one)) return one;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new assert.AssertionError({ message: 'no such run came' });
}
const evidenceOf = async (control: string) => {
  const answer = (await readEvidence(school.deps, school.id))?.answers.get(control);
  assert.ok(answer && typeof answer !== 'function');
  return answer;
};

test('FIL-05 FIL-10 a list that closes a help service is found by the gateway itself: red on Today, an urgent alert, and the clause asks for attention', async () => {
  const { state, last } = await standing((p) => p.last !== null);
  assert.equal(state, 'urgent');
  assert.match(
    last?.findings.join(' ') ?? '',
    /help service was closed: childline\.org\.uk for everybody by DNS and proxy/,
  );
  for (const part of ['dsl', 'ictManager'] as const) {
    const alerts = await as(part, (tx) => openAlerts(tx));
    assert.deepEqual(
      alerts.map((a) => [a.detector, a.urgency, a.subject]),
      [['health', 'urgent', null]],
      part,
    );
    const lines = await as(part, (tx) => todaysLines(tx, school.people[part].viewer, school.clock.now()));
    assert.equal(lines.find((l) => l.href === '/filtering/proof')?.tone, 'danger', part);
  }
  const { tone, text } = await evidenceOf('proof');
  assert.equal(tone, 'attention');
  assert.match(text, /^Last proved \d\d:\d\d today, [\d,]+ questions, [1-9]\d* wrong$/);
});

test('FIL-05 FIL-14 once the list is right it is proved after the change, and nobody’s activity came of any of it', async () => {
  writeFileSync(join(lists, 'child-abuse/domains'), 'other.gatehouse-test.example\n');
  school.clock.advance(60_000);
  await compileLists(school.deps, school.id);
  const { last } = await standing((p) => p.state === 'proved');
  assert.deepEqual([last?.wrong, last?.unanswered, last?.findings], [0, 0, []]);
  const [run] = await t.asOwner('select why, policy_number from proof_run where id = $1', [last?.id]);
  assert.deepEqual(run, { why: 'change', policy_number: 1 });
  const { tone, text } = await evidenceOf('proof');
  assert.equal(tone, 'good');
  assert.match(text, /questions, 0 wrong$/);
  const [alert] = await as('dsl', (tx) => openAlerts(tx));
  assert.match(alert?.evidence.at(-1)?.text ?? '', /answers every question of its proof as it must again/);
  await new Promise((r) => setTimeout(r, 300));
  for (const table of ['activity', 'activity_batch', 'activity_hourly'])
    assert.deepEqual(await t.asOwner(`select 1 from ${table} where school_id = $1`, [school.id]), [], table);
});

test('without a server the same questions are answered for every profile, and a wrong list is found', async () => {
  const of = async (folder: string | undefined) => proofOffline({ policy: 'tuition-centre', lists: folder });
  const own = await of(undefined);
  assert.ok(own.length > 0 && own.every((o) => o.wrong.length === 0));
  assert.ok(own.some((o) => o.set === 'education' && o.asked > 500));
  const wrong = (await of(testFolder({ 'hasty/child-abuse/domains': 'childline.org.uk\n' }))).filter(
    (o) => o.wrong.length > 0,
  );
  assert.ok(wrong.length > 0 && wrong.every((o) => o.set === 'crisis' && o.wrong[0] === 'childline.org.uk'));
});
