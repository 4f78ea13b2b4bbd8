import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { pagesFor } from '#testing/web.ts';
import { logCase } from './cases.service.ts';
import { incidentsRoom } from './index.ts';
import { refused, type SanctionSchool, sanctionSchool } from './sanctions/fixture.ts';

/** What the table of user actions calls a thing (against the law, forbidden, out of place) decides about the police. */

let t: TestDatabase;
let b: SanctionSchool;
before(async () => {
  t = await testDatabase();
  b = await sanctionSchool(t, 'tuition-centre');
});
after(() => t.drop());

const resolve = async (row: string) => {
  const c = await b.judged(['year8'], { row });
  await b.step(b.lead, c, 'act', { detail: { purpose: 'response' } });
  await b.step(b.lead, c, 'inform', { detail: { decision: 'told' } });
  return { c, attempt: () => b.step(b.lead, c, 'resolve', { outcome: 'behaviour' }) };
};

test('UAR-01 where the policy calls a thing against the law, no case about it ends before two have decided about the police', async () => {
  const unlawful = await resolve('UAR-06');
  await refused(unlawful.attempt(), 'case.resolve.policeSettled');
  const not = { text: 'Asked at the desk; no offence by their answer of today.', detail: { decision: 'not-reported' } };
  await b.step(b.lead, unlawful.c, 'police-decision', not);
  await refused(unlawful.attempt(), 'case.resolve.policeSettled');
  await b.step('dsl', unlawful.c, 'police-decision', not);
  await unlawful.attempt();
});

test('UAR-01 what is forbidden or out of place only asks for no such decision', async () => {
  for (const row of ['UAR-13', 'UAR-12']) await (await resolve(row)).attempt();
});

test('UAR-01 whoever says which row of the policy it touches reads its class beside it', async () => {
  const pages = await pagesFor(b.s.deps, incidentsRoom(b.s.deps));
  try {
    const { reference } = await logCase(b.s.deps, b.s.people.staff.viewer, {
      title: 'Something',
      category: null,
      urgency: 'soon',
      happenedOn: '2026-11-02',
      people: [b.s.people.year8.id],
      text: 'Told to me.',
    });
    await b.step(b.lead, reference, 'assign', { person: b.s.people[b.lead].id });
    const { body } = await pages.as(b.s.people[b.lead]).get(`/cases/${reference}`);
    const label = (row: string) => new RegExp(`<option value="${row}"[^>]*>([^<]*)<`).exec(body)?.[1] ?? '';
    assert.match(label('UAR-06'), /\(against the law\)$/);
    assert.match(label('UAR-13'), /\(forbidden\)$/);
    assert.match(label('UAR-12'), /\(out of place in school\)$/);
  } finally {
    await pages.close();
  }
});
