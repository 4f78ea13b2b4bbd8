import { notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type DocumentModel, headedTable, heading, paragraph } from '#platform/documents/index.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { type CaseFile, findCase } from '../cases.store.ts';
import { itemsOf } from '../evidence/index.ts';
import { keptUntilNow, whyKept } from './disposal.service.ts';
import { disposalsOf, pastTheirTime } from './disposal.store.ts';
import { formsOf } from './form.store.ts';

/** The forms of a case, until when they are kept, and how it goes in the end. */
export function formsPage(deps: Deps, viewer: Viewer, which: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const file = await findCase(tx, which);
    if (!file) throw notFound('this case');
    const now = deps.clock.now();
    const [forms, disposals] = [await formsOf(tx, file.id), await disposalsOf(tx, file.id)];
    const who = await names(
      tx,
      [
        ...new Set([...forms.map((f) => f.by_person), ...disposals.flatMap((d) => [d.by_person, d.answer?.by_person])]),
      ].filter((id): id is string => typeof id === 'string'),
    );
    const keptUntil = forms.length > 0 ? await keptUntilNow(tx, file, now) : null;
    const open = disposals.find((d) => d.answer === null);
    return {
      file,
      forms: forms
        .map((f) => ({ ...f, by: f.by_person && who.get(f.by_person), hash: f.pdf_sha256.toString('hex') }))
        .reverse(),
      keptUntil,
      early: keptUntil !== null && keptUntil.getTime() > now,
      kept: forms.length > 0 ? await whyKept(tx, file, now) : null,
      open: open && { ...open, by: who.get(open.by_person), mine: open.by_person === viewer.person.id },
      refused: disposals
        .filter((d) => d.answer && !d.answer.agreed)
        .map((d) => ({ ...d, by: who.get(d.answer?.by_person ?? '') })),
      certificate: file.disposed_at ? await certificateFacts(tx, file) : null,
    };
  });
}

/** EVI-10: who disposed of the case, when and why, and the hashes of what went. */
async function certificateFacts(tx: Tx, file: CaseFile) {
  const agreed = (await disposalsOf(tx, file.id)).find((d) => d.answer?.agreed);
  if (!agreed?.answer) throw new Error('a case went without a certificate');
  const who = await names(tx, [agreed.by_person, agreed.answer.by_person]);
  const items = await itemsOf(tx, file.id);
  return {
    reason: agreed.reason,
    first: who.get(agreed.by_person) ?? '',
    second: who.get(agreed.answer.by_person) ?? '',
    at: agreed.answer.at,
    items: items.map((i) => ({ name: `E${i.number}`, hash: i.sha256?.toString('hex') ?? '' })),
  };
}

export function certificateDocument(deps: Deps, viewer: Viewer, which: string): Promise<DocumentModel> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const file = await findCase(tx, which);
    if (!file?.disposed_at) throw notFound('this certificate');
    const facts = await certificateFacts(tx, file);
    const forms = await formsOf(tx, file.id);
    const time = (at: Date | null) => at?.toISOString() ?? '';
    const title = `Certificate of disposal ${file.reference}`;
    return {
      title,
      author: viewer.school.name,
      language: 'en-GB',
      blocks: [
        heading(1, title),
        paragraph(
          `What people wrote in this case, whom it named and its forms were disposed of on ${time(facts.at)} by ${facts.first} and ${facts.second}. ${REMAINS}`,
        ),
        paragraph(`Reason: ${facts.reason}`),
        ...headedTable(
          heading(2, 'Days (UTC)'),
          ['What', 'When'],
          [
            ['Opened', time(file.opened_at)],
            ['Closed', time(file.closed_at)],
            ['Disposed of', time(file.disposed_at)],
          ],
        ),
        ...headedTable(
          heading(2, 'Forms that went'),
          ['Form', 'Fixed', 'SHA-256 of the page', 'SHA-256 of the PDF'],
          forms.map((f) => [String(f.number), time(f.at), f.html_sha256.toString('hex'), f.pdf_sha256.toString('hex')]),
        ),
        ...(facts.items.length > 0
          ? headedTable(
              heading(2, 'Evidence that had gone before'),
              ['Item', 'SHA-256'],
              facts.items.map((i) => [i.name, i.hash]),
            )
          : []),
      ],
    };
  });
}

export const REMAINS =
  'Its number, its days, the states it went through, these hashes and this certificate remain; so do alerts and reports it came from, which are kept for times of their own.';

/** EVI-10: cases whose time is over, for two people to look at. Nothing goes by itself. */
export function reviewPage(deps: Deps, viewer: Viewer, q: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const files = await pastTheirTime(tx, new Date(now), q);
    const cases: { reference: string; title: string; closed_at: Date | null; kept: string | null; waits: boolean }[] =
      [];
    for (const file of files) {
      cases.push({
        reference: file.reference,
        title: file.title,
        closed_at: file.closed_at,
        kept: await whyKept(tx, file, now),
        waits: (await disposalsOf(tx, file.id)).some((d) => d.answer === null),
      });
    }
    return { q, cases };
  });
}
