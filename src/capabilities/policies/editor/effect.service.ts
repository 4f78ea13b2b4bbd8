import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import type { PersonKind, PolicyDocument } from '#policy/index.ts';
import type { LintContext } from '#policy/lint.ts';
import { liveHoldings } from '#rooms/identity/index.ts';
import { taxonomy } from '../policies.service.ts';
import { schoolFacts } from '../school-facts.ts';
import { type Effect, effectOf } from './effect.rules.ts';

/** What would be different in this school if the one document held instead of the other. */
export async function effectIn(tx: Tx, now: number, old: PolicyDocument, next: PolicyDocument): Promise<Effect> {
  const facts = await schoolFacts(tx, now);
  const people = await tx
    .selectFrom('person')
    .select((e) => ['kind', 'year_group', e.fn.countAll<string>().as('n')])
    .where((e) => e.or([e('left_on', 'is', null), e('left_on', '>', dayIn(facts.timeZone, now))]))
    .groupBy(['kind', 'year_group'])
    .execute();
  return effectOf(old, next, {
    facts,
    taxonomy: taxonomy().categories,
    today: dayIn(facts.timeZone, now),
    people: people.map((p) => ({ kind: p.kind as PersonKind, year: p.year_group, n: Number(p.n) })),
  });
}

/** What lint must know of this school: the day, and how many people hold each role. */
export async function lintContext(tx: Tx, now: number, today: string): Promise<LintContext> {
  const holders = new Map<string, { holders: number; deputies: number }>();
  for (const { role, rank } of await liveHoldings(tx, now)) {
    const held = holders.get(role) ?? { holders: 0, deputies: 0 };
    holders.set(
      role,
      rank === 'deputy' ? { ...held, deputies: held.deputies + 1 } : { ...held, holders: held.holders + 1 },
    );
  }
  return { today, taxonomy: taxonomy().categories, holders: holders as NonNullable<LintContext['holders']> };
}
