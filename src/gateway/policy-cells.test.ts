import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import dnsPacket from 'dns-packet';
import { TestClock } from '#core/clock.ts';
import { buildIndex, type CategoryIndex, loadIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import { FLOOR } from '#policy/floor.ts';
import {
  type Audience,
  type Cell,
  compilePolicy,
  type PolicyDocument,
  type Profile,
  type SchoolFacts,
  shippedPolicy,
  type TimeWindow,
} from '#policy/index.ts';
import { GatewayState } from './state.ts';

/**
 * The tables of user actions and of communications at the gateway: what the document says of each kind of site, worked out
 * here by hand from its cells, against what a gateway answers from its snapshot. Every profile, every kind of site, on and
 * off the lists of people, at moments on both sides of each edge.
 */
const taxonomy = loadTaxonomy();
/** One kind is closed by safe search and by no table (policy/safety.ts). */
const CATEGORIES = taxonomy.categories.map((c) => c.id).filter((id) => id !== 'unsafe-search');
const nature = new Map(taxonomy.categories.map((c) => [c.id, c.nature]));
const hostOf = (category: string) => `${category}.example`;

let index: CategoryIndex;
before(async () => {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-cells-'));
  try {
    for (const category of CATEGORIES) {
      mkdirSync(join(root, 'lists', category), { recursive: true });
      writeFileSync(join(root, 'lists', category, 'domains'), `${hostOf(category)}\n`);
    }
    const source = { name: 'ours', kind: 'folder', path: join(root, 'lists'), own: true } as const;
    await buildIndex([source], taxonomy, loadMapping(taxonomy), join(root, 'index'));
    index = loadIndex(join(root, 'index'));
  } finally {
    rmSync(root, { recursive: true });
  }
});

/** A school with two terms, lessons, a break and a lunch; on the lists: whoever is called so. */
const LISTED = 'listed';
const STRANGER = 'stranger';
const GRANT = { from: Date.parse('2026-09-07T00:00Z'), until: Date.parse('2026-11-24T12:00Z') };
const facts = (doc: PolicyDocument): SchoolFacts => ({
  timeZone: 'Europe/London',
  terms: [
    { from: '2026-09-01', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
    { from: '2027-01-05', to: '2027-03-26', halfTerm: null },
  ],
  slots: [
    { kind: 'lesson', days: [1, 2, 3, 4, 5], from: '09:00', to: '10:40' },
    { kind: 'break', days: [1, 2, 3, 4, 5], from: '10:40', to: '11:00' },
    { kind: 'lunch', days: [1, 2, 3, 4, 5], from: '12:30', to: '13:15' },
  ],
  grants: doc.rules.map((r) => ({ rule: r.id, person: LISTED, ...GRANT })),
});

/** On the school's wall: in winter, in summer, in half term, on a Saturday, in the holidays, and around each edge. */
const MOMENTS = [
  '2026-09-14T09:30+01:00',
  '2026-09-14T12:29+01:00',
  '2026-09-14T12:30+01:00',
  '2026-09-14T13:14+01:00',
  '2026-09-14T13:15+01:00',
  '2026-09-14T16:00+01:00',
  '2026-10-27T12:45+00:00',
  '2026-11-23T10:39+00:00',
  '2026-11-23T10:40+00:00',
  '2026-11-23T12:45+00:00',
  '2026-11-24T11:59+00:00',
  '2026-11-24T12:00+00:00',
  '2026-11-28T12:45+00:00',
  '2026-12-24T12:45+00:00',
].map((text) => Date.parse(text));

/* ---- the oracle: the document read by hand ---- */

const SLOT_TIMES = { lesson: ['09:00', '10:40'], break: ['10:40', '11:00'], lunch: ['12:30', '13:15'] } as const;
const wall = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  weekday: 'short',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});
function onTheWall(at: number) {
  const parts = Object.fromEntries(wall.formatToParts(at).map((p) => [p.type, p.value]));
  const day = `${parts.year}-${parts.month}-${parts.day}`;
  const weekday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(parts.weekday ?? '') + 1;
  const inTerm = day >= '2026-09-01' && day <= '2026-12-18' && !(day >= '2026-10-26' && day <= '2026-10-30');
  return { weekday, time: `${parts.hour}:${parts.minute}`, inTerm };
}
function windowOpen(window: TimeWindow, at: number): boolean {
  const { weekday, time, inTerm } = onTheWall(at);
  if (window.term && !inTerm) return false;
  if (!('slots' in window)) return window.days.includes(weekday) && time >= window.from && time < window.to;
  return window.slots.some((slot) => {
    const times = SLOT_TIMES[slot as keyof typeof SLOT_TIMES];
    const onDay = weekday <= 5 && (window.days ?? [1, 2, 3, 4, 5]).includes(weekday);
    return times !== undefined && onDay && time >= times[0] && time < times[1];
  });
}
function cellOpen(cell: Cell, at: number, person: string | null): boolean {
  const granted = person === LISTED && at >= GRANT.from && at < GRANT.until;
  switch (cell.value) {
    case 'allowed':
      return true;
    case 'not-allowed':
    case 'illegal':
      return false;
    case 'times':
      return cell.windows.some((w) => windowOpen(w, at));
    case 'permission':
      return granted;
    case 'selected':
    case 'nominated':
      return granted || (person !== null && cell.people.includes(person));
  }
}

