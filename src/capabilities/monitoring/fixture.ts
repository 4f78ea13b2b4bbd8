import { newId } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { enrolGateway } from '#rooms/filtering/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type TestPerson, type TestSchool, type TestSchoolOptions, testSchool } from '#testing/web.ts';
import { ingest } from './ingest.service.ts';

export interface Bench {
  readonly t: TestDatabase;
  readonly school: TestSchool;
  readonly gateway: { readonly id: string; readonly school: string };
  readonly token: string;
  /** An event of this moment, changed as wanted. */
  event(more?: Partial<ActivityEvent>): ActivityEvent;
  /** Deliver events as one batch of their own. */
  deliver(events: readonly ActivityEvent[], number?: number): ReturnType<typeof ingest>;
}

/** For this room's tests: a school with a gateway, in a database of its own or in the one given. */
export async function monitored(options: TestSchoolOptions = {}, db?: TestDatabase): Promise<Bench> {
  const t = db ?? (await testDatabase());
  const school = await testSchool(t, { policy: 'secondary-school', ...options });
  const context = systemContext(school.id);
  const token = await school.deps.db.in(context, (tx) => enrolGateway(tx, school.deps, context, 'Main building'));
  const [row] = await t.asOwner<{ id: string }>('select id from gateway where school_id = $1', [school.id]);
  const gateway = { id: row?.id ?? '', school: school.id };
  let next = 0;
  const event = (more: Partial<ActivityEvent> = {}): ActivityEvent => ({
    t: school.clock.now(),
    via: 'proxy',
    person: school.people.year8.id,
    device: null,
    address: '192.0.2.7',
    profile: 'pupil-8',
    host: 'games.example',
    category: 'games',
    outcome: 'block',
    rule: 'UAR-20',
    clause: 'filtering.games',
    snapshot: 1,
    list: 'f00d',
    count: 1,
    ...more,
  });
  return {
    t,
    school,
    gateway,
    token,
    event,
    deliver: (events, number = ++next) => ingest(school.deps, gateway, number, ndjson(events)),
  };
}

export const ndjson = (events: readonly ActivityEvent[]): Buffer =>
  Buffer.from(events.map((e) => `${JSON.stringify(e)}\n`).join(''));

/** Somebody looked for help with hurting themself. */
export const GRAVE = { category: 'self-harm', host: 'harm.example' } as const;

/** Alerts of a school as the owner sees them, past row security. */
export const alertsOf = (bench: Pick<Bench, 't' | 'school'>) =>
  bench.t.asOwner<{
    id: string;
    reference: string;
    subject: string | null;
    detector: string;
    category: string | null;
    state: string;
    hits: number;
    step: number;
    due_at: Date | null;
    evidence: { host: string; at: string; text?: string }[];
    kept_from: string[];
    told: string[];
  }>('select * from alert where school_id = $1 order by raised_at, reference', [bench.school.id]);

/** Another person of this kind, who holds no role. */
export async function another(bench: Bench, kind: 'pupil' | 'staff'): Promise<Pick<TestPerson, 'id'>> {
  const id = newId(bench.school.clock.now());
  await bench.t.asOwner(
    `insert into person (id, school_id, username, display_name, kind) values ($1, $2, $3, $4, $5)`,
    [id, bench.school.id, `extra-${id.slice(-8)}`, 'Uma Extra', kind],
  );
  return { id };
}
