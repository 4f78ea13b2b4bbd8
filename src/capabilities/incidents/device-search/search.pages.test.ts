import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { readPdf } from '#testing/pdf.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor } from '#testing/web.ts';
import { fine, type SearchSchool, searchSchool } from './fixture.ts';
import { STEP_FORMS } from './search.forms.ts';

let t: TestDatabase;
let b: SearchSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  pages = await pagesFor(b.s.deps, b.room);
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part) => pages.as(b.s.people[part]);
const STEPS = STEP_FORMS.map((f) => f.action).filter((a) => a !== 'start');
const urlOf = (reference: string, more = '') => `/device-searches/${reference}${more}`;

/** Every route and who may call it; which search somebody may see is decided row by row. */
const STAFF = ['staff'];
const TABLE: [string, string, unknown][] = [
  ['GET', '/device-searches', STAFF],
  ['GET', '/device-searches/how', STAFF],
  ['GET', '/device-searches/new', STAFF],
  ['POST', '/device-searches/new', STAFF],
  ['GET', '/device-searches/authorised', STAFF],
  ['POST', '/device-searches/authorised', STAFF],
  ['POST', '/device-searches/authorised/:id/end', STAFF],
  ['GET', '/device-searches/:reference', STAFF],
  ['GET', '/device-searches/:reference/print', STAFF],
  ['GET', '/device-searches/:reference/receipt', STAFF],
  ['GET', '/device-searches/:reference/receipt.pdf', STAFF],
  ['POST', '/device-searches/:reference/suspect', STAFF],
  ...STEPS.flatMap((a): [string, string, unknown][] => [
    ['GET', `/device-searches/:reference/${a}`, STAFF],
    ['POST', `/device-searches/:reference/${a}`, STAFF],
  ]),
  ['GET', '/device-searches/complaints', 'signed-in'],
  ['POST', '/device-searches/complaints', 'signed-in'],
  ['GET', '/device-searches/complaints/:reference', 'signed-in'],
  ...['link', 'assign', 'answer'].map((a): [string, string, unknown] => [
    'POST',
    `/device-searches/complaints/:reference/${a}`,
    'signed-in',
  ]),
];

test('the folder has exactly the routes of this table, each open to exactly these duties', async () => {
  const routes = pages.app.routeTable
    .filter((r) => r.url.startsWith('/device-searches'))
    .map((r) => [r.method, r.url, typeof r.access === 'object' ? r.access.duties : r.access]);
  assert.deepEqual(routes.sort(), [...TABLE].sort());
  assert.ok((await everyRouteDenies(pages, b.s)) >= TABLE.length);
});

