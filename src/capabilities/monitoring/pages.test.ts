import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { DAY, HOUR, MINUTE } from '#core/clock.ts';
import { sendMailTask } from '#platform/mail.ts';
import { everyRouteDenies, type Pages, pagesFor } from '#testing/web.ts';
import { alertsOf, type Bench, GRAVE, monitored } from './fixture.ts';
import { monitoringRoom } from './monitoring.room.ts';

let b: Bench;
let pages: Pages;
before(async () => {
  b = await monitored();
  pages = await pagesFor(b.school.deps, monitoringRoom(b.school.deps));
});
after(async () => {
  await pages.close();
  await b.t.drop();
});

const as = (part: keyof Bench['school']['people']) => pages.as(b.school.people[part]);
const ledger = (action: string) =>
  b.t.asOwner<{ actor: string; object_id: string; detail: Record<string, unknown> }>(
    'select * from ledger_entry where action = $1 order by id',
    [action],
  );
const lookUpRows = () =>
  b.t.asOwner<{ by_person: string; about_person: string; reason: string; alert_id: string | null }>(
    'select * from look_up order by at, id',
  );
/** A fresh urgent alert about this pupil. */
async function urgent(person = b.school.people.year8.id) {
  b.school.clock.advance(2 * DAY);
  const known = new Set((await alertsOf(b)).map((a) => a.id));
  await b.t.asOwner(`update alert set state = 'closed' where state <> 'closed'`);
  await b.deliver([b.event({ ...GRAVE, person })]);
  const made = (await alertsOf(b)).find((a) => !known.has(a.id));
  assert.ok(made);
  return made;
}

test('SEC-12 every route of this room denies whoever is not signed in or lacks its duty', async () => {
  assert.ok((await everyRouteDenies(pages, b.school)) >= 14);
});

