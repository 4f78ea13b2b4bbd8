import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { readConfig } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { shippedPolicy } from '#policy/index.ts';
import { adoptPolicy } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { readPdf } from '#testing/pdf.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { readZip } from '#testing/zip.ts';
import { coverageRoutes } from './coverage.routes.ts';
import { readCoverage } from './facts.ts';
import { parentsDocument } from './parents.document.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  const config = readConfig({ GATEHOUSE_DNS: '10.4.0.2:53', GATEHOUSE_PROXY: '10.4.0.2:3128' }, '/');
  school = await testSchool(t, { policy: 'secondary-school', config });
  const { deps } = school;
  pages = await pagesFor(deps, { name: 'governance', routes: (app) => coverageRoutes(app, deps) });
  await t.asOwner(`insert into site (school_id, name) values ($1, 'Hill Road')`, [school.id]);
  await t.asOwner(
    `insert into zone (school_id, site_id, name, kind) select school_id, id, z.name, z.kind from site,
      (values ('Main building', 'main-building'), ('Playground', 'outside')) z (name, kind) where school_id = $1`,
    [school.id],
  );
  await t.asOwner(
    `insert into registered_address (school_id, cidr, label, profile) values ($1, '10.7.3.0/24', 'Library computers', 'pupil-8')`,
    [school.id],
  );
  await t.asOwner(
    `insert into list_version (school_id, sha256, built_at, domains, urls, report) values ($1, 'x', $2, 1, 0, '{"perCategory": {}}')`,
    [school.id, new Date(school.clock.now())],
  );
  await gateway('North wing', 0);
});
after(async () => {
  await pages.close();
  await t.drop();
});

const gateway = (name: string, ago: number) =>
  t.asOwner(
    `insert into gateway (school_id, name, token_digest, seen_at, status)
     select $1, $2::text, sha256(convert_to($2::text, 'UTF8')), $3, jsonb_build_object('snapshot', snapshot_number) from school where id = $1
     on conflict (school_id, name) do update set seen_at = excluded.seen_at, status = excluded.status`,
    [school.id, name, new Date(school.clock.now() - ago)],
  );
const spell = (body: string): string =>
  body
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ');
const parents = async () => spell((await pages.as(null).get(`/for-parents/${school.slug}`)).body);
const coverage = async (query = '') =>
  spell((await pages.as(school.people.leadGovernor).get(`/coverage${query}`)).body);

const MAY: readonly Part[] = [
  'governor',
  'leadGovernor',
  'head',
  'dsl',
  'dslDeputy',
  'ictManager',
  'administrator',
  'filterApprover',
  'coordinator',
];

test('PAR-07 the coverage map is read by those who answer for it, the page for parents by anybody', async () => {
  await everyRouteDenies(pages, school);
  for (const [part, person] of Object.entries(school.people)) {
    const expected = MAY.includes(part as Part) ? 200 : 403;
    assert.equal((await pages.as(person).get('/coverage')).statusCode, expected, part);
    // Those who may: there is no such file. Making one for each would only be slow.
    const file = (await pages.as(person).get('/coverage/statement.exe')).statusCode;
    assert.equal(file, expected === 200 ? 404 : 403, part);
    assert.equal((await pages.as(person).get('/for-parents')).statusCode, 200, part);
  }
  assert.equal((await pages.as(null).get(`/for-parents/${school.slug}`)).statusCode, 200);
  assert.equal((await pages.as(null).get('/for-parents/no-such-school')).statusCode, 404);
  assert.equal((await pages.as(null).get(`/for-parents/${school.slug}.exe`)).statusCode, 404);
});

test('PAR-07 the page is dated, and tells which systems filter and monitor and what they do not do', async () => {
  const text = await parents();
  assert.match(text, /As at Tuesday, 3 November 2026 at 10:00/);
  assert.match(text, /A web filter called Gatehouse, which the school runs itself/);
  assert.match(text, /version 1/);
  assert.match(text, /safe results only to pupils/);
  for (const limit of ['Mobile data does not go through the school', 'does not read the page', 'At home and elsewhere'])
    assert.ok(text.includes(limit), limit);
});

test('PAR-07 a gateway that falls silent changes the page until it reports again', async () => {
  const whole = /the filter had not reported for some minutes/;
  assert.doesNotMatch(await parents(), whole);
  school.clock.advance(4 * MINUTE);
  assert.match(await parents(), whole);
  assert.match(await coverage(), /Not heard from: “North wing”, for 4 minutes/);
  assert.match(await coverage('?device=school-shared&place='), /Nobody can say that it is filtered or monitored now/);
  await gateway('North wing', 0);
  assert.doesNotMatch(await parents(), whole);
  await gateway('South wing', HOUR);
  assert.match(await parents(), /a part of the filter had not reported/);
  await t.asOwner(`delete from gateway where name = 'South wing' and school_id = $1`, [school.id]);
});

test('PAR-07 the list of the Internet Watch Foundation is “not supplied” until it is, and late after twelve hours', async () => {
  const missing = /has not been given the list of: Internet Watch Foundation/;
  assert.match(await parents(), missing);
  assert.match(await coverage(), /Not supplied: Internet Watch Foundation/);
  await t.asOwner(
    `insert into list_slot (school_id, slot, entries, loaded_at, checked_at) values ($1, 'iwf', 9, $2, $2)`,
    [school.id, new Date(school.clock.now())],
  );
  assert.doesNotMatch(await parents(), missing);
  assert.match(await parents(), /closed to everybody, with the list of the Internet Watch Foundation/);
  await t.asOwner(`update list_slot set checked_at = $2 where school_id = $1`, [
    school.id,
    new Date(school.clock.now() - 13 * HOUR),
  ]);
  assert.match(await parents(), /Not renewed for more than twelve hours/);
});

