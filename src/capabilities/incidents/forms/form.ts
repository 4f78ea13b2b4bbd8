import type { CaseAction } from '../case.workflow.ts';

/** Where the choices of a field come from, when they are the case's or the school's own. */
export type OptionSource =
  | 'staff'
  | 'found'
  | 'affected'
  | 'team'
  | 'types'
  | 'rows'
  | 'items'
  | 'outcomes'
  | 'computers'
  | 'addresses'
  | 'isolated'
  | 'sanctions'
  | 'appeals';

/** What a form asks for; its name is where the answer goes. */
export interface Field {
  readonly name: string;
  readonly kind: 'text' | 'line' | 'choice' | 'checks' | 'select' | 'person' | 'when';
  readonly label: string;
  readonly hint?: string;
  readonly options?: readonly { readonly value: string; readonly text: string }[];
  readonly from?: OptionSource;
  readonly optional?: true;
}

/** Every step but the first report, which has a page of its own. */
export type StepAction = Exclude<CaseAction, 'report'>;

/** The form of a step, and the words in which the step is told afterwards. */
export interface StepForm {
  readonly action: StepAction;
  readonly heading: string;
  readonly hint: string;
  readonly fields: readonly Field[];
  readonly button: string;
  readonly done: string;
  /** The line of the story; `{person}` and the names of choices are put in. */
  readonly line: string;
  /** It has a page of its own, where more is asked than fields can: `/cases/<reference>/<action>`. */
  readonly ownPage?: true;
}

/** What is said in words: the text of the entry. */
export const text = (label: string, more: Partial<Field> = {}): Field => ({
  name: 'text',
  kind: 'text',
  label,
  ...more,
});
/** A single line. */
export const line = (name: string, label: string, more: Partial<Field> = {}): Field => ({
  name,
  kind: 'line',
  label,
  ...more,
});
/** One of these, each with its words. */
export const choice = (
  name: string,
  label: string,
  options: Readonly<Record<string, string>>,
  more: Partial<Field> = {},
): Field => ({
  name,
  kind: 'choice',
  label,
  options: Object.entries(options).map(([value, t]) => ({ value, text: t })),
  ...more,
});
/** Somebody who works here, from a list. */
export const staff = (label: string): Field => ({ name: 'person', kind: 'select', label, from: 'staff' });
/** Anybody of the school, found by name. */
export const found = (label: string): Field => ({ name: 'person', kind: 'person', label, from: 'found' });
/** A number or name by which somebody else keeps it. */
export const reference = (label: string, more: Partial<Field> = {}): Field => line('reference', label, more);
