import type { CustodyAct, EvidenceAct, EvidenceKind, HoldKind, OrderKind } from '#platform/tables/evidence.ts';
import type { CustodyRow, ScanNote } from './evidence.store.ts';

/** Words of the pages and of exports, a row each. */
export const KIND_WORDS: Readonly<Record<EvidenceKind, string>> = {
  file: 'File',
  device: 'Device',
  paper: 'Paper',
  other: 'Other thing',
};

export const EVENT_WORDS: Readonly<Record<EvidenceAct, string>> = {
  take: 'Taken in',
  scan: 'Scanned for viruses',
  open: 'Opened',
  verified: 'Read to its end; the hash was right',
  broken: 'Found not to be as it was taken in',
  export: 'Given out in an export for the police',
  signed: 'Signed copy held',
  seal: 'Sealed',
  'hand-over': 'Handed over to the police, sealed, on their instruction',
  dispose: 'Disposed of',
  destroy: 'Destroyed on the instruction of the police',
};

export const CUSTODY_WORDS: Readonly<Record<CustodyAct, string>> = {
  taken: 'Taken',
  placed: 'Put in its place',
  sealed: 'Sealed',
  opened: 'Seal opened',
  'handed-over': 'Handed over',
  returned: 'Returned',
  'to-police': 'Given to the police',
};

export const HOLD_WORDS: Readonly<Record<HoldKind, string>> = {
  police: 'Police',
  appeal: 'Appeal or complaint',
  other: 'Other',
};

export const ORDER_WORDS: Readonly<Record<OrderKind, { readonly name: string; readonly done: string }>> = {
  dispose: { name: 'Disposal at the end of retention', done: 'Certificate of disposal' },
  destroy: { name: 'Destruction on police instruction', done: 'Certificate of destruction' },
  'hand-over': { name: 'Hand-over of sealed files to the police', done: 'Record of hand-over' },
};

export function scanWords(scan: ScanNote | null): string {
  if (scan === null || scan.verdict === 'not-scanned') return `Not scanned${scan?.why ? `: ${scan.why}` : ''}`;
  return scan.verdict === 'clean' ? 'Scanned, nothing found' : `Infected: ${scan.why ?? 'unnamed'}`;
}

/** One line of a chain of custody. */
export function custodyLine(c: CustodyRow): string {
  const parts = [
    CUSTODY_WORDS[c.act],
    c.from_holder && `from ${c.from_holder}`,
    c.to_holder && (c.act === 'taken' ? `by ${c.to_holder}` : `to ${c.to_holder}`),
    c.place && `place: ${c.place}`,
    c.seal && `seal ${c.seal}`,
    c.force_reference && `force reference ${c.force_reference}`,
    c.note,
  ];
  return parts.filter(Boolean).join(', ');
}
