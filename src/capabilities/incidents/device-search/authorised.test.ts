import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY, HOUR } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { authorise, endAuthorisation } from './authorised.service.ts';
import { authorised, code, fine, type SearchSchool, searchSchool } from './fixture.ts';
import { startSearch, takeStep } from './search.service.ts';

let t: TestDatabase;
let b: SearchSchool;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  s = b.s;
});
after(() => t.drop());

test('SRC-01 only the principal and whoever is on the live list can begin a search, and the list says who authorised whom, when and why', async () => {
  for (const part of Object.keys(s.people) as (keyof TestSchool['people'])[]) {
    const begin = startSearch(s.deps, s.people[part].viewer, fine(s, 'start'));
    if (part === 'teacher' || part === 'head') assert.match(await begin, /^D-/);
    else await assert.rejects(begin, code('device-search.start.not-yours'), part);
  }
  const rows = await t.asOwner('select person_id, authorised_by, because, at from search_authorisation');
  assert.deepEqual(rows, [
    {
      person_id: s.people.teacher.id,
      authorised_by: s.people.head.id,
      because: 'Trained in September.',
      at: new Date(s.clock.now()),
    },
  ]);
});

test('SRC-01 an authorisation holds from its first day to its last, and ends at once when it is ended', async () => {
  const bb = await searchSchool(t);
  const c = bb.s.clock;
  const begin = () => startSearch(bb.s.deps, bb.s.people.staff.viewer, fine(bb.s, 'start'));
  const head = bb.s.people.head.viewer;
  const give = (from: string, until: string) =>
    authorise(bb.s.deps, head, { person: bb.s.people.staff.id, from, until, because: 'Trained.' });
  await give('2026-11-04', '2026-11-05');
  await assert.rejects(begin(), code('device-search.start.not-yours'), 'not before its first day');
  await assert.rejects(give('2026-11-04', ''), code('device-search.authorise.invalid'));
  c.advance(14 * HOUR);
  await begin();
  c.advance(DAY + 23 * HOUR);
  await begin();
  c.advance(HOUR);
  await assert.rejects(begin(), code('device-search.start.not-yours'), 'nor after its last');
  await give('2026-11-06', '');
  await begin();
  const [row] = await t.asOwner<{ id: string }>(
    'select id from search_authorisation where until_at is null and person_id = $1',
    [bb.s.people.staff.id],
  );
  assert.ok(row);
  await assert.rejects(
    endAuthorisation(bb.s.deps, bb.s.people.dsl.viewer, row.id, 'No more'),
    code('device-search.authorise.not-yours'),
  );
  await endAuthorisation(bb.s.deps, head, row.id, 'Moved to another post.');
  await assert.rejects(begin(), code('device-search.start.not-yours'));
  await assert.rejects(endAuthorisation(bb.s.deps, head, row.id, 'Again'), code('device-search.end.over'));
  for (const part of ['dsl', 'teacher', 'administrator', 'year8'] as const)
    await assert.rejects(
      authorise(bb.s.deps, bb.s.people[part].viewer, {
        person: bb.s.people.volunteer.id,
        from: '2026-11-06',
        until: '',
        because: 'Why not',
      }),
      code('device-search.authorise.not-yours'),
      part,
    );
  for (const wrong of [
    { person: bb.s.people.year8.id },
    { person: head.person.id },
    { from: '2026-11-01' },
    { until: '2020-01-01' },
    { because: '' },
  ])
    await assert.rejects(
      authorise(bb.s.deps, head, {
        person: bb.s.people.ictManager.id,
        from: '2026-11-06',
        until: '',
        because: 'Trained.',
        ...wrong,
      }),
      code('device-search.authorise.invalid'),
    );
});

test('D23 where the policy has no search of devices nothing of it can be begun, listed or kept', async () => {
  const off = await searchSchool(t, 'tuition-centre');
  for (const part of ['head', 'teacher', 'dsl'] as const) {
    await assert.rejects(
      startSearch(off.s.deps, off.s.people[part].viewer, fine(off.s, 'start')),
      code('device-search.off'),
    );
    await assert.rejects(
      takeStep(off.s.deps, off.linked.links, off.s.people[part].viewer, 'D-AAAAAA', 'suspect', {}),
      code('device-search.off'),
    );
    await assert.rejects(authorised(off.s, part), code('device-search.off'));
  }
  assert.deepEqual(await t.asOwner('select id from device_search where school_id = $1', [off.s.id]), []);
});
