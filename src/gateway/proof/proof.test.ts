import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '#core/clock.ts';
import { loadTaxonomy } from '#filter/index.ts';
import { bareSchool, compilePolicy, type LiveChange, shippedPolicy } from '#policy/index.ts';
import type { ProofReport, ProofResult } from '#policy/proof.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { askingFor, RCODE, TYPE, u16, wireName } from '../dns/codec.ts';
import { type Gateway, startGateway, writeEnrolment } from '../gateway.ts';
import { mintCredential, newProofKey } from './credential.ts';
import { findOption, PROOF_OPTION, questionEnd, questionWith } from './dns-option.ts';
import { proxyCredential } from './header.ts';
import { loadProofSites } from './questions.ts';
import { ProofControl } from './testing.ts';

const root = temporaryFolder('proof');
const control = new ProofControl(root);
const shipped = loadProofSites();
/** Some of each set, so that a run takes a moment. */
const sites = {
  crisis: shipped.crisis.filter((host, i) => i % 20 === 0 || host === 'childline.org.uk'),
  education: shipped.education.filter((host, i) => i % 50 === 0 || host === 'aqa.org.uk'),
};
const any = { address: '127.0.0.1', port: 0 };
const upstream = createSocket('udp4');
let upstreamHeard = 0;
let gateway: Gateway;

before(async () => {
  upstream.on('message', () => upstreamHeard++);
  await new Promise<void>((r) => upstream.bind(0, '127.0.0.1', () => r()));
  await control.start();
  await control.publish();
  writeEnrolment(join(root, 'gateway'), { control: control.url, token: 't', publicKey: control.keys.publicKey });
  gateway = await startGateway({
    folder: join(root, 'gateway'),
    clock: systemClock,
    log: () => undefined,
    dns: any,
    proxy: any,
    block: any,
    upstreamDns: [{ address: '127.0.0.1', port: upstream.address().port }],
    proxyTls: null,
    pagesUrl: 'http://127.0.0.1',
    threads: 2,
    proof: { times: { settle: 100, apart: 0 }, sites },
  });
});
after(async () => {
  await gateway.stop();
  await control.stop();
  upstream.close();
  rmSync(root, { recursive: true, force: true });
});

