import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DAY } from '#core/clock.ts';
import { type Context, systemContext } from '#platform/db.ts';
import { shippedPolicy } from '#policy/index.ts';
import { evidence } from '#rooms/policies/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { readPdf } from '#testing/pdf.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { readZip } from '#testing/zip.ts';
import { livingPolicyRoutes } from './living-policy.routes.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
  const { deps } = school;
  pages = await pagesFor(deps, { name: 'governance', routes: (app) => livingPolicyRoutes(app, deps) });
});
after(async () => {
  await pages.close();
  await t.drop();
});

const document = shippedPolicy('secondary-school');
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
const MAY_NOT: readonly Part[] = ['year7', 'year8', 'year12', 'parent', 'volunteer', 'visitor', 'teacher', 'staff'];

test('how the policy is kept is closed to everybody whose duty it is not', async () => {
  const closed = pages.app.routeTable.filter((r) => r.access !== 'public');
  assert.ok(closed.some((r) => r.url === '/policy/coverage'));
  assert.equal(await everyRouteDenies(pages, school), closed.length);
});

test('anyone reads the policy in force at the school’s own address: every clause at its own anchor, light and without script', async () => {
  const page = await pages.as(null).get(`/policy/${school.slug}`);
  assert.equal(page.statusCode, 200);
  for (const clause of document.clauses) assert.ok(page.body.includes(`id="${clause.id}"`), clause.id);
  for (const id of ['roles', 'duties', 'who-gets-what', 'notice', 'settings'])
    assert.ok(page.body.includes(`href="#${id}"`), id);
  assert.match(page.body, /Version 1, in force since 3 Nov 2026/);
  assert.ok(gzipSync(page.body).length < 60 * 1024, `${gzipSync(page.body).length} bytes packed`);
  assert.doesNotMatch(page.body, /<script/);
});

test('what keeps a clause is shown to governors and to staff with a part in it, and to nobody else', async () => {
  const seen = async (part: Part | null, url: string) =>
    (await pages.as(part && school.people[part]).get(url)).body.includes('gh-kept');
  for (const part of MAY) {
    assert.equal(await seen(part, '/policy'), true, part);
    assert.equal(await seen(part, `/policy/${school.slug}`), true, part);
  }
  for (const part of [...MAY_NOT, null]) {
    assert.equal(await seen(part, `/policy?school=${school.slug}`), false, part ?? 'nobody');
    assert.equal(await seen(part, `/policy/${school.slug}`), false, part ?? 'nobody');
  }
});

test('a parent or pupil who was given such a role still reads the policy alone', async () => {
  for (const part of ['parent', 'year12'] as const) {
    const person = school.people[part];
    const helper = {
      ...person,
      viewer: { ...person.viewer, duties: [...person.viewer.duties, 'online-safety-group'] },
    };
    assert.doesNotMatch((await pages.as(helper).get('/policy')).body, /gh-kept/);
    assert.equal((await pages.as(helper).get('/policy/coverage')).statusCode, 403);
    assert.equal((await pages.as(helper).get('/policy/coverage/chart.svg')).statusCode, 403);
  }
});

test('GOV-06 the governing body sees of every clause how it is kept, with numbers that add up, by section and by search', async () => {
  const governor = pages.as(school.people.governor);
  const { body } = await governor.get('/policy/coverage');
  const [, all, rest = ''] = /Of (\d+) clauses: ([^<]*)\./.exec(body) ?? [];
  assert.equal(Number(all), document.clauses.length);
  assert.equal(
    [...rest.matchAll(/\d+/g)].reduce((sum, [n]) => sum + Number(n), 0),
    document.clauses.length,
  );
  for (const clause of document.clauses) assert.ok(body.includes(`href="/policy#${clause.id}"`), clause.id);
  for (const section of new Set(document.clauses.map((c) => c.section))) assert.ok(body.includes(section), section);
  assert.match(body, /No control keeps this yet\./);

  const found = await governor.get('/policy/coverage?q=extremis&section=Filtering');
  assert.match(found.body, /id="clauses"[\s\S]*href="\/policy#filtering\.extremism"/);
  assert.doesNotMatch(found.body, /href="\/policy#accounts\.personal"/);
  assert.match((await governor.get('/policy/coverage?q=zzz')).body, /No clause matches/);
  const unkept = (await governor.get('/policy/coverage?state=unkept')).body;
  assert.equal(unkept.split('gh-kept--unkept').length - 1, unkept.split('gh-kept ').length - 1);
  const chart = await governor.get('/policy/coverage/chart.svg?size=narrow');
  assert.match(String(chart.headers['content-type']), /svg/);
});

test('GOV-35 duties stand under the clauses they come from, each with how it stands', async () => {
  const { body } = await pages.as(school.people.head).get('/policy/coverage');
  for (const duty of document.duties) assert.ok(body.includes(duty.title.replace(/&/g, '&amp;')), duty.id);
});

