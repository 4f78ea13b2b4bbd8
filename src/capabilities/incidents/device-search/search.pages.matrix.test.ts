import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor } from '#testing/web.ts';
import { fine, type SearchSchool, searchSchool } from './fixture.ts';
import type { SearchAction } from './search.facts.ts';
import { STEP_FORMS } from './search.forms.ts';
import { SEARCH_STATES, searchWorkflow } from './search.workflow.ts';

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

test('every step has a page and a route that refuse whatever the table does not list, in every state, for every part', async () => {
  let refused = 0;
  for (const state of SEARCH_STATES) {
    const reference = await b.fresh(state);
    for (const [actor, part] of Object.entries({ searcher: 'teacher', dsl: 'dslDeputy', head: 'head' } as const)) {
      const offered = searchWorkflow.offered(state, [actor as 'searcher']);
      const page = await as(part).get(urlOf(reference));
      assert.equal(page.statusCode, 200, `${actor} ${state}`);
      for (const action of [...STEPS, 'suspect'] as SearchAction[]) {
        const may = offered.includes(action);
        const link =
          action === 'suspect' ? `action="${urlOf(reference)}/suspect"` : `href="${urlOf(reference)}/${action}"`;
        if (!may) assert.ok(!page.body.includes(link), `${actor} is not offered ${action} in ${state}`);
        if (action !== 'suspect') {
          const screen = await as(part).get(urlOf(reference, `/${action}`));
          assert.equal(screen.statusCode, may ? 200 : 409, `${actor} ${action} in ${state}`);
        }
        if (may) continue;
        const post = await as(part).post(urlOf(reference, `/${action}`), fine(b.s, action));
        assert.ok([403, 409].includes(post.statusCode), `${actor} ${action} in ${state}: ${post.statusCode}`);
        refused++;
      }
    }
    for (const other of ['staff', 'ictManager', 'administrator'] as const)
      for (const path of ['', '/print', '/receipt', '/receipt.pdf', '/note'])
        assert.equal((await as(other).get(urlOf(reference, path))).statusCode, 404, `${other} ${path}`);
  }
  assert.ok(refused > 300, String(refused));
});
