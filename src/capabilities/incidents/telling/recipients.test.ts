import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestPerson } from '#testing/web.ts';
import { type Bench, bench } from './fixture.ts';
import { promptReportExists } from './report.store.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

interface House extends Bench {
  readonly centreLead: TestPerson;
  readonly osc: TestPerson;
  readonly nominated: TestPerson;
  readonly nominatedDeputy: TestPerson;
  readonly chair: TestPerson;
}

/** A school with the posts besides that the policies name. */
async function house(policy: 'secondary-school' | 'tuition-centre', work: (b: House) => Promise<void>): Promise<void> {
  const b = await bench(t, { policy });
  const { staff, teacher, volunteer, filterApprover, governor } = b.s.people;
  const extra = {
    centreLead: await b.role(filterApprover, 'centre-lead'),
    osc: await b.role(volunteer, 'online-safety-coordinator'),
    nominated: await b.role(staff, 'nominated-person'),
    nominatedDeputy: await b.role(teacher, 'nominated-person', 'deputy'),
    chair: await b.role(governor, 'chair'),
  };
  if (policy === 'secondary-school')
    await t.asOwner(`update role_holding set until_at = now() where school_id = $1 and role = 'centre-lead'`, [b.s.id]);
  try {
    await work({ ...b, ...extra });
  } finally {
    await b.close();
  }
}

const NAMES = /Sharp|Mistry|Vale|Nash|Marsh|Wren|Lark|Orchard|Pupil|Robin|Rowan/;
const sorted = (ids: readonly string[]) => [...ids].sort();

type Told = 'dsl' | 'head' | 'ict-manager' | 'centre-lead' | 'nominated-person' | 'online-safety-coordinator';

/** Under this policy a pupil’s report of this kind brings a letter at once to exactly these roles. */
const reaches =
  (policy: 'secondary-school' | 'tuition-centre', kind: string, fault: boolean, roles: readonly Told[]) => () =>
    house(policy, async (b) => {
      const pupil = await b.tell(
        b.s.people.year8,
        { kind, words: 'Zed Pupil and Hetty Vale know of it.', safe: 'yes', part: 'happened' },
        fault,
      );
      assert.match(pupil.reference, /^R-/, 'a receipt number is shown');
      const holders = {
        dsl: b.s.people.dsl,
        head: b.s.people.head,
        'ict-manager': b.s.people.ictManager,
        'centre-lead': b.centreLead,
        'nominated-person': b.nominated,
        'online-safety-coordinator': b.osc,
      };
      const letters = await b.letters();
      assert.deepEqual(sorted(letters.map((l) => l.recipient)), sorted(roles.map((r) => holders[r].id)));
      for (const l of letters) assert.doesNotMatch(`${l.subject} ${l.body}`, NAMES);
      const [report] = await b.reports();
      for (const r of roles) assert.equal((await b.sees(holders[r])).length, 1, `${r} may read it`);
      assert.equal((await b.cases()).length, kind === 'misuse' ? 1 : 0);
      assert.equal((await b.alerts()).length, kind === 'concern' || kind === 'hurtful-message' ? 1 : 0);
      assert.equal(report?.kind, kind);
    });

test(
  'ALR-03 at the secondary school a pupil’s report of a worry reaches the DSL at once by letter, and no letter names anybody',
  reaches('secondary-school', 'concern', false, ['dsl']),
);

test(
  'ALR-05 at the secondary school a pupil’s report of a hurtful message reaches the nominated person at once by letter, and no letter names anybody',
  reaches('secondary-school', 'hurtful-message', false, ['nominated-person']),
);

test(
  'ALR-02 at the secondary school a pupil’s report of misuse reaches the DSL and the ICT manager at once by letter, and no letter names anybody',
  reaches('secondary-school', 'misuse', false, ['dsl', 'ict-manager']),
);

test(
  'ALR-04 at the secondary school a pupil’s report of a fault reaches the ICT manager at once by letter, and no letter names anybody',
  reaches('secondary-school', 'technical-fault', true, ['ict-manager']),
);

