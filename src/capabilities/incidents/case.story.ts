import { anyMarked } from './case.types.ts';
import { type BullyingVerdict, bullyingVerdict } from './cyber-bullying/definition.ts';

/** INC-02: what the conduct looks like and what the content is, tied to a row of the policy. */
export interface Classification {
  readonly types: readonly string[];
  readonly culpability: string;
  readonly content: string;
  readonly row: string;
}

/** EVI-06: one thing to be done so that what happened does not spread. */
export interface ContainmentItem {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  readonly done: string | null;
}

/** What the entries of a case amount to. Everything a guard needs to know of the past is here. */
export interface Story {
  readonly classification: Classification | null;
  /** What people said of an action since the case last moved: action → person → what they chose. */
  readonly voices: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Steps that two people agreed are not needed here (INC-03). */
  readonly notNeeded: ReadonlySet<string>;
  /** Who is signed in to the case, and since when (INC-04). */
  readonly present: ReadonlyMap<string, number>;
  readonly items: readonly ContainmentItem[];
  readonly isolated: boolean;
  /** Addresses, or the reason why there is none, in the examination of now (INC-08). */
  readonly findings: number;
  /** What two people decided about telling the police, since the last type that asks for it (INC-13..18, INC-31). */
  readonly police: 'reported' | 'not-reported' | null;
  /** A group has found substance in it. */
  readonly judged: boolean;
  /** What the last judgement came to: substance. */
  readonly proven: boolean;
  readonly acted: number;
  readonly supported: boolean;
  /** Whom support was recorded for by name (CYB-02). */
  readonly supportedPeople: ReadonlySet<string>;
  /** Parents or carers were told, or the lead said why not (SAN-30). */
  readonly informed: boolean;
  /** Where the safeguarding record system has it (INC-24). */
  readonly recordedAt: string | null;
  /** CYB-01: the four tests were answered. */
  readonly bullyingTested: boolean;
  /** What the last answers to them come to. */
  readonly bullying: BullyingVerdict | null;
  readonly appealSettled: boolean;
  /** Sanctions that an open appeal or complaint is about (SAN-35). */
  readonly appeals: readonly string[];
}

/** An entry as the story reads it. */
export interface Told {
  readonly id: string;
  readonly at: Date;
  readonly by_person: string | null;
  readonly action: string;
  readonly from_state: string | null;
  readonly to_state: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const str = (v: unknown): string => (typeof v === 'string' ? v : '');
const strings = (v: unknown): string[] => (Array.isArray(v) ? v.filter((x) => typeof x === 'string') : []);

/** What distinguishes one person's word on an action from another's: two must have chosen the same to agree. */
export const choiceOf = (detail: Readonly<Record<string, unknown>>): string =>
  str(detail.verdict) || str(detail.decision) || str(detail.step);

/** Read the entries, oldest first. */
export function storyOf(entries: readonly Told[]): Story {
  let classification: Classification | null = null;
  let voices = new Map<string, Map<string, string>>();
  const dispensed = new Map<string, Set<string>>();
  const present = new Map<string, number>();
  const items = new Map<string, ContainmentItem>();
  let police = new Map<string, string>();
  let recordedAt: string | null = null;
  let findings = 0;
  let acted = 0;
  const seen = new Set<string>();
  const appeals = new Set<string>();
  for (const e of entries) {
    const by = e.by_person ?? '';
    seen.add(e.action);
    if (e.from_state !== e.to_state) voices = new Map();
    else voices.set(e.action, (voices.get(e.action) ?? new Map()).set(by, choiceOf(e.detail)));
    switch (e.action) {
      case 'classify': {
        const types = strings(e.detail.types);
        const before: readonly string[] = classification?.types ?? [];
        if (
          anyMarked(
            types.filter((t) => !before.includes(t)),
            'police',
          )
        )
          police = new Map();
        classification = {
          types,
          culpability: str(e.detail.culpability),
          content: str(e.detail.content),
          row: str(e.detail.row),
        };
        break;
      }
      case 'not-needed': {
        const step = str(e.detail.step);
        dispensed.set(step, (dispensed.get(step) ?? new Set()).add(by));
        break;
      }
      case 'attend':
        present.set(by, e.at.getTime());
        break;
      case 'examine':
        findings = 0;
        break;
      case 'finding':
        findings++;
        break;
      case 'contain-item':
        items.set(e.id, { id: e.id, kind: str(e.detail.kind), text: e.text, done: null });
        break;
      case 'contain-done': {
        const item = items.get(str(e.detail.item));
        if (item) items.set(item.id, { ...item, done: e.text });
        break;
      }
      case 'police-decision':
        police.set(by, str(e.detail.decision));
        break;
      case 'record':
        recordedAt = str(e.detail.reference);
        break;
      case 'support':
      case 'act':
        acted++;
        break;
      case 'appeal-made':
        appeals.add(str(e.detail.sanction));
        seen.delete('appeal');
        break;
      case 'appeal': {
        const which = str(e.detail.sanction);
        if (which) appeals.delete(which);
        else appeals.clear();
        break;
      }
      case 'sanction':
        seen.delete('appeal');
        break;
      case 'reopen':
        for (const fresh of ['appeal', 'judge', 'inform']) seen.delete(fresh);
        recordedAt = null;
        break;
    }
  }
  const decided = [...police.values()];
  const tested = entries.findLast((e) => e.action === 'bullying-test');
  return {
    classification,
    voices,
    notNeeded: new Set([...dispensed].filter(([, people]) => people.size > 1).map(([step]) => step)),
    present,
    items: [...items.values()],
    isolated: seen.has('isolate'),
    findings,
    police: (['reported', 'not-reported'] as const).find((d) => decided.filter((x) => x === d).length > 1) ?? null,
    judged: entries.some((e) => e.action === 'judge' && e.to_state === 'actions'),
    proven: entries.findLast((e) => e.action === 'judge' && e.from_state !== e.to_state)?.to_state === 'actions',
    acted,
    supported: seen.has('help') || seen.has('support'),
    supportedPeople: new Set(entries.filter((e) => e.action === 'help').map((e) => str(e.detail.person))),
    informed: seen.has('inform'),
    recordedAt,
    bullyingTested: seen.has('bullying-test'),
    bullying: tested ? bullyingVerdict(tested.detail) : null,
    appealSettled: seen.has('appeal'),
    appeals: [...appeals],
  };
}
