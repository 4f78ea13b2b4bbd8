import { isOutcome, OUTCOMES } from './case.facts.ts';
import { type Field, formOf, type StepAction } from './case.forms.ts';
import type { CaseState } from './case.workflow.ts';
import type { CaseEntry } from './cases.store.ts';
import { bullyingVerdict, VERDICT_WORDS } from './cyber-bullying/definition.ts';

/** Words of the pages, a row each. `why` says what the state is for; `first` is the step a page puts first there. */
export const STATES: Readonly<
  Record<
    CaseState,
    { name: string; tag: 'amber' | 'calm' | 'quiet' | 'danger'; now: string; first: readonly StepAction[] }
  >
> = {
  reported: {
    name: 'Reported',
    tag: 'amber',
    now: 'Nobody has this case yet. It waits to be given to somebody.',
    first: ['assign'],
  },
  triage: {
    name: 'Triage',
    tag: 'calm',
    now: 'Is anybody in danger now? What is it about, and whom? The answer says which way it goes.',
    first: ['support', 'classify', 'contain'],
  },
  contain: {
    name: 'Containing it',
    tag: 'calm',
    now: 'The device is isolated, spreading is stopped and whoever is hurt is protected, before anything is looked into.',
    first: ['isolate', 'contain-item', 'form-team'],
  },
  team: {
    name: 'Forming the team',
    tag: 'calm',
    now: 'Nobody looks into it alone: the seniors whom the policy asks for come together, on one computer.',
    first: ['join', 'designate', 'attend', 'examine'],
  },
  examine: {
    name: 'Being examined',
    tag: 'calm',
    now: 'What happened is looked into on one computer. Every address is recorded and described.',
    first: ['finding', 'finish'],
  },
  halted: {
    name: 'Stopped',
    tag: 'danger',
    now: 'Nothing is opened, copied or sent: it may be an image of a child’s abuse. Leave the device as it is.',
    first: ['police-reference', 'not-imagery'],
  },
  judge: {
    name: 'Being judged',
    tag: 'calm',
    now: 'Each senior says alone, with reasons, whether there is substance in it.',
    first: ['attend', 'judge'],
  },
  actions: {
    name: 'Actions',
    tag: 'calm',
    now: 'What follows is done and recorded: support, answers to what happened, who is told.',
    first: ['sanction', 'act', 'inform', 'record', 'resolve'],
  },
  'police-hold': {
    name: 'With the police',
    tag: 'amber',
    now: 'The police have it. Everything but keeping people safe waits for their release in writing.',
    first: ['police-release'],
  },
  resolved: {
    name: 'To be signed',
    tag: 'calm',
    now: 'Everything is done. It is closed once it is signed.',
    first: ['appeal', 'lessons', 'close'],
  },
  closed: {
    name: 'Closed',
    tag: 'quiet',
    now: 'Nothing more is to be done. What is there to learn from it?',
    first: ['lessons'],
  },
  'referred-out': {
    name: 'Referred out',
    tag: 'quiet',
    now: 'It did not belong here, and went where it does.',
    first: [],
  },
};

const named = (field: Field | undefined, value: string): string =>
  field?.options?.find((o) => o.value === value)?.text ?? value;

/** Lines of what is no step of the table. */
const OTHER_LINES: Readonly<Record<string, string>> = {
  'evidence.take': 'Evidence taken in',
  'evidence.open': 'Evidence opened',
  'evidence.export': 'Evidence exported',
  'evidence.broken': 'A file in evidence is not what it was',
  'evidence.custody': 'Evidence changed hands',
  'evidence.signed': 'The signed sheet is kept',
  'evidence.hold': 'Evidence put on hold',
  'evidence.release': 'A hold on evidence ended',
  'disposal.proposed': 'Disposal of the case proposed',
  'disposal.refused': 'Disposal of the case refused',
  'disposal.agreed': 'The case was disposed of; its certificate stands with its form',
};

/** What happened, as a line of the timeline. */
export function entryLine(
  entry: Pick<CaseEntry, 'action' | 'detail'>,
  names: ReadonlyMap<string, string>,
  types: ReadonlyMap<string, string>,
): string {
  const { action, detail } = entry;
  if (action === 'report') return detail.source === 'alert' ? 'Opened from an alert' : 'Logged';
  const form = formOf(action);
  if (!form) return typeof detail.line === 'string' ? detail.line : (OTHER_LINES[action] ?? action);
  const line = form.line.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = detail[key];
    if (key === 'person') return (typeof value === 'string' && names.get(value)) || 'somebody';
    if (key === 'types' || key === 'actions')
      return Array.isArray(value) ? value.map((t) => types.get(String(t)) ?? t).join(', ') : '';
    if (key === 'type') return types.get(String(value)) ?? String(value);
    if (key === 'outcome') return isOutcome(String(value)) ? OUTCOMES[value as keyof typeof OUTCOMES] : '';
    return typeof value === 'string'
      ? named(
          form.fields.find((f) => f.name === key),
          value,
        ).replace(/\.$/, '')
      : '';
  });
  const verdict = action === 'bullying-test' ? `. ${VERDICT_WORDS[bullyingVerdict(detail)]}` : '';
  const more = Object.entries(MORE).map(([name, what]) =>
    typeof detail[name] === 'string' ? `. ${what}: ${detail[name]}` : '',
  );
  return [line.trim(), verdict, ...more].join('');
}

/** What only some entries have: what it came to for each side where it was bullying (CYB-09), and a reply (INC-11). */
const MORE = {
  outcomeAffected: 'For whoever was hurt',
  outcomeSubject: 'For whoever did it',
  reply: 'They answered',
};

/** CYB-04: that somebody saw it is told; who, to those who lead and to nobody else. */
export function entryWords(
  entry: Pick<CaseEntry, 'action' | 'detail' | 'text'>,
  names: ReadonlyMap<string, string>,
  types: ReadonlyMap<string, string>,
  shielded: boolean,
): { readonly line: string; readonly text: string } {
  if (shielded && entry.action === 'touch' && entry.detail.role === 'witness')
    return { line: 'Somebody who saw it was named', text: '' };
  return { line: entryLine(entry, names, types), text: entry.text };
}