test(
  'FIL-15 at the secondary school a pupil’s report of a site that should be closed reaches the ICT manager and the DSL at once by letter, and no letter names anybody',
  reaches('secondary-school', 'filter-failure', true, ['ict-manager', 'dsl']),
);

test(
  'ALR-04 at the secondary school a pupil’s report of a security breach reaches the ICT manager and the DSL at once by letter, and no letter names anybody',
  reaches('secondary-school', 'security-incident', true, ['ict-manager', 'dsl']),
);

test(
  'ALR-03 at the tuition centre a pupil’s report of a worry reaches the centre lead at once by letter, and no letter names anybody',
  reaches('tuition-centre', 'concern', false, ['centre-lead']),
);

test(
  'ALR-05 at the tuition centre a pupil’s report of a hurtful message reaches the nominated person at once by letter, and no letter names anybody',
  reaches('tuition-centre', 'hurtful-message', false, ['nominated-person']),
);

test(
  'ALR-02 at the tuition centre a pupil’s report of misuse reaches the head, the Online Safety Coordinator and the centre lead at once by letter, and no letter names anybody',
  reaches('tuition-centre', 'misuse', false, ['head', 'online-safety-coordinator', 'centre-lead']),
);

test(
  'ALR-04 at the tuition centre a pupil’s report of a fault reaches the ICT manager at once by letter, and no letter names anybody',
  reaches('tuition-centre', 'technical-fault', true, ['ict-manager']),
);

test(
  'ALR-03 at the tuition centre a pupil’s report of a site that should be closed reaches the ICT manager and the centre lead at once by letter, and no letter names anybody',
  reaches('tuition-centre', 'filter-failure', true, ['ict-manager', 'centre-lead']),
);

test(
  'ALR-04 at the tuition centre a pupil’s report of a security breach reaches the ICT manager and the centre lead at once by letter, and no letter names anybody',
  reaches('tuition-centre', 'security-incident', true, ['ict-manager', 'centre-lead']),
);

test('ALR-02 ALR-03 misuse opens a case that its recipients can work on; that they took it up is recorded, and without it the deputies and then the escalation hear of it', () =>
  house('tuition-centre', async (b) => {
    const { people } = b.s;
    const { reference } = await b.tell(people.teacher, {
      kind: 'misuse',
      words: 'Games in every lesson.',
      who: 'Yara Pupil',
      safe: 'yes',
    });
    const [file] = await b.cases();
    assert.deepEqual([file?.subjects, file?.opened_by, file?.state], [[people.year7.id], null, 'reported']);
    const reads = async (who: TestPerson) =>
      (await b.s.deps.db.in(who.context, (tx) => tx.selectFrom('case_file').select('id').execute())).length;
    assert.deepEqual(
      [await reads(people.head), await reads(b.osc), await reads(b.centreLead), await reads(people.teacher)],
      [1, 1, 1, 0],
    );

    await b.wait(59 * MINUTE);
    assert.equal((await b.reports())[0]?.step, 0);
    await b.wait(MINUTE);
    const [waiting] = await b.reports();
    assert.equal(waiting?.step, 2, 'these roles have no deputies, so it goes up the escalation');
    assert.ok(waiting?.told.includes(people.dsl.id) && waiting.told.includes(b.chair.id));

    await b.pages.as(b.osc).post(`/told/${reference}/acknowledge`);
    const page = await b.pages.as(people.head).get(`/told/${reference}`);
    assert.match(page.body, /Vi Lark has it/);
    assert.equal((await b.reports())[0]?.due_at, null, 'the clock has stopped');
  }));

