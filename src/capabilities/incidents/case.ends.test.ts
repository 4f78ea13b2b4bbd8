import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Part } from '#testing/web.ts';
import { STEP_FORMS } from './case.forms.ts';
import { findCase } from './cases.store.ts';
import { caseStage } from './fixture.ts';
import { refused } from './sanctions/fixture.ts';

/** What keeps a case from ending, whatever way it is to end. */

const { t, s, pages, as: seenBy, log, step, close } = await caseStage();
after(close);

const as = (part: Part) => pages.as(s.people[part]);
const stateOf = async (which: string) => (await seenBy('dsl', (tx) => findCase(tx, which)))?.state ?? 'gone';

/** A case of this type, with the DSL, in triage. */
async function known(type: string): Promise<string> {
  const { reference } = await log();
  await step('dsl', reference, 'assign', { person: s.people.dsl.id });
  await step('dsl', reference, 'classify', {
    detail: {
      types: [type],
      culpability: 'deliberate',
      content: 'inappropriate',
      row: 'none',
      severity: 'routine',
      allegation: 'no',
    },
  });
  return reference;
}
/** The same, contained, with the DSL signed in to judge it. */
async function toJudge(type: string): Promise<string> {
  const c = await known(type);
  await step('dsl', c, 'contain');
  await step('dsl', c, 'isolate', { detail: { device: 'A laptop', place: 'Office, seal 7' } });
  for (const by of ['dsl', 'dslDeputy'] as const) await step(by, c, 'not-needed', { detail: { step: 'containment' } });
  await step('dsl', c, 'form-team');
  for (const by of ['dsl', 'dslDeputy'] as const) await step(by, c, 'not-needed', { detail: { step: 'examination' } });
  await step('dsl', c, 'skip-examination');
  await step('dsl', c, 'attend');
  return c;
}
const judge = (by: Part, c: string, verdict: string) => step(by, c, 'judge', { detail: { verdict } });
/** Everything but what a test is about. */
async function readyToEnd(c: string): Promise<void> {
  await step('dsl', c, 'inform', { detail: { decision: 'told' } });
  await step('dsl', c, 'record', { detail: { reference: 'R-1' } });
}

test('EVI-06 who has it, devices, platforms, take-downs and protection stand on one list, and no case ends while one of them is open', async () => {
  const c = await known('misuse');
  await step('dsl', c, 'contain');
  const list = STEP_FORMS.find((f) => f.action === 'contain-item')?.fields.find((f) => f.name === 'kind')?.options;
  const kinds = list?.map((o) => o.value) ?? [];
  assert.deepEqual(kinds, ['person', 'device', 'platform', 'take-down', 'protect']);
  for (const kind of kinds)
    assert.equal(
      (await as('dsl').post(`/cases/${c}/contain-item`, { kind, text: `About the ${kind}.` })).statusCode,
      303,
    );
  assert.equal((await as('dsl').post(`/cases/${c}/contain-item`, { kind: 'other', text: 'Else.' })).statusCode, 400);
  const section = async () =>
    /Containment list<\/h2>[\s\S]*?<\/ul>/.exec((await as('dsl').get(`/cases/${c}`)).body)?.[0] ?? '';
  const open = async () => (await section()).split('>Open<').length - 1;
  for (const kind of kinds) assert.match(await section(), new RegExp(`About the ${kind}\\.`));
  assert.equal(await open(), kinds.length);
  assert.match((await as('dsl').get(`/cases/${c}`)).body, /To be contained: A take-down that was asked for/);

  for (const by of ['dsl', 'dslDeputy'] as const) await step(by, c, 'not-needed', { detail: { step: 'isolation' } });
  await step('dsl', c, 'form-team');
  for (const by of ['dsl', 'dslDeputy'] as const) await step(by, c, 'not-needed', { detail: { step: 'examination' } });
  await step('dsl', c, 'skip-examination');
  await step('dsl', c, 'attend');
  const nothing = await judge('dsl', c, 'no-substance');
  assert.deepEqual([nothing.state, nothing.waits], ['judge', '5 things stand open on the containment list.']);
  await judge('dsl', c, 'substance');
  await readyToEnd(c);
  await step('dsl', c, 'act');
  const items = async () =>
    [...(await as('dsl').get(`/cases/${c}`)).body.matchAll(/name="item"[^>]*value="([0-9a-f-]{36})"/g)].map(
      (m) => m[1] ?? '',
    );
  for (let left = kinds.length; left > 0; left--) {
    await refused(step('dsl', c, 'resolve', { outcome: 'behaviour' }), 'case.resolve.contained');
    const [item = ''] = await items();
    await step('dsl', c, 'contain-done', { detail: { item }, text: `Done, ${left} were open.` });
    await refused(step('dsl', c, 'contain-done', { detail: { item } }), 'case.contain-done.openItem');
    assert.equal(await open(), left - 1);
  }
  assert.match(await section(), /Done with: Done, 1 were open\./);
  assert.equal((await step('dsl', c, 'resolve', { outcome: 'behaviour' })).state, 'resolved');
});

