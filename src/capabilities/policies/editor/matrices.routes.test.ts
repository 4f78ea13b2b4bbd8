import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PolicyDocument } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { createDraft } from '../life/drafts.service.ts';
import { entriesOf, readDraft } from '../life/drafts.store.ts';
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

test('UAR-26 many cells are saved at once, and exactly those that are different are told', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/matrices`;
  const was = (await read(id)).document;
  const cells = Object.fromEntries(
    was.rules.flatMap((r) => Object.entries(r.cells).map(([who, c]) => [`${r.id}:${who}`, c.value])),
  );
  const different = ['COM-01:pupil', 'UAR-20:pupil'];
  const other = (cell: string) => (cells[cell] === 'not-allowed' ? 'allowed' : 'not-allowed');
  const saved = await dsl().post(url, {
    ...cells,
    edit: '1',
    do: 'save',
    ...Object.fromEntries(different.map((c) => [c, other(c)])),
  });
  assert.equal(saved.statusCode, 303, saved.body);
  const { document, edit } = await read(id);
  assert.equal(edit, 2);
  for (const r of document.rules) {
    for (const [who, cell] of Object.entries(r.cells)) {
      const before = rule(was, r.id)?.cells[who as 'staff'];
      if (different.includes(`${r.id}:${who}`)) assert.equal(cell.value, other(`${r.id}:${who}`));
      else assert.deepEqual(cell, before, `${r.id} ${who}`);
    }
  }
  const told = (await story(id)).at(-1)?.what ?? '';
  assert.match(told, /COM-01/);
  assert.doesNotMatch(told, /COM-02/);
});

test('UAR-26 a row takes one answer for each group: two marks in a cell are refused', async () => {
  const id = await begin();
  const page = await dsl().post(`/policy/drafts/${id}/matrices`, {
    edit: '1',
    do: 'save',
    'UAR-20:pupil': ['allowed', 'not-allowed'],
  });
  assert.equal(page.statusCode, 400);
  assert.match(page.body, /pupils: choose one answer, not two/);
  assert.equal((await read(id)).edit, 1);
});

test('COM-11 staff and pupils have not the same answers, and one that is not offered is refused', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/matrices`;
  for (const [cell, value] of [
    ['COM-08:pupil', 'selected'],
    ['COM-08:staff', 'permission'],
  ] as const) {
    const page = await dsl().post(url, { edit: '1', do: 'save', [cell]: value });
    assert.equal(page.statusCode, 400, cell);
    assert.match(page.body, new RegExp(`href="#${cell}"`));
  }
  assert.equal((await dsl().post(url, { edit: '1', do: 'save', 'COM-08:staff': 'selected' })).statusCode, 303);
  assert.deepEqual(rule((await read(id)).document, 'COM-08')?.cells.staff, { value: 'selected', people: [] });
});

test('COM-12 a cell is given its windows and its people, and a person whom nobody knows is refused', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/matrices/COM-09/staff`;
  const fields = {
    '/value': 'selected',
    '/people': 'theo.wren\r\nnobody.here',
    '/rationale': 'They keep the school’s account.',
    'windows:count': '0',
  };
  const wrong = await dsl().post(url, { ...fields, edit: '1', do: 'save' });
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /Nobody here has the username nobody\.here/);
  assert.match(wrong.body, /They keep the school’s account/, 'what was typed stays');
  const right = await dsl().post(url, { ...fields, '/people': 'theo.wren', edit: '1', do: 'save' });
  assert.equal(right.statusCode, 303);
  assert.deepEqual(rule((await read(id)).document, 'COM-09')?.cells.staff, {
    value: 'selected',
    people: [school.people.teacher.id],
    rationale: 'They keep the school’s account.',
  });
  assert.doesNotMatch((await story(id)).at(-1)?.what ?? '', new RegExp(school.people.teacher.id));
  const page = await dsl().get(url);
  assert.match(page.body, /theo\.wren/);

  const times = {
    '/value': 'times',
    '/windows:count': '1',
    '/windows/0:kind': '0',
    '/windows/0:0/days': ['1', '2', '3', '4', '5'],
    '/windows/0:0/from': '12:20',
    '/windows/0:0/to': '13:10',
    '/windows/0:0/term': 'yes',
  };
  assert.equal((await dsl().post(url, { ...times, edit: '2', do: 'save' })).statusCode, 303);
  assert.deepEqual(rule((await read(id)).document, 'COM-09')?.cells.staff, {
    value: 'times',
    windows: [{ days: [1, 2, 3, 4, 5], from: '12:20', to: '13:10', term: true }],
  });
  const late = await dsl().post(url, { ...times, '/windows/0:0/to': 'noon', edit: '3', do: 'save' });
  assert.equal(late.statusCode, 400);
  assert.match(late.body, /href="#\/windows\/0:0\/to"/);
});

test('UAR-19 a window is added and taken out without script, and nothing is saved before Save', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/matrices/UAR-19/pupil`;
  const more = await dsl().post(url, { edit: '1', do: 'more:/windows', '/value': 'times', '/windows:count': '0' });
  assert.equal(more.statusCode, 200);
  assert.match(more.body, /name="\/windows\/0:0\/from"/);
  assert.equal((await read(id)).edit, 1);
});

