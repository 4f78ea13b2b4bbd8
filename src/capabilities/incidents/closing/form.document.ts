import {
  type Block,
  type DocumentModel,
  headedTable,
  heading,
  note,
  paragraph,
  type Rich,
} from '#platform/documents/index.ts';

/** An entry in words: when, who, what, and what they wrote. */
export interface FormEntry {
  readonly action: string;
  readonly at: string;
  readonly by: string;
  readonly line: string;
  readonly text: string;
}

/** Everything that the form of a case says, in words. */
export interface FormFacts {
  readonly school: string;
  readonly reference: string;
  readonly title: string;
  readonly number: number;
  readonly closedAt: string;
  /** What it is: category or types, severity, days, outcome. */
  readonly about: readonly (readonly [string, string])[];
  readonly people: readonly (readonly [role: string, names: string])[];
  /** The version of the policy, and the documents that go with it as the school held them then (INC-25, SAN-04). */
  readonly policy: readonly (readonly [string, string])[];
  readonly sanctions: readonly (readonly string[])[];
  readonly evidence: readonly (readonly string[])[];
  /** How many visits of the examination are recorded with the case (INC-21). */
  readonly visits: number;
  readonly entries: readonly FormEntry[];
  readonly signed: readonly (readonly [name: string, at: string])[];
  /** EVI-03: it was stopped, so addresses and descriptions of things stay out of the form. */
  readonly stopped: boolean;
}

/** The parts of the form that are made of steps of the case: a heading, and which steps stand under it. */
const PARTS: readonly { readonly heading: string; readonly actions: readonly string[] }[] = [
  { heading: 'What it looked like, and how that changed', actions: ['classify', 'bullying-test'] },
  { heading: 'Containment', actions: ['isolate', 'release-device', 'contain-item', 'contain-done', 'not-needed'] },
  { heading: 'The team', actions: ['assign', 'form-team', 'join', 'leave', 'conflict', 'attend', 'designate'] },
  { heading: 'The examination', actions: ['examine', 'renew-access', 'finding', 'finish', 'skip-examination'] },
  { heading: 'Stops', actions: ['suspect', 'not-imagery'] },
  { heading: 'Judgements', actions: ['judge'] },
  { heading: 'Police', actions: ['police-decision', 'police-reference', 'to-police', 'police-release'] },
  { heading: 'What was done', actions: ['task', 'sanction', 'act', 'support', 'refer-out'] },
  { heading: 'Support, and who was told', actions: ['help', 'inform', 'record', 'contact'] },
  { heading: 'How it ended', actions: ['resolve', 'more', 'appeal-made', 'appeal', 'close', 'reopen', 'lessons'] },
];
const HEAD = ['When', 'Who', 'What', 'In their words'];
const row = (e: FormEntry): string[] => [e.at, e.by, e.line, e.text];

/** INC-20: the incident form. One model gives the page and the PDF, so that both say the same. */
export function formDocument(f: FormFacts): DocumentModel {
  const title = `Incident form ${f.reference}`;
  return {
    title,
    author: f.school,
    language: 'en-GB',
    blocks: [
      heading(1, title),
      paragraph(`${f.title}. Form ${f.number}, fixed when the case was closed, ${f.closedAt}.`),
      note('For the eyes of those who worked on this case. What stands here was not changed afterwards.'),
      ...(f.stopped
        ? [
            note(
              'It may be about an image of a child’s abuse. Addresses and descriptions of things stay out of this form.',
            ),
          ]
        : []),
      ...section('The case', ['What', 'How it was'], f.about),
      ...section('People', ['Part', 'Who'], f.people),
      ...section('By which rules', ['Document', 'Version'], f.policy),
      ...PARTS.flatMap(({ heading: part, actions }) => [
        ...section(part, HEAD, f.entries.filter((e) => actions.includes(e.action)).map(row)),
        ...(part === 'The examination' && f.visits > 0
          ? [
              paragraph(
                `${f.visits} visits are recorded with the case, each with investigator, second senior and time.`,
              ),
            ]
          : []),
      ]),
      ...section('Sanctions', ['Whom', 'For', 'What', 'Procedure', 'Decided'], f.sanctions),
      ...section('Evidence', ['Item', 'Kind', 'Description', 'Bytes', 'SHA-256', 'Now'], f.evidence),
      ...section('The whole story', HEAD, f.entries.map(row)),
      ...headedTable(
        heading(2, 'Signatures'),
        ['Name', 'Signed in Gatehouse', 'Signature on paper', 'Date'],
        f.signed.map(([name, at]) => [name, at, ' ', ' ']),
      ),
    ],
  };
}

function section(name: string, head: readonly string[], rows: readonly (readonly Rich[])[]): Block[] {
  const above = heading(2, name);
  return rows.length > 0 ? headedTable(above, head, rows) : [above, paragraph('Nothing was recorded.')];
}
