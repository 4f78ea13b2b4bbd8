import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import Value from 'typebox/value';
import { Refusal } from '#core/errors.ts';
import { change, policyOf, taxonomy } from './fixture.ts';
import { locate } from './locate.ts';
import { parsePolicy } from './parse.ts';
import { PolicySchema, schemaText } from './schema.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';

type Json = Record<string, unknown>;

/** The faults found after `edit`, one line each, without the heading. */
function faultsOf(edit: (doc: Json) => void): string[] {
  const doc = structuredClone(policyOf()) as unknown as Json;
  edit(doc);
  return faultsIn(JSON.stringify(doc));
}

function faultsIn(text: string): string[] {
  try {
    parsePolicy(text, 'school.json', taxonomy);
    return [];
  } catch (e) {
    assert.ok(e instanceof Refusal && e.kind === 'invalid');
    const [heading, ...lines] = e.message.split('\n');
    assert.match(heading ?? '', /^school\.json /);
    return lines.map((line) => line.trim());
  }
}

const set = (path: string, value: unknown) => (doc: Json) => {
  const keys = path.split('/').slice(1);
  const last = keys.pop() ?? '';
  const parent = keys.reduce<Json>((node, key) => node[key] as Json, doc);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
};
const rule = (parts: Json) => [
  { id: 'X-1', name: 'x', clause: 'rules.all', action: 'x', categories: [], cells: {}, ...parts },
];

test('the published JSON Schema is the schema the parser checks with', () => {
  const published = readFileSync(new URL('../../policies/policy.schema.json', import.meta.url), 'utf8');
  assert.equal(published, schemaText(), 'run: node src/policy/write-schema.ts');
  assert.match(published, /draft\/2020-12/);
});

test('the schema knows no object that takes unknown keys', () => {
  const objects = schemaText().match(/"type": "object"/g)?.length;
  assert.equal(schemaText().match(/"additionalProperties": false/g)?.length, objects);
});

test('the shipped policies are read as they stand', () => {
  for (const id of SHIPPED_POLICIES) assert.equal(shippedPolicy(id, taxonomy).id, id);
  assert.deepEqual(
    faultsOf(() => undefined),
    [],
  );
});

test('a fault of shape is told with its place, what was expected and what is there', () => {
  const cases: [path: string, value: unknown, expected: string][] = [
    ['/format', 2, '/format: expected 1; found 2'],
    ['/title', undefined, '/title: expected a text of 1 to 200 characters; found nothing'],
    [
      '/clauses/0/id',
      'Nonsense',
      '/clauses/0/id: expected a clause id such as "filtering.extremism"; found "Nonsense"',
    ],
    ['/retention/activityDays', 0, '/retention/activityDays: expected a whole number from 1 to 3660; found 0'],
    ['/passwords/classes', ['upper', 'upper'], '/passwords/classes/1: expected each entry once; found "upper" again'],
    [
      '/passwords/classes',
      ['capital'],
      '/passwords/classes/0: expected one of "upper", "lower", "digit", "symbol"; found "capital"',
    ],
    [
      '/passwords/colour',
      'red',
      '/passwords/colour: expected only the keys rotation, minLength, classes, clause; found the unknown key "colour"',
    ],
    [
      '/monitoring/escalation',
      [],
      '/monitoring/escalation: expected at least 1 and at most 500 entries; found a list of 0 entries',
    ],
    [
      '/rules',
      rule({ cells: { pupil: { value: 'maybe' } } }),
      '/rules/0/cells/pupil: expected a cell whose "value" is allowed, not-allowed, illegal, times, selected, nominated or permission; found an object',
    ],
    [
      '/rules',
      rule({ cells: { pupil: { value: 'times', windows: [{ days: [1], from: '9:00', to: '10:00' }] } } }),
      '/rules/0/cells/pupil/windows/0/from: expected a time from "00:00" to "23:59"; found "9:00"',
    ],
    [
      '/rules',
      rule({ id: 'safety.help' }),
      '/rules/0/id: expected a rule id in capitals such as "UAR-20"; found "safety.help"',
    ],
    [
      '/profiles/0/blocks',
      { 'a/b~c': 'rules.all' },
      '/profiles/0/blocks/a~1b~0c: expected only categories, each with its answer; found the unknown key "a/b~c"',
    ],
  ];
  for (const [path, value, expected] of cases) assert.deepEqual(faultsOf(set(path, value)), [expected]);
});

