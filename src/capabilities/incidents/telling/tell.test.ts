import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openAlerts } from '#rooms/monitoring/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Bench, bench } from './fixture.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

async function school(work: (b: Bench) => Promise<void>): Promise<void> {
  const b = await bench(t);
  try {
    await work(b);
  } finally {
    await b.close();
  }
}

test('ALR-09 anybody can tell something without signing in, and gets a receipt with help and a code', () =>
  school(async (b) => {
    const form = await b.pages.as(null).get(b.to);
    assert.equal(form.statusCode, 200);
    assert.match(form.body, /0800 1111/);
    assert.match(form.body, /send no pictures/);

    const sent = await b.pages
      .as(null)
      .post(b.to, { words: 'A man online asks me to meet.', part: 'happened', safe: 'no' });
    assert.equal(sent.headers.location, '/tell/received', 'the address, which stays in the history, tells nothing');
    const receipt = await b.pages.as(null).follow(sent);
    const [report] = await b.reports();
    assert.ok(receipt.body.includes(report?.reference ?? 'none'));
    assert.match(receipt.body, /What happens next[\s\S]*999/);
    const [alert] = await b.alerts();
    assert.equal(alert?.subject, null);
    assert.equal(alert?.evidence[0]?.text, 'A man online asks me to meet.');
    assert.deepEqual(alert?.told, [b.s.people.dsl.id]);
    const again = await b.pages.as(null).get('/tell/received');
    assert.ok(!again.body.includes(report?.reference ?? 'none'), 'the receipt is shown once');
  }));

test('EVI-03 no form here takes a file: not the page, not the fault, not what is added later', () =>
  school(async (b) => {
    const { code } = await b.tell(null, { words: 'First words.' });
    const before = await b.reports();
    for (const [url, fields] of [
      [b.to, { words: 'See this' }],
      [`${b.to}/fault`, { words: 'See this' }],
      ['/tell/code', { code, words: 'See this' }],
    ] as const) {
      const upload = await b.pages
        .as(null)
        .upload(url, fields, { field: 'file', name: 'a.png', content: 'not to be kept' });
      assert.ok(upload.statusCode >= 400, url);
    }
    for (const url of [b.to, `${b.to}/fault`, '/tell/code'])
      assert.doesNotMatch((await b.pages.as(null).get(url)).body, /type="file"|multipart/);
    assert.doesNotMatch((await b.pages.as(null).post('/tell/code', { code })).body, /type="file"|multipart/);
    assert.deepEqual(await b.reports(), before);
    assert.equal((await t.asOwner('select 1 from report_line')).length, 0);
  }));

test('ALR-09 whoever does not say that they are safe is taken not to be', () =>
  school(async (b) => {
    const cases: [Record<string, string>, string][] = [
      [{ safe: 'yes' }, 'soon'],
      [{ safe: 'no' }, 'urgent'],
      [{ safe: 'unsure' }, 'urgent'],
      [{}, 'urgent'],
      [{ safe: 'yes', now: 'yes' }, 'urgent'],
    ];
    for (const [fields, urgency] of cases) {
      await b.tell(null, { words: 'Please help.', ...fields });
      assert.equal((await b.alerts()).at(-1)?.urgency, urgency, JSON.stringify(fields));
      b.s.clock.advance(1);
    }
  }));

test('ALR-09 a pupil who is signed in is known, and the words stand on the DSL’s page', () =>
  school(async (b) => {
    const pupil = b.pages.as(b.s.people.year8);
    await pupil.post('/tell', { words: 'He <b>shouts</b> at me in the chat.', safe: 'yes', part: 'happened' });
    const [alert] = await b.alerts();
    const [report] = await b.reports();
    for (const url of [`/alerts/${alert?.id}`, `/told/${report?.reference}`]) {
      const page = await b.pages.as(b.s.people.dsl).get(url);
      assert.match(page.body, /Zed Pupil/, url);
      assert.match(page.body, /He &lt;b&gt;shouts/, url);
      assert.equal((await pupil.get(url)).statusCode, 403, url);
    }
  }));

test('ALR-10 what is told about the DSL goes to the head, and neither the DSL nor the deputy learns of it', () =>
  school(async (b) => {
    const { dsl, dslDeputy, head } = b.s.people;
    await b.tell(null, { words: 'The DSL frightens me.', safe: 'no', role: 'dsl' });
    const [alert] = await b.alerts();
    const [report] = await b.reports();
    assert.deepEqual([alert?.subject, alert?.told], [dsl.id, [head.id]]);
    const sees = async (who: typeof dsl) => (await b.s.deps.db.in(who.context, (tx) => openAlerts(tx))).length;
    assert.deepEqual([await sees(dsl), await sees(dslDeputy), await sees(head)], [0, 0, 1]);
    for (const who of [dsl, dslDeputy]) {
      for (const url of [`/alerts/${alert?.id}`, `/told/${report?.reference}`])
        assert.equal((await b.pages.as(who).get(url)).statusCode, 404);
      for (const url of ['/alerts', '/told', '/told?all=yes']) {
        const { body } = await b.pages.as(who).get(url);
        assert.ok(!body.includes(alert?.reference ?? '') && !body.includes(report?.reference ?? ''), url);
      }
    }
    assert.match((await b.pages.as(head).get(`/alerts/${alert?.id}`)).body, /Dina Sharp/);
    assert.equal((await b.pages.as(head).get(`/told/${report?.reference}`)).statusCode, 200);
  }));

