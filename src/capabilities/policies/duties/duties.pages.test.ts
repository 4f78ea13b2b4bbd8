import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { shippedPolicy } from '#policy/index.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { everyRouteDenies, type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import { policiesRoom } from '../policies.routes.ts';
import { adopt, CHECK, dutyOf, moveTo, schoolWith, turnsOf } from './fixture.ts';
import { keepDuties } from './notices.service.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

const pagesOf = (school: TestSchool): Promise<Pages> => pagesFor(school.deps, policiesRoom(school.deps));

test('GOV-35 the owner gives evidence on the page; head and governors read it, and give none', async () => {
  const school = await schoolWith(t, CHECK);
  const pages = await pagesOf(school);
  const owner = pages.as(school.people.ictManager);
  const [turn] = await turnsOf(school, 'CAL-09');
  const fields = { occurrence: turn?.id ?? '', text: 'All 212 machines were looked at.', reference: 'Folder S/11' };

  const nothing = await owner.post('/duties/CAL-09/evidence', { ...fields, text: ' ' });
  assert.equal(nothing.statusCode, 400);
  assert.match(nothing.body, /Write down what was done[\s\S]*Folder S\/11/);
  for (const part of ['head', 'governor', 'teacher'] as const) {
    assert.equal((await pages.as(school.people[part]).post('/duties/CAL-09/evidence', fields)).statusCode, 403, part);
  }
  const kept = await owner.follow(await owner.post('/duties/CAL-09/evidence', fields));
  assert.match(
    kept.body,
    /The evidence is kept\.[\s\S]*All 212 machines were looked at\.[\s\S]*Folder S\/11[\s\S]*Ivo Nash/,
  );
  for (const part of ['head', 'governor', 'leadGovernor'] as const) {
    const page = (await pages.as(school.people[part]).get('/duties/CAL-09')).body;
    assert.match(page, /All 212 machines were looked at/, part);
    assert.doesNotMatch(page, /Keep this evidence/, part);
  }
  assert.equal((await pages.as(school.people.teacher).get('/duties/CAL-09')).statusCode, 404);
  const [entry] = await t.asOwner(
    `select actor, detail from ledger_entry where school_id = $1 and action = 'duty.evidence'`,
    [school.id],
  );
  assert.equal(entry?.actor, school.people.ictManager.id);
  assert.ok(!JSON.stringify(entry?.detail).includes('212'));
  await pages.close();
});

test('somebody says that there was nothing to report, and corrects by adding', async () => {
  const school = await schoolWith(t, CHECK);
  const pages = await pagesOf(school);
  const owner = pages.as(school.people.ictManager);
  const [turn] = await turnsOf(school, 'CAL-09');
  await owner.post('/duties/CAL-09/evidence', { occurrence: turn?.id ?? '', text: '', nil: 'yes' });
  await owner.post('/duties/CAL-09/evidence', {
    occurrence: turn?.id ?? '',
    text: 'One machine was left out after all.',
  });
  const page = (await owner.get('/duties/CAL-09')).body;
  assert.match(page, /Nothing to report\.[\s\S]*One machine was left out after all\./);
  await pages.close();
});

test('ROL-14 a duty that the school adds to its policy appears with its owner and period, and what is our proposal says so', async () => {
  const school = await schoolWith(t, CHECK);
  const pages = await pagesOf(school);
  await adopt(school, {
    duties: [
      CHECK,
      dutyOf('ASH-01', {
        title: 'Walk round the computer room',
        owner: 'teacher',
        deputy: 'dsl',
        period: { every: 'week' },
        proposed: true,
      }),
    ],
  });
  await keepDuties(school.deps);
  const list = (await pages.as(school.people.head).get('/duties')).body;
  assert.match(list, /Walk round the computer room<\/a><br><span class="gh-soft">every week[\s\S]*?<td>Teachers?/);
  const page = (await pages.as(school.people.head).get('/duties/ASH-01')).body;
  assert.match(page, /Our proposal/);
  assert.match(page, /does not count it person by person yet[\s\S]*Designated safeguarding lead/);
  await pages.close();
});

