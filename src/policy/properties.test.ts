import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { compilePolicy } from './compile.ts';
import { compileMay } from './compile-may.ts';
import { decide, nextChange, type Question } from './decide.ts';
import { deviceAccess } from './device-access.ts';
import { londonTime, policyOf, SCHOOL, taxonomy } from './fixture.ts';
import { type MayQuestion, may, momentOf } from './may.ts';
import { parsePolicy } from './parse.ts';
import { SLOT_KINDS, ZONE_KINDS } from './sections.ts';
import { shippedPolicy } from './shipped.ts';
import type { Audience, Cell, PolicyDocument, Rule, SchoolFacts, TimeWindow } from './types.ts';

/*
 * What holds for every document and every school, whatever they are. The generators make documents that parse and
 * some that do not; those are refused, which is as good as keeping the promise.
 */

const clause = 'rules.all';
const DEVICES = shippedPolicy('secondary-school').devices.map((d) => ({ ...d, clause }));
const EVENING = londonTime('2026-12-14T18:00');
const ORDINARY = ['games', 'blogs', 'shopping', 'messaging', 'news'];
const of = (nature: string) => taxonomy.filter((c) => c.nature === nature).map((c) => c.id);
const ILLEGAL = of('illegal');
const FLOOR = ['extremism', 'terrorism', 'malware', 'phishing'];
const PEOPLE = ['person-1', 'person-2', 'person-3'];
const ACTIONS = ['play', 'write', 'use-personal-device'];

const some = <T>(from: readonly T[], min = 0) => fc.subarray([...from], { minLength: min });
const anyTime = fc.integer({ min: 0, max: 47 }).map((half) => half * 30);
const hhmm = (m: number) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
const days = some([1, 2, 3, 4, 5, 6, 7], 1);
const hours = fc.tuple(anyTime, fc.integer({ min: 30, max: 600 })).map(([from, long]) => ({
  from: hhmm(from),
  to: hhmm(Math.min(1440, from + long)),
}));
const anyWindow: fc.Arbitrary<TimeWindow> = fc.oneof(
  fc.tuple(days, hours, fc.boolean()).map(([d, h, term]) => ({ days: d, ...h, term })),
  fc.tuple(some(SLOT_KINDS, 1), days, fc.boolean()).map(([slots, d, term]) => ({ slots, days: d, term })),
);
const anyCell: fc.Arbitrary<Cell> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom<Cell[]>({ value: 'allowed' }, { value: 'not-allowed' }, { value: 'permission' }),
      fc.array(anyWindow, { maxLength: 3 }).map((windows): Cell => ({ value: 'times', windows })),
      fc
        .tuple(fc.constantFrom('selected', 'nominated'), some(PEOPLE))
        .map(([value, people]): Cell => ({ value, people })),
    ),
    fc.boolean(),
  )
  .map(([cell, unconfirmed]) => ({ ...cell, unconfirmed }));
const closedCell = fc.constantFrom<Cell[]>({ value: 'not-allowed' }, { value: 'illegal' });
const cellsOf = (cell: fc.Arbitrary<Cell>) => fc.record({ staff: cell, pupil: cell, guest: cell });
const applies = fc.record(
  { slots: some(SLOT_KINDS, 1), zones: some(ZONE_KINDS, 1), equipment: fc.constantFrom('school', 'personal') },
  { requiredKeys: [] },
);
const ruleOf = (categories: fc.Arbitrary<string[]>, cell: fc.Arbitrary<Cell>) =>
  fc.record({ categories, cells: cellsOf(cell), action: fc.constantFrom(...ACTIONS), applies });
const anyRule = fc.oneof(
  { weight: 6, arbitrary: ruleOf(some(ORDINARY), anyCell) },
  { weight: 2, arbitrary: ruleOf(some([...ILLEGAL, ...FLOOR, ...ORDINARY]), closedCell) },
  { weight: 1, arbitrary: ruleOf(some([...ILLEGAL, ...FLOOR, ...of('help')]), anyCell) },
);
const numbered = (rules: readonly Omit<Rule, 'id' | 'name' | 'clause'>[]): Rule[] =>
  rules.map((rule, i) => ({ ...rule, id: `X-${i}`, name: `Rule ${i}`, clause }));

