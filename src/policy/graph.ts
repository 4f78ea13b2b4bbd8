import { at, type Fault, show } from './locate.ts';
import { PERSON_KINDS, type PolicyDocument, type Profile, UNIDENTIFIED } from './types.ts';

type Check = (doc: PolicyDocument) => Generator<Fault>;

/** What a schema cannot say: that what is named exists, that nothing stands twice, that nothing is out of reach. */
export function graphFaults(doc: PolicyDocument): Fault[] {
  return [unique, clauses, roles, profiles, rules, escalation].flatMap((check: Check) => [...check(doc)]);
}

function* unique(doc: PolicyDocument): Generator<Fault> {
  const lists: [string, string, readonly string[]][] = [
    ['clauses', 'id', doc.clauses.map((c) => c.id)],
    ['clauses', 'number', doc.clauses.map((c) => c.number)],
    ['roles', 'id', doc.roles.map((r) => r.id)],
    ['profiles', 'id', doc.profiles.map((p) => p.id)],
    ['rules', 'id', doc.rules.map((r) => r.id)],
  ];
  for (const [list, key, values] of lists) {
    for (const [i, value] of values.entries()) {
      if (values.indexOf(value) === i) continue;
      yield { path: `/${list}/${i}/${key}`, expected: `each ${key} once`, found: `${show(value)} again` };
    }
  }
}

function* clauses(doc: PolicyDocument): Generator<Fault> {
  const known = new Set(doc.clauses.map((c) => c.id));
  for (const [path, clause] of clauseReferences(doc)) {
    if (!known.has(clause)) yield { path, expected: 'the id of a clause of this document', found: show(clause) };
  }
}

/** Every place that names a clause. */
function* clauseReferences(doc: PolicyDocument): Generator<readonly [path: string, clause: string]> {
  for (const [i, role] of doc.roles.entries()) yield [`/roles/${i}/clause`, role.clause];
  for (const [i, profile] of doc.profiles.entries()) {
    yield [`/profiles/${i}/clause`, profile.clause];
    for (const [category, clause] of Object.entries(profile.blocks)) {
      yield [at(`/profiles/${i}/blocks`, category), clause];
    }
  }
  for (const [i, rule] of doc.rules.entries()) yield [`/rules/${i}/clause`, rule.clause];
  yield ['/monitoring/repeated/clause', doc.monitoring.repeated.clause];
  for (const [category, grave] of Object.entries(doc.monitoring.grave)) {
    yield [`${at('/monitoring/grave', category)}/clause`, grave.clause];
  }
  yield ['/monitoring/escalationClause', doc.monitoring.escalationClause];
  yield ['/passwords/clause', doc.passwords.clause];
  yield ['/notice/clause', doc.notice.clause];
  yield ['/retention/clause', doc.retention.clause];
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
    const sure = rung.rank === 'holder' ? role?.holders.min : role?.deputies.min;
    if (sure !== undefined && sure > 0) continue;
    yield {
      path: `/monitoring/escalation/${i}`,
      expected: `a role of this document with at least one ${rung.rank}`,
      found: `${rung.role}, ${role ? `which may have none` : 'which is not defined'}`,
    };
  }
}