test('a fault of meaning is told in the same way', () => {
  const clause = 'expected the id of a clause of this document; found "no.where"';
  const window = { days: [1], from: '10:00', to: '10:00' };
  const cases: [path: string, value: unknown, ...expected: string[]][] = [
    ['/notice/clause', 'no.where', `/notice/clause: ${clause}`],
    ['/roles/0/clause', 'no.where', `/roles/0/clause: ${clause}`],
    ['/profiles/1/clause', 'no.where', `/profiles/1/clause: ${clause}`],
    ['/profiles/1/blocks', { games: 'no.where' }, `/profiles/1/blocks/games: ${clause}`],
    [
      '/monitoring/grave',
      { grooming: { clause: 'no.where', urgency: 'soon' } },
      `/monitoring/grave/grooming/clause: ${clause}`,
    ],
    ['/roles/0/holders', { min: 2, max: 1 }, '/roles/0/holders/max: expected at least 2; found 1'],
    [
      '/rules',
      rule({ categories: ['no-such-thing'], cells: { staff: { value: 'allowed' }, pupil: { value: 'allowed' } } }),
      '/rules/0/categories/0: expected a category of the taxonomy; found "no-such-thing"',
    ],
    [
      '/rules',
      rule({ categories: ['games'], cells: { staff: { value: 'allowed' } } }),
      '/rules/0/categories/0: expected a cell for games for every audience, here or in another rule; found none for pupil',
    ],
    [
      '/rules',
      rule({ cells: { staff: { value: 'times', windows: [window] } } }),
      '/rules/0/cells/staff/windows/0/to: expected a time after "10:00"; found "10:00"',
    ],
    [
      '/monitoring/repeated/except',
      ['nothing'],
      '/monitoring/repeated/except/0: expected a category of the taxonomy; found "nothing"',
    ],
    [
      '/monitoring/escalation/0/role',
      'head',
      '/monitoring/escalation/0/role: expected a role that this document defines; found "head"',
    ],
    [
      '/monitoring/escalation/0/rank',
      'deputy',
      '/monitoring/escalation/0: expected a role of this document with at least one deputy; found dsl, which may have none',
    ],
    ['/profiles/1/match', {}, '/profiles/1/match/kinds: expected who falls under this profile; found nothing'],
    [
      '/profiles/1/match',
      { kinds: ['pupil'] },
      '/profiles/1/audience: expected "pupil", since pupils fall under it; found "staff"',
      '/profiles/1/match: expected somebody no earlier profile takes; found nobody',
    ],
    ['/profiles/2/match', { kinds: ['visitor'] }, '/profiles/2/match: expected an empty object; found a match'],
    ['/profiles/2/audience', 'guest', '/profiles/2/audience: expected "pupil"; found "guest"'],
    [
      '/profiles/2/id',
      'staff',
      '/profiles/2/id: expected each id once; found "staff" again',
      '/profiles/2/match/kinds: expected who falls under this profile; found nothing',
      '/profiles: expected a profile with the id "unidentified"; found none',
    ],
  ];
  for (const [path, value, ...expected] of cases) assert.deepEqual(faultsOf(set(path, value)), expected);
});

test('what stands twice is found', () => {
  const twice = (list: string) => (doc: Json) => set(`/${list}`, [doc[list], doc[list]].flat())(doc);
  assert.deepEqual(faultsOf(twice('clauses')), [
    '/clauses/1/id: expected each id once; found "rules.all" again',
    '/clauses/1/number: expected each number once; found "1.1" again',
  ]);
  assert.deepEqual(faultsOf(twice('roles')), ['/roles/1/id: expected each id once; found "dsl" again']);
});

test('all faults are told at once, and a long list is cut short', () => {
  const many = faultsOf((doc) => {
    for (let i = 0; i < 40; i++) doc[`key${i}`] = i;
  });
  assert.equal(many.length, 26);
  assert.equal(many.at(-1), 'and 15 more');
});

test('no JSON whatever brings the parser down', () => {
  const refused = (text: string) => assert.throws(() => parsePolicy(text, 'school.json', taxonomy), Refusal);
  fc.assert(fc.property(fc.json({ maxDepth: 4 }), refused), { numRuns: 500 });
  fc.assert(fc.property(fc.string(), refused));
  refused('{"__proto__": {"format": 1}}');
});

test('a fault is located exactly when the schema is not met', () => {
  const text = JSON.stringify(shippedPolicy('tuition-centre'));
  const where = fc.array(fc.nat(), { minLength: 1, maxLength: 6 });
  const put = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant(undefined));
  let broken = 0;
  fc.assert(
    fc.property(where, put, (where, put) => {
      const doc = JSON.parse(text);
      change(doc, where, put);
      const read = JSON.parse(JSON.stringify(doc));
      const fits = Value.Check(PolicySchema, read);
      if (!fits) broken++;
      assert.equal([...locate(PolicySchema, read)].length === 0, fits);
    }),
    { numRuns: 200 },
  );
  assert.ok(broken > 50, `only ${broken} changes broke the shape`);
});
