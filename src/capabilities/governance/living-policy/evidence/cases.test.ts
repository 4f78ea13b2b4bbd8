import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { readConfig } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { type TestSchool, testSchool } from '#testing/web.ts';
import { readEvidence } from './index.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

let school: TestSchool;
const config = readConfig({}, '/', temporaryFolder('evidence-of-cases'));
const begin = async (policy: 'tuition-centre' | 'secondary-school') => {
  school = await testSchool(t, { policy, config });
};
beforeEach(() => begin('tuition-centre'));
const at = (ms: number) => new Date(school.clock.now() + ms);
const sql = (text: string, ...values: unknown[]) => t.asOwner(text, [school.id, ...values]);

/** "tone: text", without what is said of every such count. */
async function says(control: string, deps = school.deps): Promise<string> {
  const answer = (await readEvidence(deps, school.id))?.answers.get(control);
  assert.ok(answer && typeof answer !== 'function', control);
  return `${answer.tone}: ${answer.text}`.replace('; what is kept from an adult is not counted', '');
}

interface Case {
  readonly subjects?: readonly string[];
  readonly conflicted?: readonly string[];
  readonly restricted?: boolean;
  readonly state?: string;
  readonly due?: number;
}
async function open(c: Case = {}): Promise<string> {
  const id = randomUUID();
  await school.deps.db.in(systemContext(school.id), (tx) =>
    tx
      .insertInto('case_file')
      .values({
        id,
        school_id: school.id,
        reference: `C-${id.slice(0, 6)}`,
        title: 'A case',
        source: 'logged',
        urgency: 'soon',
        state: c.state ?? 'triage',
        opened_at: at(-MINUTE),
        subjects: [...(c.subjects ?? [school.people.year8.id])],
        conflicted: [...(c.conflicted ?? [])],
        restricted: c.restricted ?? false,
        first_action_due: at(c.due ?? HOUR),
        imagery: c.state === 'halted',
      })
      .execute(),
  );
  return id;
}
/** What only whoever reads the evidence may not learn of: cases kept from an adult. */
async function openKeptFromAdults(state: string): Promise<string[]> {
  const { head, year8, teacher } = school.people;
  const kept: Case[] = [
    { subjects: [head.id] },
    { subjects: [year8.id, teacher.id] },
    { conflicted: [teacher.id] },
    { restricted: true },
    { subjects: [] },
  ];
  return Promise.all(kept.map((c) => open({ ...c, state, due: -HOUR })));
}

test('INC-05 open and late cases are counted where they are about pupils and kept from no adult', async () => {
  assert.equal(await says('case-procedure'), 'good: 0 cases open, 0 late');
  assert.equal(await says('case-clocks'), 'good: No case is late');
  await openKeptFromAdults('triage');
  await open({ state: 'closed' });
  assert.equal(await says('case-procedure'), 'good: 0 cases open, 0 late');
  assert.equal(await says('case-clocks'), 'good: No case is late');
  await open();
  assert.equal(await says('case-procedure'), 'good: 1 case open, 0 late');
});

test('INC-27 SAN-01 a first action that is late needs attention, and it is told whether anybody was told of it', async () => {
  const id = await open({ due: -MINUTE });
  assert.equal(await says('case-procedure'), 'attention: 1 case open, 1 late');
  assert.equal(await says('case-clocks'), 'attention: 1 case is late, nobody was told yet of 1');
  await sql('update case_file set escalated = 2 where school_id = $1 and id = $2', id);
  assert.equal(await says('case-clocks'), 'attention: 1 case is late, whoever must know was told');
  await sql('update case_file set first_action_at = $3 where school_id = $1 and id = $2', id, at(0));
  assert.equal(await says('case-clocks'), 'good: No case is late');
});

test('INC-04 too few seniors for an examination are told of', async () => {
  assert.match(await says('case-team'), /^good: \d people can act as seniors, 2 needed/);
  const { dsl } = school.people;
  await sql('update role_holding set until_at = $2 where school_id = $1 and person_id <> $3', at(-MINUTE), dsl.id);
  assert.match(await says('case-team'), /^attention: 1 person can act as seniors, 2 needed/);
});

test('EVI-04 stopped cases are counted, and the database is asked whether it closes them', async () => {
  assert.match(await says('imagery-lock'), /^good: No case is stopped now, and the database lets no file in or out/);
  await openKeptFromAdults('halted');
  assert.match(await says('imagery-lock'), /^good: No case is stopped now/);
  await open({ state: 'halted' });
  assert.match(await says('imagery-lock'), /^good: 1 case is stopped now/);
  await t.asOwner('alter table evidence_item disable trigger sound', []);
  try {
    assert.equal(await says('imagery-lock'), 'attention: The database would not close a case that is stopped');
  } finally {
    await t.asOwner('alter table evidence_item enable trigger sound', []);
  }
});

