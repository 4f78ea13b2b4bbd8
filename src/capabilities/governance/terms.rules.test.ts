import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Term, termFaults } from './terms.rules.ts';

const autumn: Term = { name: 'Autumn', starts: '2026-09-02', ends: '2026-12-18' };
const faultsOf = (term: Partial<Term>, others: readonly Term[] = []) =>
  Object.keys(termFaults({ ...autumn, ...term }, others));

test('a term needs a name, two days in order, and half term inside it', () => {
  assert.deepEqual(faultsOf({}), []);
  assert.deepEqual(faultsOf({ halfTermStarts: '2026-10-26', halfTermEnds: '2026-10-30' }), []);
  assert.deepEqual(faultsOf({ name: ' ' }), ['name']);
  assert.deepEqual(faultsOf({ starts: '2026-02-30' }), ['starts']);
  assert.deepEqual(faultsOf({ ends: 'Christmas' }), ['ends']);
  assert.deepEqual(faultsOf({ ends: '2026-09-02' }), ['ends']);
  assert.deepEqual(faultsOf({ halfTermStarts: '2026-10-26' }), ['halfTermEnds']);
  assert.deepEqual(faultsOf({ halfTermStarts: '2026-10-30', halfTermEnds: '2026-10-26' }), ['halfTermEnds']);
  assert.deepEqual(faultsOf({ halfTermStarts: '2026-12-14', halfTermEnds: '2026-12-20' }), ['halfTermStarts']);
});

test('no two terms share a name or a day', () => {
  const spring: Term = { name: 'Spring', starts: '2027-01-04', ends: '2027-03-25' };
  assert.deepEqual(termFaults(spring, [autumn]), {});
  assert.deepEqual(Object.keys(termFaults({ ...spring, name: 'autumn' }, [autumn])), ['name']);
  assert.match(termFaults({ ...spring, starts: '2026-12-18' }, [autumn]).starts ?? '', /overlaps with “Autumn”/);
  assert.deepEqual(termFaults({ ...spring, starts: '2026-12-19' }, [autumn]), {});
});

test('whatever is typed, the check answers with words and never throws', () => {
  fc.assert(
    fc.property(fc.record({ name: fc.string(), starts: fc.string(), ends: fc.string() }), (term) => {
      for (const why of Object.values(termFaults(term, [autumn]))) assert.ok(why.length > 5);
    }),
  );
});
