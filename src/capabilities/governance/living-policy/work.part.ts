import {
  type Block,
  type Heading,
  headedTable,
  heading,
  list,
  note,
  paragraph,
  type Rich,
  table,
} from '#platform/documents/index.ts';
import type { Agreement, CompiledPolicy, Lint, PolicyDocument } from '#policy/index.ts';
import { explainSetting, SETTINGS } from '#policy/settings.ts';
import { date, days, everyMonths, listed, part, sayPeriod, type Words } from './policy.words.ts';

/** What is recorded, and how long everything is kept. */
export function recording(document: PolicyDocument, { categories }: CompiledPolicy, words: Words): Block[] {
  const { notice, monitoring, retention, passwords } = document;
  const grave = Object.entries(monitoring.grave).map(
    ([id, g]): Rich => [
      { text: `${categories[id]?.name ?? id}: at the first visit, ${g.urgency === 'urgent' ? 'at once' : 'soon'}` },
      ...words.under(g.clause),
    ],
  );
  const kept = retention.classes.map((c): Rich[] => [
    c.name,
    `${days(c.keepDays)} from the day it was ${c.from === 'left' ? 'no longer needed because somebody left' : c.from}`,
    `${c.atEnd === 'delete' ? 'Deleted' : 'Looked at, then deleted'}${c.proposed ? ' (proposed)' : ''}`,
    words.clause(c.clause),
  ]);
  return [
    part('notice', 'What is recorded, and for how long'),
    paragraph([{ text: notice.text }, ...words.under(notice.clause)]),
    list([
      [{ text: `Records of visits are kept for ${days(retention.activityDays)}` }, ...words.under(retention.clause)],
      [
        {
          text: `Somebody looks into it after ${monitoring.repeated.count} stopped visits of one kind within ${monitoring.repeated.minutes} minutes`,
        },
        ...words.under(monitoring.repeated.clause),
      ],
      ...grave,
    ]),
    ...(kept.length > 0 ? [table('How long records are kept', ['Records', 'Kept for', 'Then', 'Clause'], kept)] : []),
    part('passwords', 'Passwords'),
    paragraph([{ text: sayPasswords(passwords) }, ...words.under(passwords.clause)]),
  ];
}

const CLASSES = {
  upper: 'a capital letter',
  lower: 'a small letter',
  digit: 'a number',
  symbol: 'another character',
} as const;
const ROTATION = { 'half-term': 'half term', term: 'term', 'academic-year': 'school year' } as const;

function sayPasswords({ minLength, classes, rotation }: PolicyDocument['passwords']): string {
  const holds = classes.length > 0 ? `, with ${listed(classes.map((c) => CLASSES[c]))}` : '';
  const every = rotation
    ? `A new one is chosen every ${rotation.every === 'days' ? `${rotation.days} days` : ROTATION[rotation.every]}`
    : 'No regular change is ordered';
  return `A password has at least ${minLength} characters${holds}. ${every}`;
}

/** The calendar of duties (GOV-35). */
export function duties(document: PolicyDocument, words: Words): Block[] {
  if (document.duties.length === 0) return [];
  const rows = document.duties.map((d): Rich[] => [
    d.title,
    `${sayPeriod(d.period)}${d.proposed ? ' (proposed)' : ''}`,
    `${words.owner(d.owner)}${d.deputy ? `; deputy: ${words.role(d.deputy)}` : ''}`,
    d.evidence.text,
    `${words.role(d.escalation.role)}, ${d.escalation.afterDays === 0 ? 'at once' : `after ${days(d.escalation.afterDays)}`}`,
    words.clause(d.clause),
  ]);
  return [
    ...headedTable(
      part('duties', 'Calendar of duties'),
      ['Duty', 'When', 'Who', 'Evidence', 'Late: told to', 'Clause'],
      rows,
    ),
    paragraph('Times marked “proposed” are not in the policy it was taken from.'),
  ];
}

const SIGNERS = {
  pupil: 'pupils',
  staff: 'staff',
  governor: 'governors',
  parent: 'parents and carers',
  volunteer: 'volunteers',
  visitor: 'visitors',
} as const;
const SPEAKERS: Readonly<Record<Agreement['terms'][number]['who'], string>> = {
  pupil: 'As a pupil',
  parent: 'As a parent or carer',
  adult: 'As an adult of the school',
};

export function agreements(document: PolicyDocument, words: Words): Block[] {
  if (document.agreements.length === 0) return [];
  return [
    part('agreements', 'What each agreement says'),
    ...document.agreements.flatMap((a): Block[] => {
      const held = document.documents.find((d) => d.id === a.document);
      const terms = Object.entries(SPEAKERS).flatMap(([who, title]): Block[] => {
        const own = a.terms.filter((t) => t.who === who);
        return own.length > 0 ? [paragraph([{ text: title, strong: true }]), list(own.map((t) => t.text))] : [];
      });
      return [
        heading(3, a.title, `agreement-${a.id}`),
        paragraph([
          {
            text: `Signed by ${listed(a.signedBy.map((k) => SIGNERS[k]))}. Renewed: ${sayPeriod(a.renewal).toLowerCase()}`,
          },
          ...words.under(a.clause),
        ]),
        ...(held
          ? [paragraph(`Its words stand in “${held.title}”${held.supplied ? '' : ', which has not been supplied'}.`)]
          : []),
        ...terms,
      ];
    }),
  ];
}

