import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { readPdf } from '#testing/pdf.ts';
import type { Part } from '#testing/web.ts';
import type { CaseRef } from '../case.letters.ts';
import { entriesOf, findCase } from '../cases.store.ts';
import { caseStage, endCase } from '../fixture.ts';
import { answerDisposal, proposeDisposal } from './disposal.service.ts';
import { formFile, formsOf } from './form.store.ts';

const { t, s, pages, as, log, step, close } = await caseStage();
after(close);

async function closed(before?: (id: string) => Promise<unknown>): Promise<CaseRef> {
  const made = await log({ text: 'Told to me <b>at the end</b> of the lesson.' });
  await step('dsl', made.reference, 'assign', { person: s.people.dsl.id });
  await before?.(made.id);
  await endCase((action, more) => step('dsl', made.reference, action, more), 'supported');
  return made;
}
const forms = (id: string) => as('dsl', (tx) => formsOf(tx, id));
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

test('INC-20 INC-25 closing fixes the form as page and PDF, with people, story, policy version and hashes in the ledger', async () => {
  const { id, reference } = await closed();
  const [form] = await forms(id);
  assert.deepEqual([form?.number, form?.policy_number], [1, 1]);
  assert.equal(form?.keep_until?.getTime(), s.clock.now() + 2555 * DAY);
  const html = (await as('dsl', (tx) => formFile(tx, form?.id ?? '', 'html')))?.bytes.toString() ?? '';
  const pdf = (await as('dsl', (tx) => formFile(tx, form?.id ?? '', 'pdf')))?.bytes ?? Buffer.alloc(0);
  for (const said of [
    reference,
    'Zed Pupil',
    'Dina Sharp',
    'Reported by',
    'Sid Marsh',
    'Told to me &lt;b&gt;at the end&lt;/b&gt; of the lesson.',
    'version 1',
    'Behaviour policy',
    'Parents or carers: were told',
    'Signature on paper',
  ])
    assert.ok(html.includes(said), said);
  assert.ok(readPdf(pdf).text.includes('ZedPupil'));
  const [entry] = await t.asOwner(`select detail from ledger_entry where action = 'case.form' and object_id = $1`, [
    id,
  ]);
  assert.deepEqual([entry?.detail.html, entry?.detail.pdf, entry?.detail.number], [sha256(html), sha256(pdf), 1]);
});

/** A sanction of Zed's that stands in the case. */
const sanctioned = (id: string) =>
  t.asOwner(
    `insert into sanction (id, school_id, case_id, person_id, who, type, type_name, actions, decision, policy_number, procedure,
       proposed_by, proposed_at, decided_at)
     values (uuidv7(), $1, $2, $3, 'pupil', 'misuse', 'Misuse of a phone', '{warning}', 'x', 1,
       '{"id":"behaviour","title":"Behaviour policy","version":"Autumn 2026"}', $4, $5, $5)`,
    [s.id, id, s.people.year8.id, s.people.dsl.id, new Date(s.clock.now())],
  );

test('SAN-04 the form names each sanction with the procedure and the versions by which it was given', async () => {
  const { id } = await closed(sanctioned);
  const [form] = await forms(id);
  const html = (await as('dsl', (tx) => formFile(tx, form?.id ?? '', 'html')))?.bytes.toString() ?? '';
  assert.ok(html.includes('Misuse of a phone') && html.includes('Behaviour policy, Autumn 2026; policy version 1'));
});

test('INC-20 reopening leaves a form as it was, and the next closing makes another', async () => {
  const { id, reference } = await closed();
  const [first] = await forms(id);
  await step('dsl', reference, 'reopen');
  assert.equal((await forms(id)).length, 1);
  await endCase((action, more) => step('dsl', reference, action, more), 'behaviour');
  const both = await forms(id);
  assert.deepEqual(
    both.map((f) => f.number),
    [1, 2],
  );
  assert.deepEqual(both[0]?.pdf_sha256, first?.pdf_sha256);
  assert.notDeepEqual(both[1]?.pdf_sha256, first?.pdf_sha256);
});

test('INC-20 EVI-10 before its day a form is deleted, changed or disposed of by nobody, the database’s owner included', async () => {
  const { id, reference } = await closed();
  await assert.rejects(proposeDisposal(s.deps, s.people.dsl.viewer, reference, 'No longer needed.'), {
    code: 'case.disposal.kept',
  });
  for (const statement of [
    'delete from case_form where case_id = $1',
    'update case_form set number = 9 where case_id = $1',
    'delete from case_form_file where form_id in (select id from case_form where case_id = $1)',
    `update case_form_file set bytes = '' where form_id in (select id from case_form where case_id = $1)`,
    'update case_file set disposed_at = now() where id = $1',
  ])
    await assert.rejects(t.asOwner(statement, [id]), /kept until|kept longer|two people/, statement);
  for (const statement of [
    'delete from case_form',
    'update case_form_file set format = format',
    'delete from case_form_file',
  ])
    await assert.rejects(
      as('dsl', (tx) => tx.executeQuery({ sql: statement, parameters: [], query: {} as never, queryId: {} as never })),
      /permission denied/,
      statement,
    );
});

