import type { PolicyDocument } from '#policy/index.ts';

/** Something outside the policy that it leans on: a linked document, or guidance and law (GOV-14..31, K11). */
export interface RegisterItem {
  readonly kind: 'document' | 'reference';
  readonly id: string;
  readonly title: string;
  /** What sort of thing it is, and of references whose. */
  readonly about: string;
  readonly clause: string;
  readonly rows: readonly string[];
  /** The edition that the policy rests on, where it names one. */
  readonly edition: string | null;
  readonly reviewMonths: number;
}

/** What the school recorded of it last. */
export interface Entry {
  readonly id: string;
  readonly edition: string;
  readonly location: string | null;
  readonly reviewedOn: string;
  readonly nextReview: string;
}

/** What the last look at its link found. */
export interface LinkResult {
  readonly outcome: 'ok' | 'sign-in' | 'broken';
  readonly text: string;
}

export const STATES = ['missing', 'broken', 'overdue', 'current'] as const;
export type State = (typeof STATES)[number];

export function itemsOf(document: Pick<PolicyDocument, 'documents' | 'references'>): RegisterItem[] {
  return [
    ...document.documents.map(
      (d): RegisterItem => ({ ...d, kind: 'document', about: DOCUMENT_KINDS[d.kind], edition: null }),
    ),
    ...document.references.map(
      (r): RegisterItem => ({ ...r, kind: 'reference', about: `${REFERENCE_KINDS[r.kind]}, ${r.publisher}` }),
    ),
  ];
}

const DOCUMENT_KINDS = {
  policy: 'Linked policy',
  procedure: 'Procedure',
  agreement: 'Agreement',
  form: 'Form',
  plan: 'Plan',
} as const;
const REFERENCE_KINDS = {
  statutory: 'Statutory guidance',
  advice: 'Advice',
  act: 'Act',
  standard: 'Standard',
  contract: 'Contract',
} as const;

/**
 * How an item stands: nothing recorded is missing; a link that leads nowhere is broken; a review whose day has gone by, or
 * an edition newer than the one that the policy rests on, is overdue. The gravest is said.
 */
export function stateOf(
  item: Pick<RegisterItem, 'kind' | 'edition'>,
  entry: Entry | undefined,
  link: LinkResult | undefined,
  today: string,
): { state: State; text: string } {
  if (!entry) {
    const text =
      item.kind === 'document'
        ? 'Nobody has recorded where it is kept.'
        : 'Nobody has recorded which edition was consulted.';
    return { state: 'missing', text };
  }
  if (link?.outcome === 'broken') return { state: 'broken', text: `The link does not lead there. ${link.text}` };
  if (entry.nextReview < today) return { state: 'overdue', text: `Its review was due on ${sayDay(entry.nextReview)}.` };
  if (item.edition !== null && entry.edition !== item.edition) {
    const text = `The edition “${entry.edition}” is out, and the policy rests on “${item.edition}”: the policy is to be reviewed.`;
    return { state: 'overdue', text };
  }
  const what = item.kind === 'document' ? 'Version' : 'Edition';
  const unseen = link?.outcome === 'sign-in' ? ` ${link.text}` : '';
  return { state: 'current', text: `${what} “${entry.edition}”, next review by ${sayDay(entry.nextReview)}.${unseen}` };
}

const sayDay = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(day));

/** The latest day on which it must be looked at again, under the policy. */
export const latestReview = (reviewedOn: string, months: number): string =>
  Temporal.PlainDate.from(reviewedOn).add({ months }).toString();

/** A place on the web, or null where it is words that say where something is kept. */
export function webAddress(location: string | null): URL | null {
  const url = location ? URL.parse(location) : null;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : null;
}