test('ALR-05 a message that hurts goes to the nominated person at once, in the set time to the deputy, then up the escalation; form and receipt say not to reply and not to delete', () =>
  house('secondary-school', async (b) => {
    const form = await b.pages.as(null).get(b.to);
    assert.match(form.body, /Do not reply to the person, and do not delete anything/);
    const { page, reference } = await b.tell(b.s.people.year8, {
      kind: 'hurtful-message',
      words: 'They write awful things.',
      safe: 'yes',
    });
    assert.match(page, /Do not reply to the person, and do not delete anything/);
    assert.match(page, /cannot hold back a reply/, 'what the school’s mail would have to do is said, not pretended');
    const told = async () => (await b.alerts())[0]?.told;
    assert.deepEqual(await told(), [b.nominated.id]);
    await b.wait(29 * MINUTE);
    assert.deepEqual(await told(), [b.nominated.id]);
    await b.wait(MINUTE);
    assert.deepEqual(await told(), [b.nominated.id, b.nominatedDeputy.id]);
    await b.wait(30 * MINUTE);
    assert.deepEqual(await told(), [b.nominated.id, b.nominatedDeputy.id, b.s.people.dsl.id]);

    const before = await b.pages.as(b.nominated).get(`/told/${reference}`);
    assert.match(before.body, /does not run the school’s mail/);
    assert.equal((await b.pages.as(b.nominatedDeputy).post(`/told/${reference}/acknowledge`)).statusCode, 303);
    assert.equal((await b.alerts())[0]?.state, 'acknowledged', 'report and alert have one clock');
    await b.wait(60 * MINUTE);
    assert.equal((await told())?.length, 3);
  }));

test('ALR-05 whoever takes up the alert has taken up the report', () =>
  house('secondary-school', async (b) => {
    const { reference, code } = await b.tell(null, { words: 'I am worried.', safe: 'yes' });
    const [alert] = await b.alerts();
    assert.equal(alert?.due_at?.getTime(), b.s.clock.now() + 60 * MINUTE, 'the policy’s minutes for a worry');
    await b.pages.as(b.s.people.dsl).post(`/alerts/${alert?.id}/acknowledge`);
    assert.match((await b.pages.as(b.s.people.dsl).get(`/told/${reference}`)).body, /Taken up[\s\S]*Dina Sharp has it/);
    assert.match((await b.pages.as(null).post('/tell/code', { code })).body, /Somebody has read it/);
  }));

test('ALR-09 where somebody may not be safe nobody waits longer than for any urgent alert', () =>
  house('secondary-school', async (b) => {
    await b.tell(null, { words: 'Help.', safe: 'no' });
    const [alert] = await b.alerts();
    assert.equal(alert?.due_at?.getTime(), b.s.clock.now() + 5 * MINUTE);
  }));

for (const [policy, first] of [
  ['secondary-school', 'dsl'],
  ['tuition-centre', 'centreLead'],
] as const) {
  test(`EVI-03 under ${policy}, asked before anything else, a picture that may show a child’s abuse locks the case from its first moment and goes to whom the policy names in five minutes`, () =>
    house(policy, async (b) => {
      for (const picture of ['yes', 'unsure'] as const) {
        const { page } = await b.tell(null, {
          kind: 'misuse',
          words: 'There is a picture going round.',
          safe: 'yes',
          picture,
        });
        assert.match(page, /Do not look at it again\. Do not copy, print, save or send it/);
        const [report, alert, file] = [(await b.reports()).at(-1), (await b.alerts()).at(-1), (await b.cases()).at(-1)];
        assert.deepEqual([report?.imagery, file?.imagery, file?.state], [true, true, 'halted']);
        assert.deepEqual(
          [alert?.urgency, alert?.case_id, alert?.evidence[0]?.told.imagery],
          ['urgent', file?.id, true],
        );
        assert.equal(alert?.due_at?.getTime(), b.s.clock.now() + 5 * MINUTE);
        const lead = first === 'dsl' ? b.s.people.dsl : b.centreLead;
        assert.ok(alert?.told.includes(lead.id));
        assert.match(
          (await b.pages.as(lead).get(`/told/${report?.reference}`)).body,
          /It may show the sexual abuse of a child/,
        );
        assert.match(
          (await b.pages.as(lead).get(`/alerts/${alert?.id}`)).body,
          /It may show the sexual abuse of a child/,
        );
        b.s.clock.advance(1);
      }
      await b.tell(null, { kind: 'misuse', words: 'Only rude words.', safe: 'yes', picture: 'no' });
      assert.deepEqual([(await b.reports()).at(-1)?.imagery, (await b.cases()).at(-1)?.state], [false, 'reported']);
    }));
}

