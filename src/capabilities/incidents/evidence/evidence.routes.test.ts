import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataPaths } from '#platform/config.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor } from '#testing/web.ts';
import { type Vault, vault } from './fixture.ts';
import { evidencePages } from './index.ts';
import { sealEvidence } from './seal.service.ts';

let t: TestDatabase;
let v: Vault;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  v = await vault(t);
  pages = await pagesFor(v.school.deps, { name: 'evidence', routes: evidencePages(v.school.deps, v.side) });
});
after(async () => {
  await pages.close();
  await t.drop();
});

const browser = (part: Part) => pages.as(v.school.people[part]);
const upload = (part: Part, which: string, content: Buffer | string, fields: Record<string, string> = {}) =>
  browser(part).upload(
    `/cases/${which}/evidence/files`,
    { mayShowChild: 'no', description: 'Screenshot of the chat', ...fields },
    { field: 'file', name: 'chat.png', content },
  );
const REASON = 'Needed for the meeting with the parents';
const itemsIn = async (caseId: string) =>
  (await t.asOwner<{ n: number }>('select count(*)::int as n from evidence_item where case_id = $1', [caseId]))[0]?.n;

/** Every route, with a form that would do something, and what a sealed case says to it. */
const ROUTES = [
  ['GET', '', {}, 200],
  ['GET', '/new', {}, 409],
  ['POST', '/new', { mayShowChild: 'no' }, 409],
  ['POST', '/files', {}, 409],
  ['GET', '/things', {}, 200],
  ['POST', '/things', { kind: 'device', description: 'Black phone' }, 303],
  ['GET', '/keeping', {}, 200],
  ['POST', '/holds', { kind: 'police', reason: REASON }, 303],
  ['POST', '/holds/:hold/end', { reason: REASON }, 404],
  ['POST', '/orders', { kind: 'dispose', items: 'E1', reason: REASON }, 409],
  ['GET', '/orders/:order', {}, 404],
  ['POST', '/orders/:order', { answer: 'agree' }, 404],
  ['POST', '/export', { reason: REASON, force: 'Ashshire Police', forceReference: 'AS-1' }, 409],
  ['GET', '/items/:item', {}, 409],
  ['GET', '/items/:item/sheet', {}, 409],
  ['POST', '/items/:item/open', { reason: REASON }, 409],
  ['POST', '/items/:item/custody', { act: 'handed-over', to: 'Hetty Vale' }, 409],
  ['POST', '/items/:item/signed', { heldAt: 'Safe' }, 409],
] as const;

test('the vault has exactly these routes, each for people of duty, and denies them to everybody else', async () => {
  const own = pages.app.routeTable.filter((r) => r.url.startsWith('/cases')).map((r) => `${r.method} ${r.url}`);
  assert.deepEqual(own.sort(), ROUTES.map(([method, path]) => `${method} /cases/:id/evidence${path}`).sort());
  assert.ok((await everyRouteDenies(pages, v.school)) >= ROUTES.length);
});

