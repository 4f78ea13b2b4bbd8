import type { CustodyAct } from '#platform/tables/evidence.ts';

/** One line of the chain of custody (EVI-08), as far as the rules look at it. */
export interface CustodyStep {
  readonly at: Date;
  readonly act: CustodyAct;
  readonly from: string | null;
  readonly to: string | null;
  readonly place: string | null;
  readonly seal: string | null;
}

export interface CustodyFlaw {
  readonly kind: 'no-start' | 'gap' | 'overlap' | 'seal';
  readonly at: Date;
  readonly says: string;
}

export interface Custody {
  /** Who has it now; null while nobody was recorded. */
  readonly holder: string | null;
  readonly place: string | null;
  readonly seal: string | null;
  readonly flaws: readonly CustodyFlaw[];
}

const PASSES: ReadonlySet<CustodyAct> = new Set(['handed-over', 'returned', 'to-police']);
const same = (a: string | null, b: string | null): boolean => a?.trim().toLowerCase() === b?.trim().toLowerCase();

/**
 * Read a chain in the order in which things happened: who has the item now, and where the chain does not hold. A gap:
 * somebody gives what nobody was recorded to have given them. An overlap: somebody gives what they had given away already.
 */
export function custodyOf(steps: readonly CustodyStep[]): Custody {
  const flaws: CustodyFlaw[] = [];
  const before: string[] = [];
  let holder: string | null = null;
  let place: string | null = null;
  let seal: string | null = null;
  const flaw = (kind: CustodyFlaw['kind'], at: Date, says: string) => flaws.push({ kind, at, says });

  const inOrder = [...steps].sort((a, b) => a.at.getTime() - b.at.getTime());
  for (const [i, step] of inOrder.entries()) {
    if (i === 0 && step.act !== 'taken') flaw('no-start', step.at, 'Nobody recorded how the school came to have it.');
    if (step.act === 'taken' && i > 0 && holder !== null && !same(holder, step.to)) {
      flaw('overlap', step.at, `${step.to} is said to have taken it while ${holder} had it.`);
    }
    if (PASSES.has(step.act) && holder !== null && !same(step.from, holder)) {
      const gave = before.some((b) => same(b, step.from));
      if (gave) flaw('overlap', step.at, `${step.from} passed it on, though ${holder} had it by then.`);
      else flaw('gap', step.at, `${step.from} passed it on; how it came to them from ${holder} is not recorded.`);
    }
    if (step.act === 'opened' && !same(step.seal, seal)) {
      flaw(
        'seal',
        step.at,
        seal ? `Seal ${seal} was on it, not ${step.seal ?? 'none'}.` : 'No seal was on it by the record.',
      );
    }
    if (step.act === 'sealed' && seal !== null)
      flaw('seal', step.at, `Seal ${seal} was not recorded as opened before.`);
    if (PASSES.has(step.act) && step.seal !== null && !same(step.seal, seal)) {
      flaw('seal', step.at, `It was passed on under seal ${step.seal}; the record has ${seal ?? 'none'} on it.`);
    }

    if (step.act === 'sealed') seal = step.seal;
    if (step.act === 'opened') seal = null;
    if (step.to !== null && (step.act === 'taken' || PASSES.has(step.act))) {
      if (holder !== null) before.push(holder);
      holder = step.to;
      // Where it lies now is what the new holder says, if they say.
      place = step.place;
    } else if (step.place !== null) place = step.place;
  }
  return { holder, place, seal, flaws };
}