test('EVI-09 what the vault holds is counted, and a vault without the key of a body outside says that it takes no files', async () => {
  const withKey = { ...school.deps, config: { ...config, evidence: { ...config.evidence, escrow: 'a public key' } } };
  const item = (caseId: string) =>
    sql(
      `insert into evidence_item (id, school_id, case_id, number, kind, description, taken_by, taken_at) values ($2, $1, $3, 1, 'device', 'A telephone', $4, $5)`,
      randomUUID(),
      caseId,
      school.people.dsl.id,
      at(0),
    );
  await Promise.all((await openKeptFromAdults('triage')).map(item));
  assert.equal(
    await says('evidence-vault', withKey),
    'good: 0 items are held, 0 sealed; the key of the body outside is set',
  );
  await item(await open());
  assert.equal(
    await says('evidence-vault', withKey),
    'good: 1 item is held, 0 sealed; the key of the body outside is set',
  );
  await sql(
    `insert into evidence_event (school_id, case_id, item_id, at, action) select school_id, case_id, id, $2, 'seal' from evidence_item where school_id = $1`,
    at(0),
  );
  assert.match(await says('evidence-vault', withKey), /^good: 1 item is held, 1 sealed/);
  assert.match(await says('evidence-vault'), /^attention: .* is not set, so the vault takes no files$/);
});

test('INC-06 no computer set apart needs attention only where the policy asks for one', async () => {
  assert.match(await says('designated-computer'), /^attention: No computer is set apart/);
  await sql(
    `insert into designated_computer (school_id, name, place, public_key, registered_by, registered_at) values ($1, 'Room 4', 'Room 4', $2, $3, $4)`,
    Buffer.alloc(91, 1),
    school.people.ictManager.id,
    at(0),
  );
  assert.equal(await says('designated-computer'), 'good: 1 computer is set apart, each known by a key of its own');
  await begin('secondary-school');
  assert.match(await says('designated-computer'), /^none:/);
});

test('SRC-01 who may search devices is counted, and open searches that are kept from no adult', async () => {
  assert.equal(await says('device-search'), 'none: The policy has no searching of devices');
  await begin('secondary-school');
  assert.match(await says('device-search'), /^attention: Nobody is on the list/);
  const { teacher, staff, head, year8 } = school.people;
  for (const [person, until] of [
    [teacher, DAY],
    [staff, -HOUR],
  ] as const) {
    await sql(
      `insert into search_authorisation (school_id, person_id, from_at, until_at, because, authorised_by, at) values ($1, $2, $3, $4, 'Trained', $5, $3)`,
      person.id,
      at(-DAY),
      at(until),
      head.id,
    );
  }
  assert.equal(await says('device-search'), 'good: 1 person may search, 0 searches are open');
  const search = async (reference: string) => {
    const id = randomUUID();
    await sql(
      `insert into device_search (id, school_id, reference, pupil, device, started_by, started_at, policy_number, documents)
       values ($2, $1, $3, $4, 'A telephone', $5, $6, 1, '[]')`,
      id,
      reference,
      year8.id,
      teacher.id,
      at(0),
    );
    await sql(
      `insert into device_search_entry (school_id, search_id, number, action, to_state, by_person, at, detail) values ($1, $2, 1, 'start', 'grounds', $3, $4, '{}')`,
      id,
      teacher.id,
      at(0),
    );
    return id;
  };
  await search('D-ABCDEF');
  const other = await search('D-GHJKMN');
  assert.equal(await says('device-search'), 'good: 1 person may search, 2 searches are open');
  await sql(
    `insert into device_search_person (school_id, search_id, person_id, part, at) values ($1, $2, $3, 'named', $4)`,
    other,
    head.id,
    at(0),
  );
  assert.equal(await says('device-search'), 'good: 1 person may search, 1 search is open');
});

test('FIL-15 ALR-03 what people told is counted by the month, and what nobody took up in time needs attention', async () => {
  assert.match(await says('telling'), /^none: Nobody has told/);
  const tell = (age: number, keptFrom: readonly string[] = []) =>
    sql(
      `insert into report (school_id, reference, kind, words, to_roles, kept_from, told_at, state, due_at, within, code_digest)
       values ($1, $2, 'technical-fault', 'It broke', '{ict-manager}', $3, $4, 'received', $5, 60, $6)`,
      randomUUID().slice(0, 8),
      keptFrom,
      at(-age),
      at(HOUR - age),
      Buffer.from(randomUUID()),
    );
  const { head, year8 } = school.people;
  await tell(2 * HOUR, [head.id]);
  assert.match(await says('telling'), /^none:/);
  await tell(MINUTE, [year8.id]);
  assert.equal(await says('telling'), 'good: 1 report in 30 days, 1 to be taken up now');
  await tell(2 * HOUR);
  assert.equal(await says('telling'), 'attention: 2 reports in 30 days, 2 to be taken up now');
  await sql(`update report set state = 'acknowledged' where school_id = $1`);
  assert.equal(await says('telling'), 'good: 2 reports in 30 days, 0 to be taken up now');
});

test('MON-10 looks at a class of the last thirty days are counted', async () => {
  assert.match(await says('class-view'), /^none:/);
  const look = (age: number) =>
    sql(
      `insert into class_view (school_id, group_name, by_person, as_role, pupils, opened_at, ends_at, seen_at) values ($1, '9B', $2, 'teacher', $3, $4, $5, $4)`,
      school.people.teacher.id,
      [school.people.year8.id],
      at(-age),
      at(HOUR - age),
    );
  await look(31 * DAY);
  assert.match(await says('class-view'), /^none:/);
  await look(DAY);
  assert.equal(await says('class-view'), 'good: 1 look at a class in 30 days, each on record');
});