/** Profiles of every audience, each with blocks of its own. */
const anyDocument = fc
  .tuple(fc.array(anyRule, { maxLength: 6 }), fc.array(some(ORDINARY), { minLength: 4, maxLength: 4 }), fc.boolean())
  .map(([rules, blocks, allow]): PolicyDocument => {
    const doc = policyOf({ rules: numbered(rules) });
    const guest = { ...doc.profiles[1], id: 'guest', name: 'Guests', audience: 'guest', match: { kinds: ['visitor'] } };
    const profiles = [...doc.profiles, guest as (typeof doc.profiles)[number]].map((p, i) => ({
      ...p,
      blocks: Object.fromEntries((blocks[i] ?? []).map((c) => [c, clause])),
      uncategorised: allow ? ('allow' as const) : p.uncategorised,
    }));
    return { ...doc, profiles, devices: DEVICES };
  });

const moment = fc.integer({ min: -30 * 24 * 60, max: 60 * 24 * 60 }).map((minutes) => EVENING + minutes * 60_000);
const anyFacts: fc.Arbitrary<SchoolFacts> = fc.record({
  timeZone: fc.constantFrom('Europe/London', 'Pacific/Auckland'),
  terms: some(SCHOOL.terms),
  slots: some(SCHOOL.slots),
  grants: fc.array(
    fc
      .tuple(
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom(...PEOPLE),
        moment,
        fc.option(fc.integer({ min: 1, max: 9 })),
      )
      .map(([rule, person, from, d]) => ({ rule: `X-${rule}`, person, from, until: d && from + d * DAY })),
    { maxLength: 6 },
  ),
});
const anyQuestion = fc.record({
  categories: some([...ORDINARY, ...FLOOR, ...ILLEGAL, 'help']),
  at: moment,
  person: fc.option(fc.constantFrom(...PEOPLE)),
});
const anyMayQuestion = fc.record(
  {
    action: fc.constantFrom(...ACTIONS),
    audience: fc.constantFrom<Audience[]>('staff', 'pupil', 'guest'),
    at: moment,
    person: fc.option(fc.constantFrom(...PEOPLE)),
    slot: fc.constantFrom(...SLOT_KINDS),
    zone: fc.constantFrom(...ZONE_KINDS),
    equipment: fc.constantFrom('school' as const, 'personal' as const),
  },
  { requiredKeys: ['action', 'audience', 'at'] },
);
const PROFILES = ['pupil', 'staff', 'guest', 'unidentified'];

/** The document as the parser gives it back, or null where it refuses it. */
function parsed(doc: PolicyDocument): PolicyDocument | null {
  try {
    return parsePolicy(JSON.stringify(doc), 'generated', taxonomy);
  } catch (e) {
    assert.ok(e instanceof Refusal, String(e));
    return null;
  }
}
const opens = (doc: PolicyDocument, school: SchoolFacts) => {
  const policy = compilePolicy(doc, taxonomy, school);
  return (profile: string, question: Question) => decide(policy, profile, question).outcome === 'allow';
};

