import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PolicyDocument } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { createDraft } from '../life/drafts.service.ts';
import { entriesOf, readDraft } from '../life/drafts.store.ts';
import { policyInForce } from '../policies.service.ts';
import { editorRoutes } from './index.ts';

let t: TestDatabase;
let school: TestSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'tuition-centre' });
  pages = await pagesFor(school.deps, { name: 'policies', routes: (app) => editorRoutes(app, school.deps) });
});
after(async () => {
  await pages.close();
  await t.drop();
});

const dsl = () => pages.as(school.people.dsl);
const read = (id: string) => t.db.in(school.people.dsl.context, (tx) => readDraft(tx, id));
const story = (id: string) => t.db.in(school.people.dsl.context, (tx) => entriesOf(tx, id));
const begin = async (): Promise<string> =>
  (await createDraft(school.deps, school.people.dsl.viewer, { title: 'Autumn review', from: { version: 1 } })).id;
const rule = (doc: PolicyDocument, id: string) => doc.rules.find((r) => r.id === id);
const edit = async (id: string) => String((await read(id)).edit);

test('only those who write policies reach any page of the editor', async () => {
  assert.ok((await everyRouteDenies(pages, school)) >= 20);
});

test('a draft of another school is not there', async () => {
  const other = await testSchool(t, { policy: 'tuition-centre' });
  const id = await begin();
  const theirs = await pagesFor(other.deps, { name: 'policies', routes: (app) => editorRoutes(app, other.deps) });
  try {
    for (const page of ['clauses', 'matrices', 'settings', 'effect', 'questions']) {
      const url = `/policy/drafts/${id}/${page}`;
      assert.equal((await theirs.as(other.people.dsl).get(url)).statusCode, 404, page);
    }
    const save = await theirs
      .as(other.people.dsl)
      .post(`/policy/drafts/${id}/matrices`, { edit: '1', do: 'save', 'COM-08:staff': 'allowed' });
    assert.equal(save.statusCode, 404);
  } finally {
    await theirs.close();
  }
});

test('every page of the editor opens, for every part, list, entry and question', async () => {
  const id = await begin();
  const base = `/policy/drafts/${id}`;
  const seen = new Set<string>();
  const queue = [
    'clauses',
    'matrices',
    'matrices/devices',
    'matrices/sanctions',
    'settings',
    'effect',
    'questions',
  ].map((p) => `${base}/${p}`);
  for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
    if (seen.has(url)) continue;
    seen.add(url);
    const page = await dsl().get(url);
    assert.equal(page.statusCode, 200, `${url} ${page.body.slice(0, 300)}`);
    assert.doesNotMatch(page.body, />\s*undefined|\[object Object\]/, url);
    const links = [...page.body.matchAll(new RegExp(`href="(${base}/[^"#?]+)"`, 'g'))].map((m) => m[1] ?? '');
    // One of each kind of long list is enough.
    const kind = (link: string) => link.replace(base, '').split('/').slice(1, 3).join('/');
    for (const link of links) {
      const alike = [...seen, ...queue].filter((s) => kind(s) === kind(link)).length;
      if (alike < 2) queue.push(link);
    }
  }
  assert.ok(seen.size > 60, `${seen.size} pages`);
});