test('D23 without the part in the policy no route exists for anybody, the navigation has no link, and nothing is kept', async () => {
  const off = await searchSchool(t, 'tuition-centre');
  const offPages = await pagesFor(off.s.deps, off.room);
  for (const part of ['head', 'dsl', 'teacher'] as const) {
    const browser = offPages.as(off.s.people[part]);
    for (const [method, route] of TABLE) {
      const complaint = route.includes('/complaints/');
      const url = route.replace(':reference', complaint ? 'K-AAAAAA' : 'D-AAAAAA').replace(':id', off.s.id);
      const answer =
        method === 'GET'
          ? await browser.get(url)
          : await browser.post(url, route.endsWith('/new') ? fine(off.s, 'start') : {});
      assert.equal(answer.statusCode, 404, `${method} ${url} as ${part}`);
      assert.doesNotMatch(answer.body, /href="\/device-searches/);
    }
    assert.match((await browser.get('/device-searches')).body, /policy has no device search/);
  }
  assert.deepEqual(await t.asOwner('select 1 from device_search where school_id = $1', [off.s.id]), []);
  await offPages.close();
});

test('SRC-01 the link stands in the navigation of the principal, the DSL and whoever is on the list, and of nobody else', async () => {
  for (const part of Object.keys(b.s.people) as Part[]) {
    const { body } = await as(part).get('/device-searches/complaints');
    const shown = body.includes('href="/device-searches"');
    assert.equal(shown, ['teacher', 'head', 'dsl', 'dslDeputy'].includes(part), part);
  }
  const page = await as('staff').get('/device-searches/new');
  assert.match(page.body, /You are not on the list/);
  assert.doesNotMatch(page.body, /name="device"/);
  assert.equal((await as('staff').post('/device-searches/new', fine(b.s, 'start'))).statusCode, 403);
  const list = await as('staff').get('/device-searches/authorised?q=wren');
  assert.match(list.body, /Theo Wren[\s\S]*Hetty Vale, 3 Nov 2026/);
  assert.doesNotMatch((await as('staff').get('/device-searches/authorised?q=nobody')).body, /Theo Wren/);
  assert.doesNotMatch(list.body, /Authorise somebody/);
  assert.match((await as('head').get('/device-searches/authorised')).body, /Authorise somebody/);
});

test('SRC-05 SRC-02 SRC-07 SRC-08 SRC-22 in the corridor: from the pupil’s name to the printed receipt, one screen after the other, without script', async () => {
  const teacher = as('teacher');
  const { year8 } = b.s.people;
  const found = await teacher.post('/device-searches/new', { do: 'find', find: 'Zed', device: 'Black phone' });
  assert.match(found.body, new RegExp(`value="${year8.id}"`));
  assert.match(found.body, /value="Black phone"/, 'what was typed is still there');
  const byEnter = await teacher.post('/device-searches/new', { do: 'save', find: 'Zed' });
  assert.match(byEnter.body, new RegExp(`value="${year8.id}"`));
  const wrong = await teacher.post('/device-searches/new', { ...fine(b.s, 'start'), urgent: '', risk: '' });
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /Judge first whether it can wait[\s\S]*Say who else could be at risk/);
  assert.match(wrong.body, /Another pupil is in tears/);
  assert.match((await teacher.get('/device-searches')).body, /Not finished[\s\S]*Whose device/);

  let answer = await teacher.post('/device-searches/new', fine(b.s, 'start'));
  const reference = /D-[A-Z0-9]{6}/.exec(String(answer.headers.location))?.[0] ?? '';
  const visited: string[] = [];
  for (const step of ['ground', 'explain', 'cooperate', 'search'] as const) {
    visited.push(String(answer.headers.location));
    const page = await teacher.follow(answer);
    assert.match(page.body, /<form class="gh-corridor"/);
    assert.match(page.body, /It may hold an indecent picture of a child/);
    answer = await teacher.post(urlOf(reference, `/${step}`), fine(b.s, step));
  }
  assert.deepEqual(
    visited,
    ['/ground', '/explain', '/cooperate', '/search'].map((x) => urlOf(reference, x)),
  );
  assert.equal(answer.headers.location, urlOf(reference));
  assert.match((await teacher.follow(answer)).body, /Next step[\s\S]*Take the device/);
  assert.equal((await teacher.get(urlOf(reference, '/receipt'))).statusCode, 409);
  await teacher.post(urlOf(reference, '/confiscate'), fine(b.s, 'confiscate'));

  const receipt = await teacher.get(urlOf(reference, '/receipt'));
  for (const said of [
    reference,
    'Black phone, cracked corner',
    'Zed Pupil',
    'Safe in the main office',
    '3 Nov 2026',
    'Theo Wren',
    'Behaviour policy',
    '/device-searches/complaints',
  ])
    assert.ok(receipt.body.includes(said), said);
  assert.doesNotMatch(receipt.body, /filmed|in tears/, 'it tells nothing of why');
  const pdf = await teacher.get(urlOf(reference, '/receipt.pdf'));
  assert.equal(pdf.headers['content-type'], 'application/pdf');
  assert.match(readPdf(pdf.rawPayload).text, /Blackphone,crackedcorner/);
  const print = await teacher.get(urlOf(reference, '/print'));
  assert.match(print.body, /Two pupils say they were filmed/);
  assert.doesNotMatch(print.body, /<textarea|gh-corridor/);
  await teacher.post(urlOf(reference, '/return'), fine(b.s, 'return'));
  assert.match((await teacher.get(urlOf(reference, '/receipt'))).body, /Given back/);
  assert.match((await teacher.get(`/device-searches?q=Zed&state=returned`)).body, new RegExp(reference));
  assert.doesNotMatch((await teacher.get(`/device-searches?q=nobody`)).body, new RegExp(reference));
});

test('SRC-19 EVI-03 one press locks: the page says not to look, examining, printing and every kind of upload are closed for everybody, the receipt stays', async () => {
  const reference = await b.fresh('examined');
  const before = await as('teacher').get(urlOf(reference));
  assert.match(before.body, /Print view/);
  const pressed = await as('teacher').post(urlOf(reference, '/suspect'));
  assert.equal(pressed.statusCode, 303);
  for (const part of ['teacher', 'dsl', 'dslDeputy', 'head'] as const) {
    const page = await as(part).get(urlOf(reference));
    assert.match(page.body, /gh-device-locked[\s\S]*Do not look/, part);
    assert.doesNotMatch(page.body, /\/examine"|\/finding"|\/delete"|\/print"|type="file"|<img/, part);
    assert.equal((await as(part).get(urlOf(reference, '/print'))).statusCode, 409, part);
    assert.equal((await as(part).get(urlOf(reference, '/receipt'))).statusCode, 200, part);
    for (const action of ['examine', 'finding', 'delete'])
      assert.ok(
        [403, 409].includes((await as(part).get(urlOf(reference, `/${action}`))).statusCode),
        `${part} ${action}`,
      );
  }
  const file = { field: 'picture', name: 'x.png', content: Buffer.from('89504e470d0a1a0a', 'hex') };
  for (const [method, route] of TABLE.filter(([m]) => m === 'POST')) {
    const url = route
      .replace(':reference', route.includes('/complaints/') ? 'K-AAAAAA' : reference)
      .replace(':id', b.s.id);
    for (const part of ['teacher', 'dsl', 'head'] as const) {
      const answer = await as(part).upload(url, {}, file);
      assert.ok(
        answer.statusCode >= 400 && answer.statusCode < 500,
        `${method} ${url} as ${part}: ${answer.statusCode}`,
      );
      const pasted = await as(part).post(url, { picture: 'data:image/png;base64,iVBORw0KGgo=' });
      assert.ok(pasted.statusCode >= 400 && pasted.statusCode < 500, `${url} as ${part}: ${pasted.statusCode}`);
    }
  }
});

