import { type Audience, explainSetting, type PolicyDocument, type RoleId, SETTINGS } from '#policy/index.ts';
import { type Lint, type LintContext, lint } from '#policy/lint.ts';
import { sayCell, sayMinutes, sayPeriod, sayValue } from '#policy/say.ts';
import { putAt } from './places.ts';

/** How a question is answered. */
export type Ask =
  | { readonly kind: 'role'; readonly role: RoleId; readonly named: boolean }
  | { readonly kind: 'cell'; readonly rule: string; readonly audience: Audience }
  | { readonly kind: 'device'; readonly device: string }
  | { readonly kind: 'table'; readonly who: 'pupil' | 'staff' }
  /** A value; `mark`: the place that says it is a reading or a proposal, which an answer takes away. */
  | { readonly kind: 'value'; readonly at: string; readonly mark: string | null }
  | { readonly kind: 'clash'; readonly lint: Lint }
  | { readonly kind: 'document'; readonly document: string }
  | { readonly kind: 'phase'; readonly phase: string };

export interface Question {
  /** Names the matter, whatever its place in the document. */
  readonly key: string;
  readonly group: string;
  readonly title: string;
  readonly text: string;
  /** What stands there now. */
  readonly now: string | null;
  readonly ask: Ask;
  /** Of our proposals many may be confirmed at once. */
  readonly proposed: boolean;
}

/** What the school was asked and answered; the document says the rest. */
export interface Given {
  readonly by: string;
  readonly at: string;
  /** Put off, by somebody who looked at it. */
  readonly later?: true;
}
export type Answers = Readonly<Record<string, Given>>;

export const GROUPS: readonly string[] = [
  'Cover',
  'Who holds each role',
  'Readings to confirm',
  'Contradictions to settle',
  'Settings without a value',
  'Periods that are our proposal',
  'Key stages',
  'Documents that were not supplied',
  'Editions of guidance',
];

/** Everything that the source leaves open, one question for each matter that somebody must answer. */
export function openQuestions(doc: PolicyDocument, context: LintContext): Question[] {
  const found = lint(doc, context).filter((l) => l.settled === null);
  const asked = found.flatMap((l) => ASKS[l.code]?.(doc, l) ?? (l.severity === 'clash' ? clash(l) : []));
  const questions = [...new Map(asked.map((q) => [q.key, q])).values()];
  const place = (q: Question) => GROUPS.indexOf(q.group);
  return questions.sort((a, b) => place(a) - place(b));
}

/** How far the school has come. What was answered stays counted, though the document no longer asks it. */
export function progressOf(questions: readonly Question[], answers: Answers) {
  const open = questions.filter((q) => !isAnswered(q, answers));
  const keys = new Set(Object.entries(answers).flatMap(([key, a]) => (a.later ? [] : [key])));
  for (const q of open) keys.delete(q.key);
  return { open, answered: keys.size, total: keys.size + open.length };
}

/** A phase that is carried and not taught is no mark in the document: only the answer tells that somebody said so. */
const isAnswered = (q: Question, answers: Answers): boolean => {
  const given = answers[q.key];
  return q.ask.kind === 'phase' && given !== undefined && !given.later;
};

const plain = { now: null, proposed: false } as const;

const clash = (l: Lint): Question[] => [
  {
    ...plain,
    key: `clash:${l.key}`,
    group: 'Contradictions to settle',
    title: l.title,
    text: l.text,
    now: l.interim,
    ask: { kind: 'clash', lint: l },
  },
];

type Asks = (doc: PolicyDocument, l: Lint) => Question[];
const ASKS: Readonly<Partial<Record<Lint['code'], Asks>>> = {
  'role-undefined': role,
  vacant: role,
  unconfirmed: (doc, l) => l.where.flatMap((w) => reading(doc, l, w.pointer)),
  proposed: (doc, l) => l.where.flatMap((w) => proposal(doc, w.pointer)),
  'setting-empty': (_, l) =>
    l.where.map(({ pointer }) => ({
      ...plain,
      key: `empty:${pointer.split('/').slice(2).join('.')}`,
      group: 'Settings without a value',
      title: l.title,
      text: l.text,
      ask: { kind: 'value', at: pointer, mark: null },
    })),
  'cover-empty': (doc, l) => {
    // The approval itself fills in its day.
    const missing = l.where.filter((w) => w.pointer !== '/meta/approvedOn');
    const now = sayValue({ ...doc.meta, approvedOn: undefined });
    return missing.length === 0
      ? []
      : [
          {
            ...plain,
            now,
            key: 'cover',
            group: 'Cover',
            title: l.title,
            text: l.text,
            ask: { kind: 'value', at: '/meta', mark: null },
          },
        ];
  },
  'document-missing': (doc, l) =>
    l.where.flatMap(({ pointer }) => {
      const index = /^\/documents\/(\d+)$/.exec(pointer)?.[1];
      const document = doc.documents[Number(index)];
      if (index === undefined || !document) return [];
      return [
        {
          ...plain,
          key: `document:${document.id}`,
          group: 'Documents that were not supplied',
          title: `Do you have “${document.title}”?`,
          text: l.text,
          ask: { kind: 'document', document: document.id },
        },
      ];
    }),
  'phase-not-taught': (_, l) => {
    const phase = l.key.split(':')[1] ?? '';
    return [
      {
        ...plain,
        key: `phase:${phase}`,
        group: 'Key stages',
        title: `Do you teach ${phase}?`,
        text: l.text,
        ask: { kind: 'phase', phase },
      },
    ];
  },
  'edition-unknown': (doc, l) =>
    l.where.flatMap(({ pointer }) => {
      const reference = doc.references[Number(pointer.split('/')[2])];
      if (!reference) return [];
      return [
        {
          ...plain,
          key: `edition:${reference.id}`,
          group: 'Editions of guidance',
          title: l.title,
          text: l.text,
          ask: { kind: 'value', at: pointer, mark: null },
        },
      ];
    }),
};

