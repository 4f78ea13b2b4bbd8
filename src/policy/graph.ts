import { at, type Fault, show, type Visited, visit } from './locate.ts';
import { listed, named, texts, unique } from './names.ts';
import { PolicySchema } from './schema.ts';
import { PERSON_KINDS, type PolicyDocument, type Profile, UNIDENTIFIED } from './types.ts';

type Check = (doc: PolicyDocument, visited: readonly Visited[]) => Generator<Fault>;

const CHECKS: readonly Check[] = [
  unique,
  texts,
  named,
  listed,
  rotation,
  roles,
  profiles,
  rules,
  escalation,
  devices,
  duties,
  sanctions,
  dates,
];

/** What a schema cannot say: that what is named exists, that nothing stands twice, that nothing is out of reach. */
export function graphFaults(doc: PolicyDocument): Fault[] {
  const visited = visit(PolicySchema, doc);
  return CHECKS.flatMap((check) => [...check(doc, visited)]);
}

/** D01: days are counted where they are named, and nowhere else. */
function* rotation({ passwords }: PolicyDocument): Generator<Fault> {
  const by = passwords.rotation;
  if (!by || (by.every === 'days') === (by.days !== undefined)) return;
  const expected = by.every === 'days' ? 'how many days' : 'nothing, since it goes by the calendar';
  yield { path: '/passwords/rotation/days', expected, found: show(by.days) };
}

function* roles(doc: PolicyDocument): Generator<Fault> {
  for (const [i, { holders }] of doc.roles.entries()) {
    if (holders.max !== null && holders.max < holders.min) {
      yield { path: `/roles/${i}/holders/max`, expected: `at least ${holders.min}`, found: show(holders.max) };
    }
  }
}
function* profiles(doc: PolicyDocument): Generator<Fault> {
  const taken = new Set<string>();
  for (const [i, profile] of doc.profiles.entries()) {
    const { kinds, years } = profile.match;
    const path = `/profiles/${i}`;
    if (profile.id === UNIDENTIFIED) {
      // The floor for pupils holds here too: whoever is not known may be a child.
      if (kinds || years) yield { path: `${path}/match`, expected: 'an empty object', found: 'a match' };
      if (profile.audience !== 'pupil') {
        yield { path: `${path}/audience`, expected: '"pupil"', found: show(profile.audience) };
      }
      continue;
    }
    if (!kinds) {
      yield { path: `${path}/match/kinds`, expected: 'who falls under this profile', found: 'nothing' };
      continue;
    }
    if (kinds.includes('pupil') && profile.audience !== 'pupil') {
      yield {
        path: `${path}/audience`,
        expected: '"pupil", since pupils fall under it',
        found: show(profile.audience),
      };
    }
    const mine = who(profile).filter((person) => !taken.has(person));
    if (mine.length === 0) {
      yield { path: `${path}/match`, expected: 'somebody no earlier profile takes', found: 'nobody' };
    }
    for (const person of mine) taken.add(person);
  }
  if (!doc.profiles.some((p) => p.id === UNIDENTIFIED)) {
    yield { path: '/profiles', expected: `a profile with the id "${UNIDENTIFIED}"`, found: 'none' };
  }
}

/** Everybody a profile could take, as "kind year"; a profile without years takes those of no year as well. */
function who({ match }: Profile): string[] {
  const years = match.years ?? [null, ...Array.from({ length: 15 }, (_, year) => year)];
  return PERSON_KINDS.filter((k) => match.kinds?.includes(k)).flatMap((k) => years.map((y) => `${k} ${y}`));
}