test('the list can be searched and narrowed; staff see their own duties and nobody else’s', async () => {
  const school = await schoolWith(t, CHECK, dutyOf('CAL-32', { title: 'Report to governors', owner: 'dsl' }));
  const pages = await pagesOf(school);
  const has = async (part: Part, url: string) => {
    const { body } = await pages.as(school.people[part]).get(url);
    return [/Full security check<\/a>/.test(body), /Report to governors<\/a>/.test(body)];
  };
  assert.deepEqual(await has('head', '/duties'), [true, true]);
  assert.deepEqual(await has('ictManager', '/duties'), [true, false]);
  assert.deepEqual(await has('teacher', '/duties'), [false, false]);
  assert.deepEqual(await has('dsl', '/duties?show=mine'), [false, true]);
  assert.deepEqual(await has('head', '/duties?q=security'), [true, false]);
  assert.deepEqual(await has('head', '/duties?owner=dsl'), [false, true]);
  assert.deepEqual(await has('head', '/duties?show=late'), [false, false]);
  await moveTo(school, '2026-12-01');
  assert.deepEqual(await has('head', '/duties?show=late'), [true, true]);
  assert.match((await pages.as(school.people.head).get('/duties?q=zzz')).body, /No duty matches/);
  await pages.close();
});

test('the calendar shows on its day what is due, what was done and what is to come', async () => {
  const school = await schoolWith(t, CHECK);
  const pages = await pagesOf(school);
  const day = async (month: string, date: string) => {
    const { body } = await pages.as(school.people.head).get(`/duties?view=calendar&month=${month}`);
    // From the day's own heading to the next day's.
    return new RegExp(`<time datetime="${date}"[\\s\\S]*?(?=<time datetime=|</tbody>)`).exec(body)?.[0] ?? '';
  };
  assert.match(await day('2026-11', '2026-11-30'), /Full security check[\s\S]*Not due yet/);
  assert.doesNotMatch(await day('2026-11', '2026-11-29'), /Full security check/);
  assert.match(await day('2027-02', '2027-02-28'), /Full security check/);
  await moveTo(school, '2026-12-02');
  assert.match(await day('2026-11', '2026-11-30'), /Missed/);
  assert.equal((await pages.as(school.people.head).get('/duties?view=calendar&month=9999-99')).statusCode, 200);
  await pages.close();
});

test('a clock is started by saying what happened, not in the future and not without words', async () => {
  const starter = dutyOf('CAL-22', {
    owner: 'head',
    period: { after: 'a new starter', within: null },
    escalation: { role: 'dsl', afterDays: 7 },
  });
  const school = await schoolWith(t, starter);
  const pages = await pagesOf(school);
  const head = pages.as(school.people.head);
  const refused = await head.post('/duties/CAL-22/events', { about: '', at: '2027-01-01T09:00' });
  assert.equal(refused.statusCode, 400);
  assert.match(refused.body, /Say in 3 to 300 letters[\s\S]*Give the day and time/);
  assert.equal(
    (await pages.as(school.people.dsl).post('/duties/CAL-22/events', { about: 'Somebody', at: '2026-11-02T09:00' }))
      .statusCode,
    403,
  );
  const page = await head.follow(
    await head.post('/duties/CAL-22/events', { about: 'A new cook', at: '2026-11-02T09:00' }),
  );
  assert.match(page.body, /A new cook, 2 November 2026/);
  await pages.close();
});

test('ROL-02 ROL-06 ROL-07 everybody reads on their page what the policy asks of each role they have', async () => {
  for (const id of ['secondary-school', 'tuition-centre'] as const) {
    const school = await testSchool(t, { policy: id });
    const pages = await pagesOf(school);
    const document = shippedPolicy(id);
    const parts = {
      teacher: 'teacher',
      staff: 'staff',
      year8: 'pupil',
      parent: 'parent',
      coordinator: 'coordinator',
    } as const;
    for (const [part, roleId] of Object.entries(parts)) {
      const role = document.roles.find((r) => r.id === roleId);
      const page = await pages.as(school.people[part as Part]).get('/duties');
      assert.equal(page.statusCode, 200);
      if (roleId !== 'coordinator' || id === 'tuition-centre')
        assert.ok(role && role.duties.length > 0, `${id} ${roleId}`);
      const text = page.body.replaceAll('&#39;', '’');
      for (const line of role?.duties ?? [])
        assert.ok(text.includes(line.replaceAll("'", '’')), `${id} ${roleId}: ${line}`);
    }
    await pages.close();
  }
});

test('no page opens to whoever may not see it, and a duty that is not there is not found', async () => {
  const school = await schoolWith(t, CHECK);
  const pages = await pagesOf(school);
  assert.ok((await everyRouteDenies(pages, school)) > 3);
  assert.equal((await pages.as(school.people.head).get('/duties/CAL-98')).statusCode, 404);
  await pages.close();
});
