import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LinkResult, latestReview, STATES, stateOf, webAddress } from './registers.rules.ts';

const DOCUMENT = { kind: 'document', edition: null } as const;
const ENTRY = { id: 'e', edition: '3', location: null, reviewedOn: '2026-01-10', nextReview: '2027-01-10' };
const OK: LinkResult = { outcome: 'ok', text: 'It answers.' };
const GONE: LinkResult = { outcome: 'broken', text: 'The server answered 404.' };

test('K11 what nobody recorded is not supplied, whatever the day', () => {
  const { state, text } = stateOf(DOCUMENT, undefined, undefined, '2026-11-03');
  assert.deepEqual([state, text], ['missing', 'Nobody has recorded where it is kept.']);
});

test('GOV-21 a broken link comes before an overdue review, and on the last day a review is not overdue', () => {
  const stateAt = (day: string, link?: LinkResult) => stateOf(DOCUMENT, ENTRY, link, day).state;
  assert.equal(stateAt('2027-01-10', OK), 'current');
  assert.equal(stateAt('2027-01-11', OK), 'overdue');
  assert.equal(stateAt('2027-01-11', GONE), 'broken');
  assert.equal(stateAt('2026-01-11', GONE), 'broken');
  assert.equal(stateAt('2026-01-11', { outcome: 'sign-in', text: 'It wants a sign-in.' }), 'current');
});

test('GOV-14 a new edition of guidance asks for a review of the policy that rests on the old one', () => {
  const guidance = { kind: 'reference', edition: '2023' } as const;
  const found = (edition: string) => stateOf(guidance, { ...ENTRY, edition }, undefined, '2026-02-01');
  assert.equal(found('2023').state, 'current');
  assert.equal(found('2026').state, 'overdue');
  assert.match(found('2026').text, /“2026” is out, and the policy rests on “2023”: the policy is to be reviewed/);
});

test('the state is one of four, and nothing is current after its day', () => {
  const day = fc
    .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
    .map((d) => d.toISOString().slice(0, 10));
  const link = fc.option(fc.constantFrom(OK, GONE), { nil: undefined });
  fc.assert(
    fc.property(day, day, link, (nextReview, today, found) => {
      const { state } = stateOf(DOCUMENT, { ...ENTRY, nextReview }, found, today);
      assert.ok(STATES.includes(state));
      if (today > nextReview || found === GONE) assert.notEqual(state, 'current');
    }),
  );
});

test('a review comes round by the calendar, and only web addresses are links', () => {
  assert.equal(latestReview('2024-02-29', 12), '2025-02-28');
  assert.equal(webAddress('https://docs.example/behaviour')?.host, 'docs.example');
  for (const words of [null, 'School office', 'file:///etc/hosts', 'javascript:alert(1)', 'ftp://x.example'])
    assert.equal(webAddress(words), null);
});
