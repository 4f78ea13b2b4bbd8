import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Type } from 'typebox';
import { invalid } from '#core/errors.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { browser, everyRouteDenies, type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { createWebApp, done, type Room, SESSION_COOKIE } from './index.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;

const room: Room = {
  name: 'example',
  nav: [{ href: '/example', text: 'Example', duties: ['dsl'], order: 10 }],
  routes(app) {
    const config = { access: { duties: ['dsl'] } };
    app.get('/example', { config }, (_request, reply) => reply.page('web/views/example.njk', {}));
    app.post(
      '/example',
      {
        config,
        schema: {
          body: Type.Object(
            { _csrf: Type.Optional(Type.String()), word: Type.String() },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        if (request.body.word === 'bad') throw invalid('example.bad', 'That word is bad.');
        if (request.body.word === 'fault') throw new Error('secret inner words');
        return done(reply, '/me', 'Saved “it”.');
      },
    );
    app.get('/me', { config: { access: 'signed-in' } }, (_request, reply) =>
      reply.page('web/views/refusal.njk', { refusal: { message: 'A page' } }),
    );
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
  assert.ok((await everyRouteDenies(pages, school)) >= 4);
});

test('a route that does not say who may use it stops the program from starting', async () => {
  const careless: Room = { name: 'careless', routes: (app) => void app.get('/open', async () => 'x') };
  await assert.rejects(pagesFor(school.deps, careless), /does not say who may use it/);
});
