import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { CaseRef } from '../case.letters.ts';
import { entriesOf, findCase } from '../cases.store.ts';
import { formFile, formsOf } from '../closing/form.store.ts';
import { caseStage } from '../fixture.ts';
import { bullyingVerdict } from './definition.ts';

/** What bullying online asks of a case besides its procedure (CYB-01..10, AIG-02, AIG-03). */

const { t, s, pages, as, log, step, close } = await caseStage();
after(close);

const refused = (attempt: Promise<unknown>, code: string) => assert.rejects(attempt, { code });
const looks = (type: string, more: Record<string, string> = {}) => ({
  detail: {
    types: [type],
    culpability: 'deliberate',
    content: 'inappropriate',
    row: 'none',
    severity: 'routine',
    allegation: 'no',
    ...more,
  },
});

/** A case of two who hurt one, given to the DSL. */
async function group(): Promise<CaseRef> {
  const made = await log({ people: [s.people.year8.id, s.people.year12.id] });
  await step('dsl', made.reference, 'assign', { person: s.people.dsl.id });
  await step('dsl', made.reference, 'touch', { person: s.people.year7.id, detail: { role: 'affected' } });
  return made;
}

/** From triage to the actions, by the whole procedure of a school where one senior is enough. */
async function judged(which: string, type = 'cyber-bullying'): Promise<void> {
  await step('dsl', which, 'classify', looks(type));
  await step('dsl', which, 'contain');
  for (const by of ['dsl', 'dslDeputy'] as const)
    for (const not of ['isolation', 'containment']) await step(by, which, 'not-needed', { detail: { step: not } });
  await step('dsl', which, 'form-team');
  for (const by of ['dsl', 'dslDeputy'] as const)
    await step(by, which, 'not-needed', { detail: { step: 'examination' } });
  await step('dsl', which, 'skip-examination');
  await step('dsl', which, 'attend');
  assert.equal((await step('dsl', which, 'judge', { detail: { verdict: 'substance' } })).state, 'actions');
}
const yes = { online: 'yes', repeated: 'yes', intended: 'yes', imbalance: 'yes' };

test('CYB-01 four answers say whether it is bullying by the policy; where it is not, it may still be another type', async () => {
  assert.equal(bullyingVerdict(yes), 'is');
  for (const one of Object.keys(yes)) {
    assert.equal(bullyingVerdict({ ...yes, [one]: 'no' }), 'is-not', one);
    assert.equal(bullyingVerdict({ ...yes, [one]: 'unsure' }), 'open', one);
    assert.equal(bullyingVerdict({ ...yes, [one]: undefined }), 'open', one);
  }
  const { reference } = await group();
  const page = async () => (await pages.as(s.people.dsl).get(`/cases/${reference}`)).body;
  await step('dsl', reference, 'bullying-test', { detail: { ...yes, repeated: 'no' } });
  assert.match(await page(), /By the policy this is not bullying\. It may still be something else/);
  await step('dsl', reference, 'classify', looks('harassment'));
  await step('dsl', reference, 'bullying-test', { detail: yes });
  assert.match(await page(), /By the policy this is bullying\./);
});

test('CYB-02 CYB-09 AIG-03 a case about a group ends with support for each who was hurt, and an outcome for both sides, under named versions', async () => {
  const { id, reference } = await group();
  await step('dsl', reference, 'touch', { person: s.people.teacher.id, detail: { role: 'affected' } });
  await judged(reference, 'ai-bullying');
  await step('dsl', reference, 'bullying-test', { detail: yes });
  await step('dsl', reference, 'inform', { detail: { decision: 'told' } });
  await step('dsl', reference, 'record', { detail: { reference: 'R-1' } });
  await step('dsl', reference, 'act');
  const both = { outcomeAffected: 'Safe, and has a mentor.', outcomeSubject: 'Talked it over; detention.' };
  const resolve = (detail: Record<string, string>) =>
    step('dsl', reference, 'resolve', { outcome: 'behaviour', detail });
  await refused(resolve(both), 'case.resolve.supportGiven');
  await refused(step('dsl', reference, 'help', { person: s.people.year8.id }), 'case.help.forAffected');
  await step('dsl', reference, 'help', { person: s.people.year7.id });
  await refused(resolve(both), 'case.resolve.supportGiven');
  await step('dsl', reference, 'help', { person: s.people.teacher.id });
  for (const missing of Object.keys(both))
    await refused(resolve({ ...both, [missing]: '' }), 'case.resolve.bothOutcomes');
  assert.equal((await resolve(both)).state, 'resolved');
  await step('dsl', reference, 'appeal', { detail: { decision: 'waived' } });
  await step('dsl', reference, 'close');
  const [form] = await as('dsl', (tx) => formsOf(tx, id));
  const html = (await as('dsl', (tx) => formFile(tx, form?.id ?? '', 'html')))?.bytes.toString() ?? '';
  for (const said of [
    'Behaviour policy',
    'Policy on harm between children',
    'version 1',
    both.outcomeAffected,
    both.outcomeSubject,
    'Zed Pupil, Sol Student',
  ])
    assert.ok(html.includes(said), said);
});

