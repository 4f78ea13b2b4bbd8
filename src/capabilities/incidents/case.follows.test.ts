import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { type Pages, type Part, pagesFor } from '#testing/web.ts';
import { logCase } from './cases.service.ts';
import { entriesOf, findCase } from './cases.store.ts';
import { incidentsRoom } from './index.ts';
import { refused, type SanctionSchool, sanctionSchool } from './sanctions/fixture.ts';

/** What follows once there is substance in it: an answer within the school, the local authority, the police (G268 to G270). */

let t: TestDatabase;
let b: SanctionSchool;
let pages: Pages;
before(async () => {
  t = await testDatabase();
  b = await sanctionSchool(t, 'secondary-school');
  pages = await pagesFor(b.s.deps, incidentsRoom(b.s.deps));
});
after(async () => {
  await pages.close();
  await t.drop();
});

const as = (part: Part) => pages.as(b.s.people[part]);
const fileOf = (which: string) => t.db.in(b.s.people.dsl.context, (tx) => findCase(tx, which));
const lineOf = async (which: string, action: string) => {
  const file = await fileOf(which);
  return t.db.in(b.s.people.dsl.context, async (tx) =>
    (await entriesOf(tx, file?.id ?? '')).filter((e) => e.action === action),
  );
};
const offered = (body: string) => [...body.matchAll(/name="actions" value="([a-z-]+)"/g)].map((m) => m[1]);

test('INC-10 substance opens the decision on what follows, by the pupils’ route for a pupil and by the staff’s for staff', async () => {
  const { year8, teacher } = b.s.people;
  const warning = { actions: ['warning'], 'warning--text': 'Please keep to what was agreed.' };
  const fresh = await logCase(b.s.deps, b.s.people.staff.viewer, {
    title: 'Not judged yet',
    category: null,
    urgency: 'soon',
    happenedOn: '2026-11-02',
    people: [year8.id],
    text: 'Told to me.',
  });
  await b.step('dsl', fresh.reference, 'assign', { person: b.s.people.dsl.id });
  assert.equal((await as('dsl').get(`/cases/${fresh.reference}/sanction`)).statusCode, 409);
  await refused(
    b.decide('dsl', fresh.reference, { person: year8.id, type: 'misuse', ...warning }),
    'case.sanction.not-listed',
  );

  const c = await b.judged(['year8', 'teacher']);
  assert.equal((await fileOf(c))?.state, 'actions');
  assert.match((await as('dsl').get(`/cases/${c}`)).body, new RegExp(`Next step[\\s\\S]*/cases/${c}/sanction`));
  const menu = async (person: { id: string }) =>
    (await as('dsl').get(`/cases/${c}/sanction?person=${person.id}&type=misuse`)).body;
  const [pupils, staffs] = [await menu(year8), await menu(teacher)];
  assert.ok(offered(pupils).includes('refer-tutor') && !offered(pupils).includes('disciplinary-action'));
  assert.ok(offered(staffs).includes('disciplinary-action') && !offered(staffs).includes('refer-tutor'));
  assert.match(pupils, /Behaviour policy/);
  assert.doesNotMatch(staffs, /Behaviour policy/);

  for (const person of [year8, teacher]) await b.decide('dsl', c, { person: person.id, type: 'misuse', ...warning });
  assert.deepEqual(
    (await b.tasks(c)).map((x) => x.kind),
    ['warning', 'warning'],
    'what was decided is somebody’s to do',
  );
});