test('ALR-10 the DSL takes an alert up with one button; the list names nobody', async () => {
  const alert = await urgent();
  const list = await as('dsl').get('/alerts');
  assert.match(list.body, new RegExp(alert.reference));
  assert.match(list.body, /gh-tag--danger">Urgent/);
  assert.ok(!list.body.includes('Zed Pupil'));
  assert.equal((await as('dsl').get('/alerts/list')).body.includes('<html'), false);

  const page = await as('dsl').get(`/alerts/${alert.id}`);
  assert.match(page.body, /Zed Pupil<\/strong>, Year 8/);
  assert.match(page.body, /harm\.example/);
  assert.match(page.body, /I have it/);
  const taken = await as('dsl').follow(await as('dsl').post(`/alerts/${alert.id}/acknowledge`));
  assert.match(taken.body, /Dina Sharp has it/);
  assert.match(taken.body, /Open a case/);
  const again = await as('head').post(`/alerts/${alert.id}/acknowledge`);
  assert.equal(again.statusCode, 409);
});

test('MON-11 opening an urgent alert is recorded, and is itself the recorded reason for the six hours around it', async () => {
  const { dsl, year8 } = b.school.people;
  const alert = await urgent();
  await b.deliver([
    b.event({ t: b.school.clock.now() - 5 * HOUR, outcome: 'allow', host: 'before.example' }),
    b.event({ t: b.school.clock.now() - 7 * HOUR, outcome: 'allow', host: 'long-before.example' }),
    b.event({ outcome: 'allow', host: 'another.example', person: b.school.people.year7.id }),
  ]);
  assert.equal((await as('dsl').get(`/alerts/${alert.id}/context`)).statusCode, 303);
  const seen = (await ledger('alert.open')).length;
  await as('dsl').get(`/alerts/${alert.id}`);
  assert.equal((await ledger('alert.open')).length, seen + 1);
  const last = (await lookUpRows()).at(-1);
  assert.deepEqual(
    [last?.by_person, last?.about_person, last?.reason, last?.alert_id],
    [dsl.id, year8.id, `alert ${alert.reference}`, alert.id],
  );
  const context = await as('dsl').get(`/alerts/${alert.id}/context`);
  assert.match(context.body, /before\.example/);
  assert.ok(!context.body.includes('long-before') && !context.body.includes('another.example'));
  assert.equal((await ledger('alert.context')).at(-1)?.object_id, alert.id);
});

test('MON-11 an alert that is not urgent needs a reason for the six hours around it', async () => {
  b.school.clock.advance(DAY);
  const now = b.school.clock.now();
  await b.deliver([0, 1, 2, 3, 4].map((s) => b.event({ t: now + s, category: 'weapons', host: 'w.example' })));
  const alert = (await alertsOf(b)).find((a) => a.category === 'weapons');
  const url = `/alerts/${alert?.id}`;
  const before = (await lookUpRows()).length;
  assert.match((await as('head').get(url)).body, /Why do you need to know/);
  assert.equal((await lookUpRows()).length, before);
  const short = await as('head').post(`${url}/look-up`, { reason: 'because' });
  assert.equal(short.statusCode, 400);
  assert.match(short.body, /between 10 and 500 letters/);
  const context = await as('head').follow(
    await as('head').post(`${url}/look-up`, { reason: 'His tutor asked about it.' }),
  );
  assert.match(context.body, /w\.example/);
  assert.equal((await lookUpRows()).length, before + 1);
});

test('An alert is closed with a reason, which the page asks for again when it is too short', async () => {
  const alert = await urgent();
  await as('dslDeputy').post(`/alerts/${alert.id}/acknowledge`);
  const short = await as('dslDeputy').post(`/alerts/${alert.id}/close`, { reason: 'fine' });
  assert.equal(short.statusCode, 400);
  assert.match(short.body, />fine<\/textarea>/);
  assert.equal((await as('head').post(`/alerts/${alert.id}/close`, { reason: 'I think it is fine.' })).statusCode, 403);
  assert.equal(
    (await as('dslDeputy').post(`/alerts/${alert.id}/close`, { reason: 'It was a poem for class.' })).statusCode,
    303,
  );
  const found = await as('dsl').get(`/alerts?state=closed&q=${alert.reference.toLowerCase()}`);
  assert.match(found.body, new RegExp(alert.reference));
  assert.match((await as('dsl').get('/alerts?q=A-______')).body, /No alert matches/);
});

test('ALR-10 the alert’s page shows what the mail server answered, as proof that the notice went', async () => {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on('end', () => done(null, 'Taken as no. 4711'));
    },
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    const address = server.server.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    const alert = await urgent();
    assert.match((await as('dsl').get(`/alerts/${alert.id}`)).body, /The mail is on its way/);
    const [mail] = await b.t.asOwner(`select id from mail where about_id = $1`, [alert.id]);
    const send = sendMailTask(b.school.deps.db, b.school.clock, `smtp://127.0.0.1:${port}`);
    await send({ school: b.school.id, mail: mail?.id });
    assert.match((await as('dsl').get(`/alerts/${alert.id}`)).body, /The mail server took it: 250 Taken as no. 4711/);
  } finally {
    await new Promise<void>((closed) => server.close(() => closed()));
  }
});

test('MON-11 activity names nobody, not even by an id that leads to a name', async () => {
  await b.deliver([b.event({ host: 'news.example', category: null, outcome: 'allow' })]);
  const { body } = await as('ictManager').get('/activity?host=news.example');
  assert.match(body, /news\.example/);
  assert.match(body, /Someone in Year 8/);
  assert.ok(!body.includes('Zed Pupil') && !body.includes(b.school.people.year8.id));
});

