import { DAY, HOUR, MINUTE, SECOND } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { schools } from '#platform/school.ts';
import { shippedPolicy } from '#policy/index.ts';
import { enrolGateway, tendLists } from '#rooms/filtering/index.ts';
import { ingest } from '#rooms/monitoring/index.ts';
import { adoptPolicy, policyInForce } from '#rooms/policies/index.ts';
import { type Enrolled, makeSchool } from '../setup/setup.service.ts';
import { activityBetween, BETWEEN_TRIES, dayStart, type Episode, type World } from './activity.ts';
import { DEMO_PASSWORD, type DemoPeople, seedPeople, titleOf } from './people.ts';
import { tellPromises } from './promises.ts';
import { Random } from './random.ts';
import { seedPermissions, seedSchoolDay } from './school-day.ts';
import { tellSearches } from './searches.ts';
import { depsAt, episodes, seedAskings, tellStories } from './stories.ts';

export interface SignIn {
  readonly role: string;
  readonly name: string;
  readonly username: string;
  readonly password: string;
}

const SLUG = 'ashgrove-demo';
const DAYS = 14;
const SEEDED = 'demo.seed';

/**
 * A plainly fictional secondary school with two weeks behind it. Everything goes in by the doors that real use goes
 * through, at the times when it would have happened, so charts, digests, alerts and the ledger are real. Made once: later
 * calls only give the sign-ins.
 */
export async function seedDemo(
  deps: Deps,
  onEnrolled: (enrolled: Enrolled) => void = () => undefined,
): Promise<SignIn[]> {
  const [existing] = (await schools(deps.db)).filter((s) => s.slug === SLUG);
  if (existing) return signInsOf(deps, existing.id);

  const now = deps.clock.now();
  const school = { id: newId(now), slug: SLUG, name: 'Ashgrove School (demonstration)', timeZone: 'Europe/London' };
  const before = depsAt(deps, now - (DAYS + 1) * DAY);
  const { people, gateway } = await deps.db.in(systemContext(school.id), async (tx) => {
    const by = systemContext(school.id);
    await makeSchool(tx, school.id, { slug: SLUG, school, site: 'Grove Lane', terms: termsAround(now) });
    await adoptPolicy(tx, before, by, shippedPolicy('secondary-school'), { approver: null });
    const people = await seedPeople(tx, before, school);
    await seedSchoolDay(tx, before, by);
    await seedPermissions(tx, before, people, school.timeZone);
    await tendLists(tx, before, school.id);
    // The program in front of the visitor was started just now, and has a day to prove itself like any other.
    const token = await enrolGateway(tx, deps, by, 'local');
    const { signing_public } = await tx.selectFrom('installation').select('signing_public').executeTakeFirstOrThrow();
    onEnrolled({ token, publicKey: signing_public });
    const { id } = await tx.selectFrom('gateway').select('id').executeTakeFirstOrThrow();
    return { people, gateway: { id, school: school.id } };
  });

  const stories = episodes(people.all, now, school.timeZone);
  await seedActivity(deps, gateway, people, stories);
  await tellStories(deps, people, stories);
  await tellSearches(deps, people);
  await seedAskings(deps, people);
  await tellPromises(deps, people);
  await deps.db.in(systemContext(school.id), async (tx) => {
    await settleMail(tx, now);
    await record(tx, {
      school: school.id,
      actor: null,
      action: SEEDED,
      object: { kind: 'school', id: school.id },
      at: now,
    });
  });
  return [...people.signIns];
}

async function seedActivity(
  deps: Deps,
  gateway: { id: string; school: string },
  people: DemoPeople,
  stories: readonly Episode[],
): Promise<void> {
  const policy = await deps.db.in(systemContext(gateway.school), (tx) => policyInForce(tx, deps.clock.now()));
  if (!policy) throw new Error('the demonstration has no policy');
  const world: World = {
    people: people.all,
    document: policy.document,
    compiled: policy.compiled,
    random: new Random(2024),
  };
  const now = deps.clock.now();
  const start = dayStart(now, DAYS, policy.compiled.timeZone);
  // An alert is raised when its batch comes, so a batch ends soon after each thing that stands out.
  const ends = stories.map((e) => e.at + e.tries * BETWEEN_TRIES + 2 * SECOND);
  const cuts = [...hoursBetween(start, now), ...ends, now].filter((t) => t > start && t <= now).sort((a, b) => a - b);
  let from = start;
  let batch = 0;
  for (const to of cuts) {
    const events = activityBetween(world, from, to, stories);
    from = to;
    if (events.length === 0) continue;
    const body = Buffer.from(events.map((e) => `${JSON.stringify(e)}\n`).join(''));
    await ingest(depsAt(deps, to), gateway, ++batch, body);
  }
}

function hoursBetween(from: number, to: number): number[] {
  const hours: number[] = [];
  for (let t = Math.ceil(from / HOUR) * HOUR; t < to; t += HOUR) hours.push(t);
  return hours;
}

/** Three terms of thirteen weeks around today, each with a week off in its middle. */
function termsAround(now: number) {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  return ['Last term', 'This term', 'Next term'].map((name, i) => {
    const starts = now + ((i - 1) * 15 - 6) * 7 * DAY;
    const week = (n: number) => day(starts + n * 7 * DAY);
    return { name, starts: week(0), ends: week(13), halfTermStarts: week(7), halfTermEnds: week(8) };
  });
}

/** Nobody here has a real mailbox: letters count as handed over, so that they do not stand in the queue. */
async function settleMail(tx: Tx, now: number): Promise<void> {
  await tx
    .updateTable('mail')
    .set({ sent_at: new Date(now - MINUTE), response: '250 not sent: demonstration', attempts: 1 })
    .where('sent_at', 'is', null)
    .execute();
}

async function signInsOf(deps: Deps, school: string): Promise<SignIn[]> {
  return deps.db.in(systemContext(school), async (tx) => {
    const whole = await tx.selectFrom('ledger_entry').select('id').where('action', '=', SEEDED).executeTakeFirst();
    if (!whole) {
      throw new Refusal('conflict', 'demo.half-made', 'The demonstration was interrupted while it was being made.', {
        remedy: `Delete the folder ${deps.config.data} and start it again.`,
      });
    }
    const rows = await tx
      .selectFrom('person')
      .select(['username', 'display_name'])
      .where('username', 'like', 'demo-%')
      .execute();
    return rows.map((r) => ({
      role: titleOf(r.username),
      name: r.display_name,
      username: r.username,
      password: DEMO_PASSWORD,
    }));
  });
}
