import assert from 'node:assert/strict';
import { test } from 'node:test';
import { taxonomy } from './fixture.ts';
import { type Lint, type LintCode, lint } from './lint.ts';
import { shippedPolicy } from './shipped.ts';

/**
 * The contradictions that people found in the two sources (catalogue, Part 2b), as the test set: those that are
 * structural must be found by the program itself, the others carried as what people recorded.
 */
const CONTEXT = { today: '2026-11-22', taxonomy };
const school = lint(shippedPolicy('secondary-school'), CONTEXT);
const centre = lint(shippedPolicy('tuition-centre'), CONTEXT);

/** The one finding of this kind whose key begins so. */
function one(lints: readonly Lint[], code: LintCode, begins: string): Lint {
  const found = lints.filter((l) => l.code === code && l.key.startsWith(begins));
  assert.equal(found.length, 1, `${begins}: ${found.map((l) => l.key).join(', ')}`);
  const [only] = found;
  assert.ok(only);
  return only;
}
/** Every voice of a contradiction is named in its text. */
const says = (found: Lint, ...parts: RegExp[]): void => {
  for (const part of parts) assert.match(found.text, part);
};

test('K01 pupils may bring a device by one part of the school’s policy and may not by two tables', () => {
  const found = one(school, 'answers', 'answers:bring-personal-device:pupil:');
  says(found, /rule COM-01 says not allowed/i, /clause [\d.]+ says allowed/, /device class .* says not allowed/);
  assert.match(found.interim ?? '', /not allowed/);
});

test('K02 devices are banned in social time in the main building by one part, and everywhere by another', () => {
  const found = one(school, 'scope', 'scope:use-personal-device:pupil:');
  says(found, /rule COM-03 says not allowed/i, /not allowed \(the main building\)/);
  assert.match(found.interim ?? '', /wider/);
});

test('K03 a teacher may permit a device in a lesson by the agreement, and nobody by the table', () => {
  const found = one(school, 'answers', 'answers:use-personal-device:pupil:');
  says(found, /rule COM-02 says not allowed/i, /AGR-T14 says with permission/);
  assert.match(found.key, /lesson/);
});

test('K04 private social media of staff is allowed, forbidden, and for people on a list', () => {
  const found = one(school, 'answers', 'answers:use-social-media:staff:');
  says(found, /rule COM-09 says for people on a list/i, /AGR-T23 says not allowed/, /clause [\d.]+ says allowed/);
  assert.match(found.interim ?? '', /people on a list/);
});

test('K05 hardware of one’s own is forbidden on the network by the agreement and has access by the device table', () => {
  const found = one(school, 'answers', 'answers:connect-own-device:');
  says(found, /AGR-T25 says/, /device class .* says allowed for staff/);
});

test('K06 UAR-24 COM-08 the centre forbids messaging in one table and allows it at certain times in another', () => {
  const found = one(centre, 'answers', 'answers:use-messaging-apps:');
  says(found, /rule UAR-24 says at certain times/i, /rule COM-08 says not allowed/i);
  assert.match(found.interim ?? '', /^The stricter rule holds: not allowed \(rule COM-08\)/);
});

test('K07 the centre forbids social media to staff and speaks of using it too much', () => {
  const found = one(centre, 'answers', 'answers:use-social-media:staff:');
  says(found, /rule COM-09 says not allowed/i, /clause [\d.]+ says/);
  assert.match(found.interim ?? '', /not allowed/);
});

test('K08 pictures on the centre’s equipment, and none on cameras, is carried as people found it', () => {
  const found = one(centre, 'finding', 'K08');
  assert.ok(found.where.filter((w) => w.clause !== null).length >= 2 && found.interim);
});

test('K09 the centre’s tables of sanctions mark every cell', () => {
  const found = one(centre, 'all-marked', 'all-marked:');
  assert.ok(found.where.some((w) => w.pointer === '/sanctions/pupil/table'));
  assert.match(found.interim ?? '', /menu/i);
});

test('K10 K11 documents that the sources name and did not bring are told, each with its clauses', () => {
  one(school, 'document-missing', 'document-missing:incident-log');
  one(centre, 'document-missing', 'document-missing:incident-form');
  one(centre, 'document-missing', 'document-missing:incident-flow-chart');
  const missing = centre.filter((l) => l.code === 'document-missing');
  assert.ok(missing.length >= 6 && missing.every((l) => l.where.some((w) => w.clause !== null)));
});

test('K12 ROL-04 the centre is asked who its head and its online safety coordinator are', () => {
  one(centre, 'role-undefined', 'role-undefined:head');
  one(centre, 'role-undefined', 'role-undefined:online-safety-coordinator');
});

test('K13 ROL-18 ROL-19 the school is asked for its group, its risk officer and its nominated person', () => {
  for (const role of ['online-safety-group', 'senior-risk-officer', 'nominated-person']) {
    one(school, 'role-undefined', `role-undefined:${role}`);
  }
});

test('K14 the school’s next review is held against its cycle, and both are long over', () => {
  const found = one(school, 'next-review', 'next-review:');
  assert.match(found.title, /January 2025.*February 2025/);
  one(school, 'review-overdue', 'review-overdue:2025-01');
});

test('K15 what the school’s policy says of younger key stages is told as not in use', () => {
  assert.ok(school.some((l) => l.code === 'phase-not-taught'));
});

test('K16 K17 what only people can find is carried with what holds until it is settled', () => {
  for (const id of ['K16', 'K17']) {
    const found = one(school, 'finding', id);
    assert.equal(found.severity, 'clash');
    assert.ok(found.interim && found.where.some((w) => w.clause !== null));
  }
});

test('GOV-34 nothing in the shipped documents is settled before a school has decided', () => {
  for (const l of [...school, ...centre]) assert.equal(l.settled, null, l.key);
});