test('INC-11 INC-32 a contact with the local authority or another service says whom, when, on which basis, what was passed on and what came back', async () => {
  const c = await b.judged();
  const post = (by: Part, fields: Record<string, string>) => as(by).post(`/cases/${c}/contact`, fields);
  const social = {
    body: 'Social care, duty desk',
    basis: 'Legal duty to protect a child',
    text: 'What was said, and by whom.',
    reply: 'They open an assessment.',
  };
  const authority = {
    body: 'Local authority, safeguarding desk',
    basis: 'Consent of the family',
    text: 'The summary of the case.',
    reply: 'Not yet.',
  };
  for (const missing of Object.keys(social)) {
    const answer = await post('dsl', { ...social, [missing]: ' ' });
    assert.equal(answer.statusCode, 400, missing);
    assert.match(answer.body, /Fill this in|Write down what there is to say/);
  }
  assert.deepEqual(await lineOf(c, 'contact'), []);
  assert.equal((await post('teacher', social)).statusCode, 404, 'who does not work on it records nothing');

  await post('dsl', social);
  b.s.clock.advance(HOUR);
  await post('dslDeputy', authority);
  await post('dslDeputy', { ...authority, text: 'Asked again.', reply: 'A strategy meeting on Friday.' });
  const [first, second] = await lineOf(c, 'contact');
  assert.deepEqual(first?.detail, { body: social.body, basis: social.basis, reply: social.reply });
  assert.deepEqual([first?.text, first?.by_person], [social.text, b.s.people.dsl.id]);
  assert.equal(second?.at.getTime(), b.s.clock.now());

  for (const path of [`/cases/${c}`, `/cases/${c}/print`]) {
    const { body } = await as('dsl').get(path);
    const log = /<section class="gh-section" id="contacts">[\s\S]*?<\/section>/.exec(body)?.[0] ?? '';
    const rows = [...log.matchAll(/<tr><th scope="row">([\s\S]*?)<\/tr>/g)].map((m) => m[1] ?? '');
    assert.deepEqual(
      rows.map((r) => r.split('<')[0]),
      [authority.body, authority.body, social.body],
      'service by service',
    );
    const said = [
      ['Dev Mistry', '3 Nov 2026, 11:00', authority.basis, authority.text, authority.reply],
      ['Dev Mistry', 'Asked again.', 'A strategy meeting on Friday.'],
      ['Dina Sharp', '3 Nov 2026, 10:00', social.basis, social.text, social.reply],
    ];
    for (const [i, words] of said.entries())
      for (const word of words) assert.ok(rows[i]?.includes(word), `${path} ${word}: ${rows[i]}`);
  }
});

test('INC-12 what two have told the police stands with force and reference, and while the police hold the case only keeping people safe goes on', async () => {
  const c = await b.judged();
  const told = { detail: { decision: 'reported', force: 'Example Constabulary', reference: 'P-7' } };
  for (const lacking of ['force', 'reference'])
    await refused(
      b.step('dsl', c, 'police-decision', { detail: { ...told.detail, [lacking]: '' } }),
      'case.police-decision.policeChoice',
    );
  await b.step('dsl', c, 'police-decision', told);
  await refused(b.step('dsl', c, 'to-police'), 'case.to-police.policeTold');
  await b.step('dslDeputy', c, 'police-decision', told);
  await b.step('dsl', c, 'to-police');
  assert.equal((await fileOf(c))?.state, 'police-hold');
  const page = (await as('dsl').get(`/cases/${c}`)).body;
  assert.match(page, /With the police/);
  assert.match(page, /Police have been told Example Constabulary P-7/);

  const warning = { actions: ['warning'], 'warning--text': 'Please keep to what was agreed.' };
  await refused(
    b.decide('dsl', c, { person: b.s.people.year8.id, type: 'misuse', ...warning }),
    'case.sanction.not-listed',
  );
  await refused(b.step('dsl', c, 'resolve', { outcome: 'behaviour' }), 'case.resolve.not-listed');
  await refused(b.step('dsl', c, 'act', { detail: { purpose: 'response' } }), 'case.act.safeguardingOnly');
  await b.step('dsl', c, 'act', { detail: { purpose: 'safeguarding' } });

  await refused(b.step('dsl', c, 'police-release', { detail: { reference: '' } }), 'case.police-release.written');
  await b.step('dsl', c, 'police-release', { detail: { reference: 'Letter of 9 November' } });
  assert.equal((await fileOf(c))?.state, 'actions');
});