test('PAR-07 safe search that is not kept for some pupils is told to parents', async () => {
  const facts = await readCoverage(school.deps, school.people.head.viewer.school);
  const told = () => JSON.stringify(parentsDocument(facts).blocks);
  assert.match(told(), /safe results only to pupils/);
  assert.doesNotMatch(told(), /not kept for/);
  Object.assign(facts.safety, { 'sixth-form': { safeSearch: false, youtube: 'none', refusedFiles: {} } });
  assert.match(told(), /not kept for: Sixth-form students/);
  assert.doesNotMatch(told(), /safe results only to pupils/);
});

test('PAR-07 a new version of the policy, and whom it lets search freely, is in the next page', async () => {
  assert.match(await coverage(), /not kept for: Staff, Governors\./);
  const shipped = shippedPolicy('secondary-school');
  const document = {
    ...shipped,
    profiles: shipped.profiles.map((p) => (p.id === 'governor' ? { ...p, audience: 'guest' as const } : p)),
  };
  const by = systemContext(school.id);
  school.clock.advance(MINUTE);
  await t.db.in(by, (tx) => adoptPolicy(tx, school.deps, by, document, { approver: null }));
  await gateway('North wing', 0);
  assert.match(await coverage(), /not kept for: Staff\./);
  assert.match(await parents(), /version 2/);
});

test('PAR-07 monitoring is promised only while records come in', async () => {
  assert.match(await parents(), /No record of use has come in yet/);
  await t.asOwner(
    `insert into activity_batch (gateway_id, number, school_id, received_at, lines, digest) select id, 1, school_id, $2, 1, '' from gateway where school_id = $1`,
    [school.id, new Date(school.clock.now())],
  );
  assert.match(await parents(), /keeps a record of which sites were asked for/);
  assert.doesNotMatch(await parents(), /No record of use/);
  assert.match(await coverage(), /Recorded under the person’s name/);
  school.clock.advance(8 * DAY);
  assert.match(await parents(), /No record of use has come in for a week/);
  school.clock.advance(-8 * DAY);
});

test('PAR-07 no address, gateway, closed site or way round the filter stands on the page for parents', async () => {
  const text = await parents();
  for (const secret of ['10.7.3', '10.4.0', 'North wing', 'Library computers', '3128', 'UDP', 'QUIC', 'GATEHOUSE_'])
    assert.ok(!text.includes(secret), secret);
  const map = await coverage();
  for (const known of ['North wing', 'Library computers', 'QUIC']) assert.ok(map.includes(known), known);
});

test('the map tells each class of device, place and profile apart, and can be searched', async () => {
  const all = await coverage();
  for (const device of shippedPolicy('secondary-school').devices) assert.ok(all.includes(device.name), device.name);
  assert.match(all, /Main building/);
  assert.match(all, /Away from school/);
  const child = await coverage('?device=child-owned&profile=pupil-8');
  assert.match(child, /The policy gives it no network here/);
  assert.match(child, /Main building, Playground Year 8 pupils By DNS and through the proxy/);
  assert.doesNotMatch(child, /Playground Year 7 pupils|Owned by a visitor Owned by a visitor/);
  assert.doesNotMatch(await coverage('?q=mobile'), /Encrypted DNS and VPN services/);
  assert.match(await coverage('?q=nothingofthekind'), /Nothing matches/);
});

test('with DNS and proxy within reach of this computer alone nobody is told that devices are filtered', async () => {
  const config = readConfig({}, '/');
  const alone = { ...school.deps, config };
  const here = await pagesFor(alone, { name: 'governance', routes: (app) => coverageRoutes(app, alone) });
  const text = spell((await here.as(null).get(`/for-parents/${school.slug}`)).body);
  assert.match(text, /no child’s device is filtered or monitored by it yet/);
  const map = spell((await here.as(school.people.ictManager).get('/coverage')).body);
  assert.doesNotMatch(map, /By DNS and through the proxy, while/);
  await here.close();
});

test('PAR-07 the same stands in a tagged PDF and in a Word file', async () => {
  const pdf = await pages.as(null).get(`/for-parents/${school.slug}.pdf`);
  assert.equal(pdf.statusCode, 200);
  const read = readPdf(pdf.rawPayload);
  assert.ok(read.text.includes('Mobiledatadoesnotgothroughtheschool'));
  assert.ok(read.tags.some((tag) => tag.type === 'H2'));
  const docx = await pages.as(null).get(`/for-parents/${school.slug}.docx`);
  assert.ok(readZip(docx.rawPayload).get('word/document.xml')?.toString().includes('Mobile data does not go'));
  const statement = await pages.as(school.people.head).get('/coverage/statement.pdf');
  assert.ok(readPdf(statement.rawPayload).text.includes('Librarycomputers'));
});

test('a change of the filter settings is in the next page', async () => {
  const by = systemContext(school.id);
  await t.db.in(by, (tx) => bumpSnapshot(tx, school.id));
  assert.match(await coverage(), /still obeys an older snapshot/);
  await gateway('North wing', 0);
  assert.doesNotMatch(await coverage(), /still obeys an older snapshot/);
});