function role(doc: PolicyDocument, l: Lint): Question[] {
  return l.where.flatMap(({ pointer }) => {
    const found = doc.roles[Number(pointer.split('/')[2])];
    if (!found) return [];
    const title = `Who is the ${found.title}?`;
    const ask = { kind: 'role', role: found.id, named: found.undefinedInSource === true } as const;
    return [{ ...plain, key: `role:${found.id}`, group: 'Who holds each role', title, text: l.text, ask }];
  });
}

/** What the source leaves unclear, each place for itself. */
function reading(doc: PolicyDocument, l: Lint, pointer: string): Question[] {
  const [, part, index = '', , audience] = pointer.split('/');
  const base = { ...plain, group: 'Readings to confirm', title: l.title, text: l.text };
  if (part === 'rules') {
    const rule = doc.rules[Number(index)];
    const cell = rule?.cells[audience as Audience];
    if (!rule || !cell) return [];
    const who = { staff: 'staff', pupil: 'pupils', guest: 'guests' }[audience as Audience];
    const ask = { kind: 'cell', rule: rule.id, audience: audience as Audience } as const;
    return [
      {
        ...base,
        key: `cell:${rule.id}:${audience}`,
        title: `${rule.name}, for ${who}?`,
        now: sayCell({ ...cell, unconfirmed: false }),
        ask,
      },
    ];
  }
  if (part === 'devices') {
    const device = doc.devices[Number(index)];
    if (!device) return [];
    const { cells } = device;
    const now = cells.full ? 'the whole network' : cells.internetOnly ? 'the internet only' : 'no network';
    return [
      {
        ...base,
        key: `device:${device.id}`,
        title: `What may this reach: ${device.name}?`,
        now,
        ask: { kind: 'device', device: device.id },
      },
    ];
  }
  if (part === 'sanctions') {
    return [{ ...base, key: `table:${index}`, ask: { kind: 'table', who: index === 'staff' ? 'staff' : 'pupil' } }];
  }
  const setting = SETTINGS.find((s) => s.at.includes(pointer));
  const settled = putAt(doc, `${pointer}/unconfirmed`, false);
  return [
    {
      ...base,
      key: `setting:${index}`,
      now: setting ? explainSetting(settled, setting.id) : null,
      ask: { kind: 'value', at: pointer, mark: `${pointer}/unconfirmed` },
    },
  ];
}

function proposal(doc: PolicyDocument, pointer: string): Question[] {
  const found = proposed(doc, pointer);
  if (!found) return [];
  const { key, title, now, at, mark } = found;
  return [
    {
      key,
      group: 'Periods that are our proposal',
      title,
      text: 'The source names no period. This one is ours: confirm it or choose another.',
      now,
      ask: { kind: 'value', at, mark },
      proposed: true,
    },
  ];
}

interface Proposal {
  readonly key: string;
  readonly title: string;
  readonly now: string;
  readonly at: string;
  readonly mark: string;
}

/** What each kind of proposal asks: the value, and the mark that an answer takes away. */
function proposed(doc: PolicyDocument, pointer: string): Proposal | null {
  const [, part, first = '', second = ''] = pointer.split('/');
  const entry = <T>(list: readonly T[], index: string): T | undefined => list[Number(index)];
  switch (part) {
    case 'incidents':
      return {
        key: 'clocks',
        title: 'How soon is an incident acted on?',
        now: doc.incidents.clocks.map((c) => sayValue(c)).join('; '),
        at: pointer,
        mark: '/incidents/clocksProposed',
      };
    case 'monitoring': {
      const { count, minutes } = doc.monitoring.repeated;
      const now = `${count} within ${minutes} minutes`;
      return {
        key: 'attempts',
        title: 'How many attempts make an alert?',
        now,
        at: pointer,
        mark: `${pointer}/proposed`,
      };
    }
    case 'deviceSearch': {
      if (!doc.deviceSearch) return null;
      const title = 'How soon is a searched device, if it may be evidence, with the police?';
      const now = sayMinutes(doc.deviceSearch.handOver.minutes);
      return { key: 'hand-over', title, now, at: `${pointer}/minutes`, mark: `${pointer}/proposed` };
    }
    case 'retention': {
      if (first === 'activityDays') {
        const title = 'How long are records of visits kept?';
        const now = `${doc.retention.activityDays} days`;
        return { key: 'kept-activity', title, now, at: pointer, mark: '/retention/activityProposed' };
      }
      const kept = entry(doc.retention.classes, second);
      if (!kept) return null;
      const [title, now] = [`How long is this kept: ${kept.name}?`, `${kept.keepDays} days`];
      return { key: `kept:${kept.id}`, title, now, at: `${pointer}/keepDays`, mark: `${pointer}/proposed` };
    }
    case 'recipients': {
      const told = entry(doc.recipients, first);
      if (!told || told.within === null) return null;
      const title = `How soon is a report taken up: ${told.report.replaceAll('-', ' ')}?`;
      const now = `within ${sayMinutes(told.within)}`;
      return { key: `within:${told.report}`, title, now, at: `${pointer}/within`, mark: `${pointer}/proposed` };
    }
    default: {
      const [kind, round] =
        part === 'training'
          ? (['course', entry(doc.training, first)] as const)
          : (['duty', entry(doc.duties, first)] as const);
      if (!round) return null;
      const [title, now] = [`How often: ${round.title}?`, sayPeriod(round.period)];
      return { key: `${kind}:${round.id}`, title, now, at: `${pointer}/period`, mark: `${pointer}/proposed` };
    }
  }
}
