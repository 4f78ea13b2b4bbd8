import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HOUR, MINUTE } from '#core/clock.ts';
import { policyOf, taxonomy } from '#policy/fixture.ts';
import {
  type Cell,
  changed,
  changeFor,
  compilePolicy,
  decide,
  type LiveChange,
  type PolicyDocument,
  profileFor,
  type SchoolFacts,
} from '#policy/index.ts';
import { answers } from './questions.rules.ts';
import { type Asked, type Member, replay } from './rehearsal.rules.ts';
import { reasonName } from './rehearsal.words.ts';
import type { Circumstances, Side } from './side.ts';

/** A Tuesday at half past eleven in London. */
const START = Date.UTC(2026, 10, 3, 11, 30);
const CLAUSE = 'rules.all';
const [YARA, ZED, SAM] = ['p-yara', 'p-zed', 'p-sam'];
const MEMBERS: Member[] = [
  { id: YARA, kind: 'pupil', year: 7 },
  { id: ZED, kind: 'pupil', year: 8 },
  { id: SAM, kind: 'staff', year: null },
];
const FACTS: SchoolFacts = {
  timeZone: 'Europe/London',
  terms: [],
  slots: [{ kind: 'lunch', days: [1, 2, 3, 4, 5], from: '12:15', to: '13:00' }],
  grants: [{ rule: 'UAR-19', person: YARA, from: START + 20 * MINUTE, until: START + 50 * MINUTE }],
};
const SITES: Readonly<Record<string, readonly string[]>> = {
  'games.example': ['games'],
  'shop.example': ['shopping'],
  'both.example': ['games', 'shopping'],
  'help.example': ['help', 'games'],
  'abuse.example': ['child-abuse'],
  'plain.example': [],
};
const categoriesOf = (host: string) => SITES[host] ?? [];
const unchanged: Circumstances = { categoriesOf, changes: [] };

const CELLS: Cell[] = [
  { value: 'allowed' },
  { value: 'not-allowed' },
  { value: 'times', windows: [{ slots: ['lunch'] }] },
  { value: 'permission' },
  { value: 'selected', people: [ZED] },
];
const rule = (id: string, category: string, pupil: Cell, staff: Cell = { value: 'allowed' }) => ({
  id,
  name: `About ${category}`,
  clause: CLAUSE,
  action: `use-${category}`,
  categories: [category],
  cells: { pupil, staff, guest: { value: 'not-allowed' } as const },
});
const documentOf = (games: Cell, shopping: Cell, more: Partial<PolicyDocument> = {}): PolicyDocument =>
  policyOf({ rules: [rule('UAR-19', 'games', games), rule('UAR-21', 'shopping', shopping, shopping)], ...more });
const side = (document: PolicyDocument): Side => ({ document, compiled: compilePolicy(document, taxonomy, FACTS) });

/** Year 7 apart from other pupils, with shopping closed to it. */
const split = (document: PolicyDocument): PolicyDocument => {
  const [pupil, ...others] = document.profiles;
  assert.ok(pupil);
  const match = { kinds: ['pupil'] as const, years: [7] };
  const young = { ...pupil, id: 'pupil-7', name: 'Year 7', match, blocks: { shopping: CLAUSE } };
  return { ...document, profiles: [young, pupil, ...others] };
};
const documents = fc
  .tuple(fc.constantFrom(...CELLS), fc.constantFrom(...CELLS), fc.boolean())
  .map(([games, shopping, apart]) => (apart ? split : (d: PolicyDocument) => d)(documentOf(games, shopping)));
const events = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 3 * HOUR }).map((ms) => START + ms),
    person: fc.constantFrom(YARA, ZED, SAM, null, 'p-unknown'),
    profile: fc.constantFrom('pupil', 'staff', 'unidentified'),
    host: fc.constantFrom(...Object.keys(SITES)),
    requests: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 40 },
);
type Event = Asked & { readonly at: number };

/** As the job does it: in stretches of time within which nothing changes, each taken at its beginning. */
function rehearse(before: Side, after: Side, asked: readonly Event[], changes: readonly LiveChange[] = []) {
  const stage = replay(before, after, MEMBERS, { categoriesOf, changes });
  for (let at = START; at <= START + 3 * HOUR; ) {
    const until = Math.min(stage.steadyUntil(at), at + HOUR);
    const since = at;
    stage.take(
      asked.filter((e) => e.at >= since && e.at < until),
      since,
    );
    at = until;
  }
  return stage.differences();
}
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const NONE = { requests: 0, people: 0, unsigned: 0 };

