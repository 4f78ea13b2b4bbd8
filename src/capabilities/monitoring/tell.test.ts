import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Pages, pagesFor } from '#testing/web.ts';
import { openAlerts } from './alerts.service.ts';
import { alertsOf, type Bench, monitored } from './fixture.ts';
import { monitoringRoom } from './monitoring.room.ts';

let first: Bench;
before(async () => {
  first = await monitored();
});
after(() => first.t.drop());

async function school(work: (b: Bench, pages: Pages, to: string) => Promise<void>): Promise<void> {
  const b = await monitored({ config: first.school.deps.config }, first.t);
  const pages = await pagesFor(b.school.deps, monitoringRoom(b.school.deps));
  try {
    await work(b, pages, `/tell?school=${b.school.slug}`);
  } finally {
    await pages.close();
  }
}

test('ALR-09 anybody can tell something without signing in, and gets a receipt with help', () =>
  school(async (b, pages, to) => {
    const nobody = pages.as(null);
    const form = await nobody.get(to);
    assert.equal(form.statusCode, 200);
    assert.match(form.body, /0800 1111/);
    assert.match(form.body, /do not send pictures/);

    const sent = await nobody.post(to, { words: 'A man online asks me to meet.', about: 'me', safe: 'no' });
    const receipt = await nobody.follow(sent);
    const [alert] = await alertsOf(b);
    assert.match(receipt.body, new RegExp(alert?.reference ?? 'none'));
    assert.match(receipt.body, /What happens next/);
    assert.match(receipt.body, /999/);
    assert.ok(!String(sent.headers.location).includes('A-'), 'the address, which stays in the history, tells nothing');
    assert.equal(alert?.detector, 'told');
    assert.equal(alert?.subject, null);
    assert.equal(alert?.evidence[0]?.text, 'A man online asks me to meet.');
    assert.deepEqual(alert?.told, [b.school.people.dsl.id]);
  }));

test('The form takes no attachment of any kind', () =>
  school(async (b, pages, to) => {
    const form = await pages.as(null).get(to);
    assert.ok(!/type="file"|multipart/.test(form.body));
    const upload = await pages
      .as(null)
      .upload(to, { words: 'See this' }, { field: 'file', name: 'a.csv', content: 'not to be kept' });
    assert.ok(upload.statusCode >= 400);
    assert.equal((await alertsOf(b)).length, 0);
  }));

test('ALR-09 whoever does not say that they are safe is taken not to be', () =>
  school(async (b, pages, to) => {
    const cases: [Record<string, string>, string][] = [
      [{ safe: 'yes' }, 'soon'],
      [{ safe: 'no' }, 'urgent'],
      [{ safe: 'unsure' }, 'urgent'],
      [{}, 'urgent'],
      [{ safe: 'yes', now: 'yes' }, 'urgent'],
    ];
    for (const [fields, urgency] of cases) {
      assert.equal((await pages.as(null).post(to, { words: 'Please help.', ...fields })).statusCode, 303);
      const [row] = await b.t.asOwner('select urgency from alert where school_id = $1 order by id desc limit 1', [
        b.school.id,
      ]);
      assert.equal(row?.urgency, urgency, JSON.stringify(fields));
      b.school.clock.advance(1);
    }
  }));

test('ALR-09 a pupil who is signed in is known, and the words stand on the DSL’s page', () =>
  school(async (b, pages, to) => {
    const pupil = pages.as(b.school.people.year8);
    await pupil.post(to, { words: 'He <b>shouts</b> at me in the chat.', safe: 'yes' });
    const [alert] = await alertsOf(b);
    const page = await pages.as(b.school.people.dsl).get(`/alerts/${alert?.id}`);
    assert.match(page.body, /Zed Pupil/);
    assert.match(page.body, /He &lt;b&gt;shouts/);
    assert.equal((await pupil.get(`/alerts/${alert?.id}`)).statusCode, 403);
  }));

test('ALR-10 what is told about the DSL goes to the head, and neither the DSL nor the deputy learns of it', () =>
  school(async (b, pages, to) => {
    const { dsl, dslDeputy, head } = b.school.people;
    await pages.as(null).post(to, { words: 'The DSL frightens me.', safe: 'no', role: 'dsl' });
    const [alert] = await alertsOf(b);
    assert.deepEqual([alert?.subject, alert?.told], [dsl.id, [head.id]]);
    const sees = async (who: typeof dsl) => (await b.school.deps.db.in(who.context, (tx) => openAlerts(tx))).length;
    assert.deepEqual([await sees(dsl), await sees(dslDeputy), await sees(head)], [0, 0, 1]);
    for (const who of [dsl, dslDeputy]) {
      assert.equal((await pages.as(who).get(`/alerts/${alert?.id}`)).statusCode, 404);
      assert.ok(!(await pages.as(who).get('/alerts')).body.includes(alert?.reference ?? ''));
    }
    assert.match((await pages.as(head).get(`/alerts/${alert?.id}`)).body, /Dina Sharp/);
  }));

test('ALR-10 whoever is chosen as the one it is about is left out: there is no second box that could be forgotten', () =>
  school(async (_b, pages, to) => {
    const { body } = await pages.as(null).get(to);
    assert.match(body, /Then they will not see this message/);
    const form = body.slice(body.indexOf('<form'), body.indexOf('</form>'));
    const fields = [...form.matchAll(/ name="([^"]+)"/g)].map((m) => m[1]);
    assert.deepEqual([...new Set(fields)].sort(), ['about', 'name', 'now', 'role', 'safe', 'words']);
  }));

test('What was typed is kept when something is missing, and the page says what', () =>
  school(async (b, pages, to) => {
    const again = await pages.as(null).post(to, { words: '  ', name: 'Robin', safe: 'no' });
    assert.equal(again.statusCode, 400);
    assert.match(again.body, /They need not be perfect/);
    assert.match(again.body, /value="Robin"/);
    const wrong = await pages.as(null).post(to, { words: 'x', role: 'emperor' });
    assert.match(wrong.body, /Choose one of the people in the list/);
    assert.equal((await alertsOf(b)).length, 0);
  }));

test('Another site cannot send the form, and a flood ends with words that still help', () =>
  school(async (_b, pages, to) => {
    const foreign = await pages.as(null).post(to, { words: 'x' }, { 'sec-fetch-site': 'cross-site' });
    assert.equal(foreign.statusCode, 403);
    let last = foreign;
    for (let i = 0; i < 45 && last.statusCode !== 429; i++) last = await pages.as(null).post(to, { words: '' });
    assert.equal(last.statusCode, 429);
    assert.match(last.body, /0800 1111/);
  }));

test('Where there are several schools the page asks which one', () =>
  school(async (_b, pages) => {
    const page = await pages.as(null).get('/tell');
    assert.match(page.body, /Which school is it/);
    assert.equal((await pages.as(null).get('/tell?school=nowhere')).statusCode, 404);
  }));