/** Which rules close a kind of site to somebody, by the document's own words. */
function closers(doc: PolicyDocument, profile: Profile, category: string, at: number, person: string | null): string[] {
  if (profile.id === 'unidentified') {
    return doc.profiles
      .filter((p) => p !== profile)
      .concat(profile)
      .flatMap((p) => voices(doc, p, category, at, null));
  }
  return voices(doc, profile, category, at, person);
}
function voices(
  doc: PolicyDocument,
  { audience, blocks }: Profile,
  category: string,
  at: number,
  person: string | null,
) {
  const rules = doc.rules.filter((r) => r.categories.includes(category));
  const closed = rules.filter((r) => {
    const cell = r.cells[audience];
    return cell !== undefined && !cellOpen(cell, at, person);
  });
  const ids = closed.map((r) => r.id);
  if (Object.hasOwn(blocks, category)) ids.push('profile');
  for (const floor of FLOOR) {
    if (floor.audiences.includes(audience) && floor.categories.includes(category)) ids.push(floor.rule);
  }
  if (audience === 'staff' && category === 'social-media') ids.push(...privateUse(doc, at, person));
  return ids;
}
/** SOC-18: never, or, while nobody has said how many minutes, whoever is on the list of the table. */
function privateUse(doc: PolicyDocument, at: number, person: string | null): string[] {
  if (doc.settings.privateSocialMedia.value === 'never') return ['SOC-18'];
  return person === LISTED && at >= GRANT.from && at < GRANT.until ? [] : ['SOC-18'];
}

/* ---- the gateway ---- */

function gatewayWith(doc: PolicyDocument, mail?: readonly string[]) {
  const document = mail ? { ...doc, settings: { ...doc.settings, schoolMail: { hosts: [...mail] } } } : doc;
  const policy = compilePolicy(document, taxonomy.categories, facts(doc));
  const clock = new TestClock(MOMENTS[0] ?? 0);
  const state = new GatewayState(clock);
  const people = Object.fromEntries(doc.profiles.map(({ id }) => [id, { profile: id }]));
  state.use(
    // As it travels: written down and read again.
    JSON.parse(
      JSON.stringify({
        format: 1,
        school: { id: 's', name: 'Ashgrove' },
        number: 1,
        issuedAt: 0,
        pagesUrl: 'https://gatehouse.ashgrove.example',
        policy,
        index: index.version,
        people,
        addresses: [{ cidr: '10.1.0.0/16', profile: 'guest', person: null, device: null }],
        settings: { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'ask' },
      }),
    ),
    index,
  );
  return { state, clock, policy };
}

/** A gateway in which this person, and nobody else, has this profile. */
function asking(doc: PolicyDocument, profile: string, person: string | null) {
  const g = gatewayWith(doc);
  if (person === null) return { ...g, client: () => g.state.identify('192.0.2.1') };
  const snapshot = { ...g.state.snapshot, people: { [person]: { profile } } };
  g.state.use(snapshot as never, index);
  return { ...g, client: () => g.state.identify('192.0.2.1', person) };
}

const wire = (host: string): Uint8Array =>
  dnsPacket.encode({ type: 'query', id: 1, questions: [{ type: 'A', name: host }] });

