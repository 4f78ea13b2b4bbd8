import { type Guard, Workflow } from '#core/workflow.ts';
import type { EvidenceKind } from '#platform/tables/evidence.ts';

/** Where an item stands. `on-hold`: the same as held, but nothing may be disposed of. */
export type ItemState = 'held' | 'on-hold' | 'sealed' | 'disposed' | 'destroyed';
export type ItemAction =
  | 'take'
  | 'open'
  | 'export'
  | 'custody'
  | 'sign'
  | 'hold'
  | 'release'
  | 'seal'
  | 'hand-over'
  | 'dispose'
  | 'destroy';
/** `team`: whom the case's gate lets do it. `system`: what follows from marking the case. */
export type ItemActor = 'team' | 'system';

export interface ItemFacts {
  readonly kind: EvidenceKind;
  readonly reason: string;
  readonly infected: boolean;
  /** Holds that would still stand afterwards. */
  readonly holdsLeft: number;
  /** The end of its retention has come. */
  readonly due: boolean;
  /** An order for just this, agreed by a second person (EVI-07, EVI-10). */
  readonly agreed: boolean;
}

type ItemGuard = Guard<ItemFacts>;
const guard = (name: string, holds: (f: ItemFacts) => boolean, says: string): ItemGuard => ({
  name,
  check: (f) => (holds(f) ? null : says),
});

export const REASON = 10;
export const GUARDS = {
  isFile: guard(
    'isFile',
    (f) => f.kind === 'file',
    'Only a file is opened, sealed or given out here; a thing is passed on by hand.',
  ),
  reasoned: guard(
    'reasoned',
    (f) => [...f.reason.trim()].length >= REASON,
    `Say why, in ${REASON} characters or more. It stands in the record.`,
  ),
  notInfected: guard(
    'notInfected',
    (f) => !f.infected,
    'The virus scanner found something in this file. It leaves the vault only in an export for the police.',
  ),
  holdsLeft: guard('holdsLeft', (f) => f.holdsLeft > 0, 'No hold is left on it.'),
  noHoldLeft: guard('noHoldLeft', (f) => f.holdsLeft === 0, 'Another hold still stands.'),
  due: guard('due', (f) => f.due, 'The time for which it is kept has not ended.'),
  twoPeople: guard('twoPeople', (f) => f.agreed, 'A second person has not agreed to it yet.'),
} as const;

const G = GUARDS;
const TEAM = ['team'] as const;
const SYSTEM = ['system'] as const;
const both = ['held', 'on-hold'] as const;

/** The life of an item of evidence (EVI-07..10). What is not listed is refused: nothing leads out of `sealed` but destruction. */
export const itemWorkflow = new Workflow<ItemState, ItemAction, ItemActor, ItemFacts>('item of evidence', [
  { from: 'new', action: 'take', to: 'held', who: TEAM, guards: [], proves: ['EVI-01', 'EVI-08'] },
  ...both.flatMap((state) => [
    {
      from: state,
      action: 'open' as const,
      to: state,
      who: TEAM,
      guards: [G.isFile, G.reasoned, G.notInfected],
      proves: ['EVI-09'],
    },
    { from: state, action: 'export' as const, to: state, who: TEAM, guards: [G.reasoned], proves: ['EVI-08'] },
    { from: state, action: 'custody' as const, to: state, who: TEAM, guards: [], proves: ['EVI-08'] },
    { from: state, action: 'sign' as const, to: state, who: TEAM, guards: [], proves: ['EVI-02'] },
    {
      from: state,
      action: 'hold' as const,
      to: 'on-hold' as const,
      who: TEAM,
      guards: [G.reasoned],
      proves: ['EVI-10'],
    },
    {
      from: state,
      action: 'seal' as const,
      to: 'sealed' as const,
      who: SYSTEM,
      guards: [G.isFile],
      proves: ['EVI-07'],
    },
  ]),
  {
    from: 'on-hold',
    action: 'release',
    to: 'on-hold',
    who: TEAM,
    guards: [G.reasoned, G.holdsLeft],
    proves: ['EVI-10'],
  },
  { from: 'on-hold', action: 'release', to: 'held', who: TEAM, guards: [G.reasoned, G.noHoldLeft], proves: ['EVI-10'] },
  { from: 'held', action: 'dispose', to: 'disposed', who: TEAM, guards: [G.due, G.twoPeople], proves: ['EVI-10'] },
  { from: 'sealed', action: 'hand-over', to: 'sealed', who: TEAM, guards: [G.twoPeople], proves: ['EVI-07'] },
  { from: 'sealed', action: 'destroy', to: 'destroyed', who: TEAM, guards: [G.twoPeople], proves: ['EVI-07'] },
]);