test('ROL-14 a role is given another duty, and a duty of its own comes round with owner and period', async () => {
  const id = await begin();
  const role = (await read(id)).document.roles[0];
  assert.ok(role);
  const url = `/policy/drafts/${id}/lists/roles/${role.id}`;
  const fields = {
    '/title': role.title,
    '/clause': role.clause,
    '/holders/min': '1',
    '/holders/max': '',
    '/deputies/min': '0',
    '/undefinedInSource': 'no',
  };
  const duties = [...role.duties, 'Keeps the notice board up to date'];
  assert.equal(
    (await dsl().post(url, { ...fields, '/duties': duties.join('\r\n'), edit: '1', do: 'save' })).statusCode,
    303,
  );
  assert.deepEqual((await read(id)).document.roles[0]?.duties, duties);

  const duty = {
    '/id': 'OWN-D1',
    '/title': 'Look over the notice board',
    '/owner': 'head',
    '/deputy': '',
    '/period:kind': '0',
    '/period:0/every': 'term',
    '/period:0/times': '',
    '/proposed': 'no',
    '/evidence/form': 'statement',
    '/evidence/text': 'What was changed',
    '/escalation/role': 'head',
    '/escalation/afterDays': '7',
    '/clause': role.clause,
  };
  const loop = await dsl().post(`/policy/drafts/${id}/lists/duties/new`, { ...duty, edit: '2', do: 'save' });
  assert.equal(loop.statusCode, 400);
  assert.match(loop.body, /href="#\/escalation\/role"/, 'late must come to another');
  const made = await dsl().post(`/policy/drafts/${id}/lists/duties/new`, {
    ...duty,
    '/escalation/role': 'centre-lead',
    edit: '2',
    do: 'save',
  });
  assert.equal(made.statusCode, 303, made.body);
  assert.deepEqual((await read(id)).document.duties.at(-1)?.period, { every: 'term' });
});

test('a clause is written, moved, added, and removed only when nothing cites it', async () => {
  const id = await begin();
  const list = `/policy/drafts/${id}/clauses`;
  const { clauses } = (await read(id)).document;
  const [first, second] = clauses;
  assert.ok(first && second);
  const form = {
    '/number': second.number,
    '/section': second.section,
    '/text': 'Said in other words.',
    controls: ['ledger'],
    after: '',
  };
  assert.equal((await dsl().post(`${list}/${second.id}`, { ...form, edit: '1', do: 'save' })).statusCode, 303);
  const moved = (await read(id)).document.clauses;
  assert.deepEqual(
    moved.slice(0, 2).map((c) => c.id),
    [second.id, first.id],
  );
  assert.equal(moved[0]?.text, 'Said in other words.');
  assert.deepEqual(moved[0]?.rows, second.rows);

  const same = await dsl().post(`${list}/new`, { ...form, '/number': first.number, edit: '2', do: 'save' });
  assert.equal(same.statusCode, 400);
  assert.match(same.body, /href="#\/number"/);
  const added = await dsl().post(`${list}/new`, { ...form, '/number': '99.1', edit: '2', do: 'save' });
  assert.equal(added.statusCode, 303, added.body);
  const own = (await read(id)).document.clauses.find((c) => c.number === '99.1');
  assert.ok(own);

  const cited = (await read(id)).document.rules[0]?.clause;
  const kept = await dsl().post(`${list}/${cited}`, { edit: '3', do: 'remove' });
  assert.equal(kept.statusCode, 400);
  assert.match(kept.body, /It is still cited by rule “/);
  assert.equal((await dsl().post(`${list}/${own.id}`, { edit: '3', do: 'remove' })).statusCode, 303);
  assert.equal(
    (await read(id)).document.clauses.some((c) => c.id === own.id),
    false,
  );
  const found = await dsl().get(`${list}?q=other words`);
  assert.match(found.body, /1 of \d+ clauses/);
});