/** Every profile × kind of site × moment, on and off the lists; returns the rules that were seen to close and to open. */
function compare(doc: PolicyDocument): { asked: number; closing: Set<string>; opening: Set<string> } {
  const closing = new Set<string>();
  const opening = new Set<string>();
  let asked = 0;
  for (const profile of doc.profiles) {
    const people = profile.id === 'unidentified' ? [null] : [LISTED, STRANGER];
    for (const person of people) {
      const { state, clock, client } = asking(doc, profile.id, person);
      for (const at of MOMENTS) {
        clock.advance(at - clock.now());
        for (const category of CATEGORIES) {
          const where = `${doc.id} ${profile.id} ${person} ${category} ${new Date(at).toISOString()}`;
          const judgement = state.judge(client(), hostOf(category));
          const overDns = state.judgeWire(client(), wire(hostOf(category)), 12);
          assert.equal(overDns.outcome, judgement.outcome, `${where}: DNS and proxy agree`);
          asked++;
          if (nature.get(category) === 'illegal') {
            assert.deepEqual([judgement.outcome, judgement.because.rule], ['block', 'safety.illegal'], where);
            continue;
          }
          if (nature.get(category) === 'help') {
            assert.equal(judgement.outcome, 'allow', where);
            continue;
          }
          const by = closers(doc, profile, category, at, person);
          assert.equal(
            judgement.outcome,
            by.length > 0 ? 'block' : 'allow',
            `${where}: closed by ${by.join(', ') || 'nothing'}`,
          );
          if (by.length > 0)
            assert.ok(by.includes(judgement.because.rule), `${where}: because of ${judgement.because.rule}`);
          if (judgement.outcome === 'block') closing.add(judgement.because.rule);
          else opening.add(judgement.because.rule);
        }
      }
    }
  }
  return { asked, closing, opening };
}

const centre = shippedPolicy('tuition-centre');
const school = shippedPolicy('secondary-school');

test('UAR-03 UAR-04 UAR-05 UAR-07 UAR-08 UAR-09 UAR-10 UAR-13 UAR-14 UAR-16 UAR-18 UAR-19 UAR-20 UAR-21 UAR-22 UAR-23 UAR-24 UAR-25 COM-06 COM-08 COM-09 COM-10 the centre’s tables at the gateway: each cell as its document says, for each profile and kind of site', () => {
  const { asked, closing } = compare(centre);
  assert.ok(asked > 5_000);
  for (const rule of [
    'UAR-04',
    'UAR-07',
    'UAR-08',
    'UAR-09',
    'UAR-10',
    'UAR-13',
    'UAR-14',
    'UAR-16',
    'UAR-19',
    'UAR-20',
  ]) {
    assert.ok(closing.has(rule), rule);
  }
  for (const rule of ['UAR-21', 'UAR-22', 'UAR-23', 'UAR-25', 'COM-06', 'COM-08', 'COM-10'])
    assert.ok(closing.has(rule), rule);
});

test('UAR-19 UAR-21 UAR-22 UAR-24 COM-08 once the centre has set times they open by the calendar and the timetable, and where another row forbids it they stay closed', () => {
  const lunch: TimeWindow[] = [{ slots: ['lunch'], term: true }];
  const WINDOWS: Readonly<Record<string, TimeWindow[]>> = {
    'UAR-19': lunch,
    'UAR-21': [{ days: [1, 2, 3, 4, 5], from: '12:30', to: '17:00' }],
    'UAR-22': [{ slots: ['break', 'lunch'], days: [1, 2] }],
    'UAR-24': lunch,
  };
  const timed = (cell: Cell, windows: TimeWindow[]): Cell =>
    cell.value === 'times' ? { value: 'times', windows } : cell;
  const document: PolicyDocument = {
    ...centre,
    rules: centre.rules.map((r) => {
      const windows = WINDOWS[r.id];
      if (!windows) return r;
      const cells = Object.entries(r.cells).map(([who, cell]) => [who, timed(cell, windows)] as [Audience, Cell]);
      return { ...r, cells: Object.fromEntries(cells) };
    }),
  };
  const { opening } = compare(document);
  for (const rule of ['UAR-19', 'UAR-21', 'UAR-22']) assert.ok(opening.has(rule), `${rule} opens at some time`);
  assert.ok(!opening.has('UAR-24'), 'COM-08 forbids messaging at all times');
});

test('COM-06 COM-08 COM-09 COM-10 UAR-13 the school’s table at the gateway: lists and permissions for those who have them, until they end, and closed to everybody else', () => {
  const { asked, closing, opening } = compare(school);
  assert.ok(asked > 5_000);
  for (const rule of ['COM-06', 'COM-08', 'COM-09', 'COM-10', 'FCR-06']) assert.ok(closing.has(rule), rule);
  for (const rule of ['COM-08', 'COM-09', 'COM-10'])
    assert.ok(opening.has(rule), `${rule} opens to whoever is on the list`);
});

