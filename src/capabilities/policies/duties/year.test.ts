import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestClock } from '#core/clock.ts';
import { shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { giveEvidence } from './duties.service.ts';
import { type Turn, turns } from './duties.store.ts';
import { keepDuties } from './notices.service.ts';

/** A whole school year, day by day, by the policies that ship. */

const ZONE = 'Europe/London';
const TERMS = [
  ['Autumn', '2026-09-02', '2026-12-18', '2026-10-26', '2026-10-30'],
  ['Spring', '2027-01-05', '2027-03-24', '2027-02-15', '2027-02-19'],
  ['Summer', '2027-04-12', '2027-07-21', '2027-05-31', '2027-06-04'],
];
const FIRST = Temporal.ZonedDateTime.from(`2026-09-01T09:00[${ZONE}]`);
const LAST = Temporal.ZonedDateTime.from(`2027-09-01T09:00[${ZONE}]`);

let t: TestDatabase;
let secondary: TestSchool;
let centre: TestSchool;
before(async () => {
  t = await testDatabase();
  secondary = await schoolWith('secondary-school');
  centre = await schoolWith('tuition-centre');
  await liveTheYear();
});
after(() => t.drop());

async function schoolWith(policy: 'secondary-school' | 'tuition-centre'): Promise<TestSchool> {
  const school = await testSchool(t, { clock, policy });
  for (const [name, ...days] of TERMS) {
    await t.asOwner(
      `insert into term (school_id, name, starts, ends, half_term_starts, half_term_ends) values ($1, $2, $3, $4, $5, $6)`,
      [school.id, name, ...days],
    );
  }
  return school;
}
const clock = new TestClock(FIRST.epochMilliseconds);

/** What people of the secondary school do on which day; all else is left undone. */
const DONE: Readonly<Record<string, readonly [part: Part, duty: string]>> = {
  '2026-09-20': ['ictManager', 'CAL-09'],
  '2026-10-31': ['ictManager', 'CAL-09'],
  // November is forgotten, and remembered in December.
  '2026-12-04': ['ictManager', 'CAL-09'],
  '2026-12-14': ['ictManager', 'CAL-09'],
  '2027-06-10': ['dsl', 'CAL-27'],
};

async function liveTheYear(): Promise<void> {
  for (let day = FIRST; Temporal.ZonedDateTime.compare(day, LAST) <= 0; day = day.add({ days: 1 })) {
    clock.advance(day.epochMilliseconds - clock.now());
    await keepDuties(secondary.deps);
    const [part, duty] = DONE[day.toPlainDate().toString()] ?? [];
    if (!part || !duty) continue;
    const { context } = secondary.people[part];
    await t.db.in(context, async (tx) => {
      const open = (await turns(tx, clock.now(), { duty })).findLast((x) => x.doneAt === null);
      assert.ok(open);
      await giveEvidence(tx, secondary.deps, context, {
        duty,
        occurrence: open.id,
        text: 'Went through the whole list.',
        nil: false,
        reference: '',
      });
    });
  }
}

const of = async (school: TestSchool, duty: string): Promise<Turn[]> => {
  const all = await t.db.in(school.people.dsl.context, (tx) => turns(tx, clock.now(), { duty }));
  const ends = LAST.startOfDay().epochMilliseconds;
  return all.filter((x) => x.opens < ends).reverse();
};
const local = (ms: number | null) =>
  ms === null
    ? null
    : Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(ZONE).toPlainDateTime().toString().slice(0, 16);

test('CAL-09 comes twelve times in a school year, each due with the last minute of its month on the wall clock', async () => {
  const months = await of(secondary, 'CAL-09');
  assert.equal(months.length, 12);
  assert.deepEqual(
    [1, 2, 6, 11].map((i) => local(months[i]?.due ?? null)),
    ['2026-10-31T23:59', '2026-11-30T23:59', '2027-03-31T23:59', '2027-08-31T23:59'],
  );
});

test('CAL-27 comes once, and is due at the end of the last term', async () => {
  const years = await of(secondary, 'CAL-27');
  assert.deepEqual(
    years.map((y) => [y.key, local(y.due), y.state]),
    [['2026/27', '2027-07-21T23:59', 'done']],
  );
});

test('CAL-01 comes six times: before each half-term break and at the end of each term', async () => {
  const halves = await of(centre, 'CAL-01');
  assert.deepEqual(
    halves.map((h) => local(h.due)?.slice(0, 10)),
    ['2026-10-25', '2026-12-18', '2027-02-14', '2027-03-24', '2027-05-30', '2027-07-21'],
  );
  assert.ok(halves.every((h) => !h.assumed));
});

test('GOV-35 every duty of both policies that comes round has come round as often as its period says', async () => {
  // 1 September 2026 is a Tuesday and 31 August 2027 another: 53 weeks begin or run in the year, and the day counts 365.
  const times = { day: 365, week: 53, month: 12, 'half-term': 6, term: 3, 'academic-year': 1, 'calendar-year': 2 };
  let seen = 0;
  for (const [school, id] of [
    [secondary, 'secondary-school'],
    [centre, 'tuition-centre'],
  ] as const) {
    const duties = shippedPolicy(id).duties;
    assert.ok(duties.length > 0);
    for (const duty of duties) {
      const expected = 'every' in duty.period ? (duty.period.times ? 1 : times[duty.period.every]) : 0;
      assert.equal((await of(school, duty.id)).length, expected, `${id} ${duty.id}`);
      seen++;
    }
  }
  assert.ok(seen > 60, `${seen} duties`);
});

test('GOV-35 a missed duty stays missed when its evidence comes afterwards, and one in time is done', async () => {
  const months = await of(secondary, 'CAL-09');
  assert.deepEqual(
    months.slice(0, 5).map((m) => m.state),
    ['done', 'done', 'missed', 'done', 'missed'],
  );
  assert.equal(local(months[2]?.doneAt ?? null), '2026-12-04T09:00');
  assert.equal(months[4]?.doneAt, null);
});

test('GOV-35 owner and deputy are told when a turn begins, a week before and when it is due, and the second role when it is late, each once', async () => {
  const { ictManager, filterApprover, dsl } = secondary.people;
  const november = (await of(secondary, 'CAL-09'))[2];
  const notices = await t.asOwner(
    `select kind, recipient, at from duty_notice where occurrence_id = $1 order by at, kind, recipient`,
    [november?.id],
  );
  const told = (kind: string) => notices.filter((n) => n.kind === kind).map((n) => n.recipient);
  for (const kind of ['opened', 'soon', 'due']) {
    assert.deepEqual(new Set(told(kind)), new Set([ictManager.id, filterApprover.id]), kind);
    assert.equal(told(kind).length, 2, kind);
  }
  assert.deepEqual(new Set(told('late')), new Set([ictManager.id, filterApprover.id, dsl.id]));
  assert.equal(told('late').length, 3);
  const day = (kind: string) => local(notices.find((n) => n.kind === kind)?.at.getTime())?.slice(0, 10);
  assert.deepEqual(['opened', 'soon', 'due', 'late'].map(day), [
    '2026-11-01',
    '2026-11-24',
    '2026-11-30',
    '2026-12-01',
  ]);
  // Done in time: nobody hears that it is late.
  const september = (await of(secondary, 'CAL-09'))[0];
  assert.deepEqual(
    await t.asOwner(`select from duty_notice where occurrence_id = $1 and kind in ('soon', 'due', 'late')`, [
      september?.id,
    ]),
    [],
  );
});
