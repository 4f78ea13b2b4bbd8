import { createHash } from 'node:crypto';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { renderApart } from '#platform/documents/index.ts';
import { record } from '#platform/ledger.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import type { CaseFile } from '../cases.store.ts';
import { keptUntil } from '../evidence/index.ts';
import { formDocument } from './form.document.ts';
import { readForm } from './form.facts.ts';
import { formHtml } from './form.html.ts';
import { formsOf, insertForm } from './form.store.ts';
import { rulesApplied } from './rules.ts';

/** INC-20: the form of a case that comes to its end, fixed in the transaction that closes it. */
export async function makeForm(deps: Deps, tx: Tx, viewer: Viewer, file: CaseFile): Promise<void> {
  const now = deps.clock.now();
  const at = new Date(now);
  const policy = await policyInForce(tx, now);
  const number = (await formsOf(tx, file.id)).length + 1;
  const rules = await rulesApplied(tx, policy, now);
  const document = formDocument(
    await readForm(tx, viewer, file, { number, at, rules, types: policy?.document ?? null }),
  );
  const html = Buffer.from(formHtml(document));
  const pdf = await renderApart('pdf', document, at);
  const [htmlHash, pdfHash] = [sha256(html), sha256(pdf)];
  const id = newId(now);
  const keepUntil = await keptUntil(tx, { id: file.id, reference: file.reference, closedAt: at }, now);
  await insertForm(
    tx,
    {
      id,
      school_id: viewer.school.id,
      case_id: file.id,
      number,
      at,
      by_person: viewer.person.id,
      policy_number: policy?.number ?? null,
      keep_until: keepUntil,
      html_sha256: htmlHash,
      pdf_sha256: pdfHash,
    },
    { html, pdf },
  );
  await record(tx, {
    school: viewer.school.id,
    actor: viewer.person.id,
    action: 'case.form',
    object: { kind: 'case', id: file.id },
    detail: {
      form: id,
      number,
      policy: policy?.number ?? null,
      keepUntil,
      html: htmlHash.toString('hex'),
      pdf: pdfHash.toString('hex'),
    },
    at: now,
  });
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
