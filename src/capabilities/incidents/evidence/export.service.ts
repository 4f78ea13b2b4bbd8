import type { Pack } from 'tar-stream';
import { conflict, invalid } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type Block, heading, list, note, paragraph, renderBlock, table } from '#platform/documents/index.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { custodyOf } from './custody.rules.ts';
import {
  type Asker,
  type Entered,
  enter,
  isShut,
  log,
  type Records,
  recordsOf,
  refuseSealed,
  STATE_WORDS,
  whyNot,
} from './enter.ts';
import { type Item, scanOf, stateOf } from './evidence.store.ts';
import { custodyLine, EVENT_WORDS, KIND_WORDS, scanWords } from './evidence.words.ts';
import { type OpenedFile, unlock } from './files.service.ts';
import type { CaseSide, ExportTable } from './gate.ts';
import { CHECKING, type PackageFile, plainName, type Signer, writePackage } from './package.ts';
import { stepsOf } from './things.service.ts';

export interface ExportAsk {
  readonly reason: string;
  readonly force: string;
  readonly forceReference: string;
}

/** EVI-08: everything that is kept in a case, for the police, with what a third party needs to check it. */
export async function exportCase(
  deps: Deps,
  side: CaseSide,
  asker: Asker,
  which: string,
  ask: ExportAsk,
): Promise<{ name: string; archive: Pack }> {
  const { viewer } = asker;
  const fields: Record<string, string> = {};
  if (ask.force.trim().length < 2) fields.force = 'Name the police force.';
  if (ask.forceReference.trim().length < 2) fields.forceReference = 'Give the force’s reference.';
  if ([...ask.reason.trim()].length < 10) fields.reason = 'Say why, in 10 characters or more. It stands in the record.';
  if (Object.keys(fields).length > 0)
    throw invalid('evidence.export.invalid', 'Some of this needs another look.', fields);
  return deps.db.in(contextOf(viewer), async (tx) => {
    const ref = await enter(tx, side, asker, which, 'export');
    refuseSealed(ref);
    const records = await recordsOf(tx, ref.id);
    const given = records.items.filter((i) => whyNot(records, i, 'export', { reason: ask.reason }) === null);
    if (given.length === 0) throw conflict('evidence.export.empty', 'There is nothing in this case to give out.');
    const files = await unlock(deps, side, tx, viewer, given);
    for (const item of given) {
      await log(deps, tx, viewer.person.id, item, 'export', {
        text: ask.reason.trim(),
        detail: { force: ask.force.trim(), forceReference: ask.forceReference.trim() },
      });
    }
    await side.gate.entry(tx, viewer, ref.id, {
      action: 'evidence.export',
      text: `${ask.force.trim()}, ${ask.forceReference.trim()}: ${ask.reason.trim()}`,
      detail: { items: given.map((i) => i.id) },
    });
    const after = await recordsOf(tx, ref.id);
    const index = await indexPage(deps, tx, viewer, ref, after, files, ask, {
      log: await side.log(tx, ref.id),
      visits: await side.visits(tx, ref.id),
    });
    const packed: PackageFile[] = [
      { path: 'index.html', text: index },
      ...files.map((f) => ({ path: pathOf(f), size: f.size, sha256: f.sha256, content: f.content })),
    ];
    return {
      name: `${ref.reference}-evidence.tar`,
      archive: writePackage(packed, await signerOf(tx), new Date(deps.clock.now())),
    };
  });
}

const pathOf = (f: OpenedFile): string => `files/E${String(f.number).padStart(3, '0')}-${plainName(f.name)}`;

export async function signerOf(tx: Tx): Promise<Signer> {
  const keys = await tx
    .selectFrom('installation')
    .select(['signing_private', 'signing_public'])
    .executeTakeFirstOrThrow();
  return { privateKey: keys.signing_private, publicKey: keys.signing_public };
}

