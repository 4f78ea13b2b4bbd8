import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { HOUR } from '#core/clock.ts';
import { readConfig } from '#platform/config.ts';
import { identityRoom } from '#rooms/identity/index.ts';
import { launchBrowser } from '#testing/browser.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { coverageRoutes } from '../coverage/coverage.routes.ts';
import { lessonsRoutes } from '../coverage/lessons/lessons.routes.ts';
import { reviewsRoutes } from './reviews.routes.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
let browser: Browser;
let origin: string;
before(async () => {
  t = await testDatabase();
  const config = readConfig({ GATEHOUSE_DNS: '10.4.0.2:53', GATEHOUSE_PROXY: '10.4.0.2:3128' }, '/');
  school = await testSchool(t, { policy: 'secondary-school', config });
  const { deps, people, id } = school;
  pages = await pagesFor(deps, identityRoom(deps), {
    name: 'governance',
    routes: (app) => {
      coverageRoutes(app, deps);
      lessonsRoutes(app, deps);
      reviewsRoutes(app, deps);
    },
  });
  origin = await pages.app.listen({ host: '127.0.0.1', port: 0 });
  browser = await launchBrowser();
  const now = new Date(deps.clock.now());
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [people.year8.id]);
  await t.asOwner(
    `insert into gateway (school_id, name, token_digest, seen_at, status)
     select id, 'North wing', sha256('x'), $2, jsonb_build_object('snapshot', snapshot_number) from school where id = $1`,
    [id, now],
  );
  await t.asOwner(
    `insert into site_question (school_id, host, reason, because, asked_at) values ($1, 'maths.example', 'homework', '{}', $2)`,
    [id, new Date(now.getTime() - 30 * HOUR)],
  );
});
after(async () => {
  await browser?.close();
  await pages.close();
  await t.drop();
});

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violations = (page: Page): Promise<string[]> =>
  page.evaluate(`${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
    .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')))`);

const WAYS = [
  { width: 1280, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const;

async function look(part: Part | null, path: string): Promise<void> {
  const cookie = pages.as(part && school.people[part]).cookie;
  for (const { width, colorScheme } of WAYS) {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      extraHTTPHeaders: cookie ? { cookie } : {},
    });
    const page = await context.newPage();
    const answer = await page.goto(`${origin}${path}`);
    assert.ok((answer?.status() ?? 500) < 500, path);
    const wide = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    assert.ok(Number(wide) <= 0, `${path} is ${wide} wider than ${width}`);
    assert.deepEqual(await violations(page), [], `${path} at ${width}`);
    await context.close();
  }
}

test('the pages of coverage and reviews pass axe, wide and narrow, light and dark', async () => {
  await look('leadGovernor', '/reviews');
  const begun = String((await pages.as(school.people.ictManager).post('/reviews')).headers.location);
  const item = `${begun}/items/roles-named`;
  await pages.as(school.people.dsl).post(item, {
    answer: 'part',
    evidence: 'The roles page',
    action: 'Name a second governor',
    owner: school.people.head.id,
    due: '2027-01-15',
  });
  await pages.as(school.people.administrator).post('/people/parents', { pairs: 'pat.rowan, zed.pupil' });
  await pages.as(school.people.teacher).post('/lessons/people', {
    whom: 'class:8B',
    organisation: 'Harbour Books',
    role: 'Author',
    how: 'Video call in the lesson, the teacher present',
    from: '2026-11-03',
    until: '2026-11-05',
  });
  await look('leadGovernor', begun);
  await look('governor', begun);
  await look('ictManager', item);
  await look('governor', '/coverage');
  await look(null, `/for-parents/${school.slug}`);
  await look('parent', '/children');
  await look('teacher', '/lessons');
  await look('administrator', '/people/parents');
});