test('CYB-04 who saw it is named to whoever leads; to others, on paper, in the form and in exports they are nobody', async () => {
  const { id, reference } = await group();
  await step('dsl', reference, 'touch', {
    person: s.people.governor.id,
    text: 'Gus Holt told me.',
    detail: { role: 'witness' },
  });
  await step('dsl', reference, 'join', { person: s.people.teacher.id });
  for (const path of ['', '/print']) {
    assert.ok((await pages.as(s.people.dsl).get(`/cases/${reference}${path}`)).body.includes('Gus Holt'), path);
    const seen = await pages.as(s.people.teacher).get(`/cases/${reference}${path}`);
    assert.equal(seen.statusCode, 200);
    assert.ok(seen.body.includes('Somebody who saw it was named'), path);
    assert.ok(!seen.body.includes('Gus Holt told me') && !/<dd>[^<]*Gus Holt/.test(seen.body), path);
  }
  await judged(reference);
  await step('dsl', reference, 'bullying-test', { detail: yes });
  for (const [action, detail] of [
    ['inform', { decision: 'told' }],
    ['record', { reference: 'R-1' }],
    ['act', {}],
  ] as const)
    await step('dsl', reference, action, { detail });
  await step('dsl', reference, 'help', { person: s.people.year7.id });
  await step('dsl', reference, 'resolve', {
    outcome: 'behaviour',
    detail: { outcomeAffected: 'Safe.', outcomeSubject: 'Detention.' },
  });
  await step('dsl', reference, 'appeal', { detail: { decision: 'waived' } });
  await step('dsl', reference, 'close');
  const [form] = await as('dsl', (tx) => formsOf(tx, id));
  const html = (await as('dsl', (tx) => formFile(tx, form?.id ?? '', 'html')))?.bytes.toString() ?? '';
  assert.ok(html.includes('whose names are shielded') && !html.includes('Gus Holt'));
});

test('AIG-02 EVI-03 a false sexual picture of a pupil is not recorded without saying whether one is here; where it may be the case stops at once', async () => {
  for (const type of ['sexual-deepfake', 'shared-image']) {
    const { id, reference } = await group();
    await refused(step('dsl', reference, 'classify', looks(type)), 'case.classify.pictureAnswered');
    assert.equal((await step('dsl', reference, 'classify', looks(type, { picture: 'no' }))).state, 'triage');
    assert.equal((await step('dsl', reference, 'classify', looks(type, { picture: 'yes' }))).state, 'halted');
    const file = await as('dsl', (tx) => findCase(tx, reference));
    assert.deepEqual([file?.imagery, file?.state, file?.types], [true, 'halted', [type]]);
    const sealed = await t.asOwner('select act from evidence_seal where case_id = $1', [id]);
    assert.deepEqual(sealed, [{ act: 'sealed' }], 'the vault is sealed in the same transaction');
    const last = (await as('dsl', (tx) => entriesOf(tx, id))).at(-1);
    assert.deepEqual([last?.action, last?.to_state], ['classify', 'halted']);
  }
  const { reference } = await group();
  await step('dsl', reference, 'classify', looks('misuse'));
});

test('CYB-10 a contact with an outside service stands in the case', async () => {
  const { id, reference } = await group();
  await step('dsl', reference, 'contact', { detail: { body: 'A helpline', basis: 'Consent' } });
  assert.equal((await as('dsl', (tx) => entriesOf(tx, id))).at(-1)?.detail.body, 'A helpline');
});