function* rules(doc: PolicyDocument): Generator<Fault> {
  const audiences = [...new Set(doc.profiles.map((p) => p.audience))];
  const answered = new Set(
    doc.rules.flatMap((r) => Object.keys(r.cells).flatMap((who) => r.categories.map((c) => `${c} ${who}`))),
  );
  for (const [i, rule] of doc.rules.entries()) {
    for (const [c, category] of rule.categories.entries()) {
      // A silent cell is an open one: what a rule regulates for some must be said for all.
      const silent = audiences.filter((who) => !answered.has(`${category} ${who}`));
      if (silent.length === 0) continue;
      const expected = `a cell for ${category} for every audience, here or in another rule`;
      yield { path: `/rules/${i}/categories/${c}`, expected, found: `none for ${silent.join(', ')}` };
    }
    for (const [audience, cell] of Object.entries(rule.cells)) {
      if (cell.value !== 'times') continue;
      for (const [w, window] of cell.windows.entries()) {
        if ('slots' in window || window.from < window.to) continue;
        const path = `/rules/${i}/cells/${audience}/windows/${w}/to`;
        yield { path, expected: `a time after "${window.from}"`, found: show(window.to) };
      }
    }
  }
}

function* escalation(doc: PolicyDocument): Generator<Fault> {
  for (const [i, rung] of doc.monitoring.escalation.entries()) {
    const role = doc.roles.find((r) => r.id === rung.role);
    if (!role || (rung.rank === 'holder' ? role.holders.min : role.deputies.min) > 0) continue;
    yield {
      path: `/monitoring/escalation/${i}`,
      expected: `a role of this document with at least one ${rung.rank}`,
      found: `${rung.role}, which may have none`,
    };
  }
}

/** DEV-08: a class of device has one access level and no other. */
function* devices(doc: PolicyDocument): Generator<Fault> {
  for (const [i, { cells }] of doc.devices.entries()) {
    const given = (['full', 'internetOnly', 'none'] as const).filter((level) => cells[level]);
    const path = `/devices/${i}/cells`;
    if (given.length === 0) {
      yield { path, expected: 'one of full, internetOnly and none to be true', found: 'all three false' };
    }
    for (const second of given.slice(1)) {
      yield { path: at(path, second), expected: `false, since ${given[0]} is true`, found: 'true' };
    }
  }
}

/** A duty that is late must come to somebody else (GOV-35). */
function* duties(doc: PolicyDocument): Generator<Fault> {
  for (const [i, { owner, escalation }] of doc.duties.entries()) {
    if (escalation.role !== owner) continue;
    const path = `/duties/${i}/escalation/role`;
    yield { path, expected: 'another role than the owner of the duty', found: show(escalation.role) };
  }
}

function* sanctions(doc: PolicyDocument): Generator<Fault> {
  for (const who of ['pupil', 'staff'] as const) {
    for (const part of ['table', 'mapping'] as const) {
      const table = doc.sanctions[who][part];
      const actions = new Set(table?.actions.map((a) => a.id));
      for (const [i, incident] of table?.incidents.entries() ?? []) {
        for (const action of Object.keys(incident.cells)) {
          if (actions.has(action)) continue;
          const path = at(`/sanctions/${who}/${part}/incidents/${i}/cells`, action);
          yield { path, expected: 'an action of this table', found: show(action) };
        }
      }
    }
  }
}

/** Days that must follow each other: the later one, and the one it follows. */
function* dates({ meta }: PolicyDocument): Generator<Fault> {
  const order: [later: string, day: string | null, than: string, earlier: string | null][] = [
    ['lastReviewed', meta.lastReviewed, 'created', meta.created],
    ['approvedOn', meta.approvedOn, 'created', meta.created],
    ['nextReview', meta.nextReview, 'lastReviewed', meta.lastReviewed],
    ['nextReview', meta.nextReview, 'approvedOn', meta.approvedOn],
    ['period/to', meta.period.to, 'from', meta.period.from],
  ];
  for (const [later, day, than, earlier] of order) {
    if (day === null || earlier === null || day >= earlier) continue;
    yield { path: `/meta/${later}`, expected: `no day before ${than} (${earlier})`, found: show(day) };
  }
}