/** The report on the snapshot in force. */
async function reported(wanted: (report: ProofReport) => boolean = () => true): Promise<ProofReport> {
  for (let i = 0; i < 600; i++) {
    const found = control.reports.find((r) => r.snapshot === control.snapshot?.number && wanted(r));
    if (found) return found;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new assert.AssertionError({ message: 'no report came' });
}
const sum = (results: readonly ProofResult[], key: 'asked' | 'expected' | 'wrong' | 'unanswered' | 'decided') =>
  results.reduce((n, r) => n + r[key], 0);

test('FIL-05 a gateway proves itself by its own sockets: every profile, every way in, every set; nobody’s activity, and nothing goes upstream', async () => {
  const report = await reported();
  const { policy } = control.snapshot ?? assert.fail();
  assert.equal(report.why, 'change');
  assert.deepEqual([report.list, report.policy], [control.snapshot?.index, policy.version]);
  for (const { id } of policy.profiles)
    for (const point of ['dns', 'proxy', 'tunnel'] as const) {
      const own = report.results.filter((r) => r.profile === id && r.point === point);
      const sets = point === 'tunnel' ? ['grave', 'closed', 'crisis'] : ['grave', 'closed', 'crisis', 'education'];
      assert.deepEqual(
        own.map((r) => r.set),
        sets,
        `${id} ${point}`,
      );
    }
  const { length } = policy.profiles;
  for (const set of ['crisis', 'education'] as const) {
    const own = report.results.filter((r) => r.set === set);
    assert.equal(sum(own, 'asked'), sites[set].length * length * (set === 'crisis' ? 3 : 2));
  }
  assert.equal(sum(report.results, 'expected'), sum(report.results, 'asked'));
  assert.deepEqual(
    report.results.flatMap((r) => r.misses),
    [],
  );
  await new Promise((r) => setTimeout(r, 300));
  assert.equal(upstreamHeard, 0);
  assert.deepEqual(control.events, []);
  assert.ok(!control.requests.includes('/gateway/activity') && !control.requests.includes('/gateway/verify'));
  assert.ok(control.messages.some((m) => m.kind === 'progress'));
});

test('FIL-05 a help service that a list calls illegal, and a lesson site among gambling, are found at once, at every way in', async () => {
  await control.publish({ 'child-abuse': 'childline.org.uk\n', gambling: 'aqa.org.uk\n' });
  const report = await reported();
  const wrong = report.results.filter((r) => r.wrong > 0);
  const profiles = control.snapshot?.policy.profiles.length ?? 0;
  const crisis = wrong.filter((r) => r.set === 'crisis');
  assert.equal(crisis.length, 3 * profiles);
  for (const { misses } of crisis) {
    assert.ok(misses.some((m) => m.host === 'childline.org.uk' && m.got === 'blocked' && m.rule === 'safety.illegal'));
  }
  const lessons = wrong.filter((r) => r.set === 'education');
  assert.ok(lessons.length > 0 && lessons.every((r) => r.misses[0]?.host === 'aqa.org.uk'), 'with its reason');
  assert.ok(lessons.every((r) => r.misses[0]?.category === 'gambling' && (r.misses[0]?.text ?? '') !== ''));
  assert.ok(wrong.every((r) => r.set === 'crisis' || r.set === 'education'));
});

test('FIL-05 FIL-02 a policy in which the nature of a category was lost lets its name through, and that is found', async () => {
  const taxonomy = loadTaxonomy();
  const policy = compilePolicy(shippedPolicy('secondary-school'), taxonomy.categories, bareSchool('Europe/London'));
  const broken = {
    ...policy,
    profiles: policy.profiles.map((p) => ({
      ...p,
      cells: Object.fromEntries(Object.entries(p.cells).filter(([c]) => c !== 'malware' && c !== 'extremism')),
    })),
  };
  await control.publish({}, { policy: broken });
  const report = await reported();
  const grave = report.results.filter((r) => r.set === 'grave' && r.wrong > 0);
  assert.equal(grave.length, 3 * policy.profiles.length);
  const pupil = grave.filter((r) => r.profile === 'pupil-8');
  for (const { misses } of pupil)
    assert.deepEqual(misses.map((m) => [m.host, m.got]).sort(), [
      ['extremism.gatehouse-test.example', 'let-through'],
      ['malware.gatehouse-test.example', 'let-through'],
    ]);
});

test('FIL-05 a site closed by a change of two people is told apart from a mistake; a wish for a run is fulfilled', async () => {
  const change: LiveChange = {
    reference: 'ABCDEF',
    effect: 'block',
    hosts: ['aqa.org.uk'],
    from: 0,
    until: null,
    people: null,
    profiles: ['pupil-8'],
    text: 'Closed for now.',
    clause: null,
  };
  control.prove = 'f00';
  await control.publish({}, { changes: [change] });
  const report = await reported((r) => r.why === 'asked');
  assert.equal(report.request, 'f00');
  assert.equal(sum(report.results, 'wrong'), 0);
  assert.deepEqual(
    report.results.filter((r) => r.decided > 0).map((r) => [r.profile, r.point, r.set, r.decided]),
    [
      ['pupil-8', 'dns', 'education', 1],
      ['pupil-8', 'proxy', 'education', 1],
    ],
  );
});

async function dns(credential: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  const question = questionWith(
    askingFor(wireName('gambling.gatehouse-test.example'), TYPE.A),
    PROOF_OPTION,
    credential,
    1232,
  );
  const answer = new Promise<Buffer>((r) => socket.once('message', r));
  socket.send(question, gateway.dns.port, '127.0.0.1');
  const got = await answer;
  socket.close();
  return got;
}
const proxy = (credential: Buffer): Promise<number | undefined> =>
  new Promise((r, j) =>
    request(
      {
        host: '127.0.0.1',
        port: gateway.proxy.port,
        path: 'http://gambling.gatehouse-test.example/',
        headers: { 'proxy-authorization': proxyCredential(credential) },
      },
      (a) => r(a.resume().statusCode),
    )
      .on('error', j)
      .end(),
  );

test('FIL-05 whoever makes up a credential gets nothing by it: refused, not recorded, not a test', async () => {
  const number = control.snapshot?.number ?? 0;
  for (const credential of [
    mintCredential(newProofKey(), 'staff', number),
    mintCredential(newProofKey(), 'staff', number - 1),
  ]) {
    const answer = await dns(credential);
    assert.equal((answer[3] ?? 0) & 0x0f, RCODE.REFUSED);
    assert.equal(u16(answer, 6), 0);
    assert.equal(findOption(answer, questionEnd(answer), PROOF_OPTION), null);
    assert.equal(await proxy(credential), 407);
  }
  // Another program's option in the same place is a question like any other.
  const ordinary = await dns(Buffer.from('0a1b2c3d4e5f', 'hex'));
  assert.equal((ordinary[3] ?? 0) & 0x0f, RCODE.NOERROR);
  assert.equal(findOption(ordinary, questionEnd(ordinary), PROOF_OPTION), null);
  for (let i = 0; i < 100 && control.events.length === 0; i++) await new Promise((r) => setTimeout(r, 50));
  assert.deepEqual(
    control.events.map((e) => [e.profile, e.host, e.count]),
    [['unidentified', 'gambling.gatehouse-test.example', 1]],
  );
});
