import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dataPaths } from '#platform/config.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { Part } from '#testing/web.ts';
import { STEP_FORMS } from './case.forms.ts';
import { CASE_STATES } from './case.workflow.ts';
import { readRing, unwrap } from './evidence/keys.ts';
import { type Imagery, imagerySchool, LEAKS, SECRET } from './imagery/fixture.ts';
import { searchLinks } from './index.ts';

/** EVI-03, EVI-04, EVI-07, SRC-19: child abuse imagery, attacked by every route and every role. */

let t: TestDatabase;
let m: Imagery;
before(async () => {
  t = await testDatabase();
  m = await imagerySchool(t);
});
after(async () => {
  await m.pages.close();
  await t.drop();
});

const PARTS = () => Object.keys(m.s.people) as Part[];
const as = (part: Part) => m.pages.as(m.s.people[part]);
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PASTES: readonly string[] = [
  `data:image/png;base64,${DOT}`,
  `Look: <img src="DATA:image/png;base64,${DOT}">`,
  DOT.repeat(6),
  DOT.slice(0, 76).concat('\r\n').repeat(6),
];

test('EVI-03 EVI-04 from every state in which a case can be, whoever works on it stops it, and what was in it is sealed', async () => {
  for (const state of CASE_STATES.filter((s) => s !== 'halted')) {
    const by: Part = state === 'triage' ? 'dslDeputy' : state === 'team' ? 'head' : 'dsl';
    const c = await m.withFile(state);
    assert.equal(await m.openable(c.id), 1, state);
    const stopped = await as(by).post(`/cases/${c.reference}/suspect`, { text: '' });
    assert.equal(stopped.statusCode, 303, `${state}: ${stopped.body}`);
    assert.deepEqual(await m.row(c.id), { state: state === 'police-hold' ? state : 'halted', imagery: true }, state);
    assert.equal(await m.openable(c.id), 0, state);
    assert.notEqual((await m.upload(c.reference)).statusCode, 303, state);
  }
});

test('EVI-03 SRC-20 a search of a device and the question before an upload stop a case as the step does, and the key is changed after each', async () => {
  const stop: Readonly<Record<string, (c: { id: string; reference: string }) => Promise<unknown>>> = {
    'by a step': (c) => m.step('dsl', c.id, 'suspect', { text: '' }),
    'by the question': (c) => as('dsl').post(`/cases/${c.reference}/evidence/new`, { mayShowChild: 'unsure' }),
    'by a search, of whoever cannot read the case': (c) =>
      t.db.in(m.s.people.teacher.context, (tx) =>
        searchLinks(m.s.deps).suspectImagery(tx, m.s.people.teacher.viewer, c.id),
      ),
  };
  for (const [way, act] of Object.entries(stop)) {
    const c = await m.withFile();
    await t.asOwner(`delete from graphile_worker._private_jobs`);
    await act(c);
    assert.deepEqual(await m.row(c.id), { state: 'halted', imagery: true }, way);
    assert.equal(await m.openable(c.id), 0, way);
    const jobs = await t.asOwner(`select 1 from graphile_worker.jobs where task_identifier = 'evidence.rotate'`);
    assert.equal(jobs.length, 1, `${way}: wraps in older backups are made worthless`);
    const again = await as('dsl').post(`/cases/${c.reference}/evidence/new`, { mayShowChild: 'yes' });
    assert.match(again.body, /You did the right thing/, `${way}: who suspects it once more is guided all the same`);
  }
});

test('EVI-03 a case that somebody’s telling opens with such a picture is stopped from its first moment, and takes no file ever', async () => {
  for (const part of [null, 'year8', 'parent', 'staff'] as const) {
    const browser = m.pages.as(part && m.s.people[part]);
    const told = await browser.post(`/tell/${m.s.slug}`, {
      kind: 'hurtful-message',
      words: 'Somebody sent me a picture on a phone.',
      picture: 'unsure',
    });
    assert.equal(told.statusCode, 303, told.body);
    const [c] = await t.asOwner<{ id: string; reference: string }>(
      `select id, reference from case_file where source = 'told' order by id desc limit 1`,
    );
    assert.deepEqual(await m.row(c?.id ?? ''), { state: 'halted', imagery: true });
    const [seal] = await t.asOwner('select act from evidence_seal where case_id = $1', [c?.id]);
    assert.equal(seal?.act, 'sealed');
    assert.ok((await m.upload(c?.reference ?? '')).statusCode >= 400);
  }
});

