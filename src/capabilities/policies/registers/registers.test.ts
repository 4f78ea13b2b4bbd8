import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { Reach } from '#core/reach.ts';
import { systemContext } from '#platform/db.ts';
import { shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { lastLinkRun, registerStates, registersJobs, registersRoutes } from './index.ts';
import { look } from './links.service.ts';

let t: TestDatabase;
let config: TestSchool['deps']['config'] | undefined;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

interface Bench {
  readonly s: TestSchool;
  readonly pages: Pages;
  readonly as: (part: Part) => ReturnType<Pages['as']>;
}

async function school(
  policy: 'secondary-school' | 'tuition-centre',
  work: (bench: Bench) => Promise<void>,
): Promise<void> {
  const s = await testSchool(t, { policy, ...(config && { config }) });
  config = s.deps.config;
  const pages = await pagesFor(s.deps, { name: 'registers', routes: (app) => registersRoutes(app, s.deps) });
  try {
    await work({ s, pages, as: (part) => pages.as(s.people[part]) });
  } finally {
    await pages.close();
  }
}

/** A web server that answers so, for as long as `work` takes. */
async function serving(answer: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const states = (s: TestSchool) => t.db.in(systemContext(s.id), (tx) => registerStates(tx, s.clock.now()));
const stateOf = async (s: TestSchool, id: string, kind = 'document') =>
  (await states(s)).find((x) => x.kind === kind && x.id === id);
const run = (s: TestSchool) => t.db.in(systemContext(s.id), (tx) => lastLinkRun(tx));
const GOOD = { edition: '4', location: 'School office', reviewedOn: '2026-11-02', nextReview: '2027-11-02' };
const allow = (s: TestSchool, networks: string[]) =>
  t.asOwner('update school set settings = $2 where id = $1', [s.id, JSON.stringify({ allowedPrivate: networks })]);
/** Work off what was queued for this school, as the worker does. */
async function workOff(s: TestSchool): Promise<void> {
  const jobs = await t.asOwner<{ id: string; payload: { school: string } }>(
    `select j.id, j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks k on k.id = j.task_id
     where k.identifier = 'registers.links' and j.payload ->> 'school' = $1`,
    [s.id],
  );
  for (const { id, payload } of jobs) {
    await registersJobs(s.deps).tasks['registers.links']?.(payload);
    await t.asOwner('delete from graphile_worker._private_jobs where id = $1', [id]);
  }
}

test('nobody reads or changes the registers without signing in, as a pupil or parent, or as somebody who may not', () =>
  school('secondary-school', async ({ s, pages }) => {
    assert.ok((await everyRouteDenies(pages, s)) >= 4);
  }));

test('K11 documents that did not come with the tuition centre’s policy stand as not supplied until somebody records them', () =>
  school('tuition-centre', async ({ s, as }) => {
    const page = (await as('staff').get('/registers')).body;
    const documents = shippedPolicy('tuition-centre').documents;
    for (const d of documents) assert.ok(page.includes(`/registers/document/${d.id}`), d.id);
    assert.equal(page.match(/>Not supplied<\/strong>/g)?.length, documents.length);
    const form = '/registers/document/incident-form';
    assert.equal((await as('dsl').post(form, GOOD)).statusCode, 303);
    assert.equal((await stateOf(s, 'incident-form'))?.state, 'current');
    assert.equal(
      (await as('staff').get('/registers?kind=document&state=missing')).body.includes(
        '/registers/document/incident-form',
      ),
      false,
    );
    assert.match((await as('governor').get(form)).body, /School office[\s\S]*Dina Sharp/);
  }));

test('GOV-21 GOV-22 GOV-23 GOV-24 GOV-25 GOV-26 GOV-27 GOV-28 GOV-29 GOV-30 GOV-31 every linked policy has a place in the register, and one whose review has passed is flagged', () =>
  school('secondary-school', async ({ s, as }) => {
    const rows = shippedPolicy('secondary-school').documents.flatMap((d) => d.rows);
    for (let n = 21; n <= 31; n++) assert.ok(rows.includes(`GOV-${n}`), `GOV-${n}`);
    for (const d of shippedPolicy('secondary-school').documents) {
      assert.equal((await stateOf(s, d.id))?.state, 'missing', d.id);
      assert.equal((await as('head').post(`/registers/document/${d.id}`, GOOD)).statusCode, 303, d.id);
      assert.equal((await stateOf(s, d.id))?.state, 'current', d.id);
    }
    s.clock.advance(366 * DAY);
    for (const x of (await states(s)).filter((l) => l.kind === 'document')) assert.equal(x.state, 'overdue', x.id);
    assert.match((await as('staff').get('/registers/document/behaviour')).body, /Its review was due on 2 Nov 2027/);
  }));

test('GOV-14 GOV-15 GOV-16 GOV-17 GOV-18 GOV-19 GOV-20 the register keeps the edition that was consulted, and a newer one asks for a review', () =>
  school('secondary-school', async ({ s, as }) => {
    const { references } = shippedPolicy('secondary-school');
    for (let n = 14; n <= 20; n++)
      assert.ok(
        references.some((r) => r.rows.includes(`GOV-${n}`)),
        `GOV-${n}`,
      );
    const check = (id: string, edition: string) =>
      as('dsl').post(`/registers/reference/${id}`, { ...GOOD, location: '', edition });
    for (const r of references) {
      assert.equal((await check(r.id, r.edition ?? 'Autumn 2026')).statusCode, 303, r.id);
      assert.equal((await stateOf(s, r.id, 'reference'))?.state, 'current', r.id);
    }
    s.clock.advance(HOUR);
    await check('kcsie', '2026');
    assert.equal((await stateOf(s, 'kcsie', 'reference'))?.state, 'overdue');
    const page = (await as('staff').get('/registers/reference/kcsie')).body;
    assert.match(page, /the policy is to be reviewed/);
    assert.match(page, /<td>2026[\s\S]*<td>2023/, 'what was consulted before stays');
  }));

test('what is wrong in the form is said field by field, with what was typed, and nothing is kept', () =>
  school('secondary-school', async ({ s, as }) => {
    const send = (fields: Partial<typeof GOOD>) =>
      as('dsl').post('/registers/document/behaviour', { ...GOOD, ...fields });
    const cases: [Partial<typeof GOOD>, RegExp][] = [
      [{ edition: ' ' }, /Give its version/],
      [{ location: '' }, /Say where it is kept/],
      [{ location: 'https://' }, /not a whole web address/],
      [{ location: 'https://sid:secret@docs.example/' }, /Leave out the user name/],
      [{ reviewedOn: '2026-11-04' }, /not later than today/],
      [{ reviewedOn: '2026-02-31' }, /not later than today/],
      [{ nextReview: '2026-11-02' }, /a day after the review/],
      [{ nextReview: '2029-01-01' }, /every 12 months: choose 2027-11-02/],
    ];
    for (const [fields, words] of cases) {
      const answer = await send(fields);
      assert.equal(answer.statusCode, 400, JSON.stringify(fields));
      assert.match(answer.body, words);
    }
    assert.match((await send({ edition: '', location: 'The blue cupboard' })).body, /The blue cupboard/);
    assert.equal((await stateOf(s, 'behaviour'))?.state, 'missing');
    assert.equal((await as('dsl').post('/registers/document/no-such', GOOD)).statusCode, 404);
    await send({});
    await assert.rejects(
      t.db.in(s.people.dsl.context, (tx) => tx.updateTable('register_entry').set({ id: s.id }).execute()),
      /permission denied/,
    );
  }));

test('CAL-42 links are looked at on demand: what answers, what is gone, what wants a sign-in; and the page says how far it is', () =>
  school('secondary-school', ({ s, as }) =>
    serving(
      (q, r) =>
        r.writeHead({ '/gone': 404, '/inside': 403, '/moved': 302 }[q.url ?? ''] ?? 200, { location: '/there' }).end(),
      async (url) => {
        await allow(s, ['127.0.0.0/8']);
        const links = { behaviour: '/there', complaints: '/gone', 'staff-code': '/inside', bullying: '/moved' };
        for (const [id, path] of Object.entries(links)) {
          await as('dsl').post(`/registers/document/${id}`, { ...GOOD, location: url + path });
        }
        await as('dsl').post('/registers/document/gdpr', GOOD);
        const asked = await as('dsl').follow(await as('dsl').post('/registers/links'));
        assert.match(asked.body, /4 links are being looked at/);
        assert.match(asked.body, /Being looked at: 0 of 4/);
        assert.equal((await as('head').post('/registers/links')).statusCode, 409, 'one at a time');
        await workOff(s);
        const found = await run(s);
        assert.deepEqual([found?.links, found?.lookedAt, found?.broken], [4, 4, 1]);
        const seen = Object.fromEntries((await states(s)).map((x) => [x.id, x]));
        assert.equal(seen.behaviour?.state, 'current');
        assert.equal(seen.bullying?.state, 'current');
        assert.equal(seen['staff-code']?.state, 'current');
        assert.match(seen['staff-code']?.text ?? '', /only after a sign-in/);
        assert.equal(seen.complaints?.state, 'broken');
        assert.match(seen.complaints?.text ?? '', /answered 404/);
        assert.match((await as('staff').get('/registers')).body, /4 links, 1 broken/);
        // A corrected address is another entry, and is not called broken before it was looked at.
        s.clock.advance(MINUTE);
        await as('dsl').post('/registers/document/complaints', { ...GOOD, location: `${url}/there` });
        assert.equal((await stateOf(s, 'complaints'))?.state, 'current');
      },
    ),
  ));

test('no link leads this server into the school’s own network, unless the settings allow it', () =>
  school('secondary-school', async ({ s, as }) => {
    let asked = 0;
    await serving(
      (_q, r) => {
        asked++;
        r.end();
      },
      async (url) => {
        await as('dsl').post('/registers/document/behaviour', { ...GOOD, location: url });
        await as('dsl').post('/registers/links');
        await workOff(s);
        assert.equal(asked, 0);
        const found = await stateOf(s, 'behaviour');
        assert.equal(found?.state, 'broken');
        assert.match(found?.text ?? '', /lies in a private network/);
      },
    );
  }));

test('what does not answer in time, or is not there, is broken', () =>
  serving(
    () => undefined,
    async (url) => {
      const here = new Reach(['127.0.0.0/8']);
      const slow = await look(new URL(url), here, { ms: 200, redirects: 1 });
      assert.deepEqual([slow.outcome, slow.status], ['broken', null]);
      assert.match(slow.text, /did not answer within/);
      const nobody = await look(new URL('http://127.0.0.1:1/'), here, { ms: 2000, redirects: 1 });
      assert.match(nobody.text, /could not be reached \(ECONNREFUSED\)/);
    },
  ));

test('CAL-42 once in every term, by the school’s own dates, all links are looked at without being asked', () =>
  school('secondary-school', async ({ s, as }) => {
    await t.asOwner(
      `insert into term (school_id, name, starts, ends) values ($1, 'Autumn', '2026-09-02', '2026-12-18'),
        ($1, 'Spring', '2027-01-05', '2027-03-25')`,
      [s.id],
    );
    const daily = async () => {
      await registersJobs(s.deps).tasks['registers.each-term']?.({});
      await workOff(s);
      return run(s);
    };
    assert.equal(await daily(), undefined, 'no link, no look');
    await as('dsl').post('/registers/document/behaviour', { ...GOOD, location: 'http://10.0.0.1/' });
    const first = await daily();
    assert.ok(first?.finishedAt);
    s.clock.advance(40 * DAY);
    assert.equal((await daily())?.id, first?.id, 'still the same term');
    s.clock.advance(30 * DAY);
    assert.notEqual((await daily())?.id, first?.id);
  }));

test('what one school records is nothing to another', () =>
  school('secondary-school', async ({ s, as }) => {
    const other = await testSchool(t, { policy: 'secondary-school', config: s.deps.config });
    await as('dsl').post('/registers/document/behaviour', { ...GOOD, location: 'The blue cupboard' });
    assert.equal((await stateOf(other, 'behaviour'))?.state, 'missing');
    const pages = await pagesFor(other.deps, { name: 'registers', routes: (app) => registersRoutes(app, other.deps) });
    try {
      const page = await pages.as(other.people.dsl).get('/registers/document/behaviour');
      assert.doesNotMatch(page.body, /blue cupboard/);
    } finally {
      await pages.close();
    }
  }));