const change = (more: Partial<LiveChange>): LiveChange => ({
  reference: 'ABCDEF',
  effect: 'open',
  hosts: ['games.example'],
  from: START + 30 * MINUTE,
  until: START + HOUR,
  people: [YARA],
  profiles: null,
  text: 'Opened for 7A.',
  clause: null,
  ...more,
});
const changes = fc.array(
  fc
    .record({
      effect: fc.constantFrom<LiveChange['effect'][]>('open', 'open', 'block', 'only-these'),
      hosts: fc.subarray(Object.keys(SITES), { minLength: 1 }),
      people: fc.option(fc.subarray([YARA, ZED, SAM], { minLength: 1 })),
      minutes: fc.tuple(fc.integer({ min: -60, max: 180 }), fc.integer({ min: 1, max: 120 })),
    })
    .map(({ minutes: [begin, long], ...rest }) =>
      change({ ...rest, from: START + begin * MINUTE, until: START + (begin + long) * MINUTE }),
    ),
  { maxLength: 3 },
);

test('GOV-33 a draft that says the same as the policy in force changes nothing for anybody', () => {
  fc.assert(
    fc.property(documents, events, changes, (document, asked, held) => {
      const found = rehearse(side(document), side(structuredClone(document)), asked, held);
      assert.deepEqual(found.opens, NONE);
      assert.deepEqual(found.stops, NONE);
      assert.deepEqual([found.sites, found.categories, found.reasons], [[], [], []]);
      assert.equal(found.all.requests, sum(asked.map((e) => e.requests)));
    }),
  );
});

test('GOV-33 a rehearsal finds what each request by itself would have been answered', () => {
  fc.assert(
    fc.property(documents, documents, events, changes, (old, draft, asked, held) => {
      const [before, after] = [side(old), side(draft)];
      const found = rehearse(before, after, asked, held);
      const isOpen = ({ document, compiled }: Side, e: Event): boolean => {
        const member = MEMBERS.find((m) => m.id === e.person);
        const profile = member ? profileFor(document, member) : e.profile;
        const categories = categoriesOf(e.host);
        const decision = decide(compiled, profile, { ...e, categories });
        const own = changeFor(held, { person: e.person, profile }, e.host, e.at);
        return (own ? changed(compiled, decision, categories, own) : decision).outcome !== 'block';
      };
      for (const [turn, was] of [['opens', false] as const, ['stops', true] as const]) {
        const turned = asked.filter((e) => isOpen(before, e) === was && isOpen(after, e) !== was);
        const people = turned.flatMap((e) => (MEMBERS.some((m) => m.id === e.person) ? [e.person] : []));
        assert.equal(found[turn].requests, sum(turned.map((e) => e.requests)));
        assert.equal(found[turn].people, new Set(people).size);
      }
    }),
  );
});

test('GOV-33 the groups, sites, categories and reasons of a rehearsal each add up to the whole', () => {
  fc.assert(
    fc.property(documents, documents, events, (old, draft, asked) => {
      const found = rehearse(side(old), side(draft), asked);
      for (const turn of ['opens', 'stops'] as const) {
        const { requests, unsigned, people } = found[turn];
        const flat = (rows: readonly { turn: string; requests: number }[]) =>
          sum(rows.filter((r) => r.turn === turn).map((r) => r.requests));
        assert.equal(sum(found.groups.map((g) => g[turn].requests)), requests);
        assert.equal(sum(found.groups.map((g) => g[turn].unsigned)), unsigned);
        // A person stands in one group, but may stand at several sites.
        assert.equal(sum(found.groups.map((g) => g[turn].people)), people);
        assert.equal(sum(found.categories.map((c) => c[turn].requests)), requests);
        assert.equal(flat(found.sites), requests);
        assert.equal(flat(found.reasons), requests);
      }
      assert.equal(sum(found.groups.map((g) => g.all.requests)), found.all.requests);
    }),
  );
});

test('GOV-33 what a draft opens is shown by group, site, category and reason, and no person stands in it', () => {
  const [closed, open] = [documentOf({ value: 'not-allowed' }, { value: 'allowed' }), { value: 'allowed' } as const];
  const one = { profile: 'pupil', host: 'games.example', at: START };
  const found = rehearse(side(closed), side(documentOf(open, open)), [
    { ...one, person: YARA, requests: 3 },
    { ...one, person: YARA, requests: 1, at: START + MINUTE },
    { ...one, person: ZED, requests: 2 },
    { ...one, person: SAM, requests: 9 },
  ]);
  assert.deepEqual(found.opens, { requests: 6, people: 2, unsigned: 0 });
  assert.deepEqual(found.stops, NONE);
  assert.deepEqual(
    found.groups.map((g) => [g.group, g.opens.requests]),
    [
      [{ kind: 'pupil', year: 7 }, 4],
      [{ kind: 'pupil', year: 8 }, 2],
      [{ kind: 'staff', year: null }, 0],
    ],
  );
  assert.deepEqual(found.sites, [{ turn: 'opens', host: 'games.example', requests: 6, people: 2, unsigned: 0 }]);
  assert.deepEqual(
    found.categories.map((c) => [c.category, c.opens.requests]),
    [['games', 6]],
  );
  const reason = { rule: 'UAR-19', name: 'About games', clause: '1.1' };
  assert.deepEqual(
    found.reasons.map(({ before, after }) => [before, after]),
    [
      [
        { ...reason, open: false },
        { ...reason, open: true },
      ],
    ],
  );
  assert.doesNotMatch(JSON.stringify(found), /p-yara|p-zed|p-sam/);
});