test('SRC-20 SRC-21 the DSL decides on a page that asks for the editions and warns of old ones; nobody else has that page', async () => {
  const reference = await b.fresh('grounds');
  await as('teacher').post(urlOf(reference, '/suspect'));
  assert.equal((await as('teacher').get(urlOf(reference, '/decide'))).statusCode, 409);
  assert.equal((await as('head').post(urlOf(reference, '/decide'), fine(b.s, 'decide'))).statusCode, 403);
  const page = await as('dsl').get(urlOf(reference, '/decide'));
  assert.match(page.body, /Edition of “Searching and confiscation”[\s\S]*Look whether a newer one is out/);
  const missing = await as('dsl').post(urlOf(reference, '/decide'), {
    decision: 'police',
    why: 'The guidance asks for it.',
  });
  assert.equal(missing.statusCode, 400);
  assert.match(missing.body, /Name the edition of each guidance/);
  await as('dsl').post(urlOf(reference, '/decide'), { ...fine(b.s, 'decide'), 'edition-searching-screening': '2018' });
  assert.match((await as('dsl').get(urlOf(reference))).body, /2018[\s\S]*Look again[\s\S]*edition to use is of 2022/);
});

test('what somebody had typed is kept for them alone, comes back on the same screen, and goes when the step is done', async () => {
  const reference = await b.fresh('grounds');
  const url = urlOf(reference, '/note');
  const kept = await as('teacher').post(url, { do: 'keep', text: 'His mother said that' });
  assert.match((await as('teacher').follow(kept)).body, /What you typed is kept/);
  assert.match((await as('teacher').get(url)).body, /You began this[\s\S]*His mother said that/);
  assert.doesNotMatch((await as('dsl').get(url)).body, /His mother said that/);
  const [row] = await t.asOwner<{ n: string }>('select count(*) as n from device_search_draft where about = $1', [
    reference,
  ]);
  assert.equal(row?.n, '1');
  await as('teacher').post(url, { text: 'His mother said that she had bought it.' });
  assert.doesNotMatch((await as('teacher').get(url)).body, /You began this/);
  assert.equal((await as('staff').post(url, { do: 'keep', text: 'x' })).statusCode, 404);
  assert.equal((await as('staff').post(urlOf('D-AAAAAA', '/note'), { do: 'keep', text: 'x' })).statusCode, 404);
});

test('a step that waits for another says so on its page and in the list of what is possible', async () => {
  const reference = await b.start('teacher', { pupil: await b.pupil(), urgent: 'no' });
  const page = await as('teacher').get(urlOf(reference));
  assert.match(page.body, /Explain to the pupil[\s\S]*Not yet\. A search needs a ground/);
  assert.match((await as('teacher').get(urlOf(reference, '/explain'))).body, /id="blocked">A search needs a ground/);
});

test('how a search goes is drawn from the table, with the school’s own grounds, items and reasons', async () => {
  const { body } = await as('teacher').get('/device-searches/how');
  assert.match(body, /<svg class="gh-device-flow"[\s\S]*Locked: the DSL decides[\s\S]*from anywhere/);
  for (const words of ['Knives and other weapons', 'It is evidence of an offence', 'After 240 minutes', '12.7'])
    assert.ok(body.includes(words), words);
  assert.doesNotMatch(body, /style="/);
});

test('hostile words stay words, and an address that means nothing is a plain refusal', async () => {
  const reference = await b.start('teacher', { pupil: await b.pupil(), device: '<img src=x onerror=alert(1)>' });
  await as('teacher').post(urlOf(reference, '/note'), { text: '<script>alert(1)</script>' });
  const { body } = await as('dsl').get(urlOf(reference));
  assert.doesNotMatch(body, /<script>alert|<img src=x/);
  for (const path of [
    '/device-searches/x',
    '/device-searches/D-IIIIII',
    '/device-searches/%00',
    `/device-searches/${reference}/explode`,
  ])
    assert.ok([400, 404].includes((await as('dsl').get(path)).statusCode), path);
  assert.equal((await as('dsl').get(`/device-searches?q=${encodeURIComponent("%' or 1=1 --")}`)).statusCode, 200);
});