test('EVI-03 EVI-07 SRC-19 in a sealed case every route that takes or shows a file refuses, for every role, and no page shows what it was', async () => {
  const file = await v.openCase();
  await v.take(file.reference, randomBytes(1000), { name: 'secret-name.png', description: 'Very telling words' });
  await t.db.in(v.school.people.dsl.context, (tx) => sealEvidence(v.school.deps, tx, file.id));
  const [row] = await t.asOwner("select encode(sha256, 'hex') as hash from evidence_item where case_id = $1", [
    file.id,
  ]);
  for (const part of ['dsl', 'head'] as const) {
    for (const [method, path, form, status] of ROUTES) {
      const url = `/cases/${file.reference}/evidence${path.replace(':item', 'E1').replace(/:(hold|order)/, 'none')}`;
      const answer =
        path === '/files'
          ? await upload(part, file.reference, randomBytes(2000))
          : method === 'GET'
            ? await browser(part).get(url)
            : await browser(part).post(url, form);
      assert.equal(answer.statusCode, status, `${method} ${path} as ${part}`);
      assert.doesNotMatch(answer.body, /secret-name|Very telling/, `${method} ${path}`);
      assert.equal(answer.body.includes(String(row?.hash)), false, path);
      assert.doesNotMatch(answer.body, /type="file"/, path);
    }
  }
  for (const part of ['administrator', 'ictManager', 'teacher', 'staff', 'coordinator'] as const) {
    for (const [method, path, form] of ROUTES) {
      const url = `/cases/${file.reference}/evidence${path.replace(':item', 'E1').replace(/:(hold|order)/, 'none')}`;
      const answer =
        path === '/files'
          ? await upload(part, file.reference, 'x')
          : method === 'GET'
            ? await browser(part).get(url)
            : await browser(part).post(url, form);
      assert.equal(answer.statusCode, 404, `${method} ${path} as ${part}`);
    }
  }
  assert.match(
    (await browser('dsl').get(`/cases/${file.reference}/evidence`)).body,
    /Do not look\. Do not copy\. Do not forward\./,
  );
});

test('a large file may take longer than five minutes to come in; a request’s head may not', () => {
  assert.equal(pages.app.server.requestTimeout, 0);
  assert.ok(pages.app.server.headersTimeout > 0 && pages.app.server.headersTimeout <= 60_000);
});

test('EVI-03 the question comes before there is a field for a file; yes and unsure seal the case and give guidance instead', async () => {
  const home = (which: string) => `/cases/${which}/evidence/new`;
  for (const mayShowChild of ['yes', 'unsure']) {
    const file = await v.openCase();
    await v.take(file.reference, randomBytes(10));
    const question = await browser('dsl').get(home(file.reference));
    assert.doesNotMatch(question.body, /type="file"/);
    const told = await browser('dsl').post(home(file.reference), { mayShowChild });
    assert.equal(told.statusCode, 200);
    assert.match(told.body, /You did the right thing/);
    assert.doesNotMatch(told.body, /type="file"/);
    assert.ok(v.halted.has(file.id), 'the case was told');
    const [wrap] = await t.asOwner(
      "select 1 from evidence_key k join evidence_item i on i.id = k.item_id where i.case_id = $1 and k.holder = 'school'",
      [file.id],
    );
    assert.equal(wrap, undefined, 'what was in it is sealed');
    assert.equal((await upload('dsl', file.reference, 'late')).statusCode, 409);
  }
  const file = await v.openCase();
  assert.equal((await browser('dsl').post(home(file.reference), {})).statusCode, 400);
  assert.match((await browser('dsl').post(home(file.reference), { mayShowChild: 'no' })).body, /type="file"/);
  for (const mayShowChild of ['', 'yes', 'unsure', 'NO']) {
    assert.equal((await upload('dsl', file.reference, 'x', { mayShowChild })).statusCode, 403, mayShowChild);
  }
  assert.equal(await itemsIn(file.id), 0);
});