test('MON-11 a look-up without a reason is refused and recorded; with one it opens one person for half an hour', async () => {
  const { year8, year7, ictManager } = b.school.people;
  b.school.clock.advance(DAY);
  await b.deliver([b.event({ host: 'maps.example', category: null, outcome: 'allow' })]);
  const url = `/activity/person/${year8.id}`;
  const straight = await as('ictManager').get(url);
  assert.equal(straight.headers.location, `/activity/look-up?person=${year8.id}`);
  assert.deepEqual((await ledger('activity.look-up-refused')).at(-1)?.object_id, year8.id);

  const list = await as('ictManager').get('/activity?host=maps.example');
  const line = /look-up\?line=([^"]+)"/.exec(list.body)?.[1] ?? '';
  const ask = await as('ictManager').get(`/activity/look-up?line=${line}`);
  assert.match(ask.body, /Who is someone in year 8/i);
  assert.ok(!ask.body.includes('Zed Pupil'));
  const refused = await as('ictManager').post('/activity/look-up', { line, reason: 'curious' });
  assert.equal(refused.statusCode, 400);
  const entry = (await ledger('activity.look-up-refused')).at(-1);
  assert.deepEqual([entry?.actor, entry?.object_id, entry?.detail.code], [ictManager.id, year8.id, 'look-up.reason']);
  assert.equal((await as('ictManager').get(url)).statusCode, 303);

  const given = await as('ictManager').post('/activity/look-up', { line, reason: 'A parent rang about this page.' });
  const page = await as('ictManager').follow(given);
  assert.match(page.body, /Zed Pupil/);
  assert.match(page.body, /maps\.example/);
  assert.match((await as('ictManager').get('/activity?host=maps.example')).body, /Zed Pupil/);
  assert.equal((await as('head').get(url)).statusCode, 303, 'the reason opens it to nobody else');
  assert.equal(
    (await as('ictManager').get(`/activity/person/${year7.id}`)).statusCode,
    303,
    'nor anybody else to them',
  );

  b.school.clock.advance(30 * MINUTE);
  assert.equal((await as('ictManager').get(url)).statusCode, 303);
});

test('MON-11 a person is found by name, and nobody looks up themself', async () => {
  const { head, staff } = b.school.people;
  const found = await as('head').get('/activity/look-up?find=marsh');
  assert.match(found.body, /Sid Marsh/);
  const nobody = await as('head').post('/activity/look-up', { find: 'marsh', reason: 'A complaint was made.' });
  assert.match(nobody.body, /Choose a person/);
  const self = await as('head').post('/activity/look-up', {
    find: 'vale',
    person: head.id,
    reason: 'Just to see my own.',
  });
  assert.equal(self.statusCode, 403);
  assert.equal((await ledger('activity.look-up-refused')).at(-1)?.detail.code, 'look-up.self');
  const given = await as('head').post('/activity/look-up', {
    find: 'marsh',
    person: staff.id,
    reason: 'A complaint was made.',
  });
  assert.equal(given.headers.location, `/activity/person/${staff.id}`);
});

test('MON-11 the DSL reads who looked whom up and why, but never what others ask about the DSL', async () => {
  const { dsl } = b.school.people;
  await as('head').post('/activity/look-up', { find: 'x', person: dsl.id, reason: 'An allegation was made.' });
  const mine = await as('dsl').get('/activity/look-ups');
  assert.match(mine.body, /A complaint was made/);
  assert.ok(!mine.body.includes('An allegation was made'));
  assert.match((await as('head').get('/activity/look-ups?q=allegation')).body, /An allegation was made/);
  assert.equal((await as('ictManager').get('/activity/look-ups')).statusCode, 403);
});

test('MON-01 activity is searched by time, category, outcome, group and address, a page at a time', async () => {
  b.school.clock.advance(40 * DAY);
  const now = b.school.clock.now();
  const { year7, staff } = b.school.people;
  await b.deliver([
    ...Array.from({ length: 60 }, (_, i) =>
      b.event({ t: now - i, host: `p${i}.example`, category: 'social', outcome: 'allow' }),
    ),
    b.event({ t: now - HOUR, host: 'seven.example', person: year7.id, profile: 'pupil-7', outcome: 'warn' }),
    b.event({
      t: now - HOUR,
      host: 'grown-up.example',
      person: staff.id,
      profile: 'staff',
      outcome: 'allow',
      category: null,
    }),
    b.event({ t: now - 2 * DAY, host: 'old.example', outcome: 'allow' }),
  ]);
  const hosts = async (query: string) => {
    const { body } = await as('dsl').get(`/activity?${query}`);
    return [...body.matchAll(/<td class="gh-break">([^<]+)</g)].map((m) => m[1]);
  };
  const first = (await as('dsl').get('/activity?category=social')).body;
  const next = /rel="next" href="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const [page1, page2] = [await hosts('category=social'), await hosts(next.split('?')[1] ?? '')];
  assert.equal(page1.length, 50);
  assert.equal(new Set([...page1, ...page2]).size, 60);
  assert.deepEqual(await hosts('group=year:7'), ['seven.example']);
  assert.deepEqual(await hosts('group=profile:staff'), ['grown-up.example']);
  assert.deepEqual(await hosts('outcome=warn'), ['seven.example']);
  assert.deepEqual(await hosts('category=none'), ['grown-up.example']);
  assert.deepEqual(await hosts('host=SEVEN'), ['seven.example']);
  assert.deepEqual(await hosts('host=%25'), []);
  const day = new Date(now - 2 * DAY).toISOString().slice(0, 10);
  assert.deepEqual(await hosts(`from=${day}T00:00&until=${day}T23:59`), ['old.example']);
  const wrong = await as('dsl').get('/activity?from=2026-01-02T00:00&until=2026-01-01T00:00');
  assert.deepEqual([wrong.statusCode, /must begin before it ends/.test(wrong.body)], [400, true]);
});

test('An address with nonsense in it is an empty list or a plain answer, never a fault', async () => {
  const uuid = '00000000-0000-7000-8000-000000000000';
  for (const query of [
    `after=9999999999999999.${uuid}.9999999999999999999.999999999`,
    `after=1.${'-'.repeat(36)}.1.1`,
    'group=year:99999999999',
    'group=year:1e400',
    'group=nothing',
  ]) {
    assert.equal((await as('dsl').get(`/activity?${query}`)).statusCode, 200, query);
  }
  const line = `9999999999999999.${uuid}.9999999999999999999.999999999`;
  assert.equal((await as('dsl').get(`/activity/look-up?line=${line}`)).statusCode, 404);
});

test('The chart comes from the hours, as a drawing that follows dark pages, with its figures beside it', async () => {
  const svg = await as('dsl').get('/activity/chart.svg');
  assert.equal(svg.headers['content-type'], 'image/svg+xml');
  assert.match(svg.body, /^<svg[^>]*><style>@media\(prefers-color-scheme:dark\)/);
  assert.match(svg.body, /Blocked/);
  const { body } = await as('dsl').get('/activity?category=social');
  const opened = [...body.matchAll(/<th scope="row">[^<]*<\/th><td class="gh-table__number">(\d+)</g)].map((m) =>
    Number(m[1]),
  );
  assert.equal(
    opened.reduce((a, n) => a + n, 0),
    60,
  );
});

test('ALR-10 a live page hears of an alert within two seconds, and never of one about its own reader', async () => {
  const address = await pages.app.listen({ port: 0, host: '127.0.0.1' });
  const { dsl } = b.school.people;
  const stop = new AbortController();
  const heard: Record<string, string> = { dsl: '', head: '' };
  const listen = async (part: 'dsl' | 'head') => {
    const answer = await fetch(`${address}/alerts/live`, { headers: { cookie: as(part).cookie }, signal: stop.signal });
    assert.equal(answer.headers.get('content-type'), 'text/event-stream');
    const reader = answer.body?.getReader();
    void (async () => {
      for (;;) {
        const chunk = await reader?.read();
        if (!chunk || chunk.done) return;
        heard[part] += Buffer.from(chunk.value).toString();
      }
    })().catch(() => undefined);
  };
  await Promise.all([listen('dsl'), listen('head')]);
  const within = async (part: string, id: string, ms: number) => {
    for (const end = Date.now() + ms; Date.now() < end; ) {
      if (heard[part]?.includes(id)) return true;
      await new Promise((r) => setTimeout(r, 10));
    }
    return false;
  };
  try {
    const about = await urgent(dsl.id);
    assert.equal(await within('head', about.id, 2000), true);
    const pupil = await urgent();
    assert.equal(await within('dsl', pupil.id, 2000), true);
    assert.ok(!heard.dsl?.includes(about.id));
    assert.equal(heard.dsl?.match(/event: alert/g)?.length, 1);
  } finally {
    stop.abort();
  }
});