test('EVI-10 when its time is over a case is listed; two people dispose of it and words, people and forms are gone', async () => {
  const { id, reference } = await closed(sanctioned);
  const list = async () => (await pages.as(s.people.dsl).get('/cases/retention')).body;
  assert.ok(!(await list()).includes(reference));
  s.clock.advance(2556 * DAY);
  assert.ok((await list()).includes(reference));
  assert.equal(
    (await as('dsl', (tx) => findCase(tx, reference)))?.title,
    'Something that happened',
    'nothing goes alone',
  );

  await assert.rejects(proposeDisposal(s.deps, s.people.staff.viewer, reference, 'No longer needed.'), {
    code: 'not-found',
  });
  await proposeDisposal(s.deps, s.people.dsl.viewer, reference, 'No longer needed by anybody.');
  const [proposal] = await t.asOwner('select id from case_disposal where case_id = $1', [id]);
  const answer = (part: Part) =>
    answerDisposal(s.deps, s.people[part].viewer, reference, proposal?.id, { agreed: true, reason: '' });
  await assert.rejects(answer('dsl'), { code: 'case.disposal.second' });
  await t.asOwner(
    `insert into evidence_hold (id, school_id, case_id, kind, reason, by_person, at)
     values (uuidv7(), $1, $2, 'police', 'The police asked for it.', $3, now())`,
    [s.id, id, s.people.dsl.id],
  );
  await assert.rejects(answer('dslDeputy'), { code: 'case.disposal.kept' });
  await t.asOwner(
    `insert into evidence_hold_end (hold_id, school_id, by_person, at, reason)
     select id, school_id, by_person, now(), 'The police need it no more.' from evidence_hold where case_id = $1`,
    [id],
  );
  const hashes = (await forms(id)).map((f) => f.pdf_sha256);
  await answer('dslDeputy');

  const file = await as('dsl', (tx) => findCase(tx, reference));
  assert.deepEqual([file?.title, file?.subjects, file?.manager, file?.opened_by], ['Disposed of', [], null, null]);
  assert.ok(file?.disposed_at && file.closed_at);
  const entries = await as('dsl', (tx) => entriesOf(tx, id));
  assert.ok(entries.length > 5 && entries.every((e) => e.text === ''));
  assert.deepEqual(await t.asOwner('select 1 from sanction where case_id = $1', [id]), []);
  assert.deepEqual(
    (await forms(id)).map((f) => f.pdf_sha256),
    hashes,
    'the hashes stay',
  );
  assert.deepEqual(
    await t.asOwner('select 1 from case_form_file f join case_form o on o.id = f.form_id where o.case_id = $1', [id]),
    [],
  );
  const certificate = await pages.as(s.people.dsl).get(`/cases/${reference}/form/certificate.pdf`);
  assert.ok(readPdf(certificate.rawPayload).text.includes('DinaSharpandDevMistry'));
  await assert.rejects(step('dsl', reference, 'reopen'), { code: 'case.reopen.not-yours' });
  await assert.rejects(t.asOwner('update case_file set disposed_at = null where id = $1', [id]), /was disposed of/);
});

test('INC-20 the form is read and fetched by those who may see the case, and each reading is in the ledger', async () => {
  const { id, reference } = await closed();
  const dsl = pages.as(s.people.dsl);
  assert.ok((await dsl.get(`/cases/${reference}/form`)).body.includes(`/cases/${reference}/form/1.pdf`));
  const page = await dsl.get(`/cases/${reference}/form/1`);
  assert.equal(page.statusCode, 200);
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/);
  const file = await dsl.get(`/cases/${reference}/form/1.pdf`);
  const [form] = await forms(id);
  assert.equal(sha256(file.rawPayload), form?.pdf_sha256.toString('hex'));
  for (const part of ['teacher', 'ictManager', 'governor', 'administrator'] as const)
    for (const path of ['form', 'form/1', 'form/1.pdf', 'form/certificate.pdf'])
      assert.ok(
        [403, 404].includes((await pages.as(s.people[part]).get(`/cases/${reference}/${path}`)).statusCode),
        `${part} ${path}`,
      );
  const read = await t.asOwner(`select detail from ledger_entry where action = 'case.form.read' and object_id = $1`, [
    id,
  ]);
  assert.deepEqual(read.map((r) => r.detail.format).sort(), ['html', 'pdf']);
});