test('GOV-33 every setting has a page with its explanation, and what nothing obeys yet says so', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/settings/D02`;
  const page = await dsl().get(url);
  assert.match(page.body, /A new password that falls short is refused/);
  const saved = await dsl().post(url, {
    edit: '1',
    do: 'save',
    '/~1passwords~1minLength': '14',
    '/~1passwords~1classes': ['digit', 'upper'],
  });
  assert.equal(saved.statusCode, 303, saved.body);
  assert.equal((await read(id)).document.passwords.minLength, 14);
  const later = await dsl().get(`/policy/drafts/${id}/settings/D03`);
  assert.match(later.body, /Nothing in the program obeys this yet/);
  const short = await dsl().post(url, {
    edit: '2',
    do: 'save',
    '/~1passwords~1minLength': '3',
    '/~1passwords~1classes': [],
  });
  assert.equal(short.statusCode, 400);
  assert.match(short.body, /Give a whole number from 8 to 128/);
});

test('GOV-33 before saving it is worked out what the software would do differently, and nothing is saved', async () => {
  const id = await begin();
  const page = await dsl().post(`/policy/drafts/${id}/matrices`, {
    edit: '1',
    do: 'try',
    'COM-08:pupil': 'allowed',
    'UAR-24:pupil': 'allowed',
  });
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /What the software will do differently/);
  assert.match(page.body, /Before: closed/);
  assert.equal((await read(id)).edit, 1);
  await dsl().post(`/policy/drafts/${id}/matrices`, {
    edit: '1',
    do: 'save',
    'COM-08:pupil': 'allowed',
    'UAR-24:pupil': 'allowed',
  });
  const whole = await dsl().get(`/policy/drafts/${id}/effect`);
  assert.match(whole.body, /Compared with version 1/);
  assert.match(whole.body, /Before: closed/);
  const inForce = await t.db.in(school.people.dsl.context, (tx) => policyInForce(tx, school.clock.now()));
  assert.equal(inForce?.number, 1);
});

test('whoever was slower sees what changed meanwhile, and keeps what was typed', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/settings/notice`;
  const clause = (await read(id)).document.notice.clause;
  await pages
    .as(school.people.head)
    .post(url, { edit: '1', do: 'save', '/text': 'The head was quicker.', '/clause': clause });
  const late = await dsl().post(url, { edit: '1', do: 'save', '/text': 'The DSL was slower.', '/clause': clause });
  assert.equal(late.statusCode, 409);
  assert.match(late.body, /Hetty Vale/);
  assert.match(late.body, /The head was quicker/);
  assert.match(late.body, /The DSL was slower/);
  assert.equal((await read(id)).document.notice.text, 'The head was quicker.');
  const number = /name="edit" value="(\d+)"/.exec(late.body)?.[1];
  assert.equal(number, await edit(id));
});