test('EVI-06 a case without substance ends once nothing is open on its containment list', async () => {
  const c = await toJudge('misuse');
  await step('dsl', c, 'contain-item', { detail: { kind: 'platform' } });
  assert.equal((await judge('dsl', c, 'no-substance')).state, 'judge');
  const file = await seenBy('dsl', (tx) => findCase(tx, c));
  const [item] = await t.asOwner(`select id from case_entry where case_id = $1 and action = 'contain-item'`, [
    file?.id,
  ]);
  await step('dsl', c, 'contain-done', { detail: { item: item?.id } });
  assert.equal((await judge('dsl', c, 'no-substance')).state, 'closed');
});

test('INC-28 sexual violence and harassment are types of case, online or offline, and each ends with support and never without the lead’s reasons', async () => {
  const form = (await as('dsl').get(`/cases/${await known('misuse')}`)).body;
  for (const type of ['violence', 'harassment']) {
    const name = type === 'violence' ? 'Sexual violence' : 'Sexual harassment';
    assert.match(form, new RegExp(`value="${type}"[\\s\\S]{0,200}${name}, online or offline`));
    const c = await toJudge(type);
    await judge('dsl', c, 'substance');
    await readyToEnd(c);
    if (type === 'violence')
      for (const by of ['dsl', 'dslDeputy'] as const)
        await step(by, c, 'police-decision', {
          detail: { decision: 'reported', force: 'Example Constabulary', reference: 'P-7' },
        });
    const nothingMore = { outcome: 'no-further-action' };
    await refused(step('head', c, 'resolve', nothingMore), 'case.resolve.answered');
    await step('dsl', c, 'assign', { person: s.people.teacher.id });
    await refused(step('teacher', c, 'resolve', nothingMore), 'case.resolve.answered');
    await refused(step('dsl', c, 'resolve', { ...nothingMore, text: 'Nothing.' }), 'case.resolve.answered');
    await refused(step('dsl', c, 'resolve', nothingMore), 'case.resolve.supportGiven');
    await step('dsl', c, 'act');
    await refused(step('dsl', c, 'resolve', { outcome: 'behaviour' }), 'case.resolve.supportGiven');
    await step('dsl', c, 'help', { text: 'A counsellor from today, and another way home.' });
    assert.equal((await step('dsl', c, 'resolve', nothingMore)).state, 'resolved', type);
  }
});

test('INC-28 INC-25 nobody judges harassment away, or refers a case out, over the head of whoever leads', async () => {
  const c = await toJudge('harassment');
  await step('dsl', c, 'join', { person: s.people.head.id });
  await step('head', c, 'attend');
  await step('dsl', c, 'assign', { person: s.people.teacher.id });
  const alone = await judge('head', c, 'no-substance');
  assert.deepEqual([alone.state, /safeguarding lead/.test(alone.waits ?? '')], ['judge', true]);
  await step('dsl', c, 'assign', { person: s.people.dsl.id });
  await step('dsl', c, 'attend');
  await refused(step('dsl', c, 'judge', { detail: { verdict: 'no-substance' }, text: '' }), 'case.judge.reasoned');
  assert.equal((await judge('dsl', c, 'no-substance')).state, 'closed');

  const other = await known('misuse');
  await step('dsl', other, 'assign', { person: s.people.ictManager.id });
  await step('ictManager', other, 'refer-out');
  await step('head', other, 'refer-out');
  assert.equal(await stateOf(other), 'triage', 'two who do not lead refer nothing out');
  await step('dsl', other, 'assign', { person: s.people.dsl.id });
  await step('dsl', other, 'refer-out');
  assert.equal(await stateOf(other), 'referred-out');
});