test('EVI-03 EVI-07 SRC-19 in a stopped case every route of the room, for every person of the school, page or JSON, takes no file and shows nothing of one', async () => {
  const c = await m.withFile();
  const [{ hash } = { hash: '' }] = await t.asOwner<{ hash: string }>(
    `select encode(sha256, 'hex') as hash from evidence_item where id = $1`,
    [c.item],
  );
  await m.step('dsl', c.id, 'suspect', { text: '' });
  const routes = m.pages.app.routeTable.filter((r) => r.url.startsWith('/cases/:id'));
  assert.ok(routes.length > STEP_FORMS.length + 15);
  const url = (path: string) =>
    path
      .replace(':id', c.reference)
      .replace(':item', 'E1')
      .replace(/:[a-z]+/gi, c.item);
  const before = await t.asOwner('select count(*) from case_entry where case_id = $1', [c.id]);
  const shut = (body: string, what: string) => {
    assert.doesNotMatch(body, LEAKS, what);
    assert.equal(body.includes(hash), false, what);
    assert.doesNotMatch(body, /type="file"/, what);
  };
  for (const part of PARTS()) {
    for (const route of routes) {
      const what = `${route.method} ${route.url} as ${part}`;
      if (route.method === 'GET') {
        for (const accept of ['text/html', 'application/json'])
          shut((await as(part).get(url(route.url), { accept })).body, what);
        continue;
      }
      const file = { field: 'file', name: 'late.png', content: `late${DOT}` };
      const uploaded = await as(part).upload(
        url(route.url),
        { mayShowChild: 'no', text: 'x', description: 'Late' },
        file,
      );
      assert.ok(uploaded.statusCode >= 400 && uploaded.statusCode < 500, `${what}: upload ${uploaded.statusCode}`);
      shut(uploaded.body, what);
    }
    for (const [path, form] of [
      ['/evidence/items/E1/open', { reason: 'Needed for the meeting with the parents' }],
      ['/evidence/export', { reason: 'As they asked us to', force: 'Ashshire Police', forceReference: 'AS-1' }],
      ['/evidence/new', { mayShowChild: 'no' }],
    ] as const) {
      for (const accept of ['text/html', 'application/json']) {
        const answer = await as(part).post(`/cases/${c.reference}${path}`, form, { accept });
        assert.ok([403, 404, 409].includes(answer.statusCode), `${part} ${path}: ${answer.statusCode}`);
        shut(answer.body, `${part} ${path}`);
      }
    }
  }
  assert.deepEqual(await t.asOwner('select count(*) from case_entry where case_id = $1', [c.id]), before);
  assert.equal((await t.asOwner('select 1 from evidence_item where case_id = $1', [c.id])).length, 1);
});

test('EVI-03 a form in good order but for the pasted picture is refused in each: step, note, new case, thing, custody, telling, search', async () => {
  const c = await m.examined();
  const good: readonly (readonly [string, Record<string, string>, string])[] = [
    [`/cases/${c.reference}/note`, {}, 'text'],
    [`/cases/${c.reference}/finding`, { noUrl: 'It was shown on a phone.' }, 'text'],
    [`/cases/${c.reference}/suspect`, {}, 'text'],
    [`/cases/${c.reference}/evidence/things`, { kind: 'device', description: 'A phone' }, 'note'],
    [`/cases/${c.reference}/evidence/things`, { kind: 'device' }, 'description'],
    ['/cases/new', { intent: 'log', title: 'A worry', category: '', happenedOn: '2026-11-02' }, 'text'],
    [`/tell/${m.s.slug}`, { kind: 'concern' }, 'words'],
    ['/device-searches/new', { pupil: m.s.people.year8.id, device: 'A phone', urgent: 'yes', risk: 'Nobody' }, 'why'],
  ];
  for (const paste of PASTES) {
    for (const [url, fields, field] of good) {
      const answer = await as('dsl').post(
        url,
        { ...fields, [field]: `Here it is: ${paste}` },
        { accept: 'application/json' },
      );
      // A short field refuses a long paste by its length alone.
      assert.match(
        answer.json().code,
        paste === PASTES[0] ? /^incidents\.words-only$/ : /words-only|validation/,
        `${url} ${field}`,
      );
    }
    const described = await m.upload(c.reference, 'dsl', { description: `See ${paste}`.slice(0, 480) });
    assert.notEqual(described.statusCode, 303, 'nor as the description of a file');
  }
  assert.deepEqual(await m.row(c.id), { state: 'examine', imagery: false });
});

