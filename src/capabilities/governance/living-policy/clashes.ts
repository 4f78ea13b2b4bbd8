import { dayIn } from '#core/days.ts';
import { type Lint, lint } from '#policy/index.ts';
import { type PolicyInForce, taxonomy } from '#rooms/policies/index.ts';

/** Where the version in force contradicts itself, settled or not. */
export const clashesOf = ({ document, compiled }: Pick<PolicyInForce, 'document' | 'compiled'>, now: number): Lint[] =>
  lint(document, { today: dayIn(compiled.timeZone, now), taxonomy: taxonomy().categories }).filter(
    (l) => l.severity === 'clash',
  );