test('GOV-33 a group that the draft filters in another way is shown with both', () => {
  const old = documentOf({ value: 'allowed' }, { value: 'allowed' });
  const found = rehearse(side(old), side(split(old)), [
    { person: YARA, profile: 'pupil', host: 'shop.example', requests: 1, at: START },
  ]);
  assert.deepEqual(
    found.groups.map((g) => [g.before, g.after, g.stops.requests]),
    [['pupil', 'Year 7', 1]],
  );
});

test('GOV-33 FCR-03 what two people had opened is not newly stopped while it was open, and is before and after', () => {
  const asked = [10, 40, 70].flatMap((minute) =>
    [YARA, ZED].map((person) => ({
      person,
      profile: 'pupil',
      host: 'games.example',
      requests: 1,
      at: START + minute * MINUTE,
    })),
  );
  const [open, closed] = [
    side(documentOf({ value: 'allowed' }, { value: 'allowed' })),
    side(documentOf({ value: 'not-allowed' }, { value: 'allowed' })),
  ];
  assert.equal(rehearse(open, closed, asked).stops.requests, 6);
  assert.equal(rehearse(open, closed, asked, [change({})]).stops.requests, 5);
  assert.equal(rehearse(closed, closed, asked, [change({})]).all.requests, 6);
  assert.deepEqual(rehearse(closed, open, asked, [change({})]).opens, { requests: 5, people: 2, unsigned: 0 });
  const shut = rehearse(closed, open, asked, [change({ effect: 'block', people: null, until: null })]);
  assert.equal(shut.opens.requests, 2, 'a closing goes on under the new policy');
});

test('FCR-07 a draft that calls a kind of site illegal stops also what had been opened, and the reason names the request', () => {
  const found = rehearse(
    side(documentOf({ value: 'not-allowed' }, { value: 'allowed' })),
    side(documentOf({ value: 'illegal' }, { value: 'allowed' })),
    [{ person: YARA, profile: 'pupil', host: 'games.example', requests: 2, at: START + 40 * MINUTE }],
    [change({})],
  );
  assert.equal(found.stops.requests, 2);
  assert.equal(found.reasons[0]?.before.rule, 'change.ABCDEF');
  assert.equal(found.reasons[0] && reasonName(found.reasons[0].before), 'Request ABCDEF (clause 1.1)');
});

test('GOV-33 a suspicion counts in a rehearsal for the profile that is careful, and only there', () => {
  const document = documentOf({ value: 'not-allowed' }, { value: 'allowed' });
  const careful = { ...document, profiles: document.profiles.map((p) => ({ ...p, listEvidence: 'careful' as const })) };
  const stage = replay(side(document), side(careful), MEMBERS, {
    categoriesOf: (_, level) => (level === 'careful' ? ['games'] : []),
    changes: [],
  });
  stage.take([{ person: YARA, profile: 'pupil', host: 'suspected.example', requests: 3 }], START);
  assert.equal(stage.differences().stops.requests, 3);
});

test('GOV-33 an open question is asked of both policies at the moment when it was asked', () => {
  const lunch: Cell = { value: 'times', windows: [{ slots: ['lunch'] }] };
  const [before, after] = [
    side(documentOf({ value: 'not-allowed' }, { value: 'allowed' })),
    side(documentOf(lunch, { value: 'not-allowed' })),
  ];
  const at = (time: number, host: string, person: string | null = ZED) => ({ at: time, host, person });
  const found = answers(
    before,
    after,
    MEMBERS,
    [
      at(START, 'games.example'),
      at(START + HOUR, 'games.example'),
      at(START + HOUR, 'games.example', YARA),
      at(START, 'shop.example'),
      at(START, 'plain.example'),
      at(START, 'plain.example', null),
    ],
    unchanged,
  );
  assert.deepEqual(found.counts, { opens: 2, open: 1, closes: 1, closed: 2 });
  assert.deepEqual(found.sites[0], { host: 'games.example', fate: 'opens', questions: 2 });
});
