import type { Incidents } from '#policy/sections.ts';
import type { Story } from './case.story.ts';
import { anyMarked, WELLBEING } from './case.types.ts';

/**
 * What somebody is to one case; a person the case is about, or who declared an interest in it, is nothing to it (INC-05).
 * `manager` has the case, `senior` is of its team and holds a senior role, `member` is of its team. `told`: the alert that it
 * comes from was brought to them.
 */
export type CaseActor =
  | 'lead'
  | 'deputy'
  | 'head'
  | 'manager'
  | 'senior'
  | 'member'
  | 'reporter'
  | 'ict-manager'
  | 'told';

/** How a case may end. `no-further-action` is the only one that needs no recorded action. */
export const OUTCOMES = {
  supported: 'Support is in place',
  behaviour: 'Dealt with under the behaviour policy',
  conduct: 'Dealt with under the staff code of conduct',
  referred: 'Passed to another service',
  technical: 'Put right in the filter or the systems',
  'no-substance': 'Looked into: there was no substance in it',
  'no-further-action': 'No further action',
} as const;
export type CaseOutcome = keyof typeof OUTCOMES;
export const isOutcome = (text: string | undefined): text is CaseOutcome =>
  text !== undefined && Object.hasOwn(OUTCOMES, text);

/** The policy's own settings of the procedure (D20 to D26). */
export type Procedure = Pick<
  Incidents,
  'lead' | 'seniors' | 'designatedComputer' | 'abuseImageFirst' | 'closedBy' | 'externalRecord'
>;

/** What the guards look at: the case as it is, and what is being asked. */
export interface CaseFacts {
  readonly now: number;
  readonly by: string;
  /** What the person acting is to this case, and the roles they hold. */
  readonly parts: readonly CaseActor[];
  readonly duties: readonly string[];
  readonly procedure: Procedure;
  readonly story: Story;
  readonly urgency: 'urgent' | 'soon';
  readonly severity: 'urgent' | 'serious' | 'routine';
  /** Its category can never be opened by anybody (FIL-02), or the policy calls the row it touches against the law (UAR-01). */
  readonly illegal: boolean;
  readonly imagery: boolean;
  readonly subjects: readonly string[];
  readonly conflicted: readonly string[];
  readonly team: readonly string[];
  readonly manager: string | null;
  /** Whoever has the case is who leads, as the policy has it (INC-25). */
  readonly managerLeads: boolean;
  /** Of manager and team, who holds a senior role. */
  readonly seniors: readonly string[];
  /** Whether a pupil is among those it is about or touches. */
  readonly pupils: boolean;
  readonly affected: readonly string[];
  /** The designated computer of the case, and the one this request proved to come from (INC-06). */
  readonly computer: string | null;
  readonly fromComputer: string | null;
  /** Sanctions that were decided here and not overturned. */
  readonly standing: readonly string[];
  /** Tasks that nobody has finished or cancelled. */
  readonly openTasks: number;
  readonly text: string;
  readonly outcome?: string | undefined;
  /** The person who is to have the case, to join, or to be named. */
  readonly person?: { readonly id: string; readonly staff: boolean; readonly senior: boolean } | undefined;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A senior who said so within the hour is signed in to the case (INC-04). */
export const PRESENT_FOR: number = 60 * 60_000;

export const presentSeniors = (f: Pick<CaseFacts, 'seniors' | 'story' | 'now'>): string[] =>
  f.seniors.filter((id) => f.now - (f.story.present.get(id) ?? Number.NEGATIVE_INFINITY) < PRESENT_FOR);

export const onlyWellbeing = (f: Pick<CaseFacts, 'story'>): boolean =>
  f.story.classification?.types.every((t) => t === WELLBEING) ?? true;

/** INC-13..18, INC-31: two people decide whether the police are told, and the case does not end before. */
export const policeToDecide = (f: Pick<CaseFacts, 'story' | 'imagery' | 'illegal' | 'severity'>): boolean => {
  const c = f.story.classification;
  return (
    f.imagery ||
    f.illegal ||
    c?.content === 'illegal' ||
    anyMarked(c?.types ?? [], 'police') ||
    (!onlyWellbeing(f) && f.severity !== 'routine')
  );
};

/** Who else said the same of this action since the case last moved. */
export const othersAgreeing = (f: Pick<CaseFacts, 'story' | 'by'>, action: string, choice = ''): string[] =>
  [...(f.story.voices.get(action) ?? [])].filter(([id, c]) => id !== f.by && c === choice).map(([id]) => id);