test('CYB-04 “I saw it” stands beside “It happened to me”, and a witness’s name is for whoever leads and for nobody else', () =>
  house('secondary-school', async (b) => {
    const { dsl, dslDeputy, head, ictManager, year7, year8 } = b.s.people;
    const form = (await b.pages.as(year7).get('/tell')).body;
    assert.match(form, /It happened to me[\s\S]*I saw it happen to somebody else/);
    const witness = await b.tell(year7, {
      kind: 'misuse',
      words: 'They filmed him in the changing room.',
      part: 'saw',
      safe: 'yes',
      who: 'Zed Pupil',
    });
    const hurt = await b.tell(year8, {
      kind: 'hurtful-message',
      words: 'They wrote to me.',
      part: 'happened',
      safe: 'yes',
    });
    const read = async (who: TestPerson, url: string) => (await b.pages.as(who).get(url)).body;
    for (const who of [dsl, dslDeputy])
      assert.match(await read(who, `/told/${witness.reference}`), /Yara Pupil, a witness: keep the name/);
    assert.match(await read(ictManager, `/told/${witness.reference}`), /A witness, whose name is for whoever leads/);
    const [file] = await b.cases();
    for (const [who, url] of [
      [ictManager, `/told/${witness.reference}`],
      [ictManager, `/cases/${file?.reference}`],
      [dsl, `/cases/${file?.reference}`],
      [head, `/cases/${file?.reference}`],
    ] as const) {
      const body = await read(who, url);
      assert.match(body, /changing room/, url);
      assert.doesNotMatch(body, /Yara Pupil/, url);
    }
    assert.match(
      await read(b.nominated, `/told/${hurt.reference}`),
      /Zed Pupil/,
      'whoever was hurt is found and helped',
    );

    const seen = await b.tell(year7, {
      kind: 'hurtful-message',
      words: 'They wrote to a friend.',
      part: 'saw',
      safe: 'yes',
    });
    const alert = (await b.alerts()).at(-1);
    assert.doesNotMatch(await read(b.nominated, `/alerts/${alert?.id}`), /Yara Pupil/);
    assert.doesNotMatch(await read(b.nominated, `/told/${seen.reference}`), /Yara Pupil/);
    const tellers = await b.s.deps.db.in(ictManager.context, (tx) =>
      tx.selectFrom('report_teller').selectAll().execute(),
    );
    assert.deepEqual(tellers, [], 'the database keeps the name, not only the page');
    assert.ok(
      !JSON.stringify(await t.asOwner('select * from ledger_entry where school_id = $1', [b.s.id])).includes(year7.id),
    );
  }));

test('SAN-18 a prompt report by the person themself is known to have been made, and nothing else of it', () =>
  house('secondary-school', async (b) => {
    const { year7, year8, teacher } = b.s.people;
    const since = new Date(b.s.clock.now());
    const told = (person: TestPerson, category: string, from = since) =>
      b.s.deps.db.in(teacher.context, (tx) => promptReportExists(tx, { person: person.id, category, since: from }));
    b.s.clock.advance(MINUTE);
    const page = await b.pages.as(year8).get('/tell?site=bad.example&category=pornography');
    assert.match(page.body, /You came here from <strong[^>]*>bad\.example/);
    await b.tell(year8, {
      kind: 'misuse',
      words: 'This came up.',
      safe: 'yes',
      site: 'bad.example',
      category: 'pornography',
    });
    await b.tell(year7, { kind: 'misuse', words: 'Something came up.', safe: 'yes', part: 'accident' });
    assert.deepEqual(
      [await told(year8, 'pornography'), await told(year8, 'gambling'), await told(teacher, 'pornography')],
      [true, false, false],
    );
    assert.equal(
      await told(year7, 'pornography'),
      true,
      'who says that it came up unlooked for need not name the kind of site',
    );
    const later = new Date(b.s.clock.now() + MINUTE);
    const longBefore = new Date(b.s.clock.now() - 3 * 24 * 60 * MINUTE);
    assert.deepEqual(
      [await told(year8, 'pornography', later), await told(year8, 'pornography', longBefore)],
      [false, false],
    );
  }));