test('FIL-02 FIL-05 FIL-08 in no document that parses, and no school, can an invariant fall', () => {
  let kept = 0;
  fc.assert(
    fc.property(anyDocument, anyFacts, anyQuestion, (generated, school, question) => {
      const doc = parsed(generated);
      if (!doc) return;
      kept++;
      const isOpen = opens(doc, school);
      const ask = (profile: string, ...more: string[]) =>
        isOpen(profile, { ...question, categories: [...question.categories, ...more] });
      const lawful = { ...question, categories: question.categories.filter((c) => !ILLEGAL.includes(c)) };
      for (const profile of PROFILES) {
        for (const illegal of ILLEGAL) assert.equal(ask(profile, illegal, 'help'), false, 'FIL-02');
        assert.equal(isOpen(profile, { ...lawful, categories: [...lawful.categories, 'help'] }), true, 'help');
        if (question.categories.includes('help')) continue;
        for (const dangerous of ['malware', 'phishing']) assert.equal(ask(profile, dangerous), false, 'FIL-08');
        if (profile !== 'pupil' && profile !== 'unidentified') continue;
        for (const extreme of ['extremism', 'terrorism']) assert.equal(ask(profile, extreme), false, 'FIL-05');
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(kept > 30, `only ${kept} documents parsed`);
});

test('FIL-02 FIL-05 FIL-08 nor does a question about an action get round them', () => {
  const category = fc.constantFrom(...ILLEGAL, ...FLOOR);
  let kept = 0;
  fc.assert(
    fc.property(anyDocument, anyFacts, anyMayQuestion, category, anyRule, (generated, school, q, c, rule) => {
      const audience = c === 'extremism' ? 'pupil' : q.audience;
      const more = { ...rule, action: q.action, categories: [c], id: 'Y-1', name: 'More', clause };
      const doc = parsed({ ...generated, rules: [...generated.rules, more] });
      if (!doc) return;
      kept++;
      assert.equal(may(compileMay(doc, school), { ...q, audience }).outcome, 'block');
    }),
    { numRuns: 300 },
  );
  assert.ok(kept > 20, `only ${kept} documents parsed`);
});

test('COM-12 UAR-19 an empty condition never allows, whatever else stands in the document', () => {
  const empty = fc.constantFrom<Cell[]>(
    { value: 'times', windows: [] },
    { value: 'times', windows: [{ slots: ['lunch'], term: true }] },
    { value: 'times', windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00', term: true }] },
    { value: 'selected', people: [] },
    { value: 'nominated', people: [] },
    { value: 'permission' },
  );
  fc.assert(
    fc.property(anyDocument, anyFacts, cellsOf(empty), anyQuestion, anyMayQuestion, (generated, facts, cells, q, m) => {
      const rule: Rule = { id: 'Y-1', name: 'Empty', clause, action: m.action, categories: ['forums'], cells };
      const doc = parsed({ ...generated, rules: [...generated.rules, rule] });
      if (!doc) return;
      const school = { ...facts, terms: [] };
      const isOpen = opens(doc, school);
      for (const profile of PROFILES) assert.equal(isOpen(profile, { ...q, categories: ['forums'] }), false);
      assert.equal(may(compileMay(doc, school), m).outcome, 'block');
    }),
    { numRuns: 150 },
  );
});

/** Ways of narrowing a policy; each gives back what it was given where there is nothing to narrow. */
type Narrowing = (doc: PolicyDocument, school: SchoolFacts, pick: number) => [PolicyDocument, SchoolFacts];
const without = <T>(list: readonly T[], pick: number): T[] => list.filter((_, i) => i !== pick % list.length);
const narrowCell = (cell: Cell, pick: number): Cell => {
  if (cell.value === 'times') return { ...cell, windows: without(cell.windows, pick) };
  if (cell.value === 'selected' || cell.value === 'nominated') return { ...cell, people: without(cell.people, pick) };
  return { value: 'not-allowed' };
};
const shorter = (window: TimeWindow, pick: number): TimeWindow => {
  const narrowed = { ...window, term: true };
  return window.days && window.days.length > 1 ? { ...narrowed, days: without(window.days, pick) } : narrowed;
};
const eachCell = (doc: PolicyDocument, rule: number, change: (cell: Cell) => Cell): PolicyDocument => ({
  ...doc,
  rules: doc.rules.map((r, i) => ({
    ...r,
    cells:
      i === rule % doc.rules.length
        ? Object.fromEntries(Object.entries(r.cells).map(([w, c]) => [w, change(c)]))
        : r.cells,
  })),
});
const NARROWINGS: Readonly<Record<string, Narrowing>> = {
  'a rule more': (doc, school, pick) => {
    const no: Cell = { value: 'not-allowed' };
    const categories = ORDINARY.slice(pick % 4, (pick % 4) + 2);
    const action = ACTIONS[pick % 3] ?? '';
    const rule = { id: 'Y-1', name: 'More', clause, action, categories, cells: { staff: no, pupil: no, guest: no } };
    return [{ ...doc, rules: [...doc.rules, rule] }, school];
  },
  'a block more': (doc, school, pick) => {
    const category = ORDINARY[pick % ORDINARY.length] ?? '';
    const profiles = doc.profiles.map((p, i) =>
      i === pick % doc.profiles.length ? { ...p, blocks: { ...p.blocks, [category]: clause } } : p,
    );
    return [{ ...doc, profiles }, school];
  },
  'a window, person or whole cell less': (doc, school, pick) => [
    eachCell(doc, pick, (c) => narrowCell(c, pick)),
    school,
  ],
  'windows in term only, with a day less': (doc, school, pick) => [
    eachCell(doc, pick, (c) => (c.value === 'times' ? { ...c, windows: c.windows.map((w) => shorter(w, pick)) } : c)),
    school,
  ],
  'a permission less': (doc, school, pick) => [doc, { ...school, grants: without(school.grants, pick) }],
  'permissions that end sooner': (doc, school, pick) => {
    const grants = school.grants.map((g) => ({
      ...g,
      until: Math.min(g.until ?? Infinity, g.from + (pick % 99) * HOUR),
    }));
    return [doc, { ...school, grants }];
  },
};
/** These close windows at the filter; rules of actions that speak of slots may fall silent with them. */
const NARROWER_CALENDARS: Readonly<Record<string, Narrowing>> = {
  'a term less': (doc, school, pick) => [doc, { ...school, terms: without(school.terms, pick) }],
  'a slot less': (doc, school, pick) => [doc, { ...school, slots: without(school.slots, pick) }],
};

test('GOV-34 adding a restriction never allows more at the filter', () => {
  const all = { ...NARROWINGS, ...NARROWER_CALENDARS };
  const name = fc.constantFrom(...Object.keys(all));
  const questions = fc.array(anyQuestion, { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(anyDocument, anyFacts, name, fc.nat(1000), questions, (doc, school, how, pick, asked) => {
      const narrowed = all[how]?.(doc, school, pick) ?? [doc, school];
      if (!parsed(doc) || !parsed(narrowed[0])) return;
      const [before, after] = [opens(doc, school), opens(...narrowed)];
      for (const profile of PROFILES) {
        for (const q of asked) if (after(profile, q)) assert.equal(before(profile, q), true, how);
      }
    }),
    { numRuns: 150 },
  );
});

test('GOV-34 nor does it allow an action that was not allowed', () => {
  const questions = fc.array(anyMayQuestion, { minLength: 20, maxLength: 20 });
  const name = fc.constantFrom(...Object.keys(NARROWINGS));
  fc.assert(
    fc.property(anyDocument, anyFacts, name, fc.nat(1000), questions, (doc, school, how, pick, asked) => {
      const [before, after] = [
        compileMay(doc, school),
        compileMay(...(NARROWINGS[how]?.(doc, school, pick) ?? ([doc, school] as const))),
      ];
      for (const q of asked) {
        if (may(after, q).outcome !== 'block') assert.notEqual(may(before, q).outcome, 'block', how);
      }
    }),
    { numRuns: 400 },
  );
});

test('knowing less never allows more: a slot, zone, kind of equipment or person left out opens nothing', () => {
  const full = fc.record({
    action: fc.constantFrom(...ACTIONS),
    audience: fc.constantFrom<Audience[]>('staff', 'pupil', 'guest'),
    at: moment,
    person: fc.constantFrom(...PEOPLE),
    slot: fc.constantFrom(...SLOT_KINDS),
    zone: fc.constantFrom(...ZONE_KINDS),
    equipment: fc.constantFrom('school' as const, 'personal' as const),
  });
  const left = some(['person', 'slot', 'zone', 'equipment'], 1);
  fc.assert(
    fc.property(anyDocument, anyFacts, full, left, (doc, facts, q, names) => {
      const policy = compileMay(doc, { ...facts, slots: [] });
      const less = { ...q, ...Object.fromEntries(names.map((n) => [n, null])) };
      if (may(policy, less).outcome !== 'block') assert.notEqual(may(policy, q).outcome, 'block');
    }),
    { numRuns: 400 },
  );
});

const anyInstant = fc.oneof(
  moment,
  fc.integer(),
  fc.double(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, 8.64e15),
);
const anyText = fc.oneof(
  fc.string(),
  fc.constantFrom('constructor', '__proto__', '', ...PROFILES, ...ORDINARY, ...ACTIONS),
);

test('FIL-01 decide() is total and deterministic, whoever asks what and when, and in whatever order', () => {
  const question = fc.record({
    categories: fc.array(anyText, { maxLength: 4 }),
    at: anyInstant,
    person: fc.option(anyText),
  });
  const questions = fc.array(fc.tuple(anyText, question), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(anyDocument, anyFacts, questions, (doc, school, asked) => {
      if (!parsed(doc)) return;
      const [used, fresh] = [compilePolicy(doc, taxonomy, school), compilePolicy(doc, taxonomy, school)];
      const first = asked.map(([profile, q]) => decide(used, profile, q));
      for (const { outcome, because } of first) {
        assert.match(outcome, /^(allow|block)$/);
        assert.ok(because.rule !== '' && because.text !== '');
      }
      assert.deepEqual(
        asked.toReversed().map(([profile, q]) => decide(fresh, profile, q)),
        first.toReversed(),
      );
      for (const [, { at }] of asked) assert.ok(!(nextChange(used, at) <= at) || at === Infinity);
    }),
    { numRuns: 120 },
  );
});

test('may() and deviceAccess() are total and deterministic, whatever they are asked', () => {
  const question = fc.record({
    action: anyText,
    audience: anyText,
    profile: fc.option(anyText),
    at: anyInstant,
    person: fc.option(anyText),
    slot: fc.option(fc.oneof(anyText, fc.constantFrom(...SLOT_KINDS))),
    zone: fc.option(fc.oneof(anyText, fc.constantFrom(...ZONE_KINDS))),
    equipment: fc.option(anyText),
    deviceClass: fc.option(fc.oneof(anyText, fc.constantFrom('scheme', 'child-owned', 'school-shared'))),
    registered: fc.boolean(),
    schemeRecord: fc.boolean(),
  });
  fc.assert(
    fc.property(
      anyDocument,
      anyFacts,
      fc.array(question, { minLength: 1, maxLength: 12 }),
      (doc, school, questions) => {
        const asked = questions as (MayQuestion & Parameters<typeof deviceAccess>[1])[];
        const [used, fresh] = [compileMay(doc, school), compileMay(doc, school)];
        const first = asked.map((q) => [may(used, q), deviceAccess(used, q)] as const);
        for (const [{ outcome, because }, { access }] of first) {
          assert.match(`${outcome} ${access}`, /^(allow|warn|block) (FULL|INTERNET_ONLY|NONE)$/);
          assert.ok(because.rule !== '' && because.text !== '');
        }
        assert.deepEqual(
          asked.toReversed().map((q) => [may(fresh, q), deviceAccess(fresh, q)]),
          first.toReversed(),
        );
        for (const { at } of asked) assert.ok(!((momentOf(used, 'lunch', at) ?? at) < at));
      },
    ),
    { numRuns: 120 },
  );
});

test('until nextChange every question keeps its answer, so that gateways may remember it', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(anyDocument, anyFacts, moment, share, (doc, school, time, part) => {
      if (!parsed(doc)) return;
      const policy = compilePolicy(doc, taxonomy, school);
      // Also from just before somebody's permission begins, which no moment taken at random would meet.
      for (const at of [time, ...school.grants.map((g) => g.from - HOUR)]) {
        const change = Math.min(nextChange(policy, at), at + 90 * DAY);
        const later = Math.min(change - 1, Math.floor(at + part * (change - at)));
        for (const [i, profile] of PROFILES.entries()) {
          const person = PEOPLE[i % PEOPLE.length] ?? null;
          for (const category of ORDINARY) {
            const ask = (t: number) => decide(policy, profile, { categories: [category], at: t, person });
            assert.deepEqual(ask(later), ask(at));
          }
        }
      }
    }),
    { numRuns: 120 },
  );
});
