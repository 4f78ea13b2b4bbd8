import assert from 'node:assert/strict';
import { readConfig } from '#platform/config.ts';
import type { TestDatabase } from '#testing/database.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { type Pages, type Part, pagesFor, type TestSchool, testSchool } from '#testing/web.ts';
import type { Step } from '../case.judge.ts';
import type { CaseState } from '../case.workflow.ts';
import { logCase, takeStep } from '../cases.service.ts';
import { ESCROW } from '../evidence/fixture.ts';
import { incidentsRoom } from '../index.ts';

/** What stands in a file, its name and its description, so that a test can look for them everywhere. */
export const SECRET = { content: 'quartzbeaker', name: 'ZINNIAFILE', description: 'Marmaladewords' } as const;
export const LEAKS = /quartzbeaker|ZINNIAFILE|Marmaladewords/i;

/** For tests of the invariant: a school whose vault takes files in, with the real room and its pages. */
export interface Imagery {
  readonly s: TestSchool;
  readonly pages: Pages;
  step(by: Part, which: string, action: Step['action'], more?: Omit<Partial<Step>, 'action'>): Promise<string>;
  /** A case that has come to its examination by everybody's real steps. */
  examined(): Promise<Case>;
  /** The same with a file in it, and then wherever a test wants it. */
  withFile(state?: CaseState): Promise<Case & { item: string }>;
  upload(which: string, by?: Part, fields?: Record<string, string>): ReturnType<ReturnType<Pages['as']>['upload']>;
  row(id: string): Promise<{ state: string; imagery: boolean } | undefined>;
  /** How many of the case's files the school holds a key to. */
  openable(id: string): Promise<number>;
}
export interface Case {
  readonly id: string;
  readonly reference: string;
}

const WORDS = 'In words that somebody else understands.';
const CONDUCT = {
  types: ['misuse'],
  culpability: 'deliberate',
  content: 'inappropriate',
  row: 'none',
  severity: 'routine',
  allegation: 'no',
};

export async function imagerySchool(t: TestDatabase): Promise<Imagery> {
  const base = readConfig({}, '/', temporaryFolder('imagery'));
  const config = { ...base, evidence: { ...base.evidence, escrow: ESCROW } };
  const s = await testSchool(t, { policy: 'secondary-school', config });
  const pages = await pagesFor(s.deps, incidentsRoom(s.deps));
  const step: Imagery['step'] = async (by, which, action, more = {}) =>
    (await takeStep(s.deps, s.people[by].viewer, which, { action, text: WORDS, ...more })).state;
  const examined: Imagery['examined'] = async () => {
    const made = await logCase(s.deps, s.people.staff.viewer, {
      title: 'Something that happened',
      category: null,
      urgency: 'soon',
      happenedOn: '2026-11-02',
      people: [s.people.year8.id],
      text: 'Told to me at the end of the lesson.',
    });
    await step('dsl', made.id, 'assign', { person: s.people.dsl.id });
    await step('dsl', made.id, 'classify', { detail: CONDUCT });
    await step('dsl', made.id, 'contain');
    for (const by of ['dsl', 'dslDeputy'] as const)
      for (const one of ['isolation', 'containment']) await step(by, made.id, 'not-needed', { detail: { step: one } });
    await step('dsl', made.id, 'form-team');
    await step('dsl', made.id, 'attend');
    await step('dsl', made.id, 'examine');
    return made;
  };
  const upload: Imagery['upload'] = (which, by = 'dsl', fields = {}) =>
    pages
      .as(s.people[by])
      .upload(
        `/cases/${which}/evidence/files`,
        { mayShowChild: 'no', description: SECRET.description, ...fields },
        { field: 'file', name: `${SECRET.name}.png`, content: SECRET.content.repeat(50) },
      );
  return {
    s,
    pages,
    step,
    examined,
    upload,
    withFile: async (state) => {
      const made = await examined();
      assert.equal((await upload(made.reference)).statusCode, 303);
      if (state) await t.asOwner('update case_file set state = $2 where id = $1', [made.id, state]);
      const [item] = await t.asOwner<{ id: string }>('select id from evidence_item where case_id = $1', [made.id]);
      return { ...made, item: item?.id ?? '' };
    },
    row: async (id) =>
      (
        await t.asOwner<{ state: string; imagery: boolean }>('select state, imagery from case_file where id = $1', [id])
      )[0],
    openable: async (id) => {
      const rows = await t.asOwner(
        `select 1 from evidence_key k join evidence_item i on i.id = k.item_id where i.case_id = $1 and k.holder = 'school'`,
        [id],
      );
      return rows.length;
    },
  };
}