const PHASES: Readonly<Record<string, string>> = {
  KS1: 'Key stage 1',
  KS2: 'Key stage 2',
  KS3: 'Key stage 3',
  KS4: 'Key stage 4',
  KS5: 'Key stage 5',
  'end-of-secondary': 'By the end of secondary school',
  all: 'Everybody',
};

/** What pupils learn, what adults are trained in, and what they ask themselves. */
export function learning(document: PolicyDocument, words: Words): Block[] {
  const { curriculum, training, selfAudit, meta } = document;
  const taught = (phase: string) => phase === 'all' || meta.phases.some((p) => p === 'all' || p === phase);
  const pupils = curriculum.map((o): Rich[] => [
    o.text,
    `${PHASES[o.phase]}${taught(o.phase) || o.phase === 'end-of-secondary' ? '' : ' (not taught here)'}`,
    words.clause(o.clause),
  ]);
  const adults = training.map((t): Rich[] => [
    t.title,
    t.text,
    words.roles(t.for),
    `${sayPeriod(t.period)}${t.proposed ? ' (proposed)' : ''}`,
    words.clause(t.clause),
  ]);
  const audit = selfAudit.questions.map((q): Rich[] => [
    `${q.number}. ${q.text}`,
    `${q.followWhen === 'yes' ? 'Yes' : 'No'}: ${q.followUp}`,
  ]);
  const shown = (head: Heading, columns: string[], rows: Rich[][]): Block[] =>
    rows.length > 0 ? headedTable(head, columns, rows) : [];
  return [
    ...shown(part('curriculum', 'What pupils learn'), ['Outcome', 'When', 'Clause'], pupils),
    ...shown(
      part('training', 'What adults are trained in'),
      ['Training', 'What it holds', 'For', 'When', 'Clause'],
      adults,
    ),
    ...shown(part('self-audit', 'Questions adults ask themselves'), ['Question', 'What follows'], audit),
    ...(audit.length > 0 && selfAudit.clause
      ? [
          paragraph([
            { text: 'Each answers for themselves, and what follows is theirs' },
            ...words.under(selfAudit.clause),
          ]),
        ]
      : []),
  ];
}

const KINDS = { policy: 'Policy', procedure: 'Procedure', agreement: 'Agreement', form: 'Form', plan: 'Plan' } as const;
const STANDING = {
  statutory: 'Statutory guidance',
  advice: 'Advice',
  act: 'Act',
  standard: 'Standard',
  contract: 'Contract',
} as const;

/** What two schools answer differently, each as a sentence (D01 to D43). */
export function settings(document: PolicyDocument): Block[] {
  const rows = SETTINGS.map((s): Rich[] => [s.topic, explainSetting(document, s.id)]);
  return headedTable(part('settings', 'Settings in plain words'), ['About', 'What this policy says'], rows);
}

/** What the policy belongs together with, and what it rests on. */
export function sources({ documents, references }: PolicyDocument, words: Words): Block[] {
  const linked = documents.map((d): Rich[] => [
    d.title,
    KINDS[d.kind],
    d.supplied ? 'Yes' : 'Not supplied with the policy',
    everyMonths(d.reviewMonths),
    words.clause(d.clause),
  ]);
  const guidance = references.map((r): Rich[] => [
    r.title,
    r.publisher,
    STANDING[r.kind],
    r.edition ?? 'Not named',
    words.clause(r.clause),
  ]);
  return [
    ...(linked.length > 0
      ? headedTable(
          part('documents', 'Documents that belong to this policy'),
          ['Document', 'Kind', 'Supplied', 'Reviewed', 'Clause'],
          linked,
        )
      : []),
    ...(guidance.length > 0
      ? headedTable(
          part('references', 'Guidance and law'),
          ['Title', 'Published by', 'Standing', 'Edition consulted', 'Clause'],
          guidance,
        )
      : []),
  ];
}

/** Where the policy contradicts itself, found by people or by the program, and the decisions that settled some (GOV-34). */
export function findings(clashes: readonly Lint[], words: Words): Block[] {
  if (clashes.length === 0) return [];
  return [
    part('findings', 'Open findings'),
    paragraph('Where the policy contradicts itself. Until a decision settles it, the stricter rule holds.'),
    ...clashes.flatMap(({ title, text, where, interim, settled }): Block[] => {
      const clauses = new Set(where.flatMap((w) => w.clause ?? []));
      return [
        heading(3, title),
        paragraph([{ text }, ...[...clauses].flatMap(words.under)]),
        ...(settled
          ? [
              paragraph(
                `Settled ${date(settled.on)} by ${words.role(settled.by)}: ${settled.decision} ${settled.reason}`,
              ),
            ]
          : interim
            ? [note(`Until it is settled: ${interim}`)]
            : []),
      ];
    }),
  ];
}
