import { ACTIONS } from './forms/actions.ts';
import { ANY_TIME } from './forms/any-time.ts';
import { CONTAINMENT } from './forms/containment.ts';
import { ENDING } from './forms/ending.ts';
import { EXAMINATION } from './forms/examination.ts';
import type { StepForm } from './forms/form.ts';
import { POLICE } from './forms/police.ts';
import { TRIAGE } from './forms/triage.ts';

export type { Field, OptionSource, StepAction, StepForm } from './forms/form.ts';

/** The form of each step, in the order in which a page offers them. The code holds no sentences of its own. */
export const STEP_FORMS: readonly StepForm[] = [
  ...TRIAGE,
  ...CONTAINMENT,
  ...EXAMINATION,
  ...POLICE,
  ...ACTIONS,
  ...ENDING,
  ...ANY_TIME,
];

/** The form of this step, where it has one. */
export const formOf = (action: string): StepForm | undefined => STEP_FORMS.find((f) => f.action === action);