test('EVI-01 EVI-07 EVI-09 by the pages: kept with its computer, opened by a reasoned form as a download that no browser shows', async () => {
  const file = await v.openCase();
  const content = randomBytes(150_000);
  const kept = await upload('dsl', file.reference, content);
  assert.equal(kept.statusCode, 303, kept.body);
  const here = String(kept.headers.location);
  const page = await browser('dsl').follow(kept);
  for (const part of [
    'chat.png',
    createHash('sha256').update(content).digest('hex'),
    'Not scanned: no virus scanner is set up',
    'Dina Sharp',
  ]) {
    assert.ok(page.body.includes(part), part);
  }
  const refused = await browser('head').post(`${here}/open`, { reason: 'because' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /Say why/);
  const opened = await browser('head').post(`${here}/open`, { reason: REASON });
  assert.equal(opened.statusCode, 200);
  assert.ok(opened.rawPayload.equals(content));
  assert.match(String(opened.headers['content-disposition']), /^attachment; filename="chat\.png"/);
  assert.equal(opened.headers['content-type'], 'application/octet-stream');
  assert.equal(opened.headers['x-content-type-options'], 'nosniff');
  assert.equal(opened.headers['content-security-policy'], "default-src 'none'; sandbox");
  assert.equal(opened.headers['cache-control'], 'no-store');
  assert.equal(opened.headers['repr-digest'], `sha-256=:${createHash('sha256').update(content).digest('base64')}:`);
  for (const path of ['', '/open', '/sheet']) {
    const answer = await browser('dsl').get(`${here}${path}`);
    assert.doesNotMatch(answer.body, /<img|<embed|<iframe|<object|<video/, 'no preview');
  }
  assert.match((await browser('dsl').get(here)).body, new RegExp(REASON));
  const found = await browser('dsl').get(`/cases/${file.reference}/evidence?q=CHAT.PNG`);
  assert.match(found.body, /Screenshot of the chat/);
  assert.match((await browser('dsl').get(`/cases/${file.reference}/evidence?q=nothing-like-it`)).body, /Nothing fits/);
});

test('EVI-02 the sheet to print has case number, hash and boxes to sign; where the signed copy is kept comes back to the record', async () => {
  const file = await v.openCase();
  const content = randomBytes(100);
  await upload('dsl', file.reference, content);
  const here = `/cases/${file.reference}/evidence/items/E1`;
  const sheet = await browser('dsl').get(`${here}/sheet`);
  for (const part of [file.reference, createHash('sha256').update(content).digest('hex'), 'Signature', 'Received by'])
    assert.ok(sheet.body.includes(part), part);
  assert.equal((await browser('dsl').post(`${here}/signed`, { heldAt: '' })).statusCode, 400);
  const signed = await browser('dsl').post(`${here}/signed`, { heldAt: 'Cabinet 2, head’s office' });
  assert.match((await browser('dsl').follow(signed)).body, /Held at Cabinet 2, head’s office/);
});

test('EVI-08 a chain of custody is recorded by the pages, its gaps are flagged, and its holder stands in the list', async () => {
  const file = await v.openCase();
  const home = `/cases/${file.reference}/evidence`;
  const thing = await browser('dsl').post(`${home}/things`, {
    kind: 'device',
    description: 'Black phone',
    serial: 'IMEI 1',
    from: 'A pupil',
    at: '2026-11-03T09:15',
    place: 'Safe',
    seal: '',
    to: '',
    note: '',
  });
  assert.equal(thing.statusCode, 303, thing.body);
  const here = String(thing.headers.location);
  const future = await browser('dsl').post(`${here}/custody`, { act: 'sealed', seal: 'B-1', at: '2030-01-01T10:00' });
  assert.equal(future.statusCode, 400);
  assert.match(future.body, /This time has not come yet/);
  assert.equal(
    (await browser('dsl').post(`${here}/custody`, { act: 'handed-over', from: 'Sid Marsh', to: 'Hetty Vale' }))
      .statusCode,
    303,
  );
  const page = (await browser('dsl').get(here)).body;
  assert.match(page, /The chain of custody does not hold everywhere[\s\S]*Sid Marsh passed it on/);
  const list = (await browser('dsl').get(home)).body;
  assert.match(list, /Gap in custody/);
  assert.match(list, /Hetty Vale/);
});

test('EVI-10 holds, proposal, second person and certificate by the pages', async () => {
  const file = await v.openCase({ closedAt: new Date(0) });
  const content = randomBytes(100);
  await upload('dsl', file.reference, content);
  const home = `/cases/${file.reference}/evidence`;
  assert.equal(
    (await browser('dsl').post(`${home}/holds`, { kind: 'appeal', item: '', reason: 'The family has appealed' }))
      .statusCode,
    303,
  );
  const propose = () =>
    browser('dsl').post(`${home}/orders`, { kind: 'dispose', items: 'E1', reason: 'The time of keeping has ended' });
  assert.equal((await propose()).statusCode, 409);
  const keeping = (await browser('dsl').get(`${home}/keeping`)).body;
  const hold = /holds\/([0-9a-f-]{36})\/end/.exec(keeping)?.[1];
  assert.equal(
    (await browser('head').post(`${home}/holds/${hold}/end`, { reason: 'The appeal was heard' })).statusCode,
    303,
  );
  const proposed = await propose();
  const order = String(proposed.headers.location);
  assert.equal((await browser('dsl').post(order, { answer: 'agree' })).statusCode, 403);
  const agreed = await browser('head').post(order, { answer: 'agree', reason: '' });
  const certificate = (await browser('head').follow(agreed)).body;
  for (const part of [
    'Certificate of disposal',
    'Dina Sharp',
    'Hetty Vale',
    createHash('sha256').update(content).digest('hex'),
    'E1',
  ]) {
    assert.ok(certificate.includes(part), part);
  }
  assert.equal((await browser('dsl').post(`${home}/items/E1/open`, { reason: REASON })).statusCode, 400);
});

test('EVI-08 the export comes as a download, and asks for whom', async () => {
  const file = await v.openCase();
  await upload('dsl', file.reference, randomBytes(10));
  const url = `/cases/${file.reference}/evidence/export`;
  assert.equal((await browser('dsl').post(url, { reason: REASON })).statusCode, 400);
  const given = await browser('dsl').post(url, {
    reason: REASON,
    force: 'Ashshire Police',
    forceReference: 'AS-2026-0001',
  });
  assert.equal(given.headers['content-type'], 'application/x-tar');
  assert.equal(given.rawPayload.toString('latin1', 257, 262), 'ustar');
});

test('a form from another sign-in, without a file, or without a description takes nothing in', async () => {
  const file = await v.openCase();
  assert.equal((await upload('dsl', file.reference, 'x', { _csrf: 'other' })).statusCode, 403);
  const short = await upload('dsl', file.reference, 'x', { description: 'x' });
  assert.equal(short.statusCode, 400);
  assert.match(short.body, /3 to 500 characters/);
  assert.equal((await browser('dsl').post(`/cases/${file.reference}/evidence/files`, {})).statusCode, 400);
  assert.equal(await itemsIn(file.id), 0);
});

test('EVI-09 a browser that goes away in the middle of an upload leaves neither record nor file', async () => {
  const file = await v.openCase();
  await upload('dsl', file.reference, 'first');
  const folder = join(dataPaths(v.config.data).evidence, v.school.id);
  const before = readdirSync(folder).sort();
  await pages.app.listen({ host: '127.0.0.1', port: 0 });
  const address = pages.app.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const field = (name: string, value: string) =>
    `--cut\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const { viewer } = v.school.people.dsl;
  const head = `${field('_csrf', viewer.csrf)}${field('mayShowChild', 'no')}${field('description', 'Half a file')}--cut\r\ncontent-disposition: form-data; name="file"; filename="half.png"\r\n\r\n`;
  for (const ending of ['destroy', 'end'] as const) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /cases/${file.reference}/evidence/files HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncookie: ${browser('dsl').cookie}\r\ncontent-type: multipart/form-data; boundary=cut\r\ncontent-length: 9000000\r\n\r\n${head}`,
    );
    socket.write(randomBytes(3_000_000));
    const deadline = Date.now() + 5000;
    while (!readdirSync(folder).some((f) => f.endsWith('.part')) && Date.now() < deadline) await sleep(10);
    assert.ok(
      readdirSync(folder).some((f) => f.endsWith('.part')),
      'it was under way',
    );
    socket[ending]();
    while (readdirSync(folder).length !== before.length && Date.now() < deadline) await sleep(10);
    assert.deepEqual(readdirSync(folder).sort(), before, ending);
  }
  assert.equal(await itemsIn(file.id), 1);
});
