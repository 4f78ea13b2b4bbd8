import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { createDraft, editDraft } from './drafts.service.ts';
import { entriesOf, readDraft } from './drafts.store.ts';

let t: TestDatabase;
let school: TestSchool;
before(async () => {
  t = await testDatabase();
  school = await testSchool(t, { policy: 'secondary-school' });
});
after(() => t.drop());

const as = (part: Part) => school.people[part].viewer;
const read = (id: string) => t.db.in(school.people.dsl.context, (tx) => readDraft(tx, id));
const begin = (part: Part = 'dsl') =>
  createDraft(school.deps, as(part), { title: 'Autumn review', from: { version: 1 } });

test('GOV-33 a draft begins from a version, a shipped policy or a file, and was approved by nobody', async () => {
  const text = readFileSync(new URL('../../../../policies/tuition-centre.json', import.meta.url), 'utf8');
  for (const from of [{ version: 1 }, { shipped: 'tuition-centre' }, { text, file: 'ours.json' }]) {
    const { id } = await createDraft(school.deps, as('head'), { title: 'A beginning', from });
    const draft = await read(id);
    assert.equal(draft.state, 'draft');
    assert.equal(draft.edit, 1);
    assert.equal(draft.author, school.people.head.id);
    assert.equal(draft.document.meta.approvedOn, null);
  }
});

test('what no draft can begin from is refused with a sentence', async () => {
  const start = (from: Parameters<typeof createDraft>[2]['from']) =>
    createDraft(school.deps, as('dsl'), { title: 'A beginning', from });
  await assert.rejects(start({ version: 99 }), { kind: 'not-found' });
  await assert.rejects(start({ shipped: 'unheard-of' }), { code: 'policy.draft.base' });
  await assert.rejects(start({ text: '{', file: 'ours.json' }), { code: 'policy.not-json', message: /^ours\.json/ });
  await assert.rejects(createDraft(school.deps, as('dsl'), { title: ' a ', from: { version: 1 } }), {
    code: 'policy.draft.title',
  });
});

test('GOV-33 a change is kept with its author and its words, and only from the page as it stands', async () => {
  const { id } = await begin();
  const change = { what: 'A new title.', edit: 1 };
  await editDraft(school.deps, as('head'), id, change, (d) => ({ ...d, title: 'Another title' }));
  const draft = await read(id);
  assert.equal(draft.document.title, 'Another title');
  assert.equal(draft.edit, 2);
  const story = await t.db.in(school.people.dsl.context, (tx) => entriesOf(tx, id));
  assert.deepEqual(
    story.map((e) => [e.action, e.by_person, e.edit, e.what]),
    [
      ['start', school.people.dsl.id, 1, 'Begun from version 1.'],
      ['edit', school.people.head.id, 2, 'A new title.'],
    ],
  );
  await assert.rejects(
    editDraft(school.deps, as('dsl'), id, change, (d) => ({ ...d, title: 'Too late' })),
    { code: 'policy.draft.edited', kind: 'conflict' },
  );
  assert.equal((await read(id)).document.title, 'Another title');
});

test('a change that would leave no policy behind is refused, with its place', async () => {
  const { id } = await begin();
  const clauseless = editDraft(school.deps, as('dsl'), id, { what: 'Everything went.', edit: 1 }, (d) => ({
    ...d,
    clauses: [],
  }));
  await assert.rejects(clauseless, { code: 'policy.invalid' });
  assert.equal((await read(id)).edit, 1);
});

test('a change that changes nothing leaves no trace', async () => {
  const { id } = await begin();
  await editDraft(school.deps, as('dsl'), id, { what: 'Nothing.', edit: 1 }, (d) => ({ ...d }));
  assert.equal((await read(id)).edit, 1);
});
