import type { Lease, ResolvedCell } from './types.ts';
import { planOf, type WallClock, within } from './windows.ts';

/** Whether a cell is open at this moment for this person; an empty condition never is (COM-12, UAR-19). */
export type IsOpen = (at: number, person: string | null | undefined) => boolean;

/** One way of opening for everything that obeys cells: addresses, actions and devices. */
export function openingOf(cell: ResolvedCell, clock: WallClock): IsOpen {
  switch (cell.value) {
    case 'allowed':
      return () => true;
    case 'illegal':
    case 'not-allowed':
      return () => false;
    case 'permission':
    case 'selected':
    case 'nominated': {
      const leases = Map.groupBy(cell.people, (lease) => lease.person);
      return (at, person) => person != null && holds(leases.get(person), at);
    }
    case 'times': {
      const plan = planOf(cell.windows);
      return (at) => within(plan, clock.local(at));
    }
    case 'quota': {
      const used = Map.groupBy(cell.used, (lease) => lease.person);
      // Whose minutes nobody can count has none.
      return (at, person) => person != null && !holds(used.get(person), at);
    }
  }
}

/** From its first millisecond to the one before its end. */
function holds(leases: readonly Lease[] | undefined, at: number): boolean {
  if (leases) for (const l of leases) if (at >= l.from && (l.until === null || at < l.until)) return true;
  return false;
}

/** Remembers an answer that holds from the moment it was made until the next change. */
export function untilNext<T>(next: (at: number) => number, make: (next: number) => T): (at: number) => T {
  let last: { readonly from: number; readonly until: number; readonly answer: T } | undefined;
  return (at) => {
    if (!last || !(at >= last.from && at < last.until)) {
      const until = next(at);
      last = { from: at, until, answer: make(until) };
    }
    return last.answer;
  };
}