test('UAR-26 a cell may differ by role, and an added row is obeyed like every other, the strictest first', () => {
  const row = {
    id: 'UAR-40',
    name: 'Sports news',
    clause: centre.rules[0]?.clause ?? '',
    action: 'read-sports',
    categories: ['sports', 'educational-games'],
    cells: {
      staff: { value: 'allowed' },
      pupil: { value: 'times', windows: [{ slots: ['lunch'], term: true }] },
      guest: { value: 'not-allowed' },
    },
  } as const;
  const { closing, opening } = compare({ ...centre, rules: [...centre.rules, row] });
  assert.ok(closing.has('UAR-40') && opening.has('UAR-40'));
});

test('FIL-06 a Year 7 pupil, a sixth-former, a teacher and a stranger get each their own answer for one address, and each names its rule', () => {
  const { state, clock } = gatewayWith(school);
  clock.advance((MOMENTS[9] ?? 0) - clock.now());
  const ask = (profile: string, category: string) =>
    state.judge(state.identify('192.0.2.1', profile), hostOf(category));
  const ends = school.profiles.filter((p) => p.id === 'pupil-7' || p.id === 'sixth-form');
  assert.equal(ends.length, 2);
  for (const category of CATEGORIES) {
    for (const profile of ends) {
      const by = closers(school, profile, category, clock.now(), null);
      if (nature.get(category) !== 'illegal' && nature.get(category) !== 'help') {
        assert.equal(ask(profile.id, category).outcome, by.length > 0 ? 'block' : 'allow', `${profile.id} ${category}`);
      }
    }
  }
  const answers = ['pupil-7', 'staff'].map((p) => ask(p, 'games').because.rule);
  assert.deepEqual(answers, ['AGR-T08', 'MON-09']);
  assert.equal(ask('pupil-7', 'sports').outcome, 'allow');
  assert.deepEqual(
    ['staff', 'unidentified'].map((p) => ask(p, 'file-sharing').outcome),
    ['allow', 'block'],
  );
});

test('FIL-06 a zone is an address range of its own: whoever is not known there has its profile, and whoever is keeps theirs', () => {
  const { state } = gatewayWith(school);
  assert.equal(state.identify('10.1.2.3').profile, 'guest');
  assert.equal(state.identify('10.2.2.3').profile, 'unidentified');
  assert.equal(state.identify('10.1.2.3', 'staff').profile, 'staff');
});

test('UAR-02 COM-13 a school laptop outside gets the same answer as inside, for every kind of site, by who is signed in to the proxy', () => {
  for (const doc of [centre, school]) {
    const { state } = gatewayWith(doc, ['mail.ashgrove.example']);
    for (const { id } of doc.profiles.filter((p) => p.id !== 'unidentified')) {
      const inside = state.identify('10.1.2.3', id);
      const outside = state.identify('203.0.113.77', id);
      assert.equal(outside.profile, inside.profile);
      for (const category of CATEGORIES) {
        assert.deepEqual(
          state.judge(outside, hostOf(category)),
          state.judge(inside, hostOf(category)),
          `${id} ${category}`,
        );
      }
    }
    // Without a sign-in it is nobody's, wherever it stands outside, and the strictest holds.
    assert.equal(state.identify('203.0.113.77').profile, 'unidentified');
  }
});

test('COM-13 COM-06 other services of mail are closed on the school’s systems, its own is open, at the proxy and in DNS', () => {
  for (const doc of [centre, school]) {
    const { state } = gatewayWith(doc, ['own.webmail.example']);
    for (const { id } of doc.profiles.filter((p) => p.id !== 'unidentified')) {
      const client = state.identify('203.0.113.77', id);
      for (const [host, outcome] of [
        ['webmail.example', 'block'],
        ['login.webmail.example', 'block'],
        ['own.webmail.example', 'allow'],
        ['login.own.webmail.example', 'allow'],
        ['notown.webmail.example', 'block'],
      ] as const) {
        assert.equal(state.judge(client, host).outcome, outcome, `${id} ${host}`);
        assert.equal(state.judge(client, host, '/inbox').outcome, outcome, `${id} ${host} by its address`);
        assert.equal(state.judgeWire(client, wire(host), 12).outcome, outcome, `${id} ${host} in DNS`);
      }
    }
  }
});