test('GOV-06 governors see which duties are done and which were missed, under their clauses', async () => {
  const own = await testSchool(t, { policy: 'secondary-school' });
  const [weekly] = document.duties.filter((d) => 'every' in d.period && d.period.every === 'week');
  assert.ok(weekly);
  const governorReads = async () => {
    const page = await pages.as(own.people.governor).get(`/policy/coverage?q=${encodeURIComponent(weekly.title)}`);
    return page.body.slice(page.body.indexOf('id="clauses"'));
  };
  const give = (by: Context) =>
    t.db.in(by, (tx) => evidence(tx, own.deps, by, { duty: weekly.id, text: 'Looked through.' }));
  // The calendar opens the turns of the weeks that have gone by; the program's own word does not do for a person's.
  own.clock.advance(-28 * DAY);
  await t.asOwner(`update policy_version set in_force_from = $2 where school_id = $1`, [
    own.id,
    new Date(own.clock.now()),
  ]);
  await give(systemContext(own.id));
  assert.match(await governorReads(), />(Missed|Late)</);
  own.clock.advance(28 * DAY);
  await give(own.people.ictManager.context);
  assert.match(await governorReads(), />Done<[\s\S]*last done 3 Nov 2026/);
});

test('links in the evidence lead only where the reader may go', async () => {
  const { body } = await pages.as(school.people.governor).get('/policy');
  const kept = [...body.matchAll(/<div class="gh-kept[\s\S]*?<\/div>/g)].map((m) => m[0]).join('');
  for (const [, href = ''] of kept.matchAll(/href="(\/[^"#?]*)/g)) {
    assert.equal((await pages.as(school.people.governor).get(href)).statusCode, 200, href);
  }
});

test('the files hold every clause, name nobody, and are the same for everybody', async () => {
  const [pdf, docx] = [
    await pages.as(null).get(`/policy/${school.slug}.pdf`),
    await pages.as(school.people.dsl).get(`/policy/${school.slug}.docx`),
  ];
  assert.equal(pdf.headers['content-type'], 'application/pdf');
  const read = readPdf(pdf.rawPayload);
  const xml = readZip(docx.rawPayload).get('word/document.xml') ?? '';
  for (const { text } of document.clauses) assert.ok(read.text.includes(text.replace(/\s/g, '')), text);
  for (const { displayName } of Object.values(school.people)) {
    assert.ok(!read.text.includes(displayName.replace(/\s/g, '')) && !xml.includes(displayName), displayName);
  }
  assert.match(String(docx.headers['content-disposition']), /filename="online-safety-policy-[a-z0-9-]+\.docx"/);
  for (const address of [
    `${school.slug}.exe`,
    'no-such-school',
    'no-such-school.pdf',
    `${school.slug}.constructor`,
    '..%2f..',
  ]) {
    assert.equal((await pages.as(null).get(`/policy/${address}`)).statusCode, 404, address);
  }
});

test('who holds a role is told to the adults of the school and to nobody else', async () => {
  const { dsl } = school.people;
  const named = async (who: Parameters<Pages['as']>[0]) =>
    (await pages.as(who).get(`/policy/${school.slug}`)).body.includes(dsl.displayName);
  assert.equal(await named(school.people.parent), true);
  assert.equal(await named(dsl), true);
  assert.equal(await named(school.people.year8), false);
  assert.equal(await named(null), false);
});

test('the policy can be searched: clauses, rules and kinds of site', async () => {
  const page = await pages.as(null).get(`/policy/${school.slug}?q=gambling`);
  assert.match(page.body, /<th scope="row">Gambling<\/th>/);
  assert.doesNotMatch(page.body, /<th scope="row">Games<\/th>/);
  assert.match((await pages.as(null).get(`/policy/${school.slug}?q=zzz`)).body, /Nothing in the policy says “zzz”/);
  assert.doesNotMatch((await pages.as(null).get(`/policy/${school.slug}?q=%3Cscript%3Ealert(1)`)).body, /<script/);
});

test('with several schools the reader chooses; whoever is signed in reads their own, and another school’s as the public does', async () => {
  const other = await testSchool(t, { policy: 'tuition-centre' });
  const empty = await testSchool(t);
  const choice = await pages.as(null).get('/policy');
  assert.ok([school, other, empty].every((s) => choice.body.includes(`/policy/${s.slug}`)));
  assert.match((await pages.as(null).get(`/policy?school=${other.slug}`)).body, /tuition centre/);
  assert.match((await pages.as(null).get(`/policy/${empty.slug}`)).body, /No policy is in force yet/);
  assert.equal((await pages.as(null).get(`/policy/${empty.slug}.pdf`)).statusCode, 404);
  assert.match((await pages.as(school.people.year7).get(`/policy?school=${other.slug}`)).body, /secondary school/);
  const visited = (await pages.as(school.people.dsl).get(`/policy/${other.slug}`)).body;
  assert.match(visited, /tuition centre/);
  assert.ok(!visited.includes('gh-kept') && !visited.includes(other.people.dsl.displayName.concat('.')));
  assert.equal((await pages.as(null).get('/policy?school=no-such-school')).statusCode, 404);
});

test('a school without a policy is told so where the numbers would stand', async () => {
  const empty = await testSchool(t);
  const page = await pages.as(empty.people.head).get('/policy/coverage');
  assert.match(page.body, /No policy is in force yet/);
});
