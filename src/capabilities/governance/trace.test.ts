import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, MINUTE } from '#core/clock.ts';
import { enrolGateway } from '#rooms/filtering/index.ts';
import { incidentsRoom } from '#rooms/incidents/index.ts';
import { ingest, monitoringJobs, monitoringRoom, placeHold, releaseHold } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { contextOf } from '#web/index.ts';
import { governanceRoom } from './index.ts';

let t: TestDatabase;
let s: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  s = await testSchool(t, { policy: 'secondary-school' });
  pages = await pagesFor(
    s.deps,
    monitoringRoom(s.deps),
    incidentsRoom(s.deps),
    governanceRoom(s.deps, { onEnrolled: () => undefined }),
  );
});
after(async () => {
  await pages.close();
  await t.drop();
});

/** The ledger itself, and what migrations keep. */
const WITHOUT_ENTRY = ['ledger_entry', 'ledger_seal', 'kysely_migration', 'kysely_migration_lock'];

/** Rows of any table that were written since, in a transaction that left no entry in the ledger. */
async function untraced(since: string): Promise<string[]> {
  const tables = await t.asOwner<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables.filter((r) => !WITHOUT_ENTRY.includes(r.name))) {
    const rows = await t.asOwner<{ n: string }>(
      `select count(*) as n from "${name}" r where r.xmin::text::bigint >= $1::bigint
       and not exists (select from ledger_entry l where l.xid::text::bigint = r.xmin::text::bigint)`,
      [since],
    );
    if (rows[0]?.n !== '0') found.push(`${name}: ${rows[0]?.n}`);
  }
  return found;
}

const as = (part: Part) => pages.as(s.people[part]);
const did = async (part: Part, url: string, fields: Record<string, string> = {}) => {
  const answer = await as(part).post(url, fields);
  assert.equal(answer.statusCode, 303, `${url}: ${answer.body}`);
  return String(answer.headers.location);
};

test('every command of monitoring, incidents and governance leaves its entry in its own transaction', async () => {
  const by = contextOf(s.people.dsl.viewer);
  const { deps } = s;
  const [{ xid: since } = { xid: '' }] = await t.asOwner<{ xid: string }>('select pg_current_xact_id()::text as xid');
  await t.db.in(by, (tx) => enrolGateway(tx, deps, by, 'Main'));
  const [gateway] = await t.asOwner<{ id: string }>('select id from gateway');
  const deliver = (batch: number, host: string) => {
    const event = {
      t: s.clock.now(),
      via: 'dns',
      person: s.people.year8.id,
      device: null,
      address: '192.0.2.7',
      profile: 'pupil-8',
      host,
      category: 'self-harm',
      outcome: 'block',
      rule: 'UAR-20',
      clause: null,
      snapshot: 1,
      list: null,
      count: 1,
    };
    const body = Buffer.from(`${JSON.stringify(event)}\n`);
    return ingest(deps, { id: gateway?.id ?? '', school: s.id }, batch, body);
  };
  const alerts = () => t.asOwner<{ id: string; state: string }>('select id, state from alert order by raised_at, id');

  await deliver(1, 'one.example');
  await deliver(2, 'two.example');
  s.clock.advance(5 * MINUTE);
  await monitoringJobs(deps).tasks['alerts.sweep']?.({});
  const [grave] = await alerts();
  assert.ok(grave);
  await as('dsl').get(`/alerts/${grave.id}`);
  await as('dsl').get(`/alerts/${grave.id}/context`);
  await did('dsl', `/alerts/${grave.id}/acknowledge`);
  await did('ictManager', '/activity/look-up', { person: s.people.year7.id, reason: 'Her tutor asked me to look.' });
  await as('ictManager').get(`/activity/person/${s.people.year12.id}`);
  await did('year8', '/tell', { words: 'Somebody writes to me.', safe: 'yes' });
  const told = (await alerts()).find((a) => a.state === 'raised');
  await did('dsl', `/alerts/${told?.id}/acknowledge`);
  await did('dsl', `/alerts/${told?.id}/close`, { reason: 'We have spoken about it.' });
  const hold = { person: s.people.year8.id, from: new Date(0), until: new Date(DAY), reason: 'A case.' };
  const held = await t.db.in(by, (tx) => placeHold(tx, deps, by, hold));
  await t.db.in(by, (tx) => releaseHold(tx, deps, by, held));
  await monitoringJobs(deps).tasks['activity.retention']?.({});

  const at = await did('dsl', `/cases/from-alert/${grave.id}`);
  await did('dsl', `${at}/assign`, { person: s.people.dsl.id });
  await did('dsl', `${at}/join`, { person: s.people.teacher.id });
  await did('teacher', `${at}/note`, { text: 'Rang home.' });
  await did('dsl', `${at}/support`, { text: 'Met her mother.' });
  await did('dsl', `${at}/inform`, { decision: 'told', text: 'They came in.' });
  await did('dsl', `${at}/record`, { reference: 'R-1' });
  await did('dsl', `${at}/involve`, { person: s.people.staff.id });
  await did('dsl', `${at}/resolve`, { outcome: 'supported' });
  await did('dsl', `${at}/close`);
  await did('dsl', `${at}/reopen`, { text: 'It began again.' });
  await as('dsl').get(`${at}/print`);
  await did('staff', '/cases/new', {
    ...{ intent: 'log', title: 'A worry', category: '', happenedOn: '2026-11-02', text: 'Heard in class.' },
  });

  await did('administrator', '/settings/school', { name: 'Ashgrove', timeZone: 'Europe/London' });
  await did('administrator', '/settings/sites', { site: 'Annexe' });
  await did('administrator', '/settings/terms', { name: 'Autumn', starts: '2026-09-01', ends: '2026-12-18' });
  const [term] = await t.asOwner<{ id: string }>('select id from term');
  await did('administrator', `/settings/terms/${term?.id}/remove`);
  await did('administrator', '/settings/filter', { dnsBlock: 'page', proxySignIn: 'ask' });
  const own = { allowedPrivate: '10.1.0.0/16', reason: 'The catalogue stands there.' };
  await did('administrator', '/settings/private', own);
  const [proposal] = await t.asOwner<{ id: string }>('select id from private_target_proposal');
  await did('ictManager', `/settings/private/${proposal?.id}/agree`);
  await did('administrator', '/settings/private', { allowedPrivate: '' });
  const server = { host: 'mail.school.example', port: '587', security: 'starttls', from: 'office@school.example' };
  await did('administrator', '/settings/mail', server);
  await did('administrator', '/settings/mail/test');

  assert.deepEqual(await untraced(since), []);
  assert.ok((await t.asOwner('select from ledger_entry')).length > 25);
});

test('a hold that is not there, or was released before, is not released again', async () => {
  const by = contextOf(s.people.dsl.viewer);
  await assert.rejects(
    t.db.in(by, (tx) => releaseHold(tx, s.deps, by, s.id)),
    { code: 'not-found' },
  );
});
