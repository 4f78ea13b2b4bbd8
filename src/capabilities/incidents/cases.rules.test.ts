import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actingLead, newReference, partsOf } from './cases.rules.ts';

const leads = { leads: ['dina'], deputies: ['dev'], heads: ['hetty'], inTurn: [['dina'], ['dev'], ['hetty']] };
const about = (...subjects: string[]) => ({
  subjects,
  conflicted: [] as string[],
  manager: 'theo',
  team: [] as string[],
});

test('INC-05 a person the case is about is nothing to it, whatever their roles and even if it was given to them', () => {
  const everything = ['dsl', 'head', 'ict-manager', 'staff', 'administrator'];
  for (const id of ['dina', 'dev', 'hetty', 'theo']) {
    assert.deepEqual(partsOf({ id, duties: everything }, about(id), leads, []), []);
  }
});

test('each part follows from a role held now or from the case', () => {
  assert.deepEqual(partsOf({ id: 'dina', duties: ['staff', 'dsl'] }, about(), leads, []), ['lead', 'reporter']);
  assert.deepEqual(partsOf({ id: 'dev', duties: ['staff', 'dsl'] }, about(), leads, []), ['deputy', 'reporter']);
  assert.deepEqual(partsOf({ id: 'hetty', duties: ['head'] }, about(), leads, []), ['head']);
  assert.deepEqual(partsOf({ id: 'theo', duties: ['staff'] }, about(), leads, []), ['manager', 'reporter']);
  assert.deepEqual(partsOf({ id: 'ivo', duties: ['staff', 'ict-manager'] }, about(), leads, []), [
    'ict-manager',
    'reporter',
  ]);
  assert.deepEqual(partsOf({ id: 'yara', duties: ['pupil'] }, about(), leads, []), []);
});

test('where a case is about the DSL the deputies lead, and where it is about all of them the head does', () => {
  assert.deepEqual(actingLead(leads, { subjects: [], conflicted: [] }), ['dina']);
  assert.deepEqual(actingLead(leads, { subjects: ['dina'], conflicted: [] }), ['dev']);
  assert.deepEqual(actingLead(leads, { subjects: ['dina', 'dev'], conflicted: [] }), ['hetty']);
  assert.deepEqual(actingLead(leads, { subjects: ['dina', 'dev', 'hetty'], conflicted: [] }), []);
  assert.ok(partsOf({ id: 'dev', duties: ['dsl'] }, about('dina'), leads, []).includes('lead'));
});

test('references are not guessable and do not count', () => {
  const made = new Set(Array.from({ length: 500 }, newReference));
  assert.equal(made.size, 500);
  for (const r of made) assert.match(r, /^C-[A-Z2-9]{6}$/);
});
