import assert from 'node:assert/strict';
import type { RoleId } from '#policy/types.ts';
import type { TestDatabase } from '#testing/database.ts';
import { type Browser, browser, type Pages, type Part, type TestPerson, type TestSchool } from '#testing/web.ts';
import { SESSION_COOKIE } from '#web/index.ts';
import type { Step } from '../case.judge.ts';
import { logCase, type Taken, takeStep } from '../cases.service.ts';
import { answerOf, newTestComputer, type TestComputer } from '../computers/fixture.ts';

/** For tests: a tuition centre whose cases are examined by two seniors on one computer. */
export interface Examining {
  readonly school: TestSchool;
  readonly computer: { readonly id: string; readonly key: TestComputer; readonly address: string };
  /** A person at the computer, whose browser has just proved to be it. */
  at(person: TestPerson): Promise<Browser>;
  step(by: Part, which: string, action: Step['action'], more?: Omit<Partial<Step>, 'action'>): Promise<Taken>;
  /** A case brought as far as its team, with both seniors signed in and the computer named. */
  readyCase(about?: Part): Promise<{ id: string; reference: string }>;
  /** The same with the examination begun, at the computer. */
  examinedCase(about?: Part): Promise<{ id: string; reference: string }>;
}

const MISUSE = {
  types: ['misuse'],
  culpability: 'deliberate',
  content: 'inappropriate',
  row: 'none',
  severity: 'routine',
  allegation: 'no',
};

export async function examining(
  t: TestDatabase,
  school: TestSchool,
  pages: Pages,
  address = '10.0.0.7',
): Promise<Examining> {
  const { people, deps } = school;
  await t.asOwner(`insert into role_holding (school_id, person_id, role, rank) values ($1, $2, $3, 'holder')`, [
    school.id,
    people.teacher.id,
    'centre-lead' satisfies RoleId,
  ]);
  const viewerOf = (part: Part) => {
    const { viewer } = people[part];
    return part === 'teacher' ? { ...viewer, duties: [...viewer.duties, 'centre-lead'] } : viewer;
  };
  const browserOf = (person: TestPerson): Browser => {
    const part = (Object.keys(people) as Part[]).find((p) => people[p].id === person.id) ?? 'teacher';
    pages.as({ id: person.id, viewer: viewerOf(part) });
    return browser(pages.app, { [SESSION_COOKIE]: person.id }, person.viewer.csrf, address);
  };
  const key = await newTestComputer();
  const ict = browserOf(people.ictManager);
  const made = await ict.post('/cases/computers', {
    name: 'Office laptop',
    place: 'Office',
    key: key.key,
    ...(await answerOf(ict, key)),
  });
  assert.equal(made.statusCode, 303, made.body);
  const [row] = await t.asOwner<{ id: string }>('select id from designated_computer where school_id = $1', [school.id]);
  const id = row?.id ?? '';

  const step: Examining['step'] = (by, which, action, more = {}) =>
    takeStep(deps, viewerOf(by), which, { action, text: 'In words that somebody else understands.', ...more });
  const at = async (person: TestPerson) => {
    const here = browserOf(person);
    const proof = await here.post('/cases/computers/prove', { computer: id, ...(await answerOf(here, key)) });
    assert.equal(proof.statusCode, 200, proof.body);
    const cookies = Object.fromEntries(proof.cookies.map((c) => [c.name, c.value]));
    return browser(pages.app, { [SESSION_COOKIE]: person.id, ...cookies }, person.viewer.csrf, address);
  };
  const readyCase = async (about: Part = 'year8') => {
    const c = await logCase(deps, viewerOf('staff'), {
      title: 'Something that happened',
      category: null,
      urgency: 'soon',
      happenedOn: '2026-11-02',
      people: [people[about].id],
      text: 'Told to me at the end of the lesson.',
    });
    const which = c.reference;
    await step('teacher', which, 'assign', { person: people.teacher.id });
    await step('teacher', which, 'classify', { detail: MISUSE });
    await step('teacher', which, 'contain');
    for (const by of ['teacher', 'dsl'] as const)
      for (const dispensed of ['isolation', 'containment'])
        await step(by, which, 'not-needed', { detail: { step: dispensed } });
    await step('teacher', which, 'form-team');
    await step('teacher', which, 'join', { person: people.dsl.id });
    await step('teacher', which, 'designate', { detail: { computer: id } });
    for (const by of ['teacher', 'dsl'] as const) await step(by, which, 'attend');
    return c;
  };
  return {
    school,
    computer: { id, key, address },
    at,
    step,
    readyCase,
    examinedCase: async (about) => {
      const c = await readyCase(about);
      const begun = await (await at(people.teacher)).post(`/cases/${c.reference}/examine`, {});
      assert.equal(begun.statusCode, 303, begun.body);
      return c;
    },
  };
}