test('UAR-26 an unconfirmed cell is confirmed by somebody, whose name the story keeps', async () => {
  const id = await begin();
  const open = (await read(id)).document.rules.find((r) => r.cells.pupil?.unconfirmed);
  assert.ok(open);
  const url = `/policy/drafts/${id}/matrices/${open.id}/pupil`;
  const cell = open.cells.pupil;
  const kept = await dsl().post(url, {
    edit: '1',
    do: 'save',
    '/value': cell?.value ?? '',
    '/rationale': 'To be asked.',
    '/windows:count': '0',
  });
  assert.equal(kept.statusCode, 303, kept.body);
  assert.equal(rule((await read(id)).document, open.id)?.cells.pupil?.unconfirmed, true, 'saving does not confirm');
  await dsl().post(url, { edit: '2', do: 'confirm', '/value': cell?.value ?? '', '/windows:count': '0' });
  const after = (await read(id)).document;
  assert.equal(rule(after, open.id)?.cells.pupil?.unconfirmed, undefined);
  assert.equal(rule(after, open.id)?.cells.staff?.unconfirmed, true);
  const last = (await story(id)).at(-1);
  assert.match(last?.what ?? '', /We confirm this reading/);
  assert.equal(last?.by_person, school.people.dsl.id);
});

test('UAR-26 an action is added with its kinds of site, closed until somebody chooses', async () => {
  const id = await begin();
  const row = {
    '/name': 'Watching sport',
    '/clause': (await read(id)).document.clauses[0]?.id ?? '',
    '/action': 'watch-sport',
    '/class': 'unsuitable',
    '/words': '',
    '/categories': ['sport'],
  };
  const none = await dsl().post(`/policy/drafts/${id}/matrices/new`, {
    ...row,
    edit: '1',
    do: 'save',
    '/action': 'Watch sport!',
    '/categories': [],
  });
  assert.equal(none.statusCode, 400);
  assert.match(none.body, /href="#\/action"/);
  const made = await dsl().post(`/policy/drafts/${id}/matrices/new`, {
    ...row,
    '/categories': [],
    edit: '1',
    do: 'save',
  });
  assert.equal(made.statusCode, 303, made.body);
  const own = rule((await read(id)).document, 'OWN-01');
  assert.equal(own?.name, 'Watching sport');
  assert.deepEqual(own?.cells.pupil, { value: 'not-allowed' });
});

test('DEV-08 two access levels for one class are refused with the class named', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/matrices/devices`;
  const device = (await read(id)).document.devices[0];
  assert.ok(device);
  const two = await dsl().post(url, {
    edit: '1',
    do: 'save',
    [`${device.id}:level`]: ['full', 'internetOnly'],
    [`${device.id}:school`]: 'yes',
  });
  assert.equal(two.statusCode, 400);
  assert.match(
    two.body,
    new RegExp(`${device.name}: choose exactly one access level, not The whole network and The internet only`),
  );
  const page = await dsl().get(url);
  const radios = page.body.match(new RegExp(`type="radio" id="[^"]+" name="${device.id}:level"`, 'g'));
  assert.equal(radios?.length, 3, 'the page lets nobody choose two');
  const one = await dsl().post(url, {
    edit: '1',
    do: 'save',
    [`${device.id}:level`]: 'none',
    [`${device.id}:school`]: 'yes',
  });
  assert.equal(one.statusCode, 303);
  assert.deepEqual((await read(id)).document.devices[0]?.cells, {
    inSchool: true,
    full: false,
    internetOnly: false,
    none: true,
  });
});

test('a cell of the sanctions is one of four answers', async () => {
  const id = await begin();
  const url = `/policy/drafts/${id}/matrices/sanctions`;
  const table = (await read(id)).document.sanctions.pupil.table;
  const [incident, action] = [table?.incidents[0], table?.actions[0]];
  assert.ok(incident && action);
  const cell = `pupil:${incident.id}:${action.id}`;
  assert.equal((await dsl().post(url, { edit: '1', do: 'save', who: 'pupil', [cell]: 'always' })).statusCode, 400);
  assert.equal((await dsl().post(url, { edit: '1', do: 'save', who: 'pupil', [cell]: 'required' })).statusCode, 303);
  assert.equal((await read(id)).document.sanctions.pupil.table?.incidents[0]?.cells[action.id], 'required');
});

test('SAN-34 where a school has no table, what its procedure lets follow is edited cell by cell', async () => {
  const { id } = await createDraft(school.deps, school.people.dsl.viewer, {
    title: 'As a school',
    from: { shipped: 'secondary-school' },
  });
  const url = `/policy/drafts/${id}/matrices/sanctions`;
  assert.match((await dsl().get(url)).body, /What the behaviour policy lets follow/);
  const cell = 'pupil:misuse:refer-police';
  assert.equal((await dsl().post(url, { edit: '1', do: 'save', who: 'pupil', [cell]: 'available' })).statusCode, 303);
  const { pupil } = (await read(id)).document.sanctions;
  assert.equal(pupil.mapping?.incidents.find((i) => i.id === 'misuse')?.cells['refer-police'], 'available');
  assert.equal(pupil.table, null);
});
