import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '#testing/browser.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { formOf } from './case.forms.ts';
import { CASE_STATES, type CaseState, caseWorkflow } from './case.workflow.ts';
import { STATES } from './cases.words.ts';
import { incidentsRoom } from './index.ts';

let t: TestDatabase;
let browser: Browser;
const houses: { s: TestSchool; pages: Pages; origin: string }[] = [];
before(async () => {
  t = await testDatabase();
  for (const policy of ['secondary-school', 'tuition-centre'] as const) {
    const s = await testSchool(t, { policy });
    const pages = await pagesFor(s.deps, incidentsRoom(s.deps));
    houses.push({ s, pages, origin: await pages.app.listen({ host: '127.0.0.1', port: 0 }) });
  }
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  for (const { pages } of houses) await pages.close();
  await t.drop();
});

const words = (html: string) =>
  html
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

test('INC-33 the flow chart has every state and every move of the table that the program obeys, and nothing else', async () => {
  // The stop leads from every box to one: the page says so in words, and one arrow from each would hide the rest.
  const moves = caseWorkflow.rows.filter((r) => r.from !== 'new' && r.from !== r.to && r.to !== 'halted');
  assert.ok(moves.length > 15);
  for (const { s, pages } of houses) {
    const { body } = await pages.as(s.people.teacher).get('/cases/flow');
    assert.match(words(body), /From every box one step leads to Stopped/);
    const drawing = /<svg[^>]*role="img"[\s\S]*?<\/svg>/.exec(body)?.[0] ?? '';
    const texts = [...drawing.matchAll(/<text[^>]*>([\s\S]*?)<\/text>/g)].map((m) => words(m[1] ?? ''));
    for (const state of CASE_STATES) assert.ok(texts.join(' ').includes(STATES[state].name), state);
    const rows = [...body.matchAll(/<tr><th scope="row">([\s\S]*?)<\/tr>/g)].map((m) =>
      `<td>${m[1]}`.split('<td>').slice(1).map(words),
    );
    assert.deepEqual(
      rows.map(([number, from, step, to]) => [number, from, step, to]),
      moves.map((r, i) => [
        String(i + 1),
        STATES[r.from as CaseState].name,
        formOf(r.action)?.heading,
        STATES[r.to].name,
      ]),
    );
    for (const [number = ''] of rows) assert.ok(texts.includes(number), `arrow ${number}`);
    for (const [, , , , who] of rows) assert.ok(who && who.length > 3, 'who may');
  }
});

test('INC-33 the flow chart says what the policy in force sets, and differs where policies differ', async () => {
  const [school, centre] = await Promise.all(
    houses.map(async ({ s, pages }) => words((await pages.as(s.people.teacher).get('/cases/flow')).body)),
  );
  assert.match(school ?? '', /One senior is enough/);
  assert.match(centre ?? '', /At least 2 seniors/);
  assert.match(school ?? '', /asks for no computer set apart/);
  assert.match(centre ?? '', /on one computer that is set apart/);
});

/** Width in pixels of a sheet of A4 between its usual margins. */
const SHEET = 718;

test('INC-33 the flow chart goes whole onto a sheet of paper: every box, every arrow, every column of its steps', async () => {
  for (const { s, pages, origin } of houses) {
    const context = await browser.newContext({
      viewport: { width: SHEET, height: 1000 },
      extraHTTPHeaders: { cookie: pages.as(s.people.teacher).cookie },
    });
    const page = await context.newPage();
    await page.goto(`${origin}/cases/flow`);
    await page.emulateMedia({ media: 'print' });
    const [drawing, inside, steps] = (await page.evaluate(`
      ['main svg[role="img"]', 'main svg[role="img"] > :not(title, defs)', 'main th, main td'].map((what) => {
        const all = [...document.querySelectorAll(what)].map((e) => e.getBoundingClientRect());
        return {
          count: all.length,
          left: Math.min(...all.map((b) => b.left)),
          right: Math.max(...all.map((b) => b.right)),
        };
      })`)) as { count: number; left: number; right: number }[];
    assert.ok(drawing && inside && steps && inside.count > 50 && steps.count > 50);
    assert.ok(drawing.left >= 0 && drawing.right <= SHEET, 'the drawing is no wider than the paper');
    assert.ok(inside.left >= drawing.left && inside.right <= drawing.right, 'nothing of the drawing is cut off');
    assert.ok(steps.left >= 0 && steps.right <= SHEET, 'nor anything of the steps');
    await context.close();
  }
});