test('GOV-34 questions are answered in any order, put off, and confirmed together only where they are ticked', async () => {
  const id = await begin();
  const list = `/policy/drafts/${id}/questions`;
  const at = (key: string) => `${list}/${encodeURIComponent(key)}`;
  const was = (await read(id)).document;
  const total = Number(/0 of (\d+) answered/.exec((await dsl().get(list)).body)?.[1]);

  const cell = await dsl().post(at('cell:UAR-19:pupil'), { edit: '1', do: 'save', choice: 'times' });
  assert.equal(cell.statusCode, 303, cell.body);
  assert.match(String(cell.headers.location), /\/questions\//, 'on to the next one');
  const later = await dsl().post(at('cell:UAR-19:staff'), { edit: '2', do: 'later' });
  assert.equal(later.statusCode, 303);
  const [first, second, third] = was.duties.filter((d) => d.proposed);
  assert.ok(first && second && third);
  const ticked = await dsl().post(list, { edit: '3', do: 'save', confirm: [`duty:${first.id}`, `duty:${third.id}`] });
  assert.equal(ticked.statusCode, 303, ticked.body);

  const { document, answers } = await read(id);
  const confirmed = (d: PolicyDocument) => d.duties.filter((x) => x.proposed).map((x) => x.id);
  assert.deepEqual(
    confirmed(was).filter((x) => !confirmed(document).includes(x)),
    [first.id, third.id],
  );
  assert.equal(rule(document, 'UAR-19')?.cells.pupil?.unconfirmed, undefined);
  assert.equal(rule(document, 'UAR-19')?.cells.staff?.unconfirmed, true, 'put off is not confirmed');
  assert.equal((answers['cell:UAR-19:pupil'] as { by: string }).by, school.people.dsl.id);
  assert.match((await story(id)).at(-1)?.what ?? '', /^Confirmed as proposed/);
  const page = (await dsl().get(list)).body;
  assert.match(page, new RegExp(`3 of ${total} answered`));
  assert.match(page, /For later/);
  assert.equal((await dsl().get(at('cell:UAR-19:pupil'))).statusCode, 404, 'it is not asked again');
  assert.equal((await dsl().post(list, { edit: '4', do: 'save' })).statusCode, 400, 'nothing ticked');
});

test('ROL-04 a role that nobody holds is named under Roles first; until then it stays open', async () => {
  const id = await begin();
  const role = (await read(id)).document.roles.find((r) => r.undefinedInSource && r.id !== 'head');
  assert.ok(role);
  const url = `/policy/drafts/${id}/questions/${encodeURIComponent(`role:${role.id}`)}`;
  const page = await dsl().get(url);
  assert.match(page.body, /Nobody holds it yet/);
  assert.match(page.body, new RegExp(`href="/roles/${role.id}"`));
  assert.equal((await dsl().post(url, { edit: '1', do: 'save', choice: 'named' })).statusCode, 400);
  assert.equal((await read(id)).document.roles.find((r) => r.id === role.id)?.undefinedInSource, true);
});

test('GOV-34 a file that is no policy is refused place by place; a sound one becomes a draft with its questions', async () => {
  const good = (await read(await begin())).document;
  const broken = {
    ...good,
    title: '',
    surprise: 1,
    devices: [{ ...good.devices[0], cells: { inSchool: true, full: true, internetOnly: true, none: false } }],
  };
  const file = (content: string) => ({ field: 'file', name: 'ours.json', content });
  const fields = { title: 'Our own', from: 'file' };
  const refused = await dsl().upload('/policy/import', fields, file(JSON.stringify(broken)));
  assert.equal(refused.statusCode, 400);
  for (const cell of [/<code>\/title<\/code>/, /<code>\/surprise<\/code>/, /a text of 1 to 200 characters/])
    assert.match(refused.body, cell);
  assert.match(refused.body, /value="Our own"/);
  assert.equal((await dsl().upload('/policy/import', fields, file('{'))).statusCode, 400);
  const made = await dsl().upload('/policy/import', fields, file(JSON.stringify(good)));
  assert.equal(made.statusCode, 303, made.body);
  assert.match(String(made.headers.location), /^\/policy\/drafts\/[0-9a-f-]+\/questions$/);
  const page = await dsl().get(String(made.headers.location));
  assert.match(page.body, /0 of \d+ answered/);
});

test('UAR-17 what is fair is set on a page of the draft, and is gone again where none is chosen', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/settings/D19`;
  const { body } = await dsl().get(url);
  assert.match(body, /Fair use[\s\S]*Megabytes an hour[\s\S]*Kilobits a second beyond that/);
  // Every field as the page shows it, so that nothing is guessed here about how they are called.
  const fields: Record<string, string> = {};
  for (const [tag] of body.matchAll(/<input[^>]*>/g)) {
    const [name, value] = [/ name="([^"]*)"/.exec(tag)?.[1], / value="([^"]*)"/.exec(tag)?.[1] ?? ''];
    if (name && (!/type="(radio|checkbox)"/.test(tag) || / checked/.test(tag))) fields[name] = value;
  }
  const pupil = Object.keys(fields).find((f) => f.endsWith('/pupil')) ?? '';
  const kind = Object.keys(fields).find((f) => f.endsWith(':kind')) ?? '';
  assert.equal((await dsl().post(url, { ...fields, edit: await edit(id), do: 'save', [pupil]: '5' })).statusCode, 400);
  assert.equal(
    (await dsl().post(url, { ...fields, edit: await edit(id), do: 'save', [pupil]: '500' })).statusCode,
    303,
  );
  assert.equal((await read(id)).document.settings.fairUse?.megabytesAnHour.pupil, 500);
  const none = fields[kind] === '0' ? '1' : '0';
  assert.equal((await dsl().post(url, { ...fields, edit: await edit(id), do: 'save', [kind]: none })).statusCode, 303);
  assert.equal((await read(id)).document.settings.fairUse, null);
});
