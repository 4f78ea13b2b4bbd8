import { conflict } from '#core/errors.ts';
import type { Cell, Phase, PolicyDocument, RoleId } from '#policy/index.ts';
import type { LintContext } from '#policy/lint.ts';
import { type Body, fromBody, one, toBody } from './form/body.ts';
import type { FormWords, Schema } from './form/shape.ts';
import { cellOf, LEVELS, setCell, setDevices, VALUES, valuesFor, WHO } from './matrices.rules.ts';
import { getAt, putAt, schemaAt } from './places.ts';
import type { Question } from './questions.rules.ts';
import { refuseFaults } from './save.service.ts';
import { settle, statements } from './settle.rules.ts';
import { sound } from './sound.ts';
import { wordsOf } from './words.ts';

/** Who answers, and when: what a settlement says of itself. */
export interface Answering {
  readonly by: RoleId;
  readonly context: LintContext;
}

export interface Choice {
  readonly value: string;
  readonly text: string;
  readonly hint?: string;
}

/** What there is to choose from; null where a form asks for the value itself. */
export function choicesOf(doc: PolicyDocument, { ask }: Question, held: boolean): readonly Choice[] | null {
  switch (ask.kind) {
    case 'role':
      return ask.named && held
        ? [{ value: 'named', text: 'It is named now: whoever holds it under Roles is meant' }]
        : [];
    case 'cell': {
      const rule = doc.rules.find((r) => r.id === ask.rule);
      const cell = rule?.cells[ask.audience];
      if (!rule || !cell) return [];
      return valuesFor(rule, ask.audience, cell).map((value) => ({
        value,
        text: VALUES[value],
        ...(value === cell.value && { hint: 'As it stands now' }),
      }));
    }
    case 'device':
      return LEVELS;
    case 'table':
      return [{ value: 'confirm', text: 'We confirm this table and its columns' }];
    case 'document':
      return [
        {
          value: 'have',
          text: 'We have it',
          hint: 'Record under Registers which version there is and where it is kept.',
        },
      ];
    case 'phase':
      return [
        { value: 'teach', text: 'We teach it', hint: 'What the policy says of it is in use.' },
        { value: 'carry', text: 'We do not', hint: 'It stays in the text and is not in use.' },
      ];
    case 'clash':
      return [
        {
          value: 'interim',
          text: ask.lint.interim ? `Keep what holds now: ${ask.lint.interim}` : 'Leave the text as it is',
        },
        ...statements(doc, ask.lint).map((s, i) => ({
          value: String(i),
          text: `${s.name.replace(/^./, (c) => c.toUpperCase())} holds: ${VALUES[s.value].toLowerCase()} for ${WHO[s.audience]}`,
          hint: 'The other rows are changed to it. Texts that say otherwise stay until somebody rewrites them.',
        })),
      ];
    case 'value':
      return null;
  }
}

/** The form of a value, without the mark that it is unconfirmed: answering is what takes that away. */
export function valueForm(doc: PolicyDocument, at: string): { schema: Schema; words: FormWords; body: Body } {
  const own = schemaAt(at);
  const words = wordsOf(doc, true);
  const schema = { type: 'object', required: ['answer'], properties: { answer: own } } as unknown as Schema;
  const key = at.split('/').at(-1) ?? '';
  const named: FormWords = {
    ...words,
    label: (k) => words.label(k === 'answer' ? key : k),
    keeps: (s, k) => k === 'unconfirmed' || words.keeps(s, k),
    options: (s, k) => words.options(s, k === 'answer' ? key : k),
  };
  return { schema, words: named, body: toBody(schema, { answer: getAt(doc, at) }, named) };
}

/** The document with the question answered, and nothing else confirmed. */
export function answer(
  doc: PolicyDocument,
  question: Question,
  body: Body,
  { by, context }: Answering,
): PolicyDocument {
  const { ask } = question;
  const chosen = one(body, 'choice');
  const choices = choicesOf(doc, question, true);
  if (choices && !choices.some((c) => c.value === chosen)) refuseFaults({ choice: 'Choose one of these.' });
  switch (ask.kind) {
    case 'role': {
      if ((context.holders?.get(ask.role)?.holders ?? 0) === 0)
        refuseFaults({ choice: 'Nobody holds it yet. Name somebody under Roles first, or answer later.' });
      const roles = doc.roles.map(({ undefinedInSource, ...r }) =>
        r.id === ask.role || !undefinedInSource ? r : { ...r, undefinedInSource },
      );
      return sound({ ...doc, roles });
    }
    case 'cell': {
      const was = doc.rules.find((r) => r.id === ask.rule)?.cells[ask.audience];
      if (!was) throw gone();
      const { unconfirmed: _, ...cell } = cellOf(chosen as Cell['value'], was);
      return sound(setCell(doc, ask.rule, ask.audience, cell as Cell));
    }
    case 'device': {
      const school = doc.devices.find((d) => d.id === ask.device)?.cells.inSchool ? 'yes' : 'no';
      const { device } = ask;
      return sound(
        setDevices(doc, { [`${device}:level`]: chosen, [`${device}:school`]: school, [`${device}:confirm`]: 'yes' }),
      );
    }
    case 'table': {
      const own = doc.sanctions[ask.who];
      if (!own.table) throw gone();
      const { unconfirmed: _, ...table } = own.table;
      return sound({ ...doc, sanctions: { ...doc.sanctions, [ask.who]: { ...own, table } } });
    }
    case 'document':
      return sound({
        ...doc,
        documents: doc.documents.map((d) => (d.id === ask.document ? { ...d, supplied: true } : d)),
      });
    case 'phase': {
      if (chosen === 'carry') return doc;
      return sound({ ...doc, meta: { ...doc.meta, phases: [...doc.meta.phases, ask.phase as Phase] } });
    }
    case 'value':
      return value(doc, ask.at, ask.mark, body);
    case 'clash': {
      const reason = one(body, 'reason').replaceAll('\r\n', '\n').trim();
      if (reason.length < 10 || reason.length > 600)
        refuseFaults({ reason: 'Say why in a sentence of 10 to 600 characters.' });
      return settle(doc, ask.lint, chosen, { reason, by, context });
    }
  }
}

const gone = () =>
  conflict('policy.question.gone', 'This question is not open any more.', 'Go back to the list of questions.');

function value(doc: PolicyDocument, at: string, mark: string | null, body: Body): PolicyDocument {
  const { schema, words } = valueForm(doc, at);
  const was = getAt(doc, at);
  const { value: read, faults } = fromBody(schema, body, { answer: was }, words);
  refuseFaults(faults);
  const { answer: given } = read as { answer: unknown };
  if (given === null) refuseFaults({ '/answer': 'Choose or write an answer, or leave the question for later.' });
  const next = putAt(doc, at, given);
  if (mark === null) return sound(next, at);
  if (!mark.endsWith('/unconfirmed')) return sound(putAt(next, mark, false));
  const { unconfirmed: _, ...rest } = given as Record<string, unknown>;
  return sound(putAt(next, at, rest));
}