test('EVI-03 a picture pasted as text into any form of the room, by anybody, is refused, and no table keeps a word of it', async () => {
  const c = await m.withFile();
  await m.step('dsl', c.id, 'suspect', { text: '' });
  const fill = (path: string) =>
    path
      .replace(':slug', m.s.slug)
      .replace(':id', c.reference)
      .replace(':item', 'E1')
      .replace(/:[a-z]+/gi, 'D-AAAAAA');
  const paste = async (part: Part, url: string, field: string, text: string) => {
    const answer = await as(part).post(url, { [field]: text });
    const what = `${url} ${field} as ${part}`;
    assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${what}: ${answer.statusCode}`);
    assert.equal(answer.body.includes(DOT.slice(0, 60)), false, `${what} is shown again`);
  };
  const posts = m.pages.app.routeTable.filter((r) => r.method === 'POST');
  for (const text of PASTES) for (const { url } of posts) await paste('dsl', fill(url), 'text', text);
  for (const part of ['administrator', 'head', 'ictManager', 'teacher', 'governor', 'parent', 'year8'] as const)
    for (const { url } of posts) await paste(part, fill(url), 'text', PASTES[0] ?? '');
  for (const form of STEP_FORMS)
    for (const { name } of form.fields)
      await paste('dsl', `/cases/${c.reference}/${form.action}`, name, PASTES[2] ?? '');
  for (const { name } of await t.asOwner<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )) {
    const kept = await t.asOwner(`select 1 from ${name} x where position($1 in x::text) > 0 limit 1`, [
      DOT.slice(0, 40),
    ]);
    assert.deepEqual(kept, [], name);
  }
});

test('EVI-07 no search of cases or of evidence finds a file by its name, its words, its content or its hash once it is sealed', async () => {
  const c = await m.withFile();
  assert.match((await as('dsl').get(`/cases/${c.reference}/evidence?q=Marmalade`)).body, /Marmalade/);
  const [{ hash } = { hash: '' }] = await t.asOwner<{ hash: string }>(
    `select encode(sha256, 'hex') as hash from evidence_item where id = $1`,
    [c.item],
  );
  await m.step('dsl', c.id, 'suspect', { text: '' });
  for (const q of [SECRET.content, SECRET.name, SECRET.description, hash]) {
    for (const part of ['dsl', 'head', 'dslDeputy'] as const) {
      const cases = await as(part).get(`/cases?q=${encodeURIComponent(q)}`);
      assert.equal(cases.statusCode, 200);
      assert.equal(cases.body.includes(c.reference), false, `${q} as ${part}`);
      const list = await as(part).get(`/cases/${c.reference}/evidence?q=${encodeURIComponent(q)}`);
      assert.doesNotMatch(list.body, /href="[^"]*items\/E1"/, `${q} as ${part}`);
    }
  }
});

test('EVI-07 a backup taken after the stop holds no way to the file: no row and no byte on the disk is its content or opens it', async () => {
  const c = await m.withFile();
  const [known] = await t.asOwner<{ description: string }>('select description from evidence_item where id = $1', [
    c.item,
  ]);
  assert.equal(known?.description, SECRET.description, 'the words stand with the item, which no page shows any more');
  await m.step('dsl', c.id, 'suspect', { text: '' });
  const hex = (text: string) => Buffer.from(text).toString('hex');
  for (const { name } of await t.asOwner<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
  )) {
    const schema = name.startsWith('_private') || name === 'migrations' ? 'graphile_worker' : 'public';
    const found = await t.asOwner(`select 1 from ${schema}.${name} x where x::text ~* $1 limit 1`, [
      [SECRET.content, SECRET.name, hex(SECRET.content), hex(SECRET.name)].join('|'),
    ]);
    assert.deepEqual(found, [], name);
  }
  const wraps = await t.asOwner<{ holder: string; key_id: string; wrapped: Buffer }>(
    'select holder, key_id, wrapped from evidence_key where item_id = $1',
    [c.item],
  );
  assert.deepEqual(
    wraps.map((w) => w.holder),
    ['outside'],
  );
  const ring = readRing(m.s.deps.config);
  for (const keyId of ring.keys.keys())
    assert.throws(() => unwrap(ring, c.item, { keyId, wrapped: wraps[0]?.wrapped ?? Buffer.alloc(60) }));
  const folder = join(dataPaths(m.s.deps.config.data).evidence, m.s.id);
  assert.ok(readdirSync(folder).includes(c.item), 'it is still there, for the police');
  for (const file of readdirSync(folder)) assert.doesNotMatch(readFileSync(join(folder, file), 'latin1'), LEAKS, file);
});

test('EVI-04 a stop and uploads at the same moment: the stop always lands, and no file is left that could be opened', async () => {
  for (let i = 0; i < 8; i++) {
    const c = await m.examined();
    const [stopped] = await Promise.all([
      as('dslDeputy').post(`/cases/${c.reference}/suspect`, { text: '' }),
      ...[1, 2, 3].map(() => m.upload(c.reference)),
    ]);
    assert.equal(stopped.statusCode, 303, stopped.body);
    assert.deepEqual(await m.row(c.id), { state: 'halted', imagery: true });
    assert.equal(await m.openable(c.id), 0);
  }
});

test('EVI-04 EVI-07 a recorded decision starts a new examination: new files come in and open, and the old one stays sealed', async () => {
  const c = await m.withFile();
  await m.step('dsl', c.id, 'suspect', { text: '' });
  await assert.rejects(m.step('dsl', c.id, 'examine'), /moved on/);
  const decided = { detail: { decision: 'lead', reference: 'Guidance 2024' } };
  await assert.rejects(m.step('dsl', c.id, 'not-imagery', { detail: { decision: 'lead' } }), /reference/);
  await assert.rejects(m.step('head', c.id, 'not-imagery', decided), /safeguarding lead/);
  assert.equal(await m.step('dsl', c.id, 'not-imagery', decided), 'team');
  assert.notEqual((await m.upload(c.reference)).statusCode, 303, 'a decision is no examination yet');
  await m.step('dsl', c.id, 'attend');
  assert.equal(await m.step('dsl', c.id, 'examine'), 'examine');
  const fresh = { field: 'file', name: 'new.png', content: 'another beaker' };
  const said = { mayShowChild: 'no', description: 'A new picture' };
  assert.equal((await as('dsl').upload(`/cases/${c.reference}/evidence/files`, said, fresh)).statusCode, 303);
  const open = (item: string) =>
    as('dsl').post(`/cases/${c.reference}/evidence/items/${item}/open`, { reason: 'Needed for the meeting' });
  assert.match((await open('E2')).body, /another beaker/);
  const [{ hash } = { hash: '' }] = await t.asOwner<{ hash: string }>(
    `select encode(sha256, 'hex') as hash from evidence_item where id = $1`,
    [c.item],
  );
  const exported = { reason: 'As the officer asked us to', force: 'Ashshire Police', forceReference: 'AS-1' };
  for (const answer of [
    await open('E1'),
    await as('dsl').get(`/cases/${c.reference}`),
    await as('dsl').get(`/cases/${c.reference}/print`),
    await as('dsl').get(`/cases/${c.reference}/evidence`),
    await as('dsl').get(`/cases/${c.reference}/evidence/keeping`),
    await as('dsl').get(`/cases/${c.reference}/evidence/items/E1`),
    await as('dsl').get(`/cases/${c.reference}/evidence/items/E1/sheet`),
    await as('dsl').post(`/cases/${c.reference}/evidence/export`, exported),
  ]) {
    assert.doesNotMatch(answer.body, /ZINNIAFILE|Marmaladewords/);
    assert.equal(answer.body.includes(hash), false);
  }
  assert.equal(await m.openable(c.id), 1);
});

test('EVI-04 a release by the police is no word on the image: nothing is examined before it is recorded that it was none', async () => {
  const c = await m.withFile();
  await m.step('dsl', c.id, 'suspect', { text: '' });
  await m.step('dsl', c.id, 'police-reference', { detail: { force: 'Example Constabulary', reference: 'P-77' } });
  assert.equal(await m.step('dsl', c.id, 'police-release', { detail: { reference: 'L-1' } }), 'team');
  await m.step('dsl', c.id, 'attend');
  await assert.rejects(m.step('dsl', c.id, 'examine'), /may still be an image/);
  assert.notEqual((await m.upload(c.reference)).statusCode, 303);
  await m.step('dsl', c.id, 'suspect', { text: '' });
  await m.step('dsl', c.id, 'police-reference', { detail: { force: 'Example Constabulary', reference: 'P-77' } });
  const say = (decision: string) => m.step('dsl', c.id, 'not-imagery', { detail: { decision, reference: 'L-2' } });
  await assert.rejects(say('lead'), /only they can decide/);
  assert.equal(await say('police'), 'team');
  await m.step('dsl', c.id, 'attend');
  assert.equal(await m.step('dsl', c.id, 'examine'), 'examine');
  assert.equal(await m.openable(c.id), 0);
});
