import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import type { Tx } from '#platform/db.ts';
import { profileFor } from '#policy/index.ts';
import { changesOf, type FilterChange, heldSites } from '#rooms/filtering/index.ts';
import { names } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';

/** What was a month ago is told no longer. */
export const TOLD_FOR = 30 * DAY;

/** What a class is asked to open in a lesson, and since when somebody vouches for it (FIL-17). */
export interface Lesson {
  readonly reference: string;
  readonly topic: string;
  readonly kind: 'open' | 'only-these';
  readonly scope: FilterChange['scope'];
  readonly from: Date;
  readonly until: Date;
  readonly by: string;
  /** `checked`: who looked at it last, and when; null where two people agreed to open it. */
  readonly sites: readonly {
    readonly host: string;
    readonly checked: { readonly by: string; readonly at: Date } | null;
  }[];
}

/** Somebody from outside whom a class meets online. */
export interface Contact {
  readonly id: string;
  readonly kind: 'class' | 'year';
  readonly value: string;
  readonly organisation: string;
  readonly role: string;
  readonly how: string;
  readonly from: string;
  readonly until: string;
  readonly by: string;
  readonly addedBy: string;
}

/** Lessons with sites that are coming, on, or were within a month; agreed ones only. */
export async function lessonsOf(tx: Tx, now: number): Promise<Lesson[]> {
  const changes = await changesOf(tx, { states: ['approved', 'expired'] });
  const told = changes.flatMap((c) => {
    const { kind, from, until } = c;
    if ((kind !== 'open' && kind !== 'only-these') || !from || !until) return [];
    return until.getTime() > now - TOLD_FOR ? [{ ...c, kind, from, until }] : [];
  });
  const people = told.flatMap((c) => [c.requester, ...c.sites.map((s) => s.check?.by ?? null)]);
  const who = await names(tx, [...new Set(people.filter((p) => p !== null))]);
  return told
    .map((c): Lesson => {
      const held = new Set(heldSites(c));
      return {
        reference: c.reference,
        topic: c.topic,
        kind: c.kind,
        scope: c.scope,
        from: c.from,
        until: c.until,
        by: who.get(c.requester) ?? '',
        sites: c.sites
          .filter((s) => held.has(s.host))
          .map((s) => ({ host: s.host, checked: s.check && { by: who.get(s.check.by) ?? '', at: s.check.at } })),
      };
    })
    .filter((l) => l.sites.length > 0)
    .sort((a, b) => b.from.getTime() - a.from.getTime());
}

/** People from outside whom classes meet, those of the last month too. */
export async function contactsOf(tx: Tx, timeZone: string, now: number): Promise<Contact[]> {
  const rows = await tx
    .selectFrom('lesson_contact as k')
    .innerJoin('person as p', 'p.id', 'k.added_by')
    .select(['k.id', 'k.scope_kind as kind', 'k.scope_value as value', 'k.organisation', 'k.role', 'k.how'])
    .select(['k.from_on as from', 'k.until_on as until', 'p.display_name as by', 'k.added_by as addedBy'])
    .where('k.ended_at', 'is', null)
    .where('k.until_on', '>=', dayIn(timeZone, now - TOLD_FOR))
    .orderBy('k.from_on', 'desc')
    .orderBy('k.organisation')
    .execute();
  return rows;
}

export interface Child {
  readonly id: string;
  readonly name: string;
  readonly group: string | null;
  readonly year: number | null;
}

/** Of all lessons and contacts what one child is asked to do: by class, by year, by profile, or by name. */
export async function forChild(
  tx: Tx,
  child: Child,
  lessons: readonly Lesson[],
  contacts: readonly Contact[],
  now: number,
) {
  const policy = await policyInForce(tx, now);
  const profile = policy && profileFor(policy.document, { kind: 'pupil', year: child.year });
  const within = (kind: string, value: string | null): boolean =>
    (kind === 'class' && child.group !== null && value === child.group) ||
    (kind === 'year' && child.year !== null && value === String(child.year)) ||
    (kind === 'profile' && profile !== null && value === profile);
  return {
    lessons: lessons.filter((l) => within(l.scope.kind, l.scope.value) || l.scope.people.includes(child.id)),
    contacts: contacts.filter((c) => within(c.kind, c.value)),
  };
}