test('ALR-10 whoever is named is left out, also by name alone, and nobody learns whether the name was known', () =>
  school(async (b) => {
    const known = await b.tell(null, { words: 'She reads my messages.', who: 'hetty  VALE', safe: 'yes' });
    const unknown = await b.tell(null, { words: 'She reads my messages.', who: 'Nobody Here', safe: 'yes' });
    const [first, second] = await b.reports();
    assert.deepEqual(first?.kept_from, [b.s.people.head.id]);
    assert.deepEqual(first?.to_roles, ['lead-governor'], 'an allegation about the head goes to whom the policy names');
    assert.deepEqual(second?.kept_from, []);
    assert.deepEqual(
      (await b.sees(b.s.people.head)).map((r) => r.reference),
      [],
    );
    const blank = (page: string, r: typeof known) =>
      page
        .replaceAll(r.reference, '')
        .replaceAll(r.code, '')
        .replace(/nonce="[^"]+"/g, '');
    assert.equal(blank(known.page, known), blank(unknown.page, unknown));
  }));

test('What was typed is kept when something is missing, and the page says what', () =>
  school(async (b) => {
    const again = await b.pages.as(null).post(b.to, { words: '  ', name: 'Robin', safe: 'no' });
    assert.equal(again.statusCode, 400);
    assert.match(again.body, /They need not be perfect/);
    assert.match(again.body, /value="Robin"/);
    const wrong = await b.pages.as(null).post(b.to, { words: 'Listen', role: 'emperor' });
    assert.match(wrong.body, /Choose one of the people in the list/);
    assert.equal((await b.reports()).length, 0);
  }));

test('Another site cannot send the form, and a flood ends with words that still help', () =>
  school(async (b) => {
    const foreign = await b.pages.as(null).post(b.to, { words: 'x' }, { 'sec-fetch-site': 'cross-site' });
    assert.equal(foreign.statusCode, 403);
    let last = foreign;
    for (let i = 0; i < 45 && last.statusCode !== 429; i++) last = await b.pages.as(null).post(b.to, { words: '' });
    assert.equal(last.statusCode, 429);
    assert.match(last.body, /0800 1111/);
  }));

test('ALR-09 each school has its own public page, and without one the page asks which', () =>
  school(async (b) => {
    const other = await bench(t);
    await other.close();
    const page = await b.pages.as(null).get('/tell');
    assert.match(page.body, /Which school is it/);
    assert.ok(page.body.includes(`/tell/${b.s.slug}`));
    assert.equal((await b.pages.as(null).get('/tell/nowhere')).statusCode, 404);
    assert.equal((await b.pages.as(null).get(`/tell?school=${b.s.slug}`)).statusCode, 200);
  }));

test('ALR-09 every page of ours leads there, for whoever is signed in and whoever is not', () =>
  school(async (b) => {
    for (const [who, url] of [
      [b.s.people.year8, '/tell/code'],
      [b.s.people.teacher, '/told'],
      [b.s.people.dsl, '/alerts'],
      [null, '/tell/code'],
    ] as const)
      assert.match((await b.pages.as(who).get(url)).body, /<footer[\s\S]*href="\/tell"/);
    assert.equal((await b.pages.as(b.s.people.year7).get('/tell')).statusCode, 200);
    assert.equal((await b.pages.as(b.s.people.parent).get('/tell')).statusCode, 200);
  }));

test('ALR-09 where the school asks for a name, one is needed of whoever is not signed in, and only then', () =>
  school(async (b) => {
    const { dsl, teacher, year8 } = b.s.people;
    assert.equal((await b.pages.as(teacher).post('/told/settings', { nameless: 'no' })).statusCode, 403);
    assert.equal((await b.pages.as(dsl).post('/told/settings', { nameless: 'no' })).statusCode, 303);
    const refused = await b.pages.as(null).post(b.to, { words: 'Something happened.' });
    assert.equal(refused.statusCode, 400);
    assert.match(refused.body, /Your school asks for your name[\s\S]*0800 1111/);
    assert.equal((await b.pages.as(null).post(b.to, { words: 'Something happened.', name: 'Robin' })).statusCode, 303);
    assert.equal((await b.pages.as(year8).post('/tell', { words: 'Something happened.' })).statusCode, 303);
    await b.pages.as(dsl).post('/told/settings', { nameless: 'yes' });
    assert.equal((await b.pages.as(null).post(b.to, { words: 'Something happened.' })).statusCode, 303);
  }));
