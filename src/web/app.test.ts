import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Type } from 'typebox';
import { invalid } from '#core/errors.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { done, type Room } from './index.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;

const Word = Type.Object({ _csrf: Type.Optional(Type.String()), word: Type.String() }, { additionalProperties: false });
const room: Room = {
  name: 'example',
  nav: [
    { href: '/second', text: 'Second', duties: ['dsl'], order: 20 },
    { href: '/words', text: 'First', duties: ['dsl', 'pupil'], order: 10 },
  ],
  routes(app) {
    const page = { refusal: { message: '<b>Words</b>' }, words: { title: 'Words' } };
    app.get('/words', { config: { access: 'signed-in' } }, (_request, reply) =>
      reply.page('web/views/refusal.njk', page),
    );
    app.get('/broken', { config: { access: 'public' } }, (_request, reply) => reply.page('web/views/no-such-page.njk'));
    app.post('/words', { config: { access: { duties: ['dsl'] } }, schema: { body: Word } }, async (request, reply) => {
      if (request.body.word === 'bad') throw invalid('example.bad', 'That word is bad.');
      if (request.body.word === 'fault') throw new Error('secret inner words');
      return done(reply, '/words', `Saved “${request.body.word}”.`);
    });
    app.post('/press', { config: { access: { duties: ['dsl'] } } }, (_request, reply) => done(reply, '/words'));
  },
};

before(async () => {
  t = await testDatabase();
  school = await testSchool(t);
  pages = await pagesFor(school.deps, room);
});
after(async () => {
  await pages.close();
  await t.drop();
});

test('every route refuses whoever may not use it', async () => {
  assert.ok((await everyRouteDenies(pages, school)) >= 3);
});

test('a route that does not say who may use it stops the program from starting', async () => {
  const careless: Room = { name: 'careless', routes: (app) => void app.get('/open', async () => 'x') };
  await assert.rejects(pagesFor(school.deps, careless), /does not say who may use it/);
});

test('a command leaves one sentence that the next page shows once, escaped', async () => {
  const dsl = pages.as(school.people.dsl);
  const answer = await dsl.post('/words', { word: '<i>it</i>' });
  const next = await dsl.follow(answer);
  assert.match(next.body, /role="status">Saved “&lt;i&gt;it&lt;\/i&gt;”\./);
  assert.equal(next.cookies.find((c) => c.name === 'gatehouse-done')?.value, '');
  assert.doesNotMatch((await dsl.get('/words')).body, /role="status"/);
});

test('a form without its session’s token, with another’s, or from another site is not obeyed', async () => {
  const dsl = pages.as(school.people.dsl);
  const forged = [
    await dsl.post('/words', { word: 'x', _csrf: '' }),
    await dsl.post('/words', { word: 'x', _csrf: school.people.head.viewer.csrf }),
    await dsl.post('/words', { word: 'x' }, { 'sec-fetch-site': 'cross-site' }),
    await dsl.post('/words', { word: 'x' }, { 'sec-fetch-site': 'same-site' }),
    await dsl.post('/words', { word: 'x' }, { origin: 'http://elsewhere.example' }),
  ];
  assert.deepEqual(
    forged.map((r) => r.statusCode),
    [403, 403, 403, 403, 403],
  );
  assert.equal((await dsl.post('/words', { word: 'x' }, { 'sec-fetch-site': 'same-origin' })).statusCode, 303);
});

test('dressing a form up as one with files does not spare it the token', async () => {
  const dsl = pages.as(school.people.dsl);
  const file = { field: 'file', name: 'x.csv', content: 'x' };
  assert.equal((await dsl.upload('/press', {}, file)).statusCode, 403);
  assert.equal((await dsl.upload('/press', { _csrf: '' }, file)).statusCode, 403);
  assert.equal((await dsl.post('/press')).statusCode, 303);
});

test('what was not asked for is refused, and what went wrong inside stays inside', async () => {
  const dsl = pages.as(school.people.dsl);
  assert.equal((await dsl.post('/words', { word: 'x', admin: 'yes' })).statusCode, 400);
  const refused = await dsl.post('/words', { word: 'bad' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /That word is bad\./);
  const fault = await dsl.post('/words', { word: 'fault' });
  assert.equal(fault.statusCode, 500);
  assert.match(fault.body, /Something went wrong on our side/);
  const broken = await dsl.get('/broken');
  assert.equal(broken.statusCode, 500);
  for (const body of [fault.body, broken.body]) assert.doesNotMatch(body, /secret inner words|\/src\/|njk/);
  assert.ok(school.logged.some((l) => l.event === 'http.fault'));
  assert.doesNotMatch(JSON.stringify(school.logged), /secret inner words/);
});

test('every page is sent with a policy that lets no foreign or inline script run', async () => {
  const [one, two] = [await pages.as(null).get('/nowhere'), await pages.as(null).get('/nowhere')];
  assert.equal(one.statusCode, 404);
  const csp = String(one.headers['content-security-policy']);
  assert.match(csp, /default-src 'none'; script-src 'nonce-[^']{20,}'; style-src 'self'/);
  assert.match(csp, /frame-ancestors 'none'/);
  assert.notEqual(csp, two.headers['content-security-policy']);
  assert.doesNotMatch(one.body, /style="|<style|onclick=|<script(?! nonce)/);
});

test('a page names itself, the school and the product, and shows the links that are open to this person', async () => {
  const dsl = await pages.as(school.people.dsl).get('/words');
  assert.match(dsl.body, /<title>Words – Ashgrove School – Gatehouse<\/title>/);
  assert.match(dsl.body, /&lt;b&gt;Words/);
  assert.ok(dsl.body.indexOf('>First</a>') < dsl.body.indexOf('>Second</a>'));
  assert.match(dsl.body, /href="\/words" aria-current="page"/);
  const pupil = await pages.as(school.people.year8).get('/words');
  assert.match(pupil.body, />First<\/a>/);
  assert.doesNotMatch(pupil.body, />Second<\/a>/);
});

test('programs are answered in JSON, with a code', async () => {
  const answer = await pages.as(null).get('/api/openapi.json');
  assert.equal(answer.statusCode, 401);
  assert.equal(answer.json().code, 'sign-in');
});
