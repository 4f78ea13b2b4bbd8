import { MINUTE } from '#core/clock.ts';
import type { Custody, SearchAction, SearchState, Standing } from './search.facts.ts';

/** An entry as the story holds it. */
export interface Entry {
  readonly number: number;
  readonly action: SearchAction;
  readonly from: SearchState | null;
  readonly to: SearchState;
  readonly by: string | null;
  readonly at: Date;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Rows of the catalogue that say what a ground or a reason of the policy means, whatever the school calls it. */
export const ROWS = { banned: 'SRC-03', offenceGround: 'SRC-04', offenceReason: 'SRC-13' } as const;
/** Decisions after which the device may be given back. */
export const RELEASING: readonly string[] = ['not-imagery', 'in-school'];

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const momentOf = (e: Entry): number => Date.parse(text(e.detail.when)) || e.at.getTime();

/** What the entries of a search come to. Nothing is kept beside them, so nothing can say otherwise. */
export function standingOf(entries: readonly Entry[]): Standing {
  const all = (action: SearchAction) => entries.filter((e) => e.action === action);
  const last = (action: SearchAction) => all(action).at(-1);
  const answers = entries.filter((e) => text(e.detail.evidence) !== '');
  const evidence = (text(answers.at(-1)?.detail.evidence) || null) as Standing['evidence'];
  // Given back, it is ours no more, and may have to be taken again.
  const taken = entries
    .slice(entries.findLastIndex((e) => e.action === 'return') + 1)
    .findLast((e) => e.action === 'confiscate');
  const decided = last('decide');
  return {
    startedAt: entries[0]?.at.getTime() ?? 0,
    urgent: text(entries.findLast((e) => text(e.detail.urgent) !== '')?.detail.urgent) === 'yes',
    grounds: all('ground').length,
    offence: all('ground').some((e) => e.detail.row === ROWS.offenceGround),
    advised: all('advise').length > 0,
    explained: all('explain').length > 0,
    taken: taken ? { item: text(taken.detail.item), at: momentOf(taken) } : null,
    custody: custodyOf(entries),
    examined: all('examine').length > 0,
    finding: (text(last('finding')?.detail.finding) || null) as Standing['finding'],
    evidence,
    considered: all('consider').length > 0,
    responded: all('respond').length > 0,
    refused: all('refusal').length > 0,
    suspected: all('suspect').length > 0,
    decision: text(decided?.detail.decision) || null,
    handOverSince: last('hand-over') || !taken ? null : handOverSince(answers, decided, taken),
    reminders: all('remind').map((e) => e.at.getTime()),
  };
}

/** From the first answer that it is, or may be, evidence and was not taken back; or from the decision to tell the police. */
function handOverSince(answers: readonly Entry[], decided: Entry | undefined, taken: Entry): number | null {
  const cleared = answers.findLastIndex((e) => e.detail.evidence === 'no');
  const evidence = answers[cleared + 1];
  const police = decided?.detail.decision === 'police' ? decided : undefined;
  const since = [evidence, police].flatMap((e) => (e ? [e.at.getTime()] : []));
  return since.length === 0 ? null : Math.max(Math.min(...since), taken.at.getTime());
}

/** When those above are told next that the police have not got the device; null while there is nothing to hand over. */
export function handOverDue(standing: Standing, minutes: number): number | null {
  if (standing.handOverSince === null) return null;
  const since = Math.max(standing.handOverSince, ...standing.reminders);
  return since + minutes * MINUTE;
}

const HOLDS: Readonly<
  Partial<Record<SearchAction, (e: Entry) => Pick<Custody, 'holder' | 'known' | 'place' | 'seal'>>>
> = {
  confiscate: (e) => ({
    holder: text(e.detail.holder) || (e.by ?? ''),
    known: true,
    place: text(e.detail.place),
    seal: text(e.detail.seal),
  }),
  move: (e) => ({ holder: text(e.detail.holder), known: true, place: text(e.detail.place), seal: text(e.detail.seal) }),
  'hand-over': (e) => ({
    holder: text(e.detail.officer),
    known: false,
    place: `${text(e.detail.force)}, reference ${text(e.detail.policeReference)}`,
    seal: '',
  }),
  return: (e) => ({ holder: text(e.detail.to), known: false, place: 'Given back', seal: '' }),
};

/** The chain of custody, in the order in which it was recorded (EVI-08). */
export function custodyOf(entries: readonly Entry[]): Custody[] {
  const chain: Custody[] = [];
  for (const e of entries) {
    const held = HOLDS[e.action]?.(e);
    if (!held || (e.action === 'return' && chain.length === 0)) continue;
    chain.push({ at: momentOf(e), ...held, gap: gapAfter(chain.at(-1), e) });
  }
  return chain;
}

function gapAfter(before: Custody | undefined, e: Entry): string | null {
  if (!before) return null;
  if (momentOf(e) < before.at) return 'This is dated before the device came to the holder above.';
  const from = text(e.detail.from);
  return from && from !== before.holder ? 'It was taken over from somebody who is not the holder above.' : null;
}