async function indexPage(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  ref: Entered,
  records: Records,
  files: readonly OpenedFile[],
  ask: ExportAsk,
  case_: { log: ExportTable; visits: ExportTable },
): Promise<string> {
  const who = await names(tx, [
    ...new Set([...records.items.map((i) => i.taken_by), ...records.events.flatMap((e) => e.by_person ?? [])]),
  ]);
  const by = (id: string | null) => (id === null ? 'Gatehouse' : (who.get(id) ?? 'somebody who has left the records'));
  const exact = (at: Date) => at.toISOString();
  const file = (number: number) => files.find((f) => f.number === number);
  const nameOf = (i: Item) =>
    isShut(ref, i, records.events) ? 'A sealed file' : `${i.description}${i.serial ? ` (serial ${i.serial})` : ''}`;
  const blocks: Block[] = [
    heading(1, `Evidence of case ${ref.reference}`),
    paragraph(
      `${viewer.school.name}. Given to ${ask.force.trim()}, reference ${ask.forceReference.trim()}, by ${viewer.person.displayName} at ${exact(new Date(deps.clock.now()))}. Reason: ${ask.reason.trim()}`,
    ),
    note('For the police and those who work on this case with them. All times are UTC.'),
    heading(2, 'How to check this package'),
    list([
      ...CHECKING,
      'The first command checks every file against its hash; the second checks that the list of hashes was signed by this school’s Gatehouse. Compare signing-key.pem with the key that the school gives you in another way.',
    ]),
    heading(2, 'Items'),
    table(
      'Items',
      ['Number', 'What', 'Kind', 'Taken', 'By', 'State', 'Virus scan', 'File', 'Bytes', 'SHA-256'],
      records.items.map((i) => {
        const f = file(i.number);
        return [
          `E${i.number}`,
          nameOf(i),
          KIND_WORDS[i.kind],
          exact(i.taken_at),
          `${by(i.taken_by)}${i.device ? ` at ${i.device}` : ''}`,
          STATE_WORDS[stateOf(i, records.events, records.holds)],
          i.kind === 'file' ? scanWords(scanOf(i.id, records.events)) : '',
          f ? `${pathOf(f)} (named ${f.name})` : '',
          i.size ?? '',
          isShut(ref, i, records.events) ? '' : (i.sha256?.toString('hex') ?? ''),
        ];
      }),
    ),
    heading(2, 'Chain of custody'),
    ...records.items.flatMap((i) => {
      const { flaws, holder } = custodyOf(stepsOf(records.custody, i.id));
      const rows = records.custody.filter((c) => c.item_id === i.id);
      return [
        heading(3, `E${i.number}: ${nameOf(i)}`),
        paragraph(`With ${holder ?? 'nobody on record'}.`),
        table(
          `Custody of E${i.number}`,
          ['When', 'What happened', 'Recorded'],
          rows.map((c) => [exact(c.at), custodyLine(c), exact(c.recorded_at)]),
        ),
        ...(flaws.length > 0 ? [list(flaws.map((f) => `${exact(f.at)}: ${f.says}`))] : []),
      ];
    }),
    heading(2, 'What was done with the items'),
    table(
      'What was done',
      ['When', 'Item', 'What', 'By', 'Words'],
      records.events.map((e) => [
        exact(e.at),
        `E${records.items.find((i) => i.id === e.item_id)?.number ?? '?'}`,
        EVENT_WORDS[e.action],
        by(e.by_person),
        e.text,
      ]),
    ),
    heading(2, 'The case’s log'),
    table('The case’s log', case_.log.head, case_.log.rows),
    heading(2, 'Recorded visits for the investigation'),
    table('Recorded visits', case_.visits.head, case_.visits.rows),
  ];
  return htmlFile(`Evidence of case ${ref.reference}`, blocks);
}

/** A page that needs nothing besides itself. */
export const htmlFile = (title: string, blocks: readonly Block[]): string => `<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<title>${title}</title>
<style>
body { max-width: 80rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; border: 1px solid #777; overflow-wrap: anywhere; }
caption { font-weight: bold; text-align: left; }
</style>
</head>
<body>
${blocks.map(renderBlock).join('\n')}
</body>
</html>
`;
